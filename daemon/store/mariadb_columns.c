/* MariaDB: whether a table's columns keep what credd writes, and which of those that are filled it
 * has. Strict mode does not help here: the server rounds a decimal, drops the time of an instant
 * and makes a number of a text of digits without an error. */
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

#define BINARY_CHARSET 63

/* --- credd's own columns --- */

/* Whether the value comes back as it was written, if the server takes it: one that is too long or
 * out of range it rejects by itself. */
static bool keeps(const struct schema_column *own, const MYSQL_FIELD *is)
{
    bool whole = own->kind == CELL_INTEGER;
    switch (is->type) {
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET: return true;
    case MYSQL_TYPE_STRING: /* BINARY(n) is filled up with zeros */
        return is->charsetnr != BINARY_CHARSET || (is->flags & (ENUM_FLAG | SET_FLAG)) != 0;
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_FLOAT: return whole;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
    case MYSQL_TYPE_DOUBLE:
        return whole || (own->kind == CELL_DECIMAL && is->decimals >= own->scale);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE: return own->kind == CELL_DATE;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP: return own->kind == CELL_DATE || own->kind == CELL_TIME;
    default: return false;
    }
}

static int refuse_type(struct maria *maria, const struct maria_aim *aim, const char *column,
                       struct fault *fault)
{
    char name[SQL_NAME_MAX], type[REFUSAL_NAME_MAX] = "of another type";
    const struct cell of[] = {maria_cell_text(sql_name(aim->side, aim->table->name, name)),
                              maria_cell_text(column)};
    int r =
        maria_value(maria,
                    mem_text("SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE "
                             "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = ?"),
                    of, 2, type, sizeof type, fault);
    return r != 0 ? r : refusal_of_type(aim->table->name, column, type, NULL, true, fault);
}

static const struct schema_column *first_lost(const struct schema_table *table, MYSQL_RES *result)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(result);
    for (unsigned i = 0; i < table->count && i < mysql_num_fields(result); i++)
        if (!keeps(&table->columns[i], &fields[i]))
            return &table->columns[i];
    return NULL;
}

int maria_columns_keep(struct maria *maria, const struct maria_aim *aim, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    const struct schema_table *table = aim->table;
    struct maria_text sql = {0};
    MYSQL_RES *result = NULL;
    for (unsigned i = 0; i < table->count; i++) {
        maria_text_add(&sql, i > 0 ? ", " : "SELECT ");
        maria_text_add(&sql, table->columns[i].name);
    }
    maria_text_add(&sql, " FROM ");
    maria_text_add(&sql, sql_name(aim->side, table->name, name));
    maria_text_add(&sql, " LIMIT 0");
    int r = maria_ask(maria, sql.bytes, NULL, 0, &result, fault);
    if (r != 0)
        return maria_refused_by(maria, r, aim, fault);
    const struct schema_column *lost = first_lost(table, result);
    mysql_free_result(result);
    return lost != NULL ? refuse_type(maria, aim, lost->name, fault) : 0;
}

/* --- those that are filled --- */

/* Digits behind the point, without zeros at the end. */
static size_t scale_of(const char *number)
{
    const char *point = strchr(number, '.');
    size_t digits = point != NULL ? strlen(point + 1) : 0;
    while (digits > 0 && point[digits] == '0')
        digits--;
    return digits;
}

/* A number with more digits behind the point than the column has would be rounded. */
static int take(const struct maria_aim *aim, MYSQL_ROW row, unsigned *columns, struct fault *fault)
{
    const struct fill_column *column = fill_find(aim->use.fill, row[0]);
    if (column == NULL)
        return 0;
    *columns |= fill_bit(aim->use.fill, column);
    bool rounds = column->kind != FILL_TEXT && row[2] != NULL &&
                  scale_of(column->value) > strtoul(row[2], NULL, 10);
    return rounds
               ? refusal_of_type(aim->table->name, column->name, row[1], aim->use.fill, true, fault)
               : 0;
}

int maria_columns_filled(struct maria *maria, const struct maria_aim *aim, unsigned *ret_columns,
                         struct fault *fault)
{
    char name[SQL_NAME_MAX];
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    const struct fill *fill = aim->use.fill;
    *ret_columns = 0;
    if (fill == NULL || fill->count == 0)
        return 0;
    struct cell of = maria_cell_text(sql_name(aim->side, aim->table->name, name));
    int r = maria_ask(maria,
                      mem_text("SELECT COLUMN_NAME, COLUMN_TYPE, IF(DATA_TYPE IN ('float', "
                               "'double'), NULL, NUMERIC_SCALE) FROM information_schema.COLUMNS "
                               "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"),
                      &of, 1, &result, fault);
    if (r != 0)
        return r;
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL)
        r = take(aim, row, ret_columns, fault);
    mysql_free_result(result);
    return r;
}
