/* sql.h - inside store/: names and statement texts made from the schema, the same for both kinds of
 * database. */
#ifndef CREDD_STORE_SQL_H
#define CREDD_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/change.h"
#include "clock/instant.h"
#include "store/fill.h"
#include "store/schema.h"

/* A world's tables exist up to three times: the live ones, those of the world being built, those
 * swapped out. */
enum sql_side { SQL_LIVE, SQL_SHADOW, SQL_OLD };
#define SQL_SIDES    3
#define SQL_NAME_MAX 64

/* customers is customers, credd_new_customers or credd_old_customers; credd_world is credd_world,
 * credd_new_world or credd_old_world. Returns `buffer`. */
const char *sql_name(enum sql_side side, const char *table, char buffer[SQL_NAME_MAX]);

/* The i-th of the tables that a swap exchanges: the five, then credd's own. */
#define SQL_SWAPPED (SCHEMA_TABLES + SCHEMA_OWN)
const char *sql_swapped(size_t i);
/* The table of which `name`, `exact` or as SQLite compares names, is one side; NULL: it is none of
 * these. */
const char *sql_table_of(const char *name, bool exact);
/* In a database's words, in place: tables of the world being built, and what is named after them,
 * get the names that the living ones have, which people know. */
void sql_living(char *words);
/* The i-th of the tables that an application may add to, which a new world makes after the living
 * ones: the five and credd_status. */
#define SQL_LIKED (SCHEMA_TABLES + 1)
const char *sql_liked(size_t i);
/* Is it one of credd's own that describe the current world? */
bool sql_is_own(const char *table, size_t length);

/* All of these return new memory. Parameters are ? marks in the order given. */

/* "('customers', 'financial_records', …)". */
char *sql_tables(void);
/* The same of those that an application may add to. */
char *sql_liked_tables(void);
/* What a database said, with tables that stand beside the living ones under the names by which
 * people know them; `known` gives those of other words (NULL: as it is), and may be NULL. */
char *sql_as_known(const char *said, const char *(*known)(const void *context, const char *word),
                   const void *context);
/* CREATE TABLE of one of the five under the name `name`; customer_id refers to `parent`
 * (customer_id), by a clause of its own; `suffix` (may be "") follows the last parenthesis. */
char *sql_create(const struct schema_table *table, const char *name, const char *parent,
                 const char *suffix);
char *sql_create_own(const struct schema_own *own, const char *name, const char *suffix);
/* CREATE INDEX `name` on the table of that side. */
char *sql_create_index(const struct schema_index *index, const char *name, enum sql_side side);
/* INSERT INTO … (every column, those that are filled) VALUES (?, …, constants). */
char *sql_insert(const struct schema_table *table, enum sql_side side, const struct fill_use *use);
/* UPDATE … SET status = ?2nd WHERE key = ? AND status = ?: new status, key, expected status. */
char *sql_move(const struct schema_table *table, enum sql_side side);
/* UPDATE … SET columns = ?, … WHERE key = ?, and, unless `is` is "", AND column `is` for each: the
 * values that come, the key, the values that are expected. */
char *sql_update(const struct change_columns *columns, enum sql_side side, const char *is);
/* SELECT every column … [WHERE `behind`] ORDER BY keys LIMIT ?. */
char *sql_page(const struct schema_table *table, const char *behind);

/* The pair of credd_world that only a store reads: what its swap may have lost. */
#define SQL_PAIR_SWAP "swap"

/* Statements on credd's own tables. */
enum sql_text {
    SQL_WORLD_ID, /* -> value */
    SQL_PAIRS,    /* -> name, value */
    SQL_PAIR_PUT, /* name, value */
    SQL_STREAMS,  /* -> the columns of credd_stream in the order of schema_own, but world_id last */
    SQL_STREAM_ADD,  /* name, world_id, then as SQL_STREAMS without name */
    SQL_STREAM_PUT,  /* not_before, paused, paused_at, paused_wall_us, resumes_wall_us, paused_by,
                        reason; name, the most that its watermark may be */
    SQL_STREAM_SWAP, /* the compare-and-swap of a commit: new watermark; name, world_id, generation,
                        started, watermark (ignored while not started: give it twice) */
    SQL_STREAM_COUNT,  /* rows, skipped to add; name */
    SQL_STREAM_SAME,   /* world_id, generation -> how many streams have both */
    SQL_STREAM_OTHERS, /* world_id, generation -> how many streams have another one of either */
    SQL_STREAM_NEXT,   /* new generation; world_id, generation */
    SQL_ACTS,          /* -> the columns of credd_act, in order of seq */
    SQL_ACT_SEQ,       /* id -> seq */
    SQL_ACT_LAST,      /* -> the highest seq, 0 without an act */
    SQL_ACT_ADD,       /* the columns of credd_act */
    SQL_GAPS,          /* -> the columns of credd_gap */
    SQL_GAP_PUT,       /* the columns of credd_gap */
    SQL_STATUS_ADD,    /* application_id, status, at */
    SQL_CHANGE_ADD,    /* table_name, row_key, at, column_name, value */
    SQL_CHANGE_LEFT,   /* row_key, name of a group -> a row if others have it */
    SQL_MARKER,        /* -> value of the marker row of credd_meta */
    SQL_META_PUT,      /* name, value */
    SQL_META_FORGET,   /* name */
    SQL_TEXTS,
};
char *sql_text(enum sql_text which, enum sql_side side);
/* SELECT how many streams of the shadow do not stand at `built`. */
char *sql_unbuilt(world_time built);

/* What a page continues after, as cells for schema_keys(): a key; for credd_status also
 * "application_id|seconds", for credd_change "row_key|seconds|column_name". The key alone: after
 * all of its rows. */
struct sql_after {
    char key[CELL_TEXT_MAX + 80];
    struct cell cells[SCHEMA_KEYS];
};
/* Returns -EINVAL if `after` is no such thing. */
int sql_page_after(const struct schema_table *table, const char *after, struct sql_after *ret);

/* Exact readers of what cell_print() writes: a decimal with at most `scale` digits after the point
 * (more only if they are zeros) becomes number × 10^scale. -EINVAL if it is none or does not fit.
 */
int sql_parse_decimal(const char *text, unsigned scale, int64_t *ret);
int sql_parse_date(const char *text, int64_t *ret);
int sql_parse_time(const char *text, int64_t *ret);

/* A value that was read, NULL for NULL: as the column's kind if it is one, else its text as it
 * stands, cut between two characters after CELL_TEXT_MAX bytes. The text is borrowed. */
struct cell sql_read_cell(const struct schema_column *column, const char *text, size_t length);

#endif
