#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/heap.h"
#include "simulation/memory_parts.h"

struct memory_database *memory_database_new(void)
{
    return MEM_NEW(struct memory_database);
}

void memory_database_clear(struct memory_database *db)
{
    connections_free(db);
    for (size_t i = 0; i < SQL_SIDES; i++)
        memory_side_clear(&db->sides[i]);
    while (db->snapshots != NULL) {
        struct memory_snapshot *snapshot = db->snapshots;
        db->snapshots = snapshot->next;
        for (size_t i = 0; i < SQL_SIDES; i++)
            memory_side_done(&snapshot->sides[i]);
        free(snapshot);
    }
    arena_clear(&db->arena);
    db->now_s = 0;
    db->marker = MARKER_NONE;
    db->strangers[0] = '\0';
    memset(db->refuses, 0, sizeof db->refuses);
    db->others = MEMORY_FREE;
}

void memory_database_free(struct memory_database *db)
{
    if (db == NULL)
        return;
    memory_database_clear(db);
    for (size_t i = 0; i < SQL_SIDES; i++)
        memory_side_done(&db->sides[i]);
    arena_done(&db->arena);
    free(db);
}

bool memory_transaction(const struct memory_database *db)
{
    return db->holder != NULL;
}

/* --- what others do --- */

void memory_lock(struct memory_database *db, enum memory_lock lock)
{
    db->others = lock;
}

void memory_make_foreign(struct memory_database *db, const char *table)
{
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        if (table == NULL || strcmp(schema_tables[i].name, table) == 0)
            db->sides[SQL_LIVE].tables[i].there = true;
}

void memory_strangers(struct memory_database *db, const char *what)
{
    (void)snprintf(db->strangers, sizeof db->strangers, "%s", what != NULL ? what : "");
}

void memory_refuse(struct memory_database *db, const char *table, bool refuses)
{
    db->refuses[schema_place(table)] = refuses;
}

bool memory_refuses(const struct memory_database *db, const char *table)
{
    return db->refuses[schema_place(table)];
}

void memory_drop_marker(struct memory_database *db)
{
    db->marker = MARKER_NONE;
}

void memory_make_older(struct memory_database *db)
{
    db->marker = MARKER_OLDER;
}

static struct cell key_cell(const char *key)
{
    return (struct cell){.kind = CELL_TEXT, .length = (uint16_t)strlen(key), .text = key};
}

/* The table, if the application may write to it now. */
static int writable(struct memory_database *db, const char *table, struct memory_table **ret)
{
    size_t place = schema_place(table);
    if (place == SCHEMA_TABLES || !db->sides[SQL_LIVE].tables[place].there)
        return -EINVAL;
    if (db->holder != NULL || db->others != MEMORY_FREE)
        return -EBUSY;
    *ret = &db->sides[SQL_LIVE].tables[place];
    return 0;
}

int memory_insert(struct memory_database *db, const char *table, const struct cell *cells,
                  unsigned count)
{
    struct memory_table *rows = NULL;
    bool found = false;
    int rc = writable(db, table, &rows);
    if (rc != 0)
        return rc;
    size_t at = memory_table_find(rows, &cells[0], &found);
    if (found)
        return -EEXIST;
    memory_table_insert(rows, at, memory_row_new(&db->arena, cells, count));
    return 0;
}

static int column_of(const char *table, const char *column)
{
    const struct schema_table *schema = schema_table(table);
    for (unsigned i = 0; i < schema->count; i++)
        if (strcmp(schema->columns[i].name, column) == 0)
            return (int)i;
    return -1;
}

int memory_update(struct memory_database *db, const char *table, const char *key,
                  const char *column, const struct cell *cell)
{
    struct memory_table *rows = NULL;
    struct cell wanted = key_cell(key);
    struct cell cells[CHANGE_CELLS_MAX];
    bool found = false;
    int rc = writable(db, table, &rows);
    if (rc != 0)
        return rc;
    int place = column_of(table, column);
    size_t at = memory_table_find(rows, &wanted, &found);
    if (!found || place < 0)
        return found ? -EINVAL : -ENOENT;
    const struct memory_row *row = rows->rows[at];
    memcpy(cells, row->cells, row->count * sizeof cells[0]);
    cells[place] = *cell;
    rows->rows[at] = memory_row_new(&db->arena, cells, row->count);
    return 0;
}

int memory_delete(struct memory_database *db, const char *table, const char *key)
{
    struct memory_table *rows = NULL;
    struct cell wanted = key_cell(key);
    bool found = false;
    int rc = writable(db, table, &rows);
    if (rc != 0)
        return rc;
    size_t at = memory_table_find(rows, &wanted, &found);
    if (!found)
        return -ENOENT;
    memory_table_remove(rows, at);
    return 0;
}

static bool refers_to(const struct memory_row *row, int column, const char *key)
{
    return row->cells[column].kind == CELL_TEXT && strcmp(row->cells[column].text, key) == 0;
}

int memory_delete_customer(struct memory_database *db, const char *key)
{
    int rc = memory_delete(db, schema_tables[0].name, key);
    for (size_t i = 1; rc == 0 && i < SCHEMA_TABLES; i++) {
        struct memory_table *table = &db->sides[SQL_LIVE].tables[i];
        int column = schema_tables[i].parent_column;
        size_t kept = 0;
        for (size_t k = 0; column >= 0 && k < table->count; k++)
            if (!refers_to(table->rows[k], column, key))
                table->rows[kept++] = table->rows[k];
        if (column >= 0)
            table->count = kept;
    }
    return rc;
}

/* --- copies of a moment --- */

struct memory_snapshot *memory_snapshot_take(struct memory_database *db)
{
    struct memory_snapshot *snapshot = heap_grow_common(NULL, 1, sizeof *snapshot);
    *snapshot = (struct memory_snapshot){.marker = db->marker, .next = db->snapshots};
    memcpy(snapshot->strangers, db->strangers, sizeof snapshot->strangers);
    for (size_t i = 0; i < SQL_SIDES; i++)
        memory_side_copy(&snapshot->sides[i], &db->sides[i]);
    db->snapshots = snapshot;
    return snapshot;
}

void memory_snapshot_restore(struct memory_database *db, const struct memory_snapshot *snapshot,
                             bool replaced)
{
    if (replaced) {
        connections_lose(db);
    } else if (db->holder != NULL) {
        db->holder->lost = true;
        db->holder = NULL;
    }
    db->marker = snapshot->marker;
    memcpy(db->strangers, snapshot->strangers, sizeof db->strangers);
    for (size_t i = 0; i < SQL_SIDES; i++)
        memory_side_copy(&db->sides[i], &snapshot->sides[i]);
}

const char *memory_snapshot_world_id(const struct memory_snapshot *snapshot)
{
    return snapshot->sides[SQL_LIVE].world_id;
}

#define TELLING_S 3 /* ages are in seconds: nearer ones look the same */

bool memory_snapshot_fits(const struct memory_database *db, const struct memory_snapshot *snapshot)
{
    const struct memory_side *is = &db->sides[SQL_LIVE], *was = &snapshot->sides[SQL_LIVE];
    if (db->marker != snapshot->marker || db->builder != NULL ||
        strcmp(is->world_id, was->world_id) != 0 || is->stream_count != was->stream_count)
        return false;
    for (size_t i = 0; i < is->stream_count; i++)
        if (is->streams[i].generation == was->streams[i].generation &&
            is->streams[i].watermark.s == was->streams[i].watermark.s)
            return false;
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        if (db->now_s - is->tables[i].made_s < TELLING_S)
            return false;
    return true;
}

void memory_snapshot_restore_part(struct memory_database *db,
                                  const struct memory_snapshot *snapshot, unsigned part)
{
    struct memory_side *live = &db->sides[SQL_LIVE];
    memory_side_copy_part(live, &snapshot->sides[SQL_LIVE], part);
    if (part < MEMORY_OWN_PARTS && part != MEMORY_PART_STATUS) /* those that hold the state */
        live->made_s = db->now_s;
    else if (part >= MEMORY_OWN_PARTS)
        live->tables[part - MEMORY_OWN_PARTS].made_s = db->now_s;
}

void memory_server_time(struct memory_database *db, int64_t now_s)
{
    db->now_s = now_s;
}

/* --- looking in --- */

struct memory_row *const *memory_rows(const struct memory_database *db, const char *table,
                                      size_t *ret_count)
{
    const struct memory_side *live = &db->sides[SQL_LIVE];
    const struct memory_table *rows = strcmp(table, SCHEMA_STATUS) == 0 ? &live->status
                                      : strcmp(table, SCHEMA_CHANGE) == 0
                                          ? &live->changes
                                          : &live->tables[schema_place(table)];
    *ret_count = rows->count;
    return rows->rows;
}

const struct memory_row *memory_row(const struct memory_database *db, const char *table,
                                    const char *key)
{
    const struct memory_table *rows = &db->sides[SQL_LIVE].tables[schema_place(table)];
    struct cell wanted = key_cell(key);
    bool found = false;
    size_t at = memory_table_find(rows, &wanted, &found);
    return found ? rows->rows[at] : NULL;
}

const char *memory_world_id(const struct memory_database *db)
{
    return db->sides[SQL_LIVE].world_id;
}

const struct store_stream *memory_stream(const struct memory_database *db, const char *name)
{
    const struct memory_side *live = &db->sides[SQL_LIVE];
    for (size_t i = 0; i < live->stream_count; i++)
        if (strcmp(live->streams[i].name, name) == 0)
            return &live->streams[i];
    return NULL;
}

const struct store_act *memory_acts(const struct memory_database *db, size_t *ret_count)
{
    *ret_count = db->sides[SQL_LIVE].act_count;
    return db->sides[SQL_LIVE].acts;
}

const char *memory_pair(const struct memory_database *db, const char *name)
{
    const struct memory_side *live = &db->sides[SQL_LIVE];
    for (size_t i = 0; i < live->pair_count; i++)
        if (strcmp(live->pairs[i].name, name) == 0)
            return live->pairs[i].value;
    return NULL;
}
