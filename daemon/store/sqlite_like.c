/* A new world's tables made after the living ones, and what is carried over the swap besides rows:
 * the names of indexes, which are those of the whole database, and the application's triggers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/sqlite.h"

/* --- entries of the schema --- */

static void add_entry(struct sqlite_entries *entries, char *table, char *name, char *text)
{
    entries->at = mem_grow(entries->at, entries->count + 1, sizeof *entries->at);
    entries->at[entries->count++] = (struct sqlite_entry){table, name, text};
}

static void entries_done(struct sqlite_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->at[i].table);
        free(entries->at[i].name);
        free(entries->at[i].text);
    }
    free(entries->at);
    *entries = (struct sqlite_entries){0};
}

void sqlite_like_forget(struct sqlite *self)
{
    free(self->like.shape);
    entries_done(&self->like.indexes);
    entries_done(&self->like.triggers);
    self->like = (struct sqlite_like){0};
}

static char *copy_column(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return mem_text(text != NULL ? text : "");
}

/* Those of a type that have a text, on the tables in the list `tables`, which is taken. */
static int read_entries(struct sqlite *self, const char *type, char *tables,
                        struct sqlite_entries *entries, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    char *sql = mem_format("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = '%s' AND "
                           "sql NOT NULL AND lower(tbl_name) IN %s ORDER BY rowid",
                           type, tables);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    free(tables);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1)
        add_entry(entries, copy_column(statement, 0), copy_column(statement, 1),
                  copy_column(statement, 2));
    (void)sqlite3_finalize(statement);
    return rc;
}

/* The first row's text, or NULL; `sql` is taken. */
static int read_text(struct sqlite *self, char *sql, char **ret, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc;
    rc = sqlite_next(self, statement, fault);
    *ret = rc == 1 && sqlite3_column_type(statement, 0) != SQLITE_NULL ? copy_column(statement, 0)
                                                                       : NULL;
    (void)sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

/* Is there anything of that name, but for indexes of the living tables, which a swap renames? */
static int is_taken(struct sqlite *self, const char *name, bool *ret, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    char *tables = sql_liked_tables();
    char *sql = mem_format("SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE AND NOT "
                           "(type = 'index' AND lower(tbl_name) IN %s)",
                           tables);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    free(tables);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "t", name);
    rc = sqlite_next(self, statement, fault);
    (void)sqlite3_finalize(statement);
    *ret = rc == 1;
    return rc < 0 ? rc : 0;
}

/* --- making --- */

static int cannot(const char *what, const char *name, const char *why, struct fault *fault)
{
    return fault_set(fault, -EPERM,
                     "a new world cannot have %s %s as it is: %s; 'credctl reset --plain' makes "
                     "credd's own tables",
                     what, name, why);
}

/* Makes what is written in `sql`, which is taken (NULL: it could not be read). What SQLite says to
 * it is about the application's definition. */
static int make_as(struct sqlite *self, char *sql, const char *what, const char *name,
                   struct fault *fault)
{
    struct fault why = {.text = ""};
    if (sql == NULL)
        return cannot(what, name, "it is of a kind that credd does not know", fault);
    int rc = sqlite_run_own(self, sql, &why);
    if (rc == -EPROTO)
        return cannot(what, name, sqlite3_errmsg(self->db), fault);
    return rc != 0 ? fault_set(fault, rc, "%s", why.text) : 0;
}

static char *own_text(size_t liked, const char *name)
{
    if (liked < SCHEMA_TABLES)
        return sql_create(&schema_tables[liked], name, schema_tables[0].name, "");
    size_t i = 0;
    while (strcmp(schema_own[i].name, SCHEMA_STATUS) != 0)
        i++;
    return sql_create_own(&schema_own[i], name, "");
}

static int live_text(struct sqlite *self, const char *table, char **ret, struct fault *fault)
{
    return read_text(self,
                     mem_format("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = "
                                "'%s' COLLATE NOCASE",
                                table),
                     ret, fault);
}

/* `anew`: as credd makes it; also where there is none now, and then `ret_anew` has its bit. */
static int make_table(struct sqlite *self, size_t liked, bool anew, unsigned *ret_anew,
                      struct fault *fault)
{
    char name[SQL_NAME_MAX];
    char *live = NULL;
    const char *table = sql_liked(liked);
    int rc = anew ? 0 : live_text(self, table, &live, fault);
    if (rc != 0)
        return rc;
    (void)sql_name(SQL_SHADOW, table, name);
    if (live == NULL) {
        *ret_anew |= 1U << liked;
        return sqlite_run_own(self, own_text(liked, name), fault);
    }
    rc = make_as(self, sqlite_definition_table(live, name), "the table", table, fault);
    free(live);
    return rc;
}

/* It has a name of its own until the swap gives it the one in `entry`, which is taken. */
static int make_index(struct sqlite *self, struct sqlite_entry entry, struct fault *fault)
{
    char table[SQL_NAME_MAX], name[SQL_NAME_MAX];
    struct sqlite_entries *made = &self->like.indexes;
    const char *of = sql_table_of(entry.table, false);
    (void)snprintf(name, sizeof name, "credd_new_index_%zu", made->count);
    add_entry(made, entry.table, entry.name, entry.text);
    return make_as(self, sqlite_definition_index(entry.text, name, sql_name(SQL_SHADOW, of, table)),
                   "the index", entry.name, fault);
}

static int make_live_indexes(struct sqlite *self, unsigned anew, struct fault *fault)
{
    struct sqlite_entries live = {0};
    int rc = read_entries(self, "index", sql_liked_tables(), &live, fault);
    for (size_t i = 0; i < live.count && rc == 0; i++) {
        const struct sqlite_entry *of = &live.at[i];
        const char *table = sql_table_of(of->table, false);
        size_t liked = schema_place(table); /* credd_status stands after the five */
        if ((anew & 1U << liked) == 0)
            rc = make_index(
                self,
                (struct sqlite_entry){mem_text(table), mem_text(of->name), mem_text(of->text)},
                fault);
    }
    entries_done(&live);
    return rc;
}

static bool is_made(const struct sqlite *self, const char *name)
{
    for (size_t i = 0; i < self->like.indexes.count; i++)
        if (strcasecmp(self->like.indexes.at[i].name, name) == 0)
            return true;
    return false;
}

/* One of credd's own takes a name that nothing has. */
static int make_own_index(struct sqlite *self, const struct schema_index *index,
                          struct fault *fault)
{
    char name[SQL_NAME_MAX];
    bool taken = true;
    int rc = 0;
    for (char ending = 'a'; taken && ending <= 'z' && rc == 0; ending++) {
        (void)snprintf(name, sizeof name, ending == 'a' ? "%s" : "%s_%c", index->name, ending);
        taken = is_made(self, name);
        if (!taken)
            rc = is_taken(self, name, &taken, fault);
    }
    return rc != 0 ? rc
                   : make_index(self,
                                (struct sqlite_entry){mem_text(index->table), mem_text(name),
                                                      sql_create_index(index, name, SQL_LIVE)},
                                fault);
}

/* Of a table that was adopted. */
static int lacks_index(struct sqlite *self, size_t index, bool *ret, struct fault *fault)
{
    unsigned lacks = 0;
    int rc = sqlite_difference_indexes(self, schema_indexes[index].table, &lacks, fault);
    *ret = (lacks & 1U << index) != 0;
    return rc;
}

static int make_own_indexes(struct sqlite *self, unsigned anew, bool first, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < SCHEMA_INDEXES && rc == 0; i++) {
        bool lacks = (anew & 1U << schema_place(schema_indexes[i].table)) != 0;
        if (!lacks && first)
            rc = lacks_index(self, i, &lacks, fault);
        if (rc == 0 && lacks)
            rc = make_own_index(self, &schema_indexes[i], fault);
    }
    return rc;
}

/* Foreign keys to the application's tables: the new world's rows would have to fit to these. */
static int expect_no_outgoing(struct sqlite *self, struct fault *fault)
{
    char *found = NULL;
    char *tables = sql_liked_tables();
    char *sql = mem_format(
        "SELECT group_concat(m.name || '.' || f.\"from\" || ' to ' || f.\"table\", ', ') FROM "
        "sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND "
        "lower(m.name) IN %s AND lower(f.\"table\") NOT IN %s",
        tables, tables);
    free(tables);
    int rc = read_text(self, sql, &found, fault);
    if (rc == 0 && found != NULL)
        rc = fault_set(fault, -EPERM,
                       "foreign keys to tables of the application's are in the way of a new world: "
                       "%s; drop them first, or 'credctl reset --plain' makes credd's own tables",
                       found);
    free(found);
    return rc;
}

static int read_shape(struct sqlite *self, char **ret, struct fault *fault)
{
    char *tables = sql_liked_tables();
    char *sql = mem_format(
        "SELECT coalesce(group_concat(type || ' ' || name || ' ' || coalesce(sql, ''), '; '), '') "
        "FROM (SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND "
        "lower(tbl_name) IN %s ORDER BY type, name)",
        tables);
    free(tables);
    return read_text(self, sql, ret, fault);
}

int sqlite_like_make(struct sqlite *self, bool anew, bool first, bool drops, struct fault *fault)
{
    unsigned made_anew = 0;
    int rc = 0;
    sqlite_like_forget(self);
    self->like.drops = drops;
    if (!anew) {
        rc = expect_no_outgoing(self, fault);
        if (rc == 0)
            rc = read_shape(self, &self->like.shape, fault);
    }
    for (size_t i = 0; i < SQL_LIKED && rc == 0; i++)
        rc = make_table(self, i, anew, &made_anew, fault);
    if (rc == 0)
        rc = make_live_indexes(self, made_anew, fault);
    return rc == 0 ? make_own_indexes(self, made_anew, first, fault) : rc;
}

/* --- over the swap --- */

static int expect_shape(struct sqlite *self, struct fault *fault)
{
    char *is = NULL;
    int rc = self->like.shape != NULL ? read_shape(self, &is, fault) : 0;
    if (rc == 0 && is != NULL && strcmp(is, self->like.shape) != 0)
        rc = fault_set(fault, -ESTALE, "%s: the tables were altered while a new world was built",
                       self->path);
    free(is);
    return rc;
}

int sqlite_like_detach(struct sqlite *self, struct fault *fault)
{
    struct sqlite_entries *triggers = &self->like.triggers;
    entries_done(triggers);
    int rc = expect_shape(self, fault);
    if (rc == 0)
        rc = read_entries(self, "trigger", sql_liked_tables(), triggers, fault);
    for (size_t i = 0; i < triggers->count && rc == 0; i++) {
        char *sql = sqlite3_mprintf("DROP TRIGGER \"%w\"", triggers->at[i].name);
        rc = sqlite_run(self, sql != NULL ? sql : "", fault);
        sqlite3_free(sql);
    }
    return rc;
}

static int rename_index(struct sqlite *self, const char *from, const char *to, const char *text,
                        struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(
        self, "UPDATE sqlite_master SET name = ?, sql = ? WHERE type = 'index' AND name = ?",
        &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "ttt", to, text, from);
    rc = sqlite_finish(self, statement, fault);
    (void)sqlite3_finalize(statement);
    return rc;
}

static char *old_tables(void)
{
    char name[SQL_NAME_MAX];
    char *list = mem_text("(''");
    for (size_t i = 0; i < SQL_LIKED; i++) {
        char *longer = mem_format("%s, '%s'", list, sql_name(SQL_OLD, sql_liked(i), name));
        free(list);
        list = longer;
    }
    char *tables = mem_format("%s)", list);
    free(list);
    return tables;
}

/* Gives the names of the old world's indexes free. */
static int rename_old_indexes(struct sqlite *self, struct fault *fault)
{
    struct sqlite_entries old = {0};
    int rc = read_entries(self, "index", old_tables(), &old, fault);
    size_t number = 0;
    for (size_t i = 0; i < old.count && rc == 0; i++) {
        char name[SQL_NAME_MAX];
        bool taken = true;
        while (taken && rc == 0) {
            (void)snprintf(name, sizeof name, "credd_old_index_%zu", number++);
            rc = is_taken(self, name, &taken, fault);
        }
        char *text = sqlite_definition_index(old.at[i].text, name, old.at[i].table);
        if (rc == 0 && text != NULL)
            rc = rename_index(self, old.at[i].name, name, text, fault);
        free(text);
    }
    entries_done(&old);
    return rc;
}

static int rename_new_indexes(struct sqlite *self, struct fault *fault)
{
    const struct sqlite_entries *made = &self->like.indexes;
    char name[SQL_NAME_MAX];
    bool taken = false;
    int rc = 0;
    for (size_t i = 0; i < made->count && rc == 0; i++) {
        rc = is_taken(self, made->at[i].name, &taken, fault);
        if (rc == 0 && taken)
            rc = fault_set(fault, -ESTALE, "%s: the name of the index %s was taken meanwhile",
                           self->path, made->at[i].name);
        (void)snprintf(name, sizeof name, "credd_new_index_%zu", i);
        if (rc == 0)
            rc = rename_index(self, name, made->at[i].name, made->at[i].text, fault);
    }
    return rc;
}

/* SQLite has no statement that renames an index, and to make one anew takes as long as the table is
 * large: so the entry is written, which the renames of the same transaction tell all connections to
 * read again. */
static int rename_indexes(struct sqlite *self, struct fault *fault)
{
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
    int rc = rename_old_indexes(self, fault);
    if (rc == 0)
        rc = rename_new_indexes(self, fault);
    if (rc == 0)
        rc = sqlite_run(self, "PRAGMA writable_schema = RESET", fault);
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, NULL);
    return rc;
}

int sqlite_like_attach(struct sqlite *self, struct fault *fault)
{
    const struct sqlite_entries *triggers = &self->like.triggers;
    int rc = rename_indexes(self, fault);
    for (size_t i = 0; i < triggers->count && rc == 0 && !self->like.drops; i++)
        rc = make_as(self, mem_text(triggers->at[i].text), "the trigger", triggers->at[i].name,
                     fault);
    return rc;
}
