#include "clock/local_time.h"

#include <errno.h>
#include <stddef.h>

#define PROBES        6
#define SEARCH_STRIDE 601200 /* shorter than any period of daylight saving time */
#define SEARCH_MOST   (536454000 / 2 + SEARCH_STRIDE)

static int64_t offset_at(const struct local_time *local, int64_t utc)
{
    return local->zone != NULL ? zone_offset(local->zone, utc) : 0;
}

static int dst_at(const struct local_time *local, int64_t utc)
{
    return local->zone != NULL && zone_is_dst(local->zone, utc) ? 1 : 0;
}

static struct reading read_at(const struct local_time *local, int64_t utc)
{
    struct civil at = civil_from_seconds(utc + offset_at(local, utc));
    return (struct reading){at.date.year, at.date.month, at.date.day,       at.hour,
                            at.minute,    at.second,     dst_at(local, utc)};
}

struct local_time local_time_start(const struct zone *zone, int64_t utc,
                                   struct reading *ret_reading)
{
    struct local_time local = {zone, 0};
    local.offset = offset_at(&local, utc);
    *ret_reading = read_at(&local, utc);
    return local;
}

/* The reading's seconds as if it were UTC, its own seconds left out. */
static int64_t minutes_of(const struct reading *reading)
{
    int months = reading->month - 1;
    int years = months / 12 - (months % 12 < 0 ? 1 : 0);
    struct civil_date first = {reading->year + years, months - years * 12 + 1, 1};
    return (civil_days(first) + reading->day - 1) * 86400 + reading->hour * INT64_C(3600) +
           reading->minute * INT64_C(60);
}

/* An instant that reads `wanted`. Where a change of the clocks skips that, the probes swing between
 * its two sides: the answer is the side in daylight saving time, or the one that was not asked for.
 */
static int probe(const struct local_time *local, int64_t wanted, int dst, int64_t *ret_utc)
{
    int64_t now = wanted - local->offset, last = now, before = now;
    int last_dst = 0;
    for (int i = 0; i < PROBES; i++) {
        int now_dst = dst_at(local, now);
        int64_t error = wanted - now - offset_at(local, now);
        bool swings =
            now == before && now != last && (dst < 0 ? last_dst <= now_dst : dst != now_dst);
        if (error == 0 || swings) {
            *ret_utc = now;
            return error == 0 ? 1 : 0;
        }
        before = last;
        last = now;
        now += error;
        last_dst = now_dst;
    }
    return -ERANGE;
}

/* The reading by the offset of the nearest time of year that has that daylight saving. */
static int search_dst(const struct local_time *local, int64_t wanted, int dst, int64_t *utc)
{
    for (int64_t away = SEARCH_STRIDE; away < SEARCH_MOST; away += SEARCH_STRIDE) {
        for (int direction = -1; direction <= 1; direction += 2) {
            int64_t there = *utc + direction * away;
            if (dst_at(local, there) == dst) {
                *utc = wanted - offset_at(local, there);
                return 0;
            }
        }
    }
    return -ERANGE;
}

int local_time_resolve(struct local_time *local, struct reading *reading, int64_t *ret_utc)
{
    /* Seconds out of range are added when the minute is found. */
    int second = reading->second < 0 ? 0 : reading->second > 59 ? 59 : reading->second;
    int64_t wanted = minutes_of(reading) + second;
    int64_t utc;
    int result = probe(local, wanted, reading->dst, &utc);
    if (result > 0 && reading->dst >= 0 && reading->dst != dst_at(local, utc))
        result = search_dst(local, wanted, reading->dst, &utc);
    if (result < 0)
        return result;
    local->offset = wanted - utc;
    utc += reading->second - second;
    *reading = read_at(local, utc);
    if (utc < 0)
        return -ERANGE;
    *ret_utc = utc;
    return 0;
}
