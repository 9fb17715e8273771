#include "world/market_hours.h"

#include "clock/holidays.h"
#include "world/market_quote.h"

static bool trades(const struct zone *zone, int64_t day)
{
    return business_day(BUSINESS_EXCHANGE, day) && zone_has_day(zone, day);
}

bool market_closed(const struct zone *zone, world_time now, world_time *ret_opens)
{
    int64_t day = zone_day(zone, now.s);
    bool today = trades(zone, day);
    if (today && now.s > zone_day_instant(zone, day, exchange_close_second(day)))
        today = false;
    while (!today)
        today = trades(zone, ++day);
    *ret_opens = (world_time){zone_day_instant(zone, day, QUOTE_OPEN)};
    return world_before(now, *ret_opens);
}
