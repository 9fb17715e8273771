#include <errno.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

#define DATE_LENGTH 10 /* 2024-02-29 */
#define TIME_LENGTH 19 /* 2024-02-29 12:34:56 */

/* Columns of dates and times may be wider than credd's: what credd wrote comes back with zeros
 * behind it then. */
static struct cell read_cell(const struct schema_column *column, const char *text, size_t length)
{
    char plain[TIME_LENGTH + 1] = "";
    struct cell cell = sql_read_cell(column, text, length);
    bool timed = column->kind == CELL_DATE || column->kind == CELL_TIME;
    size_t used = column->kind == CELL_DATE ? DATE_LENGTH : TIME_LENGTH;
    if (!timed || cell.kind != CELL_TEXT || length <= used ||
        strspn(text + used, " 0:.") != length - used)
        return cell;
    memcpy(plain, text, used);
    struct cell again = sql_read_cell(column, plain, used);
    return again.kind == CELL_TEXT ? cell : again;
}

static int visit_rows(MYSQL_RES *result, const struct schema_table *table, store_visitor *visit,
                      void *context, size_t *ret_count)
{
    struct cell cells[CHANGE_CELLS_MAX];
    MYSQL_ROW row = NULL;
    size_t given = 0;
    int r = 0;
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL) {
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < table->count; i++)
            cells[i] = read_cell(&table->columns[i], row[i], lengths[i]);
        r = visit(context, cells, table->count);
        given++;
    }
    if (r < 0)
        return r;
    *ret_count = given;
    return 0;
}

/* What stands behind a place by one, two or three columns. (A comparison of rows would not be
 * looked for in the index.) */
static char *behind(const struct schema_table *table, const struct schema_keys *keys)
{
    const char *first = table->columns[keys->places[0]].name;
    const char *second = table->columns[keys->places[1]].name;
    const char *third = table->columns[keys->places[2]].name;
    switch (keys->count) {
    case 1: return mem_format("%s > ?", first);
    case 2: return mem_format("%s >= ? AND (%s > ? OR %s > ?)", first, first, second);
    default:
        return mem_format("%s >= ? AND (%s > ? OR %s > ? OR (%s = ? AND %s > ?))", first, first,
                          second, second, third);
    }
}

/* Which of a place's cells the marks of that stand for. */
static const struct {
    unsigned count, cells[5];
} marks[SCHEMA_KEYS + 1] = {[1] = {1, {0}}, [2] = {3, {0, 0, 1}}, [3] = {5, {0, 0, 1, 1, 2}}};

static int ask_page(struct maria *maria, const struct schema_table *table, const char *after,
                    size_t limit, MYSQL_RES **ret_result, struct fault *fault)
{
    const struct schema_keys keys = schema_keys(table);
    struct sql_after place;
    struct cell cells[6];
    unsigned count = 0;
    if (after != NULL && sql_page_after(table, after, &place) != 0)
        return fault_set(fault, -EPROTO, "%s is no place in %s", after, table->name);
    char *where = after != NULL ? behind(table, &keys) : mem_text("");
    for (; after != NULL && count < marks[keys.count].count; count++)
        cells[count] = place.cells[marks[keys.count].cells[count]];
    cells[count++] = maria_cell_number((int64_t)limit);
    int r = maria_ask(maria, sql_page(table, where), cells, count, ret_result, fault);
    free(where);
    return r;
}

int maria_page(struct maria *maria, const char *table_name, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    const struct schema_table *table = schema_readable(table_name);
    MYSQL_RES *result = NULL;
    if (table == NULL)
        return fault_set(fault, -EPROTO, "%s is not one of credd's tables", table_name);
    int r = ask_page(maria, table, after, limit, &result, fault);
    if (r != 0)
        return r;
    r = visit_rows(result, table, visit, context, ret_count);
    mysql_free_result(result);
    return r;
}
