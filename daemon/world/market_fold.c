#include "world/market_fold.h"

#include <stdlib.h>

#include "base/mem.h"
#include "clock/holidays.h"
#include "clock/zone.h"
#include "world/random.h"
#include "world/real.h"

#define BLOCK_MONTHS 36
#define PRICE_MONTHS 12    /* of prices before the first month */
#define ATTEMPT_DAYS 40000 /* to fold at most when choosing a history */

struct market_fold {
    uint64_t seed;
    const struct zone *zone;
    int64_t first_day;
    struct market_state state;
    struct market_day *days; /* from first_day on */
    size_t day_count, day_room;
    int first_month; /* PRICE_MONTHS before that of first_day */
    struct market_month *months;
    enum market_regime *regimes; /* of the months */
    size_t month_count, month_room;
    int64_t due[SERIES_PUBLISHED]; /* monthly series: the release of this month, 0: none */
};

/* Levels of mid-2026 and their usual growth: market_series.csv. */
static const struct {
    enum market_series series;
    double level, growth, sd;
} anchors[] = {
    {SERIES_SP500, 7000, 0.070, 0.06},
    {SERIES_CPI, 334.5, 0.026, 0.005},
    {SERIES_HOUSE_PRICES, 331, 0.038, 0.01},
};
#define ANCHOR_DAY 20635 /* 2026-07-01 */

static struct market_month *month_of(struct market_fold *fold, int month)
{
    size_t index = (size_t)(month - fold->first_month);

    while (index >= fold->month_count) {
        if (fold->month_count == fold->month_room) {
            fold->month_room = fold->month_room ? fold->month_room * 2 : 64;
            fold->months = mem_grow(fold->months, fold->month_room, sizeof(*fold->months));
            fold->regimes = mem_grow(fold->regimes, fold->month_room, sizeof(*fold->regimes));
        }
        fold->months[fold->month_count] = (struct market_month){0};
        fold->regimes[fold->month_count++] = REGIME_EXPANSION;
    }
    return &fold->months[index];
}

static void price_change(struct market_fold *fold, int month)
{
    int64_t now = month_of(fold, month)->value[SERIES_CPI];
    int64_t before = month_of(fold, month - 12)->value[SERIES_CPI];

    market_observe(month_of(fold, month), SERIES_CPI_YOY,
                   before > 0 ? 100 * ((double)now / (double)before - 1) : 0);
}

bool market_fold_release(const struct market_fold *fold, enum market_series series, int month,
                         int64_t *ret_day)
{
    if (!series_release_day(series, fold->seed, month, ret_day))
        return false;
    while (!zone_has_day(fold->zone, *ret_day))
        *ret_day = business_day_step(BUSINESS_BANK, *ret_day, 1);
    return true;
}

static void find_releases(struct market_fold *fold, int month)
{
    for (int i = 0; i < SERIES_PUBLISHED; i++) {
        enum market_series series = (enum market_series)i;
        int64_t day = 0;
        if (series_is_monthly(series))
            market_fold_release(fold, series, month - market_series_table[i].lag, &day);
        fold->due[i] = day;
    }
}

static void begin_month(struct market_fold *fold, int month)
{
    market_economy_month(&fold->state, fold->seed, month, month_of(fold, month));
    fold->regimes[month - fold->first_month] = fold->state.economy.regime;
    price_change(fold, month);
    if (month % 3 == 2 && month - 2 >= fold->first_month)
        market_economy_quarter(&fold->state, fold->seed, month - 2,
                               &fold->regimes[month - 2 - fold->first_month],
                               month_of(fold, month - 2));
    find_releases(fold, month);
}

/* What comes with the first business day at or after the middle of a surveyed month, and on release
 * days. */
static void within_month(struct market_fold *fold, int64_t before, int64_t day,
                         struct market_day *out)
{
    int month = fold->state.month;
    int64_t middle = market_month_day(month) + 14;

    if (month % 3 == 1 && before < middle && day >= middle)
        market_economy_bank_survey(&fold->state, fold->seed, month, month_of(fold, month));
    if (fold->due[SERIES_SENTIMENT] == day)
        market_economy_sentiment(&fold->state, fold->seed, month, month_of(fold, month));
    for (int i = 0; i < SERIES_PUBLISHED; i++) {
        int observed = month - market_series_table[i].lag;
        if (!series_is_monthly((enum market_series)i) || fold->due[i] != day)
            continue;
        if (observed < fold->first_month)
            continue;
        const struct market_month *shown = month_of(fold, observed);
        if (shown->known >> i & 1)
            out->value[i] = shown->value[i];
    }
}

static void fold_day(struct market_fold *fold)
{
    int64_t day = fold->first_day + (int64_t)fold->day_count;
    struct market_day out = fold->days[fold->day_count - 1];
    bool any = fomc_day(day), exists = zone_has_day(fold->zone, day);

    for (int calendar = 0; calendar < MARKET_CALENDARS; calendar++) {
        out.open[calendar] = exists && business_day((enum business_calendar)calendar, day);
        any = any || out.open[calendar];
    }
    if (any) {
        int64_t before = fold->state.day;
        if (market_month_of(day) != fold->state.month)
            begin_month(fold, market_month_of(day));
        market_state_step(&fold->state, fold->seed, day, &out);
        within_month(fold, before, day, &out);
        out.regime = fold->state.economy.regime;
        out.stress = fold->state.economy.stress;
        out.tightness = fold->state.economy.tightness;
    }
    if (fold->day_count == fold->day_room) {
        fold->day_room *= 2;
        fold->days = mem_grow(fold->days, fold->day_room, sizeof(*fold->days));
    }
    fold->days[fold->day_count++] = out;
}

/* The values in force before anything of the world was published; usual ones where the state has
 * none. */
static void first_values(struct market_fold *fold, struct market_day *day)
{
    const struct market_state *state = &fold->state;
    const struct market_economy *economy = &state->economy;
    const struct {
        enum market_series series;
        double value;
    } first[] = {
        {SERIES_FUNDS, state->rates.target * QUARTER_POINT - FUNDS_BELOW},
        {SERIES_PRIME, state->rates.target * QUARTER_POINT + PRIME_ABOVE},
        {SERIES_SOFR, state->rates.target * QUARTER_POINT - FUNDS_BELOW},
        {SERIES_TBILL_3M, state->rates.bill_3m},
        {SERIES_TREASURY_2Y, state->rates.treasury_2y},
        {SERIES_TREASURY_10Y, state->rates.treasury_10y},
        {SERIES_MORTGAGE_30Y, state->mortgage.rate_30y},
        {SERIES_MORTGAGE_15Y, state->mortgage.rate_30y - state->mortgage.gap_15y},
        {SERIES_AUTO_60M, economy->auto_60m},
        {SERIES_CARD_APR, economy->card_apr},
        {SERIES_PERSONAL_24M, economy->personal_24m},
        {SERIES_UNEMPLOYMENT, economy->unemployment},
        {SERIES_CPI, real_exp(economy->log_cpi)},
        {SERIES_CPI_YOY, 2.7},
        {SERIES_GDP, 2.4},
        {SERIES_SP500, real_exp(state->equity.log_index)},
        {SERIES_VIX, real_exp(state->equity.log_vix)},
        {SERIES_HOUSE_PRICES, real_exp(economy->log_house)},
        {SERIES_SENTIMENT, economy->sentiment},
        {SERIES_BAA_SPREAD, state->rates.baa_spread},
        {SERIES_HY_OAS, real_exp(state->rates.log_high_yield)},
        {SERIES_CARD_DELINQUENCY, economy->delinquency},
        {SERIES_DEBT_SERVICE, economy->debt_service},
    };

    *day = (struct market_day){
        .regime = economy->regime, .stress = economy->stress, .tightness = economy->tightness};
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        day->value[first[i].series] = market_round(first[i].series, first[i].value);
}

static void fold_start(struct market_fold *fold, const struct market_levels *levels)
{
    int month = market_month_of(fold->first_day);

    fold->day_count = 0;
    fold->month_count = 0;
    fold->first_month = month - PRICE_MONTHS;
    market_state_start(&fold->state, levels, fold->first_day - 1);
    for (int earlier = fold->first_month; earlier < month; earlier++)
        market_economy_prices(&fold->state.economy, 0, fold->seed, earlier,
                              month_of(fold, earlier));
    first_values(fold, &fold->days[fold->day_count++]);
    fold->state.month = month - 1;
}

static double anchor_level(uint64_t seed, int anchor, int64_t origin_day)
{
    struct random_block block =
        random_at(seed, RANDOM_MARKET_DAY, 1, (uint32_t)origin_day, (uint16_t)anchor);
    double years = real_clip((double)(origin_day - ANCHOR_DAY) / 365.25, -50, 15);

    return real_log(anchors[anchor].level) + anchors[anchor].growth * years +
           anchors[anchor].sd * random_normal(block.word[0]);
}

/* How the levels move does not depend on them: a first run tells how much they grow to the origin.
 */
static struct market_levels anchored_levels(const struct market_fold *fold, int64_t origin_day)
{
    return (struct market_levels){
        .index = anchor_level(fold->seed, 0, origin_day) - fold->state.equity.log_index,
        .cpi = anchor_level(fold->seed, 1, origin_day) - fold->state.economy.log_cpi,
        .house = anchor_level(fold->seed, 2, origin_day) - fold->state.economy.log_house,
    };
}

/* How far the market at the origin is from what people know: 1 is just acceptable. */
static double strangeness(const struct market_day *origin)
{
    static const struct {
        enum market_series series;
        double centre, reach;
    } usual[] = {
        {SERIES_PRIME, 6.9, 1.1},
        {SERIES_TREASURY_10Y, 4.25, 0.9},
        {SERIES_MORTGAGE_30Y, 6.4, 1.1},
        {SERIES_UNEMPLOYMENT, 4.3, 0.8},
        {SERIES_VIX, 18, 9},
        {SERIES_CPI_YOY, 2.8, 1.5},
        {SERIES_CARD_APR, 21.2, 2.0},
        {SERIES_HY_OAS, 3.4, 1.4},
    };
    double most = 0;

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        double off = (double)origin->value[usual[i].series] / 10000 - usual[i].centre;
        off = (off < 0 ? -off : off) / usual[i].reach;
        most = off > most ? off : most;
    }
    return most;
}

static uint64_t history_seed(uint64_t seed, uint32_t attempt)
{
    struct random_block block = random_at(seed, RANDOM_MARKET_DAY, 2, attempt, 0);

    return (uint64_t)block.word[0] << 32 | block.word[1];
}

/* The seed of the first history that ends in an acceptable way, else of the best one. Leaves the
 * fold without levels. */
static void choose_history(struct market_fold *fold, uint64_t seed, int64_t origin_day)
{
    static const struct market_levels unit = {0};
    int64_t attempts = ATTEMPT_DAYS / (origin_day - fold->first_day + 1) + 2;
    uint64_t best = 0;
    double least = 0;

    for (int64_t attempt = 0; attempt < attempts; attempt++) {
        fold->seed = history_seed(seed, (uint32_t)attempt);
        fold_start(fold, &unit);
        double found = strangeness(market_fold_day(fold, origin_day));
        if (found <= 1)
            return;
        if (attempt == 0 || found < least) {
            least = found;
            best = fold->seed;
        }
    }
    fold->seed = best;
    fold_start(fold, &unit);
    market_fold_day(fold, origin_day);
}

struct market_fold *market_fold_new(uint64_t seed, const struct zone *zone, int64_t start_day,
                                    int64_t origin_day, int64_t points)
{
    struct market_fold *fold = MEM_NEW(struct market_fold);
    int64_t months = (points * 3 / 2 + 240) / 30;
    int extra = months > BLOCK_MONTHS ? (int)((months - 1) / BLOCK_MONTHS) * BLOCK_MONTHS : 0;

    fold->zone = zone;
    fold->first_day = market_month_day(market_month_of(start_day) - extra);
    fold->day_room = 2048;
    fold->days = MEM_ARRAY(struct market_day, fold->day_room);
    choose_history(fold, seed, origin_day);
    struct market_levels levels = anchored_levels(fold, origin_day);
    fold_start(fold, &levels);
    return fold;
}

void market_fold_free(struct market_fold *fold)
{
    if (!fold)
        return;
    free(fold->days);
    free(fold->months);
    free(fold->regimes);
    free(fold);
}

uint64_t market_fold_seed(const struct market_fold *fold)
{
    return fold->seed;
}

int64_t market_fold_first_day(const struct market_fold *fold)
{
    return fold->first_day;
}

const struct market_day *market_fold_day(struct market_fold *fold, int64_t day)
{
    if (day <= fold->first_day)
        return &fold->days[0];
    while (fold->first_day + (int64_t)fold->day_count <= day)
        fold_day(fold);
    return &fold->days[day - fold->first_day];
}

int64_t market_fold_open_before(struct market_fold *fold, enum business_calendar calendar,
                                int64_t day)
{
    do
        day--;
    while (day > fold->first_day && !market_fold_day(fold, day)->open[calendar]);
    return day;
}
