/* SQLite: which of the columns that are filled a table has, and whether they take their constants:
 * a column of SQLite's takes a text where numbers are kept. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/refusal.h"
#include "store/sqlite.h"

static bool is_for_numbers(const char *type)
{
    static const char *const words[] = {"INT", "REAL", "FLOA", "DOUB", "DEC", "NUMERIC"};
    char upper[64];
    size_t used = 0;
    for (; type[used] != '\0' && used < sizeof upper - 1; used++)
        upper[used] = (char)toupper((unsigned char)type[used]);
    upper[used] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(upper, words[i]) != NULL)
            return true;
    return false;
}

static bool is_number(const char *text)
{
    char *end = NULL;
    (void)strtod(text, &end);
    return end != text && *end == '\0';
}

static int take(const struct fill *fill, const struct schema_table *table, const char *name,
                const char *type, unsigned *columns, struct fault *fault)
{
    const struct fill_column *column = fill_find(fill, name);
    char said[144];
    if (column == NULL)
        return 0;
    *columns |= fill_bit(fill, column);
    if (column->kind != FILL_TEXT || !is_for_numbers(type) || is_number(column->value))
        return 0;
    struct refusal refusal = {
        .kind = REFUSAL_VALUE, .table = table->name, .said = said, .fill = fill};
    (void)snprintf(said, sizeof said, "nothing, but %.60s is of the type %.40s", name, type);
    (void)snprintf(refusal.name, sizeof refusal.name, "%s", column->name);
    return refusal_fault(&refusal, false, fault);
}

int sqlite_fill_look(struct sqlite *self, const struct schema_table *table, enum sql_side side,
                     const struct fill *fill, unsigned *ret_columns, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    sqlite3_stmt *statement = NULL;
    unsigned columns = 0;
    *ret_columns = 0;
    if (fill == NULL || fill->count == 0)
        return 0;
    char *sql = mem_format("SELECT name, type FROM pragma_table_xinfo('%s')",
                           sql_name(side, table->name, name));
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        const char *type = (const char *)sqlite3_column_text(statement, 1);
        rc = take(fill, table, (const char *)sqlite3_column_text(statement, 0),
                  type != NULL ? type : "", &columns, fault);
        if (rc != 0)
            break;
    }
    (void)sqlite3_finalize(statement);
    *ret_columns = columns;
    return rc;
}
