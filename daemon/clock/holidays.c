#include "clock/holidays.h"

#include <stddef.h>

#include "clock/civil.h"

#define CLOSE_S       (16 * 3600)
#define EARLY_CLOSE_S (13 * 3600)

#define BANK     (1u << BUSINESS_BANK)
#define EXCHANGE (1u << BUSINESS_EXCHANGE)
#define BOND     (1u << BUSINESS_BOND)
#define ALL      (BANK | EXCHANGE | BOND)

enum { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY };

/* A holiday on a fixed date of the year; one on a Sunday is kept on Monday by all. */
struct fixed_holiday {
    int month, day;
    int since;
    unsigned who;
    unsigned friday; /* those who keep one on a Saturday on the Friday before */
};

static const struct fixed_holiday fixed_holidays[] = {
    {1, 1, 0, ALL, 0}, /* the exchange does not close at a year's end either */
    {6, 19, 2022, ALL, EXCHANGE},
    {7, 4, 0, ALL, EXCHANGE | BOND},
    {11, 11, 0, BANK | BOND, 0},
    {12, 25, 0, ALL, EXCHANGE | BOND},
};

/* A holiday on the week-th such weekday of a month; week 5 is the last. */
struct floating_holiday {
    int month, weekday, week;
    unsigned who;
};

static const struct floating_holiday floating_holidays[] = {
    {1, MONDAY, 3, ALL},          /* Martin Luther King */
    {2, MONDAY, 3, ALL},          /* Washington */
    {5, MONDAY, 5, ALL},          /* Memorial */
    {9, MONDAY, 1, ALL},          /* Labor */
    {10, MONDAY, 2, BANK | BOND}, /* Columbus */
    {11, THURSDAY, 4, ALL},       /* Thanksgiving */
};

/* Days of national mourning on which the exchange did not open. */
static const struct civil_date exchange_closures[] = {{2018, 12, 5}, {2025, 1, 9}};

/* The second days of scheduled meetings, MMDD. */
#define FOMC_FIRST_YEAR 2024
#define FOMC_MEETINGS   8
static const int fomc_tabled[][FOMC_MEETINGS] = {
    {131, 320, 501, 612, 731, 918, 1107, 1218},
    {129, 319, 507, 618, 730, 917, 1029, 1210},
    {128, 318, 429, 617, 729, 916, 1028, 1209},
    {127, 317, 428, 609, 728, 915, 1027, 1208},
};

/* Other years: the Wednesday nearest to these days of the year (0: 1 January), which is never a
 * holiday. */
static const int fomc_day_of_year[FOMC_MEETINGS] = {28, 77, 120, 165, 210, 260, 302, 344};

static bool fixed_closed(const struct civil_date *date, int weekday, unsigned who)
{
    for (size_t i = 0; i < sizeof fixed_holidays / sizeof *fixed_holidays; i++) {
        const struct fixed_holiday *holiday = &fixed_holidays[i];
        if (date->month != holiday->month || date->year < holiday->since ||
            (holiday->who & who) == 0)
            continue;
        if (date->day == holiday->day || (weekday == MONDAY && date->day == holiday->day + 1) ||
            (weekday == FRIDAY && date->day == holiday->day - 1 && (holiday->friday & who) != 0))
            return true;
    }
    return false;
}

static bool floating_closed(const struct civil_date *date, int weekday, unsigned who)
{
    for (size_t i = 0; i < sizeof floating_holidays / sizeof *floating_holidays; i++) {
        const struct floating_holiday *holiday = &floating_holidays[i];
        if (date->month != holiday->month || weekday != holiday->weekday ||
            (holiday->who & who) == 0)
            continue;
        bool last = date->day + 7 > civil_month_length(date->year, date->month);
        if (holiday->week == 5 ? last : (date->day - 1) / 7 + 1 == holiday->week)
            return true;
    }
    return false;
}

/* Gregorian Easter Sunday by the anonymous (Meeus/Jones/Butcher) computation. */
static int64_t easter(int year)
{
    int a = year % 19, b = year / 100, c = year % 100;
    int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    int e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
    int f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
    return civil_days((struct civil_date){year, f / 31, f % 31 + 1});
}

static bool good_friday(const struct civil_date *date, int weekday, int64_t day)
{
    return weekday == FRIDAY && (date->month == 3 || date->month == 4) &&
           day == easter(date->year) - 2;
}

static bool mourning(const struct civil_date *date)
{
    for (size_t i = 0; i < sizeof exchange_closures / sizeof *exchange_closures; i++) {
        const struct civil_date *closure = &exchange_closures[i];
        if (date->year == closure->year && date->month == closure->month &&
            date->day == closure->day)
            return true;
    }
    return false;
}

bool business_day(enum business_calendar calendar, int64_t day)
{
    unsigned who = 1u << calendar;
    int weekday = civil_weekday(day);
    if (weekday >= SATURDAY)
        return false;
    struct civil_date date = civil_from_days(day);
    if (fixed_closed(&date, weekday, who) || floating_closed(&date, weekday, who))
        return false;
    if (who != BANK && good_friday(&date, weekday, day))
        return false;
    return who != EXCHANGE || !mourning(&date);
}

int64_t business_day_step(enum business_calendar calendar, int64_t day, int count)
{
    while (count == 0 && !business_day(calendar, day))
        day++;
    int step = count < 0 ? -1 : 1;
    while (count != 0) {
        day += step;
        if (business_day(calendar, day))
            count -= step;
    }
    return day;
}

int exchange_close_second(int64_t day)
{
    struct civil_date date = civil_from_days(day);
    int weekday = civil_weekday(day);
    bool early = (date.month == 7 && date.day == 3 && weekday <= THURSDAY) ||
                 (date.month == 12 && date.day == 24) ||
                 (date.month == 11 && weekday == FRIDAY && date.day >= 23 && date.day <= 29);
    return early ? EARLY_CLOSE_S : CLOSE_S;
}

bool fomc_day(int64_t day)
{
    struct civil_date date = civil_from_days(day);
    int years = (int)(sizeof fomc_tabled / sizeof *fomc_tabled);
    int row = date.year - FOMC_FIRST_YEAR;
    bool tabled = row >= 0 && row < years;
    if (!tabled && civil_weekday(day) != WEDNESDAY)
        return false;
    int day_of_year = (int)(day - civil_days((struct civil_date){date.year, 1, 1}));
    for (int i = 0; i < FOMC_MEETINGS; i++) {
        int distance = day_of_year - fomc_day_of_year[i];
        if (tabled ? fomc_tabled[row][i] == date.month * 100 + date.day
                   : distance >= -3 && distance <= 3)
            return true;
    }
    return false;
}
