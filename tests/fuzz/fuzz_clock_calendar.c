/* Calendar expressions: what is taken prints as text that prints the same; runs come later. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock/calendar.h"
#include "clock/schedule.h"
#include "clock/span.h"

#define RUNS    4
#define FROM_US INT64_C(1772900000000000) /* a day before a spring change in New York */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
    if (!condition)
        abort();
}

static void follow(const struct calendar *calendar, const struct zone *zone)
{
    int64_t at = FROM_US, next = 0;
    for (int i = 0; i < RUNS && calendar_next(calendar, zone, at, &next) == 0; i++) {
        check(next > at);
        at = next;
    }
}

static void try_calendar(const char *text, const struct zone *zone)
{
    struct calendar *calendar = NULL, *again = NULL;
    struct fault fault;
    if (calendar_parse(text, &calendar, &fault) < 0)
        return;
    char *normalized = calendar_text(calendar);
    check(calendar_parse(normalized, &again, &fault) == 0);
    char *same = calendar_text(again);
    check(strcmp(same, normalized) == 0);
    follow(calendar, zone);
    follow(again, zone);
    free(same);
    free(normalized);
    calendar_free(again);
    calendar_free(calendar);
}

static void try_others(const char *text, const struct zone *zone)
{
    struct schedule *schedule = NULL;
    struct fault fault;
    int64_t value;
    world_time next;
    (void)span_parse(text, &value, &fault);
    (void)time_parse_us(text, zone, &value, &fault);
    if (schedule_parse(text, &schedule, &fault) < 0)
        return;
    if (schedule_next(schedule, zone, (world_time){FROM_US / 1000000}, &next) == 0)
        check(next.s > FROM_US / 1000000);
    schedule_free(schedule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone *zone; /* loaded once for all inputs */
    if (zone == NULL)
        check(zone_load("America/New_York", &zone, NULL) == 0);
    if (size > 512)
        return 0;
    char text[513];
    memcpy(text, data, size);
    text[size] = '\0';
    try_calendar(text, zone);
    try_others(text, zone);
    return 0;
}
