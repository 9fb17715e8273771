#include "base/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct change_columns change_groups[CHANGE_GROUPS] = {
    [CUSTOMER_GROUP_PLACE] =
        {"customers",
         "place",
         5,
         {{"address", 7}, {"city", 8}, {"state", 9}, {"zip_code", 10}, {"phone", 4}}},
    [CUSTOMER_GROUP_WORK] = {"customers",
                             "work",
                             2,
                             {{"employment_type", 11}, {"annual_income", 12}}},
};

#define BLOCK_BYTES ((size_t)65536)

static const char *keep_text(struct change_list *list, const char *text, size_t length)
{
    if (list->block_count > 0 && BLOCK_BYTES - list->block_used < length) {
        list->block_at++;
        list->block_used = 0;
    }
    if (list->block_at == list->block_count) {
        list->blocks = mem_grow(list->blocks, list->block_count + 1, sizeof *list->blocks);
        list->blocks[list->block_count++] = mem_zero(1, BLOCK_BYTES);
    }
    char *kept = list->blocks[list->block_at] + list->block_used;
    memcpy(kept, text, length);
    list->block_used += length;
    return kept;
}

void change_list_add(struct change_list *list, const struct change *change)
{
    if (list->count == list->room) {
        list->room = list->room > 0 ? list->room * 2 : 64;
        list->items = mem_grow(list->items, list->room, sizeof *list->items);
    }
    struct change *kept = &list->items[list->count++];
    *kept = *change;
    for (unsigned i = 0; i < kept->count; i++) {
        struct cell *cell = &kept->cells[i];
        if (cell->kind == CELL_TEXT && cell->length > 0)
            cell->text = keep_text(list, cell->text, cell->length);
    }
}

int change_list_gather(void *list, const struct change *change)
{
    change_list_add(list, change);
    return 0;
}

void change_list_clear(struct change_list *list)
{
    list->count = 0;
    list->block_at = 0;
    list->block_used = 0;
}

void change_list_done(struct change_list *list)
{
    for (size_t i = 0; i < list->block_count; i++)
        free(list->blocks[i]);
    free(list->blocks);
    free(list->items);
    *list = (struct change_list){0};
}

size_t change_list_bytes(const struct change_list *list)
{
    return list->count * sizeof *list->items + list->block_at * BLOCK_BYTES + list->block_used;
}
