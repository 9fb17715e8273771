/* The money market: the effective funds rate within its range, the 3-month bill, SOFR. Fitted to
 * their lines in market_series.csv and market_series_stats.csv; what is judged is so marked. */
#include <math.h>

#include "clock/holidays.h"
#include "world/market_shocks.h"
#include "world/real.h"

/* The effective rate wanders within the range by a hundredth at a time, and is off for single days:
 * in some years hardly, in others much. */
#define BELOW_LEAST   2 /* hundredths under the upper end */
#define BELOW_MOST    22
#define BELOW_PULL    0.05
#define BELOW_MOVES   0.20   /* of days on which it moves, … */
#define UNSTEADY_MOVE 1.2    /* … and how that grows with how unsteady it is … */
#define UNSTEADY_STAY 0.9988 /* … which lasts from day to day, */
#define UNSTEADY_SD   1.15   /* as a logarithm */
#define FUNDS_OFF     0.60   /* hundredths off for the day, sd */

#define BILL_BELOW 0.06 /* of the 3-month bill under the funds rate */
#define BILL_PULL  0.05
#define BILL_SD    0.014
#define BILL_NOISE 0.013 /* of a quote that does not last */
#define BILL_STAYS 0.22  /* of days on which it is not quoted anew */
#define BILL_RARE  0.03  /* of days whose moves are … */
#define BILL_SCALE 4.5   /* … so many times as large … */
#define BILL_UP    0.7   /* … and rather upward, sds */
#define BILL_FLOOR 0.01

#define SOFR_STAYS     0.40 /* of days on which it does not move */
#define SOFR_PERSIST   0.65
#define SOFR_SD        0.010
#define SOFR_LOW       (-0.11) /* against the funds rate */
#define SOFR_HIGH      0.25
#define SOFR_MONTH_END 0.03
#define SOFR_MONTH_SD  0.015
#define SOFR_QUARTER   0.035 /* besides */

static void move_in_range(struct market_rates *rates, const struct day_shocks *shocks)
{
    rates->funds_unsteady =
        UNSTEADY_STAY * rates->funds_unsteady +
        UNSTEADY_SD * sqrt(1 - UNSTEADY_STAY * UNSTEADY_STAY) * shocks->funds_unsteady;
    double moves =
        real_clip(BELOW_MOVES * real_exp(UNSTEADY_MOVE * rates->funds_unsteady), 0.01, 0.95);
    /* The further it is from its usual place, the more likely it turns back. */
    double up = 0.5 - BELOW_PULL * (rates->funds_below - 100 * FUNDS_BELOW);

    if (shocks->funds_moves < moves * real_clip(up, 0, 1))
        rates->funds_below++;
    else if (shocks->funds_moves < moves)
        rates->funds_below--;
}

void market_step_funds(struct market_state *state, const struct day_shocks *shocks,
                       struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double upper = rates->target * QUARTER_POINT;

    move_in_range(rates, shocks);
    double below =
        rates->funds_below + FUNDS_OFF * real_exp(rates->funds_unsteady) * shocks->funds_off;
    out->value[SERIES_FUNDS] =
        market_round(SERIES_FUNDS, upper - 0.01 * real_clip(below, BELOW_LEAST, BELOW_MOST));
    out->value[SERIES_PRIME] = market_round(SERIES_PRIME, upper + PRIME_ABOVE);
}

void market_step_bill(struct market_state *state, const struct day_shocks *shocks, double two,
                      double scale, struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target_next * QUARTER_POINT - FUNDS_BELOW;
    double ahead =
        QUARTER_POINT * (double)rates->phase * (state->economy.regime == REGIME_RECESSION ? 2 : 1);
    bool rare = shocks->bill_stays > 1 - BILL_RARE;
    double size = rare ? BILL_SCALE : 1;

    rates->bill_3m +=
        BILL_PULL * (funds + ahead - BILL_BELOW - rates->bill_3m) +
        BILL_SD * scale * size * (0.6 * two + 0.8 * shocks->bill + (rare ? BILL_UP : 0));
    rates->bill_3m = market_reflect(rates->bill_3m, BILL_FLOOR);
    if (shocks->bill_stays > BILL_STAYS)
        out->value[SERIES_TBILL_3M] = market_round(
            SERIES_TBILL_3M,
            market_reflect(rates->bill_3m + BILL_NOISE * scale * size * shocks->bill_noise, 0));
}

void market_step_sofr(struct market_state *state, const struct day_shocks *shocks, int64_t day,
                      struct market_day *out)
{
    struct market_rates *rates = &state->rates;
    double funds = rates->target * QUARTER_POINT - FUNDS_BELOW;
    int64_t next = business_day_step(BUSINESS_BOND, day, 1);
    double turn = 0;

    if (shocks->sofr_stays > SOFR_STAYS)
        rates->sofr_spread = real_clip(SOFR_PERSIST * rates->sofr_spread + SOFR_SD * shocks->sofr,
                                       SOFR_LOW, SOFR_HIGH);
    if (market_month_of(next) != state->month)
        turn = SOFR_MONTH_END + SOFR_MONTH_SD * shocks->sofr_noise;
    if (turn != 0 && state->month % 3 == 2)
        turn += SOFR_QUARTER;
    out->value[SERIES_SOFR] =
        market_round(SERIES_SOFR, real_clip(funds + rates->sofr_spread + turn, 0.01, 20));
}
