/* market_data.h - the state of the market_data stream, shared with market.c. */
#ifndef CREDD_WORLD_MARKET_DATA_H
#define CREDD_WORLD_MARKET_DATA_H

#include "world/market_fold.h"
#include "world/stream.h"

struct market_event {
    int64_t at;
    enum market_series series;
    int64_t value;    /* ten-thousandths */
    int64_t recorded; /* the day observed */
};

struct market_cache {
    struct world *world;
    struct market_fold *fold;
    bool bounded;                /* `first` is known */
    int64_t first[SERIES_COUNT]; /* the baseline begins with these instants */
    struct market_event *events; /* of one local day */
    size_t count, room;
    int64_t listed; /* the day of `events` */
};

/* Fills `events` with what is published on local day `day`, at the world's tempo, in order of (at,
 * key). */
void market_list_day(struct market_cache *cache, int64_t day);
/* The instant of the release of a daily series' observation of `day`. */
world_time market_daily_release(struct market_cache *cache, enum market_series series, int64_t day);

#endif
