#include "store/sqlite.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/backend.h"

static void *open_store(const struct store_config *config)
{
    struct sqlite *self = MEM_NEW(struct sqlite);
    assert(config->path != NULL);
    self->path = mem_text(config->path);
    self->description = mem_format("SQLite %s, %s", sqlite3_libversion(), config->path);
    self->min_free = config->min_free;
    self->reads = config->reads;
    self->builder = -1;
    self->wait_ms = SQLITE_WAIT_MS;
    (void)pthread_mutex_init(&self->guard, NULL);
    atomic_init(&self->cut, false);
    return self;
}

static void disconnect(void *context)
{
    struct sqlite *self = context;
    sqlite_link_close(self);
    sqlite_swap_unlock(self);
    sqlite_like_forget(self);
    self->shadow_id[0] = '\0';
    self->connected = false;
}

static void close_store(void *context)
{
    struct sqlite *self = context;
    disconnect(self);
    (void)pthread_mutex_destroy(&self->guard);
    free(self->description);
    free(self->path);
    free(self);
}

static int connect_store(void *context, struct fault *fault)
{
    struct sqlite *self = context;
    disconnect(self);
    atomic_store(&self->cut, false);
    return sqlite_whose_connect(self, fault);
}

static bool is_connected(const void *context)
{
    const struct sqlite *self = context;
    return self->connected && !atomic_load(&self->cut);
}

/* The one function that other threads may call. */
static void interrupt(void *context)
{
    struct sqlite *self = context;
    atomic_store(&self->cut, true);
    (void)pthread_mutex_lock(&self->guard);
    if (self->db != NULL)
        sqlite3_interrupt(self->db);
    (void)pthread_mutex_unlock(&self->guard);
}

static void patience(void *context, unsigned wait_ms)
{
    struct sqlite *self = context;
    self->wait_ms = wait_ms > 0 ? wait_ms : SQLITE_WAIT_MS;
}

static const char *describe(void *context)
{
    const struct sqlite *self = context;
    return self->description;
}

static int probe(void *self, enum store_kind *ret_kind, struct fault *why)
{
    return sqlite_whose_probe(self, ret_kind, why);
}

static int claim(void *self, struct fault *fault)
{
    return sqlite_whose_claim(self, fault);
}

static int differences(void *self, const struct fill *fills, store_difference_visitor *visit,
                       void *context, struct fault *fault)
{
    return sqlite_differences(self, fills, visit, context, fault);
}

static int adopt(void *self, const struct fill *fills, struct fault *fault)
{
    return sqlite_whose_adopt(self, fills, fault);
}

static int upgrade(void *self, const char *owner, struct fault *fault)
{
    (void)owner; /* one transaction does it: nobody sees it under way */
    return sqlite_upgrade(self, fault);
}

static int load(void *self, bool replaced, struct store_description *ret, struct fault *fault)
{
    return sqlite_world_load(self, replaced ? SQL_OLD : SQL_LIVE, ret, fault);
}

static int glance(void *self, char ret_world_id[STORE_NAME_MAX], struct store_stream *ret_streams,
                  size_t room, size_t *ret_count, struct fault *fault)
{
    return sqlite_world_glance(self, ret_world_id, ret_streams, room, ret_count, fault);
}

static int amend(void *self, const struct store_amendment *amendment, struct fault *fault)
{
    return sqlite_amend(self, amendment, fault);
}

static int note(void *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault)
{
    return sqlite_note(self, world_id, generation, pairs, count, fault);
}

static int has_act(void *self, const char *id, bool *ret, struct fault *fault)
{
    return sqlite_has_act(self, id, ret, fault);
}

static int commit(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault)
{
    return sqlite_rows_commit(self, shadow, batch, ret_outcome, fault);
}

static int room(void *self, struct fault *fault)
{
    return sqlite_rows_room(self, fault);
}

static int shadow_begin(void *self, const struct store_description *description,
                        struct fault *fault)
{
    return sqlite_swap_begin(self, description, fault);
}

static int swap_check(void *self, struct fault *fault)
{
    return sqlite_swap_check(self, fault);
}

static int swap(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    return sqlite_swap_now(self, old_world_id, wait_ms, fault);
}

static int sweep(void *self, struct fault *fault)
{
    return sqlite_swap_sweep(self, fault);
}

static int views(void *self, bool wanted, struct fault *fault)
{
    return sqlite_views(self, wanted, fault);
}

static int page(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    return sqlite_rows_page(self, table, after, limit, visit, context, ret_count, fault);
}

const struct store_backend store_sqlite = {
    .open = open_store,
    .close = close_store,
    .connect = connect_store,
    .connected = is_connected,
    .interrupt = interrupt,
    .patience = patience,
    .describe = describe,
    .probe = probe,
    .claim = claim,
    .differences = differences,
    .adopt = adopt,
    .upgrade = upgrade,
    .load = load,
    .glance = glance,
    .amend = amend,
    .note = note,
    .has_act = has_act,
    .commit = commit,
    .room = room,
    .shadow_begin = shadow_begin,
    .swap_check = swap_check,
    .swap = swap,
    .sweep = sweep,
    .views = views,
    .page = page,
};
