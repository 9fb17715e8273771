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
/* The first run strictly after `after`, whole seconds. `every 30s` runs at multiples of 30 s of UTC
 * since 1970, so that two daemons agree. -ENOENT: never again (or after WORLD_TIME_LAST). */
int schedule_next(const struct schedule *schedule, const struct zone *zone, world_time after,
                  world_time *ret_next);

#endif
