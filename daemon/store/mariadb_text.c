#include <assert.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

static char *reserve(struct maria_text *text, size_t more)
{
    if (text->used + more + 1 > text->room) {
        text->room = (text->used + more + 1) * 2;
        text->bytes = mem_grow(text->bytes, text->room, 1);
    }
    return text->bytes + text->used;
}

static void add_bytes(struct maria_text *text, const char *bytes, size_t length)
{
    char *to = reserve(text, length);
    memcpy(to, bytes, length);
    to[length] = '\0';
    text->used += length;
}

void maria_text_add(struct maria_text *text, const char *more)
{
    add_bytes(text, more, strlen(more));
}

void maria_text_literal(struct maria_text *text, MYSQL *mysql, const char *bytes, size_t length)
{
    maria_text_add(text, "'");
    char *to = reserve(text, length * 2 + 1);
    text->used += mysql_real_escape_string(mysql, to, bytes, length);
    maria_text_add(text, "'");
}

void maria_text_cell(struct maria_text *text, MYSQL *mysql, const struct cell *cell)
{
    char print[CELL_PRINT_MAX + 1];
    switch ((enum cell_kind)cell->kind) {
    case CELL_NULL: maria_text_add(text, "NULL"); break;
    case CELL_TEXT: maria_text_literal(text, mysql, cell->text, cell->length); break;
    case CELL_INTEGER:
    case CELL_DECIMAL: add_bytes(text, print, cell_print(cell, print)); break;
    case CELL_DATE:
    case CELL_TIME: maria_text_literal(text, mysql, print, cell_print(cell, print)); break;
    }
}

char *maria_text_expand(MYSQL *mysql, const char *sql, const struct cell *cells, unsigned count,
                        size_t *ret_length)
{
    struct maria_text text = {0};
    const char *mark = NULL;
    for (unsigned i = 0; i < count; i++) {
        mark = strchr(sql, '?');
        assert(mark != NULL);
        add_bytes(&text, sql, (size_t)(mark - sql));
        maria_text_cell(&text, mysql, &cells[i]);
        sql = mark + 1;
    }
    maria_text_add(&text, sql);
    *ret_length = text.used;
    return text.bytes;
}

static void add_names(struct maria_text *text, enum sql_side side, size_t count)
{
    char name[SQL_NAME_MAX];
    for (size_t i = 0; i < count; i++) {
        maria_text_add(text, i > 0 ? ", BINARY '" : "BINARY '");
        maria_text_add(text, sql_name(side, sql_liked(i), name));
        maria_text_add(text, "'");
    }
}

void maria_text_tables(struct maria_text *text)
{
    add_names(text, SQL_LIVE, SCHEMA_TABLES);
}

void maria_text_liked(struct maria_text *text, enum sql_side side)
{
    add_names(text, side, SQL_LIKED);
}
