#include "audit/key_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct key_entry *key_index_add(struct key_index *index, const char *key, size_t length,
                                int64_t created)
{
    if (index->count == index->room) {
        index->room = index->room > 0 ? index->room * 2 : 1024;
        index->entries = mem_grow(index->entries, index->room, sizeof *index->entries);
    }
    if (index->used + length + 1 > index->keys_room) {
        index->keys_room = (index->used + length + 1) * 2;
        index->keys = mem_grow(index->keys, index->keys_room, 1);
    }
    struct key_entry *entry = &index->entries[index->count++];
    *entry = (struct key_entry){.key = index->used, .created = created};
    memcpy(index->keys + index->used, key, length);
    index->keys[index->used + length] = '\0';
    if (index->count > 1 &&
        strcmp(key_index_key(index, entry - 1), key_index_key(index, entry)) > 0)
        index->mixed = true;
    index->used += length + 1;
    return entry;
}

const char *key_index_key(const struct key_index *index, const struct key_entry *entry)
{
    return index->keys + entry->key;
}

static int compare_entries(const void *a, const void *b, void *keys)
{
    const struct key_entry *x = a, *y = b;
    return strcmp((const char *)keys + x->key, (const char *)keys + y->key);
}

void key_index_sort(struct key_index *index)
{
    if (index->mixed)
        qsort_r(index->entries, index->count, sizeof *index->entries, compare_entries, index->keys);
    index->mixed = false;
}

static int compare(const char *key, const char *wanted, size_t length)
{
    size_t have = strlen(key);
    int order = memcmp(key, wanted, have < length ? have : length);
    return order != 0 ? order : (have > length) - (have < length);
}

struct key_entry *key_index_find(const struct key_index *index, const char *key, size_t length)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(key_index_key(index, &index->entries[middle]), key, length);
        if (order == 0)
            return &index->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void key_index_done(struct key_index *index)
{
    free(index->entries);
    free(index->keys);
    *index = (struct key_index){0};
}
