#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/backend.h"

struct store {
    const struct store_backend *backend;
    void *self;
};

struct store *store_wrap(const struct store_backend *backend, void *self)
{
    struct store *store = MEM_NEW(struct store);
    store->backend = backend;
    store->self = self;
    return store;
}

struct store *store_new(const struct store_config *config)
{
    const struct store_backend *backend = config->mariadb ? &store_mariadb : &store_sqlite;
    return store_wrap(backend, backend->open(config));
}

static struct store *make(void *context, const struct store_config *config)
{
    (void)context;
    return store_new(config);
}

const struct store_source store_databases = {make, NULL};

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    store->backend->close(store->self);
    free(store);
}

int store_connect(struct store *store, struct fault *fault)
{
    return store->backend->connect(store->self, fault);
}

bool store_connected(const struct store *store)
{
    return store->backend->connected(store->self);
}

void store_interrupt(struct store *store)
{
    store->backend->interrupt(store->self);
}

void store_patience(struct store *store, unsigned wait_ms)
{
    if (store->backend->patience != NULL)
        store->backend->patience(store->self, wait_ms);
}

const char *store_describe(struct store *store)
{
    return store->backend->describe(store->self);
}

int store_probe(struct store *store, enum store_kind *ret_kind, struct fault *why)
{
    return store->backend->probe(store->self, ret_kind, why);
}

int store_claim(struct store *store, struct fault *fault)
{
    return store->backend->claim(store->self, fault);
}

int store_differences(struct store *store, const struct fill *fills,
                      store_difference_visitor *visit, void *context, struct fault *fault)
{
    if (store->backend->differences == NULL)
        return 0;
    return store->backend->differences(store->self, fills, visit, context, fault);
}

int store_adopt(struct store *store, const struct fill *fills, struct fault *fault)
{
    return store->backend->adopt(store->self, fills, fault);
}

int store_upgrade(struct store *store, const char *owner, struct fault *fault)
{
    return store->backend->upgrade(store->self, owner, fault);
}

static int compare_streams(const void *a, const void *b)
{
    const struct store_stream *left = a;
    const struct store_stream *right = b;
    size_t left_place = schema_place(left->name);
    size_t right_place = schema_place(right->name);
    if (left_place != right_place)
        return left_place < right_place ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void sort_streams(struct store_stream *streams, size_t count)
{
    qsort(streams, count, sizeof *streams, compare_streams);
}

static int load(struct store *store, bool replaced, struct store_description *ret,
                struct fault *fault)
{
    int rc = store->backend->load(store->self, replaced, ret, fault);
    if (rc == 0)
        sort_streams(ret->streams, ret->stream_count);
    return rc;
}

int store_load(struct store *store, struct store_description *ret, struct fault *fault)
{
    return load(store, false, ret, fault);
}

int store_load_replaced(struct store *store, struct store_description *ret, struct fault *fault)
{
    return load(store, true, ret, fault);
}

int store_glance(struct store *store, char ret_world_id[STORE_NAME_MAX],
                 struct store_stream *ret_streams, size_t room, size_t *ret_count,
                 struct fault *fault)
{
    int rc = store->backend->glance(store->self, ret_world_id, ret_streams, room, ret_count, fault);
    if (rc == 0)
        sort_streams(ret_streams, *ret_count);
    return rc;
}

int store_amend(struct store *store, const struct store_amendment *amendment, struct fault *fault)
{
    assert(amendment->next_generation != amendment->generation);
    return store->backend->amend(store->self, amendment, fault);
}

int store_note(struct store *store, const char *world_id, int64_t generation,
               const struct store_pair *pairs, size_t count, struct fault *fault)
{
    return store->backend->note(store->self, world_id, generation, pairs, count, fault);
}

int store_has_act(struct store *store, const char *id, bool *ret, struct fault *fault)
{
    return store->backend->has_act(store->self, id, ret, fault);
}

int store_commit(struct store *store, bool shadow, const struct store_batch *batch,
                 struct store_outcome *ret_outcome, struct fault *fault)
{
    return store->backend->commit(store->self, shadow, batch, ret_outcome, fault);
}

int store_ages(struct store *store, struct store_ages *ret_ages, struct fault *fault)
{
    if (store->backend->ages != NULL)
        return store->backend->ages(store->self, ret_ages, fault);
    *ret_ages = (struct store_ages){0};
    return 0;
}

int store_room(struct store *store, struct fault *fault)
{
    return store->backend->room != NULL ? store->backend->room(store->self, fault) : 0;
}

int store_shadow_begin(struct store *store, const struct store_description *description,
                       struct fault *fault)
{
    return store->backend->shadow_begin(store->self, description, fault);
}

int store_swap_check(struct store *store, struct fault *fault)
{
    return store->backend->swap_check(store->self, fault);
}

int store_swap(struct store *store, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    return store->backend->swap(store->self, old_world_id, wait_ms, fault);
}

int store_lost(struct store *store, struct store_loss *ret, struct fault *fault)
{
    *ret = (struct store_loss){.text = ""};
    return store->backend->lost != NULL ? store->backend->lost(store->self, ret, fault) : 0;
}

int store_sweep(struct store *store, struct fault *fault)
{
    return store->backend->sweep(store->self, fault);
}

int store_views(struct store *store, bool wanted, struct fault *fault)
{
    return store->backend->views != NULL ? store->backend->views(store->self, wanted, fault) : 0;
}

int store_page(struct store *store, const char *table, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    return store->backend->page(store->self, table, after, limit, visit, context, ret_count, fault);
}

void store_description_done(struct store_description *description)
{
    free(description->pairs);
    free(description->acts);
    free(description->gaps);
    *description = (struct store_description){0};
}
