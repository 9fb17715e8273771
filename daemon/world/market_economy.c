/* The monthly and quarterly part of the market: regime, labour, prices, bank rates, households.
 *
 * Persistence, noise and bounds of a series are fitted to its line in market_series.csv (half-life,
 * change_sd, lag1_autocorr, plausible_min and _max, sim_recipe), its margin over another to
 * market_spreads.csv, what moves with what to market_change_correlations.csv; what depends on the
 * regime is judged. `credctl verify --realism` compares the outcome. */
#include <math.h>

#include "world/market_state.h"
#include "world/random.h"
#include "world/real.h"

/* Monthly chances of leaving a regime. A slowdown ends either way; recessions begin in 1 of 100
 * months and last RECESSION_LEAST at least. A bad fall of the index brings them on. */
#define EXPANSION_SLOWS 0.034
#define SLOWDOWN_BREAKS 0.11
#define SLOWDOWN_MENDS  0.10
#define RECESSION_ENDS  0.10
#define RECESSION_LEAST 10
#define RECESSION_LONG  16
#define RECESSION_TIRES 0.04 /* more for each month beyond that */
#define RIPE_JOBS       7.5
#define FALL_SLOWS      2.00 /* more for each unit of the fall beyond MARKET_CRASH */
#define FALL_BREAKS     5.00
#define DEPTH_LEAST     0.16 /* points of unemployment a month in a recession … */
#define DEPTH_MORE      0.16 /* … and more in the worst */
#define NATURAL         4.2  /* unemployment to which expansions lead, on average */
/* Growth, annual rate, lost for each point of unemployment within a quarter: Okun's law. */
#define OKUN 3.5
/* Log change of house prices a month: usual, and lost for each point of unemployment in a month. */
#define HOUSE_GROWTH 0.0035
#define HOUSE_LABOUR 0.080
/* Usual margins of bank rates. */
#define CARD_ABOVE     14.0 /* prime; 13.2 to 14.2 since 2024 */
#define AUTO_ABOVE     3.9  /* the 2-year Treasury */
#define PERSONAL_ABOVE 4.5  /* auto loans */
#define REPRICING      0.04 /* of quarters */

/* Of GDP, annual rate, while unemployment stands still. */
static const double growth_of[] = {2.6, 1.5, 0.0};
static const double growth_sd_of[] = {1.6, 1.6, 2.2};

/* Prices: what lasts is tied to slack, and what passes, mostly energy, is given back in part. */
#define INFLATION       3.05 /* percent a year, where there is neither slack nor heat */
#define INFLATION_PULL  0.045
#define INFLATION_SLACK 0.55 /* lost for each point of unemployment above NATURAL … */
#define SLACK_MOST      3.5
#define INFLATION_SD    0.13  /* of what it does by itself, a month */
#define ENERGY_SD       0.165 /* percent a month, at a usual volatility */
#define ENERGY_SKEWED   0.3   /* what a bad fall of the index takes from it, in sds */
#define ENERGY_MOST     1.2   /* percent a month */
#define ENERGY_LAST     0.96  /* of its log volatility, by month … */
#define ENERGY_SPREAD   0.40  /* … and its sd */
#define ENERGY_RARE     0.08  /* of months whose shocks are … */
#define ENERGY_SCALE    2.6   /* … so many times as large */
/* What comes of a shock in the months after it; seasonal factors take some of it back a year later.
 */
static const double energy_after[12] = {0.48, -0.06, -0.08, [11] = -0.13};

/* Arrears follow unemployment by a quarter: it is smoothed twice. */
#define ARREARS_PULL 0.42
#define STRESS_MEAN  1.11 /* the model of credit is fitted to it */
#define STRESS_JOBS  5.4  /* at this unemployment */
#define STRESS_PER   0.17 /* for each point of it */
#define STRESS_LEAST 0.85
#define STRESS_MOST  2.0
/* Lenders tighten when spreads widen, and stay so while many are without work: 1 is what spreads of
 * late 2008 and unemployment of then make. */
#define TIGHT_PULL    0.5
#define TIGHT_SPREAD  1.45 /* log of 4.3 points of high yield … */
#define TIGHT_SPREADS 0.62 /* … for each unit of the log above it */
#define TIGHT_JOBS    4.8
#define TIGHT_PER_JOB 0.11
/* The published share of card balances that are late. */
#define LATE_MEAN 3.15 /* percent, at STRESS_MEAN */
#define LATE_PER  4.2

/* Log change by month that is seasonal, in thousandths; market_series.csv, less its mean. */
static const double house_season[12] = {-3.8, -1.7, 3.7,  5.8,  5.8,  4.5,
                                        1.7,  -0.8, -3.1, -3.8, -4.2, -4.5};

int64_t market_round(enum market_series series, double value)
{
    static const double scale[] = {1, 10, 100, 1000, 10000};
    static const int64_t rest[] = {10000, 1000, 100, 10, 1};
    int decimals = market_series_table[series].decimals;

    return real_round(value * scale[decimals]) * rest[decimals];
}

void market_observe(struct market_month *month, enum market_series series, double value)
{
    month->value[series] = market_round(series, value);
    month->known |= UINT32_C(1) << series;
}

void market_economy_start(struct market_economy *economy, const struct market_levels *levels)
{
    *economy = (struct market_economy){
        .regime = REGIME_EXPANSION,
        .regime_months = 12,
        .lagged = {NATURAL, NATURAL},
        .stress = STRESS_MEAN + STRESS_PER * (NATURAL - STRESS_JOBS),
        .natural = NATURAL,
        .unemployment = NATURAL,
        .unemployment_quarter = NATURAL,
        .log_cpi = levels->cpi,
        .inflation = INFLATION,
        .inflation_year = 2.6,
        .log_house = levels->house,
        .house_growth = HOUSE_GROWTH,
        .sentiment = 66,
        .sentiment_unemployment = NATURAL,
        .delinquency = 2.95,
        .debt_service = 11.2,
        .card_apr = 21.0,
        .auto_60m = 7.4,
        .personal_24m = 11.5,
        .prime_survey = 6.75,
        .prime_survey_before = 6.75,
    };
}

static enum market_regime next_regime(const struct market_economy *economy, double fall,
                                      double uniform)
{
    double crash = real_clip(fall - MARKET_CRASH, 0, 0.4);
    /* While many are still without work from the last one, another is rare. */
    double ripe = real_clip((RIPE_JOBS - economy->unemployment) / 2.5, 0.1, 1);
    double ends = RECESSION_ENDS +
                  RECESSION_TIRES * real_clip(economy->regime_months - RECESSION_LONG, 0, 30);
    double breaks = SLOWDOWN_BREAKS + FALL_BREAKS * crash;

    switch (economy->regime) {
    case REGIME_EXPANSION:
        return uniform < EXPANSION_SLOWS * ripe + FALL_SLOWS * crash ? REGIME_SLOWDOWN
                                                                     : REGIME_EXPANSION;
    case REGIME_SLOWDOWN:
        if (uniform < breaks)
            return REGIME_RECESSION;
        return uniform < breaks + SLOWDOWN_MENDS ? REGIME_EXPANSION : REGIME_SLOWDOWN;
    case REGIME_RECESSION:
        return economy->regime_months >= RECESSION_LEAST && uniform < ends ? REGIME_EXPANSION
                                                                           : REGIME_RECESSION;
    }
    return economy->regime;
}

/* Fast up in a recession, slowly down after it. */
static double unemployment_drift(const struct market_economy *economy)
{
    double rate = economy->unemployment;

    switch (economy->regime) {
    case REGIME_RECESSION: return economy->depth * real_clip((11 - rate) / 5, 0, 1);
    case REGIME_SLOWDOWN: return 0.05;
    default: return -0.075 * real_tanh((rate - economy->natural) / 0.8);
    }
}

static double energy_shock(struct market_economy *economy, double fall,
                           const struct random_block *block)
{
    economy->energy_volatility =
        ENERGY_LAST * economy->energy_volatility +
        ENERGY_SPREAD * sqrt(1 - ENERGY_LAST * ENERGY_LAST) * random_normal(block->word[1]);
    double sd = ENERGY_SD * real_exp(real_clip(economy->energy_volatility, -1.2, 0.8));
    if (random_uniform(block->word[3]) < ENERGY_RARE)
        sd *= ENERGY_SCALE;
    double shock = sd * (random_normal(block->word[0]) -
                         ENERGY_SKEWED * real_clip((fall - MARKET_CRASH) / 0.1, 0, 3));
    shock = real_clip(shock, -ENERGY_MOST, ENERGY_MOST);
    double sum = shock;

    for (int i = 0; i < 12; i++)
        sum += energy_after[i] * economy->energy[i];
    for (int i = 11; i > 0; i--)
        economy->energy[i] = economy->energy[i - 1];
    economy->energy[0] = shock;
    return sum;
}

void market_economy_prices(struct market_economy *economy, double fall, uint64_t seed, int month,
                           struct market_month *out)
{
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 1, (uint32_t)month, 0);
    double slack = real_clip(economy->unemployment - economy->natural, -1, SLACK_MOST);

    economy->inflation +=
        INFLATION_PULL * (INFLATION - INFLATION_SLACK * slack - economy->inflation) +
        INFLATION_SD * random_normal(block.word[2]);
    double change = economy->inflation / 12 + energy_shock(economy, fall, &block);
    economy->log_cpi += change / 100;
    economy->inflation_year += 0.08 * (12 * change - economy->inflation_year);
    market_observe(out, SERIES_CPI, real_exp(economy->log_cpi));
}

/* What lowers the natural unemployment lifts house prices: one boom drives both. */
static double boom_shock(const struct random_block *month)
{
    return -random_normal(month->word[2]);
}

/* Prices follow the labour market and mortgage rates, and come back to what incomes bear. */
static void house_prices(struct market_economy *economy, double mortgage, uint64_t seed, int month,
                         struct market_month *out)
{
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 0, (uint32_t)month, 0);
    struct random_block more = random_at(seed, RANDOM_MARKET_MONTH, 3, (uint32_t)month, 0);
    double bust = economy->regime == REGIME_RECESSION ? economy->house_bust : 1;
    double shock = 0.9 * boom_shock(&more) + 0.44 * random_normal(block.word[3]);
    double centre = HOUSE_GROWTH - 0.0007 * real_clip(mortgage - 6, -3, 3) -
                    HOUSE_LABOUR * bust * economy->labour_trend - 0.010 * economy->house_value;

    economy->house_growth += 0.10 * (centre - economy->house_growth) + 0.0015 * shock;
    /* Owners who keep their jobs wait rather than sell for less. */
    if (economy->regime == REGIME_EXPANSION && economy->house_growth < 0)
        economy->house_growth *= 0.8;
    economy->house_value += economy->house_growth - HOUSE_GROWTH;
    economy->log_house += economy->house_growth + house_season[month % 12] * 0.001;
    market_observe(out, SERIES_HOUSE_PRICES,
                   real_exp(economy->log_house + 0.0007 * random_normal(more.word[0])));
}

/* Most are mild, some are not; what they do to houses is a matter of its own. */
static void start_recession(struct market_economy *economy, double houses, double jobs)
{
    economy->house_bust = 0.3 + 1.1 * houses;
    economy->depth = DEPTH_LEAST + DEPTH_MORE * jobs * jobs;
}

static void step_labour(struct market_economy *economy, double boom, double shock)
{
    economy->natural =
        real_clip(economy->natural + 0.03 * (NATURAL - economy->natural) - 0.10 * boom, 3.4, 5.6);
    double change = 0.050 * shock + unemployment_drift(economy);
    economy->labour_trend += 0.4 * (change - economy->labour_trend);
    economy->unemployment = real_clip(economy->unemployment + change, 3.4, 14.5);
    economy->unemployment_sum += economy->unemployment;
    economy->unemployment_months++;
}

/* What creditors see of it later. */
static void step_strain(struct market_economy *economy, double log_high_yield)
{
    economy->lagged[0] += ARREARS_PULL * (economy->unemployment - economy->lagged[0]);
    economy->lagged[1] += ARREARS_PULL * (economy->lagged[0] - economy->lagged[1]);
    economy->stress = real_clip(STRESS_MEAN + STRESS_PER * (economy->lagged[1] - STRESS_JOBS),
                                STRESS_LEAST, STRESS_MOST);
    double tight = TIGHT_SPREADS * real_clip(log_high_yield - TIGHT_SPREAD, 0, 2) +
                   TIGHT_PER_JOB * real_clip(economy->unemployment - TIGHT_JOBS, 0, 10);
    economy->tightness += TIGHT_PULL * (real_clip(tight, 0, 1) - economy->tightness);
}

void market_economy_month(struct market_state *state, uint64_t seed, int month,
                          struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 0, (uint32_t)month, 0);
    struct random_block more = random_at(seed, RANDOM_MARKET_MONTH, 3, (uint32_t)month, 0);
    enum market_regime before = economy->regime;
    double fall = market_fall(&state->equity);

    economy->regime = next_regime(economy, fall, random_uniform(block.word[0]));
    economy->regime_months = economy->regime == before ? economy->regime_months + 1 : 1;
    if (economy->regime == REGIME_RECESSION && before != REGIME_RECESSION)
        start_recession(economy, random_uniform(more.word[1]), random_uniform(more.word[3]));
    step_labour(economy, boom_shock(&more), random_normal(block.word[1]));
    step_strain(economy, state->rates.log_high_yield);
    market_observe(out, SERIES_UNEMPLOYMENT,
                   economy->unemployment + 0.072 * random_normal(block.word[2]));
    market_economy_prices(economy, fall, seed, month, out);
    house_prices(economy, state->mortgage.rate_30y, seed, month, out);
    state->month = month;
}

/* The change of unemployment, from the mean of a quarter to that of the next. */
static double close_quarter(struct market_economy *economy)
{
    double mean = economy->unemployment_sum / economy->unemployment_months;
    double change = mean - economy->unemployment_quarter;

    economy->unemployment_quarter = mean;
    economy->unemployment_sum = 0;
    economy->unemployment_months = 0;
    return change;
}

/* What the portfolio's own late payments follow, with noise of its own. */
static void step_delinquency(struct market_economy *economy, double shock)
{
    double usual = LATE_MEAN + LATE_PER * (economy->stress - STRESS_MEAN);

    economy->delinquency_change =
        0.35 * economy->delinquency_change + 0.40 * (usual - economy->delinquency) + 0.10 * shock;
    economy->delinquency =
        real_clip(economy->delinquency + economy->delinquency_change, 1.53, 6.77);
}

void market_economy_quarter(struct market_state *state, uint64_t seed, int quarter,
                            const enum market_regime regimes[3], struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_QUARTER, 0, (uint32_t)quarter, 0);
    double mean = 0;
    double variance = 0;

    for (int month = 0; month < 3; month++) {
        mean += growth_of[regimes[month]] / 3;
        variance += growth_sd_of[regimes[month]] * growth_sd_of[regimes[month]] / 3;
    }
    double labour = close_quarter(economy);
    mean -= OKUN * labour;
    market_observe(out, SERIES_GDP, mean + sqrt(variance) * random_normal(block.word[0]));
    step_delinquency(economy, random_normal(block.word[1]));
    market_observe(out, SERIES_CARD_DELINQUENCY, economy->delinquency);
    double rates = 11.2 + 0.10 * (state->rates.target * QUARTER_POINT - 3.5);
    economy->debt_service_change = 0.25 * economy->debt_service_change +
                                   0.05 * (rates - economy->debt_service) +
                                   0.160 * random_normal(block.word[2]);
    economy->debt_service =
        real_clip(economy->debt_service + economy->debt_service_change, 9.0, 15.9);
    market_observe(out, SERIES_DEBT_SERVICE, economy->debt_service);
}

/* A step up in few quarters, which the others give back. */
static double repricing(double step, uint32_t word)
{
    return step * ((random_uniform(word) < REPRICING ? 1 : 0) - REPRICING);
}

/* Pass-through of prime in the same quarter and the next, and a slow pull to the usual spread. */
void market_economy_bank_survey(struct market_state *state, uint64_t seed, int month,
                                struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_QUARTER, 1, (uint32_t)month, 0);
    struct random_block steps = random_at(seed, RANDOM_MARKET_QUARTER, 2, (uint32_t)month, 0);
    double prime = state->rates.target * QUARTER_POINT + PRIME_ABOVE;
    double now = prime - economy->prime_survey;
    double before = economy->prime_survey - economy->prime_survey_before;

    economy->card_apr += 0.66 * now + 0.26 * before + 0.12 * random_normal(block.word[0]) +
                         repricing(1.6, steps.word[0]) +
                         0.05 * (CARD_ABOVE - (economy->card_apr - prime));
    economy->card_apr = real_clip(economy->card_apr, 11.8, 28);
    economy->auto_60m += 0.29 * now + 0.31 * before + 0.12 * random_normal(block.word[1]) +
                         repricing(0.9, steps.word[1]) +
                         0.09 * (AUTO_ABOVE - (economy->auto_60m - state->rates.treasury_2y));
    economy->auto_60m = real_clip(economy->auto_60m, 3.9, 13);
    economy->personal_24m += 0.26 * now + 0.33 * before + 0.12 * random_normal(block.word[2]) +
                             repricing(0.4, steps.word[2]) +
                             0.15 * (PERSONAL_ABOVE - (economy->personal_24m - economy->auto_60m));
    economy->personal_24m = real_clip(economy->personal_24m, 8.7, 18);
    economy->prime_survey_before = economy->prime_survey;
    economy->prime_survey = prime;
    market_observe(out, SERIES_CARD_APR, economy->card_apr);
    market_observe(out, SERIES_AUTO_60M, economy->auto_60m);
    market_observe(out, SERIES_PERSONAL_24M,
                   economy->personal_24m + 0.22 * random_normal(block.word[3]));
}

void market_economy_sentiment(struct market_state *state, uint64_t seed, int month,
                              struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 2, (uint32_t)month, 0);
    double stocks = real_clip((state->equity.log_index - economy->sentiment_index) / 0.046, -3, 3);
    double labour =
        real_clip((economy->unemployment - economy->sentiment_unemployment) / 0.12, -3, 3);

    economy->sentiment +=
        0.03 * (70 - economy->sentiment) +
        4.1 * (0.35 * stocks - 0.25 * labour + 0.89 * random_normal(block.word[0]));
    economy->sentiment = real_clip(economy->sentiment, 49, 112);
    economy->sentiment_index = state->equity.log_index;
    economy->sentiment_unemployment = economy->unemployment;
    market_observe(out, SERIES_SENTIMENT, economy->sentiment);
}
