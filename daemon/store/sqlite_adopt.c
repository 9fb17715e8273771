#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/sqlite.h"

/* Upper case without blanks, and the names that SQLite and people use for the same type made one.
 */
static void plain_type(const char *type, char *ret, size_t room)
{
    static const char *const same[][2] = {{"INT", "INTEGER"}, {"NUMERIC(", "DECIMAL("}};
    char plain[64];
    size_t used = 0;
    for (; *type != '\0' && used < sizeof plain - 1; type++) {
        if (*type != ' ')
            plain[used++] = (char)toupper((unsigned char)*type);
    }
    plain[used] = '\0';
    (void)snprintf(ret, room, "%s", plain);
    if (strcmp(plain, same[0][0]) == 0)
        (void)snprintf(ret, room, "%s", same[0][1]);
    else if (strncmp(plain, same[1][0], strlen(same[1][0])) == 0)
        (void)snprintf(ret, room, "%s%s", same[1][1], plain + strlen(same[1][0]));
}

static int same_columns(struct sqlite *self, sqlite3 *db, const struct schema_table *table,
                        struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    char type[64];
    unsigned at = 0;
    char *sql = mem_format("SELECT name, type FROM pragma_table_xinfo('%s')", table->name);
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    free(sql);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    for (; rc == SQLITE_ROW; rc = sqlite3_step(statement), at++) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        const char *found = (const char *)sqlite3_column_text(statement, 1);
        plain_type(found != NULL ? found : "", type, sizeof type);
        if (at < table->count && strcasecmp(name, table->columns[at].name) == 0 &&
            strcmp(type, table->columns[at].type) == 0)
            continue;
        if (at < table->count)
            (void)fault_set(fault, -EPERM, "%s: column %u of %s is %s %s where credd has %s %s",
                            self->path, at + 1, table->name, name, type, table->columns[at].name,
                            table->columns[at].type);
        else
            (void)fault_set(fault, -EPERM, "%s: %s has a column %s that credd does not know",
                            self->path, table->name, name);
        (void)sqlite3_finalize(statement);
        return -EPERM;
    }
    int code = rc != SQLITE_DONE ? sqlite_error(self, db, rc, "reading the columns", fault) : 0;
    (void)sqlite3_finalize(statement);
    if (code == 0 && at < table->count)
        code = fault_set(fault, -EPERM, "%s: %s lacks the column %s", self->path, table->name,
                         table->columns[at].name);
    return code;
}

static int is_empty(struct sqlite *self, sqlite3 *db, const char *table, struct fault *fault)
{
    char answer[8] = "";
    char *sql = mem_format("SELECT 1 FROM %s LIMIT 1", table);
    int rc = sqlite_look_text(self, db, sql, answer, sizeof answer, fault);
    free(sql);
    if (rc == 0 && answer[0] != '\0')
        rc = fault_set(fault, -EPERM,
                       "%s: the table %s is not empty: only empty tables can be adopted",
                       self->path, table);
    return rc;
}

int sqlite_adopt_check(struct sqlite *self, sqlite3 *db, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < SCHEMA_TABLES && rc == 0; i++) {
        bool there = false;
        rc = sqlite_look_table(self, db, schema_tables[i].name, &there, fault);
        if (rc == 0 && there)
            rc = same_columns(self, db, &schema_tables[i], fault);
        if (rc == 0 && there)
            rc = is_empty(self, db, schema_tables[i].name, fault);
    }
    return rc;
}
