#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sqlite.h"

int sqlite_prepare(struct sqlite *self, const char *sql, sqlite3_stmt **ret, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v3(self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(self, self->db, rc, "preparing a statement", fault);
    *ret = statement;
    return 0;
}

int sqlite_kept(struct sqlite *self, enum sql_text text, enum sql_side side, sqlite3_stmt **ret,
                struct fault *fault)
{
    sqlite3_stmt **place = &self->texts[side][text];
    int rc = 0;
    if (*place == NULL) {
        char *sql = sql_text(text, side);
        rc = sqlite_prepare(self, sql, place, fault);
        free(sql);
    }
    if (rc == 0)
        *ret = *place;
    return rc;
}

static void bind(sqlite3_stmt *statement, const char *kinds, va_list args)
{
    for (int i = 0; kinds[i] != '\0'; i++) {
        if (kinds[i] == 't')
            (void)sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
                                    SQLITE_TRANSIENT);
        else
            (void)sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
    }
}

void sqlite_bind(sqlite3_stmt *statement, const char *kinds, ...)
{
    va_list args;
    va_start(args, kinds);
    bind(statement, kinds, args);
    va_end(args);
}

/* A decimal goes in as exact text. The column's DECIMAL gives it NUMERIC affinity, so that SQLite
 * keeps an integer or a double, and an application's SUM() sees a number. With at most 12 digits
 * nothing is lost by that: a double holds 15, and SQLite prints 15, so the text that comes back is
 * the shortest one of the same value. No double is ever handled here. */
void sqlite_bind_cell(sqlite3_stmt *statement, int at, const struct cell *cell)
{
    char text[CELL_PRINT_MAX + 1];
    switch ((enum cell_kind)cell->kind) {
    case CELL_NULL: (void)sqlite3_bind_null(statement, at); break;
    case CELL_TEXT:
        (void)sqlite3_bind_text(statement, at, cell->length > 0 ? cell->text : "", cell->length,
                                SQLITE_STATIC);
        break;
    case CELL_INTEGER: (void)sqlite3_bind_int64(statement, at, cell->number); break;
    case CELL_DECIMAL:
    case CELL_DATE:
    case CELL_TIME: {
        int length = (int)cell_print(cell, text);
        (void)sqlite3_bind_text(statement, at, text, length, SQLITE_TRANSIENT);
        break;
    }
    }
}

int sqlite_next(struct sqlite *self, sqlite3_stmt *statement, struct fault *fault)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    int code = rc == SQLITE_DONE ? 0 : sqlite_error(self, self->db, rc, "a statement", fault);
    (void)sqlite3_reset(statement);
    return code;
}

int sqlite_finish(struct sqlite *self, sqlite3_stmt *statement, struct fault *fault)
{
    int rc = sqlite_next(self, statement, fault);
    (void)sqlite3_reset(statement);
    return rc < 0 ? rc : 0;
}

int sqlite_do(struct sqlite *self, enum sql_text text, enum sql_side side, struct fault *fault,
              const char *kinds, ...)
{
    sqlite3_stmt *statement;
    int rc = sqlite_kept(self, text, side, &statement, fault);
    if (rc != 0)
        return rc;
    va_list args;
    va_start(args, kinds);
    bind(statement, kinds, args);
    va_end(args);
    return sqlite_finish(self, statement, fault);
}

int sqlite_run(struct sqlite *self, const char *sql, struct fault *fault)
{
    int rc = sqlite3_exec(self->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sqlite_error(self, self->db, rc, sql, fault);
}

int sqlite_run_own(struct sqlite *self, char *sql, struct fault *fault)
{
    int rc = sqlite_run(self, sql, fault);
    free(sql);
    return rc;
}

int sqlite_one_text(struct sqlite *self, sqlite3_stmt *statement, char *ret, size_t room,
                    struct fault *fault)
{
    int rc = sqlite_next(self, statement, fault);
    if (rc == 1) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        (void)snprintf(ret, room, "%s", text != NULL ? text : "");
        (void)sqlite3_reset(statement);
        return 0;
    }
    return rc == 0 ? fault_set(fault, -ENOENT, "%s: nothing found", self->path) : rc;
}

int sqlite_one_number(struct sqlite *self, const char *sql, int64_t *ret, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_prepare(self, sql, &statement, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_next(self, statement, fault);
    if (rc == 1)
        *ret = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

int sqlite_foreign_keys(struct sqlite *self, bool on, struct fault *fault)
{
    if (self->foreign_keys == on)
        return 0;
    int rc = sqlite3_db_config(self->db, SQLITE_DBCONFIG_ENABLE_FKEY, on ? 1 : 0, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(self, self->db, rc, "switching foreign keys", fault);
    self->foreign_keys = on;
    return 0;
}

int sqlite_begin(struct sqlite *self, struct fault *fault)
{
    struct stat status;
    if (stat(self->path, &status) != 0 || status.st_dev != self->device ||
        status.st_ino != self->inode) {
        self->connected = false;
        sqlite_sides_drop(self);
        return fault_set(fault, -ENOTCONN, "%s was replaced or removed while it was open",
                         self->path);
    }
    self->waited_ms = 0;
    int rc = sqlite3_exec(self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return sqlite_error(self, self->db, rc, "beginning to write", fault);
    sqlite_sides_note(self);
    return 0;
}

int sqlite_end(struct sqlite *self, int rc, struct fault *fault)
{
    if (rc == 0) {
        int result = sqlite3_exec(self->db, "COMMIT", NULL, NULL, NULL);
        if (result == SQLITE_OK)
            return 0;
        rc = sqlite_error(self, self->db, result, "COMMIT", fault);
        /* The log may hold the whole transaction although flushing it failed. */
        if ((result & 0xff) == SQLITE_IOERR && rc == -EPROTO)
            rc = fault_set(fault, -ECONNABORTED, "%s: COMMIT failed: %s", self->path,
                           sqlite3_errmsg(self->db));
        if ((result & 0xff) == SQLITE_CONSTRAINT) /* a foreign key of the application's */
            rc = -EPROTOTYPE;
    }
    if (sqlite3_get_autocommit(self->db) == 0)
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int sqlite_begin_reading(struct sqlite *self, struct fault *fault)
{
    return sqlite_run(self, "BEGIN", fault);
}

void sqlite_end_reading(struct sqlite *self)
{
    if (sqlite3_get_autocommit(self->db) == 0)
        (void)sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
}
