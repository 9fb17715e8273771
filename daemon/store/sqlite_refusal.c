/* SQLite: what a row's statement failed for, and whether that is the row's fault or the table's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/refusal.h"
#include "store/sqlite.h"

/* How the name is told in a message: what stands before it. The message of a constraint ends with
 * the column as `table.column`. */
static const struct {
    const char *before;
    enum refusal_kind kind;
    const char *what; /* it is that another entry may need */
} errors[] = {
    {" has no column named ", REFUSAL_NO_COLUMN, NULL},
    {"no such column: ", REFUSAL_NO_COLUMN, NULL},
    {"no such table: ", REFUSAL_NO_TABLE, "table"},
    {"generated column ", REFUSAL_GENERATED, NULL},
    {"because it is a view", REFUSAL_VIEW, NULL},
    {"no such function: ", REFUSAL_TABLE_NEEDS, "function"},
    {"unknown function: ", REFUSAL_TABLE_NEEDS, "function"},
    {"no such collation sequence: ", REFUSAL_TABLE_NEEDS, "collation"},
};

static const struct {
    int code;
    enum refusal_kind kind;
} constraints[] = {
    {SQLITE_CONSTRAINT_NOTNULL, REFUSAL_NO_DEFAULT},
    {SQLITE_CONSTRAINT_CHECK, REFUSAL_CHECK},
    {SQLITE_CONSTRAINT_UNIQUE, REFUSAL_UNIQUE},
    {SQLITE_CONSTRAINT_PRIMARYKEY, REFUSAL_UNIQUE},
    {SQLITE_CONSTRAINT_ROWID, REFUSAL_UNIQUE},
    {SQLITE_CONSTRAINT_FOREIGNKEY, REFUSAL_FOREIGN_KEY},
    {SQLITE_CONSTRAINT_TRIGGER, REFUSAL_TRIGGER},
    {SQLITE_CONSTRAINT_DATATYPE, REFUSAL_VALUE},
};

#define LEFT_OUT "nothing: RAISE(IGNORE) or ON CONFLICT IGNORE leaves it out"

/* `"name"`, `main.name` or `name`. */
static void take_name(const char *from, char ret[REFUSAL_NAME_MAX])
{
    from += strncmp(from, "main.", 5) == 0 ? 5 : 0;
    from += *from == '"' ? 1 : 0;
    (void)snprintf(ret, REFUSAL_NAME_MAX, "%.*s", (int)strcspn(from, "\","), from);
}

static enum refusal_kind kind_of_error(const char *said, char ret_name[REFUSAL_NAME_MAX])
{
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const char *at = strstr(said, errors[i].before);
        if (at == NULL)
            continue;
        take_name(at + strlen(errors[i].before), ret_name);
        return errors[i].kind;
    }
    return REFUSAL_OTHER;
}

/* A trigger or an index that names it, if there is one. */
static int find_entry(struct sqlite *self, const struct sqlite_row *row, const char *name,
                      struct refusal *ret, struct fault *fault)
{
    char found[REFUSAL_NAME_MAX + 1] = "";
    char table[SQL_NAME_MAX];
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self,
                            "SELECT substr(type, 1, 1) || name FROM sqlite_master WHERE type IN "
                            "('index', 'trigger') AND tbl_name = ? COLLATE NOCASE AND "
                            "instr(lower(sql), lower(?)) > 0",
                            &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "tt", sql_name(row->side, row->table->name, table), name);
    rc = sqlite_one_text(self, statement, found, sizeof found, NULL);
    (void)sqlite3_finalize(statement);
    if (rc == 0)
        (void)snprintf(ret->entry, sizeof ret->entry, "%s", found + 1);
    ret->entry_kind = found[0] == 'i' ? "INDEX" : "TRIGGER";
    return rc == -ENOENT ? 0 : rc;
}

/* SQLite lets a foreign key follow a table that is renamed, and so to one that is dropped then. */
static int find_reference(struct sqlite *self, const struct sqlite_row *row, const char *name,
                          struct refusal *ret, struct fault *fault)
{
    char table[SQL_NAME_MAX];
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self,
                            "SELECT \"from\" FROM pragma_foreign_key_list(?) WHERE \"table\" = ? "
                            "COLLATE NOCASE",
                            &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "tt", sql_name(row->side, row->table->name, table), name);
    rc = sqlite_one_text(self, statement, ret->entry, sizeof ret->entry, NULL);
    (void)sqlite3_finalize(statement);
    if (rc == 0) {
        ret->kind = REFUSAL_NO_PARENT;
        (void)snprintf(ret->name, sizeof ret->name, "%.100s", name);
    }
    return rc == -ENOENT ? 0 : rc;
}

/* What is not known and none of credd's is needed by something of the application's. */
static int find_need(struct sqlite *self, const struct sqlite_row *row, struct refusal *refusal,
                     struct fault *fault)
{
    char name[REFUSAL_NAME_MAX];
    const char *what = NULL;
    if (refusal->kind == REFUSAL_NO_TABLE && schema_table(refusal->name) != NULL)
        return 0;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].kind == refusal->kind && strstr(refusal->said, errors[i].before) != NULL)
            what = errors[i].what;
    if (what == NULL)
        return 0;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(refusal->name, "("), refusal->name);
    (void)snprintf(refusal->name, sizeof refusal->name, "%s %.100s", what, name);
    int rc = find_entry(self, row, name, refusal, fault);
    refusal->kind = refusal->entry[0] != '\0' ? REFUSAL_ENTRY_NEEDS : REFUSAL_TABLE_NEEDS;
    if (rc == 0 && refusal->kind == REFUSAL_TABLE_NEEDS && strcmp(what, "table") == 0)
        rc = find_reference(self, row, name, refusal, fault);
    return rc;
}

/* "NOT NULL constraint failed: customers.email", "CHECK constraint failed: NAME", "cannot store
 * TEXT value in INTEGER column customers.city". */
static enum refusal_kind kind_of_constraint(int code, const char *said,
                                            char ret_name[REFUSAL_NAME_MAX])
{
    enum refusal_kind kind = REFUSAL_OTHER;
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++)
        if (constraints[i].code == code)
            kind = constraints[i].kind;
    const char *from = strstr(said, kind == REFUSAL_VALUE ? " column " : "constraint failed: ");
    if (from == NULL || kind == REFUSAL_TRIGGER)
        return kind;
    from = strchr(from + 1, ' ') + 1;
    from += kind == REFUSAL_VALUE ? 0 : strlen("failed: ");
    bool by_index = kind == REFUSAL_UNIQUE && strncmp(from, "index '", 7) == 0;
    from += by_index ? 7 : 0;
    const char *dot = kind == REFUSAL_CHECK || by_index ? NULL : strchr(from, '.');
    if (by_index || kind == REFUSAL_UNIQUE) /* may be several columns */
        take_name(dot != NULL ? dot + 1 : from, ret_name);
    else
        (void)snprintf(ret_name, REFUSAL_NAME_MAX, "%s", dot != NULL ? dot + 1 : from);
    if (by_index)
        ret_name[strcspn(ret_name, "'")] = '\0';
    return kind;
}

/* "audit.id" after a constraint's failure, "table audit has no column": of a table that a trigger
 * writes to. */
static bool is_elsewhere(const struct refusal *refusal)
{
    static const char *const before[] = {"constraint failed: ", " column ", "table "};
    static const char *const after[] = {".", ".", " has no column named "};
    size_t length = strlen(refusal->table);
    bool named = refusal->kind == REFUSAL_NO_DEFAULT || refusal->kind == REFUSAL_UNIQUE ||
                 refusal->kind == REFUSAL_VALUE || refusal->kind == REFUSAL_NO_COLUMN;
    for (size_t i = 0; named && i < sizeof before / sizeof *before; i++) {
        const char *at = strstr(refusal->said, before[i]);
        const char *name = at != NULL ? at + strlen(before[i]) : NULL;
        const char *end = name != NULL ? strstr(name, after[i]) : NULL;
        if (end != NULL && strncmp(name, "index '", 7) != 0)
            return (size_t)(end - name) != length || strncasecmp(name, refusal->table, length) != 0;
    }
    return false;
}

/* Fills in kind and name, and says whether the table is at fault. */
static bool classify(struct sqlite *self, int rc, struct refusal *refusal)
{
    switch (rc & 0xff) {
    case SQLITE_DONE:
        refusal->kind = REFUSAL_TRIGGER;
        refusal->said = LEFT_OUT;
        return true;
    case SQLITE_CONSTRAINT:
        refusal->kind =
            kind_of_constraint(sqlite3_extended_errcode(self->db), refusal->said, refusal->name);
        break;
    case SQLITE_ERROR: refusal->kind = kind_of_error(refusal->said, refusal->name); break;
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG: refusal->kind = REFUSAL_OTHER; break;
    default: return false;
    }
    if (is_elsewhere(refusal))
        refusal_elsewhere(refusal);
    return true;
}

/* --- whose fault --- */

static int is_there(struct sqlite *self, char *sql, const struct cell *cells, unsigned count,
                    bool *ret_there, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc == -EPROTO ? 0 : rc; /* the column or the table that is asked is what is gone */
    for (unsigned i = 0; i < count; i++)
        sqlite_bind_cell(statement, (int)i + 1, &cells[i]);
    rc = sqlite_next(self, statement, fault);
    *ret_there = rc == 1;
    (void)sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

/* The row itself, or for a move the row as it was to be. */
static int has_row(struct sqlite *self, const struct sqlite_row *row, bool *ret_there,
                   struct fault *fault)
{
    char name[SQL_NAME_MAX];
    const struct schema_table *table = row->table;
    const struct schema_keys own = schema_keys(table);
    bool status = row->moves && table->status_column >= 0;
    const unsigned count = status ? 2 : own.count;
    struct cell keys[SCHEMA_KEYS];
    char *sql = mem_format("SELECT 1 FROM %s WHERE ", sql_name(row->side, table->name, name));
    for (unsigned i = 0; i < count; i++) {
        const unsigned column = status && i == 1 ? (unsigned)table->status_column : own.places[i];
        keys[i] = row->cells[status ? i : own.places[i]];
        char *longer =
            mem_format("%s%s%s = ?", sql, i > 0 ? " AND " : "", table->columns[column].name);
        free(sql);
        sql = longer;
    }
    return is_there(self, sql, keys, count, ret_there, fault);
}

static int has_parent(struct sqlite *self, const struct sqlite_row *row, bool *ret_there,
                      struct fault *fault)
{
    char name[SQL_NAME_MAX];
    *ret_there = true;
    if (row->moves || row->table->parent_column < 0)
        return 0;
    *ret_there = false;
    char *sql = mem_format("SELECT 1 FROM %s WHERE customer_id = ?",
                           sql_name(row->side, schema_tables[0].name, name));
    return is_there(self, sql, &row->cells[row->table->parent_column], 1, ret_there, fault);
}

/* What its INSTEAD OF triggers do with a row does not show. */
static int is_view(struct sqlite *self, const struct sqlite_row *row, bool *ret,
                   struct fault *fault)
{
    char name[SQL_NAME_MAX];
    struct cell cell = {.kind = CELL_TEXT, .text = sql_name(row->side, row->table->name, name)};
    cell.length = (uint16_t)strlen(name);
    return is_there(self,
                    mem_text("SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ? COLLATE "
                             "NOCASE"),
                    &cell, 1, ret, fault);
}

/* By what others did to this row or to its customer. */
static int is_rows_fault(struct sqlite *self, const struct sqlite_row *row,
                         const struct refusal *refusal, bool *ret_row, struct fault *fault)
{
    bool silent = refusal->said[0] != '\0' && strcmp(refusal->said, LEFT_OUT) == 0;
    bool row_there = false, parent_there = true;
    int rc = 0;
    if (silent || (refusal->kind == REFUSAL_UNIQUE && !row->moves))
        rc = has_row(self, row, &row_there, fault);
    if (rc == 0 && (silent || refusal->kind == REFUSAL_FOREIGN_KEY))
        rc = has_parent(self, row, &parent_there, fault);
    *ret_row = row->moves ? silent && !row_there : row_there || !parent_there;
    return rc;
}

int sqlite_refusal(struct sqlite *self, const struct sqlite_row *row, sqlite3_stmt *statement,
                   int rc, struct fault *fault)
{
    char said[256], key[CELL_PRINT_MAX + 1];
    struct refusal refusal = {
        .table = row->table->name, .key = key, .said = said, .fill = row->use.fill};
    char *known = sqlite_entries_said(self);
    (void)snprintf(said, sizeof said, "%s", known);
    free(known);
    (void)cell_print(&row->cells[0], key);
    bool whole = sqlite3_get_autocommit(self->db) == 0, by_row = false, view = false;
    bool table = classify(self, rc, &refusal);
    int code = rc == SQLITE_DONE || (rc & 0xff) == SQLITE_CONSTRAINT
                   ? -EPROTO
                   : sqlite_error(self, self->db, rc, "writing a row", fault);
    (void)sqlite3_reset(statement);
    if (code != -EPROTO || !table)
        return code;
    if (!whole) {
        refusal.kind = REFUSAL_ROLLED_BACK;
        return refusal_fault(&refusal, false, fault);
    }
    code = find_need(self, row, &refusal, fault);
    if (code == 0 && rc == SQLITE_DONE)
        code = is_view(self, row, &view, fault);
    if (view)
        refusal.kind = REFUSAL_VIEW;
    if (code == 0 && !view)
        code = is_rows_fault(self, row, &refusal, &by_row, fault);
    if (code < 0 || by_row || (row->skips && refusal_is_of_value(refusal.kind)))
        return code;
    return refusal_fault(&refusal, false, fault);
}

int sqlite_refusal_at_commit(const char *table, struct fault *fault)
{
    const struct refusal refusal = {
        .kind = REFUSAL_FOREIGN_KEY, .table = table, .said = "FOREIGN KEY constraint failed"};
    return refusal_fault(&refusal, false, fault);
}
