/* roster.h - keys with an instant and a word each, found again by bisection. */
#ifndef CREDD_ENGINE_ROSTER_H
#define CREDD_ENGINE_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roster_entry {
    size_t key;      /* offset in `keys`; NUL-terminated there */
    int64_t created; /* seconds since 1970-01-01T00:00:00Z; INT64_MIN: unknown */
    char word[20];   /* a status, or "" */
};

struct roster {
    struct roster_entry *entries;
    size_t count, room;
    char *keys;
    size_t used, keys_room;
    bool mixed; /* not in order */
};

/* Keys that do not come in ascending bytewise order need roster_sort() before they can be found. */
struct roster_entry *roster_add(struct roster *roster, const char *key, size_t length,
                                int64_t created);
void roster_sort(struct roster *roster);
/* NULL if it is not there. */
struct roster_entry *roster_find(const struct roster *roster, const char *key, size_t length);
const char *roster_key(const struct roster *roster, const struct roster_entry *entry);
void roster_done(struct roster *roster);

#endif
