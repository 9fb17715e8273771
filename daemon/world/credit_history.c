#include <stdlib.h>

#include "base/mem.h"
#include "clock/zone.h"
#include "world/credit_entries.h"
#include "world/customers.h"
#include "world/data/score_table.h"
#include "world/loan_book.h"
#include "world/row.h"

#define AHEAD      4  /* entries, for the processor's cache */
#define KEY_LENGTH 29 /* CH-20260814103512-00000042-00 */

static void *credit_open(struct world *world)
{
    struct credit_cache *cache = MEM_NEW(struct credit_cache);

    cache->world = world;
    cache->seed = world_settings(world)->seed;
    cache->listed_day = CREDIT_NOTHING_LISTED;
    credit_model_init(&cache->model, score_table);
    credit_find_bounds(cache);
    return cache;
}

static void credit_close(void *opaque)
{
    struct credit_cache *cache = (struct credit_cache *)opaque;

    credit_slots_free(cache);
    free(cache->entries);
    free(cache->spare);
    free(cache);
}

/* Acts change neither the baseline nor who was born before them. */
static void credit_forget(void *opaque, world_time since)
{
    struct credit_cache *cache = (struct credit_cache *)opaque;

    cache->listed_day = CREDIT_NOTHING_LISTED;
    credit_slots_forget(cache, since);
}

static const char *const payment_text[PAY_COUNT] = {
    [PAY_CURRENT] = "Current", [PAY_30] = "30 Days Late",         [PAY_60] = "60 Days Late",
    [PAY_90] = "90 Days Late", [PAY_CHARGED_OFF] = "Charged Off",
};

/* Two places for up to a thousand lanes that sort as they count: 00 to 99, then A0 to ZZ. */
static void put_lane(char *text, unsigned lane)
{
    static const char places[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    if (lane < 100) {
        world_digits(text, 2, lane);
        return;
    }
    text[0] = places[10 + (lane - 100) / 36];
    text[1] = places[(lane - 100) % 36];
}

static int give(struct credit_cache *cache, const struct credit_day *day,
                const struct credit_entry *entry, world_sink *sink, void *context)
{
    char key[KEY_LENGTH + 1];
    char customer[CUSTOMER_KEY_LENGTH + 1];
    int64_t at = day->open + (int64_t)entry->second;
    int month = entry->lane == 0 ? day->month
                                 : credit_step_month(cache, entry->customer, day->month,
                                                     day->of_month, entry->second);
    struct credit_view view = credit_view_of(cache, entry->customer, month);
    struct change change = {.kind = CHANGE_INSERT, .at = at};

    world_key_stamp(cache->world, "CH", (world_time){at}, key);
    key[WORLD_KEY_STAMP - 1] = '-';
    world_digits(key + WORLD_KEY_STAMP, 8, entry->customer);
    key[WORLD_KEY_STAMP + 8] = '-';
    put_lane(key + WORLD_KEY_STAMP + 9, entry->lane);
    key[KEY_LENGTH] = '\0';
    customer_key(cache->world, entry->customer, customer);
    row_key(&change, key, KEY_LENGTH);
    row_key(&change, customer, CUSTOMER_KEY_LENGTH);
    row_number(&change, CELL_INTEGER, 0, view.score);
    row_text(&change, payment_text[view.state]);
    row_number(&change, CELL_DECIMAL, 2, view.utilization);
    row_number(&change, CELL_DATE, 0, day->day);
    row_number(&change, CELL_TIME, 0, at);
    return sink(context, &change);
}

static void expect(const struct credit_cache *cache, uint64_t customer)
{
    credit_expect(cache, customer);
    customer_expect(cache->world, customer);
    loans_expect(cache->world, customer);
}

static int give_stretch(struct credit_cache *cache, const struct credit_day *day, int64_t from,
                        int64_t to, world_sink *sink, void *context)
{
    size_t low = 0;
    size_t high = cache->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (day->open + (int64_t)cache->entries[middle].second <= from)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < cache->count; i++) {
        if (day->open + (int64_t)cache->entries[i].second > to)
            break;
        if (i + AHEAD < cache->count)
            expect(cache, cache->entries[i + AHEAD].customer);
        int code = give(cache, day, &cache->entries[i], sink, context);
        if (code)
            return code;
    }
    return 0;
}

static int give_day(struct credit_cache *cache, const struct credit_day *day, int64_t from,
                    int64_t to, world_sink *sink, void *context)
{
    unsigned lanes = credit_day_lanes(cache, day);
    uint32_t stretch = credit_stretch(day, lanes);

    for (uint32_t begin = 0; begin < CREDIT_OPEN_FOR; begin += stretch) {
        if (day->open + (int64_t)begin > to || day->open + (int64_t)begin + stretch <= from)
            continue;
        if (cache->listed_day != day->day || cache->listed_begin != begin) {
            credit_list(cache, day, lanes, begin, begin + stretch);
            cache->listed_day = day->day;
            cache->listed_begin = begin;
        }
        int code = give_stretch(cache, day, from, to, sink, context);
        if (code)
            return code;
    }
    return 0;
}

static int credit_changes(struct world *world, void *opaque, world_time from, world_time to,
                          world_sink *sink, void *context)
{
    struct credit_cache *cache = (struct credit_cache *)opaque;
    const struct zone *zone = world_zone(world);
    int64_t start = from.s + 1 > cache->first_at ? from.s + 1 : cache->first_at;

    if (start < world_start(world).s - INT64_C(100) * 366 * 86400)
        start = WORLD_TIME_FIRST.s;
    int64_t last = zone_day(zone, to.s);
    for (int64_t date = zone_day(zone, start); date <= last; date++) {
        struct credit_day day = credit_day_of(cache, date);
        if (day.slots == 0 || day.open > to.s || day.open + CREDIT_OPEN_FOR <= from.s)
            continue;
        int code = give_day(cache, &day, from.s, to.s, sink, context);
        if (code)
            return code;
    }
    return 0;
}

static uint64_t credit_baseline_size(struct world *world, void *opaque)
{
    const struct world_settings *settings = world_settings(world);

    (void)opaque;
    return (uint64_t)(settings->customers * settings->credit_history_entries);
}

const struct stream_model stream_credit_history = {
    .info = {.name = "credit_history", .needs_customers = true},
    .key_form = "CH-dddddddddddddd-dddddddd-xx",
    .open = credit_open,
    .close = credit_close,
    .forget = credit_forget,
    .changes = credit_changes,
    .baseline_size = credit_baseline_size,
};
