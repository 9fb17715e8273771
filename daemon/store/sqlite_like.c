/* A new world's tables made after the living ones, and what is carried over the swap besides rows:
 * the names of indexes, which are those of the whole database, and the application's triggers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/sqlite.h"

/* --- what is kept of the living tables --- */

void sqlite_like_forget(struct sqlite *self)
{
    free(self->like.shape);
    sqlite_entries_done(&self->like.tables);
    sqlite_entries_done(&self->like.indexes);
    sqlite_entries_done(&self->like.triggers);
    self->like = (struct sqlite_like){0};
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
    const char *text = rc == 1 ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    *ret = text != NULL ? mem_text(text) : NULL;
    (void)sqlite3_finalize(statement);
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
    if (rc == -EPROTO) {
        char *said = sqlite_entries_said(self);
        rc = cannot(what, name, said, fault);
        free(said);
        return rc;
    }
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

/* `ret` stays empty if there is none. */
static int read_live(struct sqlite *self, const char *table, struct sqlite_entry *ret,
                     struct fault *fault)
{
    static const char from[] = "FROM sqlite_master WHERE type = 'table' AND name = '%s' COLLATE "
                               "NOCASE";
    char *where = mem_format(from, table);
    int rc = read_text(self, mem_format("SELECT name %s", where), &ret->name, fault);
    if (rc == 0 && ret->name != NULL)
        rc = read_text(self, mem_format("SELECT sql %s", where), &ret->text, fault);
    free(where);
    return rc;
}

/* `anew`: as credd makes it; also where there is none now, and then `ret_anew` has its bit. */
static int make_table(struct sqlite *self, size_t liked, bool anew, unsigned *ret_anew,
                      struct fault *fault)
{
    char name[SQL_NAME_MAX];
    const char *table = sql_liked(liked);
    struct sqlite_entry as = {.table = mem_text(table)};
    int rc = anew ? 0 : read_live(self, table, &as, fault);
    bool own = as.name == NULL;
    if (own) {
        *ret_anew |= 1U << liked;
        as.name = mem_text(table);
        as.text = own_text(liked, table);
    }
    sqlite_entries_add(&self->like.tables, &as);
    (void)sql_name(SQL_SHADOW, table, name);
    if (rc != 0)
        return rc;
    return make_as(self, sqlite_definition_table(as.text, name), "the table", table, fault);
}

/* It has a name of its own until the swap gives it the one in `entry`, which is taken. */
static int make_index(struct sqlite *self, struct sqlite_entry entry, struct fault *fault)
{
    char table[SQL_NAME_MAX], name[SQL_NAME_MAX];
    struct sqlite_entries *made = &self->like.indexes;
    int rc = sqlite_entries_free_name(self, "credd_new_index_", &self->like.number, name, fault);
    entry.beside = mem_text(name);
    sqlite_entries_add(made, &entry);
    (void)sql_name(SQL_SHADOW, sql_table_of(entry.table, false), table);
    if (rc != 0)
        return rc;
    return make_as(self, sqlite_definition_index(entry.text, name, table), "the index", entry.name,
                   fault);
}

static int make_live_indexes(struct sqlite *self, unsigned anew, struct fault *fault)
{
    struct sqlite_entries live = {0};
    int rc = sqlite_entries_read(self, "index", SQL_LIVE, &live, fault);
    for (size_t i = 0; i < live.count && rc == 0; i++) {
        const struct sqlite_entry *of = &live.at[i];
        const char *table = sql_table_of(of->table, false);
        size_t liked = schema_place(table); /* credd_status stands after the five */
        if (schema_readable(table) != NULL && (anew & 1U << liked) == 0)
            rc = make_index(self,
                            (struct sqlite_entry){.table = mem_text(table),
                                                  .name = mem_text(of->name),
                                                  .text = mem_text(of->text)},
                            fault);
    }
    sqlite_entries_done(&live);
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
            rc = sqlite_entries_taken(self, name, true, &taken, fault);
    }
    return rc != 0
               ? rc
               : make_index(self,
                            (struct sqlite_entry){.table = mem_text(index->table),
                                                  .name = mem_text(name),
                                                  .text = sql_create_index(index, name, SQL_LIVE)},
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
    sqlite_entries_done(triggers);
    int rc = expect_shape(self, fault);
    if (rc == 0)
        rc = sqlite_entries_read(self, "trigger", SQL_LIVE, triggers, fault);
    for (size_t i = 0; i < triggers->count && rc == 0; i++) {
        char *sql = sqlite3_mprintf("DROP TRIGGER \"%w\"", triggers->at[i].name);
        rc = sqlite_run(self, sql != NULL ? sql : "", fault);
        sqlite3_free(sql);
    }
    return rc;
}

/* Keys of the application's among the new tables: rows were written beside the living ones, where
 * nothing looks for what they refer to. (That each row has its customer is seen to by credd.) */
static int expect_keys(struct sqlite *self, struct fault *fault)
{
    char *found = NULL;
    char *tables = sql_liked_tables();
    char *sql = mem_format(
        "SELECT m.name || '.' || f.\"from\" || ' to ' || f.\"table\" FROM sqlite_master AS m JOIN "
        "pragma_foreign_key_check(m.name) AS c JOIN pragma_foreign_key_list(m.name) AS f ON f.id = "
        "c.fkid WHERE m.type = 'table' AND lower(m.name) IN %s AND EXISTS (SELECT 1 FROM "
        "pragma_foreign_key_list(m.name) AS o WHERE lower(o.\"from\") <> 'customer_id') LIMIT 1",
        tables);
    free(tables);
    int rc = read_text(self, sql, &found, fault);
    if (rc == -EPROTO)
        return fault_set(fault, -EPERM,
                         "a foreign key is in the way of a new world: %s; drop it first, or "
                         "'credctl reset --plain' makes credd's own tables",
                         sqlite3_errmsg(self->db));
    if (rc == 0 && found != NULL)
        rc = fault_set(fault, -EPERM,
                       "a foreign key is in the way of a new world: %s, where credd's rows get a "
                       "value, by default or by fill, that is not there; take it from the column, "
                       "or drop the key; or 'credctl reset --plain' makes credd's own tables",
                       found);
    free(found);
    return rc;
}

int sqlite_like_attach(struct sqlite *self, struct fault *fault)
{
    const struct sqlite_entries *triggers = &self->like.triggers;
    int rc = expect_keys(self, fault);
    for (size_t i = 0; i < triggers->count && rc == 0 && !self->like.drops; i++)
        rc = make_as(self, mem_text(triggers->at[i].text), "the trigger", triggers->at[i].name,
                     fault);
    return rc;
}
