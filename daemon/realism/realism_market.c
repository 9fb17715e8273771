/* Market data: how the series move, and how they move together. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/holidays.h"
#include "realism/realism_parts.h"
#include "world/real.h"

#define SPREAD_LOW  .95 /* 30-year mortgage less 10-year Treasury since 1990 */
#define SPREAD_HIGH 2.97
#define STEEP_LOW   (-1.1) /* 10-year less 2-year Treasury since 1990 */
#define STEEP_HIGH  2.9
#define RATE_OF_MIX 6.7 /* percent: the mortgage rate of the years of the mix */
#define RESPONSE    .43 /* log of mortgage applications per point */
#define SOONEST     4   /* days after a meeting within which the prime rate changes */

/* LOG: 100 times the change of the logarithm; RATE: the series is a rate of change itself */
enum scale { PLAIN, LOG, RATE };

void realism_market_row(struct realism *realism, const struct cell *cells)
{
    struct realism_market *market = &realism->market;
    unsigned i = 0;
    if (cells[1].length > 6 && memcmp(cells[1].text + cells[1].length - 6, "_quote", 6) == 0)
        return;
    while (i < SERIES_PUBLISHED && !cell_is(&cells[1], market_series_table[i].key))
        i++;
    if (i == SERIES_PUBLISHED)
        return;
    struct realism_series *series = &market->series[i];
    int32_t day = (int32_t)cells[3].number;
    if (series_is_daily((enum market_series)i)) {
        market->rows++;
        market->closed += !business_day(market_series_table[i].calendar, day);
    }
    if (series->count > 0 && series->points[series->count - 1].day >= day)
        return;
    if (series->count == series->room) {
        series->room = series->room > 0 ? 2 * series->room : 64;
        series->points = mem_grow(series->points, series->room, sizeof *series->points);
    }
    double scale = 1;
    for (unsigned j = 0; j < cells[2].scale; j++)
        scale *= 10;
    series->points[series->count++] = (struct realism_point){day, (double)cells[2].number / scale};
}

/* --- changes --- */

static double change_of(double from, double to, enum scale kind)
{
    if (kind == RATE)
        return to;
    if (kind == PLAIN)
        return to - from;
    return from > 0 && to > 0 ? 100 * (real_log(to) - real_log(from)) : 0;
}

/* A series by day, week, month or quarter: what it is in each of these that has an observation. */
struct steps {
    double *values;
    int32_t *numbers; /* of the day, week, month or quarter */
    size_t count;
};

enum grid { DAYS, WEEKS, MONTHLY, QUARTERS };

static int32_t number_on(enum grid grid, int32_t day)
{
    switch (grid) {
    case DAYS: return day;
    case WEEKS: return (day + 6) / 7; /* from Friday to Thursday */
    case MONTHLY: return realism_month(day);
    case QUARTERS: return realism_month(day) / 3;
    }
    return day;
}

/* The mean of what falls into each step; the two at the ends may be cut short. */
static struct steps steps_of(const struct realism_series *series, enum grid grid)
{
    struct steps steps = {MEM_ARRAY(double, series->count + 1),
                          MEM_ARRAY(int32_t, series->count + 1), 0};
    for (size_t i = 0; i < series->count;) {
        int32_t number = number_on(grid, series->points[i].day);
        double sum = 0, n = 0;
        for (; i < series->count && number_on(grid, series->points[i].day) == number; i++, n++)
            sum += series->points[i].value;
        steps.values[steps.count] = sum / n;
        steps.numbers[steps.count++] = number;
    }
    return steps;
}

static void steps_done(struct steps *steps)
{
    free(steps->values);
    free(steps->numbers);
}

static double years(const struct realism_market *market)
{
    const struct realism_series *ten = &market->series[SERIES_TREASURY_10Y];
    return ten->count > 1 ? (ten->points[ten->count - 1].day - ten->points[0].day) / 365.25 : 0;
}

/* Changes from one observation to the next, and their fourth moment. */
static struct sums changes_of(const struct steps *steps, enum scale kind, double *ret_fourth)
{
    struct sums sums = {0};
    double fourth = 0;
    for (size_t i = 1; i < steps->count; i++)
        sums_add(&sums, change_of(steps->values[i - 1], steps->values[i], kind), 0);
    double mean = sums_mean(&sums);
    for (size_t i = 1; i < steps->count; i++) {
        double off = change_of(steps->values[i - 1], steps->values[i], kind) - mean;
        fourth += off * off * off * off;
    }
    *ret_fourth = sums.n > 0 ? fourth / sums.n : 0;
    return sums;
}

static void put_moves(struct realism *realism)
{
    static const struct {
        enum realism_id id;
        enum market_series series;
        enum grid grid;
        enum scale kind;
    } moves[] = {
        {REALISM_SD_FUNDS, SERIES_FUNDS, MONTHLY, PLAIN},
        {REALISM_SD_PRIME, SERIES_PRIME, MONTHLY, PLAIN},
        {REALISM_SD_SOFR, SERIES_SOFR, DAYS, PLAIN},
        {REALISM_SD_BILL, SERIES_TBILL_3M, DAYS, PLAIN},
        {REALISM_SD_2Y, SERIES_TREASURY_2Y, DAYS, PLAIN},
        {REALISM_SD_10Y, SERIES_TREASURY_10Y, DAYS, PLAIN},
        {REALISM_SD_M30, SERIES_MORTGAGE_30Y, DAYS, PLAIN},
        {REALISM_SD_M15, SERIES_MORTGAGE_15Y, DAYS, PLAIN},
        {REALISM_SD_AUTO, SERIES_AUTO_60M, DAYS, PLAIN},
        {REALISM_SD_CARD, SERIES_CARD_APR, DAYS, PLAIN},
        {REALISM_SD_PERSONAL, SERIES_PERSONAL_24M, DAYS, PLAIN},
        {REALISM_SD_UNEMPLOYMENT, SERIES_UNEMPLOYMENT, DAYS, PLAIN},
        {REALISM_SD_CPI, SERIES_CPI, DAYS, LOG},
        {REALISM_SD_CPI_YOY, SERIES_CPI_YOY, DAYS, PLAIN},
        {REALISM_SD_GDP, SERIES_GDP, DAYS, PLAIN},
        {REALISM_SD_SP500, SERIES_SP500, DAYS, LOG},
        {REALISM_SD_VIX, SERIES_VIX, DAYS, LOG},
        {REALISM_SD_HOUSES, SERIES_HOUSE_PRICES, DAYS, LOG},
        {REALISM_SD_SENTIMENT, SERIES_SENTIMENT, DAYS, PLAIN},
        {REALISM_SD_BAA, SERIES_BAA_SPREAD, DAYS, PLAIN},
        {REALISM_SD_HY, SERIES_HY_OAS, DAYS, PLAIN},
        {REALISM_SD_LATE, SERIES_CARD_DELINQUENCY, DAYS, PLAIN},
        {REALISM_SD_SERVICE, SERIES_DEBT_SERVICE, DAYS, PLAIN},
    };
    double span = years(&realism->market), fourth;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        struct steps steps = steps_of(&realism->market.series[moves[i].series], moves[i].grid);
        struct sums sums = changes_of(&steps, moves[i].kind, &fourth);
        double sd = sums_sd(&sums), excess = sd > 0 ? fourth / (sd * sd * sd * sd) - 3 : 0;
        realism_put(realism, moves[i].id, sd, sums.n > 3 ? span : 0);
        if (moves[i].series == SERIES_TREASURY_10Y)
            realism_put(realism, REALISM_KURTOSIS_10Y, excess, span);
        if (moves[i].series == SERIES_SP500)
            realism_put(realism, REALISM_KURTOSIS_SP500, excess, span);
        steps_done(&steps);
    }
}

/* --- together --- */

/* Both series in the steps that both have. */
static struct sums together(const struct realism_market *market, enum market_series a,
                            enum scale kind_a, enum market_series b, enum scale kind_b,
                            enum grid grid)
{
    struct steps x = steps_of(&market->series[a], grid), y = steps_of(&market->series[b], grid);
    struct sums sums = {0};
    double from[2] = {0, 0};
    bool begun = false;
    for (size_t i = 0, j = 0; i < x.count && j < y.count;) {
        if (x.numbers[i] != y.numbers[j]) {
            *(x.numbers[i] < y.numbers[j] ? &i : &j) += 1;
            continue;
        }
        if (begun)
            sums_add(&sums, change_of(from[0], x.values[i], kind_a),
                     change_of(from[1], y.values[j], kind_b));
        from[0] = x.values[i++];
        from[1] = y.values[j++];
        begun = true;
    }
    steps_done(&x);
    steps_done(&y);
    return sums;
}

#define PAIRS_LEAST 12

static void put_pairs(struct realism *realism)
{
    static const struct {
        enum realism_id id;
        enum market_series a, b;
        enum grid grid;
        enum scale kind_a, kind_b;
    } pairs[] = {
        {REALISM_WITH_FUNDS_PRIME, SERIES_FUNDS, SERIES_PRIME, QUARTERS, PLAIN, PLAIN},
        {REALISM_WITH_M30_M15, SERIES_MORTGAGE_30Y, SERIES_MORTGAGE_15Y, WEEKS, PLAIN, PLAIN},
        {REALISM_WITH_10Y_M30, SERIES_TREASURY_10Y, SERIES_MORTGAGE_30Y, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_2Y_10Y, SERIES_TREASURY_2Y, SERIES_TREASURY_10Y, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_SP500_VIX, SERIES_SP500, SERIES_VIX, MONTHLY, LOG, PLAIN},
        {REALISM_WITH_FUNDS_BILL, SERIES_FUNDS, SERIES_TBILL_3M, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_M15_10Y, SERIES_MORTGAGE_15Y, SERIES_TREASURY_10Y, WEEKS, PLAIN, PLAIN},
        {REALISM_WITH_SP500_HY, SERIES_SP500, SERIES_HY_OAS, MONTHLY, LOG, PLAIN},
        {REALISM_WITH_M15_2Y, SERIES_MORTGAGE_15Y, SERIES_TREASURY_2Y, WEEKS, PLAIN, PLAIN},
        {REALISM_WITH_2Y_M30, SERIES_TREASURY_2Y, SERIES_MORTGAGE_30Y, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_FUNDS_CARD, SERIES_FUNDS, SERIES_CARD_APR, QUARTERS, PLAIN, PLAIN},
        {REALISM_WITH_BILL_2Y, SERIES_TBILL_3M, SERIES_TREASURY_2Y, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_VIX_HY, SERIES_VIX, SERIES_HY_OAS, MONTHLY, PLAIN, PLAIN},
        {REALISM_WITH_JOBS_GDP, SERIES_UNEMPLOYMENT, SERIES_GDP, QUARTERS, PLAIN, RATE},
        {REALISM_WITH_JOBS_HOUSES, SERIES_UNEMPLOYMENT, SERIES_HOUSE_PRICES, QUARTERS, PLAIN, LOG},
        {REALISM_WITH_JOBS_LATE, SERIES_UNEMPLOYMENT, SERIES_CARD_DELINQUENCY, QUARTERS, PLAIN,
         PLAIN},
        {REALISM_DAILY_2Y_10Y, SERIES_TREASURY_2Y, SERIES_TREASURY_10Y, DAYS, PLAIN, PLAIN},
        {REALISM_DAILY_SP500_VIX, SERIES_SP500, SERIES_VIX, DAYS, LOG, LOG},
        {REALISM_DAILY_HY_BAA, SERIES_HY_OAS, SERIES_BAA_SPREAD, DAYS, PLAIN, PLAIN},
        {REALISM_DAILY_SP500_HY, SERIES_SP500, SERIES_HY_OAS, DAYS, LOG, PLAIN},
        {REALISM_DAILY_2Y_BAA, SERIES_TREASURY_2Y, SERIES_BAA_SPREAD, DAYS, PLAIN, PLAIN},
        {REALISM_DAILY_10Y_HY, SERIES_TREASURY_10Y, SERIES_HY_OAS, DAYS, PLAIN, PLAIN},
        {REALISM_DAILY_VIX_HY, SERIES_VIX, SERIES_HY_OAS, DAYS, LOG, PLAIN},
        {REALISM_DAILY_10Y_BAA, SERIES_TREASURY_10Y, SERIES_BAA_SPREAD, DAYS, PLAIN, PLAIN},
        {REALISM_DAILY_10Y_SP500, SERIES_TREASURY_10Y, SERIES_SP500, DAYS, PLAIN, LOG},
    };
    double span = years(&realism->market);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct sums sums = together(&realism->market, pairs[i].a, pairs[i].kind_a, pairs[i].b,
                                    pairs[i].kind_b, pairs[i].grid);
        /* What has not moved has no correlation, and that of a few changes is chance. */
        double correlation = sums_correlation(&sums);
        bool told = correlation != 0 && sums.n >= PAIRS_LEAST;
        realism_put(realism, pairs[i].id, correlation, told ? span : 0);
    }
}

/* --- levels --- */

/* On each day of the 10-year Treasury: `sign` times what another series is above it as of then. */
static void put_spread(struct realism *realism, enum market_series other, double sign,
                       const enum realism_id ids[2], const double bounds[2])
{
    const struct realism_series *ten = &realism->market.series[SERIES_TREASURY_10Y];
    const struct realism_series *series = &realism->market.series[other];
    struct sums spread = {0};
    double out = 0, span = years(&realism->market);
    for (size_t i = 0, j = 0; i < ten->count; i++) {
        while (j + 1 < series->count && series->points[j + 1].day <= ten->points[i].day)
            j++;
        if (series->count == 0 || series->points[j].day > ten->points[i].day)
            continue;
        double value = sign * (series->points[j].value - ten->points[i].value);
        sums_add(&spread, value, 0);
        out += value < bounds[0] || value > bounds[1];
    }
    span = spread.n > 0 ? span : 0;
    realism_put(realism, ids[0], sums_mean(&spread), span);
    realism_put(realism, ids[1], spread.n > 0 ? 100 * out / spread.n : 0, span);
}

static void put_spreads(struct realism *realism)
{
    static const enum realism_id mortgage[] = {REALISM_SPREAD_MEAN, REALISM_SPREAD_OUT};
    static const enum realism_id slope[] = {REALISM_SLOPE_MEAN, REALISM_SLOPE_OUT};

    put_spread(realism, SERIES_MORTGAGE_30Y, 1, mortgage, (double[]){SPREAD_LOW, SPREAD_HIGH});
    put_spread(realism, SERIES_TREASURY_2Y, -1, slope, (double[]){STEEP_LOW, STEEP_HIGH});
}

static void put_margin(struct realism *realism)
{
    struct sums margin = {0};
    double span = years(&realism->market);
    struct steps prime = steps_of(&realism->market.series[SERIES_PRIME], MONTHLY);
    struct steps funds = steps_of(&realism->market.series[SERIES_FUNDS], MONTHLY);
    for (size_t i = 0; i < prime.count && i < funds.count; i++)
        if (prime.numbers[i] == funds.numbers[i])
            sums_add(&margin, prime.values[i] - funds.values[i], 0);
    steps_done(&prime);
    steps_done(&funds);
    realism_put(realism, REALISM_PRIME_FUNDS, sums_mean(&margin), margin.n > 0 ? span : 0);
}

static bool after_meeting(int64_t day)
{
    for (int back = 1; back <= SOONEST; back++)
        if (fomc_day(day - back))
            return true;
    return false;
}

static void put_identities(struct realism *realism)
{
    const struct realism_series *prime = &realism->market.series[SERIES_PRIME];
    const struct realism_series *index = &realism->market.series[SERIES_CPI];
    const struct realism_series *inflation = &realism->market.series[SERIES_CPI_YOY];
    double wrong = 0, worst = 0, compared = 0;
    for (size_t i = 1; i < prime->count; i++) {
        double change = prime->points[i].value - prime->points[i - 1].value;
        double quarters = (double)real_round(change * 4);
        bool whole = change - quarters / 4 < .0001 && change - quarters / 4 > -.0001;
        wrong += quarters != 0 ? !whole || !after_meeting(prime->points[i].day) : !whole;
    }
    realism_put(realism, REALISM_PRIME_STEPS, wrong, prime->count > 1 ? (double)prime->count : 0);
    for (size_t i = 12, j = 0; i < index->count; i++) {
        while (j < inflation->count && inflation->points[j].day < index->points[i].day)
            j++;
        if (j == inflation->count || inflation->points[j].day != index->points[i].day)
            continue;
        double year = 100 * (index->points[i].value / index->points[i - 12].value - 1);
        double off = year - inflation->points[j].value;
        worst = (off < 0 ? -off : off) > worst ? (off < 0 ? -off : off) : worst;
        compared += 1;
    }
    realism_put(realism, REALISM_INFLATION_IDENTITY, worst, compared);
}

/* Mortgage applications, without their season, for each of other applications, against the rate. */
static void put_response(struct realism *realism)
{
    /* By month, mean 1: application_seasonality.csv. */
    static const double home[12] = {.8425, .8345,  1.006,  1.0043, 1.0323, 1.0957,
                                    1.047, 1.0776, 1.0163, 1.049,  .9829,  1.0118};
    static const double cars[12] = {.8646,  .9465,  1.1041, 1.0338, 1.0717, 1.0276,
                                    1.0763, 1.0986, .9793,  .9514,  .9085,  .9376};
    struct steps rate = steps_of(&realism->market.series[SERIES_MORTGAGE_30Y], MONTHLY);
    struct sums sums = {0};
    double usual = 0, asked_all = 0, rest = 0;
    for (size_t i = 0; i < rate.count; i++) {
        int month = rate.numbers[i];
        double asked =
            realism->loans.monthly[PRODUCT_MORTGAGE][month % REALISM_CALENDAR] / home[month % 12];
        double others =
            realism->loans.monthly[PRODUCT_AUTO][month % REALISM_CALENDAR] / cars[month % 12];
        if (asked > 0 && others > 0)
            sums_add(&sums, rate.values[i], real_log(asked) - real_log(others));
        for (unsigned j = 0; j < PRODUCT_COUNT; j++) {
            double count = realism->loans.monthly[j][month % REALISM_CALENDAR];
            *(j == PRODUCT_MORTGAGE ? &asked_all : &rest) += count;
            usual += j == PRODUCT_MORTGAGE
                         ? count * real_exp(RESPONSE * (rate.values[i] - RATE_OF_MIX))
                         : 0;
        }
    }
    steps_done(&rate);
    realism_put(realism, REALISM_RATE_RESPONSE, sums_slope(&sums), sums.n > 23 ? sums.n : 0);
    realism_put_share(realism, REALISM_MIX_MORTGAGE, usual, asked_all > 0 ? usual + rest : 0);
}

void realism_market_close(struct realism *realism)
{
    const struct realism_market *market = &realism->market;
    realism_put(realism, REALISM_CLOSED_DAYS, (double)market->closed, (double)market->rows);
    put_moves(realism);
    put_pairs(realism);
    put_spreads(realism);
    put_margin(realism);
    put_identities(realism);
    put_response(realism);
}

void realism_market_done(struct realism *realism)
{
    for (unsigned i = 0; i < SERIES_PUBLISHED; i++)
        free(realism->market.series[i].points);
}
