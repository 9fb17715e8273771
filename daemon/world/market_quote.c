#include "world/market_quote.h"

#include <assert.h>
#include <math.h>

#include "world/random.h"
#include "world/real.h"

/* The share of a day's variance that falls between the close before and the open. */
#define OVERNIGHT 0.2

static bool is_logarithmic(enum market_series series)
{
    return series != SERIES_TREASURY_10Y_QUOTE;
}

static double scale(enum market_series series, int64_t value)
{
    double plain = (double)value / 10000;

    return is_logarithmic(series) ? real_log(plain) : plain;
}

static double path_normal(const struct quote_path *path, int number, int fine)
{
    uint64_t entity = (uint64_t)path->series << 1 | (uint64_t)fine;
    struct random_block block = random_at(path->seed, RANDOM_MARKET_QUOTE, entity,
                                          (uint32_t)path->day, (uint16_t)(number / 4));

    return random_normal(block.word[number % 4]);
}

/* Brownian motion on the steps of the day, pinned to 0 at both ends of the day's 24 hours. */
static void place_nodes(struct quote_path *path)
{
    int steps = path->length / QUOTE_STEP;
    double step_sd = sqrt((1 - OVERNIGHT) / steps);
    double walk = sqrt(OVERNIGHT) * path_normal(path, 0, 0);

    path->node[0] = walk;
    for (int k = 1; k <= steps; k++)
        path->node[k] = walk += step_sd * path_normal(path, k, 0);
    for (int k = 0; k <= steps; k++)
        path->node[k] -= walk * (OVERNIGHT + (1 - OVERNIGHT) * k / steps);
}

bool quote_path(struct market_fold *fold, enum market_series series, int64_t day,
                struct quote_path *ret_path)
{
    const struct series_info *info = &market_series_table[series];
    const struct market_day *today = market_fold_day(fold, day);

    if (!today->open[BUSINESS_EXCHANGE] || !today->open[info->calendar])
        return false;
    int length = exchange_close_second(day) - QUOTE_OPEN;
    assert(length > 0 && length <= QUOTE_STEPS * QUOTE_STEP && length % QUOTE_STEP == 0);
    int64_t before = market_fold_day(fold, day - 1)->value[info->base];
    today = market_fold_day(fold, day);
    *ret_path = (struct quote_path){
        .seed = market_fold_seed(fold),
        .day = day,
        .series = series,
        .length = length,
        .from = scale(series, before),
        .to = scale(series, today->value[info->base]),
        .sd = today->quote_sd[series - SERIES_PUBLISHED],
        .close = today->value[info->base],
    };
    place_nodes(ret_path);
    return true;
}

/* Between two nodes, by halving: each midpoint is drawn at an address of its own. */
static double deviation(const struct quote_path *path, int second)
{
    int low = second / QUOTE_STEP * QUOTE_STEP;
    int high = low + QUOTE_STEP;
    double below = path->node[low / QUOTE_STEP];

    if (second == low)
        return below;
    double above = path->node[high / QUOTE_STEP];
    double variance = (1 - OVERNIGHT) / path->length; /* of a second */
    for (;;) {
        int middle = (low + high) / 2;
        double weight = (double)(middle - low) / (high - low);
        double sd = sqrt(variance * (middle - low) * (high - middle) / (high - low));
        double value = below + (above - below) * weight + sd * path_normal(path, middle, 1);
        if (middle == second)
            return value;
        if (second < middle) {
            high = middle;
            above = value;
        } else {
            low = middle;
            below = value;
        }
    }
}

int64_t quote_at(const struct quote_path *path, int second)
{
    if (second >= path->length)
        return path->close;
    double time = OVERNIGHT + (1 - OVERNIGHT) * second / path->length;
    double value = path->from + (path->to - path->from) * time + path->sd * deviation(path, second);

    value = is_logarithmic(path->series) ? real_exp(value) : real_clip(value, 0, 100);
    return market_round(path->series, value);
}
