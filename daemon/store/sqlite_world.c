#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/sqlite.h"

static void column_text(sqlite3_stmt *statement, int column, char *ret, size_t room)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    (void)snprintf(ret, room, "%s", text != NULL ? text : "");
}

#define COLUMN_TEXT(statement, column, field) \
    column_text((statement), (column), (field), sizeof(field))

int sqlite_world_id(struct sqlite *self, enum sql_side side, char ret[STORE_NAME_MAX],
                    struct fault *fault)
{
    char name[SQL_NAME_MAX];
    bool there = false;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_has_table(self, sql_name(side, SCHEMA_WORLD, name), &there, fault);
    if (rc == 0 && there)
        rc = sqlite_kept(self, SQL_WORLD_ID, side, &statement, fault);
    if (rc == 0 && there)
        rc = sqlite_one_text(self, statement, ret, STORE_NAME_MAX, fault);
    if (rc == -ENOENT || (rc == 0 && !there))
        rc = fault_set(fault, -ENOENT, "%s holds no world yet", self->path);
    return rc;
}

static int read_stream(struct sqlite *self, sqlite3_stmt *statement, struct store_stream *stream,
                       struct fault *fault)
{
    int rc = sqlite_expect_numbers(self, statement, SCHEMA_STREAM, "tnnnnnnnnnntt", fault);
    if (rc != 0)
        return rc;
    *stream = (struct store_stream){
        .generation = sqlite3_column_int64(statement, 1),
        .watermark = {sqlite3_column_int64(statement, 2)},
        .started = sqlite3_column_int64(statement, 3) != 0,
        .rows = sqlite3_column_int64(statement, 4),
        .skipped = sqlite3_column_int64(statement, 5),
        .not_before = {sqlite3_column_int64(statement, 6)},
        .paused = sqlite3_column_int64(statement, 7) != 0,
        .paused_at = {sqlite3_column_int64(statement, 8)},
        .paused_wall_us = sqlite3_column_int64(statement, 9),
        .resumes_wall_us = sqlite3_column_int64(statement, 10),
    };
    COLUMN_TEXT(statement, 0, stream->name);
    COLUMN_TEXT(statement, 11, stream->paused_by);
    COLUMN_TEXT(statement, 12, stream->reason);
    return 0;
}

static int read_streams(struct sqlite *self, enum sql_side side, struct store_stream *streams,
                        size_t room, size_t *ret_count, struct fault *fault)
{
    sqlite3_stmt *statement;
    size_t count = 0;
    int rc = sqlite_kept(self, SQL_STREAMS, side, &statement, fault);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        if (count == room) {
            (void)sqlite3_reset(statement);
            return fault_set(fault, -EPROTO, "%s: more than %zu streams in " SCHEMA_STREAM,
                             self->path, room);
        }
        rc = read_stream(self, statement, &streams[count++], fault);
        if (rc != 0) {
            (void)sqlite3_reset(statement);
            return rc;
        }
    }
    *ret_count = count;
    return rc;
}

static void take_pair(sqlite3_stmt *row, void *item)
{
    struct store_pair *pair = item;
    COLUMN_TEXT(row, 0, pair->name);
    COLUMN_TEXT(row, 1, pair->value);
}

static void take_act(sqlite3_stmt *row, void *item)
{
    struct store_act *act = item;
    *act = (struct store_act){
        .seq = sqlite3_column_int64(row, 0),
        .at = {sqlite3_column_int64(row, 4)},
        .wall_us = sqlite3_column_int64(row, 5),
        .uid = sqlite3_column_int64(row, 7),
        .pid = sqlite3_column_int64(row, 8),
    };
    COLUMN_TEXT(row, 1, act->world_id);
    COLUMN_TEXT(row, 2, act->id);
    COLUMN_TEXT(row, 3, act->kind);
    COLUMN_TEXT(row, 6, act->parameters);
    COLUMN_TEXT(row, 9, act->user);
    COLUMN_TEXT(row, 10, act->reason);
}

static void take_gap(sqlite3_stmt *row, void *item)
{
    struct store_gap *gap = item;
    COLUMN_TEXT(row, 0, gap->stream);
    gap->from.s = sqlite3_column_int64(row, 1);
    gap->until.s = sqlite3_column_int64(row, 2);
    gap->seq = sqlite3_column_int64(row, 3);
}

struct list {
    enum sql_text text;
    const char *table, *kinds; /* as sqlite_expect_numbers() takes them */
    size_t size;               /* of an item */
    void (*take)(sqlite3_stmt *row, void *item);
};
static const struct list lists[] = {
    {SQL_PAIRS, SCHEMA_WORLD, "tt", sizeof(struct store_pair), take_pair},
    {SQL_ACTS, SCHEMA_ACT, "ntttnntnntt", sizeof(struct store_act), take_act},
    {SQL_GAPS, SCHEMA_GAP, "tnnn", sizeof(struct store_gap), take_gap},
};
#define LISTS (sizeof lists / sizeof *lists)

/* On failure too `ret_items` is what there is to release. */
static int read_list(struct sqlite *self, enum sql_side side, const struct list *list,
                     void **ret_items, size_t *ret_count, struct fault *fault)
{
    sqlite3_stmt *statement;
    char *items = NULL;
    size_t count = 0, room = 0;
    int rc = sqlite_kept(self, list->text, side, &statement, fault);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        rc = sqlite_expect_numbers(self, statement, list->table, list->kinds, fault);
        if (rc != 0)
            break;
        if (count == room) {
            room = room > 0 ? room * 2 : 16;
            items = mem_grow(items, room, list->size);
        }
        list->take(statement, items + list->size * count++);
    }
    (void)sqlite3_reset(statement);
    *ret_items = items;
    *ret_count = count;
    return rc;
}

static int read_lists(struct sqlite *self, enum sql_side side, struct store_description *to,
                      struct fault *fault)
{
    size_t *const counts[LISTS] = {&to->pair_count, &to->act_count, &to->gap_count};
    void *items[LISTS] = {NULL};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < LISTS; i++)
        rc = read_list(self, side, &lists[i], &items[i], counts[i], fault);
    to->pairs = items[0];
    to->acts = items[1];
    to->gaps = items[2];
    return rc;
}

int sqlite_world_load(struct sqlite *self, enum sql_side side, struct store_description *ret,
                      struct fault *fault)
{
    struct store_description found = {0};
    bool status = false;
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = sqlite_begin_reading(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_world_id(self, side, found.world_id, fault);
    if (rc == 0)
        rc = read_streams(self, side, found.streams, STORE_STREAMS_MAX, &found.stream_count, fault);
    if (rc == 0)
        rc = read_lists(self, side, &found, fault);
    if (rc == 0 && side == SQL_LIVE) /* the one of credd's own tables that is not read here */
        rc = sqlite_has_table(self, SCHEMA_STATUS, &status, fault);
    if (rc == 0 && side == SQL_LIVE && !status)
        rc = fault_set(fault, -EUCLEAN, "%s: the table " SCHEMA_STATUS " is gone", self->path);
    sqlite_end_reading(self);
    if (rc == 0)
        *ret = found;
    else
        store_description_done(&found);
    return rc;
}

int sqlite_world_glance(struct sqlite *self, char ret_world_id[STORE_NAME_MAX],
                        struct store_stream *ret_streams, size_t room, size_t *ret_count,
                        struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = sqlite_begin_reading(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = sqlite_world_id(self, SQL_LIVE, ret_world_id, fault);
    if (rc == 0)
        rc = read_streams(self, SQL_LIVE, ret_streams, room, ret_count, fault);
    sqlite_end_reading(self);
    return rc;
}
