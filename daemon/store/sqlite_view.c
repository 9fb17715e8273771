/* The views for analysts in an SQLite file. All that is done to them is one transaction. */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "store/sqlite.h"
#include "store/view.h"

static int look(void *context, const char *name, struct view_look *ret, struct fault *fault)
{
    struct sqlite *self = context;
    sqlite3_stmt *statement = NULL;
    char note[STORE_NAME_MAX];
    int rc = sqlite_prepare(self,
                            "SELECT type = 'view', sql, (SELECT value FROM " SCHEMA_META
                            " WHERE name = ?1) FROM (SELECT 1) LEFT JOIN sqlite_master ON "
                            "name = ?2 COLLATE NOCASE",
                            &statement, fault);
    if (rc != 0)
        return rc;
    sqlite_bind(statement, "tt", view_note_name(name, note), name);
    rc = sqlite_next(self, statement, fault);
    if (rc == 1) {
        const char *text = (const char *)sqlite3_column_text(statement, 1);
        const char *noted = (const char *)sqlite3_column_text(statement, 2);
        ret->there = sqlite3_column_type(statement, 0) != SQLITE_NULL;
        ret->is_view = sqlite3_column_int(statement, 0) != 0;
        ret->definition = text != NULL ? mem_text(text) : NULL;
        (void)snprintf(ret->noted, sizeof ret->noted, "%s", noted != NULL ? noted : "");
    }
    (void)sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

static int run(void *context, char *sql, struct fault *fault)
{
    return sqlite_run_own(context, sql, fault);
}

static int note(void *context, const char *name, const char *value, struct fault *fault)
{
    struct sqlite *self = context;
    if (value != NULL)
        return sqlite_do(self, SQL_META_PUT, SQL_LIVE, fault, "tt", name, value);
    return sqlite_do(self, SQL_META_FORGET, SQL_LIVE, fault, "t", name);
}

static const struct view_driver driver = {.sqlite = true, .look = look, .run = run, .note = note};

/* Reading first: nobody is to wait for a lock where nothing is to be done. */
static int is_any(struct sqlite *self, bool wanted, bool *ret, struct fault *fault)
{
    int rc = sqlite_begin_reading(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = view_look_all(&driver, self, wanted, ret, fault);
    sqlite_end_reading(self);
    return rc;
}

int sqlite_views(struct sqlite *self, bool wanted, struct fault *fault)
{
    struct fault left = {.code = 0};
    bool any = false;
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = is_any(self, wanted, &any, fault);
    if (rc == 0 && any)
        rc = sqlite_begin(self, fault);
    if (rc != 0 || !any)
        return rc;
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = view_tend_all(&driver, self, wanted, fault);
    if (rc == -EEXIST && fault != NULL)
        left = *fault;
    int ended = sqlite_end(self, rc == -EEXIST ? 0 : rc, fault);
    if (rc == -EEXIST && ended == 0 && fault != NULL)
        *fault = left;
    return rc == -EEXIST && ended != 0 ? ended : rc != 0 ? rc : ended;
}
