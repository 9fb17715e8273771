#include "world/market.h"

#include "clock/zone.h"
#include "world/market_data.h"

static double percent(const struct market_day *day, enum market_series series)
{
    return (double)day->value[series] / 10000;
}

struct market_view market_view(struct world *world, int64_t day)
{
    struct market_cache *cache = (struct market_cache *)world_cache(world, STREAM_MARKET_DATA);
    const struct market_day *record = market_fold_day(cache->fold, day);

    return (struct market_view){
        .regime = record->regime,
        .fed_funds = percent(record, SERIES_FUNDS),
        .prime = percent(record, SERIES_PRIME),
        .treasury_2y = percent(record, SERIES_TREASURY_2Y),
        .treasury_10y = percent(record, SERIES_TREASURY_10Y),
        .mortgage_30y = percent(record, SERIES_MORTGAGE_30Y),
        .auto_60m = percent(record, SERIES_AUTO_60M),
        .card_apr = percent(record, SERIES_CARD_APR),
        .personal_24m = percent(record, SERIES_PERSONAL_24M),
        .unemployment = percent(record, SERIES_UNEMPLOYMENT),
        .stress = record->stress,
        .tightness = record->tightness,
    };
}
