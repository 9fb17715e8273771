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

static struct cell read_cell(sqlite3_stmt *statement, int at, const struct schema_column *column)
{
    bool null = sqlite3_column_type(statement, at) == SQLITE_NULL;
    const char *text = (const char *)sqlite3_column_text(statement, at);
    size_t length = (size_t)sqlite3_column_bytes(statement, at);
    return sql_read_cell(column, null || text != NULL ? text : "", length);
}

/* --- commit --- */

/* A row's parent is looked for by the statement itself: foreign keys name `customers`, which is the
 * live table until the swap, and tables that were adopted may have none. */
static char *insert_of(const struct sqlite_row *row)
{
    const struct schema_table *table = row->table;
    char parents[SQL_NAME_MAX];
    char *plain = sql_insert(table, row->side, &row->use);
    char *values = strstr(plain, " VALUES (");
    if (table->parent_column < 0 || values == NULL)
        return plain;
    char *marks = values + strlen(" VALUES (");
    char *guarded =
        mem_format("%.*s SELECT %.*s WHERE EXISTS (SELECT 1 FROM %s WHERE customer_id = ?%d)",
                   (int)(values - plain), plain, (int)strlen(marks) - 1, marks,
                   sql_name(row->side, schema_tables[0].name, parents), table->parent_column + 1);
    free(plain);
    return guarded;
}

/* What is kept is of the columns that were filled then. */
static void drop_other_insert(struct sqlite *self, const struct sqlite_row *row)
{
    sqlite3_stmt **kept = &self->inserts[row->side][row->table - schema_tables];
    char *sql = insert_of(row);
    if (*kept != NULL && strcmp(sqlite3_sql(*kept), sql) != 0) {
        (void)sqlite3_finalize(*kept);
        *kept = NULL;
    }
    free(sql);
}

static int row_statement(struct sqlite *self, const struct sqlite_row *row, sqlite3_stmt **ret,
                         struct fault *fault)
{
    size_t place = (size_t)(row->table - schema_tables);
    sqlite3_stmt **kept =
        row->moves ? &self->moves[row->side][place] : &self->inserts[row->side][place];
    int rc = SQLITE_OK;
    if (*kept == NULL) {
        char *sql = row->moves ? sql_move(row->table, row->side) : insert_of(row);
        rc = sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        free(sql);
    }
    if (rc != SQLITE_OK)
        return sqlite_refusal(self, row, NULL, rc, fault);
    *ret = *kept;
    return 0;
}

/* None is left out alone: the row that it is of would have moved without it. */
static int log_status(struct sqlite *self, const struct sqlite_row *of, const struct cell *status,
                      int64_t at, struct fault *fault)
{
    const struct cell cells[] = {of->cells[0], *status, {.kind = CELL_TIME, .number = at}};
    const struct sqlite_row row = {.table = &schema_status, .side = of->side, .cells = cells};
    return sqlite_row_note(self, &row, SQL_STATUS_ADD, fault);
}

static int insert_row(struct sqlite *self, const struct sqlite_row *row,
                      const struct change *change, struct fault *fault)
{
    const struct schema_table *table = row->table;
    sqlite3_stmt *statement = NULL;
    assert(change->count == table->count);
    int rc = row_statement(self, row, &statement, fault);
    if (rc == 0)
        rc = sqlite_columns_keep(row, fault);
    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < change->count; i++)
        sqlite_bind_cell(statement, (int)i + 1, &change->cells[i]);
    rc = sqlite_row_run(self, row, statement, fault);
    if (rc == 1 && table->status_column >= 0 &&
        change->cells[table->status_column].kind == CELL_TEXT) {
        int logged = log_status(self, row, &change->cells[table->status_column], change->at, fault);
        rc = logged != 0 ? logged : rc;
    }
    return rc;
}

static int move_row(struct sqlite *self, const struct sqlite_row *row, const struct change *change,
                    struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    assert(change->count >= 3 && row->table->status_column >= 0);
    int rc = row_statement(self, row, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind_cell(statement, 1, &change->cells[2]);
    sqlite_bind_cell(statement, 2, &change->cells[0]);
    sqlite_bind_cell(statement, 3, &change->cells[1]);
    rc = sqlite_row_run(self, row, statement, fault);
    if (rc == 1) {
        int logged = log_status(self, row, &change->cells[2], change->at, fault);
        rc = logged != 0 ? logged : rc;
    }
    return rc;
}

static int write_row(struct sqlite *self, const struct sqlite_row *row, const struct change *change,
                     struct store_outcome *outcome, struct fault *fault)
{
    static int (*const writes[])(struct sqlite *, const struct sqlite_row *, const struct change *,
                                 struct fault *) = {[CHANGE_INSERT] = insert_row,
                                                    [CHANGE_MOVE] = move_row,
                                                    [CHANGE_UPDATE] = sqlite_update_row};
    int64_t *const counts[] = {[CHANGE_INSERT] = &outcome->inserted,
                               [CHANGE_MOVE] = &outcome->moved,
                               [CHANGE_UPDATE] = &outcome->updated};
    int rc = writes[change->kind](self, row, change, fault);
    if (rc == -EALREADY)
        return 0;
    *(rc == 0 ? &outcome->skipped : counts[change->kind]) += rc < 0 ? 0 : 1;
    return rc < 0 ? rc : 0;
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
    struct sqlite_row row = {
        .table = table, .side = side, .skips = batch->skips_refused, .use = {.fill = batch->fill}};
    struct sqlite_columns columns = {0};
    int rc = count > 0 ? sqlite_columns_look(self, table, side, batch->fill, &columns, fault) : 0;
    if (rc < 0)
        return rc;
    row.use.columns = columns.filled;
    row.numbers = columns.numbers;
    if (count > 0 && batch->fill != NULL)
        outcome->lacks = ((1u << batch->fill->count) - 1) & ~row.use.columns;
    drop_other_insert(self, &row);
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct change *change = &batch->changes->items[i];
        row.cells = change->cells;
        row.moves = change->kind != CHANGE_INSERT;
        rc = write_row(self, &row, change, outcome, fault);
    }
    return rc;
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
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = move_watermark(self, side, batch, fault);
    if (rc == 0)
        rc = write_rows(self, side, batch, &outcome, fault);
    if (rc == 0 && outcome.inserted + outcome.skipped > 0)
        rc = sqlite_do(self, SQL_STREAM_COUNT, side, fault, "iit", outcome.inserted,
                       outcome.skipped, batch->stream);
    bool written = rc == 0;
    rc = sqlite_end(self, rc, fault);
    if (written && rc == -EPROTOTYPE)
        rc = sqlite_refusal_at_commit(batch->stream, fault);
    if (rc == 0)
        *ret_outcome = outcome;
    return rc;
}

/* --- pages --- */

/* "(application_id, at) > (?, ?)" */
static char *behind(const struct schema_table *table)
{
    const struct schema_keys keys = schema_keys(table);
    char *names = mem_text(""), *marks = mem_text("");
    for (unsigned i = 0; i < keys.count; i++) {
        char *more =
            mem_format("%s%s%s", names, i > 0 ? ", " : "", table->columns[keys.places[i]].name);
        char *mark = mem_format("%s%s?", marks, i > 0 ? ", " : "");
        free(names);
        free(marks);
        names = more;
        marks = mark;
    }
    char *text = mem_format("(%s) > (%s)", names, marks);
    free(names);
    free(marks);
    return text;
}

static int prepare_page(struct sqlite *self, const struct schema_table *table, const char *after,
                        struct sql_after *ret_after, sqlite3_stmt **ret, int *ret_limit,
                        struct fault *fault)
{
    const unsigned keys = after != NULL ? schema_keys(table).count : 0;
    if (after != NULL && sql_page_after(table, after, ret_after) != 0)
        return fault_set(fault, -EPROTO, "%s is not a place in %s", after, table->name);
    char *where = after != NULL ? behind(table) : mem_text("");
    char *sql = sql_page(table, where);
    int rc = sqlite_prepare(self, sql, ret, fault);
    free(sql);
    free(where);
    for (unsigned i = 0; rc == 0 && i < keys; i++)
        sqlite_bind_cell(*ret, (int)i + 1, &ret_after->cells[i]);
    *ret_limit = (int)keys + 1;
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
    struct sql_after place; /* borrowed by the statement */
    sqlite3_stmt *statement = NULL;
    int at_limit = 0;
    size_t count = 0;
    int rc = sqlite_usable(self, fault);
    if (rc != 0)
        return rc;
    if (table == NULL)
        return fault_set(fault, -EPROTO, "there is no table %s", table_name);
    rc = prepare_page(self, table, after, &place, &statement, &at_limit, fault);
    if (rc == 0) {
        (void)sqlite3_bind_int64(statement, at_limit, (int64_t)limit);
        rc = visit_rows(self, statement, table, visit, context, &count, fault);
    }
    (void)sqlite3_finalize(statement);
    if (rc == 0)
        *ret_count = count;
    return rc;
}
