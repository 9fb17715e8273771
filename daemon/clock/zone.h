/* zone.h - one time zone's rules, read once from the system's database, then pure look-ups. */
#ifndef CREDD_CLOCK_ZONE_H
#define CREDD_CLOCK_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/civil.h"
#include "clock/instant.h"

struct zone; /* immutable once loaded: may be shared by threads */

/* Loads `name` ("America/New_York", "UTC") from $TZDIR or /usr/share/zoneinfo, the rule for years
 * after the table's last included. -ENOENT: no such zone; -EINVAL: a name that is no zone's, or a
 * damaged file. */
int zone_load(const char *name, struct zone **ret_zone, struct fault *fault);
/* The same from what such a file holds, under any name. -EINVAL: damaged. */
int zone_from_bytes(const char *name, const uint8_t *data, size_t size, struct zone **ret_zone,
                    struct fault *fault);
void zone_free(struct zone *zone);
const char *zone_name(const struct zone *zone);
/* The version of the time zone database ("2025b"), "unknown" where it does not say. `buffer` of 16.
 */
void zone_database_version(char buffer[16]);

/* Seconds that the zone's local time is ahead of UTC at that instant (negative in America). */
int zone_offset(const struct zone *zone, int64_t utc_seconds);
/* Whether the zone calls its time at that instant daylight saving time. */
bool zone_is_dst(const struct zone *zone, int64_t utc_seconds);
/* What the zone calls its standard or daylight saving time ("EST", "EDT"), by its latest rule;
 * NULL: nothing. */
const char *zone_abbreviation(const struct zone *zone, bool dst);
/* Local date (days since 1970-01-01) and second of that day of an instant. */
int64_t zone_day(const struct zone *zone, int64_t utc_seconds);
struct civil zone_civil(const struct zone *zone, int64_t utc_seconds);
/* The instant of a local time. One that a spring change skips is moved forward by the skipped hour;
 * of one that happens twice, the first. */
int64_t zone_instant(const struct zone *zone, struct civil local);
/* The same for a day and a second of it, the common case in the model. */
int64_t zone_day_instant(const struct zone *zone, int64_t day, int second);

/* Clocks set back: local time from `at + after` to `at + before` happens twice. */
struct zone_set_back {
    int64_t at;        /* the first instant after the change */
    int before, after; /* seconds ahead of UTC; `before` is the larger */
};
/* The first change of that kind whose repeated stretch is not over at that instant (it may lie in
 * either pass, or before both). False: the clocks are not set back any more. */
bool zone_next_set_back(const struct zone *zone, int64_t utc_seconds,
                        struct zone_set_back *ret_change);
/* False for a date that the zone never had, as 2011-12-30 in Samoa: its clocks went on by a whole
 * day. */
bool zone_has_day(const struct zone *zone, int64_t day);

#endif
