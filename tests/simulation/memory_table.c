#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/heap.h"
#include "simulation/memory_parts.h"

#define BLOCK_BYTES ((size_t)256 << 10)
#define ROW_BYTES   (sizeof(struct memory_row *)) /* in a list */

void arena_clear(struct arena *arena)
{
    arena->at = 0;
    arena->used = 0;
}

void arena_done(struct arena *arena)
{
    for (size_t i = 0; i < arena->count; i++)
        free(arena->blocks[i]);
    free(arena->blocks);
    *arena = (struct arena){0};
}

static void *arena_take(struct arena *arena, size_t bytes)
{
    bytes = (bytes + 7) & ~(size_t)7;
    assert(bytes <= BLOCK_BYTES);
    if (arena->at < arena->count && arena->used + bytes > BLOCK_BYTES) {
        arena->at++;
        arena->used = 0;
    }
    if (arena->at == arena->count) {
        arena->blocks = heap_grow_common(arena->blocks, arena->count + 1, sizeof arena->blocks[0]);
        arena->blocks[arena->count++] = heap_grow_common(NULL, BLOCK_BYTES, 1);
    }
    void *memory = arena->blocks[arena->at] + arena->used;
    arena->used += bytes;
    return memory;
}

/* --- rows --- */

struct memory_row *memory_row_new(struct arena *arena, const struct cell *cells, unsigned count)
{
    size_t bytes = sizeof(struct memory_row) + count * sizeof cells[0];
    for (unsigned i = 0; i < count; i++)
        bytes += cells[i].kind == CELL_TEXT ? cells[i].length + (size_t)1 : 0;
    struct memory_row *row = arena_take(arena, bytes);
    char *text = (char *)&row->cells[count];
    row->count = count;
    for (unsigned i = 0; i < count; i++) {
        row->cells[i] = cells[i];
        if (cells[i].kind != CELL_TEXT)
            continue;
        if (cells[i].length > 0)
            memcpy(text, cells[i].text, cells[i].length);
        text[cells[i].length] = '\0';
        row->cells[i].text = text;
        text += cells[i].length + 1;
    }
    return row;
}

static int compare_texts(const struct cell *a, const struct cell *b)
{
    assert(a->kind == CELL_TEXT && b->kind == CELL_TEXT);
    size_t least = a->length < b->length ? a->length : b->length;
    int order = least > 0 ? memcmp(a->text, b->text, least) : 0;
    return order != 0 ? order : (int)a->length - (int)b->length;
}

static bool same_text(const struct cell *a, const struct cell *b)
{
    return a->kind == CELL_TEXT && b->kind == CELL_TEXT && compare_texts(a, b) == 0;
}

size_t memory_table_find(const struct memory_table *table, const struct cell *key, bool *ret_found)
{
    size_t low = 0, high = table->count;
    *ret_found = false;
    /* Keys sort in the order in which they come: the end is the likely place. */
    if (high > 0 && compare_texts(key, &table->rows[high - 1]->cells[0]) > 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_texts(key, &table->rows[middle]->cells[0]);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return low;
}

size_t memory_status_find(const struct memory_table *table, const struct cell *id, int64_t at,
                          bool *ret_found)
{
    size_t low = 0, high = table->count;
    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct cell *cells = table->rows[middle]->cells;
        int order = compare_texts(id, &cells[0]);
        if (order == 0)
            order = at < cells[2].number ? -1 : at > cells[2].number;
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return low;
}

static int compare_changes(const struct cell *key, int64_t at, const struct cell *column,
                           const struct memory_row *row)
{
    int order = compare_texts(key, &row->cells[1]);
    if (order == 0)
        order = at < row->cells[2].number ? -1 : at > row->cells[2].number;
    return order != 0 ? order : compare_texts(column, &row->cells[3]);
}

size_t memory_change_find(const struct memory_table *table, const struct cell *key, int64_t at,
                          const struct cell *column, bool *ret_found)
{
    size_t low = 0, high = table->count;
    *ret_found = false;
    while (low < high && !*ret_found) {
        size_t middle = low + (high - low) / 2;
        int order = compare_changes(key, at, column, table->rows[middle]);
        *ret_found = order == 0;
        low = order > 0 ? middle + 1 : order == 0 ? middle : low;
        high = order < 0 ? middle : high;
    }
    return low;
}

void memory_table_insert(struct memory_table *table, size_t at, struct memory_row *row)
{
    if (table->count == table->room) {
        table->room = table->room > 0 ? table->room * 2 : 256;
        table->rows = heap_grow_common(table->rows, table->room, ROW_BYTES);
    }
    memmove(table->rows + at + 1, table->rows + at, (table->count - at) * ROW_BYTES);
    table->rows[at] = row;
    table->count++;
}

void memory_table_remove(struct memory_table *table, size_t at)
{
    table->count--;
    memmove(table->rows + at, table->rows + at + 1, (table->count - at) * ROW_BYTES);
}

/* --- changes --- */

/* A row that somebody put in its place stays. */
static void log_status(struct arena *arena, struct memory_side *side, const struct cell *id,
                       const struct cell *status, int64_t at)
{
    struct cell cells[3] = {*id, *status, {.kind = CELL_TIME, .number = at}};
    bool found = false;
    size_t place = memory_status_find(&side->status, id, at, &found);
    if (!found && status->kind == CELL_TEXT)
        memory_table_insert(&side->status, place, memory_row_new(arena, cells, 3));
}

static bool has_parent(const struct memory_side *side, const struct schema_table *schema,
                       const struct change *change)
{
    bool found = false;
    if (schema->parent_column < 0)
        return true;
    const struct cell *parent = &change->cells[schema->parent_column];
    if (parent->kind == CELL_NULL)
        return true;
    (void)memory_table_find(&side->tables[0], parent, &found);
    return found;
}

static bool insert(struct arena *arena, struct memory_side *side, size_t place,
                   const struct change *change)
{
    const struct schema_table *schema = &schema_tables[place];
    bool found = false;
    assert(change->count == schema->count);
    size_t at = memory_table_find(&side->tables[place], &change->cells[0], &found);
    if (found || !has_parent(side, schema, change))
        return false;
    memory_table_insert(&side->tables[place], at,
                        memory_row_new(arena, change->cells, change->count));
    if (schema->status_column >= 0)
        log_status(arena, side, &change->cells[0], &change->cells[schema->status_column],
                   change->at);
    return true;
}

static bool move(struct arena *arena, struct memory_side *side, size_t place,
                 const struct change *change)
{
    int column = schema_tables[place].status_column;
    bool found = false;
    assert(change->count == 3 && column >= 0);
    size_t at = memory_table_find(&side->tables[place], &change->cells[0], &found);
    struct memory_row **row = found ? &side->tables[place].rows[at] : NULL;
    if (row == NULL || !same_text(&(*row)->cells[column], &change->cells[1]))
        return false;
    struct cell cells[CHANGE_CELLS_MAX];
    memcpy(cells, (*row)->cells, (*row)->count * sizeof cells[0]);
    cells[column] = change->cells[2];
    *row = memory_row_new(arena, cells, (*row)->count);
    log_status(arena, side, &change->cells[0], &change->cells[2], change->at);
    return true;
}

static void log_change(struct arena *arena, struct memory_side *side, const struct change *change,
                       const char *column, const struct cell *value)
{
    char text[CELL_PRINT_MAX + 1];
    struct cell cells[5] = {cell_text(change_columns_of(change)->table),
                            change->cells[0],
                            {.kind = CELL_TIME, .number = change->at},
                            cell_text(column)};
    bool found = false;
    size_t place = memory_change_find(&side->changes, &cells[1], change->at, &cells[3], &found);
    if (value->kind != CELL_NULL) {
        (void)cell_print(value, text);
        cells[4] = cell_text(text);
    }
    if (!found)
        memory_table_insert(&side->changes, place, memory_row_new(arena, cells, 5));
}

bool memory_side_is_others(const struct memory_side *side, const struct cell *key,
                           enum change_group group)
{
    const struct cell first = cell_text(""), name = cell_text(change_groups[group].name);
    bool found = false;
    size_t at = memory_change_find(&side->changes, key, 0, &first, &found);
    for (; at < side->changes.count && same_text(&side->changes.rows[at]->cells[1], key); at++)
        if (same_text(&side->changes.rows[at]->cells[3], &name))
            return true;
    return false;
}

static bool is_expected(const struct memory_row *row, const struct change *change)
{
    const struct change_columns *columns = change_columns_of(change);
    for (unsigned i = 0; i < columns->count; i++)
        if (!cell_same(&row->cells[columns->columns[i].place], &change_before(change)[i]))
            return false;
    return true;
}

/* False: it is left out. Nothing is counted where others had the group before. */
static bool update(struct arena *arena, struct memory_side *side, size_t place,
                   const struct change *change, bool *ret_counts)
{
    static const struct cell none = {.kind = CELL_NULL};
    const struct change_columns *columns = change_columns_of(change);
    bool found = false;
    size_t at = memory_table_find(&side->tables[place], &change->cells[0], &found);
    struct memory_row **row = found ? &side->tables[place].rows[at] : NULL;
    *ret_counts = !memory_side_is_others(side, &change->cells[0], change->group);
    if (row == NULL || !*ret_counts)
        return false;
    if (!is_expected(*row, change)) {
        log_change(arena, side, change, columns->name, &none);
        return false;
    }
    struct cell cells[CHANGE_CELLS_MAX];
    memcpy(cells, (*row)->cells, (*row)->count * sizeof cells[0]);
    for (unsigned i = 0; i < columns->count; i++) {
        cells[columns->columns[i].place] = change_after(change)[i];
        if (!cell_same(&change_before(change)[i], &change_after(change)[i]))
            log_change(arena, side, change, columns->columns[i].name, &change_after(change)[i]);
    }
    *row = memory_row_new(arena, cells, (*row)->count);
    return true;
}

void memory_side_change(struct arena *arena, struct memory_side *side, size_t place,
                        const struct change_list *changes, struct store_outcome *outcome)
{
    for (size_t i = 0; changes != NULL && i < changes->count; i++) {
        const struct change *change = &changes->items[i];
        bool counts = true, done = false;
        switch (change->kind) {
        case CHANGE_INSERT: done = insert(arena, side, place, change); break;
        case CHANGE_MOVE: done = move(arena, side, place, change); break;
        case CHANGE_UPDATE: done = update(arena, side, place, change, &counts); break;
        }
        outcome->inserted += done && change->kind == CHANGE_INSERT ? 1 : 0;
        outcome->moved += done && change->kind == CHANGE_MOVE ? 1 : 0;
        outcome->updated += done && change->kind == CHANGE_UPDATE ? 1 : 0;
        outcome->skipped += done || !counts ? 0 : 1;
    }
}
