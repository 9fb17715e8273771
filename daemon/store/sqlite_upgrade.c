#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/sqlite.h"
#include "store/upgrade.h"

static int read_part(struct sqlite *self, enum upgrade_part part, struct upgrade_rows *rows,
                     struct fault *fault)
{
    const char *columns[UPGRADE_COLUMNS_MAX];
    sqlite3_stmt *statement = NULL;
    char *sql = upgrade_query(part);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        for (unsigned i = 0; i < upgrade_columns(part); i++)
            columns[i] = (const char *)sqlite3_column_text(statement, (int)i);
        rc = upgrade_add(rows, part, columns, fault);
        if (rc != 0)
            break;
    }
    (void)sqlite3_finalize(statement);
    return rc;
}

static int convert(struct sqlite *self, struct store_description *ret, struct fault *fault)
{
    struct upgrade_rows rows = {0};
    int rc = 0;
    for (unsigned part = 0; part < UPGRADE_PARTS && rc == 0; part++)
        rc = read_part(self, (enum upgrade_part)part, &rows, fault);
    if (rc == 0)
        rc = upgrade_convert(&rows, ret, fault);
    upgrade_rows_done(&rows);
    return rc;
}

static int replace_tables(struct sqlite *self, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < SCHEMA_OWN && rc == 0; i++) {
        if (!upgrade_replaces(schema_own[i].name))
            continue;
        rc = sqlite_run_own(self, mem_format("DROP TABLE IF EXISTS %s", schema_own[i].name), fault);
        if (rc == 0)
            rc =
                sqlite_run_own(self, sql_create_own(&schema_own[i], schema_own[i].name, ""), fault);
    }
    return rc;
}

/* Those beside the world have the old shape. (The ones of the five have not, and may be large: they
 * are swept as ever.) */
static int drop_leftovers(struct sqlite *self, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    int rc = 0;
    for (size_t i = 0; i < (size_t)2 * SCHEMA_OWN && rc == 0; i++) {
        sql_name(i < SCHEMA_OWN ? SQL_SHADOW : SQL_OLD, schema_own[i % SCHEMA_OWN].name, name);
        rc = sqlite_run_own(self, mem_format("DROP TABLE IF EXISTS %s", name), fault);
    }
    return rc;
}

static int upgrade_all(struct sqlite *self, struct fault *fault)
{
    struct store_description made = {0};
    char id[STORE_NAME_MAX];
    int rc = sqlite_world_id(self, SQL_LIVE, id, fault);
    bool world = rc == 0;
    if (rc == -ENOENT)
        rc = 0;
    if (rc == 0 && world)
        rc = convert(self, &made, fault);
    if (rc == 0 && world)
        rc = replace_tables(self, fault);
    if (rc == 0 && world)
        rc = sqlite_describe(self, SQL_LIVE, &made, fault);
    if (rc == 0)
        rc = drop_leftovers(self, fault);
    if (rc == 0)
        rc = sqlite_whose_mark(self, fault);
    store_description_done(&made);
    return rc;
}

int sqlite_upgrade(struct sqlite *self, struct fault *fault)
{
    enum schema_age age = SCHEMA_NONE;
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_age(self, self->db, &age, fault);
    if (rc == 0 && age == SCHEMA_OLDER)
        rc = upgrade_all(self, fault);
    else if (rc == 0 && age == SCHEMA_NONE)
        rc = sqlite_look_marker(self, fault);
    return sqlite_end(self, rc, fault);
}
