/* The committee that sets the range of the funds rate: it decides a meeting ahead in which
 * direction it will go, so that the market can expect it. */
#include "world/market_state.h"
#include "world/random.h"
#include "world/real.h"

/* Fitted to fed_funds_effective in market_series.csv, which has .34 moves a meeting, 68, 26 and 6%
 * of them of one, two and three quarter points, and 87% in the direction of the one before. What
 * depends on the regime is judged. */

#define TARGET_TOP    26 /* quarter points */
#define TARGET_BOTTOM 1
#define HIKE_COMES    0.92 /* chance of the move that was announced */
#define CUT_COMES     0.80
#define INFLATION_HOT 2.5 /* percent a year: above it the committee hikes sooner and longer */
#define TARGET_HIGH   4.0 /* percent: above it hikes end sooner */
#define TARGET_LOW    2.0 /* and below this cuts */
#define JOBS_SLACK    4.3 /* unemployment above which hikes wait … */
#define SLACK_WHOLE   2.5 /* … altogether so many points above it */

/* The committee's move in quarter points, in the direction that it had announced. */
static int policy_move(const struct market_rates *rates, enum market_regime regime,
                       const double uniform[2])
{
    if (rates->phase == POLICY_HIKE && uniform[0] < HIKE_COMES) {
        if (regime == REGIME_RECESSION)
            return 0;
        if (regime == REGIME_SLOWDOWN)
            return uniform[1] < 0.5 ? 1 : 0;
        return uniform[1] < 0.65 ? 1 : uniform[1] < 0.90 ? 2 : 3;
    }
    if (rates->phase == POLICY_CUT && uniform[0] < CUT_COMES) {
        if (regime == REGIME_RECESSION)
            return uniform[1] < 0.20 ? -1 : uniform[1] < 0.60 ? -2 : -3;
        return uniform[1] < 0.68 ? -1 : -2;
    }
    return 0;
}

static enum policy_phase phase_in_expansion(const struct market_rates *rates,
                                            const struct market_economy *economy, double uniform)
{
    double upper = rates->target_next * QUARTER_POINT;
    double gap = POLICY_NEUTRAL - upper;
    double hot = real_clip(economy->inflation_year - INFLATION_HOT, -1.5, 3);

    if (rates->phase == POLICY_HIKE) {
        double end = 0.09 - 0.02 * hot + 0.12 * real_clip((upper - TARGET_HIGH) / 2, 0, 3);
        return uniform < end ? POLICY_HOLD : POLICY_HIKE;
    }
    bool bottom = rates->target_next <= TARGET_BOTTOM;
    if (rates->phase == POLICY_CUT) {
        double end = 0.12 + 0.25 * real_clip((TARGET_LOW - upper) / 2, 0, 1);
        return uniform < end || bottom ? POLICY_HOLD : POLICY_CUT;
    }
    double slack = real_clip((economy->unemployment - JOBS_SLACK) / SLACK_WHOLE, 0, 1);
    double up = (0.05 + 0.045 * real_clip(gap, -1, 3) + 0.035 * hot) * (1 - 0.9 * slack);
    double down = bottom ? 0 : 0.03 + 0.05 * real_clip(-gap, -0.6, 3) - 0.02 * hot;
    return uniform < up ? POLICY_HIKE : uniform < up + down ? POLICY_CUT : POLICY_HOLD;
}

static enum policy_phase next_phase(const struct market_rates *rates,
                                    const struct market_economy *economy, double uniform)
{
    if (economy->regime == REGIME_EXPANSION)
        return phase_in_expansion(rates, economy, uniform);
    if (rates->target_next <= TARGET_BOTTOM)
        return POLICY_HOLD;
    if (rates->phase == POLICY_CUT)
        return POLICY_CUT;
    if (economy->regime == REGIME_RECESSION)
        return uniform < 0.70 ? POLICY_CUT : rates->phase;
    return uniform < 0.25 ? POLICY_CUT : uniform < 0.60 ? POLICY_HOLD : rates->phase;
}

void market_policy_meeting(struct market_state *state, uint64_t seed, int64_t day)
{
    struct market_rates *rates = &state->rates;
    struct random_block block = random_at(seed, RANDOM_MARKET_MEETING, 0, (uint32_t)day, 0);
    double uniform[2] = {random_uniform(block.word[0]), random_uniform(block.word[1])};
    int next = rates->target + policy_move(rates, state->economy.regime, uniform);

    rates->target_next = next < TARGET_BOTTOM ? TARGET_BOTTOM
                         : next > TARGET_TOP  ? rates->target
                                              : next;
    rates->phase = next_phase(rates, &state->economy, random_uniform(block.word[2]));
}
