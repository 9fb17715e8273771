/* The views for analysts on a server. */
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"
#include "store/view.h"

/* Of a database that was copied under another name the definitions differ by that alone. */
#define LOOK                                                                                     \
    "SELECT t.TABLE_TYPE, (SELECT NULLIF(REPLACE(v.VIEW_DEFINITION, CONCAT('`', DATABASE(), "    \
    "'`.'), ''), '') FROM information_schema.VIEWS v WHERE v.TABLE_SCHEMA = DATABASE() AND "     \
    "v.TABLE_NAME = ?), (SELECT value FROM " SCHEMA_META " WHERE name = ?) FROM (SELECT 1) o "   \
    "LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ? " \
    "AND BINARY t.TABLE_NAME = ?"

static int look(void *context, const char *name, struct view_look *ret, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    char note[STORE_NAME_MAX];
    const struct cell view = maria_cell_text(name);
    const struct cell cells[] = {view, maria_cell_text(view_note_name(name, note)), view, view};
    int r = maria_ask(context, mem_text(LOOK), cells, 4, &result, fault);
    if (r != 0)
        return r;
    MYSQL_ROW row = mysql_fetch_row(result);
    if (row != NULL) {
        ret->there = row[0] != NULL;
        ret->is_view = row[0] != NULL && strcmp(row[0], "VIEW") == 0;
        ret->definition = row[1] != NULL ? mem_text(row[1]) : NULL;
        (void)snprintf(ret->noted, sizeof ret->noted, "%s", row[2] != NULL ? row[2] : "");
    }
    mysql_free_result(result);
    return 0;
}

static int run(void *context, char *sql, struct fault *fault)
{
    return maria_do(context, sql, NULL, 0, fault);
}

static int note(void *context, const char *name, const char *value, struct fault *fault)
{
    const struct cell cell = maria_cell_text(name);
    if (value != NULL)
        return maria_put_meta(context, name, value, fault);
    return maria_do(context, sql_text(SQL_META_FORGET, SQL_LIVE), &cell, 1, fault);
}

static const struct view_driver driver = {.sqlite = false, .look = look, .run = run, .note = note};

/* One daemon at a time: what the other one noted is not to be taken for this one's. */
static int tend(struct maria *maria, bool wanted, struct fault *fault)
{
    bool held = maria->building, taken = false;
    int r = maria_lock_builder(maria, &taken, fault);
    if (r == 0 && !taken)
        r = fault_set(fault, -EBUSY, "another credd is building a world in database %s",
                      maria->name);
    if (r != 0)
        return r;
    r = view_tend_all(&driver, maria, wanted, fault);
    if (!held && maria->mysql != NULL)
        (void)maria_unlock_builder(maria, NULL);
    return r;
}

int maria_views(struct maria *maria, bool wanted, struct fault *fault)
{
    bool any = false;
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = view_look_all(&driver, maria, wanted, &any, fault);
    if (r == 0 && any)
        r = tend(maria, wanted, fault);
    if (r == -EACCES)
        return fault_set(
            fault, r,
            "the database user may not make them; run as the database's administrator: "
            "GRANT CREATE VIEW, SHOW VIEW ON `%s`.* TO %s; and then 'credctl reload', "
            "or set database.views = no (the server said: %s)",
            maria->name, maria->account, maria->said);
    return r;
}
