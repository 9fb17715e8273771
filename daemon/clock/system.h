/* system.h - the only place that asks the system for time. */
#ifndef CREDD_CLOCK_SYSTEM_H
#define CREDD_CLOCK_SYSTEM_H

#include "clock/instant.h"

/* A source of time: the system's, or a test's. */
struct time_source {
    wall_time (*wall)(void *context);
    mono_time (*mono)(void *context);
    void *context;
};

extern const struct time_source system_time;

/* A timerfd on CLOCK_REALTIME that also becomes readable when the wall clock is stepped
 * (TFD_TIMER_CANCEL_ON_SET). Negative errno on failure. */
int wall_timer_new(void);
/* Arms it for an instant. -ECANCELED: it is armed, but the clock was stepped since it last was. */
int wall_timer_arm(int fd, wall_time at);
/* Reads it: 1 the instant came, 0 nothing yet, -ECANCELED the clock was stepped (arm it again). */
int wall_timer_read(int fd);

#endif
