#include "world/market_shocks.h"

#include <math.h>

#include "world/random.h"

#define EQUITY_TO_TEN 0.27 /* correlation of shocks, market_change_correlations.csv */

const double market_vix_centre[3] = {2.78, 3.03, 3.34};

struct day_shocks market_draw_day(uint64_t seed, int64_t day)
{
    struct random_block block[7];

    for (uint16_t draw = 0; draw < 7; draw++)
        block[draw] = random_at(seed, RANDOM_MARKET_DAY, 0, (uint32_t)day, draw);
    return (struct day_shocks){
        .volatility = random_normal(block[0].word[0]),
        .equity = random_normal(block[0].word[1]),
        .vix = random_normal(block[0].word[2]),
        .jump = random_uniform(block[0].word[3]),
        .vix_noise = random_normal(block[1].word[0]),
        .ten = random_normal(block[1].word[1]),
        .two = random_normal(block[1].word[2]),
        .burst = random_uniform(block[1].word[3]),
        .bill = random_normal(block[2].word[0]),
        .sofr = random_normal(block[2].word[1]),
        .baa = random_normal(block[2].word[2]),
        .high_yield = random_normal(block[2].word[3]),
        .sofr_noise = random_normal(block[3].word[0]),
        .sofr_stays = random_uniform(block[3].word[2]),
        .funds_moves = random_uniform(block[3].word[3]),
        .vix_unrest = random_normal(block[4].word[0]),
        .vix_era = random_normal(block[4].word[1]),
        .volatility_2y = random_normal(block[4].word[2]),
        .bill_stays = random_uniform(block[4].word[3]),
        .credit_tie = random_normal(block[5].word[0]),
        .bill_noise = random_normal(block[5].word[1]),
        .credit_jump = random_uniform(block[5].word[2]),
        .credit_size = random_uniform(block[5].word[3]),
        .credit_heavy = random_uniform(block[6].word[0]),
        .two_sudden = random_uniform(block[6].word[1]),
        .funds_unsteady = random_normal(block[6].word[2]),
        .funds_off = random_normal(block[6].word[3]),
    };
}

double market_mixture_rest(double share, double scale)
{
    return sqrt((1 - share * scale * scale) / (1 - share));
}

double market_reflect(double value, double floor)
{
    return value < floor ? floor + (floor - value) * 0.5 : value;
}

double market_ten_shock(const struct day_shocks *shocks)
{
    return EQUITY_TO_TEN * shocks->equity + sqrt(1 - EQUITY_TO_TEN * EQUITY_TO_TEN) * shocks->ten;
}
