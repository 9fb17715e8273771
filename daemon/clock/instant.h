/* instant.h - the three kinds of instants, distinct types so that the compiler keeps them apart. */
#ifndef CREDD_CLOCK_INSTANT_H
#define CREDD_CLOCK_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

/* World time: whole seconds since 1970-01-01T00:00:00Z inside the demo. */
typedef struct {
    int64_t s;
} world_time;

/* Wall time: what the system calls CLOCK_REALTIME, in microseconds. */
typedef struct {
    int64_t us;
} wall_time;

/* Monotonic time: CLOCK_BOOTTIME, in microseconds; only differences mean anything. */
typedef struct {
    int64_t us;
} mono_time;

/* MariaDB's TIMESTAMP ends in January 2038: world times after 2037-12-31T23:59:59Z are refused. */
#define WORLD_TIME_LAST_S INT64_C(2145916799)
#define WORLD_TIME_LAST   ((world_time){WORLD_TIME_LAST_S})
/* Before every event of every world. */
#define WORLD_TIME_FIRST ((world_time){INT64_C(0)})
/* The end of the year 9999: no wall clock says more, and sums with spans do not overflow. */
#define WALL_TIME_LAST ((wall_time){INT64_C(253402300799000000)})

static inline bool world_before(world_time a, world_time b)
{
    return a.s < b.s;
}

static inline world_time world_earlier(world_time a, world_time b)
{
    return a.s < b.s ? a : b;
}

static inline world_time world_later(world_time a, world_time b)
{
    return a.s > b.s ? a : b;
}

static inline world_time world_plus(world_time a, int64_t seconds)
{
    return (world_time){a.s + seconds};
}

#endif
