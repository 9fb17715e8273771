/* civil.h - the proleptic Gregorian calendar: days since 1970-01-01 to year, month, day and back.
 */
#ifndef CREDD_CLOCK_CIVIL_H
#define CREDD_CLOCK_CIVIL_H

#include <stdint.h>

struct civil_date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* A date and a time of day without a zone. */
struct civil {
    struct civil_date date;
    int hour, minute, second;
};

/* Days since 1970-01-01. */
int64_t civil_days(struct civil_date date);
struct civil_date civil_from_days(int64_t days);
/* 0 is Monday, 6 is Sunday. */
int civil_weekday(int64_t days);
int civil_month_length(int year, int month);
/* The date's seconds count as if it were UTC; inverse of civil_from_seconds. */
int64_t civil_seconds(struct civil at);
struct civil civil_from_seconds(int64_t seconds);

#endif
