/* SQLite: what others hung on our tables, so that these cannot be exchanged. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/sqlite.h"

static int expect_no_view(struct sqlite *self, sqlite3 *db, struct fault *fault)
{
    char name[SQL_NAME_MAX] = "";
    char *tables = sql_liked_tables();
    char *sql = mem_format(
        "SELECT name FROM sqlite_master WHERE type = 'view' AND lower(name) IN %s", tables);
    int rc = sqlite_look_text(self, db, sql, name, sizeof name, fault);
    free(sql);
    free(tables);
    return rc == 0 && name[0] != '\0'
               ? fault_set(
                     fault, -EPERM,
                     "the view %s stands where credd's table belongs: drop or rename it first",
                     name)
               : rc;
}

int sqlite_strangers(struct sqlite *self, sqlite3 *db, struct fault *fault)
{
    int view = expect_no_view(self, db, fault);
    if (view < 0)
        return view;
    char *tables = sql_liked_tables();
    char *sql = mem_format(
        "SELECT group_concat(DISTINCT 'foreign key of ' || m.name || ' to ' || f.\"table\") FROM "
        "sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND "
        "lower(m.name) NOT IN %s AND lower(m.name) NOT LIKE 'credd\\_%%' ESCAPE '\\' AND "
        "lower(f.\"table\") IN %s",
        tables, tables);
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    int code = 0;
    if (rc != SQLITE_ROW)
        code = sqlite_error(self, db, rc, "looking for foreign keys", fault);
    else if (sqlite3_column_type(statement, 0) != SQLITE_NULL)
        code = fault_set(fault, -EPERM,
                         "foreign keys that credd did not make are in the way of a new world: %s; "
                         "drop them first",
                         (const char *)sqlite3_column_text(statement, 0));
    (void)sqlite3_finalize(statement);
    free(sql);
    free(tables);
    return code;
}
