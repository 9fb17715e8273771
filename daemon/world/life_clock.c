#include "world/life_clock.h"

#include "clock/civil.h"
#include "clock/zone.h"

#define DAY 86400

int life_month_of_day(int64_t day)
{
    struct civil_date date = civil_from_days(day);
    return date.year * 12 + date.month - 1;
}

int64_t life_day_of_month(int month)
{
    return civil_days((struct civil_date){month / 12, month % 12 + 1, 1});
}

struct life_clock life_clock_of(const struct world *world)
{
    int64_t start = world_start(world).s;
    struct life_clock clock = {.offset = zone_day(world_zone(world), start) * DAY - start};
    clock.first_month = life_clock_month(&clock, world_settings(world)->origin) - LIFE_PAST_MONTHS;
    return clock;
}

int life_clock_month(const struct life_clock *clock, world_time at)
{
    int64_t local = at.s + clock->offset;
    return life_month_of_day((local - (local < 0 ? DAY - 1 : 0)) / DAY);
}

world_time life_clock_begin(const struct life_clock *clock, int month)
{
    return (world_time){life_day_of_month(month) * DAY - clock->offset};
}
