/* Time zone files: an instant, then the bytes of a file. What is taken gives every instant an
 * offset within a day and some, and finds its way back from local time. */
#include "clock/calendar.h"
#include "clock/local_time.h"
#include "clock/zone.h"
#include "fuzz.h"

#define DAY_S       INT64_C(86400)
#define OFFSET_MOST (26 * 3600)
#define AT_MOST     INT64_C(253402300799) /* the year 9999 */

static void look(const struct zone *zone, int64_t at)
{
    int offset = zone_offset(zone, at);
    FUZZ_CHECK(offset >= -OFFSET_MOST && offset <= OFFSET_MOST);
    FUZZ_CHECK(civil_seconds(zone_civil(zone, at)) == at + offset);
    int64_t day = zone_day(zone, at), second = at + offset - day * DAY_S;
    FUZZ_CHECK(second >= 0 && second < DAY_S);
    /* The same reading, by that offset or by another one. */
    int64_t back = zone_day_instant(zone, day, (int)second);
    FUZZ_CHECK(back <= at && back >= at - 2 * OFFSET_MOST);
    FUZZ_CHECK(back + zone_offset(zone, back) == at + offset);
    FUZZ_CHECK(zone_has_day(zone, day));
}

static void look_back(const struct zone *zone, int64_t at)
{
    struct zone_set_back change;
    if (!zone_next_set_back(zone, at, &change))
        return;
    FUZZ_CHECK(change.before > change.after && change.at + (change.before - change.after) > at);
}

static void resolve(const struct zone *zone, int64_t at)
{
    struct reading reading, again;
    int64_t utc;
    struct local_time local = local_time_start(zone, at, &reading);
    again = reading;
    for (again.dst = -1; again.dst <= 1; again.dst++) {
        struct reading moved = again;
        moved.minute += 90;
        moved.day += 31;
        (void)local_time_resolve(&local, &moved, &utc);
    }
}

static void elapse(const struct zone *zone, int64_t at)
{
    static struct calendar *daily;
    int64_t next = 0;
    if (daily == NULL)
        FUZZ_CHECK(calendar_parse("Mon..Fri 02:30", &daily, NULL) == 0);
    if (at >= 0 && calendar_next(daily, zone, at * 1000000, &next) == 0)
        FUZZ_CHECK(next > at * 1000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct fault fault = {.text = ""};
    struct zone *zone = NULL;
    int64_t at = fuzz_number(&input, 8) % AT_MOST;
    int result = zone_from_bytes("Any/Zone", input.data, input.size, &zone, &fault);
    FUZZ_CHECK(result == 0 || (fault.code == result && fault.text[0] != '\0'));
    if (result < 0)
        return 0;
    for (int i = 0; i < 4; i++, at = at / 2 + i * 7 * DAY_S) {
        look(zone, at);
        look_back(zone, at);
        resolve(zone, at);
        elapse(zone, at);
    }
    (void)zone_abbreviation(zone, true);
    (void)zone_abbreviation(zone, false);
    zone_free(zone);
    return 0;
}
