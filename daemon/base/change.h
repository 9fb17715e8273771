/* change.h - what one event of the world does to the database: a row inserted, a status moved, or
 * values of a row updated. */
#ifndef CREDD_BASE_CHANGE_H
#define CREDD_BASE_CHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cell.h"

#define CHANGE_CELLS_MAX 16 /* columns of the widest table, and some */

enum change_kind {
    /* One new row: cells in the order of the table's columns, cells[0] is the key. A table with a
     * status column also gets the row's first status noted in credd_status, at `at`. */
    CHANGE_INSERT,
    /* The row of key cells[0] goes from status cells[1] to status cells[2] at `at`; it happens only
     * if the row has status cells[1], and is then noted in credd_status. */
    CHANGE_MOVE,
    /* The row of key cells[0] gets other values in the columns of `group`, at `at`: those that are
     * expected there are the next cells, in the order of change_groups, and those that come the
     * cells after them. It happens only if the row has all that are expected, and each column that
     * changed is then noted in credd_change. Where a column has another value the group is others'
     * from then on, which is noted there too. */
    CHANGE_UPDATE,
};

/* Columns that change together. */
enum change_group {
    CUSTOMER_GROUP_PLACE, /* address, city, state, zip_code, phone */
    CUSTOMER_GROUP_WORK,  /* employment_type, annual_income */
    CHANGE_GROUPS,
};

#define CHANGE_GROUP_MAX 5 /* columns of one */

struct change_columns {
    const char *table;
    const char *name; /* stands for a column's in credd_change where the group is others' */
    unsigned count;
    struct {
        const char *name;
        unsigned place; /* among the table's columns */
    } columns[CHANGE_GROUP_MAX];
};
extern const struct change_columns change_groups[CHANGE_GROUPS];

struct change {
    enum change_kind kind;
    enum change_group group; /* of an update */
    int64_t at;              /* the event's instant, seconds since 1970-01-01T00:00:00Z */
    unsigned count;          /* of the cells; their texts are borrowed */
    struct cell cells[CHANGE_CELLS_MAX];
};

/* The columns of an update, and its values before and after, one for each. */
static inline const struct change_columns *change_columns_of(const struct change *change)
{
    return &change_groups[change->group];
}

static inline const struct cell *change_before(const struct change *change)
{
    return &change->cells[1];
}

static inline const struct cell *change_after(const struct change *change)
{
    return &change->cells[1 + change_columns_of(change)->count];
}

/* An ordered list of changes of one table that owns its texts. */
struct change_list {
    struct change *items;
    size_t count, room;
    char **blocks; /* text arena: blocks[block_at] is being filled, up to block_used */
    size_t block_count, block_at, block_used;
};

/* Copies `change` and its texts to the end of the list. */
void change_list_add(struct change_list *list, const struct change *change);
/* The same for whoever calls back with changes: `list` is a change_list. Returns 0. */
int change_list_gather(void *list, const struct change *change);
/* Empties the list, keeping its memory for the next use. */
void change_list_clear(struct change_list *list);
/* Releases what the list holds (not the struct itself). */
void change_list_done(struct change_list *list);
/* The bytes of text and cells that the list holds. */
size_t change_list_bytes(const struct change_list *list);

#endif
