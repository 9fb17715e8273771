/* backend.h - inside store/: the operations that a kind of database provides; store.c calls through
 * them. */
#ifndef CREDD_STORE_BACKEND_H
#define CREDD_STORE_BACKEND_H

#include "store/store.h"

/* One member for each function of store.h of the same name; `self` is the backend's own struct. */
struct store_backend {
    void *(*open)(const struct store_config *config);
    void (*close)(void *self);
    int (*connect)(void *self, struct fault *fault);
    bool (*connected)(const void *self);
    void (*interrupt)(void *self);
    void (*patience)(void *self, unsigned wait_ms); /* may be NULL */
    const char *(*describe)(void *self);
    int (*probe)(void *self, enum store_kind *ret_kind, struct fault *why);
    int (*claim)(void *self, struct fault *fault);
    int (*differences)(void *self, const struct fill *fills, store_difference_visitor *visit,
                       void *context, struct fault *fault); /* may be NULL */
    int (*adopt)(void *self, const struct fill *fills, struct fault *fault);
    int (*upgrade)(void *self, const char *owner, struct fault *fault);
    /* `replaced`: of the tables swapped out. */
    int (*load)(void *self, bool replaced, struct store_description *ret, struct fault *fault);
    int (*glance)(void *self, char ret_world_id[STORE_NAME_MAX], struct store_stream *ret_streams,
                  size_t room, size_t *ret_count, struct fault *fault);
    int (*ages)(void *self, struct store_ages *ret_ages, struct fault *fault); /* may be NULL */
    int (*amend)(void *self, const struct store_amendment *amendment, struct fault *fault);
    int (*note)(void *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault);
    int (*has_act)(void *self, const char *id, bool *ret, struct fault *fault);
    int (*commit)(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault);
    int (*room)(void *self, struct fault *fault); /* may be NULL */
    int (*shadow_begin)(void *self, const struct store_description *description,
                        struct fault *fault);
    int (*swap_check)(void *self, struct fault *fault);
    int (*swap)(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault);
    int (*lost)(void *self, struct store_loss *ret, struct fault *fault); /* may be NULL */
    int (*sweep)(void *self, struct fault *fault);
    int (*views)(void *self, bool wanted, struct fault *fault); /* may be NULL */
    int (*page)(void *self, const char *table, const char *after, size_t limit,
                store_visitor *visit, void *context, size_t *ret_count, struct fault *fault);
};

/* A store of any backend, which takes `self`: for one that is neither of the two. */
struct store *store_wrap(const struct store_backend *backend, void *self);

extern const struct store_backend store_sqlite;
extern const struct store_backend store_mariadb;

#endif
