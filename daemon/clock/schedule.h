/* schedule.h - when a stream is due, in world time: a calendar expression, or "every SPAN". */
#ifndef CREDD_CLOCK_SCHEDULE_H
#define CREDD_CLOCK_SCHEDULE_H

#include "base/fault.h"
#include "clock/instant.h"
#include "clock/zone.h"

struct schedule; /* immutable */

/* -EINVAL or -ERANGE with a fault: neither a calendar expression nor "every" and a span of whole
 * seconds. */
int schedule_parse(const char *text, struct schedule **ret_schedule, struct fault *fault);
void schedule_free(struct schedule *schedule);
/* As it was given. */
const char *schedule_text(const struct schedule *schedule);
/* The first run strictly after `after`, whole seconds: one set of runs for each schedule and zone,
 * wherever the search begins. Pure, and cheap enough to be asked at every turn of a loop.
 * `every 30s` runs at multiples of 30 s of UTC since 1970, so that two daemons agree. A calendar
 * runs when calendar_next() says, and through the hour that a change of the clocks repeats as
 * schedule_repeat.h says. -ENOENT: never again. For `every`, no multiple is left up to
 * WORLD_TIME_LAST; for a calendar, it names no later instant, or none up to then. Asked from any
 * later instant, the answer is the same. */
int schedule_next(const struct schedule *schedule, const struct zone *zone, world_time after,
                  world_time *ret_next);

#endif
