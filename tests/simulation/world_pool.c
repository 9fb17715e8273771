#include "simulation/world_pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/lives.h"
#include "world/world.h"

int __real_world_new(const struct world_settings *settings, const struct zone *zone,
                     struct world **ret_world, struct fault *fault);
void __real_world_free(struct world *world);
void __real_world_set_acts(struct world *world, const struct world_act *acts, size_t count);
int __real_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);
uint64_t __real_world_baseline_size(struct world *world, enum stream_id stream);

int __wrap_world_new(const struct world_settings *settings, const struct zone *zone,
                     struct world **ret_world, struct fault *fault);
void __wrap_world_free(struct world *world);
void __wrap_world_set_acts(struct world *world, const struct world_act *acts, size_t count);
int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached);
uint64_t __wrap_world_baseline_size(struct world *world, enum stream_id stream);
int __real_zone_load(const char *name, struct zone **ret_zone, struct fault *fault);
void __real_zone_free(struct zone *zone);
int __wrap_zone_load(const char *name, struct zone **ret_zone, struct fault *fault);
void __wrap_zone_free(struct zone *zone);
void __wrap_zone_database_version(char buffer[16]);

#define KEPT_MAX  512
#define ZONES_MAX 16

struct kept {
    struct world_settings settings;
    const struct zone *zone; /* of the pool's */
    struct world *world;
    const struct heap *user; /* meaningful while used */
    bool used;
    uint64_t since; /* the oldest goes first */
};

static struct {
    struct kept kept[KEPT_MAX];
    size_t count;
    struct zone *zones[ZONES_MAX];
    size_t zone_count;
    uint64_t turn;
    struct world_pool_counts counts;
    void (*computes)(void *context);
    void *context;
} pool;

/* Zones are made once and for everybody: what a world has outlives whoever asked for it. */
int __wrap_zone_load(const char *name, struct zone **ret_zone, struct fault *fault)
{
    for (size_t i = 0; i < pool.zone_count; i++)
        if (strcmp(zone_name(pool.zones[i]), name) == 0) {
            *ret_zone = pool.zones[i];
            return 0;
        }
    assert(pool.zone_count < ZONES_MAX);
    struct heap *user = heap_use(NULL);
    int rc = __real_zone_load(name, &pool.zones[pool.zone_count], fault);
    (void)heap_use(user);
    if (rc == 0)
        *ret_zone = pool.zones[pool.zone_count++];
    return rc;
}

void __wrap_zone_free(struct zone *zone)
{
    for (size_t i = 0; i < pool.zone_count; i++)
        if (pool.zones[i] == zone)
            return;
    __real_zone_free(zone);
}

static bool same_settings(const struct world_settings *a, const struct world_settings *b)
{
    return a->seed == b->seed && a->origin.s == b->origin.s && a->customers == b->customers &&
           a->customer_growth == b->customer_growth &&
           a->financial_records_per_customer == b->financial_records_per_customer &&
           a->loan_applications_per_customer == b->loan_applications_per_customer &&
           a->financial_records_months == b->financial_records_months &&
           a->loan_applications_months == b->loan_applications_months &&
           a->market_data_points == b->market_data_points &&
           a->credit_history_entries == b->credit_history_entries;
}

static void drop(size_t at)
{
    __real_world_free(pool.kept[at].world);
    pool.kept[at] = pool.kept[--pool.count];
}

/* A place for one more. */
static struct kept *new_place(void)
{
    size_t oldest = pool.count;
    if (pool.count < KEPT_MAX)
        return &pool.kept[pool.count++];
    for (size_t i = 0; i < pool.count; i++)
        if (!pool.kept[i].used &&
            (oldest == pool.count || pool.kept[i].since < pool.kept[oldest].since))
            oldest = i;
    assert(oldest < pool.count);
    drop(oldest);
    return &pool.kept[pool.count++];
}

static struct kept *idle_of(const struct world_settings *settings, const struct zone *zone)
{
    for (size_t i = 0; i < pool.count; i++)
        if (!pool.kept[i].used && pool.kept[i].zone == zone &&
            same_settings(&pool.kept[i].settings, settings))
            return &pool.kept[i];
    return NULL;
}

static int take(const struct world_settings *settings, const struct zone *zone,
                const struct heap *user, struct world **ret_world, struct fault *fault)
{
    struct kept *kept = idle_of(settings, zone);
    struct world *world = kept != NULL ? kept->world : NULL;
    if (world == NULL) {
        int rc = __real_world_new(settings, zone, &world, fault);
        if (rc != 0)
            return rc;
        kept = new_place();
        pool.counts.made++;
    } else {
        pool.counts.reused++;
    }
    *kept = (struct kept){*settings, zone, world, user, true, pool.turn++};
    *ret_world = world;
    return 0;
}

static void give_back(struct kept *kept)
{
    __real_world_set_acts(kept->world, NULL, 0);
    kept->used = false;
    kept->user = NULL;
}

/* --- what programs call --- */

int __wrap_world_new(const struct world_settings *settings, const struct zone *zone,
                     struct world **ret_world, struct fault *fault)
{
    struct heap *user = heap_use(NULL);
    int rc = take(settings, zone, user, ret_world, fault);
    (void)heap_use(user);
    return rc;
}

void __wrap_world_free(struct world *world)
{
    struct heap *user = heap_use(NULL);
    for (size_t i = 0; i < pool.count && world != NULL; i++)
        if (pool.kept[i].world == world)
            give_back(&pool.kept[i]);
    (void)heap_use(user);
}

void __wrap_world_set_acts(struct world *world, const struct world_act *acts, size_t count)
{
    struct heap *user = heap_use(NULL);
    __real_world_set_acts(world, acts, count);
    (void)heap_use(user);
}

/* The caller's sink allocates for the caller. */
struct caller {
    world_sink *sink;
    void *context;
    struct heap *heap;
};

static int pass_on(void *context, const struct change *change)
{
    const struct caller *caller = context;
    struct heap *own = heap_use(caller->heap);
    int rc = caller->sink(caller->context, change);
    (void)heap_use(own);
    return rc;
}

int __wrap_world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                         size_t limit, world_sink *sink, void *context, world_time *ret_reached)
{
    if (pool.computes != NULL)
        pool.computes(pool.context);
    struct caller caller = {sink, context, heap_use(NULL)};
    int rc = stream == STREAM_CUSTOMERS ? lives_changes(__real_world_changes, world, from, to,
                                                        limit, pass_on, &caller, ret_reached)
                                        : __real_world_changes(world, stream, from, to, limit,
                                                               pass_on, &caller, ret_reached);
    (void)heap_use(caller.heap);
    return rc;
}

uint64_t __wrap_world_baseline_size(struct world *world, enum stream_id stream)
{
    struct heap *user = heap_use(NULL);
    uint64_t size = __real_world_baseline_size(world, stream);
    (void)heap_use(user);
    return size;
}

/* --- the pool --- */

void world_pool_reclaim(const struct heap *heap)
{
    struct heap *user = heap_use(NULL);
    for (size_t i = 0; i < pool.count; i++)
        if (pool.kept[i].used && pool.kept[i].user == heap)
            give_back(&pool.kept[i]);
    (void)heap_use(user);
}

void world_pool_empty(void)
{
    for (size_t i = pool.count; i > 0; i--)
        if (!pool.kept[i - 1].used)
            drop(i - 1);
    while (pool.count == 0 && pool.zone_count > 0)
        zone_free(pool.zones[--pool.zone_count]);
}

void world_pool_computes(void (*computes)(void *context), void *context)
{
    pool.computes = computes;
    pool.context = context;
}

struct world_pool_counts world_pool_counted(void)
{
    return pool.counts;
}

/* Each question for the state asks it, and it is a file. */
void __wrap_zone_database_version(char buffer[16])
{
    memcpy(buffer, "none", sizeof "none");
}
