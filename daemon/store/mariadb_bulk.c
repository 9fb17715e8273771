#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* The longest printed number, date or time, with its NUL. */
#define PRINT_MAX ((size_t)32)

struct maria_rows *maria_rows_new(unsigned columns, size_t room)
{
    struct maria_rows *rows = MEM_NEW(struct maria_rows);
    assert(columns <= CHANGE_CELLS_MAX);
    rows->columns = columns;
    rows->room = room;
    rows->texts = MEM_ARRAY(char *, columns *room);
    rows->lengths = MEM_ARRAY(unsigned long, columns *room);
    rows->nulls = MEM_ARRAY(char, columns *room);
    rows->prints = mem_zero(columns * room, PRINT_MAX);
    rows->kept = MEM_ARRAY(bool, room);
    return rows;
}

void maria_rows_free(struct maria_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->texts);
    free(rows->lengths);
    free(rows->nulls);
    free(rows->prints);
    free(rows->kept);
    free(rows);
}

void maria_rows_clear(struct maria_rows *rows)
{
    rows->count = 0;
    rows->bytes = 0;
}

static void set_cell(struct maria_rows *rows, size_t place, const struct cell *cell)
{
    char *print = rows->prints + place * PRINT_MAX;
    rows->nulls[place] = cell->kind == CELL_NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    if (cell->kind == CELL_TEXT) {
        /* Bound for reading only. */
        memcpy(&rows->texts[place], &cell->text, sizeof rows->texts[place]);
        rows->lengths[place] = cell->length;
    } else {
        rows->texts[place] = print;
        rows->lengths[place] = cell_print(cell, print);
    }
    rows->bytes += rows->lengths[place] + 8;
}

void maria_rows_add(struct maria_rows *rows, const struct cell *cells)
{
    assert(rows->count < rows->room);
    for (unsigned i = 0; i < rows->columns; i++)
        set_cell(rows, i * rows->room + rows->count, &cells[i]);
    rows->kept[rows->count++] = false;
}

bool maria_rows_full(const struct maria *maria, const struct maria_rows *rows)
{
    /* Twice what the texts take, should all of it need escaping, and one more row. */
    return rows->count == rows->room ||
           (rows->bytes + (size_t)rows->columns * CELL_TEXT_MAX) * 2 > maria->request_max;
}

static int execute_bulk(struct maria *maria, MYSQL_STMT *statement, struct maria_rows *rows,
                        size_t from, size_t count, struct fault *fault)
{
    MYSQL_BIND binds[CHANGE_CELLS_MAX] = {0};
    const unsigned size = (unsigned)count;
    for (unsigned i = 0; i < rows->columns; i++) {
        size_t place = i * rows->room + from;
        binds[i].buffer_type = MYSQL_TYPE_STRING;
        binds[i].buffer = &rows->texts[place];
        binds[i].length = &rows->lengths[place];
        binds[i].u.indicator = &rows->nulls[place];
    }
    maria->error = 0;
    maria_asks(maria);
    if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &size) != 0 ||
        mysql_stmt_bind_param(statement, binds) != 0 || mysql_stmt_execute(statement) != 0)
        return maria_fail(maria, statement, fault);
    return maria_still_begun(maria, fault);
}

static int execute_text(struct maria *maria, const char *insert, const struct maria_rows *rows,
                        size_t from, size_t count, struct fault *fault)
{
    static const char values[] = " VALUES (";
    struct maria_text text = {0};
    const char *marks = strstr(insert, values);
    assert(marks != NULL);
    marks += strlen(values) - 1;
    /* Behind "?, ?, ?" stand constants, and the parenthesis. */
    const char *constants = marks + 1 + (size_t)rows->columns * 3 - 2;
    char *head = mem_text(insert);
    head[marks - insert] = '\0';
    maria_text_add(&text, head);
    free(head);
    for (size_t row = from; row < from + count; row++) {
        maria_text_add(&text, row > from ? ", (" : "(");
        for (unsigned i = 0; i < rows->columns; i++) {
            size_t place = i * rows->room + row;
            maria_text_add(&text, i > 0 ? ", " : "");
            if (rows->nulls[place] == STMT_INDICATOR_NULL)
                maria_text_add(&text, "NULL");
            else
                maria_text_literal(&text, maria->mysql, rows->texts[place], rows->lengths[place]);
        }
        maria_text_add(&text, constants);
    }
    return maria_do(maria, text.bytes, NULL, 0, fault);
}

static void cells_of(const struct maria_rows *rows, size_t row, struct cell *cells)
{
    for (unsigned i = 0; i < rows->columns; i++) {
        size_t place = i * rows->room + row;
        cells[i] = (struct cell){.kind = CELL_NULL};
        if (rows->nulls[place] == STMT_INDICATOR_NULL)
            continue;
        cells[i] = (struct cell){.kind = CELL_TEXT, .length = (uint16_t)rows->lengths[place]};
        cells[i].text = rows->texts[place];
    }
}

/* One after the other: done again after a failure, they set the same values. */
static int execute_updates(struct maria *maria, const char *update, const struct maria_rows *rows,
                           size_t from, size_t count, struct fault *fault)
{
    struct cell cells[CHANGE_CELLS_MAX] = {0};
    int r = 0;
    for (size_t row = from; r == 0 && row < from + count; row++) {
        cells_of(rows, row, cells);
        r = maria_do(maria, mem_text(update), cells, rows->columns, fault);
    }
    return r;
}

struct target {
    const struct maria_aim *aim;
    const char *insert; /* or update */
    bool updates;
    MYSQL_STMT *statement; /* NULL: by text */
    struct maria_rows *rows;
};

/* One row was refused, and nothing else was in the statement. */
static int judge_row(struct maria *maria, const struct target *target, size_t row,
                     struct fault *fault)
{
    struct cell cells[CHANGE_CELLS_MAX];
    char key[CELL_PRINT_MAX + 1];
    cells_of(target->rows, row, cells);
    if (!target->updates)
        return maria_row_refused(maria, target->aim, cells, fault);
    (void)cell_print(&cells[target->rows->columns - 1], key);
    return target->aim->skips && refusal_is_of_value(maria_refusal(maria))
               ? 0
               : maria_refusal_fault(maria, target->aim, key, fault);
}

static int execute(struct maria *maria, const struct target *target, size_t from, size_t count,
                   struct fault *fault)
{
    return target->statement != NULL
               ? execute_bulk(maria, target->statement, target->rows, from, count, fault)
           : target->updates
               ? execute_updates(maria, target->insert, target->rows, from, count, fault)
               : execute_text(maria, target->insert, target->rows, from, count, fault);
}

/* While the server puts an altered copy of customers in its place, foreign keys find no customer at
 * all. Once this one was read, nothing can take its place. */
static int execute_again(struct maria *maria, const struct target *target, size_t row, int code,
                         struct fault *fault)
{
    struct cell cells[CHANGE_CELLS_MAX];
    bool there = false;
    if (maria_refusal(maria) != REFUSAL_FOREIGN_KEY || target->aim->table->parent_column < 0)
        return code;
    cells_of(target->rows, row, cells);
    int r = maria_has_parent(maria, target->aim, cells, &there, fault);
    /* Also if it is not: the question has overwritten what the server said. */
    return r != 0 ? r : execute(maria, target, row, 1, fault);
}

/* InnoDB takes back all of a statement that fails, so that halving it finds the row that is
 * refused, unless the table refuses any. */
static int insert_range(struct maria *maria, struct target *target, size_t from, size_t count,
                        struct fault *fault)
{
    int r = execute(maria, target, from, count, fault);
    if (r == -EPROTO && maria->mysql != NULL && count == 1 && !target->updates)
        r = execute_again(maria, target, from, r, fault);
    if (r == 0)
        memset(target->rows->kept + from, true, count);
    if (r != -EPROTO || maria->mysql == NULL)
        return r;
    if (!refusal_is_of_row(maria_refusal(maria)))
        return maria_refused_by(maria, r, target->aim, fault);
    if (count == 1)
        return judge_row(maria, target, from, fault);
    r = insert_range(maria, target, from, count / 2, fault);
    return r != 0 ? r : insert_range(maria, target, from + count / 2, count - count / 2, fault);
}

static int write_rows(struct maria *maria, struct target target, struct fault *fault)
{
    const char *insert = target.insert;
    const struct maria_aim *aim = target.aim;
    struct maria_rows *rows = target.rows;
    int r = 0;
    if (rows->count == 0)
        return 0;
    if (maria->has_bulk && maria->mysql != NULL) {
        target.statement = mysql_stmt_init(maria->mysql);
        if (target.statement == NULL)
            abort();
        maria_asks(maria);
        if (mysql_stmt_prepare(target.statement, insert, strlen(insert)) != 0)
            r = maria_refused_by(maria, maria_fail(maria, target.statement, fault), aim, fault);
    }
    if (r == 0)
        r = insert_range(maria, &target, 0, rows->count, fault);
    if (target.statement != NULL)
        (void)mysql_stmt_close(target.statement);
    return r;
}

int maria_rows_insert(struct maria *maria, const struct maria_aim *aim, const char *insert,
                      struct maria_rows *rows, struct fault *fault)
{
    return write_rows(maria, (struct target){aim, insert, false, NULL, rows}, fault);
}

int maria_rows_update(struct maria *maria, const struct maria_aim *aim, const char *update,
                      struct maria_rows *rows, struct fault *fault)
{
    return write_rows(maria, (struct target){aim, update, true, NULL, rows}, fault);
}
