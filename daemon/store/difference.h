/* difference.h - inside store/: what is other in a table than credd makes it, by the facts that a
 * kind of database tells of it. */
#ifndef CREDD_STORE_DIFFERENCE_H
#define CREDD_STORE_DIFFERENCE_H

#include "store/store.h"

/* Whether a column takes what credd writes there. */
enum difference_fit { FIT_SAME, FIT_TAKES, FIT_NOT };

struct fact_column {
    char *name, *type;
    char *preset;             /* its default as it is written; NULL: none */
    bool must;                /* have a value */
    bool generated, numbered; /* by the database */
    bool follows_updates;     /* it gets another value whenever its row is changed */
    enum difference_fit fit;  /* of one that credd has, too */
};

enum fact_kind {
    FACT_INDEX,
    FACT_UNIQUE,
    FACT_PRIMARY,
    FACT_CHECK,
    FACT_FOREIGN_KEY,
    FACT_TRIGGER
};

struct fact_entry {
    enum fact_kind kind;
    char *name;
    char *columns; /* "customer_id, created_at"; "" where that does not matter */
    char *target;  /* FOREIGN_KEY: which table; else NULL */
};

struct facts {
    const struct schema_table *table;
    const char *other;   /* what it is if it is not a table: "view"; NULL */
    const char *hinders; /* what no table of credd's may be; NULL */
    bool has_rows;
    bool exact; /* a table whose name is in another case is another table */
    struct fact_column *columns;
    size_t column_count;
    struct fact_entry *entries;
    size_t entry_count;
};

/* Texts are copied; NULL stays NULL. */
struct fact_column *facts_add_column(struct facts *facts, const char *name, const char *type,
                                     const char *preset);
void facts_add_entry(struct facts *facts, enum fact_kind kind, const char *name,
                     const char *columns, const char *target);
void facts_done(struct facts *facts);
/* Credd's column of that name; NULL: it has none. */
const struct schema_column *facts_own_column(const struct schema_table *table, const char *name);

/* An index that begins with these columns; the foreign key to customers, where there is to be one.
 */
bool facts_have_index(const struct facts *facts, const char *columns);
bool facts_have_parent(const struct facts *facts);

/* Tells how the table differs, all of it; `fill` of the table. */
int difference_tell(const struct facts *facts, const struct fill *fill,
                    store_difference_visitor *visit, void *context);

/* Tells what hangs on the tables and is in the way of each new world, in a sentence of its own. */
int difference_strangers(const char *text, store_difference_visitor *visit, void *context);

/* Gathers, as a visitor, what is in the way of adopting the tables. */
struct difference_refusal {
    char text[700];
    unsigned told, more;
};
int difference_refuse(void *context, const struct store_difference *difference);
/* Notes, as a visitor, in a bool whether anything was added to a table or is other in it, so that a
 * first world's tables are made after those that were adopted. */
int difference_added(void *context, const struct store_difference *difference);
/* -EPERM with the first of it, 0 if there was nothing; `what` is the database. */
int difference_refused(const struct difference_refusal *refusal, const char *what,
                       struct fault *fault);

#endif
