/* own_row.h - inside store/: the rows of credd's own tables as they are read, the same for both
 * kinds of database. Whatever is in them, nothing is guessed: a value that is not of its column's
 * kind, or does not fit, is damage. */
#ifndef CREDD_STORE_OWN_ROW_H
#define CREDD_STORE_OWN_ROW_H

#include "store/sql.h"
#include "store/store.h"

enum own_kind { OWN_TEXT, OWN_NUMBER, OWN_FLAG };

struct own_column {
    const char *name;
    enum own_kind kind;
    size_t offset, room; /* in the item; of a text, its end included */
};

struct own_list {
    enum sql_text text; /* gives these columns in this order */
    const char *table;
    const struct own_column *columns; /* the first one names the row */
    unsigned count;
    size_t size; /* of an item */
    size_t most; /* rows; so many or more are damage */
};
extern const struct own_list own_pairs, own_streams, own_acts, own_gaps;
#define OWN_COLUMNS_MAX 16

struct own_value {
    const char *text; /* NULL for NULL */
    size_t length;
    bool number; /* the database holds it as one */
};

/* Fills the item from the values of a row, one for each column. -EUCLEAN with the value's name. */
int own_take(const struct own_list *list, const struct own_value *values, void *item,
             struct fault *fault);
/* -EUCLEAN: there are more rows than credd ever writes. */
int own_too_many(const struct own_list *list, struct fault *fault);

#endif
