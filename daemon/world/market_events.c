/* What is published on one day: releases by their calendars, quotes by their grid and the stream's
 * tempo. */
#include <stdlib.h>

#include "base/mem.h"
#include "clock/zone.h"
#include "world/market_data.h"
#include "world/market_quote.h"
#include "world/random.h"

static void add(struct market_cache *cache, enum market_series series, int64_t at, int64_t value,
                int64_t recorded)
{
    if (cache->count == cache->room) {
        cache->room = cache->room ? cache->room * 2 : 512;
        cache->events = mem_grow(cache->events, cache->room, sizeof(*cache->events));
    }
    cache->events[cache->count++] = (struct market_event){at, series, value, recorded};
}

/* The tempo that governs an event at `at`: an act concerns what comes after it. */
static int64_t tempo_at(const struct market_cache *cache, int64_t at)
{
    return world_tempo(cache->world, STREAM_MARKET_DATA, (world_time){at - 1});
}

static int64_t release_instant(struct market_cache *cache, enum market_series series, int64_t day)
{
    const struct series_info *info = &market_series_table[series];
    int second = info->second;

    if (info->rule == RULE_CLOSE)
        second += exchange_close_second(day);
    second += series_jitter(series, market_fold_seed(cache->fold), day);
    return zone_day_instant(world_zone(cache->world), day, second);
}

static void add_release(struct market_cache *cache, enum market_series series, int64_t day,
                        int64_t observed, int64_t value)
{
    int64_t at = release_instant(cache, series, day);

    if (tempo_at(cache, at) > 0)
        add(cache, series, at, value, observed);
}

world_time market_daily_release(struct market_cache *cache, enum market_series series, int64_t day)
{
    const struct series_info *info = &market_series_table[series];
    int64_t released = day;

    for (int lag = 0; lag < info->lag; lag++)
        do
            released++;
        while (!market_fold_day(cache->fold, released)->open[info->calendar]);
    return (world_time){release_instant(cache, series, released)};
}

static void list_daily(struct market_cache *cache, enum market_series series, int64_t day)
{
    const struct series_info *info = &market_series_table[series];
    int64_t observed = day;

    if (!market_fold_day(cache->fold, day)->open[info->calendar])
        return;
    for (int lag = 0; lag < info->lag; lag++)
        observed = market_fold_open_before(cache->fold, info->calendar, observed);
    if (observed > market_fold_first_day(cache->fold))
        add_release(cache, series, day, observed,
                    market_fold_day(cache->fold, observed)->value[series]);
}

static void list_monthly(struct market_cache *cache, enum market_series series, int64_t day)
{
    int month = market_month_of(day) - market_series_table[series].lag;
    int64_t released = 0;

    if (!market_fold_release(cache->fold, series, month, &released) || released != day)
        return;
    add_release(cache, series, day, market_month_day(month),
                market_fold_day(cache->fold, day)->value[series]);
}

/* Quotes of one stretch of equal tempo, after second `after` of the session up to `until`. The grid
 * counts from the open, so that an act changes nothing at or before its instant. */
static void list_stretch(struct market_cache *cache, const struct quote_path *path, int64_t open,
                         int64_t after, int64_t until, int64_t tempo)
{
    const int64_t step = QUOTE_STEP * WORLD_TEMPO_ONE;
    int64_t rate = tempo > step ? step : tempo < WORLD_TEMPO_ONE ? WORLD_TEMPO_ONE : tempo;
    int64_t k = after < 0 ? 0 : after * rate / step;

    for (;; k++) {
        int64_t second = k * step / rate;
        if (second > until || second >= path->length)
            break;
        if (second <= after)
            continue;
        if (tempo < WORLD_TEMPO_ONE) {
            struct random_block block =
                random_at(path->seed, RANDOM_MARKET_RELEASE, (uint64_t)path->series,
                          (uint32_t)path->day, (uint16_t)(16 + k));
            if (random_uniform(block.word[0]) * (double)WORLD_TEMPO_ONE >= (double)tempo)
                continue;
        }
        add(cache, path->series, open + second, quote_at(path, (int)second), path->day);
    }
    if (until >= path->length)
        add(cache, path->series, open + path->length, path->close, path->day);
}

static void list_quotes(struct market_cache *cache, enum market_series series, int64_t day)
{
    struct quote_path path;

    if (!quote_path(cache->fold, series, day, &path))
        return;
    int64_t open = zone_day_instant(world_zone(cache->world), day, QUOTE_OPEN);
    int64_t close = open + path.length;
    for (int64_t after = open - 1; after < close;) {
        world_time now = {after};
        int64_t tempo = world_tempo(cache->world, STREAM_MARKET_DATA, now);
        int64_t until = world_next_act(cache->world, STREAM_MARKET_DATA, now).s;
        /* At the end of time the next act lies behind. */
        until = until > after && until < close ? until : close;
        if (tempo > 0)
            list_stretch(cache, &path, open, after - open, until - open, tempo);
        after = until;
    }
}

static int compare_events(const void *left, const void *right)
{
    const struct market_event *a = (const struct market_event *)left;
    const struct market_event *b = (const struct market_event *)right;

    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return (a->series > b->series) - (a->series < b->series);
}

void market_list_day(struct market_cache *cache, int64_t day)
{
    if (day == cache->listed)
        return;
    cache->listed = day;
    cache->count = 0;
    if (day <= market_fold_first_day(cache->fold))
        return;
    for (int i = 0; i < SERIES_COUNT; i++) {
        enum market_series series = (enum market_series)i;
        if (series_is_daily(series))
            list_daily(cache, series, day);
        else if (series_is_monthly(series))
            list_monthly(cache, series, day);
        else if (market_series_table[i].rule == RULE_QUOTE)
            list_quotes(cache, series, day);
        else if (series_survey_day(day) && zone_has_day(world_zone(cache->world), day))
            add_release(cache, series, day, day, market_fold_day(cache->fold, day)->value[i]);
    }
    if (cache->count > 1)
        qsort(cache->events, cache->count, sizeof(*cache->events), compare_events);
}
