/* fill.h - what an application's further columns of a table get in each row that credd inserts:
 * constants, as the configuration gives them. */
#ifndef CREDD_STORE_FILL_H
#define CREDD_STORE_FILL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "store/schema.h"

#define FILL_COLUMNS_MAX 8
#define FILL_NAME_MAX    64  /* bytes of a column's name */
#define FILL_VALUE_MAX   128 /* bytes of a value */

enum fill_kind { FILL_INTEGER, FILL_DECIMAL, FILL_TEXT };

struct fill_column {
    char name[FILL_NAME_MAX + 1];
    char value[FILL_VALUE_MAX + 1]; /* a text without its quotes */
    enum fill_kind kind;
};

struct fill {
    unsigned count;
    struct fill_column columns[FILL_COLUMNS_MAX];
};

/* Reads "company_id:7, rate:1.50, tenant:'demo'"; '' in a text is a quote. -EINVAL or -ERANGE, with
 * what is wrong in `fault`. */
int fill_parse(const char *text, struct fill *ret_fill, struct fault *fault);

/* Whether fill can be written for a column of that name. */
bool fill_can_name(const char *name);
/* By name, as databases compare them; NULL: it is not filled. `fill` may be NULL. */
const struct fill_column *fill_find(const struct fill *fill, const char *name);
/* The bit of one of its columns. */
unsigned fill_bit(const struct fill *fill, const struct fill_column *column);
/* The first that is a column of credd's own, which has its values already; NULL: none. */
const struct fill_column *fill_own(const struct fill *fill, const struct schema_table *table);

/* Which columns of a statement are filled, and how the database reads a text. */
struct fill_use {
    const struct fill *fill; /* NULL: nothing is */
    unsigned columns;        /* a bit each: those that the table has */
    bool escapes;            /* a backslash in a text stands for more than itself */
};
/* ", `company_id`, `tenant`" and ", 7, 'demo'"; new memory. */
char *fill_names(const struct fill_use *use);
char *fill_values(const struct fill_use *use);

#endif
