#include "store/mariadb.h"

#include <mysql.h>

#include "store/backend.h"

/* The table of operations: each hands its work to the part of the backend that does it. */

static void *open_store(const struct store_config *config)
{
    return maria_new(config);
}

static void close_store(void *self)
{
    maria_free(self);
}

static int connect_store(void *self, struct fault *fault)
{
    return maria_connect(self, fault);
}

static void disconnect_store(void *self)
{
    maria_disconnect(self);
}

static bool connected(const void *self)
{
    return ((const struct maria *)self)->mysql != NULL;
}

static void interrupt_store(void *self)
{
    maria_interrupt(self);
}

static const char *describe(void *self)
{
    return ((const struct maria *)self)->description;
}

static int probe(void *self, enum store_kind *ret_kind, struct fault *why)
{
    return maria_probe(self, ret_kind, why);
}

static int claim(void *self, struct fault *fault)
{
    return maria_claim(self, fault);
}

static int adopt(void *self, struct fault *fault)
{
    return maria_adopt(self, fault);
}

static int load(void *self, struct store_description *ret, struct fault *fault)
{
    return maria_load(self, ret, fault);
}

static int glance(void *self, char ret_world_id[STORE_NAME_MAX], struct store_stream *ret_streams,
                  size_t room, size_t *ret_count, struct fault *fault)
{
    return maria_glance(self, ret_world_id, ret_streams, room, ret_count, fault);
}

static int amend(void *self, const struct store_amendment *amendment, struct fault *fault)
{
    return maria_amend(self, amendment, fault);
}

static int note(void *self, const char *world_id, const struct store_pair *pairs, size_t count,
                struct fault *fault)
{
    return maria_note(self, world_id, pairs, count, fault);
}

static int has_act(void *self, const char *id, bool *ret, struct fault *fault)
{
    return maria_has_act(self, id, ret, fault);
}

static int commit(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault)
{
    return maria_commit(self, shadow, batch, ret_outcome, fault);
}

static int shadow_begin(void *self, const struct store_description *description,
                        struct fault *fault)
{
    return maria_shadow_begin(self, description, fault);
}

static int swap_check(void *self, struct fault *fault)
{
    return maria_swap_check(self, fault);
}

static int swap(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    return maria_swap(self, old_world_id, wait_ms, fault);
}

static int sweep(void *self, struct fault *fault)
{
    return maria_sweep(self, fault);
}

static int page(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    return maria_page(self, table, after, limit, visit, context, ret_count, fault);
}

static int snapshot(void *self, bool begin, struct fault *fault)
{
    return begin ? maria_begin_snapshot(self, fault) : maria_end_snapshot(self, fault);
}

const struct store_backend store_mariadb = {
    .open = open_store,
    .close = close_store,
    .connect = connect_store,
    .disconnect = disconnect_store,
    .connected = connected,
    .interrupt = interrupt_store,
    .describe = describe,
    .probe = probe,
    .claim = claim,
    .adopt = adopt,
    .load = load,
    .glance = glance,
    .amend = amend,
    .note = note,
    .has_act = has_act,
    .commit = commit,
    .shadow_begin = shadow_begin,
    .swap_check = swap_check,
    .swap = swap,
    .sweep = sweep,
    .page = page,
    .snapshot = snapshot,
};
