/* calendar.h - calendar expressions as in systemd.time(7): parsed once, then asked for the next
 * elapse. */
#ifndef CREDD_CLOCK_CALENDAR_H
#define CREDD_CLOCK_CALENDAR_H

#include "base/fault.h"
#include "clock/instant.h"
#include "clock/zone.h"

struct calendar;

/* -EINVAL with a fault that names the part that is wrong. A zone suffix in the expression is
 * loaded. */
int calendar_parse(const char *text, struct calendar **ret_calendar, struct fault *fault);
/* The same where the zone is known: the name of its standard or daylight saving time ("EDT") may be
 * the suffix too. */
int calendar_parse_local(const char *text, const struct zone *local, struct calendar **ret_calendar,
                         struct fault *fault);
void calendar_free(struct calendar *calendar);
/* The first elapse strictly after `after` (UTC microseconds, because expressions may name fractions
 * of a second), in the expression's own zone or else in `zone`. Where its suffix is what `zone`
 * calls its standard or daylight saving time, it elapses only in that. -ENOENT: it never elapses
 * again. */
int calendar_next(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                  int64_t *ret_us);
/* The zone by whose clocks it elapses where `zone` is the local one. NULL: UTC. */
const struct zone *calendar_zone(const struct calendar *calendar, const struct zone *zone);
/* The first elapse by the clocks of `zone`, whatever the suffix says; NULL: UTC, or any clocks that
 * are never changed. */
int calendar_next_by(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                     int64_t *ret_us);
/* The normalized form, as systemd-analyze prints it. New memory. */
char *calendar_text(const struct calendar *calendar);

#endif
