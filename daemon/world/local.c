#include "world/local.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DAY        INT64_C(86400)
#define REMEMBERED 1024
#define DATES      8192 /* 22 years */

/* A day of UTC: with one offset throughout if it is even. */
struct utc_day {
    int64_t tag; /* the day plus one */
    int64_t offset;
    bool even;
};

struct zone_day {
    int64_t tag;
    int64_t begin;
    struct civil_date date;
    bool even; /* every second lies as far from the begin as clocks say */
};

struct utc_date {
    uint32_t tag; /* the day plus one */
    char text[8];
};

struct local_days {
    const struct zone *zone;
    struct utc_day utc[REMEMBERED];
    struct zone_day days[REMEMBERED];
    struct utc_date dates[DATES];
};

struct local_days *local_days_new(const struct zone *zone)
{
    struct local_days *days = MEM_NEW(struct local_days);
    days->zone = zone;
    return days;
}

void local_days_free(struct local_days *days)
{
    free(days);
}

/* `utc` lies after 1970 began. */
static int64_t offset_at(struct local_days *days, int64_t utc)
{
    int64_t number = utc / DAY;
    struct utc_day *day = &days->utc[(uint64_t)number % REMEMBERED];
    if (day->tag != number + 1) {
        day->tag = number + 1;
        day->offset = zone_offset(days->zone, number * DAY);
        day->even = day->offset == zone_offset(days->zone, number * DAY + DAY / 2) &&
                    day->offset == zone_offset(days->zone, (number + 1) * DAY - 1);
    }
    return day->even ? day->offset : zone_offset(days->zone, utc);
}

struct local local_at(struct local_days *days, int64_t utc)
{
    int64_t local = utc + (utc < 0 ? zone_offset(days->zone, utc) : offset_at(days, utc));
    int64_t day = local / DAY - (local % DAY < 0);
    return (struct local){day, (int)(local - day * DAY)};
}

static const struct zone_day *day_of(struct local_days *days, int64_t number)
{
    struct zone_day *day = &days->days[(uint64_t)number % REMEMBERED];
    if (day->tag != number + 1) {
        day->tag = number + 1;
        day->date = civil_from_days(number);
        day->begin = zone_day_instant(days->zone, number, 0);
        day->even = zone_day_instant(days->zone, number, (int)DAY / 2) - day->begin == DAY / 2 &&
                    zone_day_instant(days->zone, number, (int)DAY - 1) - day->begin == DAY - 1;
    }
    return day;
}

struct civil_date local_date(struct local_days *days, int64_t day)
{
    return day_of(days, day)->date;
}

int64_t local_instant(struct local_days *days, int64_t day, int second)
{
    const struct zone_day *found = day_of(days, day);
    return found->even ? found->begin + second : zone_day_instant(days->zone, day, second);
}

static void put_pair(char *text, int number)
{
    text[0] = (char)('0' + number / 10);
    text[1] = (char)('0' + number % 10);
}

void local_stamp(struct local_days *days, int64_t utc, char text[8])
{
    uint32_t number = (uint32_t)(utc / DAY);
    struct utc_date *date = &days->dates[number % DATES];
    if (date->tag != number + 1) {
        struct civil_date civil = civil_from_days(number);
        date->tag = number + 1;
        put_pair(date->text, civil.year / 100);
        put_pair(date->text + 2, civil.year % 100);
        put_pair(date->text + 4, civil.month);
        put_pair(date->text + 6, civil.day);
    }
    memcpy(text, date->text, sizeof date->text);
}
