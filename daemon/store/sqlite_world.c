#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/own_row.h"
#include "store/sqlite.h"

static int damaged(const struct sqlite *self, struct fault *fault)
{
    return fault_prefix(fault, "%s", self->path), -EUCLEAN;
}

static int take_row(struct sqlite *self, sqlite3_stmt *row, const struct own_list *list, void *item,
                    struct fault *fault)
{
    struct own_value values[OWN_COLUMNS_MAX];
    for (unsigned i = 0; i < list->count; i++) {
        bool number = sqlite3_column_type(row, (int)i) == SQLITE_INTEGER;
        const char *text = (const char *)sqlite3_column_text(row, (int)i);
        values[i] = (struct own_value){text, (size_t)sqlite3_column_bytes(row, (int)i), number};
    }
    int rc = own_take(list, values, item, fault);
    return rc == 0 ? 0 : damaged(self, fault);
}

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
            return fault_set(fault, -EUCLEAN, "%s: %s has more than %zu rows", self->path,
                             SCHEMA_STREAM, room);
        }
        rc = take_row(self, statement, &own_streams, &streams[count++], fault);
        if (rc != 0) {
            (void)sqlite3_reset(statement);
            return rc;
        }
    }
    *ret_count = count;
    return rc;
}

/* On failure too `ret_items` is what there is to release. */
static int read_list(struct sqlite *self, enum sql_side side, const struct own_list *list,
                     void **ret_items, size_t *ret_count, struct fault *fault)
{
    sqlite3_stmt *statement;
    char *items = NULL;
    size_t count = 0, room = 0;
    int rc = sqlite_kept(self, list->text, side, &statement, fault);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        if (count == room) {
            room = room > 0 ? room * 2 : 16;
            items = mem_grow(items, room, list->size);
        }
        rc = take_row(self, statement, list, items + list->size * count++, fault);
        if (rc == 0 && count == list->most)
            rc = damaged(self, (own_too_many(list, fault), fault));
        if (rc != 0)
            break;
    }
    (void)sqlite3_reset(statement);
    *ret_items = items;
    *ret_count = count;
    return rc;
}

static int read_lists(struct sqlite *self, enum sql_side side, struct store_description *to,
                      struct fault *fault)
{
    void *pairs = NULL, *acts = NULL, *gaps = NULL;
    int rc = read_list(self, side, &own_pairs, &pairs, &to->pair_count, fault);
    if (rc == 0)
        rc = read_list(self, side, &own_acts, &acts, &to->act_count, fault);
    if (rc == 0)
        rc = read_list(self, side, &own_gaps, &gaps, &to->gap_count, fault);
    to->pairs = pairs;
    to->acts = acts;
    to->gaps = gaps;
    return rc;
}

/* Those of credd's own tables that are not read here. */
static int expect_logs(struct sqlite *self, struct fault *fault)
{
    static const char *const logs[] = {SCHEMA_STATUS, SCHEMA_CHANGE};
    int rc = 0;
    for (size_t i = 0; i < sizeof logs / sizeof *logs && rc == 0; i++) {
        bool there = false;
        rc = sqlite_has_table(self, logs[i], &there, fault);
        if (rc == 0 && !there)
            rc = fault_set(fault, -EUCLEAN, "%s: the table %s is gone", self->path, logs[i]);
    }
    return rc;
}

int sqlite_world_load(struct sqlite *self, enum sql_side side, struct store_description *ret,
                      struct fault *fault)
{
    struct store_description found = {0};
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
    if (rc == 0 && side == SQL_LIVE)
        rc = expect_logs(self, fault);
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
