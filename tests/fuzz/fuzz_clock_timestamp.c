/* Timestamps: what is taken lies within the years 1 to 9999, whole seconds and microseconds agree,
 * and its text reads back as the same. */
#include "clock/span.h"
#include "fuzz.h"

#define DAY_S   INT64_C(86400)
#define FIRST_S (INT64_C(-62135596800) - 2 * DAY_S) /* in some zone it is another day */
#define LAST_S  (INT64_C(253402300799) + 2 * DAY_S)

static void try_text(const char *text, const struct zone *zone)
{
    struct fault fault = {.text = ""};
    char again[TIME_TEXT_MAX];
    int64_t us = 0, seconds = 0, same = 0;
    int result = time_parse_us(text, zone, &us, &fault);
    FUZZ_CHECK(result == 0 || (fault.text[0] != '\0'));
    FUZZ_CHECK(time_parse(text, zone, &seconds, &fault) == result);
    if (result < 0)
        return;
    FUZZ_CHECK(seconds >= FIRST_S && seconds <= LAST_S);
    FUZZ_CHECK(us >= seconds * 1000000 && us - seconds * 1000000 < 1000000);
    (void)time_text(seconds, again);
    if (strlen(again) == strlen("2026-08-14T10:35:12Z") && strncmp(again, "0000", 4) != 0 &&
        again[0] != '-')
        FUZZ_CHECK(time_parse(again, NULL, &same, &fault) == 0 && same == seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone *zone; /* loaded once for all inputs */
    char any[TIME_TEXT_MAX];
    int64_t number = 0;
    if (zone == NULL)
        FUZZ_CHECK(zone_load("America/New_York", &zone, NULL) == 0);
    char *text = fuzz_text(data, size);
    try_text(text, NULL);
    try_text(text, zone);
    /* Whatever a database or a peer gave as an instant can be printed. */
    memcpy(&number, data, size < sizeof number ? size : sizeof number);
    FUZZ_CHECK(strchr(time_text(number, any), 'T') != NULL);
    free(text);
    return 0;
}
