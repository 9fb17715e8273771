/* Market data: how volatility, ties between series and the business cycle change with time. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "realism/realism_parts.h"
#include "world/real.h"

#define TRADING_YEAR 250 /* days */
#define RISE         2.0 /* points of unemployment */
#define RISE_TRACE   1.5 /* points that a recession has at least */
#define FALL         0.3 /* of the equity index */
#define EASED        0.5 /* points of the funds rate */
#define AT_BOTTOM    0.6 /* percent: there it cannot fall */
#define LATE_LAGS    6   /* quarters */
#define LEAST        24  /* changes, for an autocorrelation */

/* Changes of a series, 100 times those of its logarithm if asked. */
struct moves {
    double *x;
    size_t count;
};

static struct moves moves_of(const struct realism_series *series, bool logarithmic)
{
    struct moves moves = {MEM_ARRAY(double, series->count + 1), 0};
    for (size_t i = 1; i < series->count; i++) {
        double from = series->points[i - 1].value, to = series->points[i].value;
        if (!logarithmic)
            moves.x[moves.count++] = to - from;
        else if (from > 0 && to > 0)
            moves.x[moves.count++] = 100 * (real_log(to) - real_log(from));
    }
    return moves;
}

static double lagged(const struct moves *moves, size_t lag)
{
    struct sums sums = {0};
    for (size_t i = lag; i < moves->count; i++)
        sums_add(&sums, moves->x[i], moves->x[i - lag]);
    return sums_correlation(&sums);
}

static double years(const struct realism_market *market)
{
    const struct realism_series *ten = &market->series[SERIES_TREASURY_10Y];
    return ten->count > 1 ? (ten->points[ten->count - 1].day - ten->points[0].day) / 365.25 : 0;
}

enum power { PLAINLY, IN_SIZE, SQUARED };

static void put_memory(struct realism *realism)
{
    static const struct {
        enum realism_id id;
        enum market_series series;
        bool logarithmic;
        enum power power;
        size_t lag;
    } asked[] = {
        {REALISM_SQUARES_SP500, SERIES_SP500, true, SQUARED, 1},
        {REALISM_SIZE_VIX, SERIES_VIX, true, IN_SIZE, 1},
        {REALISM_LAG_M30, SERIES_MORTGAGE_30Y, false, PLAINLY, 1},
        {REALISM_LAG_HOUSES, SERIES_HOUSE_PRICES, true, PLAINLY, 1},
        {REALISM_YEAR_HOUSES, SERIES_HOUSE_PRICES, true, PLAINLY, 12},
        {REALISM_LAG2_CPI, SERIES_CPI, true, PLAINLY, 2},
    };
    double span = years(&realism->market);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct moves moves =
            moves_of(&realism->market.series[asked[i].series], asked[i].logarithmic);
        for (size_t j = 0; j < moves.count && asked[i].power != PLAINLY; j++)
            moves.x[j] = asked[i].power == SQUARED ? moves.x[j] * moves.x[j] : fabs(moves.x[j]);
        realism_put(realism, asked[i].id, lagged(&moves, asked[i].lag),
                    moves.count >= LEAST + asked[i].lag ? span : 0);
        free(moves.x);
    }
}

static void put_stillness(struct realism *realism)
{
    const struct realism_series *two = &realism->market.series[SERIES_TREASURY_2Y];
    const struct realism_series *funds = &realism->market.series[SERIES_FUNDS];
    double span = years(&realism->market), still = 0, months = 0;
    int64_t before = -1;
    for (size_t i = 1; i < two->count; i++)
        still += fabs(two->points[i].value - two->points[i - 1].value) < .004;
    realism_put(realism, REALISM_STILL_2Y,
                two->count > 1 ? 100 * still / (double)(two->count - 1) : 0,
                two->count > LEAST ? span : 0);
    still = 0;
    for (size_t i = 0; i < funds->count;) {
        int month = realism_month(funds->points[i].day);
        double sum = 0, n = 0;
        for (; i < funds->count && realism_month(funds->points[i].day) == month; i++, n++)
            sum += funds->points[i].value;
        int64_t mean = real_round(100 * sum / n);
        months += before >= 0;
        still += mean == before;
        before = mean;
    }
    realism_put(realism, REALISM_FUNDS_STILL, months > 0 ? 100 * still / months : 0,
                months > 2 ? span : 0);
}

/* Equity against the high-yield spread, year by year: how far that tie moves. */
static void put_tie(struct realism *realism)
{
    const struct realism_series *index = &realism->market.series[SERIES_SP500];
    const struct realism_series *spread = &realism->market.series[SERIES_HY_OAS];
    struct sums year = {0}, ties = {0};
    double from[2] = {0, 0};
    for (size_t i = 0, j = 0; i < index->count && j < spread->count;) {
        if (index->points[i].day != spread->points[j].day) {
            *(index->points[i].day < spread->points[j].day ? &i : &j) += 1;
            continue;
        }
        double to[2] = {index->points[i++].value, spread->points[j++].value};
        if (from[0] > 0 && to[0] > 0)
            sums_add(&year, real_log(to[0]) - real_log(from[0]), to[1] - from[1]);
        from[0] = to[0];
        from[1] = to[1];
        if (year.n >= TRADING_YEAR) {
            sums_add(&ties, sums_correlation(&year), 0);
            year = (struct sums){0};
        }
    }
    realism_put(realism, REALISM_TIE_YEARS, sums_sd(&ties), ties.n > 2 ? ties.n : 0);
}

static void put_jumps(struct realism *realism)
{
    struct moves moves = moves_of(&realism->market.series[SERIES_HY_OAS], false);
    struct sums sums = {0};
    double fourth = 0;
    for (size_t i = 0; i < moves.count; i++)
        sums_add(&sums, moves.x[i], 0);
    double mean = sums_mean(&sums), sd = sums_sd(&sums);
    for (size_t i = 0; i < moves.count; i++)
        fourth += pow(moves.x[i] - mean, 4);
    bool told = sd > 0 && moves.count > LEAST;
    realism_put(realism, REALISM_KURTOSIS_HY,
                told ? fourth / (double)moves.count / pow(sd, 4) - 3 : 0,
                told ? years(&realism->market) : 0);
    free(moves.x);
}

/* --- the business cycle --- */

/* How often a monthly rate has risen by `least` from its low; each rise counts once. */
static unsigned rises(const struct realism_series *rate, double least)
{
    unsigned count = 0;
    double low = 1e9, high = 0;
    bool risen = false;
    for (size_t i = 0; i < rate->count; i++) {
        double value = rate->points[i].value;
        low = value < low ? value : low;
        high = value > high ? value : high;
        if (!risen && value >= low + least) {
            count++;
            risen = true;
            high = value;
        } else if (risen && value <= high - .75 * least) {
            risen = false;
            low = value;
        }
    }
    return count;
}

/* The most that the rate has risen within months `from` to `to`. */
static double rise_within(const struct realism_series *rate, int from, int to)
{
    double low = 1e9, most = 0;
    for (size_t i = 0; i < rate->count; i++) {
        int month = realism_month(rate->points[i].day);
        if (month < from || month > to)
            continue;
        double value = rate->points[i].value;
        low = value < low ? value : low;
        most = value - low > most ? value - low : most;
    }
    return most;
}

static bool eased_within(const struct realism_series *funds, int from, int to)
{
    double first = -1, least = 1e9;
    for (size_t i = 0; i < funds->count; i++) {
        int month = realism_month(funds->points[i].day);
        if (month < from || month > to)
            continue;
        first = first < 0 ? funds->points[i].value : first;
        least = funds->points[i].value < least ? funds->points[i].value : least;
    }
    return least <= AT_BOTTOM || least <= first - EASED;
}

/* Falls of the index by FALL from its peak, of which two years after are known: without a
 * recession, and without an answer of the committee. */
static void put_crashes(struct realism *realism)
{
    const struct realism_market *market = &realism->market;
    const struct realism_series *index = &market->series[SERIES_SP500];
    int last = index->count > 0 ? realism_month(index->points[index->count - 1].day) : 0;
    double peak = 0, falls = 0, alone = 0, unanswered = 0;
    int peak_month = 0;
    bool fallen = false;
    for (size_t i = 0; i < index->count; i++) {
        double value = index->points[i].value;
        int month = realism_month(index->points[i].day);
        if (value >= peak) {
            peak = value;
            peak_month = month;
            fallen = false;
        } else if (!fallen && value < (1 - FALL) * peak && month + 24 <= last) {
            fallen = true;
            falls++;
            alone += rise_within(&market->series[SERIES_UNEMPLOYMENT], peak_month - 6, month + 24) <
                     RISE_TRACE;
            unanswered += !eased_within(&market->series[SERIES_FUNDS], peak_month, month + 12);
        }
    }
    realism_put_share(realism, REALISM_CRASH_ALONE, alone, falls);
    realism_put_share(realism, REALISM_CRASH_UNANSWERED, unanswered, falls);
}

/* The mean of a monthly rate over the quarter that is `back` before that of `day`; negative: not
 * known. */
static double quarter_mean(const struct realism_series *rate, int32_t day, int back)
{
    int quarter = realism_month(day) / 3 - back;
    double sum = 0, n = 0;
    for (size_t i = 0; i < rate->count; i++)
        if (realism_month(rate->points[i].day) / 3 == quarter) {
            sum += rate->points[i].value;
            n++;
        }
    return n > 0 ? sum / n : -1;
}

/* By how many quarters the delinquency of cards follows unemployment: where they agree best. */
static void put_lateness(struct realism *realism)
{
    const struct realism_series *late = &realism->market.series[SERIES_CARD_DELINQUENCY];
    const struct realism_series *jobs = &realism->market.series[SERIES_UNEMPLOYMENT];
    double best = -2, found = 0;
    size_t compared = 0;
    for (int back = 0; back < LATE_LAGS; back++) {
        struct sums sums = {0};
        for (size_t i = 0; i < late->count; i++) {
            /* The same quarters for each lag. */
            double then = quarter_mean(jobs, late->points[i].day, back);
            if (then > 0 && quarter_mean(jobs, late->points[i].day, LATE_LAGS - 1) > 0)
                sums_add(&sums, then, late->points[i].value);
        }
        double correlation = sums_correlation(&sums);
        compared = (size_t)sums.n;
        if (correlation > best) {
            best = correlation;
            found = back;
        }
    }
    realism_put(realism, REALISM_LATE_BEHIND, found,
                compared >= LEAST ? years(&realism->market) : 0);
}

static void put_inflation(struct realism *realism)
{
    const struct realism_series *jobs = &realism->market.series[SERIES_UNEMPLOYMENT];
    const struct realism_series *prices = &realism->market.series[SERIES_CPI_YOY];
    struct sums sums = {0};
    for (size_t i = 0, j = 0; i < jobs->count && j < prices->count;) {
        if (jobs->points[i].day != prices->points[j].day)
            *(jobs->points[i].day < prices->points[j].day ? &i : &j) += 1;
        else
            sums_add(&sums, jobs->points[i++].value, prices->points[j++].value);
    }
    realism_put(realism, REALISM_JOBS_PRICES, sums_correlation(&sums),
                sums.n > LEAST ? years(&realism->market) : 0);
}

static void put_cycle(struct realism *realism)
{
    const struct realism_series *jobs = &realism->market.series[SERIES_UNEMPLOYMENT];
    const struct realism_series *prime = &realism->market.series[SERIES_PRIME];
    double span = years(&realism->market), longest = 0;
    size_t since = 0;
    for (size_t i = 1; i < prime->count; i++) {
        if (prime->points[i].value != prime->points[i - 1].value)
            since = i;
        double still = (prime->points[i].day - prime->points[since].day) / 365.25;
        longest = still > longest ? still : longest;
    }
    realism_put(realism, REALISM_JOBS_RISES, span > 0 ? 20 * rises(jobs, RISE) / span : 0,
                jobs->count > LEAST ? span : 0);
    realism_put(realism, REALISM_STAND_STILL, longest, prime->count > LEAST ? span : 0);
}

void realism_weather_close(struct realism *realism)
{
    put_memory(realism);
    put_stillness(realism);
    put_tie(realism);
    put_jumps(realism);
    put_cycle(realism);
    put_crashes(realism);
    put_lateness(realism);
    put_inflation(realism);
}
