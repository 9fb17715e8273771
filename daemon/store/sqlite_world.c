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

/* --- reading --- */

#define STREAM_NUMBERS 12 /* the columns after the name */

/* An SQLite column takes anything: only numbers mean something where numbers are written. */
static int read_stream(struct sqlite *self, sqlite3_stmt *statement, struct store_stream *stream,
                       struct fault *fault)
{
    for (int i = 1; i <= STREAM_NUMBERS; i++)
        if (sqlite3_column_type(statement, i) != SQLITE_INTEGER)
            return fault_set(fault, -EUCLEAN,
                             "%s: " SCHEMA_STREAM ": %s of %s is '%.80s', no number", self->path,
                             sqlite3_column_name(statement, i),
                             (const char *)sqlite3_column_text(statement, 0),
                             (const char *)sqlite3_column_text(statement, i));
    *stream = (struct store_stream){
        .generation = sqlite3_column_int64(statement, 1),
        .watermark = {sqlite3_column_int64(statement, 2)},
        .started = sqlite3_column_int64(statement, 3) != 0,
        .rows = sqlite3_column_int64(statement, 4),
        .skipped = sqlite3_column_int64(statement, 5),
        .enabled = sqlite3_column_int64(statement, 6) != 0,
        .paused = sqlite3_column_int64(statement, 7) != 0,
        .paused_wall_us = sqlite3_column_int64(statement, 8),
        .resumes_wall_us = sqlite3_column_int64(statement, 9),
        .tempo = sqlite3_column_int64(statement, 10),
        .tempo_after = sqlite3_column_int64(statement, 11),
        .tempo_until_wall_us = sqlite3_column_int64(statement, 12),
    };
    COLUMN_TEXT(statement, 0, stream->name);
    COLUMN_TEXT(statement, 13, stream->reason);
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
        .at = {sqlite3_column_int64(row, 3)},
        .wall_us = sqlite3_column_int64(row, 4),
        .value = sqlite3_column_int64(row, 5),
        .uid = sqlite3_column_int64(row, 6),
        .pid = sqlite3_column_int64(row, 7),
    };
    COLUMN_TEXT(row, 0, act->id);
    COLUMN_TEXT(row, 1, act->kind);
    COLUMN_TEXT(row, 2, act->stream);
    COLUMN_TEXT(row, 8, act->user);
    COLUMN_TEXT(row, 9, act->reason);
}

static void take_gap(sqlite3_stmt *row, void *item)
{
    struct store_gap *gap = item;
    COLUMN_TEXT(row, 0, gap->stream);
    gap->from.s = sqlite3_column_int64(row, 1);
    gap->until.s = sqlite3_column_int64(row, 2);
}

/* All rows of a list, each taken by `take` at its place. On failure too `ret_items` is what there
 * is to release. */
static int read_list(struct sqlite *self, sqlite3_stmt *statement, size_t size,
                     void (*take)(sqlite3_stmt *, void *), void **ret_items, size_t *ret_count,
                     struct fault *fault)
{
    char *items = NULL;
    size_t count = 0, room = 0;
    int rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        if (count == room) {
            room = room > 0 ? room * 2 : 16;
            items = mem_grow(items, room, size);
        }
        take(statement, items + size * count++);
    }
    *ret_items = items;
    *ret_count = count;
    return rc;
}

static int read_lists(struct sqlite *self, enum sql_side side, struct store_description *to,
                      struct fault *fault)
{
    const struct {
        enum sql_text text;
        size_t size;
        void (*take)(sqlite3_stmt *, void *);
        size_t *count;
    } lists[] = {
        {SQL_PAIRS, sizeof *to->pairs, take_pair, &to->pair_count},
        {SQL_ACTS, sizeof *to->acts, take_act, &to->act_count},
        {SQL_GAPS, sizeof *to->gaps, take_gap, &to->gap_count},
    };
    void *items[sizeof lists / sizeof *lists] = {NULL};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof lists / sizeof *lists; i++) {
        sqlite3_stmt *statement;
        rc = sqlite_kept(self, lists[i].text, side, &statement, fault);
        if (rc == 0)
            rc = read_list(self, statement, lists[i].size, lists[i].take, &items[i], lists[i].count,
                           fault);
    }
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
    rc = sqlite_whose_marker(self, fault);
    if (rc == 0)
        rc = sqlite_world_id(self, SQL_LIVE, ret_world_id, fault);
    if (rc == 0)
        rc = read_streams(self, SQL_LIVE, ret_streams, room, ret_count, fault);
    sqlite_end_reading(self);
    return rc;
}

/* 1 if it is there, 0 if not. */
static int has_act(struct sqlite *self, enum sql_side side, const char *id, struct fault *fault)
{
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, SQL_ACT_HAS, side, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "t", id);
    rc = sqlite_next(self, statement, fault);
    (void)sqlite3_reset(statement);
    return rc;
}

int sqlite_world_has_act(struct sqlite *self, const char *id, bool *ret, struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = has_act(self, SQL_LIVE, id, fault);
    if (rc < 0)
        return rc;
    *ret = rc == 1;
    return 0;
}

/* --- writing --- */

int sqlite_world_put_pairs(struct sqlite *self, enum sql_side side, const struct store_pair *pairs,
                           size_t count, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = sqlite_do(self, SQL_PAIR_PUT, side, fault, "tt", pairs[i].name, pairs[i].value);
    return rc;
}

static int put_acts(struct sqlite *self, enum sql_side side, const struct store_act *acts,
                    size_t count, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct store_act *act = &acts[i];
        rc = has_act(self, side, act->id, fault);
        if (rc == 1)
            rc = 0; /* there already */
        else if (rc == 0)
            rc = sqlite_do(self, SQL_ACT_ADD, side, fault, "tttiiiiitt", act->id, act->kind,
                           act->stream, act->at.s, act->wall_us, act->value, act->uid, act->pid,
                           act->user, act->reason);
    }
    return rc;
}

static int put_gaps(struct sqlite *self, enum sql_side side, const struct store_gap *gaps,
                    size_t count, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = sqlite_do(self, SQL_GAP_PUT, side, fault, "tii", gaps[i].stream, gaps[i].from.s,
                       gaps[i].until.s);
    return rc;
}

static int put_streams(struct sqlite *self, const struct store_stream *streams, size_t count,
                       struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct store_stream *s = &streams[i];
        rc = sqlite_do(self, SQL_STREAM_PUT, SQL_LIVE, fault, "iiiiiiitti", (int64_t)s->enabled,
                       (int64_t)s->paused, s->paused_wall_us, s->resumes_wall_us, s->tempo,
                       s->tempo_after, s->tempo_until_wall_us, s->reason, s->name, s->watermark.s);
        if (rc == 0 && sqlite3_changes(self->db) != 1)
            rc = fault_set(fault, -ESTALE, "%s: somebody else brought %s further", self->path,
                           s->name);
    }
    return rc;
}

static int add_streams(struct sqlite *self, enum sql_side side,
                       const struct store_description *from, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < from->stream_count && rc == 0; i++) {
        const struct store_stream *s = &from->streams[i];
        rc = sqlite_do(self, SQL_STREAM_ADD, side, fault, "ttiiiiiiiiiiiit", s->name,
                       from->world_id, s->generation, s->watermark.s, (int64_t)s->started, s->rows,
                       s->skipped, (int64_t)s->enabled, (int64_t)s->paused, s->paused_wall_us,
                       s->resumes_wall_us, s->tempo, s->tempo_after, s->tempo_until_wall_us,
                       s->reason);
    }
    return rc;
}

int sqlite_world_write(struct sqlite *self, enum sql_side side,
                       const struct store_description *description, struct fault *fault)
{
    int rc = sqlite_world_put_pairs(self, side, description->pairs, description->pair_count, fault);
    if (rc == 0)
        rc = sqlite_do(self, SQL_PAIR_PUT, side, fault, "tt", "id", description->world_id);
    if (rc == 0)
        rc = add_streams(self, side, description, fault);
    if (rc == 0)
        rc = put_acts(self, side, description->acts, description->act_count, fault);
    if (rc == 0)
        rc = put_gaps(self, side, description->gaps, description->gap_count, fault);
    return rc;
}

/* The world of this id must be the current one. */
static int expect_world(struct sqlite *self, const char *world_id, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    int rc = sqlite_world_id(self, SQL_LIVE, id, fault);
    if (rc == -ENOENT || (rc == 0 && strcmp(id, world_id) != 0))
        rc = fault_set(fault, -ESTALE, "the world %s is not the current one of %s any more (%s is)",
                       world_id, self->path, id[0] != '\0' ? id : "none");
    return rc;
}

/* All streams in the generation that the caller knows: they move on to the next one. */
static int next_generation(struct sqlite *self, const struct store_amendment *amendment,
                           struct fault *fault)
{
    sqlite3_stmt *others;
    int rc = sqlite_kept(self, SQL_STREAM_OTHERS, SQL_LIVE, &others, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(others, "ti", amendment->world_id, amendment->generation);
    rc = sqlite_next(self, others, fault);
    int64_t count = rc == 1 ? sqlite3_column_int64(others, 0) : 0;
    (void)sqlite3_reset(others);
    if (rc < 0)
        return rc;
    rc = sqlite_do(self, SQL_STREAM_NEXT, SQL_LIVE, fault, "ti", amendment->world_id,
                   amendment->generation);
    if (rc == 0 && (count > 0 || sqlite3_changes(self->db) == 0))
        rc = fault_set(fault, -ESTALE, "the clock of the world %s was changed by somebody else",
                       amendment->world_id);
    return rc;
}

/* A transaction on the world of this id; there is none on failure. */
static int begin_in_world(struct sqlite *self, const char *world_id, struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_whose_marker(self, fault);
    if (rc == 0)
        rc = expect_world(self, world_id, fault);
    return rc != 0 ? sqlite_end(self, rc, fault) : 0;
}

int sqlite_world_amend(struct sqlite *self, const struct store_amendment *amendment,
                       struct fault *fault)
{
    int rc = begin_in_world(self, amendment->world_id, fault);
    if (rc != 0)
        return rc;
    rc = next_generation(self, amendment, fault);
    if (rc == 0)
        rc = sqlite_world_put_pairs(self, SQL_LIVE, amendment->pairs, amendment->pair_count, fault);
    if (rc == 0)
        rc = put_streams(self, amendment->streams, amendment->stream_count, fault);
    if (rc == 0)
        rc = put_acts(self, SQL_LIVE, amendment->acts, amendment->act_count, fault);
    if (rc == 0)
        rc = put_gaps(self, SQL_LIVE, amendment->gaps, amendment->gap_count, fault);
    return sqlite_end(self, rc, fault);
}

int sqlite_world_note(struct sqlite *self, const char *world_id, const struct store_pair *pairs,
                      size_t count, struct fault *fault)
{
    int rc = begin_in_world(self, world_id, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_world_put_pairs(self, SQL_LIVE, pairs, count, fault);
    return sqlite_end(self, rc, fault);
}
