#include <errno.h>
#include <stdlib.h>

#include "clock/calendar_spec.h"

#define EVERY_WEEKDAY 0x7fu
#define MONTH_END_CUT 3 /* days that not every month has */

struct field_range {
    const char *name;
    int least, most;
};

static const struct field_range ranges[CALENDAR_FIELDS] = {
    [CALENDAR_YEAR] = {"year", CALENDAR_YEAR_FIRST, CALENDAR_YEAR_LAST},
    [CALENDAR_MONTH] = {"month", 1, 12},
    [CALENDAR_DAY] = {"day", 1, 31},
    [CALENDAR_HOUR] = {"hour", 0, 23},
    [CALENDAR_MINUTE] = {"minute", 0, 59},
    [CALENDAR_SECOND] = {"second", 0, 60 * CALENDAR_SECOND_US - 1},
};

static int full_year(int year)
{
    if (year < 0 || year >= 100)
        return year;
    return year + (year < 70 ? 2000 : 1900);
}

static int compare(const void *a, const void *b)
{
    const struct calendar_part *left = a, *right = b;
    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    if (left->stop != right->stop)
        return left->stop < right->stop ? -1 : 1;
    return (left->repeat > right->repeat) - (left->repeat < right->repeat);
}

/* A range ends on its last repetition; one that has none is a single value. */
static void shorten(struct calendar_part *part)
{
    if (part->stop > part->start && part->repeat > 0)
        part->stop -= (part->stop - part->start) % part->repeat;
    if (part->start == part->stop) {
        part->stop = -1;
        part->repeat = 0;
    }
}

static void sort_parts(struct calendar_parts *parts)
{
    size_t kept = 0;
    if (parts->count == 0)
        return;
    for (size_t i = 0; i < parts->count; i++)
        shorten(&parts->items[i]);
    qsort(parts->items, parts->count, sizeof *parts->items, compare);
    for (size_t i = 1; i < parts->count; i++)
        if (compare(&parts->items[kept], &parts->items[i]) != 0)
            parts->items[++kept] = parts->items[i];
    parts->count = kept + 1;
}

static bool within(const struct calendar_part *part, const struct field_range *range, bool from_end)
{
    if (part->start < range->least || part->start > range->most ||
        part->repeat > range->most - range->least)
        return false;
    if (part->stop >= 0)
        return part->stop >= range->least && part->stop <= range->most &&
               part->start + part->repeat <= part->stop;
    return from_end ? part->start - part->repeat >= range->least
                    : part->start + part->repeat <= range->most;
}

static int check_field(const struct calendar *calendar, enum calendar_field field,
                       struct fault *fault)
{
    struct field_range range = ranges[field];
    bool from_end = field == CALENDAR_DAY && calendar->from_month_end;
    int unit = field == CALENDAR_SECOND ? CALENDAR_SECOND_US : 1;
    for (size_t i = 0; i < calendar->fields[field].count; i++) {
        const struct calendar_part *part = &calendar->fields[field].items[i];
        if (from_end) /* systemd allows each further part three days less */
            range.most = ranges[field].most - MONTH_END_CUT * ((int)i + 1);
        if (!within(part, &range, from_end))
            return fault_set(fault, -EINVAL,
                             "%s %d, its range or its repetition is outside %d to %d", range.name,
                             part->start / unit, range.least, range.most / unit);
    }
    return 0;
}

int calendar_settle(struct calendar *calendar, struct fault *fault)
{
    struct calendar_parts *years = &calendar->fields[CALENDAR_YEAR];
    if (calendar->weekdays == EVERY_WEEKDAY)
        calendar->weekdays = 0;
    if (calendar->fields[CALENDAR_DAY].count == 0)
        calendar->from_month_end = false;
    for (size_t i = 0; i < years->count; i++) {
        years->items[i].start = full_year(years->items[i].start);
        years->items[i].stop = full_year(years->items[i].stop);
    }
    for (int field = 0; field < CALENDAR_FIELDS; field++) {
        sort_parts(&calendar->fields[field]);
        int result = check_field(calendar, (enum calendar_field)field, fault);
        if (result < 0)
            return result;
    }
    return 0;
}
