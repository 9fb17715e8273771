/* What an SQLite file's schema says of tables, indexes and triggers. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "store/sqlite.h"

void sqlite_entries_add(struct sqlite_entries *entries, const struct sqlite_entry *entry)
{
    entries->at = mem_grow(entries->at, entries->count + 1, sizeof *entries->at);
    entries->at[entries->count++] = *entry;
}

void sqlite_entries_done(struct sqlite_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->at[i].table);
        free(entries->at[i].name);
        free(entries->at[i].text);
        free(entries->at[i].beside);
    }
    free(entries->at);
    *entries = (struct sqlite_entries){0};
}

static char *copy_column(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return mem_text(text != NULL ? text : "");
}

/* "('customers', 'financial_records', …)", of that side. */
static char *tables_of(enum sql_side side)
{
    char name[SQL_NAME_MAX];
    char *list = mem_text("(");
    for (size_t i = 0; i < SQL_SWAPPED; i++) {
        char *longer = mem_format("%s'%s'%s", list, sql_name(side, sql_swapped(i), name),
                                  i + 1 < SQL_SWAPPED ? ", " : ")");
        free(list);
        list = longer;
    }
    return list;
}

int sqlite_entries_read(struct sqlite *self, const char *type, enum sql_side side,
                        struct sqlite_entries *entries, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    char *tables = tables_of(side);
    char *sql = mem_format("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = '%s' AND "
                           "sql NOT NULL AND lower(tbl_name) IN %s ORDER BY rowid",
                           type, tables);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    free(tables);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1)
        sqlite_entries_add(entries, &(struct sqlite_entry){.table = copy_column(statement, 0),
                                                           .name = copy_column(statement, 1),
                                                           .text = copy_column(statement, 2)});
    (void)sqlite3_finalize(statement);
    return rc;
}

int sqlite_entries_taken(struct sqlite *self, const char *name, bool beside, bool *ret,
                         struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    char *tables = sql_liked_tables();
    char *sql = mem_format("SELECT 1 FROM sqlite_master WHERE name = ? COLLATE NOCASE AND NOT "
                           "(? AND type = 'index' AND lower(tbl_name) IN %s)",
                           tables);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    free(tables);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "ti", name, (int64_t)beside);
    rc = sqlite_next(self, statement, fault);
    (void)sqlite3_finalize(statement);
    *ret = rc == 1;
    return rc < 0 ? rc : 0;
}

int sqlite_entries_free_name(struct sqlite *self, const char *prefix, size_t *number,
                             char ret[SQL_NAME_MAX], struct fault *fault)
{
    bool taken = true;
    int rc = 0;
    while (taken && rc == 0) {
        (void)snprintf(ret, SQL_NAME_MAX, "%s%zu", prefix, (*number)++);
        rc = sqlite_entries_taken(self, ret, false, &taken, fault);
    }
    return rc;
}

static const char *known(const void *context, const char *word)
{
    const struct sqlite_entries *made = context;
    for (size_t i = 0; i < made->count; i++)
        if (strcasecmp(made->at[i].beside, word) == 0)
            return made->at[i].name;
    return NULL;
}

char *sqlite_entries_said(const struct sqlite *self)
{
    return sql_as_known(sqlite3_errmsg(self->db), known, &self->like.indexes);
}
