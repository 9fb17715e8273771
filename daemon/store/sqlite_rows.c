#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "store/sqlite.h"

#define LARGE_BATCH (UINT64_C(1) << 20)

/* --- values --- */

/* A decimal goes in as exact text. The column's DECIMAL gives it NUMERIC affinity, so that SQLite
 * keeps an integer or a double, and an application's SUM() sees a number. With at most 12 digits
 * nothing is lost by that: a double holds 15, and SQLite prints 15, so the text that comes back is
 * the shortest one of the same value. No double is ever handled here. */
static void bind_cell(sqlite3_stmt *statement, int at, const struct cell *cell)
{
    char text[CELL_PRINT_MAX + 1];
    switch ((enum cell_kind)cell->kind) {
    case CELL_NULL: (void)sqlite3_bind_null(statement, at); break;
    case CELL_TEXT:
        (void)sqlite3_bind_text(statement, at, cell->length > 0 ? cell->text : "", cell->length,
                                SQLITE_STATIC);
        break;
    case CELL_INTEGER: (void)sqlite3_bind_int64(statement, at, cell->number); break;
    case CELL_DECIMAL:
    case CELL_DATE:
    case CELL_TIME: {
        int length = (int)cell_print(cell, text);
        (void)sqlite3_bind_text(statement, at, text, length, SQLITE_TRANSIENT);
        break;
    }
    }
}

static struct cell read_cell(sqlite3_stmt *statement, int at, const struct schema_column *column)
{
    bool null = sqlite3_column_type(statement, at) == SQLITE_NULL;
    const char *text = (const char *)sqlite3_column_text(statement, at);
    size_t length = (size_t)sqlite3_column_bytes(statement, at);
    return sql_read_cell(column, null || text != NULL ? text : "", length);
}

/* --- commit --- */

/* Foreign keys name `customers`, which is the live table until the swap: a shadow row's parent is
 * looked for by the statement itself. */
static char *shadow_insert(const struct schema_table *table)
{
    char parents[SQL_NAME_MAX];
    char *plain = sql_insert(table, SQL_SHADOW);
    char *values = strstr(plain, " VALUES (");
    if (table->parent_column < 0 || values == NULL)
        return plain;
    char *marks = values + strlen(" VALUES (");
    char *guarded =
        mem_format("%.*s SELECT %.*s WHERE EXISTS (SELECT 1 FROM %s WHERE customer_id = ?%d)",
                   (int)(values - plain), plain, (int)strlen(marks) - 1, marks,
                   sql_name(SQL_SHADOW, schema_tables[0].name, parents), table->parent_column + 1);
    free(plain);
    return guarded;
}

static int row_statement(struct sqlite *self, enum sql_side side, const struct schema_table *table,
                         enum change_kind kind, sqlite3_stmt **ret, struct fault *fault)
{
    size_t place = (size_t)(table - schema_tables);
    sqlite3_stmt **kept =
        kind == CHANGE_INSERT ? &self->inserts[side][place] : &self->moves[side][place];
    int rc = 0;
    if (*kept == NULL) {
        char *sql = kind == CHANGE_MOVE  ? sql_move(table, side)
                    : side == SQL_SHADOW ? shadow_insert(table)
                                         : sql_insert(table, side);
        rc = sqlite_prepare(self, sql, kept, fault);
        free(sql);
    }
    if (rc == 0)
        *ret = *kept;
    return rc;
}

/* Runs one row's statement: 1 if it changed a row, 0 if the database did not want it. */
static int run_row(struct sqlite *self, sqlite3_stmt *statement, struct fault *fault)
{
    int rc = sqlite3_step(statement);
    int code = rc == SQLITE_DONE ? sqlite3_changes(self->db) > 0 : 0;
    if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_CONSTRAINT)
        code = sqlite_error(self, self->db, rc, "writing a row", fault);
    else if (sqlite3_get_autocommit(self->db) != 0)
        /* A trigger of somebody's with RAISE(ROLLBACK): the batch is gone, nothing was committed.
         */
        code = fault_set(fault, -EPROTO, "%s: the transaction was rolled back by: %s", self->path,
                         sqlite3_errmsg(self->db));
    (void)sqlite3_reset(statement);
    return code;
}

/* A row that somebody put in its place stays. */
static int log_status(struct sqlite *self, enum sql_side side, const struct cell *key,
                      const struct cell *status, int64_t at, struct fault *fault)
{
    const struct cell when = {.kind = CELL_TIME, .number = at};
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, SQL_STATUS_ADD, side, &statement, fault);
    if (rc != 0)
        return rc;
    bind_cell(statement, 1, key);
    bind_cell(statement, 2, status);
    bind_cell(statement, 3, &when);
    rc = run_row(self, statement, fault);
    return rc < 0 ? rc : 0;
}

static int insert_row(struct sqlite *self, enum sql_side side, const struct schema_table *table,
                      const struct change *change, struct fault *fault)
{
    sqlite3_stmt *statement;
    assert(change->count == table->count);
    int rc = row_statement(self, side, table, CHANGE_INSERT, &statement, fault);
    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < change->count; i++)
        bind_cell(statement, (int)i + 1, &change->cells[i]);
    rc = run_row(self, statement, fault);
    if (rc == 1 && table->status_column >= 0) {
        int logged = log_status(self, side, &change->cells[0], &change->cells[table->status_column],
                                change->at, fault);
        rc = logged != 0 ? logged : rc;
    }
    return rc;
}

static int move_row(struct sqlite *self, enum sql_side side, const struct schema_table *table,
                    const struct change *change, struct fault *fault)
{
    sqlite3_stmt *statement;
    assert(change->count >= 3 && table->status_column >= 0);
    int rc = row_statement(self, side, table, CHANGE_MOVE, &statement, fault);
    if (rc != 0)
        return rc;
    bind_cell(statement, 1, &change->cells[2]);
    bind_cell(statement, 2, &change->cells[0]);
    bind_cell(statement, 3, &change->cells[1]);
    rc = run_row(self, statement, fault);
    if (rc == 1) {
        int logged =
            log_status(self, side, &change->cells[0], &change->cells[2], change->at, fault);
        rc = logged != 0 ? logged : rc;
    }
    return rc;
}

static int write_rows(struct sqlite *self, enum sql_side side, const struct store_batch *batch,
                      struct store_outcome *outcome, struct fault *fault)
{
    const struct schema_table *table = schema_table(batch->stream);
    size_t count = batch->changes != NULL ? batch->changes->count : 0;
    if (table == NULL)
        return count == 0
                   ? 0
                   : fault_set(fault, -EPROTO, "there is no table for stream %s", batch->stream);
    for (size_t i = 0; i < count; i++) {
        const struct change *change = &batch->changes->items[i];
        bool insert = change->kind == CHANGE_INSERT;
        int rc = insert ? insert_row(self, side, table, change, fault)
                        : move_row(self, side, table, change, fault);
        if (rc < 0)
            return rc;
        outcome->inserted += rc == 1 && insert ? 1 : 0;
        outcome->moved += rc == 1 && !insert ? 1 : 0;
        outcome->skipped += rc == 0 ? 1 : 0;
    }
    return 0;
}

static int move_watermark(struct sqlite *self, enum sql_side side, const struct store_batch *batch,
                          struct fault *fault)
{
    int rc = sqlite_do(self, SQL_STREAM_SWAP, side, fault, "ittiii", batch->to.s, batch->stream,
                       batch->world_id, batch->generation, (int64_t)batch->started, batch->from.s);
    if (rc == 0 && sqlite3_changes(self->db) != 1)
        rc = fault_set(fault, -ESTALE,
                       "stream %s of world %s is not where it was: another daemon, a reset or an "
                       "operator came first",
                       batch->stream, batch->world_id);
    return rc;
}

static int has_room(struct sqlite *self, uint64_t need, struct fault *fault)
{
    struct statvfs disk;
    if (statvfs(self->path, &disk) != 0)
        return 0;
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (free_bytes >= self->min_free + need)
        return 0;
    return fault_set(fault, -ENOSPC,
                     "the disk under %s has %" PRIu64 " MiB free and %" PRIu64
                     " MiB have to stay free: make room, credd goes on by itself; or lower "
                     "database.min_free and restart credd",
                     self->path, free_bytes >> 20, self->min_free >> 20);
}

static int enough_room(struct sqlite *self, const struct store_batch *batch, struct fault *fault)
{
    uint64_t need = batch->changes != NULL ? change_list_bytes(batch->changes) : 0;
    return self->min_free > 0 ? has_room(self, need, fault) : 0;
}

int sqlite_rows_room(struct sqlite *self, struct fault *fault)
{
    return has_room(self, LARGE_BATCH, fault);
}

int sqlite_rows_commit(struct sqlite *self, bool shadow, const struct store_batch *batch,
                       struct store_outcome *ret_outcome, struct fault *fault)
{
    enum sql_side side = shadow ? SQL_SHADOW : SQL_LIVE;
    struct store_outcome outcome = {0};
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = enough_room(self, batch, fault);
    if (rc == 0)
        rc = sqlite_foreign_keys(self, !shadow, fault);
    if (rc == 0)
        rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_whose_marker(self, fault);
    if (rc == 0)
        rc = move_watermark(self, side, batch, fault);
    if (rc == 0)
        rc = write_rows(self, side, batch, &outcome, fault);
    if (rc == 0 && outcome.inserted + outcome.skipped > 0)
        rc = sqlite_do(self, SQL_STREAM_COUNT, side, fault, "iit", outcome.inserted,
                       outcome.skipped, batch->stream);
    if (rc == 0)
        rc = sqlite_world_put_pairs(self, side, batch->pairs, batch->pair_count, fault);
    rc = sqlite_end(self, rc, fault);
    if (rc == 0)
        *ret_outcome = outcome;
    return rc;
}

/* --- pages --- */

static int prepare_status(struct sqlite *self, const char *after, sqlite3_stmt **ret,
                          int *ret_limit, struct fault *fault)
{
    char id[SQL_NAME_MAX];
    struct cell at;
    if (after != NULL && sql_status_after(after, id, &at) != 0)
        return fault_set(fault, -EPROTO, "%s is not a place in " SCHEMA_STATUS, after);
    char *sql = mem_format("SELECT application_id, status, at FROM " SCHEMA_STATUS "%s "
                           "ORDER BY application_id, at LIMIT ?",
                           after != NULL ? " WHERE (application_id, at) > (?, ?)" : "");
    int rc = sqlite_prepare(self, sql, ret, fault);
    free(sql);
    if (rc == 0 && after != NULL) {
        sqlite_bind(*ret, "t", id);
        bind_cell(*ret, 2, &at);
    }
    *ret_limit = after != NULL ? 3 : 1;
    return rc;
}

static int prepare_page(struct sqlite *self, const struct schema_table *table, const char *after,
                        sqlite3_stmt **ret, int *ret_limit, struct fault *fault)
{
    if (table == &schema_status)
        return prepare_status(self, after, ret, ret_limit, fault);
    char *sql = sql_page(table, after != NULL);
    int rc = sqlite_prepare(self, sql, ret, fault);
    free(sql);
    if (rc == 0 && after != NULL)
        sqlite_bind(*ret, "t", after);
    *ret_limit = after != NULL ? 2 : 1;
    return rc;
}

static int visit_rows(struct sqlite *self, sqlite3_stmt *statement,
                      const struct schema_table *table, store_visitor *visit, void *context,
                      size_t *ret_count, struct fault *fault)
{
    struct cell cells[CHANGE_CELLS_MAX];
    int rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        for (unsigned i = 0; i < table->count; i++)
            cells[i] = read_cell(statement, (int)i, &table->columns[i]);
        (*ret_count)++;
        int said = visit(context, cells, table->count);
        if (said != 0)
            return said < 0 ? said : 0;
    }
    return rc;
}

int sqlite_rows_page(struct sqlite *self, const char *table_name, const char *after, size_t limit,
                     store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    const struct schema_table *table = schema_readable(table_name);
    sqlite3_stmt *statement = NULL;
    int at_limit = 0;
    size_t count = 0;
    int rc = sqlite_usable(self, fault);
    if (rc != 0)
        return rc;
    if (table == NULL)
        return fault_set(fault, -EPROTO, "there is no table %s", table_name);
    rc = prepare_page(self, table, after, &statement, &at_limit, fault);
    if (rc == 0) {
        (void)sqlite3_bind_int64(statement, at_limit, (int64_t)limit);
        rc = visit_rows(self, statement, table, visit, context, &count, fault);
    }
    (void)sqlite3_finalize(statement);
    if (rc == 0)
        *ret_count = count;
    return rc;
}
