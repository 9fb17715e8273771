/* fake_store.h - a database that holds one description, and pages of rows as texts. */
#ifndef CREDD_TESTS_FAKE_STORE_H
#define CREDD_TESTS_FAKE_STORE_H

#include <errno.h>

#include "fuzz.h"
#include "store/backend.h"

struct fake_store {
    struct store_description description; /* borrowed: what is read are copies */
    int (*page)(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault);
};

static inline void *fake_copy(const void *items, size_t count, size_t size)
{
    void *copy = calloc(count + 1, size);
    FUZZ_CHECK(copy != NULL);
    if (count > 0)
        memcpy(copy, items, count * size);
    return copy;
}

static inline int fake_load(void *self, bool replaced, struct store_description *ret,
                            struct fault *fault)
{
    const struct store_description *from = &((struct fake_store *)self)->description;
    (void)replaced;
    (void)fault;
    *ret = *from;
    ret->pairs = fake_copy(from->pairs, from->pair_count, sizeof *from->pairs);
    ret->acts = fake_copy(from->acts, from->act_count, sizeof *from->acts);
    ret->gaps = fake_copy(from->gaps, from->gap_count, sizeof *from->gaps);
    return 0;
}

static inline int fake_glance(void *self, char ret_world_id[STORE_NAME_MAX],
                              struct store_stream *ret_streams, size_t room, size_t *ret_count,
                              struct fault *fault)
{
    const struct store_description *from = &((struct fake_store *)self)->description;
    if (from->stream_count > room)
        return fault_set(fault, -EPROTO, "more streams than there can be");
    memcpy(ret_world_id, from->world_id, STORE_NAME_MAX);
    memcpy(ret_streams, from->streams, from->stream_count * sizeof *from->streams);
    *ret_count = from->stream_count;
    return 0;
}

static inline int fake_page(void *self, const char *table, const char *after, size_t limit,
                            store_visitor *visit, void *context, size_t *ret_count,
                            struct fault *fault)
{
    return ((struct fake_store *)self)
        ->page(self, table, after, limit, visit, context, ret_count, fault);
}

static inline void fake_close(void *self)
{
    (void)self;
}

static const struct store_backend fake_backend = {
    .close = fake_close, .load = fake_load, .glance = fake_glance, .page = fake_page};

#endif
