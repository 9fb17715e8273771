/* rhythm.h - the hours of the day and the days of the week at which people apply for things. */
#ifndef CREDD_WORLD_RHYTHM_H
#define CREDD_WORLD_RHYTHM_H

#include "world/local.h"

/* Relative intensity at a local time, mean 1 over a week. */
double rhythm_of_week(struct local local);
#define RHYTHM_OF_WEEK_MAX 2.3656

#endif
