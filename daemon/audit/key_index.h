/* key_index.h - keys with an instant and a word each, found again by bisection. */
#ifndef CREDD_AUDIT_KEY_INDEX_H
#define CREDD_AUDIT_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_NO_INSTANT INT64_MIN

struct key_entry {
    size_t key;      /* offset in `keys`; NUL-terminated there */
    int64_t created; /* seconds since 1970-01-01T00:00:00Z; or KEY_NO_INSTANT */
    char word[20];   /* a status, or "" */
};

struct key_index {
    struct key_entry *entries;
    size_t count, room;
    char *keys;
    size_t used, keys_room;
    bool mixed; /* not in order */
};

/* Keys that do not come in ascending bytewise order need key_index_sort() before they can be found.
 */
struct key_entry *key_index_add(struct key_index *index, const char *key, size_t length,
                                int64_t created);
void key_index_sort(struct key_index *index);
/* NULL if it is not there. */
struct key_entry *key_index_find(const struct key_index *index, const char *key, size_t length);
const char *key_index_key(const struct key_index *index, const struct key_entry *entry);
void key_index_done(struct key_index *index);

#endif
