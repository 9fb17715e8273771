#include "store/fill.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$"

/* --- reading --- */

static void skip_blanks(const char **at)
{
    *at += strspn(*at, " \t");
}

static int read_name(const char **at, char ret[FILL_NAME_MAX + 1], struct fault *fault)
{
    size_t length = strspn(*at, LETTERS DIGITS);
    if (length == 0)
        return fault_set(fault, -EINVAL, "a column's name is missing");
    if (length > FILL_NAME_MAX)
        return fault_set(fault, -ERANGE, "a column's name has more than %d letters", FILL_NAME_MAX);
    memcpy(ret, *at, length);
    ret[length] = '\0';
    *at += length;
    return 0;
}

static int read_text(const char **at, struct fill_column *column, struct fault *fault)
{
    size_t used = 0;
    for ((*at)++;; (*at)++) {
        if (**at == '\0')
            return fault_set(fault, -EINVAL, "the text of %s has no closing quote", column->name);
        if (**at == '\'' && *++*at != '\'')
            break;
        if ((unsigned char)**at < ' ' || **at == 127)
            return fault_set(fault, -EINVAL, "the text of %s has a control character",
                             column->name);
        if (used == FILL_VALUE_MAX)
            return fault_set(fault, -ERANGE, "the text of %s has more than %d bytes", column->name,
                             FILL_VALUE_MAX);
        column->value[used++] = **at;
    }
    column->kind = FILL_TEXT;
    return 0;
}

static int read_number(const char **at, struct fill_column *column, struct fault *fault)
{
    const char *from = *at;
    from += *from == '-' ? 1 : 0;
    size_t whole = strspn(from, DIGITS), after = 0;
    bool point = whole > 0 && from[whole] == '.';
    if (point)
        after = strspn(from + whole + 1, DIGITS);
    const char *end = from + whole + (point ? 1 : 0) + after;
    if (whole == 0 || (point && after == 0))
        return fault_set(fault, -EINVAL, "%s has neither a number nor a text in single quotes",
                         column->name);
    if (end - *at > 66)
        return fault_set(fault, -ERANGE, "the number of %s has more than 65 digits", column->name);
    memcpy(column->value, *at, (size_t)(end - *at));
    column->kind = point ? FILL_DECIMAL : FILL_INTEGER;
    *at = end;
    errno = 0;
    (void)strtoll(column->value, NULL, 10);
    if (column->kind == FILL_INTEGER && errno == ERANGE)
        return fault_set(fault, -ERANGE, "the number of %s does not fit into 64 bits",
                         column->name);
    return 0;
}

static int read_column(const char **at, struct fill *fill, struct fault *fault)
{
    struct fill_column column = {.kind = FILL_TEXT};
    skip_blanks(at);
    int r = read_name(at, column.name, fault);
    if (r < 0)
        return r;
    skip_blanks(at);
    if (**at != ':')
        return fault_set(fault, -EINVAL, "a colon is missing after %s", column.name);
    (*at)++;
    skip_blanks(at);
    r = **at == '\'' ? read_text(at, &column, fault) : read_number(at, &column, fault);
    if (r < 0)
        return r;
    skip_blanks(at);
    if (fill_find(fill, column.name) != NULL)
        return fault_set(fault, -EINVAL, "%s is there twice", column.name);
    if (fill->count == FILL_COLUMNS_MAX)
        return fault_set(fault, -ERANGE, "more than %d columns", FILL_COLUMNS_MAX);
    fill->columns[fill->count++] = column;
    return 0;
}

int fill_parse(const char *text, struct fill *ret_fill, struct fault *fault)
{
    struct fill fill = {0};
    for (const char *at = text;; at++) {
        int r = read_column(&at, &fill, fault);
        if (r < 0)
            return r;
        if (*at == '\0')
            break;
        if (*at != ',')
            return fault_set(fault, -EINVAL, "a comma is missing after the value of %s",
                             fill.columns[fill.count - 1].name);
    }
    *ret_fill = fill;
    return 0;
}

/* --- finding --- */

bool fill_can_name(const char *name)
{
    size_t length = strspn(name, LETTERS DIGITS);
    return length > 0 && length <= FILL_NAME_MAX && name[length] == '\0';
}

const struct fill_column *fill_find(const struct fill *fill, const char *name)
{
    for (unsigned i = 0; fill != NULL && i < fill->count; i++)
        if (strcasecmp(fill->columns[i].name, name) == 0)
            return &fill->columns[i];
    return NULL;
}

unsigned fill_bit(const struct fill *fill, const struct fill_column *column)
{
    return 1u << (column - fill->columns);
}

const struct fill_column *fill_own(const struct fill *fill, const struct schema_table *table)
{
    const struct fill_column *found = NULL;
    for (unsigned i = 0; i < table->count && found == NULL; i++)
        found = fill_find(fill, table->columns[i].name);
    return found;
}

/* --- in a statement --- */

static void put_value(FILE *out, const struct fill_column *column, bool escapes)
{
    if (column->kind == FILL_INTEGER) {
        (void)fputs(column->value, out);
        return;
    }
    /* A decimal too: what it becomes is the column's business, and none of its digits is lost. */
    (void)fputc('\'', out);
    for (const char *c = column->value; *c != '\0'; c++) {
        if (*c == '\'' || (escapes && *c == '\\'))
            (void)fputc(*c, out);
        (void)fputc(*c, out);
    }
    (void)fputc('\'', out);
}

static char *list(const struct fill_use *use, bool values)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        abort();
    for (unsigned i = 0; use->fill != NULL && i < use->fill->count; i++) {
        const struct fill_column *column = &use->fill->columns[i];
        if (!(use->columns & 1u << i))
            continue;
        (void)fputs(", ", out);
        if (values)
            put_value(out, column, use->escapes);
        else
            (void)fprintf(out, "`%s`", column->name);
    }
    if (fclose(out) != 0)
        abort();
    return text;
}

char *fill_names(const struct fill_use *use)
{
    return list(use, false);
}

char *fill_values(const struct fill_use *use)
{
    return list(use, true);
}
