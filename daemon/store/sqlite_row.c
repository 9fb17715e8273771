/* SQLite: the statement of one row, and rows of credd's own logs. */
#include <errno.h>

#include "store/sqlite.h"

int sqlite_row_run(struct sqlite *self, const struct sqlite_row *row, sqlite3_stmt *statement,
                   struct fault *fault)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE || sqlite3_changes(self->db) == 0)
        return sqlite_refusal(self, row, statement, rc, fault);
    (void)sqlite3_reset(statement);
    return 1;
}

int sqlite_row_note(struct sqlite *self, const struct sqlite_row *row, enum sql_text text,
                    struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite_kept(self, text, row->side, &statement, fault);
    if (rc == -EPROTO)
        rc = sqlite_refusal(self, row, NULL, sqlite3_errcode(self->db), fault);
    if (rc != 0)
        return rc;
    for (unsigned i = 0; i < row->table->count; i++)
        sqlite_bind_cell(statement, (int)i + 1, &row->cells[i]);
    rc = sqlite_row_run(self, row, statement, fault);
    return rc < 0 ? rc : 0;
}
