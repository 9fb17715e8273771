/* MariaDB: which of the columns that are filled a table has. */
#include <mysql.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* A statement on it holds off whoever would alter it until the transaction ends. */
static int hold_definition(struct maria *maria, const struct maria_aim *aim, const char *name,
                           struct fault *fault)
{
    MYSQL_RES *result = NULL;
    int r = maria_ask(maria, mem_format("SELECT 1 FROM %s LIMIT 0", name), NULL, 0, &result, fault);
    if (r == 0)
        mysql_free_result(result);
    return maria_refused_by(maria, r, aim, fault);
}

int maria_fill_look(struct maria *maria, const struct maria_aim *aim, unsigned *ret_columns,
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
    int r = hold_definition(maria, aim, name, fault);
    if (r == 0)
        r = maria_ask(maria,
                      mem_text("SELECT COLUMN_NAME FROM information_schema.COLUMNS "
                               "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"),
                      &of, 1, &result, fault);
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL) {
        const struct fill_column *column = fill_find(fill, row[0]);
        *ret_columns |= column != NULL ? fill_bit(fill, column) : 0;
    }
    mysql_free_result(result);
    return 0;
}
