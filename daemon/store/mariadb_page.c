#include <errno.h>
#include <mysql.h>
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

#define STATUS_PAGE  "SELECT application_id, status, at FROM " SCHEMA_STATUS
#define STATUS_ORDER " ORDER BY application_id, at LIMIT ?"

static int ask_status(struct maria *maria, const char *after, size_t limit, MYSQL_RES **ret_result,
                      struct fault *fault)
{
    struct cell cells[4];
    char id[SQL_NAME_MAX];
    cells[3] = maria_cell_number((int64_t)limit);
    if (after == NULL)
        return maria_ask(maria, mem_text(STATUS_PAGE STATUS_ORDER), &cells[3], 1, ret_result,
                         fault);
    if (sql_status_after(after, id, &cells[2]) != 0)
        return fault_set(fault, -EPROTO, "%s is no place in " SCHEMA_STATUS, after);
    cells[0] = maria_cell_text(id);
    cells[1] = cells[0];
    return maria_ask(maria,
                     mem_text(STATUS_PAGE " WHERE application_id >= ? AND "
                                          "(application_id > ? OR at > ?)" STATUS_ORDER),
                     cells, 4, ret_result, fault);
}

static int ask_table(struct maria *maria, const struct schema_table *table, const char *after,
                     size_t limit, MYSQL_RES **ret_result, struct fault *fault)
{
    struct cell cells[2];
    unsigned count = 0;
    if (after != NULL)
        cells[count++] = maria_cell_text(after);
    cells[count++] = maria_cell_number((int64_t)limit);
    return maria_ask(maria, sql_page(table, after != NULL), cells, count, ret_result, fault);
}

int maria_page(struct maria *maria, const char *table_name, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    const struct schema_table *table = schema_readable(table_name);
    MYSQL_RES *result = NULL;
    if (table == NULL)
        return fault_set(fault, -EPROTO, "%s is not one of credd's tables", table_name);
    int r = table == &schema_status ? ask_status(maria, after, limit, &result, fault)
                                    : ask_table(maria, table, after, limit, &result, fault);
    if (r != 0)
        return r;
    r = visit_rows(result, table, visit, context, ret_count);
    mysql_free_result(result);
    return r;
}
