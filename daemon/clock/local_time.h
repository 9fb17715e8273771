/* local_time.h - from local clock readings, possibly out of range, to instants, as the C library's
 * mktime does it: systemd's calendar follows that, so its choices where clocks change are part of
 * the contract. */
#ifndef CREDD_CLOCK_LOCAL_TIME_H
#define CREDD_CLOCK_LOCAL_TIME_H

#include "clock/zone.h"

/* The conversion keeps the offset of its last answer and tries that first: of a local time that
 * occurs twice it takes the one with the offset it comes from. */
struct local_time {
    const struct zone *zone; /* NULL: UTC */
    int64_t offset;
};

struct reading {
    int year, month, day, hour, minute, second; /* month and day count from 1 */
    int dst;                                    /* 1, 0, or -1: not known */
};

/* Starts at an instant. */
struct local_time local_time_start(const struct zone *zone, int64_t utc,
                                   struct reading *ret_reading);
/* Finds the instant of a reading and puts the reading in order. -ERANGE: none, or one before 1970.
 */
int local_time_resolve(struct local_time *local, struct reading *reading, int64_t *ret_utc);

#endif
