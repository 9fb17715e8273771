/* schema.h - the tables as data: the five that the application sees, and credd's own. */
#ifndef CREDD_STORE_SCHEMA_H
#define CREDD_STORE_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

#include "base/cell.h"

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): in the order in which it is read */
struct schema_column {
    const char *name;
    enum cell_kind kind;
    const char *type; /* SQL type, the same on both stores */
    uint8_t scale;    /* of a decimal */
};

struct schema_table {
    const char *name;
    const struct schema_column *columns; /* columns[0] is the primary key */
    unsigned count;
    int parent_column;  /* the column that refers to customers(customer_id), or -1 */
    int status_column;  /* the column that CHANGE_MOVE moves and credd_status logs, or -1 */
    int created_column; /* created_at */
};

#define SCHEMA_TABLES 5
/* customers first, in the order of the streams. */
extern const struct schema_table schema_tables[SCHEMA_TABLES];

/* Beside the bits 1u << enum stream_id: credd_status, credd_change. */
#define SCHEMA_STATUS_BIT (1u << SCHEMA_TABLES)
#define SCHEMA_CHANGE_BIT (1u << (SCHEMA_TABLES + 1))

/* What can be read of credd_status: application_id, status, at. */
extern const struct schema_table schema_status;
/* Of credd_change: table_name, row_key, at, column_name, value. */
extern const struct schema_table schema_change;

/* One of the five; NULL if there is none of that name. */
const struct schema_table *schema_table(const char *name);
/* The same, or one of those two. */
const struct schema_table *schema_readable(const char *name);

/* The columns by which its rows are told apart and read in order. */
#define SCHEMA_KEYS 3
struct schema_keys {
    unsigned count;
    unsigned places[SCHEMA_KEYS];
};
struct schema_keys schema_keys(const struct schema_table *table);

/* Where the table stands in schema_tables; SCHEMA_TABLES if there is none of that name. */
size_t schema_place(const char *name);

/* The indexes that credd adds, besides the primary keys. */
struct schema_index {
    const char *name;
    const char *table;
    const char *columns;
};
#define SCHEMA_INDEXES 4
extern const struct schema_index schema_indexes[SCHEMA_INDEXES];

/* credd's own tables. credd_meta (the marker) is never swapped; the others describe one world and
 * are. */
#define SCHEMA_META   "credd_meta"
#define SCHEMA_WORLD  "credd_world"
#define SCHEMA_STREAM "credd_stream"
#define SCHEMA_ACT    "credd_act"
#define SCHEMA_GAP    "credd_gap"
#define SCHEMA_STATUS "credd_status"
#define SCHEMA_CHANGE "credd_change"

/* The values of the marker's two rows, `marker` and `schema`. */
#define SCHEMA_MARKER  "credd 3"
#define SCHEMA_VERSION "3"
/* What version 0.1.0 writes there, and knows. It looks at the marker in every batch. */
#define SCHEMA_MARKER_2  "credd"
#define SCHEMA_VERSION_2 "2"
/* The marker while schema 2 is being upgraded. */
#define SCHEMA_MARKER_UPGRADING "credd upgrading"

enum schema_age {
    SCHEMA_NONE,    /* no marker */
    SCHEMA_CURRENT, /* this version's */
    SCHEMA_OLDER,   /* schema 2, or on its way from there */
    SCHEMA_OTHER,   /* of a version that this one does not know */
};
/* What the marker's two rows say, given as "MARKER/SCHEMA": either may be empty. */
enum schema_age schema_age(const char *marks);

struct schema_own {
    const char *name;
    const char
        *body; /* what stands between the parentheses of CREATE TABLE, the same on both stores */
};
#define SCHEMA_OWN 6
/* The ones that are swapped with the world. */
extern const struct schema_own schema_own[SCHEMA_OWN];
extern const struct schema_own schema_meta;

/* Views for analysts, which refer to the living tables by name: a swap leaves them alone. */
struct schema_view {
    const char *name;
    const char *text; /* its SELECT, where {x} is the instant x in UTC, and [x] its day there */
};
#define SCHEMA_VIEWS 4
extern const struct schema_view schema_views[SCHEMA_VIEWS];

#endif
