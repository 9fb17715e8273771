#include "audit/model_updates.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static size_t keep(struct model_updates *updates, const struct cell *cell)
{
    if (updates->used + CELL_PRINT_MAX + 1 > updates->texts_room) {
        updates->texts_room = (updates->used + CELL_PRINT_MAX + 1) * 2;
        updates->texts = mem_grow(updates->texts, updates->texts_room, 1);
    }
    size_t at = updates->used;
    updates->used += cell_print(cell, updates->texts + at) + 1;
    return at;
}

static void add(struct model_updates *updates, const struct change *change, unsigned column,
                size_t key)
{
    const struct cell *value = &change_after(change)[column];
    if (updates->count == updates->room) {
        updates->room = updates->room > 0 ? updates->room * 2 : 1024;
        updates->values = mem_grow(updates->values, updates->room, sizeof *updates->values);
    }
    updates->values[updates->count++] = (struct model_value){
        .key = key,
        .value = keep(updates, value),
        .at = change->at,
        .group = change->group,
        .column = column,
        .null = value->kind == CELL_NULL,
    };
}

static int take(void *context, const struct change *change)
{
    struct model_updates *updates = context;
    if (change->kind != CHANGE_UPDATE)
        return 0;
    size_t key = keep(updates, &change->cells[0]);
    for (unsigned i = 0; i < change_columns_of(change)->count; i++)
        if (!cell_same(&change_before(change)[i], &change_after(change)[i]))
            add(updates, change, i, key);
    return 0;
}

const char *model_updates_key(const struct model_updates *updates, const struct model_value *value)
{
    return updates->texts + value->key;
}

const char *model_updates_column(const struct model_value *value)
{
    return change_groups[value->group].columns[value->column].name;
}

struct cell model_updates_cell(const struct model_updates *updates, const struct model_value *value)
{
    if (value->null)
        return (struct cell){.kind = CELL_NULL};
    return cell_text(updates->texts + value->value);
}

static int compare(const void *a, const void *b, void *texts)
{
    const struct model_value *x = a, *y = b;
    int order = strcmp((const char *)texts + x->key, (const char *)texts + y->key);
    if (order == 0 && x->at != y->at)
        order = x->at < y->at ? -1 : 1;
    return order != 0 ? order : strcmp(model_updates_column(x), model_updates_column(y));
}

int model_updates_read(struct world *world, enum stream_id stream, world_time to,
                       struct model_updates *ret)
{
    world_time reached;
    *ret = (struct model_updates){0};
    int result = world_changes(world, stream, WORLD_TIME_FIRST, to, 0, take, ret, &reached);
    if (ret->count > 0)
        qsort_r(ret->values, ret->count, sizeof *ret->values, compare, ret->texts);
    return result;
}

void model_updates_done(struct model_updates *updates)
{
    free(updates->values);
    free(updates->texts);
    *updates = (struct model_updates){0};
}

/* The first of that row, or where it would be. */
static size_t first_of(const struct model_updates *updates, const char *key)
{
    size_t low = 0, high = updates->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(model_updates_key(updates, &updates->values[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool model_updates_has(const struct model_updates *updates, const struct cell *key, unsigned place,
                       const struct cell *value)
{
    char text[CELL_PRINT_MAX + 1], is[CELL_PRINT_MAX + 1];
    (void)cell_print(key, text);
    (void)cell_print(value, is);
    for (size_t i = first_of(updates, text); i < updates->count; i++) {
        const struct model_value *one = &updates->values[i];
        if (strcmp(model_updates_key(updates, one), text) != 0)
            break;
        if (change_groups[one->group].columns[one->column].place == place &&
            one->null == (value->kind == CELL_NULL) && strcmp(updates->texts + one->value, is) == 0)
            return true;
    }
    return false;
}

void model_updates_apply(const struct model_updates *updates, const struct cell *key,
                         struct cell *cells)
{
    char text[CELL_PRINT_MAX + 1];
    (void)cell_print(key, text);
    for (size_t i = first_of(updates, text); i < updates->count; i++) {
        const struct model_value *value = &updates->values[i];
        if (strcmp(model_updates_key(updates, value), text) != 0)
            break;
        cells[change_groups[value->group].columns[value->column].place] =
            model_updates_cell(updates, value);
    }
}
