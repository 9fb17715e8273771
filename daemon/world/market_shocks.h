/* market_shocks.h - the shocks of one day, and the steps that they drive. For market_state.c and
 * what it calls alone. */
#ifndef CREDD_WORLD_MARKET_SHOCKS_H
#define CREDD_WORLD_MARKET_SHOCKS_H

#include "world/market_state.h"

/* Standard normals unless named otherwise. */
struct day_shocks {
    double volatility, volatility_2y, equity, vix, vix_noise, vix_unrest, vix_era, ten, two, bill,
        bill_noise, sofr, sofr_noise, baa, high_yield, credit_tie, funds_unsteady, funds_off;
    /* uniform */
    double jump, burst, two_sudden, funds_moves, sofr_stays, bill_stays, credit_jump, credit_size,
        credit_heavy;
};

/* Log of the VIX to which it comes back, by regime. */
extern const double market_vix_centre[3];

struct day_shocks market_draw_day(uint64_t seed, int64_t day);
/* The scale of the common part of a mixture whose whole has unit variance: `share` of it is `scale`
 * times as large as a standard normal. */
double market_mixture_rest(double share, double scale);
/* What falls below the floor comes back half as far above it. */
double market_reflect(double value, double floor);
/* The shock that the 10-year Treasury has of it. */
double market_ten_shock(const struct day_shocks *shocks);

void market_step_spreads(struct market_state *state, const struct day_shocks *shocks,
                         struct market_day *out);
void market_step_funds(struct market_state *state, const struct day_shocks *shocks,
                       struct market_day *out);
/* `two`: the 2-year's shock; `scale`: how much rates move near zero. */
void market_step_bill(struct market_state *state, const struct day_shocks *shocks, double two,
                      double scale, struct market_day *out);
void market_step_sofr(struct market_state *state, const struct day_shocks *shocks, int64_t day,
                      struct market_day *out);

#endif
