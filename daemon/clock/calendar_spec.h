/* calendar_spec.h - a calendar expression taken apart, for the files that read, print and follow
 * it. */
#ifndef CREDD_CLOCK_CALENDAR_SPEC_H
#define CREDD_CLOCK_CALENDAR_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "clock/zone.h"

#define CALENDAR_YEAR_FIRST 1970
#define CALENDAR_YEAR_LAST  2199
#define CALENDAR_SECOND_US  1000000

enum calendar_field {
    CALENDAR_YEAR,
    CALENDAR_MONTH,
    CALENDAR_DAY,
    CALENDAR_HOUR,
    CALENDAR_MINUTE,
    CALENDAR_SECOND, /* its parts are in microseconds */
    CALENDAR_FIELDS,
};

/* "start", "start/repeat", "start..stop" or "start..stop/repeat". */
struct calendar_part {
    int start;
    int stop;   /* -1: none */
    int repeat; /* 0: none */
};

/* No parts at all: every value. */
struct calendar_parts {
    struct calendar_part *items;
    size_t count;
};

struct calendar {
    unsigned weekdays; /* bit 0 is Monday; 0: every day */
    struct calendar_parts fields[CALENDAR_FIELDS];
    bool from_month_end; /* days count back from the month's last: ~1 is that */
    bool utc;
    struct zone *zone; /* the one it names, or NULL */
    char *suffix;      /* the word behind it that is a zone or a local time's name, or NULL */
};

/* 1 or 0 where `word` is the zone's name for its daylight saving or standard time, else -1. */
int calendar_dst(const struct zone *zone, const char *word);

/* Reads what is left of an expression without its zone: weekdays, date and time. -EINVAL. */
int calendar_read(const char *text, struct calendar *calendar, struct fault *fault);
/* Sorts the parts, drops double ones, completes two-digit years; what then means nothing is
 * -EINVAL. */
int calendar_settle(struct calendar *calendar, struct fault *fault);

#endif
