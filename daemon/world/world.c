#include "world/world.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/acts.h"
#include "world/stream.h"

struct world {
    struct world_settings settings;
    const struct zone *zone;
    struct local_days *local;
    world_time start;
    struct world_act *acts; /* in the order of `at`, as given where equal */
    size_t act_count;
    struct act_spans spans[STREAM_COUNT];
    void *caches[STREAM_COUNT];
};

static const struct stream_model *const models[STREAM_COUNT] = {
    [STREAM_CUSTOMERS] = &stream_customers,
    [STREAM_FINANCIAL_RECORDS] = &stream_financial_records,
    [STREAM_LOAN_APPLICATIONS] = &stream_loan_applications,
    [STREAM_MARKET_DATA] = &stream_market_data,
    [STREAM_CREDIT_HISTORY] = &stream_credit_history,
};

#define START_MONTHS 36

static int check_settings(const struct world_settings *settings, struct fault *fault)
{
    const struct {
        const char *name;
        int64_t value, low, high;
    } ranges[] = {
        {"origin", settings->origin.s, WORLD_ORIGIN_FIRST.s, WORLD_TIME_LAST.s},
        {"customers", settings->customers, 1, 10000000},
        {"customer_growth", settings->customer_growth, 0, 1000000},
        {"financial_records_per_customer", settings->financial_records_per_customer, 0, 1000},
        {"financial_records_months", settings->financial_records_months, 0, START_MONTHS},
        {"loan_applications_per_customer", settings->loan_applications_per_customer, 0, 1000},
        {"loan_applications_months", settings->loan_applications_months, 0, START_MONTHS},
        {"market_data_points", settings->market_data_points, 0, 10000},
        {"credit_history_entries", settings->credit_history_entries, 0, 240},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
            return fault_set(fault, -EINVAL, "world setting %s is %lld, but must be %lld to %lld",
                             ranges[i].name, (long long)ranges[i].value, (long long)ranges[i].low,
                             (long long)ranges[i].high);
    return 0;
}

static world_time start_of(const struct zone *zone, world_time origin)
{
    struct civil local = zone_civil(zone, origin.s);
    int months = local.date.year * 12 + local.date.month - 1 - START_MONTHS;
    struct civil_date first = {months / 12, months % 12 + 1, 1};
    return (world_time){zone_day_instant(zone, civil_days(first), 0)};
}

static void make_spans(struct world *world, unsigned streams)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        if ((streams & 1u << i) == 0)
            continue;
        act_spans_done(&world->spans[i]);
        act_spans_make(&world->spans[i], (enum stream_id)i, world->settings.origin, world->acts,
                       world->act_count);
    }
}

int world_new(const struct world_settings *settings, const struct zone *zone,
              struct world **ret_world, struct fault *fault)
{
    int code = check_settings(settings, fault);
    if (code < 0)
        return code;
    struct world *world = MEM_NEW(struct world);
    world->settings = *settings;
    world->zone = zone;
    world->local = local_days_new(zone);
    world->start = start_of(zone, settings->origin);
    make_spans(world, STREAMS_ALL);
    *ret_world = world;
    return 0;
}

void world_free(struct world *world)
{
    if (!world)
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        if (world->caches[i])
            models[i]->close(world->caches[i]);
        act_spans_done(&world->spans[i]);
    }
    free(world->acts);
    local_days_free(world->local);
    free(world);
}

static bool same_act(const struct world_act *a, const struct world_act *b)
{
    return a->kind == b->kind && a->stream == b->stream && a->at.s == b->at.s &&
           a->value == b->value && a->until.s == b->until.s;
}

/* From when on two lists differ, and in which streams. */
struct act_difference {
    world_time since; /* WORLD_TIME_LAST plus one: they do not */
    unsigned streams;
};

static struct act_difference difference(const struct world_act *a, size_t a_count,
                                        const struct world_act *b, size_t b_count)
{
    struct act_difference is = {.since = world_plus(WORLD_TIME_LAST, 1)};
    size_t same = 0;
    while (same < a_count && same < b_count && same_act(&a[same], &b[same]))
        same++;
    if (same < a_count)
        is.since = world_earlier(is.since, a[same].at);
    if (same < b_count)
        is.since = world_earlier(is.since, b[same].at);
    for (size_t i = same; i < a_count; i++)
        is.streams |= 1u << a[i].stream;
    for (size_t i = same; i < b_count; i++)
        is.streams |= 1u << b[i].stream;
    return is;
}

struct placed_act {
    struct world_act act;
    size_t place; /* as it was given */
};

static int compare_acts(const void *a, const void *b)
{
    const struct placed_act *x = a, *y = b;
    if (x->act.at.s != y->act.at.s)
        return x->act.at.s < y->act.at.s ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* By `at`; equal instants keep their order. */
static struct world_act *sorted_acts(const struct world_act *acts, size_t count)
{
    struct placed_act *placed = MEM_ARRAY(struct placed_act, count + 1);
    struct world_act *sorted = MEM_ARRAY(struct world_act, count + 1);
    for (size_t i = 0; i < count; i++)
        placed[i] = (struct placed_act){acts[i], i};
    qsort(placed, count, sizeof *placed, compare_acts);
    for (size_t i = 0; i < count; i++)
        sorted[i] = placed[i].act;
    free(placed);
    return sorted;
}

void world_set_acts(struct world *world, const struct world_act *acts, size_t count)
{
    struct world_act *sorted = sorted_acts(acts, count);
    struct act_difference differs = difference(world->acts, world->act_count, sorted, count);
    free(world->acts);
    world->acts = sorted;
    world->act_count = count;
    if (world_before(WORLD_TIME_LAST, differs.since))
        return;
    make_spans(world, differs.streams);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (world->caches[i])
            models[i]->forget(world->caches[i], world_later(differs.since, world->settings.origin));
}

/* What stands between a stream's model and the caller's sink. */
struct filter {
    struct world *world;
    enum stream_id stream;
    world_sink *sink;
    void *context;
    size_t limit, given;
    int64_t last;
    bool full;
};

static int filter_change(void *context, const struct change *change)
{
    struct filter *filter = (struct filter *)context;
    world_time at = {change->at};
    if (change->kind == CHANGE_INSERT && !world_inserts(filter->world, filter->stream, at))
        return 0;
    if (filter->limit > 0 && filter->given >= filter->limit && change->at > filter->last) {
        filter->full = true;
        return 1;
    }
    int code = filter->sink(filter->context, change);
    if (code == 0) {
        filter->given++;
        filter->last = change->at;
    }
    return code;
}

int world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                  size_t limit, world_sink *sink, void *context, world_time *ret_reached)
{
    struct filter filter = {world, stream, sink, context, limit, 0, from.s, false};
    int code = 0;
    /* There is nothing after the last instant that a table can hold. */
    world_time last = world_earlier(to, WORLD_TIME_LAST);
    if (world_before(from, last))
        code = models[stream]->changes(world, world_cache(world, stream), from, last, filter_change,
                                       &filter);
    if (filter.full)
        code = 0;
    if (code == 0)
        *ret_reached = filter.full ? (world_time){filter.last} : to;
    return code;
}

uint64_t world_baseline_size(struct world *world, enum stream_id stream)
{
    return models[stream]->baseline_size(world, world_cache(world, stream));
}

const struct stream_info *stream_info(enum stream_id stream)
{
    return &models[stream]->info;
}

int stream_by_name(const char *name, enum stream_id *ret_stream)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (strcmp(models[i]->info.name, name) == 0) {
            *ret_stream = (enum stream_id)i;
            return 0;
        }
    return -ENOENT;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool stream_owns_key(enum stream_id stream, const char *key, size_t length)
{
    const char *form = models[stream]->key_form;
    if (length != strlen(form))
        return false;
    for (size_t i = 0; i < length; i++) {
        bool fits = form[i] == 'd'   ? is_digit(key[i])
                    : form[i] == 'x' ? is_digit(key[i]) || (key[i] >= 'A' && key[i] <= 'Z')
                                     : key[i] == form[i];
        if (!fits)
            return false;
    }
    return true;
}

void stream_key_from(enum stream_id stream, world_time at, char key[STREAM_KEY_FROM])
{
    const struct civil is = civil_from_seconds(at.s);
    const int parts[] = {
        is.date.year / 100, is.date.year % 100, is.date.month, is.date.day, is.hour,
        is.minute,          is.second};
    memcpy(key, models[stream]->key_form, 3);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        world_digits(key + 3 + 2 * i, 2, (uint64_t)parts[i]);
    key[STREAM_KEY_FROM - 1] = '\0';
}

const struct world_settings *world_settings(const struct world *world)
{
    return &world->settings;
}

const struct zone *world_zone(const struct world *world)
{
    return world->zone;
}

struct local_days *world_local(const struct world *world)
{
    return world->local;
}

void *world_cache(struct world *world, enum stream_id stream)
{
    if (!world->caches[stream])
        world->caches[stream] = models[stream]->open(world);
    return world->caches[stream];
}

int64_t world_tempo(const struct world *world, enum stream_id stream, world_time at)
{
    return act_spans_tempo(&world->spans[stream], at);
}

world_time world_next_act(const struct world *world, enum stream_id stream, world_time at)
{
    return act_spans_next(&world->spans[stream], at);
}

bool world_inserts(const struct world *world, enum stream_id stream, world_time at)
{
    return act_spans_insert(&world->spans[stream], at);
}

world_time world_move_time(const struct world *world, enum stream_id stream, world_time at)
{
    return act_spans_move_time(&world->spans[stream], at);
}

world_time world_start(const struct world *world)
{
    return world->start;
}

/* Two at a time: most of a key is digits. */
static void put_pair(char *text, unsigned number)
{
    text[0] = (char)('0' + number / 10);
    text[1] = (char)('0' + number % 10);
}

/* All at once: as two numbers of four digits, then four of two, then eight of one. */
static void put_eight(char *text, uint32_t number)
{
    uint64_t fours = number / 10000 | (uint64_t)(number % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (pairs * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    uint64_t digits = htole64((tens | (pairs - 10 * tens) << 8) + UINT64_C(0x3030303030303030));
    memcpy(text, &digits, sizeof digits);
}

void world_digits(char *text, unsigned count, uint64_t number)
{
    uint32_t rest = (uint32_t)number;
    if (count == 8 && rest < 100000000) {
        put_eight(text, rest);
        return;
    }
    for (; count >= 2; count -= 2, rest /= 100)
        put_pair(text + count - 2, rest % 100);
    if (count > 0)
        *text = (char)('0' + rest % 10);
}

void world_key_stamp(const struct world *world, const char prefix[2], world_time at,
                     char key[WORLD_KEY_STAMP])
{
    unsigned second = (unsigned)(at.s % 86400);
    key[0] = prefix[0];
    key[1] = prefix[1];
    key[2] = '-';
    local_stamp(world->local, at.s, key + 3);
    put_pair(key + 11, second / 3600);
    put_pair(key + 13, second / 60 % 60);
    put_pair(key + 15, second % 60);
    key[17] = '\0';
}
