#include "clock/schedule_repeat.h"

#include <stddef.h>

#define SECOND_US INT64_C(1000000)
#define HOUR_US   (3600 * SECOND_US)
#define NO_RUN    INT64_MAX

/* The two passes of a stretch of local time, all in microseconds. */
struct passes {
    int64_t start, change, end; /* of the first, between them, of the second */
    int64_t before, after;      /* how far local time is ahead of UTC in each */
};

/* Those that are not over after `after_us`. */
static bool next_passes(const struct zone *zone, int64_t after_us, struct passes *ret_passes)
{
    struct zone_set_back back;
    if (!zone_next_set_back(zone, (after_us + 1) / SECOND_US, &back))
        return false;
    int64_t length = (back.before - back.after) * SECOND_US;
    int64_t change = back.at * SECOND_US;
    *ret_passes = (struct passes){change - length, change, change + length, back.before * SECOND_US,
                                  back.after * SECOND_US};
    return true;
}

/* The first run after `after` by clocks that stay `ahead` of UTC. */
static int64_t run_by(const struct calendar *calendar, int64_t ahead, int64_t after)
{
    int64_t reading;
    return calendar_next_by(calendar, NULL, after + ahead, &reading) == 0 ? reading - ahead
                                                                          : NO_RUN;
}

/* Whether the change parts two runs that would be an hour apart at most. */
static bool recurs(const struct calendar *calendar, const struct passes *passes)
{
    int64_t next = run_by(calendar, passes->before, passes->change - 1);
    return next != NO_RUN && run_by(calendar, passes->before, next - HOUR_US - 1) < passes->change;
}

/* The first run after `after` in one of the passes. */
static int64_t run_within(const struct calendar *calendar, const struct passes *passes,
                          int64_t after)
{
    int64_t run = run_by(calendar, passes->before, after);
    if (run < passes->change)
        return run;
    if (!recurs(calendar, passes))
        return NO_RUN;
    int64_t from = after < passes->change ? passes->change - 1 : after;
    int64_t set_back = run_by(calendar, passes->after, from);
    run = set_back < run ? set_back : run;
    return run < passes->end ? run : NO_RUN;
}

int schedule_repeat_next(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                         int64_t *ret_us)
{
    const struct zone *followed = calendar_zone(calendar, zone);
    int64_t run = NO_RUN;
    for (int64_t from = after_us; run == NO_RUN;) {
        struct passes passes;
        int result = calendar_next_by(calendar, followed, from, &run);
        if (result < 0)
            return result;
        if (followed == NULL || !next_passes(followed, from, &passes) || run < passes.start)
            break;
        run = run_within(calendar, &passes, from < passes.start ? passes.start - 1 : from);
        from = passes.end - 1;
    }
    *ret_us = run;
    return 0;
}
