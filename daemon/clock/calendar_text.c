#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "clock/calendar.h"
#include "clock/calendar_spec.h"

static void print_weekdays(FILE *out, unsigned weekdays)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    const char *separator = "";
    for (int first = 0, last; first < 7; first = last + 1) {
        last = first;
        if ((weekdays >> first & 1) == 0)
            continue;
        while (last < 6 && (weekdays >> (last + 1) & 1) != 0)
            last++;
        (void)fprintf(out, "%s%s", separator, names[first]);
        if (last > first)
            (void)fprintf(out, "%s%s", last > first + 1 ? ".." : ",", names[last]);
        separator = ",";
    }
    (void)fputc(' ', out);
}

/* A value in its unit, with the microseconds that a second may have beyond it. */
static void print_value(FILE *out, int width, int value, int unit)
{
    (void)fprintf(out, "%0*d", width, value / unit);
    if (value % unit > 0)
        (void)fprintf(out, ".%06d", value % unit);
}

static void print_part(FILE *out, int width, const struct calendar_part *part, int unit)
{
    print_value(out, width, part->start, unit);
    if (part->stop > 0) {
        (void)fputs("..", out);
        print_value(out, width, part->stop, unit);
    }
    if (part->repeat > 0 && !(part->stop > 0 && part->repeat == unit)) {
        (void)fputc('/', out);
        print_value(out, 1, part->repeat, unit);
    }
}

static bool is_every_second(const struct calendar_part *part)
{
    return part->start == 0 && part->stop < 0 && part->repeat == CALENDAR_SECOND_US;
}

static void print_parts(FILE *out, int width, const struct calendar_parts *parts, int unit)
{
    bool any = parts->count == 0;
    for (size_t i = 0; i < parts->count && unit > 1; i++)
        any = any || is_every_second(&parts->items[i]);
    if (any)
        (void)fputc('*', out);
    for (size_t i = 0; i < parts->count && !any; i++) {
        if (i > 0)
            (void)fputc(',', out);
        print_part(out, width, &parts->items[i], unit);
    }
}

char *calendar_text(const struct calendar *calendar)
{
    static const char behind[CALENDAR_FIELDS] = {'-', '-', ' ', ':', ':', '\0'};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    if (calendar->weekdays != 0)
        print_weekdays(out, calendar->weekdays);
    for (int field = 0; field < CALENDAR_FIELDS; field++) {
        print_parts(out, field == CALENDAR_YEAR ? 4 : 2, &calendar->fields[field],
                    field == CALENDAR_SECOND ? CALENDAR_SECOND_US : 1);
        if (field == CALENDAR_MONTH && calendar->from_month_end)
            (void)fputc('~', out);
        else if (behind[field] != '\0')
            (void)fputc(behind[field], out);
    }
    if (calendar->utc)
        (void)fputs(" UTC", out);
    else if (calendar->suffix != NULL)
        (void)fprintf(out, " %s", calendar->suffix);
    if (fclose(out) != 0)
        abort();
    return text;
}
