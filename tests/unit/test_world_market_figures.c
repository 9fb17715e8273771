/* The market model against the figures that it imitates (market_series.csv,
 * market_series_stats.csv, market_change_correlations.csv, market_spreads.csv): means over many
 * worlds, in bands that hold what different periods of the real series show. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/market_fold.h"
#include "world_checks.h"

#define WORLDS 30
#define YEARS  25
#define DAYS   (YEARS * 366)
#define START  19175 /* 2022-07-02 */

struct line {
    double *values;
    size_t count;
};

/* The series of one world: of each only its own observations; and means over worlds. */
struct world_lines {
    struct line line[SERIES_PUBLISHED];
    double *weekly_10y; /* the 10-year averaged over the days between mortgage surveys */
};

#define FIGURES 80
static struct figure {
    const char *name;
    double reference, low, high, sum;
} figures[FIGURES];
static size_t figure_count;

static void note(size_t *at, const char *name, double reference, double low, double high,
                 double value)
{
    struct figure *figure = &figures[(*at)++];
    assert_true(*at <= FIGURES);
    figure->name = name;
    figure->reference = reference;
    figure->low = low;
    figure->high = high;
    figure->sum += value;
    figure_count = *at;
}

static double mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

static double moment(const double *x, size_t n, int order)
{
    double m = mean(x, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow(x[i] - m, order);
    return sum / (double)n;
}

static double sd(const double *x, size_t n)
{
    return sqrt(moment(x, n, 2));
}

static double kurtosis(const double *x, size_t n)
{
    double variance = moment(x, n, 2);
    return moment(x, n, 4) / (variance * variance) - 3;
}

static double correlation(const double *x, const double *y, size_t n)
{
    double a = mean(x, n), b = mean(y, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - a) * (y[i] - b);
    return sum / (double)n / (sd(x, n) * sd(y, n));
}

static double share(const double *x, size_t n, double low, double high)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] > low && x[i] < high;
    return (double)count / (double)n;
}

static double *changes(const struct line *line, bool logarithmic)
{
    double *out = MEM_ARRAY(double, line->count + 1);
    for (size_t i = 1; i < line->count; i++)
        out[i - 1] = logarithmic ? 100 * (log(line->values[i]) - log(line->values[i - 1]))
                                 : line->values[i] - line->values[i - 1];
    return out;
}

static void add(struct world_lines *lines, enum market_series series, int64_t value)
{
    struct line *line = &lines->line[series];
    line->values[line->count++] = (double)value / 10000;
}

/* Daily series on days on which both markets are open, so that changes can be set side by side. */
static struct world_lines fold(uint64_t seed)
{
    struct zone *utc = NULL;
    assert_int_equal(zone_load("UTC", &utc, NULL), 0);
    struct market_fold *market = market_fold_new(seed, utc, START, START + 1000, 100);
    struct world_lines lines = {.weekly_10y = MEM_ARRAY(double, DAYS)};
    double sum = 0, count = 0;
    int64_t release = 0;

    for (int i = 0; i < SERIES_PUBLISHED; i++)
        lines.line[i].values = MEM_ARRAY(double, DAYS);

    for (int64_t day = market_fold_first_day(market) + 60; day < START + DAYS - 400; day++) {
        struct market_day today = *market_fold_day(market, day);
        if (series_survey_day(day)) {
            lines.weekly_10y[lines.line[SERIES_MORTGAGE_30Y].count] = sum / count;
            sum = count = 0;
            add(&lines, SERIES_MORTGAGE_30Y, today.value[SERIES_MORTGAGE_30Y]);
            add(&lines, SERIES_MORTGAGE_15Y, today.value[SERIES_MORTGAGE_15Y]);
        }
        if (today.open[BUSINESS_BOND] && today.open[BUSINESS_EXCHANGE]) {
            for (int i = 0; i < SERIES_PUBLISHED; i++)
                if (series_is_daily((enum market_series)i))
                    add(&lines, (enum market_series)i, today.value[i]);
        }
        if (today.open[BUSINESS_BOND]) {
            sum += (double)today.value[SERIES_TREASURY_10Y] / 10000;
            count++;
        }
        for (int i = 0; i < SERIES_PUBLISHED; i++) {
            enum market_series series = (enum market_series)i;
            int month = market_month_of(day) - market_series_table[i].lag;
            if (series_is_monthly(series) &&
                series_release_day(series, market_fold_seed(market), month, &release) &&
                release == day)
                add(&lines, series, today.value[i]);
        }
    }
    market_fold_free(market);
    zone_free(utc);
    return lines;
}

static void daily_figures(const struct world_lines *lines, size_t *at)
{
    const struct line *ten = &lines->line[SERIES_TREASURY_10Y];
    size_t n = ten->count - 1;
    double *d10 = changes(ten, false), *d2 = changes(&lines->line[SERIES_TREASURY_2Y], false);
    double *stock = changes(&lines->line[SERIES_SP500], true);
    double *vix = changes(&lines->line[SERIES_VIX], true);
    double *baa = changes(&lines->line[SERIES_BAA_SPREAD], false);
    double *high_yield = changes(&lines->line[SERIES_HY_OAS], false);
    double *sofr = changes(&lines->line[SERIES_SOFR], false);
    double *bill = changes(&lines->line[SERIES_TBILL_3M], false);
    double *square = MEM_ARRAY(double, n);

    for (size_t i = 0; i < n; i++)
        square[i] = stock[i] * stock[i];
    note(at, "10-year, sd of daily changes", .058, .052, .064, sd(d10, n));
    note(at, "10-year, excess kurtosis", 2.4, .5, 4.5, kurtosis(d10, n));
    note(at, "10-year, autocorrelation of changes", .02, -.05, .05,
         correlation(d10, d10 + 1, n - 1));
    note(at, "10-year, unchanged days", .08, .05, .11, share(d10, n, -.004, .004));
    note(at, "10-year, mean", 4.25, 3.0, 5.0, mean(ten->values, n));
    note(at, "2-year, sd of daily changes", .056, .045, .073, sd(d2, n));
    note(at, "2-year with 10-year", .715, .66, .82, correlation(d2, d10, n));
    note(at, "10-year with index", .26, .07, .45, correlation(d10, stock, n));
    note(at, "index, sd of daily changes, percent", 1.14, .95, 1.3, sd(stock, n));
    note(at, "index, excess kurtosis", 10.9, 5, 15, kurtosis(stock, n));
    note(at, "index, autocorrelation", -.08, -.12, -.03, correlation(stock, stock + 1, n - 1));
    note(at, "index, autocorrelation of squares", .43, .12, .5,
         correlation(square, square + 1, n - 1));
    note(at, "index, days up", .537, .515, .56, share(stock, n, 0.0001, 99));
    note(at, "index, growth a year, percent", 8.2, 4, 12, mean(stock, n) * 252);
    note(at, "VIX, sd of daily changes, percent", 6.8, 6.2, 7.8, sd(vix, n));
    note(at, "VIX, mean", 19.4, 16.5, 21.5, mean(lines->line[SERIES_VIX].values, n));
    note(at, "VIX, days above 30", .08, .03, .14,
         share(lines->line[SERIES_VIX].values, n, 30, 999));
    note(at, "VIX with index", -.76, -.81, -.70, correlation(vix, stock, n));
    note(at, "Baa spread, sd of daily changes", .030, .020, .045, sd(baa, n));
    note(at, "Baa spread, mean", 2.1, 1.6, 2.5, mean(lines->line[SERIES_BAA_SPREAD].values, n));
    note(at, "Baa spread with index", -.27, -.45, -.15, correlation(baa, stock, n));
    note(at, "Baa spread with 10-year", -.39, -.55, -.25, correlation(baa, d10, n));
    note(at, "high yield, sd of daily changes", .100, .06, .14, sd(high_yield, n));
    note(at, "high yield, mean", 4.6, 3.3, 5.6, mean(lines->line[SERIES_HY_OAS].values, n));
    note(at, "high yield with index", -.58, -.70, -.40, correlation(high_yield, stock, n));
    note(at, "high yield, autocorrelation", .25, .05, .35,
         correlation(high_yield, high_yield + 1, n - 1));
    note(at, "SOFR, sd of daily changes", .040, .025, .065, sd(sofr, n));
    note(at, "SOFR, unchanged days", .41, .30, .55, share(sofr, n, -.004, .004));
    note(at, "3-month bill, sd of daily changes", .027, .018, .040, sd(bill, n));
    note(at, "3-month bill, unchanged days", .34, .14, .40, share(bill, n, -.004, .004));
    note(at, "10-year less 2-year, mean", 1.01, .5, 1.6,
         mean(ten->values, n) - mean(lines->line[SERIES_TREASURY_2Y].values, n));
    free(d10), free(d2), free(stock), free(vix), free(baa), free(high_yield), free(sofr),
        free(bill);
    free(square);
}

static void slow_figures(const struct world_lines *lines, size_t *at)
{
    const struct line *mortgage = &lines->line[SERIES_MORTGAGE_30Y];
    const struct line ten = {lines->weekly_10y, mortgage->count};
    size_t n = mortgage->count - 1;
    double *rate = changes(mortgage, false), *week = changes(&ten, false);
    double *spread = MEM_ARRAY(double, n), *gap = MEM_ARRAY(double, n);

    for (size_t i = 0; i < n; i++) {
        spread[i] = mortgage->values[i] - ten.values[i];
        gap[i] = mortgage->values[i] - lines->line[SERIES_MORTGAGE_15Y].values[i];
    }
    note(at, "mortgage, sd of weekly changes", .099, .085, .115, sd(rate, n));
    note(at, "mortgage with 10-year, weekly", .823, .76, .93,
         correlation(rate + 1, week + 1, n - 1));
    note(at, "mortgage less 10-year, mean", 1.77, 1.5, 2.45, mean(spread, n));
    note(at, "mortgage less 10-year, sd", .39, .2, .45, sd(spread, n));
    note(at, "30-year less 15-year mortgage, mean", .573, .45, .75, mean(gap, n));
    free(rate), free(week), free(spread), free(gap);

    static const struct {
        enum market_series series;
        bool logarithmic;
        const char *name;
        double reference, low, high;
    } moves[] = {
        {SERIES_UNEMPLOYMENT, false, "unemployment, sd of changes", .14, .115, .19},
        {SERIES_CPI, true, "prices, sd of monthly changes, percent", .22, .15, .28},
        {SERIES_CPI_YOY, false, "prices on a year, sd of changes", .40, .20, .45},
        {SERIES_HOUSE_PRICES, true, "house prices, sd of monthly changes", .71, .45, .85},
        {SERIES_SENTIMENT, false, "sentiment, sd of changes", 4.16, 3.4, 5.0},
        {SERIES_GDP, false, "growth, sd of changes", 2.7, 2.2, 4.2},
        {SERIES_CARD_APR, false, "card APR, sd of quarterly changes", .42, .33, .60},
        {SERIES_AUTO_60M, false, "auto loans, sd of quarterly changes", .29, .24, .42},
        {SERIES_PERSONAL_24M, false, "personal loans, sd of quarterly changes", .37, .30, .50},
        {SERIES_CARD_DELINQUENCY, false, "card delinquency, sd of changes", .21, .13, .28},
        {SERIES_DEBT_SERVICE, false, "debt service, sd of changes", .17, .13, .22},
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        const struct line *line = &lines->line[moves[i].series];
        double *change = changes(line, moves[i].logarithmic);
        note(at, moves[i].name, moves[i].reference, moves[i].low, moves[i].high,
             sd(change, line->count - 1));
        if (moves[i].series == SERIES_CPI)
            note(at, "prices, mean monthly change, percent", .22, .18, .25,
                 mean(change, line->count - 1));
        free(change);
    }
    const struct line *labour = &lines->line[SERIES_UNEMPLOYMENT];
    note(at, "unemployment, mean", 5.3, 4.2, 6.2, mean(labour->values, labour->count));
    const struct line *growth = &lines->line[SERIES_GDP];
    note(at, "growth, mean", 2.3, 1.2, 2.7, mean(growth->values, growth->count));
    const struct line *late = &lines->line[SERIES_CARD_DELINQUENCY];
    note(at, "card delinquency, mean", 3.4, 2.4, 4.2, mean(late->values, late->count));
    const struct line *mood = &lines->line[SERIES_SENTIMENT];
    note(at, "sentiment, mean", 76, 66, 86, mean(mood->values, mood->count));
    const struct line *prime = &lines->line[SERIES_PRIME];
    note(at, "prime, mean", 5.6, 4.4, 6.6, mean(prime->values, prime->count));
}

static void figures_are_those_of_the_real_series(void **state)
{
    (void)state;
    unsigned outside = 0;

    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct world_lines lines = fold(seed);
        size_t at = 0;
        daily_figures(&lines, &at);
        slow_figures(&lines, &at);
        for (int i = 0; i < SERIES_PUBLISHED; i++)
            free(lines.line[i].values);
        free(lines.weekly_10y);
    }
    for (size_t i = 0; i < figure_count; i++) {
        double value = figures[i].sum / WORLDS;
        bool inside = value >= figures[i].low && value <= figures[i].high;
        printf("    %-42s %8.3f  (%.3f; %.3f to %.3f)%s\n", figures[i].name, value,
               figures[i].reference, figures[i].low, figures[i].high, inside ? "" : "  <<<");
        outside += !inside;
    }
    assert_int_equal(outside, 0);
}

#define MONTHS (12 * YEARS)

/* Correlation of x with y `lag` months before. */
static double lagged(const double *x, const double *y, size_t lag)
{
    return correlation(x + lag, y, MONTHS - lag);
}

/* Arrears follow unemployment by one to two quarters; lenders are tight before it is at its worst
 * and as long as it is high. */
static void lenders_see_what_becomes_of_jobs(void **state)
{
    (void)state;
    static double jobs[MONTHS], stress[MONTHS], tight[MONTHS];
    double arrears[7] = {0}, standards[7] = {0}, calm = 0, bad = 0, calm_months = 0, bad_months = 0;
    struct zone *utc = NULL;
    assert_int_equal(zone_load("UTC", &utc, NULL), 0);
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct market_fold *market = market_fold_new(seed, utc, START, START + 1000, 100);
        for (int month = 0; month < MONTHS; month++) {
            /* By then the month's own rate is published. */
            const struct market_day *day = market_fold_day(market, START + 1000 + 61 * month / 2);
            stress[month] = day->stress;
            tight[month] = day->tightness;
            jobs[month] = (double)day->value[SERIES_UNEMPLOYMENT] / 10000;
            assert_true(day->tightness >= 0 && day->tightness <= 1);
            if (jobs[month] < 4.8) {
                calm += tight[month];
                calm_months++;
            } else if (jobs[month] > 7) {
                bad += tight[month];
                bad_months++;
            }
        }
        for (size_t lag = 0; lag < 7; lag++) {
            arrears[lag] += lagged(stress, jobs, lag) / WORLDS;
            standards[lag] += lagged(jobs, tight, lag) / WORLDS;
        }
        market_fold_free(market);
    }
    zone_free(utc);
    printf("    stress after unemployment: %.3f %.3f %.3f %.3f %.3f %.3f %.3f\n", arrears[0],
           arrears[1], arrears[2], arrears[3], arrears[4], arrears[5], arrears[6]);
    printf("    unemployment after standards: %.3f %.3f %.3f %.3f %.3f %.3f %.3f\n", standards[0],
           standards[1], standards[2], standards[3], standards[4], standards[5], standards[6]);
    printf("    standards while calm %.3f, while many are without work %.3f\n", calm / calm_months,
           bad / bad_months);
    assert_true(arrears[2] > arrears[0] && arrears[2] > arrears[6] && arrears[2] > .95);
    assert_true(standards[3] > standards[0] - .05 && standards[3] > .6);
    assert_true(calm / calm_months < .15 && bad / bad_months > .4);
}

/* At the origin a market looks like one that people know. */
static void worlds_begin_with_familiar_levels(void **state)
{
    (void)state;
    static const struct {
        enum market_series series;
        double low, high;
    } bounds[] = {
        {SERIES_PRIME, 5.0, 8.5},
        {SERIES_TREASURY_10Y, 2.8, 5.7},
        {SERIES_MORTGAGE_30Y, 4.8, 8.0},
        {SERIES_UNEMPLOYMENT, 3.3, 5.6},
        {SERIES_VIX, 8, 32},
        {SERIES_CARD_APR, 18, 24.5},
        {SERIES_SP500, 5200, 9400},
        {SERIES_CPI, 325, 345},
        {SERIES_HOUSE_PRICES, 300, 360},
    };
    struct zone *utc = NULL;
    assert_int_equal(zone_load("UTC", &utc, NULL), 0);
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct market_fold *market = market_fold_new(seed, utc, 19539, 20665, 100);
        const struct market_day *day = market_fold_day(market, 20665);
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
            double value = (double)day->value[bounds[i].series] / 10000;
            if (!(value >= bounds[i].low && value <= bounds[i].high))
                fail_msg("seed %d: %s is %g", (int)seed, market_series_table[bounds[i].series].key,
                         value);
        }
        market_fold_free(market);
    }
    zone_free(utc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_the_real_series),
        cmocka_unit_test(lenders_see_what_becomes_of_jobs),
        cmocka_unit_test(worlds_begin_with_familiar_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
