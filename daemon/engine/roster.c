#include "engine/roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct roster_entry *roster_add(struct roster *roster, const char *key, size_t length,
                                int64_t created)
{
    if (roster->count == roster->room) {
        roster->room = roster->room > 0 ? roster->room * 2 : 1024;
        roster->entries = mem_grow(roster->entries, roster->room, sizeof *roster->entries);
    }
    if (roster->used + length + 1 > roster->keys_room) {
        roster->keys_room = (roster->used + length + 1) * 2;
        roster->keys = mem_grow(roster->keys, roster->keys_room, 1);
    }
    struct roster_entry *entry = &roster->entries[roster->count++];
    *entry = (struct roster_entry){.key = roster->used, .created = created};
    memcpy(roster->keys + roster->used, key, length);
    roster->keys[roster->used + length] = '\0';
    if (roster->count > 1 && strcmp(roster_key(roster, entry - 1), roster_key(roster, entry)) > 0)
        roster->mixed = true;
    roster->used += length + 1;
    return entry;
}

const char *roster_key(const struct roster *roster, const struct roster_entry *entry)
{
    return roster->keys + entry->key;
}

static int compare_entries(const void *a, const void *b, void *keys)
{
    const struct roster_entry *x = a, *y = b;
    return strcmp((const char *)keys + x->key, (const char *)keys + y->key);
}

void roster_sort(struct roster *roster)
{
    if (roster->mixed)
        qsort_r(roster->entries, roster->count, sizeof *roster->entries, compare_entries,
                roster->keys);
    roster->mixed = false;
}

static int compare(const char *key, const char *wanted, size_t length)
{
    size_t have = strlen(key);
    int order = memcmp(key, wanted, have < length ? have : length);
    return order != 0 ? order : (have > length) - (have < length);
}

struct roster_entry *roster_find(const struct roster *roster, const char *key, size_t length)
{
    size_t low = 0, high = roster->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(roster_key(roster, &roster->entries[middle]), key, length);
        if (order == 0)
            return &roster->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void roster_done(struct roster *roster)
{
    free(roster->entries);
    free(roster->keys);
    *roster = (struct roster){0};
}
