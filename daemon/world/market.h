/* market.h - the market model: a fold over business days from the world's start, and the
 * market_data stream. */
#ifndef CREDD_WORLD_MARKET_H
#define CREDD_WORLD_MARKET_H

#include "world/stream.h"

enum market_regime { REGIME_EXPANSION, REGIME_SLOWDOWN, REGIME_RECESSION };

/* What other streams may need of the market on a day; all rates in percent. */
struct market_view {
    enum market_regime regime;
    double fed_funds, prime, treasury_2y, treasury_10y, mortgage_30y, auto_60m, card_apr,
        personal_24m;
    double unemployment;
    double stress; /* multiplies the hazard of first late payments: 1 in a calm expansion, above 1
                      in recession */
    double tightness; /* of lenders' standards: 0 usual, 1 as tight as at the end of 2008 */
};

/* The latest published state at the local day `day` (days since 1970-01-01): a business day, or the
 * last one before it. What the MODEL says of that day, whether or not its rows exist. */
struct market_view market_view(struct world *world, int64_t day);

#endif
