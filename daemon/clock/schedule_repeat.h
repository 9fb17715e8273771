/* schedule_repeat.h - a calendar's runs where clocks are set back and local time happens twice. */
#ifndef CREDD_CLOCK_SCHEDULE_REPEAT_H
#define CREDD_CLOCK_SCHEDULE_REPEAT_H

#include "clock/calendar.h"

/* As calendar_next(), but for two things.
 * Clocks set back: systemd gives the stretch that happens twice runs in one of its passes, and
 * which one depends on where the search begins. Here they are in the first pass. They are in the
 * second too if the schedule goes on within an hour of its last run in the first: then it runs by
 * the clocks before the change and by those after it, so that no wait grows by the change. A suffix
 * such as "GMT" means the zone of that name and no more: in London systemd finds no run of "daily
 * GMT" from a day in summer. */
int schedule_repeat_next(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                         int64_t *ret_us);

#endif
