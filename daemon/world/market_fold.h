/* market_fold.h - every day of one world's market, computed on demand and kept. */
#ifndef CREDD_WORLD_MARKET_FOLD_H
#define CREDD_WORLD_MARKET_FOLD_H

#include "world/market_state.h"

struct market_fold;
struct zone;

/* The market begins with the month 36 months before the origin's (world_start); where more
 * observations than that are wanted, 72 before it, 108 and so on, so that `points` business days
 * and their releases fit. Index levels are such that those at the origin are plausible for its
 * year. Of several histories the first is taken that ends near the levels of 2025 and 2026; what
 * comes after the origin is free. Borrows the zone: a date that it skips is no business day. */
struct market_fold *market_fold_new(uint64_t seed, const struct zone *zone, int64_t start_day,
                                    int64_t origin_day, int64_t points);
void market_fold_free(struct market_fold *fold);

/* Under which everything of this market is drawn. */
uint64_t market_fold_seed(const struct market_fold *fold);
int64_t market_fold_first_day(const struct market_fold *fold);
/* The day's record, the first one's for days before it. Valid until the next call. */
const struct market_day *market_fold_day(struct market_fold *fold, int64_t day);
/* The day on which the monthly or quarterly series of `month` comes out; false: not at all. */
bool market_fold_release(const struct market_fold *fold, enum market_series series, int month,
                         int64_t *ret_day);
/* The last day before `day` on which the calendar is open. */
int64_t market_fold_open_before(struct market_fold *fold, enum business_calendar calendar,
                                int64_t day);

#endif
