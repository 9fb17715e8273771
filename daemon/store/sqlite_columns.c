/* SQLite: whether a table's columns keep what credd writes, and which of those that are filled it
 * has. A column of SQLite's takes anything: a text where numbers are kept, and where that is one of
 * digits it becomes a number. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/refusal.h"
#include "store/sqlite.h"

/* --- types --- */

/* By the rules of SQLite's documentation, in their order; in a STRICT table ANY is as it is. */
bool sqlite_makes_numbers(const char *type, bool strict)
{
    static const struct {
        const char *word;
        bool numbers;
    } rules[] = {
        {"INT", true},   {"CHAR", false}, {"CLOB", false}, {"TEXT", false},
        {"BLOB", false}, {"REAL", true},  {"FLOA", true},  {"DOUB", true},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcasestr(type, rules[i].word) != NULL)
            return rules[i].numbers;
    return type[0] != '\0' && !(strict && strcasecmp(type, "ANY") == 0);
}

/* Not where dates or truth values are kept, though SQLite would make numbers of their texts. */
static bool is_for_numbers(const char *type)
{
    static const char *const words[] = {"INT", "REAL", "FLOA", "DOUB", "DEC", "NUMERIC"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(type, words[i]) != NULL)
            return true;
    return false;
}

/* As SQLite sees it: strtod() would also take 0x10, inf and nan. */
static bool is_number(const char *text)
{
    char *end = NULL;
    if (text[strspn(text, "0123456789+-.eE ")] != '\0')
        return false;
    (void)strtod(text, &end);
    return end != text && end[strspn(end, " ")] == '\0';
}

/* --- what a table has --- */

struct look {
    const struct schema_table *table;
    const struct fill *fill;
    struct sqlite_columns found;
};

static int take_filled(struct look *look, const char *name, const char *type, struct fault *fault)
{
    const struct fill_column *column = fill_find(look->fill, name);
    if (column == NULL)
        return 0;
    look->found.filled |= fill_bit(look->fill, column);
    if (column->kind != FILL_TEXT || !is_for_numbers(type) || is_number(column->value))
        return 0;
    return refusal_of_type(look->table->name, column->name, type, look->fill, false, fault);
}

static void take_own(struct look *look, const char *name, const char *type, bool strict)
{
    const struct schema_table *table = look->table;
    for (unsigned i = 0; i < table->count; i++)
        if (table->columns[i].kind == CELL_TEXT && strcasecmp(table->columns[i].name, name) == 0 &&
            sqlite_makes_numbers(type, strict))
            look->found.numbers |= 1u << i;
}

static int take(struct look *look, sqlite3_stmt *row, struct fault *fault)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *type = (const char *)sqlite3_column_text(row, 1);
    type = type != NULL ? type : "";
    take_own(look, name, type, sqlite3_column_int(row, 2) != 0);
    return take_filled(look, name, type, fault);
}

int sqlite_columns_look(struct sqlite *self, const struct schema_table *table, enum sql_side side,
                        const struct fill *fill, struct sqlite_columns *ret, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    sqlite3_stmt *statement = NULL;
    struct look look = {.table = table, .fill = fill};
    (void)sql_name(side, table->name, name);
    char *sql = mem_format("SELECT c.name, c.type, t.strict FROM pragma_table_xinfo('%s') AS c, "
                           "pragma_table_list('%s') AS t WHERE t.schema = 'main'",
                           name, name);
    int rc = sqlite_prepare(self, sql, &statement, fault);
    free(sql);
    if (rc != 0)
        return rc;
    while ((rc = sqlite_next(self, statement, fault)) == 1) {
        rc = take(&look, statement, fault);
        if (rc != 0)
            break;
    }
    (void)sqlite3_finalize(statement);
    *ret = look.found;
    return rc;
}

/* --- what a row would become --- */

int sqlite_columns_keep(const struct sqlite_row *row, struct fault *fault)
{
    const struct schema_table *table = row->table;
    for (unsigned i = 0; row->numbers >> i != 0; i++) {
        char text[32];
        const struct cell *cell = &row->cells[i];
        if (!(row->numbers & 1u << i) || cell->kind != CELL_TEXT || cell->length >= sizeof text)
            continue;
        (void)snprintf(text, sizeof text, "%.*s", (int)cell->length, cell->text);
        if (is_number(text))
            return refusal_of_type(table->name, table->columns[i].name, "for numbers", NULL, false,
                                   fault);
    }
    return 0;
}
