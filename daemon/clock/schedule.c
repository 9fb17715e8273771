#include "clock/schedule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/calendar.h"
#include "clock/schedule_repeat.h"
#include "clock/span.h"

#define SECOND_US INT64_C(1000000)

struct schedule {
    char *text;
    struct calendar *calendar; /* NULL: every period_s */
    int64_t period_s;
};

/* What follows the word "every", or NULL. */
static const char *after_every(const char *text)
{
    static const char word[] = "every ";
    size_t length = sizeof word - 1;
    return strncasecmp(text, word, length) == 0 ? text + length : NULL;
}

static int parse_period(const char *span, int64_t *ret_seconds, struct fault *fault)
{
    int64_t us;
    int result = span_parse(span, &us, fault);
    if (result < 0)
        return result;
    if (us < SECOND_US || us % SECOND_US != 0)
        return fault_set(fault, -EINVAL, "'every %.100s' is not a whole number of seconds", span);
    *ret_seconds = us / SECOND_US;
    return 0;
}

int schedule_parse(const char *text, struct schedule **ret_schedule, struct fault *fault)
{
    struct calendar *calendar = NULL;
    int64_t period = 0;
    const char *span = after_every(text);
    int result =
        span != NULL ? parse_period(span, &period, fault) : calendar_parse(text, &calendar, fault);
    if (result < 0)
        return result;
    struct schedule *schedule = MEM_NEW(struct schedule);
    *schedule = (struct schedule){mem_text(text), calendar, period};
    *ret_schedule = schedule;
    return 0;
}

void schedule_free(struct schedule *schedule)
{
    if (schedule == NULL)
        return;
    calendar_free(schedule->calendar);
    free(schedule->text);
    free(schedule);
}

const char *schedule_text(const struct schedule *schedule)
{
    return schedule->text;
}

static int64_t next_multiple(int64_t after, int64_t period)
{
    int64_t rest = after % period;
    return after - (rest < 0 ? rest + period : rest) + period;
}

int schedule_next(const struct schedule *schedule, const struct zone *zone, world_time after,
                  world_time *ret_next)
{
    int64_t next;
    if (after.s >= WORLD_TIME_LAST.s)
        return -ENOENT;
    if (schedule->calendar == NULL) {
        next = next_multiple(after.s, schedule->period_s);
    } else {
        int64_t us;
        int result = schedule_repeat_next(schedule->calendar, zone, after.s * SECOND_US, &us);
        if (result < 0)
            return result;
        next = us / SECOND_US + (us % SECOND_US > 0 ? 1 : 0);
    }
    if (next > WORLD_TIME_LAST.s)
        return -ENOENT;
    ret_next->s = next;
    return 0;
}
