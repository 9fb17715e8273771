/* sqlite.h - inside store/: one SQLite connection, how it waits, is cut and says what went wrong.
 */
#ifndef CREDD_STORE_SQLITE_H
#define CREDD_STORE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store/sql.h"
#include "store/store.h"

/* How long a writer waits for the application's transactions before it reports -EBUSY. */
#define SQLITE_WAIT_MS 10000

#define SQLITE_SIDE_FILES 2

/* An entry of the schema: of which table, and its text. */
struct sqlite_entry {
    char *table, *name, *text;
    char *beside; /* the name that it has until the swap; NULL: none of its own */
};
struct sqlite_entries {
    struct sqlite_entry *at;
    size_t count;
};

/* What the world that is built has of the living tables. */
struct sqlite_like {
    bool drops;                     /* what was added to these goes with them */
    char *shape;                    /* how they were defined; NULL: it does not matter */
    struct sqlite_entries tables;   /* in the order of sql_liked(), as they are to be */
    struct sqlite_entries indexes;  /* of these, likewise */
    size_t number;                  /* of the next name for one beside the living tables */
    struct sqlite_entries triggers; /* of the living tables, during the swap */
};

struct sqlite {
    char *path;
    char *description;
    uint64_t min_free;

    pthread_mutex_t guard; /* of `db` against store_interrupt() */
    sqlite3
        *db; /* NULL until the marker has been seen: a foreign file is never opened for writing */
    atomic_bool cut;
    bool connected;
    bool foreign_keys;
    bool reads;
    dev_t device; /* which file `db` is: the path may name another one by now */
    ino_t inode;
    ino_t sides[SQLITE_SIDE_FILES]; /* its log and the log's index; 0: not seen yet */

    unsigned wait_ms, waited_ms, waits;
    int builder;                    /* the builder's lock, or -1 */
    char shadow_id[STORE_NAME_MAX]; /* of the world that it builds, "" for none */
    world_time shadow_built;        /* store_description.built of it */
    struct sqlite_like like;

    sqlite3_stmt *texts[SQL_SIDES][SQL_TEXTS];
    sqlite3_stmt *inserts[2][SCHEMA_TABLES];
    sqlite3_stmt *moves[2][SCHEMA_TABLES];
    sqlite3_stmt *updates[2][CHANGE_GROUPS];
};

/* --- sqlite_error.c: what went wrong --- */
/* Says what `rc`, of whatever was done last on `db`, means. */
int sqlite_error(struct sqlite *self, sqlite3 *db, int rc, const char *what, struct fault *fault);

/* --- sqlite_link.c: opening, waiting --- */
/* Opens the file for writing, creating it if `create`. Does not look for the marker. */
int sqlite_link_open(struct sqlite *self, bool create, struct fault *fault);
/* What a connection needs once the file is known to be credd's: write-ahead log, limits. */
int sqlite_link_own(struct sqlite *self, struct fault *fault);
void sqlite_link_close(struct sqlite *self);
/* Refuses what cannot be done: cut, not connected, not ours (yet). */
int sqlite_usable(struct sqlite *self, struct fault *fault);
int sqlite_busy(void *context, int count);

/* --- sqlite_sides.c: the log and its index --- */
/* Notes which files beside it are its own, once they are sure to be there. */
void sqlite_sides_note(struct sqlite *self);
/* Where another file was put in its place, its log and index are still beside that: removed, or
 * they would be taken for the new one's. */
void sqlite_sides_drop(const struct sqlite *self);

/* --- sqlite_run.c: statements and transactions --- */
int sqlite_prepare(struct sqlite *self, const char *sql, sqlite3_stmt **ret, struct fault *fault);
/* A statement that is kept; not to be finalized. */
int sqlite_kept(struct sqlite *self, enum sql_text text, enum sql_side side, sqlite3_stmt **ret,
                struct fault *fault);
/* Binds from the first parameter on: t is a const char *, i an int64_t. */
void sqlite_bind(sqlite3_stmt *statement, const char *kinds, ...);
/* A text is borrowed until the statement is reset. */
void sqlite_bind_cell(sqlite3_stmt *statement, int at, const struct cell *cell);
/* Runs a statement that gives no rows, then resets it. */
int sqlite_finish(struct sqlite *self, sqlite3_stmt *statement, struct fault *fault);
/* The same with a kept statement. */
int sqlite_do(struct sqlite *self, enum sql_text text, enum sql_side side, struct fault *fault,
              const char *kinds, ...);
int sqlite_run(struct sqlite *self, const char *sql, struct fault *fault);
/* Runs `sql` and releases it. */
int sqlite_run_own(struct sqlite *self, char *sql, struct fault *fault);
/* Steps to the next row: 1, or 0 at the end (the statement is then reset), or a failure (also
 * reset). */
int sqlite_next(struct sqlite *self, sqlite3_stmt *statement, struct fault *fault);
/* The first column of the first row, copied; -ENOENT without one. */
int sqlite_one_text(struct sqlite *self, sqlite3_stmt *statement, char *ret, size_t room,
                    struct fault *fault);
/* The first column of the first row of a query of numbers. */
int sqlite_one_number(struct sqlite *self, const char *sql, int64_t *ret, struct fault *fault);
int sqlite_foreign_keys(struct sqlite *self, bool on, struct fault *fault);
/* Takes the write lock, after a look whether the file is still the one that was opened. */
int sqlite_begin(struct sqlite *self, struct fault *fault);
/* COMMIT if `rc` is 0, else ROLLBACK; returns `rc`, or why COMMIT failed: -EPROTOTYPE without a
 * fault where a deferred constraint refused it. */
int sqlite_end(struct sqlite *self, int rc, struct fault *fault);
/* A transaction that only reads. */
int sqlite_begin_reading(struct sqlite *self, struct fault *fault);
void sqlite_end_reading(struct sqlite *self);

/* --- sqlite_look.c: what is in it --- */
/* The first column of a query's first row ("" without one), on any connection. */
int sqlite_look_text(struct sqlite *self, sqlite3 *db, const char *sql, char *ret, size_t room,
                     struct fault *fault);
/* Is there a table (or view) of that name, as SQLite compares names? */
int sqlite_look_table(struct sqlite *self, sqlite3 *db, const char *name, bool *ret,
                      struct fault *fault);
/* The same on the connection in hand. */
int sqlite_has_table(struct sqlite *self, const char *name, bool *ret, struct fault *fault);
/* Before there is a world, tables of the five are either absent or adopted empty: rows in them are
 * somebody's (-EPERM). */
int sqlite_none_filled(struct sqlite *self, struct fault *fault);
/* -EUCLEAN: there is no world because it was damaged. A swap brings credd's own tables and the
 * world's id at once. Else as the last. */
int sqlite_none_lost(struct sqlite *self, struct fault *fault);
/* Which version's marker there is; -EPERM if it is of one that this version does not know. */
int sqlite_look_age(struct sqlite *self, sqlite3 *db, enum schema_age *ret, struct fault *fault);
/* 0 if this version's marker is in the database as the transaction in hand sees it, else -EPERM. */
int sqlite_look_marker(struct sqlite *self, struct fault *fault);

/* --- sqlite_whose.c: whose file this is --- */
/* Connects, read-only first. Opens for writing if the marker is there. */
int sqlite_whose_connect(struct sqlite *self, struct fault *fault);
int sqlite_whose_probe(struct sqlite *self, enum store_kind *ret_kind, struct fault *why);
int sqlite_whose_claim(struct sqlite *self, struct fault *fault);
int sqlite_whose_adopt(struct sqlite *self, const struct fill *fills, struct fault *fault);
/* Writes this version's marker, in the transaction in hand. */
int sqlite_whose_mark(struct sqlite *self, struct fault *fault);

/* --- sqlite_strangers.c --- */
/* As store_swap_check(), on any connection. */
int sqlite_strangers(struct sqlite *self, sqlite3 *db, struct fault *fault);

/* --- sqlite_difference.c --- */
/* As store_differences(), on any connection; */
int sqlite_difference_each(struct sqlite *self, sqlite3 *db, const struct fill *fills,
                           store_difference_visitor *visit, void *context, struct fault *fault);
/* on the one in hand, or on a look from outside. */
int sqlite_differences(struct sqlite *self, const struct fill *fills,
                       store_difference_visitor *visit, void *context, struct fault *fault);
/* Which of schema_indexes, by their bits, the table is to have and has not. */
int sqlite_difference_indexes(struct sqlite *self, const char *table, unsigned *ret_lacks,
                              struct fault *fault);

/* --- sqlite_view.c --- */
int sqlite_views(struct sqlite *self, bool wanted, struct fault *fault);

/* --- sqlite_upgrade.c: from schema 2 --- */
int sqlite_upgrade(struct sqlite *self, struct fault *fault);

/* --- sqlite_peek.c --- */
/* Opens the file for reading only and so that nothing is made or changed: no byte, no side file.
 * `ret` is to be closed with sqlite_peek_close(). */
struct sqlite_peek;
int sqlite_peek_open(struct sqlite *self, struct sqlite_peek **ret, sqlite3 **ret_db,
                     struct fault *fault);
void sqlite_peek_close(struct sqlite_peek *peek);

/* --- sqlite_world.c: the description --- */
/* The id of the world of that side; -ENOENT if there is none. */
int sqlite_world_id(struct sqlite *self, enum sql_side side, char ret[STORE_NAME_MAX],
                    struct fault *fault);
int sqlite_world_load(struct sqlite *self, enum sql_side side, struct store_description *ret,
                      struct fault *fault);
int sqlite_world_glance(struct sqlite *self, char ret_world_id[STORE_NAME_MAX],
                        struct store_stream *ret_streams, size_t room, size_t *ret_count,
                        struct fault *fault);

/* --- sqlite_amend.c: changes of the description --- */
int sqlite_amend(struct sqlite *self, const struct store_amendment *amendment, struct fault *fault);
int sqlite_note(struct sqlite *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault);
int sqlite_has_act(struct sqlite *self, const char *id, bool *ret, struct fault *fault);
/* Writes a whole description into empty tables. */
int sqlite_describe(struct sqlite *self, enum sql_side side,
                    const struct store_description *description, struct fault *fault);

/* --- sqlite_refusal.c: whose fault it is that a row is not written --- */
struct sqlite_row {
    const struct schema_table *table;
    enum sql_side side;
    const struct cell *cells; /* of the row, or of a move: key, status it is to have, new status; of
                                 an update: key, values it is to have, new ones */
    bool moves;               /* or updates */
    bool skips;               /* a row whose value the application's rules refuse is left out */
    unsigned numbers;         /* sqlite_columns.numbers */
    struct fill_use use;
};
/* The row's statement, which is reset, ended with `rc` and changed no row: 0 if the row is to be
 * left out; -EPROTOTYPE if the table is at fault. */
int sqlite_refusal(struct sqlite *self, const struct sqlite_row *row, sqlite3_stmt *statement,
                   int rc, struct fault *fault);
/* A foreign key that is checked at COMMIT. */
int sqlite_refusal_at_commit(const char *table, struct fault *fault);

/* --- sqlite_columns.c: what becomes of what is written --- */
struct sqlite_columns {
    unsigned filled;  /* a bit each: columns of the fill that the table has */
    unsigned numbers; /* columns of credd's that are for texts and make numbers of digits */
};
/* -EPROTOTYPE: a column of `fill` (may be NULL) rejects its value. */
int sqlite_columns_look(struct sqlite *self, const struct schema_table *table, enum sql_side side,
                        const struct fill *fill, struct sqlite_columns *ret, struct fault *fault);
/* -EPROTOTYPE if a text of a row that is to be inserted would become a number. */
int sqlite_columns_keep(const struct sqlite_row *row, struct fault *fault);
/* Whether a column of that type makes numbers of texts that look like one. */
bool sqlite_makes_numbers(const char *type, bool strict);

/* --- sqlite_row.c: the statement of one row --- */
/* Runs the statement of a row: 1 if it changed one, 0 if the row is left out. */
int sqlite_row_run(struct sqlite *self, const struct sqlite_row *row, sqlite3_stmt *statement,
                   struct fault *fault);
/* Notes a row in one of credd's own logs, by a text with its columns; one that somebody put in its
 * place stays. */
int sqlite_row_note(struct sqlite *self, const struct sqlite_row *row, enum sql_text text,
                    struct fault *fault);

/* --- sqlite_update.c: values of a row --- */
/* 1: it is done and noted; 0: the row is left out; -EALREADY without a fault: others have the
 * group. */
int sqlite_update_row(struct sqlite *self, const struct sqlite_row *row,
                      const struct change *change, struct fault *fault);

/* --- sqlite_rows.c --- */
int sqlite_rows_commit(struct sqlite *self, bool shadow, const struct store_batch *batch,
                       struct store_outcome *ret_outcome, struct fault *fault);
int sqlite_rows_room(struct sqlite *self, struct fault *fault);
int sqlite_rows_page(struct sqlite *self, const char *table, const char *after, size_t limit,
                     store_visitor *visit, void *context, size_t *ret_count, struct fault *fault);

/* --- sqlite_definition.c: texts of the schema under other names --- */
/* CREATE TABLE, CREATE INDEX as they stand in the schema, of the table `table` and under the name
 * `name`, also where they name their own table: new memory, or NULL if it is no such text. */
char *sqlite_definition_table(const char *text, const char *name);
char *sqlite_definition_index(const char *text, const char *name, const char *table);

/* --- sqlite_like.c: what a new world has of the living tables --- */
/* Makes the shadow of the five and of credd_status after them, or, `anew`, as credd makes them;
 * `first`: after tables that were adopted, which get the indexes that they lack; `drops`: triggers
 * are not carried over either. -EPERM with the name of what cannot be made. In a transaction. */
int sqlite_like_make(struct sqlite *self, bool anew, bool first, bool drops, struct fault *fault);
/* In the swap's transaction: before the tables are renamed (-ESTALE if they were altered since),
 * and after. */
int sqlite_like_detach(struct sqlite *self, struct fault *fault);
int sqlite_like_attach(struct sqlite *self, struct fault *fault);
void sqlite_like_forget(struct sqlite *self);

/* --- sqlite_entries.c: what the schema says --- */
/* Takes the texts. */
void sqlite_entries_add(struct sqlite_entries *entries, const struct sqlite_entry *entry);
void sqlite_entries_done(struct sqlite_entries *entries);
/* Those of a type ("table", "index", "trigger") that have a text, on the tables of that side. */
int sqlite_entries_read(struct sqlite *self, const char *type, enum sql_side side,
                        struct sqlite_entries *entries, struct fault *fault);
/* Is there anything of that name, `beside`: but for indexes of the living tables, which a swap
 * renames? */
int sqlite_entries_taken(struct sqlite *self, const char *name, bool beside, bool *ret,
                         struct fault *fault);

/* The next name, `prefix` and a number from `*number` on, that nothing has. */
int sqlite_entries_free_name(struct sqlite *self, const char *prefix, size_t *number,
                             char ret[SQL_NAME_MAX], struct fault *fault);

/* What SQLite said last, with tables and indexes beside the living ones under the names by which
 * people know them: new memory. */
char *sqlite_entries_said(const struct sqlite *self);

/* --- sqlite_rename.c: the swap itself --- */
/* The living tables become the old ones, those of the shadow the living ones, and these get their
 * definitions and their indexes' names as self->like has them. In a transaction. */
int sqlite_rename_all(struct sqlite *self, struct fault *fault);

/* --- sqlite_swap.c: a new world beside the old --- */
int sqlite_swap_begin(struct sqlite *self, const struct store_description *description,
                      struct fault *fault);
int sqlite_swap_check(struct sqlite *self, struct fault *fault);
int sqlite_swap_now(struct sqlite *self, const char *old_world_id, unsigned wait_ms,
                    struct fault *fault);
int sqlite_swap_sweep(struct sqlite *self, struct fault *fault);
void sqlite_swap_unlock(struct sqlite *self);

#endif
