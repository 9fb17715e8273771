/* The monthly and quarterly part of the market: regime, labour, prices, bank rates, households. */
#include <math.h>

#include "world/market_state.h"
#include "world/random.h"
#include "world/real.h"

/* Monthly chances of leaving a regime. A slowdown ends either way; recessions begin in 1 of 100
 * months. */
#define EXPANSION_SLOWS 0.024
#define SLOWDOWN_BREAKS 0.10
#define SLOWDOWN_MENDS  0.10
#define RECESSION_ENDS  0.085

static const double stress_of[] = {1.0, 1.25, 1.8};
static const double growth_of[] = {2.5, 1.0, -2.4}; /* of GDP, annual rate */
static const double growth_sd_of[] = {1.9, 1.7, 2.6};
static const double inflation_of[] = {0.0022, 0.0020, 0.0012}; /* log change a month */
static const double house_growth_of[] = {0.0038, 0.0015, -0.0030};

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
        .stress = 1.0,
        .unemployment = 4.2,
        .unemployment_quarter = 4.2,
        .log_cpi = levels->cpi,
        .inflation = inflation_of[REGIME_EXPANSION],
        .log_house = levels->house,
        .house_growth = house_growth_of[REGIME_EXPANSION],
        .sentiment = 66,
        .sentiment_unemployment = 4.2,
        .delinquency = 2.95,
        .debt_service = 11.2,
        .card_apr = 21.0,
        .auto_60m = 7.4,
        .personal_24m = 11.5,
        .prime_survey = 6.75,
        .prime_survey_before = 6.75,
    };
}

static enum market_regime next_regime(enum market_regime regime, double uniform)
{
    switch (regime) {
    case REGIME_EXPANSION: return uniform < EXPANSION_SLOWS ? REGIME_SLOWDOWN : regime;
    case REGIME_SLOWDOWN:
        if (uniform < SLOWDOWN_BREAKS)
            return REGIME_RECESSION;
        return uniform < SLOWDOWN_BREAKS + SLOWDOWN_MENDS ? REGIME_EXPANSION : regime;
    case REGIME_RECESSION: return uniform < RECESSION_ENDS ? REGIME_EXPANSION : regime;
    }
    return regime;
}

/* Fast up in a recession, slowly down after it. */
static double unemployment_drift(enum market_regime regime, double rate)
{
    switch (regime) {
    case REGIME_RECESSION: return 0.24 * real_clip((11 - rate) / 5, 0, 1);
    case REGIME_SLOWDOWN: return 0.05;
    default: return -0.055 * real_tanh((rate - 4.1) / 0.8);
    }
}

void market_economy_prices(struct market_economy *economy, uint64_t seed, int month,
                           struct market_month *out)
{
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 1, (uint32_t)month, 0);
    double centre = inflation_of[economy->regime];

    economy->inflation =
        centre + 0.5 * (economy->inflation - centre) + 0.0022 * random_normal(block.word[0]);
    economy->log_cpi += economy->inflation;
    market_observe(out, SERIES_CPI, real_exp(economy->log_cpi));
}

static void house_prices(struct market_economy *economy, uint64_t seed, int month,
                         struct market_month *out)
{
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 0, (uint32_t)month, 0);
    struct random_block sales = random_at(seed, RANDOM_MARKET_MONTH, 3, (uint32_t)month, 0);
    double centre = house_growth_of[economy->regime];

    economy->house_growth +=
        0.025 * (centre - economy->house_growth) + 0.0008 * random_normal(block.word[3]);
    economy->log_house += economy->house_growth + house_season[month % 12] * 0.001;
    market_observe(out, SERIES_HOUSE_PRICES,
                   real_exp(economy->log_house + 0.0022 * random_normal(sales.word[0])));
}

void market_economy_month(struct market_state *state, uint64_t seed, int month,
                          struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_MONTH, 0, (uint32_t)month, 0);

    economy->regime = next_regime(economy->regime, random_uniform(block.word[0]));
    economy->stress += 0.35 * (stress_of[economy->regime] - economy->stress);
    double drift = unemployment_drift(economy->regime, economy->unemployment);
    economy->unemployment =
        real_clip(economy->unemployment + drift + 0.045 * random_normal(block.word[1]), 3.5, 14.5);
    market_observe(out, SERIES_UNEMPLOYMENT,
                   economy->unemployment + 0.075 * random_normal(block.word[2]));
    market_economy_prices(economy, seed, month, out);
    house_prices(economy, seed, month, out);
    state->month = month;
}

static void step_delinquency(struct market_economy *economy, double shock)
{
    double labour = real_clip(economy->unemployment - economy->unemployment_quarter, -0.6, 1.5);

    economy->delinquency_change = 0.5 * economy->delinquency_change + 0.30 * labour +
                                  0.03 * (3.1 - economy->delinquency) + 0.14 * shock;
    economy->delinquency =
        real_clip(economy->delinquency + economy->delinquency_change, 1.53, 6.77);
    economy->unemployment_quarter = economy->unemployment;
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
    mean -= 1.6 * real_clip(economy->unemployment - economy->unemployment_quarter, -0.6, 1.5);
    market_observe(out, SERIES_GDP, mean + sqrt(variance) * random_normal(block.word[0]));
    step_delinquency(economy, random_normal(block.word[1]));
    market_observe(out, SERIES_CARD_DELINQUENCY, economy->delinquency);
    double rates = 11.2 + 0.10 * (state->rates.target * 0.25 - 3.5);
    economy->debt_service =
        real_clip(economy->debt_service + 0.06 * (rates - economy->debt_service) +
                      0.165 * random_normal(block.word[2]),
                  9.0, 15.9);
    market_observe(out, SERIES_DEBT_SERVICE, economy->debt_service);
}

/* Pass-through of prime in the same quarter and the next, and a slow pull to the usual spread. */
void market_economy_bank_survey(struct market_state *state, uint64_t seed, int month,
                                struct market_month *out)
{
    struct market_economy *economy = &state->economy;
    struct random_block block = random_at(seed, RANDOM_MARKET_QUARTER, 1, (uint32_t)month, 0);
    double prime = state->rates.target * 0.25 + 3.0;
    double now = prime - economy->prime_survey;
    double before = economy->prime_survey - economy->prime_survey_before;

    economy->card_apr += 0.82 * now + 0.29 * before + 0.26 * random_normal(block.word[0]) +
                         0.05 * (14.0 - (economy->card_apr - prime));
    economy->card_apr = real_clip(economy->card_apr, 11.8, 28);
    economy->auto_60m += 0.29 * now + 0.31 * before + 0.22 * random_normal(block.word[1]) +
                         0.12 * (3.9 - (economy->auto_60m - state->rates.treasury_2y));
    economy->auto_60m = real_clip(economy->auto_60m, 3.9, 13);
    economy->personal_24m += 0.26 * now + 0.33 * before + 0.21 * random_normal(block.word[2]) +
                             0.15 * (4.5 - (economy->personal_24m - economy->auto_60m));
    economy->personal_24m = real_clip(economy->personal_24m, 8.7, 18);
    economy->prime_survey_before = economy->prime_survey;
    economy->prime_survey = prime;
    market_observe(out, SERIES_CARD_APR, economy->card_apr);
    market_observe(out, SERIES_AUTO_60M, economy->auto_60m);
    market_observe(out, SERIES_PERSONAL_24M,
                   economy->personal_24m + 0.16 * random_normal(block.word[3]));
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
