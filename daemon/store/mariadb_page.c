#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

static const struct schema_column status_columns[] = {
    {"application_id", CELL_TEXT, "VARCHAR(50)", 0},
    {"status", CELL_TEXT, "VARCHAR(20)", 0},
    {"at", CELL_TIME, "TIMESTAMP", 0},
    {"ordinal", CELL_INTEGER, "INTEGER", 0},
};

/* A text of the application's may be longer than a cell: it is cut between two characters. */
static struct cell cut_text(const char *text, unsigned long length)
{
    struct cell cell = {.kind = CELL_TEXT};
    if (length > CELL_TEXT_MAX) {
        length = CELL_TEXT_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xC0U) == 0x80U)
            length--;
    }
    cell.length = (uint16_t)length;
    cell.text = text;
    return cell;
}

/* What a lax application may have stored in a DATE or TIMESTAMP and what is no instant. */
static bool is_zero_date(const char *text)
{
    return strncmp(text, "0000-00-00", 10) == 0;
}

static int take_cell(const struct schema_column *column, const char *text, unsigned long length,
                     struct cell *ret_cell)
{
    int64_t number = 0;
    int r = 0;
    struct cell cell = {.kind = CELL_NULL};
    if (text == NULL) {
        *ret_cell = cell;
        return 0;
    }
    switch (column->kind) {
    case CELL_NULL: break;
    case CELL_TEXT: *ret_cell = cut_text(text, length); return 0;
    case CELL_INTEGER:
    case CELL_DECIMAL: r = sql_parse_decimal(text, column->scale, &number); break;
    case CELL_DATE: r = is_zero_date(text) ? -ENOENT : sql_parse_date(text, &number); break;
    case CELL_TIME: r = is_zero_date(text) ? -ENOENT : sql_parse_time(text, &number); break;
    }
    if (r == 0) {
        cell.kind = (uint8_t)column->kind;
        cell.scale = column->scale;
        cell.number = number;
    }
    *ret_cell = cell;
    return r == -ENOENT ? 0 : r;
}

static int take_row(MYSQL_RES *result, const char *table, const struct schema_column *columns,
                    unsigned count, MYSQL_ROW row, struct cell *cells, struct fault *fault)
{
    const unsigned long *lengths = mysql_fetch_lengths(result);
    for (unsigned i = 0; i < count; i++) {
        if (take_cell(&columns[i], row[i], lengths[i], &cells[i]) != 0)
            return fault_set(fault, -EPROTO, "%s.%s of row %.60s holds %.60s, which is no %s",
                             table, columns[i].name, row[0], row[i], columns[i].type);
    }
    return 0;
}

static int visit_rows(MYSQL_RES *result, const char *table, const struct schema_column *columns,
                      unsigned count, store_visitor *visit, void *context, size_t *ret_count,
                      struct fault *fault)
{
    struct cell cells[CHANGE_CELLS_MAX];
    MYSQL_ROW row = NULL;
    size_t given = 0;
    int r = 0;
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL) {
        r = take_row(result, table, columns, count, row, cells, fault);
        if (r != 0)
            return r;
        r = visit(context, cells, count);
        given++;
    }
    if (r < 0)
        return r;
    *ret_count = given;
    return 0;
}

#define STATUS_PAGE  "SELECT application_id, status, at, ordinal FROM " SCHEMA_STATUS
#define STATUS_ORDER " ORDER BY application_id, ordinal LIMIT ?"

static int ask_status(struct maria *maria, const char *after, size_t limit, MYSQL_RES **ret_result,
                      struct fault *fault)
{
    struct cell cells[4];
    char id[SQL_NAME_MAX];
    int64_t ordinal = 0;
    cells[3] = maria_cell_number((int64_t)limit);
    if (after == NULL)
        return maria_ask(maria, mem_text(STATUS_PAGE STATUS_ORDER), &cells[3], 1, ret_result,
                         fault);
    if (sql_status_after(after, id, &ordinal) != 0)
        return fault_set(fault, -EPROTO, "%s is no place in " SCHEMA_STATUS, after);
    cells[0] = maria_cell_text(id);
    cells[1] = cells[0];
    cells[2] = maria_cell_number(ordinal);
    return maria_ask(maria,
                     mem_text(STATUS_PAGE " WHERE application_id >= ? AND "
                                          "(application_id > ? OR ordinal > ?)" STATUS_ORDER),
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

int maria_page(struct maria *maria, const char *table, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault)
{
    const struct schema_table *schema = schema_table(table);
    MYSQL_RES *result = NULL;
    int r = 0;
    if (schema != NULL)
        r = ask_table(maria, schema, after, limit, &result, fault);
    else if (strcmp(table, SCHEMA_STATUS) == 0)
        r = ask_status(maria, after, limit, &result, fault);
    else
        r = fault_set(fault, -EPROTO, "%s is no table of credd's", table);
    if (r != 0)
        return r;
    r = visit_rows(result, table, schema != NULL ? schema->columns : status_columns,
                   schema != NULL ? schema->count
                                  : (unsigned)(sizeof status_columns / sizeof *status_columns),
                   visit, context, ret_count, fault);
    mysql_free_result(result);
    return r;
}
