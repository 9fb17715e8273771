/* SQLite: values of a row that change, from those that credd expects there. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/sqlite.h"

enum found {
    FOUND_NONE, /* no such row */
    FOUND_OTHER,
    FOUND_AS_EXPECTED,
};

static int update_statement(struct sqlite *self, const struct sqlite_row *row,
                            const struct change *change, sqlite3_stmt **ret, struct fault *fault)
{
    sqlite3_stmt **kept = &self->updates[row->side][change->group];
    int rc = SQLITE_OK;
    if (*kept == NULL) {
        char *sql = sql_update(change_columns_of(change), row->side, " IS ?");
        rc = sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        free(sql);
    }
    if (rc != SQLITE_OK)
        return sqlite_refusal(self, row, NULL, rc, fault);
    *ret = *kept;
    return 0;
}

static void bind_update(sqlite3_stmt *statement, const struct change *change)
{
    const int count = (int)change_columns_of(change)->count;
    for (int i = 0; i < count; i++)
        sqlite_bind_cell(statement, i + 1, &change_after(change)[i]);
    sqlite_bind_cell(statement, count + 1, &change->cells[0]);
    for (int i = 0; i < count; i++)
        sqlite_bind_cell(statement, count + 2 + i, &change_before(change)[i]);
}

/* Whether a query for cells has a row. */
static int is_there(struct sqlite *self, char *sql, const struct cell *cells, unsigned count,
                    bool *ret_there, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < count; i++)
        sqlite_bind_cell(statement, (int)i + 1, &cells[i]);
    rc = sqlite_next(self, statement, fault);
    *ret_there = rc == 1;
    (void)sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

static int find_row(struct sqlite *self, const struct sqlite_row *row, const struct change *change,
                    enum found *ret_found, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    const struct change_columns *columns = change_columns_of(change);
    const char *key = row->table->columns[0].name;
    bool there = false;
    (void)sql_name(row->side, row->table->name, name);
    int rc = is_there(self, mem_format("SELECT 1 FROM %s WHERE %s = ?", name, key), change->cells,
                      1, &there, fault);
    *ret_found = there ? FOUND_OTHER : FOUND_NONE;
    if (rc != 0 || !there)
        return rc;
    char *sql = mem_format("SELECT 1 FROM %s WHERE %s = ?", name, key);
    for (unsigned i = 0; i < columns->count; i++) {
        char *longer = mem_format("%s AND %s IS ?", sql, columns->columns[i].name);
        free(sql);
        sql = longer;
    }
    rc = is_there(self, sql, change->cells, 1 + columns->count, &there, fault);
    if (rc == 0 && there)
        *ret_found = FOUND_AS_EXPECTED;
    return rc;
}

static int note(struct sqlite *self, const struct sqlite_row *of, const struct change *change,
                const char *column, const struct cell *value, struct fault *fault)
{
    char text[CELL_PRINT_MAX + 1];
    struct cell cells[] = {cell_text(change_columns_of(change)->table),
                           change->cells[0],
                           {.kind = CELL_TIME, .number = change->at},
                           cell_text(column),
                           *value};
    if (value->kind != CELL_NULL) {
        cells[4] = (struct cell){.kind = CELL_TEXT, .text = text};
        cells[4].length = (uint16_t)cell_print(value, text);
    }
    const struct sqlite_row row = {.table = &schema_change, .side = of->side, .cells = cells};
    return sqlite_row_note(self, &row, SQL_CHANGE_ADD, fault);
}

static int note_values(struct sqlite *self, const struct sqlite_row *row,
                       const struct change *change, struct fault *fault)
{
    const struct change_columns *columns = change_columns_of(change);
    int rc = 0;
    for (unsigned i = 0; i < columns->count && rc == 0; i++)
        if (!cell_same(&change_before(change)[i], &change_after(change)[i]))
            rc = note(self, row, change, columns->columns[i].name, &change_after(change)[i], fault);
    return rc;
}

/* Nothing was changed: the row is gone, or others changed it, which is noted, or they keep it from
 * changing. */
static int not_updated(struct sqlite *self, const struct sqlite_row *row,
                       const struct change *change, sqlite3_stmt *statement, struct fault *fault)
{
    static const struct cell none = {.kind = CELL_NULL};
    enum found found = FOUND_NONE;
    int rc = find_row(self, row, change, &found, fault);
    if (rc == 0 && found == FOUND_AS_EXPECTED)
        return sqlite_refusal(self, row, statement, SQLITE_DONE, fault);
    (void)sqlite3_reset(statement);
    if (rc == 0 && found == FOUND_OTHER)
        rc = note(self, row, change, change_columns_of(change)->name, &none, fault);
    return rc;
}

static int is_others(struct sqlite *self, const struct sqlite_row *row, const struct change *change,
                     bool *ret_others, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    const struct cell name = cell_text(change_columns_of(change)->name);
    int rc = sqlite_kept(self, SQL_CHANGE_LEFT, row->side, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind_cell(statement, 1, &change->cells[0]);
    sqlite_bind_cell(statement, 2, &name);
    rc = sqlite_next(self, statement, fault);
    (void)sqlite3_reset(statement);
    *ret_others = rc == 1;
    return rc < 0 ? rc : 0;
}

int sqlite_update_row(struct sqlite *self, const struct sqlite_row *row,
                      const struct change *change, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    bool others = false;
    assert(change->count == 1 + 2 * change_columns_of(change)->count);
    int rc = is_others(self, row, change, &others, fault);
    if (rc != 0 || others)
        return rc != 0 ? rc : -EALREADY;
    rc = update_statement(self, row, change, &statement, fault);
    if (rc != 0)
        return rc;
    bind_update(statement, change);
    int stepped = sqlite3_step(statement);
    if (stepped != SQLITE_DONE)
        return sqlite_refusal(self, row, statement, stepped, fault);
    if (sqlite3_changes(self->db) == 0)
        return not_updated(self, row, change, statement, fault);
    (void)sqlite3_reset(statement);
    rc = note_values(self, row, change, fault);
    return rc != 0 ? rc : 1;
}
