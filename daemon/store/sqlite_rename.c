/* Tables and indexes under other names. SQLite has no statement that renames an index, and to make
 * one anew takes as long as the table is large; the one that renames a table leaves a definition
 * that names its own table, and looks through the whole schema for what only the application's
 * connections know. So the entries are written, which SQLite documents as safe for texts that leave
 * alone how rows are kept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/sqlite.h"

/* --- entries --- */

static int write_entry(struct sqlite *self, const char *sql, const char *const texts[3],
                       struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self, sql, &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "ttt", texts[0], texts[1], texts[2]);
    rc = sqlite_finish(self, statement, fault);
    (void)sqlite3_finalize(statement);
    return rc;
}

static int write_index(struct sqlite *self, const char *from, const char *to, const char *text,
                       struct fault *fault)
{
    return write_entry(self,
                       "UPDATE sqlite_master SET name = ?, sql = ? WHERE type = 'index' AND name = "
                       "?",
                       (const char *const[]){to, text, from}, fault);
}

/* The indexes of its keys have their names from the table's, and no texts. */
static int write_table(struct sqlite *self, const char *from, const char *to, const char *text,
                       struct fault *fault)
{
    static const char sequence[] = "sqlite_sequence";
    bool numbers = false;
    int rc = write_entry(self,
                         "UPDATE sqlite_master SET name = CASE WHEN type = 'table' THEN ?1 WHEN "
                         "sql IS NULL THEN 'sqlite_autoindex_' || ?1 || substr(name, "
                         "length('sqlite_autoindex_' || tbl_name) + 1) ELSE name END, sql = CASE "
                         "type WHEN 'table' THEN ?2 ELSE sql END, tbl_name = ?1 WHERE type IN "
                         "('table', 'index') AND tbl_name = ?3 COLLATE NOCASE",
                         (const char *const[]){to, text, from}, fault);
    if (rc == 0)
        rc = sqlite_has_table(self, sequence, &numbers, fault);
    if (rc == 0 && numbers)
        rc =
            write_entry(self, "UPDATE sqlite_sequence SET name = ?1 WHERE name = ?3 COLLATE NOCASE",
                        (const char *const[]){to, text, from}, fault);
    return rc;
}

/* --- out of the way --- */

/* An entry that credd cannot read goes at once, as its table is about to. */
static int drop_entry(struct sqlite *self, const char *type, const char *name, struct fault *fault)
{
    char *sql = sqlite3_mprintf("DROP %s \"%w\"", type, name);
    int rc = sqlite_run(self, sql != NULL ? sql : "", fault);
    sqlite3_free(sql);
    return rc;
}

static int drop_unreadable(struct sqlite *self, const struct sqlite_entries *tables,
                           const struct sqlite_entries *indexes, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < indexes->count && rc == 0; i++) {
        char *text = sqlite_definition_index(indexes->at[i].text, "i", "t");
        if (text == NULL)
            rc = drop_entry(self, "INDEX", indexes->at[i].name, fault);
        free(text);
    }
    for (size_t i = 0; i < tables->count && rc == 0; i++) {
        char *text = sqlite_definition_table(tables->at[i].text, "t");
        if (text == NULL)
            rc = drop_entry(self, "TABLE", tables->at[i].name, fault);
        free(text);
    }
    return rc;
}

static int move_tables_away(struct sqlite *self, const struct sqlite_entries *tables,
                            struct fault *fault)
{
    char name[SQL_NAME_MAX];
    int rc = 0;
    for (size_t i = 0; i < tables->count && rc == 0; i++) {
        const struct sqlite_entry *live = &tables->at[i];
        (void)sql_name(SQL_OLD, sql_table_of(live->name, false), name);
        char *text = sqlite_definition_table(live->text, name);
        if (text != NULL)
            rc = write_table(self, live->name, name, text, fault);
        free(text);
    }
    return rc;
}

/* Gives their names free. */
static int move_indexes_away(struct sqlite *self, const struct sqlite_entries *indexes,
                             struct fault *fault)
{
    size_t number = 0;
    int rc = 0;
    for (size_t i = 0; i < indexes->count && rc == 0; i++) {
        const struct sqlite_entry *live = &indexes->at[i];
        char name[SQL_NAME_MAX], table[SQL_NAME_MAX];
        (void)sql_name(SQL_OLD, sql_table_of(live->table, false), table);
        rc = sqlite_entries_free_name(self, "credd_old_index_", &number, name, fault);
        char *text = sqlite_definition_index(live->text, name, table);
        if (rc == 0 && text != NULL)
            rc = write_index(self, live->name, name, text, fault);
        free(text);
    }
    return rc;
}

/* --- into place --- */

static const struct sqlite_entry *liked(const struct sqlite *self, const char *table)
{
    for (size_t i = 0; i < self->like.tables.count; i++)
        if (strcmp(self->like.tables.at[i].table, table) == 0)
            return &self->like.tables.at[i];
    return NULL;
}

/* As it was made, or else as somebody altered it. */
static int move_table_in(struct sqlite *self, const struct sqlite_entry *built, struct fault *fault)
{
    const char *table = sql_table_of(built->name, false);
    const struct sqlite_entry *as = liked(self, table);
    char *made = as != NULL ? sqlite_definition_table(as->text, built->name) : NULL;
    bool same = made != NULL && strcmp(made, built->text) == 0;
    char *text = same ? mem_text(as->text) : sqlite_definition_table(built->text, table);
    int rc = write_table(self, built->name, as != NULL ? as->name : table, text, fault);
    free(text);
    free(made);
    return rc;
}

static int move_tables_in(struct sqlite *self, const struct sqlite_entries *built,
                          struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < built->count && rc == 0; i++)
        rc = move_table_in(self, &built->at[i], fault);
    return rc;
}

static int move_indexes_in(struct sqlite *self, struct fault *fault)
{
    const struct sqlite_entries *made = &self->like.indexes;
    bool taken = false;
    int rc = 0;
    for (size_t i = 0; i < made->count && rc == 0; i++) {
        rc = sqlite_entries_taken(self, made->at[i].name, false, &taken, fault);
        if (rc == 0 && taken)
            rc = fault_set(fault, -ESTALE, "%s: the name of the index %s was taken meanwhile",
                           self->path, made->at[i].name);
        if (rc == 0)
            rc = write_index(self, made->at[i].beside, made->at[i].name, made->at[i].text, fault);
    }
    return rc;
}

/* --- all of it --- */

/* So that every connection reads the schema again, also this one after a ROLLBACK. */
static int tell_connections(struct sqlite *self, struct fault *fault)
{
    int64_t version = 0;
    int rc = sqlite_one_number(self, "PRAGMA schema_version", &version, fault);
    version = version < INT32_MAX ? version + 1 : 1;
    return rc == 0
               ? sqlite_run_own(self, mem_format("PRAGMA schema_version = %d", (int)version), fault)
               : rc;
}

/* A schema that SQLite does not read must not stay: whatever asks for a table reads all of it. */
static int expect_readable(struct sqlite *self, struct fault *fault)
{
    struct fault why = {.text = ""};
    int rc = sqlite_run(self, "PRAGMA writable_schema = RESET", &why);
    if (rc == 0)
        rc = sqlite_run(self, "SELECT 1 FROM " SCHEMA_META " LIMIT 0", &why);
    if (rc != -EPROTO)
        return rc != 0 ? fault_set(fault, rc, "%s", why.text) : 0;
    char *said = sqlite_entries_said(self);
    rc = fault_set(fault, -EPERM, "a new world cannot be put in place: SQLite would say: %s", said);
    free(said);
    return rc;
}

static int write_all(struct sqlite *self, const struct sqlite_entries *tables,
                     const struct sqlite_entries *indexes, const struct sqlite_entries *built,
                     struct fault *fault)
{
    int rc = tell_connections(self, fault);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
    if (rc == 0)
        rc = move_indexes_away(self, indexes, fault);
    if (rc == 0)
        rc = move_tables_away(self, tables, fault);
    if (rc == 0)
        rc = move_tables_in(self, built, fault);
    if (rc == 0)
        rc = move_indexes_in(self, fault);
    if (rc == 0)
        rc = expect_readable(self, fault);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, NULL);
    return rc;
}

int sqlite_rename_all(struct sqlite *self, struct fault *fault)
{
    struct sqlite_entries tables = {0}, indexes = {0}, built = {0};
    int rc = sqlite_entries_read(self, "table", SQL_LIVE, &tables, fault);
    if (rc == 0)
        rc = sqlite_entries_read(self, "index", SQL_LIVE, &indexes, fault);
    if (rc == 0)
        rc = sqlite_entries_read(self, "table", SQL_SHADOW, &built, fault);
    if (rc == 0)
        rc = drop_unreadable(self, &tables, &indexes, fault);
    if (rc == 0)
        rc = write_all(self, &tables, &indexes, &built, fault);
    sqlite_entries_done(&tables);
    sqlite_entries_done(&indexes);
    sqlite_entries_done(&built);
    return rc;
}
