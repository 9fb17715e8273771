#include "world/market_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/zone.h"
#include "world/market_quote.h"
#include "world/row.h"

#define NOTHING_LISTED INT64_MIN
#define KEY_LENGTH     21 /* MD-20260814163012-015 */

static void *market_open(struct world *world)
{
    const struct world_settings *settings = world_settings(world);
    const struct zone *zone = world_zone(world);
    struct market_cache *cache = MEM_NEW(struct market_cache);

    cache->world = world;
    cache->listed = NOTHING_LISTED;
    cache->fold = market_fold_new(settings->seed, zone, zone_day(zone, world_start(world).s),
                                  zone_day(zone, settings->origin.s), settings->market_data_points);
    return cache;
}

static void market_close(void *opaque)
{
    struct market_cache *cache = (struct market_cache *)opaque;

    market_fold_free(cache->fold);
    free(cache->events);
    free(cache);
}

/* Acts change neither the fold nor the baseline, only which events a day has. */
static void market_forget(void *opaque, world_time since)
{
    (void)since;
    ((struct market_cache *)opaque)->listed = NOTHING_LISTED;
}

/* The release of the daily observation with which the baseline begins: the points-th last before
 * the origin. */
static int64_t first_daily(struct market_cache *cache, enum market_series series)
{
    const struct world_settings *settings = world_settings(cache->world);
    enum business_calendar calendar = market_series_table[series].calendar;
    int64_t day = zone_day(world_zone(cache->world), settings->origin.s) + 1;

    do
        day = market_fold_open_before(cache->fold, calendar, day);
    while (market_daily_release(cache, series, day).s > settings->origin.s);
    for (int64_t left = settings->market_data_points - 1; left > 0; left--)
        day = market_fold_open_before(cache->fold, calendar, day);
    return market_daily_release(cache, series, day).s;
}

/* The open of the last session that has begun by the origin. */
static int64_t first_quote(struct market_cache *cache)
{
    const struct world_settings *settings = world_settings(cache->world);
    const struct zone *zone = world_zone(cache->world);
    int64_t day = zone_day(zone, settings->origin.s) + 1;
    int64_t open;

    do {
        day = market_fold_open_before(cache->fold, BUSINESS_EXCHANGE, day);
        open = zone_day_instant(zone, day, QUOTE_OPEN);
    } while (open > settings->origin.s);
    return open;
}

static void find_bounds(struct market_cache *cache)
{
    const struct world_settings *settings = world_settings(cache->world);
    int64_t earliest = settings->origin.s + 1;

    if (cache->bounded)
        return;
    for (int i = 0; i < SERIES_COUNT; i++) {
        cache->first[i] = settings->origin.s + 1;
        if (settings->market_data_points == 0)
            continue;
        if (series_is_daily((enum market_series)i))
            cache->first[i] = first_daily(cache, (enum market_series)i);
        else if (market_series_table[i].rule == RULE_QUOTE)
            cache->first[i] = first_quote(cache);
        if (series_is_daily((enum market_series)i) && cache->first[i] < earliest)
            earliest = cache->first[i];
    }
    for (int i = 0; i < SERIES_COUNT; i++)
        if (!series_is_daily((enum market_series)i) && market_series_table[i].rule != RULE_QUOTE)
            cache->first[i] = earliest;
    cache->bounded = true;
}

static int give(const struct world *world, const struct market_event *event, world_sink *sink,
                void *context)
{
    const struct series_info *info = &market_series_table[event->series];
    struct change change = {.kind = CHANGE_INSERT, .at = event->at};
    char key[KEY_LENGTH + 1];

    world_key_stamp(world, "MD", (world_time){event->at}, key);
    key[WORLD_KEY_STAMP - 1] = '-';
    world_digits(key + WORLD_KEY_STAMP, 3, (uint64_t)event->series);
    key[KEY_LENGTH] = '\0';
    row_text(&change, key);
    row_text(&change, info->key);
    row_number(&change, CELL_DECIMAL, 4, event->value);
    row_number(&change, CELL_DATE, 0, event->recorded);
    row_text(&change, info->source);
    row_number(&change, CELL_TIME, 0, event->at);
    return sink(context, &change);
}

static int give_day(const struct market_cache *cache, int64_t from, int64_t to, world_sink *sink,
                    void *context)
{
    for (size_t i = 0; i < cache->count; i++) {
        const struct market_event *event = &cache->events[i];
        if (event->at <= from || event->at > to || event->at < cache->first[event->series])
            continue;
        int code = give(cache->world, event, sink, context);
        if (code)
            return code;
    }
    return 0;
}

static int market_changes(struct world *world, void *opaque, world_time from, world_time to,
                          world_sink *sink, void *context)
{
    struct market_cache *cache = (struct market_cache *)opaque;
    const struct zone *zone = world_zone(world);

    find_bounds(cache);
    int64_t start = from.s + 1;
    for (int i = 0; i < SERIES_COUNT; i++)
        if (i == 0 || cache->first[i] < start)
            start = cache->first[i];
    if (start <= from.s)
        start = from.s + 1;
    int64_t last = zone_day(zone, to.s);
    for (int64_t day = zone_day(zone, start); day <= last; day++) {
        market_list_day(cache, day);
        int code = give_day(cache, from.s, to.s, sink, context);
        if (code)
            return code;
    }
    return 0;
}

/* Ten daily series; the others together have about one row for each three days. */
static uint64_t market_baseline_size(struct world *world, void *opaque)
{
    uint64_t points = (uint64_t)world_settings(world)->market_data_points;
    uint64_t daily = 0;

    (void)opaque;
    for (int i = 0; i < SERIES_COUNT; i++)
        daily += series_is_daily((enum market_series)i);
    return points == 0 ? 0 : daily * points + points * 9 / 10 + 3 * (QUOTE_STEPS + 1);
}

const struct stream_model stream_market_data = {
    .info = {.name = "market_data", .needs_customers = false},
    .key_form = "MD-dddddddddddddd-ddd",
    .open = market_open,
    .close = market_close,
    .forget = market_forget,
    .changes = market_changes,
    .baseline_size = market_baseline_size,
};
