/* refusal.h - inside store/: why a table rejects credd's rows, in a sentence that names
 * table, column and what helps. */
#ifndef CREDD_STORE_REFUSAL_H
#define CREDD_STORE_REFUSAL_H

#include <stdbool.h>

#include "base/fault.h"
#include "store/fill.h"

enum refusal_kind {
    REFUSAL_NONE,
    REFUSAL_NO_DEFAULT,  /* a column that must have a value, and has no default */
    REFUSAL_NO_COLUMN,   /* a column of credd's is not there */
    REFUSAL_NO_TABLE,    /* nor is a table */
    REFUSAL_GENERATED,   /* a column of credd's is generated */
    REFUSAL_VALUE,       /* type or length of a column of credd's */
    REFUSAL_TYPE,        /* of a column of credd's: it would change the value without a word */
    REFUSAL_CHECK,       /* a constraint of the application's, as the next two */
    REFUSAL_UNIQUE,      /* of other columns than credd's key */
    REFUSAL_FOREIGN_KEY, /* other than credd's own */
    REFUSAL_TRIGGER,     /* a trigger of the application's raises */
    REFUSAL_ROLLED_BACK, /* and ends the transaction */
    REFUSAL_FILL,        /* a column that is filled rejects its constant */
    REFUSAL_PARTITION,   /* none takes the row */
    REFUSAL_FUNCTION,    /* that a trigger, an index or a generated column calls is not there */
    /* An index or trigger of the application's, or the table itself, needs what credd's connection
     * does not know; the name is then "function f". */
    REFUSAL_ENTRY_NEEDS,
    REFUSAL_TABLE_NEEDS,
    REFUSAL_OTHER,
    REFUSAL_KINDS,
};

#define REFUSAL_NAME_MAX 128

struct refusal {
    enum refusal_kind kind;
    const char *table;            /* as people know it */
    char name[REFUSAL_NAME_MAX];  /* of the column, constraint or table; "": not known */
    char entry[REFUSAL_NAME_MAX]; /* which it is that needs something: "INDEX by_city"; a type */
    const char *key;              /* of the row; NULL: none in particular */
    const char *said;             /* by the database; NULL: nothing */
    const struct fill *fill;      /* what further columns get; may be NULL */
};

/* Whether it is the row's value that is refused: with refuse = skip such a row is left out alone.
 */
bool refusal_is_of_value(enum refusal_kind kind);
/* Whether it is to be found out which row it is. */
bool refusal_is_of_row(enum refusal_kind kind);
/* -EPROTOTYPE with the sentence; `alters`: the database can change a column's definition. */
int refusal_fault(const struct refusal *refusal, bool alters, struct fault *fault);
/* The same for a column that would change what it gets, by its type: one of credd's, or one of
 * `fill`, which is NULL for one of credd's. */
int refusal_of_type(const char *table, const char *column, const char *type,
                    const struct fill *fill, bool alters, struct fault *fault);

#endif
