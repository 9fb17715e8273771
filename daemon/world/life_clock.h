/* life_clock.h - the clock of lives: that of the world's zone without summer time, so that no day
 * is missing and no hour comes twice. Months are counted from year 0. */
#ifndef CREDD_WORLD_LIFE_CLOCK_H
#define CREDD_WORLD_LIFE_CLOCK_H

#include "world/stream.h"

#define LIFE_PAST_MONTHS 12 /* before the origin's month: the start of lives */

struct life_clock {
    int64_t offset;  /* to UTC, seconds */
    int first_month; /* begins the start of lives */
};

struct life_clock life_clock_of(const struct world *world);
int life_clock_month(const struct life_clock *clock, world_time at);
world_time life_clock_begin(const struct life_clock *clock, int month);
/* The month of a day since 1970, and the day on which a month begins. */
int life_month_of_day(int64_t day);
int64_t life_day_of_month(int month);

#endif
