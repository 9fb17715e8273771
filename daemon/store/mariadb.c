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

/* A failure that was got over on the way leaves no trace in the caller's fault; a visitor tells its
 * own. */
static int told(int r, const struct fault *why, struct fault *fault)
{
    if (r != 0 && fault != NULL && why->text[0] != '\0')
        *fault = *why;
    return r;
}

static int connect_store(void *self, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_connect(self, &why), &why, fault);
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
    struct fault why = {0};
    return told(maria_claim(self, &why), &why, fault);
}

static int differences(void *self, const struct fill *fills, store_difference_visitor *visit,
                       void *context, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_differences(self, fills, visit, context, &why), &why, fault);
}

static int adopt(void *self, const struct fill *fills, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_adopt(self, fills, &why), &why, fault);
}

static int upgrade(void *self, const char *owner, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_upgrade(self, owner, &why), &why, fault);
}

static int load(void *self, bool replaced, struct store_description *ret, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_load(self, replaced ? SQL_OLD : SQL_LIVE, ret, &why), &why, fault);
}

static int glance(void *self, char ret_world_id[STORE_NAME_MAX], struct store_stream *ret_streams,
                  size_t room, size_t *ret_count, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_glance(self, ret_world_id, ret_streams, room, ret_count, &why), &why, fault);
}

static int ages(void *self, struct store_ages *ret_ages, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_ages(self, ret_ages, &why), &why, fault);
}

static int amend(void *self, const struct store_amendment *amendment, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_amend(self, amendment, &why), &why, fault);
}

static int note(void *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_note(self, world_id, generation, pairs, count, &why), &why, fault);
}

static int has_act(void *self, const char *id, bool *ret, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_has_act(self, id, ret, &why), &why, fault);
}

static int commit(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_commit(self, shadow, batch, ret_outcome, &why), &why, fault);
}

static int shadow_begin(void *self, const struct store_description *description,
                        struct fault *fault)
{
    struct fault why = {0};
    return told(maria_shadow_begin(self, description, &why), &why, fault);
}

static int swap_check(void *self, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_swap_check(self, &why), &why, fault);
}

static int swap(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_swap(self, old_world_id, wait_ms, &why), &why, fault);
}

static int lost(void *self, struct store_loss *ret, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_lost(self, ret, &why), &why, fault);
}

static int sweep(void *self, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_sweep(self, &why), &why, fault);
}

static int views(void *self, bool wanted, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_views(self, wanted, &why), &why, fault);
}

static int page(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    struct fault why = {0};
    return told(maria_page(self, table, after, limit, visit, context, ret_count, &why), &why,
                fault);
}

const struct store_backend store_mariadb = {
    .open = open_store,
    .close = close_store,
    .connect = connect_store,
    .connected = connected,
    .interrupt = interrupt_store,
    .describe = describe,
    .probe = probe,
    .claim = claim,
    .differences = differences,
    .adopt = adopt,
    .upgrade = upgrade,
    .load = load,
    .glance = glance,
    .ages = ages,
    .amend = amend,
    .note = note,
    .has_act = has_act,
    .commit = commit,
    .shadow_begin = shadow_begin,
    .swap_check = swap_check,
    .swap = swap,
    .lost = lost,
    .sweep = sweep,
    .views = views,
    .page = page,
};
