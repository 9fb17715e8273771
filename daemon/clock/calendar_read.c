#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/calendar_spec.h"
#include "clock/civil.h"

#define PARTS_MAX       241
#define FRACTION_DIGITS 6

/* Where reading is, in the expression. */
struct reader {
    const char *at;
    struct fault *fault;
};

static int refuse(const struct reader *reader, const char *expected)
{
    if (*reader->at == '\0')
        return fault_set(reader->fault, -EINVAL, "expected %s at its end", expected);
    return fault_set(reader->fault, -EINVAL, "expected %s at '%.100s'", expected, reader->at);
}

static bool read_char(struct reader *reader, char expected)
{
    if (*reader->at != expected)
        return false;
    reader->at++;
    return true;
}

static bool at_end_or(const struct reader *reader, char other)
{
    return *reader->at == '\0' || *reader->at == other;
}

static void skip_spaces(struct reader *reader)
{
    reader->at += strspn(reader->at, " ");
}

/* The weekday that the text begins with, in full or by three letters; -1 if none. */
static int read_weekday(struct reader *reader)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    for (int i = 0; i < 7; i++) {
        if (strncasecmp(reader->at, names[i], 3) != 0)
            continue;
        size_t length = strlen(names[i]);
        reader->at += strncasecmp(reader->at, names[i], length) == 0 ? length : 3;
        return i;
    }
    return -1;
}

/* What follows a weekday in the list. 0 ends the list; -1 is nothing that may follow. */
static int read_weekday_separator(struct reader *reader)
{
    if (at_end_or(reader, ' '))
        return 0;
    if (read_char(reader, ','))
        return ',';
    if (read_char(reader, '-'))
        return '-';
    if (strncmp(reader->at, "..", 2) != 0)
        return -1;
    reader->at += 2;
    return '-';
}

/* "Mon", "Mon,Wed", "Mon..Fri", "Mon-Fri,Sun"; a comma may end it. Text that begins with none is
 * left. */
static int read_weekdays(struct reader *reader, unsigned *weekdays)
{
    for (int since = -1, first = 1;; first = 0) {
        const char *begin = reader->at;
        int weekday = read_weekday(reader);
        if (weekday < 0)
            return first ? 0 : refuse(reader, "a weekday");
        int separator = read_weekday_separator(reader);
        if (separator < 0 || (separator == '-' && since >= 0))
            return refuse(reader, "',', '..' or a space after a weekday");
        if (since > weekday) {
            reader->at = begin;
            return refuse(reader, "a weekday later in the week than the first of the range");
        }
        for (int day = since >= 0 ? since : weekday; day <= weekday; day++)
            *weekdays |= 1u << day;
        since = separator == '-' ? weekday : -1;
        if (separator == 0 || at_end_or(reader, ' ')) {
            if (since >= 0)
                return refuse(reader, "the last weekday of a range");
            skip_spaces(reader);
            return 0;
        }
    }
}

/* Digits behind the point, rounded at the seventh. */
static bool read_fraction(struct reader *reader, int64_t *ret_us)
{
    int64_t value = 0;
    if (!isdigit((unsigned char)*reader->at))
        return false;
    for (int i = 0; i < FRACTION_DIGITS; i++)
        value = value * 10 + (isdigit((unsigned char)*reader->at) ? *reader->at++ - '0' : 0);
    if (*reader->at >= '5' && *reader->at <= '9')
        value++;
    while (isdigit((unsigned char)*reader->at))
        reader->at++;
    *ret_us = value;
    return true;
}

static bool read_value(struct reader *reader, bool seconds, int *ret_value)
{
    int64_t value = 0, fraction = 0;
    if (!isdigit((unsigned char)*reader->at))
        return false;
    for (; isdigit((unsigned char)*reader->at) && value <= INT_MAX; reader->at++)
        value = value * 10 + (*reader->at - '0');
    if (seconds) {
        value *= CALENDAR_SECOND_US;
        bool point = reader->at[0] == '.' && reader->at[1] != '.';
        if (point && (reader->at++, !read_fraction(reader, &fraction)))
            return false;
    }
    if (value + fraction > INT_MAX)
        return false;
    *ret_value = (int)(value + fraction);
    return true;
}

static int read_part(struct reader *reader, bool seconds, struct calendar_part *part)
{
    *part = (struct calendar_part){.stop = -1};
    if (!read_value(reader, seconds, &part->start))
        return refuse(reader, "a number or '*'");
    if (reader->at[0] == '.' && reader->at[1] == '.') {
        reader->at += 2;
        if (!read_value(reader, seconds, &part->stop))
            return refuse(reader, "the last number of a range");
        part->repeat = seconds ? CALENDAR_SECOND_US : 1;
    }
    if (read_char(reader, '/')) {
        if (!read_value(reader, seconds, &part->repeat) || part->repeat == 0)
            return refuse(reader, "a repetition of at least 1");
    } else if (part->start > INT_MAX - part->repeat ||
               (seconds && part->stop >= 0 && part->start + part->repeat > part->stop)) {
        return refuse(reader, "a range of at least a second");
    }
    if (*reader->at != '\0' && strchr(" ,-~:", *reader->at) == NULL)
        return refuse(reader, "a shorter number, or a separator");
    return 0;
}

static void add_part(struct calendar_parts *parts, struct calendar_part part)
{
    parts->items = mem_grow(parts->items, parts->count + 1, sizeof *parts->items);
    parts->items[parts->count++] = part;
}

/* "*", or a list of parts. */
static int read_parts(struct reader *reader, bool seconds, struct calendar_parts *parts)
{
    if (read_char(reader, '*')) {
        if (seconds)
            add_part(parts, (struct calendar_part){0, -1, CALENDAR_SECOND_US});
        return 0;
    }
    do {
        struct calendar_part part;
        int result = read_part(reader, seconds, &part);
        if (result < 0)
            return result;
        if (parts->count == PARTS_MAX)
            return refuse(reader, "at most 241 parts");
        add_part(parts, part);
    } while (read_char(reader, ','));
    return 0;
}

static void add_value(struct calendar *calendar, enum calendar_field field, int value)
{
    add_part(&calendar->fields[field], (struct calendar_part){value, -1, 0});
}

/* "@1786703712" */
static int read_epoch(struct reader *reader, struct calendar *calendar)
{
    int64_t seconds = 0;
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    bool negative = read_char(reader, '-');
    if (!negative)
        (void)read_char(reader, '+');
    if (!isdigit((unsigned char)*reader->at))
        return refuse(reader, "a number of seconds since 1970");
    for (; isdigit((unsigned char)*reader->at) && seconds < INT64_C(1) << 40; reader->at++)
        seconds = seconds * 10 + (*reader->at - '0');
    struct civil at = civil_from_seconds(negative ? -seconds : seconds);
    add_value(calendar, CALENDAR_YEAR, at.date.year);
    add_value(calendar, CALENDAR_MONTH, at.date.month);
    add_value(calendar, CALENDAR_DAY, at.date.day);
    add_value(calendar, CALENDAR_HOUR, at.hour);
    add_value(calendar, CALENDAR_MINUTE, at.minute);
    add_value(calendar, CALENDAR_SECOND, at.second * CALENDAR_SECOND_US);
    calendar->utc = true;
    return 0;
}

/* Reads fields[0..most) with their separators. Returns how many there were. */
static int read_date_fields(struct reader *reader, struct calendar_parts fields[3],
                            bool *from_month_end)
{
    for (int count = 0;;) {
        int result = read_parts(reader, false, &fields[count++]);
        if (result < 0)
            return result;
        if (count == 1 && at_end_or(reader, ':'))
            return count;
        if (count > 1 && at_end_or(reader, ' '))
            return count;
        if (count == 3 || *from_month_end)
            return refuse(reader, "a space after the date");
        *from_month_end = *reader->at == '~';
        if (!read_char(reader, '~') && !read_char(reader, '-'))
            return refuse(reader, "'-', '~' or ':'");
    }
}

/* "YEAR-MONTH-DAY" or "MONTH-DAY". A single field is no date but the beginning of a time: it is
 * left. */
static int read_date(struct reader *reader, struct calendar *calendar)
{
    struct calendar_parts fields[3] = {{0}};
    const char *begin = reader->at;
    int count = read_date_fields(reader, fields, &calendar->from_month_end);
    for (int i = 0; i < 3; i++) {
        int field = count == 2 ? i + CALENDAR_MONTH : i + CALENDAR_YEAR;
        if (count >= 2 && i < count)
            calendar->fields[field] = fields[i];
        else
            free(fields[i].items);
    }
    if (count < 0)
        return count;
    if (count == 1)
        reader->at = begin;
    skip_spaces(reader);
    return 0;
}

/* "HOUR:MINUTE" or "HOUR:MINUTE:SECOND"; nothing is midnight. */
static int read_time(struct reader *reader, struct calendar *calendar)
{
    int field = CALENDAR_HOUR;
    if (*reader->at != '\0') {
        for (;; field++) {
            int result = read_parts(reader, field == CALENDAR_SECOND, &calendar->fields[field]);
            if (result < 0)
                return result;
            if (field > CALENDAR_HOUR && *reader->at == '\0')
                break;
            if (field == CALENDAR_SECOND)
                return refuse(reader, "the end");
            if (!read_char(reader, ':'))
                return refuse(reader, "':'");
        }
        field++;
    }
    for (; field <= CALENDAR_SECOND; field++)
        add_value(calendar, (enum calendar_field)field, 0);
    return 0;
}

int calendar_read(const char *text, struct calendar *calendar, struct fault *fault)
{
    struct reader reader = {text, fault};
    if (*text == '\0')
        return fault_set(fault, -EINVAL, "it is empty");
    int result = read_weekdays(&reader, &calendar->weekdays);
    if (result < 0)
        return result;
    if (read_char(&reader, '@')) {
        result = read_epoch(&reader, calendar);
        return result == 0 && *reader.at != '\0' ? refuse(&reader, "the end") : result;
    }
    if (*reader.at != '\0')
        result = read_date(&reader, calendar);
    return result < 0 ? result : read_time(&reader, calendar);
}
