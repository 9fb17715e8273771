#include <errno.h>
#include <limits.h>

#include "clock/calendar.h"
#include "clock/calendar_spec.h"
#include "clock/local_time.h"

#define AFTER_MOST INT64_C(253402214399000000) /* the end of the year 9999, but for a day */
/* An expression that has not been found by then is taken not to elapse, as systemd does. */
#define ROUNDS_MOST 1000

/* The search's position: local time, not before the answer. */
struct search {
    const struct calendar *calendar;
    struct local_time local;
    struct reading at;
    int us;
    int dst;        /* the only time of the zone in which it elapses, or -1 */
    bool keeps_dst; /* what the clocks were found to be last, instead of that */
};

enum outcome {
    OUTCOME_KEPT,  /* the field matches, and the reading exists */
    OUTCOME_MOVED, /* the reading was put in order: look again from the year on */
    OUTCOME_NONE,  /* no value of this field is left: the field above it goes on by one */
};

static int *field_of(struct reading *at, int field)
{
    switch (field) {
    case CALENDAR_YEAR: return &at->year;
    case CALENDAR_MONTH: return &at->month;
    case CALENDAR_DAY: return &at->day;
    case CALENDAR_HOUR: return &at->hour;
    case CALENDAR_MINUTE: return &at->minute;
    default: return &at->second;
    }
}

/* Puts all that is finer than a field back to its beginning. */
static void restart_below(struct search *search, int field)
{
    for (int below = field + 1; below < CALENDAR_FIELDS; below++)
        *field_of(&search->at, below) = below <= CALENDAR_DAY ? 1 : 0;
    search->us = 0;
}

/* The day of the month that is the day-th from its end; -1 where that is in another month. */
static int day_from_end(struct search *search, int day)
{
    struct reading at = search->at;
    int64_t utc;
    at.month++;
    at.day = 1 - day;
    if (local_time_resolve(&search->local, &at, &utc) < 0 || at.month != search->at.month)
        return -1;
    return at.day;
}

static struct calendar_part counted_from_start(struct search *search,
                                               const struct calendar_part *part)
{
    int start = day_from_end(search, part->start);
    int stop = day_from_end(search, part->stop);
    return stop > 0 ? (struct calendar_part){stop, start, part->repeat}
                    : (struct calendar_part){start, stop, part->repeat};
}

/* The first value of the part that is not before `value`, INT_MAX if none. */
static int first_of_part(const struct calendar_part *part, int value)
{
    if (part->start >= value)
        return part->start;
    if (part->repeat == 0)
        return INT_MAX;
    int64_t rounds = ((int64_t)value - part->start + part->repeat - 1) / part->repeat;
    int64_t found = part->start + rounds * part->repeat;
    return part->stop < 0 || found <= part->stop ? (int)found : INT_MAX;
}

/* Moves `value` on to the first that matches. False if there is none. */
static bool match(struct search *search, int field, int *value)
{
    const struct calendar_parts *parts = &search->calendar->fields[field];
    bool from_end = field == CALENDAR_DAY && search->calendar->from_month_end;
    int first = INT_MAX;
    for (size_t i = 0; i < parts->count; i++) {
        struct calendar_part part = parts->items[i];
        if (from_end)
            part = counted_from_start(search, &part);
        int found = first_of_part(&part, *value);
        first = found < first ? found : first;
    }
    if (parts->count == 0)
        return true;
    if (first != INT_MAX)
        *value = first;
    return first != INT_MAX;
}

static int compare(struct reading *left, struct reading *right, int *ret_field)
{
    for (int field = 0; field < CALENDAR_FIELDS; field++) {
        int a = *field_of(left, field), b = *field_of(right, field);
        *ret_field = field;
        if (a != b)
            return a < b ? -1 : 1;
    }
    return 0;
}

/* Whether the reading exists. One out of range is put in order; the field below the first that this
 * changed begins anew, so that nothing is passed over. */
static enum outcome settle(struct search *search)
{
    struct reading ordered = search->at;
    int64_t utc;
    int field;
    if (search->at.year > CALENDAR_YEAR_LAST ||
        local_time_resolve(&search->local, &ordered, &utc) < 0)
        return OUTCOME_NONE;
    int order = compare(&ordered, &search->at, &field);
    if (order == 0)
        return OUTCOME_KEPT;
    if (order < 0) /* it would go back */
        return OUTCOME_NONE;
    if (field < CALENDAR_SECOND)
        *field_of(&ordered, field + 1) = field + 1 <= CALENDAR_DAY ? 1 : 0;
    search->at = ordered;
    return OUTCOME_MOVED;
}

static enum outcome match_field(struct search *search, int field)
{
    bool second = field == CALENDAR_SECOND;
    int *place = field_of(&search->at, field);
    int before = second ? *place * CALENDAR_SECOND_US + search->us : *place;
    int value = before;
    if (!match(search, field, &value))
        return OUTCOME_NONE;
    *place = second ? value / CALENDAR_SECOND_US : value;
    if (second)
        search->us = value % CALENDAR_SECOND_US;
    else if (value != before)
        restart_below(search, field);
    return settle(search);
}

static bool is_its_weekday(struct search *search)
{
    struct reading at = search->at;
    int64_t utc;
    if (search->calendar->weekdays == 0)
        return true;
    if (local_time_resolve(&search->local, &at, &utc) < 0)
        return false;
    int64_t day = civil_days((struct civil_date){at.year, at.month, at.day});
    return (search->calendar->weekdays >> civil_weekday(day) & 1) != 0;
}

/* Goes on to the next value of a field. */
static void step(struct search *search, int field)
{
    ++*field_of(&search->at, field);
    restart_below(search, field);
}

/* One pass over the fields. 1: found, 0: look again, -ENOENT. */
static int look(struct search *search)
{
    for (int field = 0; field < CALENDAR_FIELDS; field++) {
        enum outcome outcome = match_field(search, field);
        if (outcome != OUTCOME_KEPT && field == CALENDAR_YEAR)
            return -ENOENT;
        if (outcome == OUTCOME_NONE)
            step(search, field - 1);
        if (outcome != OUTCOME_KEPT)
            return 0;
        if (field == CALENDAR_DAY && !is_its_weekday(search)) {
            step(search, CALENDAR_DAY);
            return 0;
        }
    }
    return 1;
}

/* Where the clocks change, putting a reading in order can lead back to before the start. */
static bool went_back(struct search *search, struct reading *start, int start_us)
{
    int field;
    int order = compare(&search->at, start, &field);
    return order < 0 || (order == 0 && search->us < start_us);
}

static int find(struct search *search)
{
    struct reading start = search->at;
    int start_us = search->us;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        int64_t utc;
        (void)local_time_resolve(&search->local, &search->at, &utc);
        if (!search->keeps_dst)
            search->at.dst = search->dst;
        int found = look(search);
        if (found < 0 || (found > 0 && !went_back(search, &start, start_us)))
            return found < 0 ? found : 0;
        if (found > 0) {
            search->keeps_dst = true;
            search->at.hour++;
        }
    }
    return -ENOENT;
}

static int elapse(const struct calendar *calendar, const struct zone *zone, int dst,
                  int64_t after_us, int64_t *ret_us)
{
    if (after_us > AFTER_MOST)
        return -ENOENT;
    int64_t from = after_us < 0 ? 0 : after_us + 1;
    int64_t utc;
    struct search search = {
        .calendar = calendar,
        .us = (int)(from % CALENDAR_SECOND_US),
        .dst = dst,
    };
    search.local = local_time_start(zone, from / CALENDAR_SECOND_US, &search.at);
    if (find(&search) < 0 || local_time_resolve(&search.local, &search.at, &utc) < 0)
        return -ENOENT;
    *ret_us = utc * CALENDAR_SECOND_US + search.us;
    return 0;
}

int calendar_next(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                  int64_t *ret_us)
{
    int dst = calendar->utc ? -1 : calendar_dst(zone, calendar->suffix);
    return elapse(calendar, dst < 0 ? calendar_zone(calendar, zone) : zone, dst, after_us, ret_us);
}

int calendar_next_by(const struct calendar *calendar, const struct zone *zone, int64_t after_us,
                     int64_t *ret_us)
{
    return elapse(calendar, zone, -1, after_us, ret_us);
}

const struct zone *calendar_zone(const struct calendar *calendar, const struct zone *zone)
{
    if (calendar->utc)
        return NULL;
    return calendar->zone != NULL ? calendar->zone : zone;
}
