/* market_quote.h - the path of a quoted series within one exchange day: from the close before to
 * the day's own close. A function of the second alone, however often it is looked at. */
#ifndef CREDD_WORLD_MARKET_QUOTE_H
#define CREDD_WORLD_MARKET_QUOTE_H

#include "world/market_fold.h"

#define QUOTE_OPEN  34200 /* 09:30 */
#define QUOTE_STEP  300
#define QUOTE_STEPS 78

struct quote_path {
    uint64_t seed;
    int64_t day;
    enum market_series series;
    int length;                   /* seconds from open to close */
    double from, to, sd;          /* logarithms of index and VIX, else percent; sd: of a day */
    double node[QUOTE_STEPS + 1]; /* deviation from the straight line every QUOTE_STEP seconds */
    int64_t close;                /* as published */
};

/* False: the series is not quoted on that day. */
bool quote_path(struct market_fold *fold, enum market_series series, int64_t day,
                struct quote_path *ret_path);
/* The quote `second` seconds after the open, as published. */
int64_t quote_at(const struct quote_path *path, int second);

#endif
