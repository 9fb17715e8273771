/* store.h - where rows go: one connection to MariaDB/MySQL or to an SQLite file, as a table of
 * operations.
 *
 * A store object belongs to one thread, except for store_interrupt(). Nothing here logs; every
 * failure is a negative number and a fault whose text tells a person what to do. */
#ifndef CREDD_STORE_STORE_H
#define CREDD_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/change.h"
#include "base/fault.h"
#include "clock/instant.h"
#include "store/fill.h"
#include "store/schema.h"

/* The failures that a caller tells apart:
 *
 * - ENOTCONN: the database cannot be reached, or the connection was lost and nothing was committed
 * - ECONNABORTED: the connection was lost during COMMIT: unknown whether it happened
 * - EINTR: cut by store_interrupt()
 * - ESTALE: the compare-and-swap failed: another daemon, a reset, an act came first; load again
 * - EBUSY: locked by others for too long (text names them where they can be known); try again
 * - EACCES: rights, user or database missing; the text holds the SQL statements that grant them
 * - ENOSPC: the disk is full, or database.min_free would be passed
 * - EROFS: the database or its disk is read-only
 * - EPERM: the database is not credd's: no marker where one must be
 * - ENOENT: there is no world in it
 * - EUCLEAN: a table of credd's own is missing, or holds what credd did not write
 * - EPROTOTYPE: one of the tables rejects credd's rows by its definition: the text names it,
 *   the column, the database's words and what helps
 * - EPROTO: anything else that the database answered; the text is its own */

struct store_config {
    bool mariadb;      /* else SQLite */
    const char *path;  /* SQLite */
    const char *hosts; /* "a,b,c" tried in turn; with neither these nor a socket it is the server of
                          this machine: its usual socket if that is there, else 127.0.0.1 */
    unsigned port;
    const char *socket; /* a Unix socket: wins over hosts */
    const char *name;
    const char *user;     /* NULL: the process's user */
    const char *password; /* NULL: none */
    const char *tls_ca;   /* NULL: no TLS asked for */
    uint64_t min_free;    /* bytes that must stay free on the SQLite file's disk */
    bool reads;           /* nothing else: not even an SQLite file's log is written back into it */
    bool no_bulk;         /* multi-row inserts even where the server has bulk execute (tests) */
};

struct store;

/* Takes a copy of what it needs of `config`. Does not connect. */
struct store *store_new(const struct store_config *config);
void store_free(struct store *store);

/* Where stores come from: store_new(), or a test. */
struct store_source {
    struct store *(*make)(void *context, const struct store_config *config);
    void *context;
};

extern const struct store_source store_databases;

/* Connects (or opens; an SQLite file read-only until its marker is seen, and not created before
 * store_claim). Sets session zone +00:00, utf8mb4, strict mode, isolation. Closes an older
 * connection. */
int store_connect(struct store *store, struct fault *fault);
bool store_connected(const struct store *store);
/* From any thread, at any time while the store exists: makes the operation in hand fail soon with
 * -EINTR (shutdown of the socket; sqlite3_interrupt). The next operation needs store_connect(). */
void store_interrupt(struct store *store);
/* How long an operation may wait for others' locks before it is -EBUSY; 0: as long as is usual.
 * (Only SQLite has one lock for all: elsewhere it changes nothing.) */
void store_patience(struct store *store, unsigned wait_ms);
/* "MariaDB 10.11.19 at /run/mysqld/mysqld.sock, database x" / "SQLite 3.40.1,
 * /var/lib/credd/credd.sqlite". */
const char *store_describe(struct store *store);

/* --- whose database this is --- */

enum store_kind {
    STORE_VACANT,  /* none of the five tables, no marker: may be claimed */
    STORE_CLAIMED, /* the marker, but no world yet (or a first start that was killed) */
    STORE_WORLD,   /* the marker and a world */
    STORE_OLDER,   /* a world of schema 2 (version 0.1.0), or one whose upgrade was interrupted */
    STORE_FOREIGN, /* one of the five tables without the marker */
};
/* `why` gets, for STORE_FOREIGN, which tables were found. -EUCLEAN: of a world only parts are left;
 * -EPERM: STORE_CLAIMED, and one of the five holds rows all the same. */
int store_probe(struct store *store, enum store_kind *ret_kind, struct fault *why);
/* Writes the marker into a vacant database (creating the SQLite file if need be). Idempotent; safe
 * against a second daemon doing the same and against a kill at any instant. -EPERM if it is not
 * vacant any more. */
int store_claim(struct store *store, struct fault *fault);
/* What is other in a table than credd makes it. */
struct store_difference {
    const char *table;
    const char *part; /* a column, an index, a constraint, a trigger; "": the table as a whole */
    bool blocks; /* in the way of adopting it: its rows could not be written, or nothing reset */
    bool rows;   /* it is that the table has some, */
    bool lacks;  /* or that an index, key or default of credd's is not there */
    const char *text; /* what follows the name in a sentence: "is missing" */
};
typedef int store_difference_visitor(void *context, const struct store_difference *difference);
/* Visits all that is other in those of the five and credd_status that are there, whoever's they
 * are; `fills` (SCHEMA_TABLES of them, or NULL) are what further columns get. Changes nothing. A
 * visitor that returns non-zero ends it: that is returned. */
int store_differences(struct store *store, const struct fill *fills,
                      store_difference_visitor *visit, void *context, struct fault *fault);
/* Takes over a foreign database whose tables among the five are empty and take credd's rows:
 * nothing in them differs so that it blocks. Writes the marker; the first world then has tables
 * made after these. -EPERM with the first reasons. */
int store_adopt(struct store *store, const struct fill *fills, struct fault *fault);

/* Brings a STORE_OLDER database to this version's schema, keeping the world, its acts and gaps. Its
 * first transaction changes the marker, so that version 0.1.0 writes no more; each further step can
 * be repeated, and the new marker comes last: after a kill at any instant the next call goes on.
 * `owner` names this process in the marker's table while it lasts. -EBUSY: another daemon is at it.
 */
int store_upgrade(struct store *store, const char *owner, struct fault *fault);

/* --- the description of the world --- */

#define STORE_NAME_MAX       40
#define STORE_VALUE_MAX      256
#define STORE_PARAMETERS_MAX 512
#define STORE_STREAMS_MAX    16
/* As many rows or more are not credd's doing, which keeps to less. */
#define STORE_PAIRS_MAX 1000
#define STORE_ACTS_MAX  100000
#define STORE_GAPS_MAX  500000
#define STORE_SEQ_MAX   INT64_C(1000000000000000)

struct store_pair { /* a row of credd_world */
    char name[STORE_NAME_MAX];
    char value[STORE_VALUE_MAX];
};

struct store_stream { /* a row of credd_stream */
    char name[STORE_NAME_MAX];
    int64_t generation; /* of the clock and the acts, the same in all rows: a random token of 63
                           bits, another one at every amendment (a counter would meet itself again
                           after a restored backup) */
    world_time watermark;
    world_time not_before; /* runs up to it are not due: the clock alone was moved there */
    int64_t rows;          /* rows of the stream that credd inserted */
    int64_t skipped;       /* rows, moves and updates left out because of what others did */
    bool started;          /* false: no watermark yet (baseline under way) */
    bool paused;
    world_time paused_at;                    /* meaningful while paused, as are the next four */
    int64_t paused_wall_us, resumes_wall_us; /* resumes 0: until somebody resumes */
    char paused_by[STORE_NAME_MAX];
    char reason[STORE_VALUE_MAX];
    char world_id[STORE_NAME_MAX]; /* as read back: it is written as that of the description */
};

struct store_act { /* a row of credd_act: who did what; also what the world's acts are made from */
    int64_t seq;   /* 1, 2, 3 …, without a hole: given by the transaction that records the act */
    char world_id[STORE_NAME_MAX]; /* acts of former worlds are kept for the history */
    char id[STORE_NAME_MAX];       /* unique: an act that is there already is not done again */
    char kind[STORE_NAME_MAX];     /* as state/act.h names them */
    world_time at;
    int64_t wall_us;
    char parameters[STORE_PARAMETERS_MAX]; /* "stream=customers factor=20", see state/act.h */
    int64_t uid;                           /* -1: the daemon itself */
    int64_t pid;
    char user[STORE_NAME_MAX];
    char reason[STORE_VALUE_MAX];
};

struct store_gap { /* a row of credd_gap: insertions in (from, until] do not exist */
    char stream[STORE_NAME_MAX];
    world_time from, until;
    int64_t seq; /* of the act that left it */
};

struct store_description {
    char world_id[STORE_NAME_MAX]; /* also the pair "id" */
    /* Of a world to be built: the one that was there, "" any; and where each of its streams has to
     * stand when it is swapped in, 0 anywhere. */
    char replaces[STORE_NAME_MAX];
    world_time built;
    bool plain; /* its tables are to be credd's own, without what others added to the living ones */
    struct store_pair *pairs;
    size_t pair_count;
    struct store_stream streams[STORE_STREAMS_MAX]; /* read back in the order of schema_tables */
    size_t stream_count;
    struct store_act *acts; /* in order of seq */
    size_t act_count;
    struct store_gap *gaps;
    size_t gap_count;
};
void store_description_done(struct store_description *description);

/* Reads all of it in one snapshot. -ENOENT if there is no world. `ret` is to be released. */
int store_load(struct store *store, struct store_description *ret, struct fault *fault);
/* The same of the world that the last swap replaced, until it is swept. */
int store_load_replaced(struct store *store, struct store_description *ret, struct fault *fault);
/* Only the streams' rows and the world id: cheap, to notice that something changed. -EUCLEAN: more
 * streams than `room`. */
int store_glance(struct store *store, char ret_world_id[STORE_NAME_MAX],
                 struct store_stream *ret_streams, size_t room, size_t *ret_count,
                 struct fault *fault);

/* When tables were made, in seconds since 1970 by the server's clock; 0: it is not there, or the
 * store does not tell (SQLite restores a database as a whole). A table that was altered counts as
 * made then; a renamed one may keep its age or not. */
struct store_ages {
    int64_t own; /* the last made of credd's own that hold the world's state; 0: one is not there */
    int64_t tables[SCHEMA_TABLES]; /* in the order of schema_tables */
};
int store_ages(struct store *store, struct store_ages *ret_ages, struct fault *fault);

/* A change of the description, in one transaction: -ESTALE unless every stream still has
 * `generation` in the world `world_id`; then every stream's generation becomes `next_generation`.
 */
struct store_amendment {
    const char *world_id;
    int64_t generation, next_generation;
    const struct store_pair *pairs; /* inserted or replaced */
    size_t pair_count;
    /* name, not_before, paused…, reason are replaced; not generation, rows, skipped; and -ESTALE
     * where a watermark is beyond the one here: what counts from an instant must not come after
     * rows that lie behind it. */
    const struct store_stream *streams;
    size_t stream_count;
    const struct store_act
        *acts; /* added, each with the next `seq`; one whose id exists is left out */
    size_t act_count;
    const struct store_gap *gaps; /* added, with the `seq` of the first act */
    size_t gap_count;
    int64_t last_seq; /* of the newest act that is known: -ESTALE if it is another; 0: any */
    int64_t made;     /* store_ages.own as it is known: -ESTALE if it is another; 0: any */
};
int store_amend(struct store *store, const struct store_amendment *amendment, struct fault *fault);
/* Replaces pairs of credd_world without a new generation (clock heartbeat). -ESTALE if the world or
 * its generation is another. */
int store_note(struct store *store, const char *world_id, int64_t generation,
               const struct store_pair *pairs, size_t count, struct fault *fault);
/* True in `ret` if the act of that id is recorded. */
int store_has_act(struct store *store, const char *id, bool *ret, struct fault *fault);

/* --- rows --- */

struct store_batch {
    const char *world_id;
    int64_t generation;
    const char *stream; /* also the table's name */
    bool started;       /* what the stored row must say: has it a watermark, and which */
    world_time from;
    world_time to; /* the new watermark */
    int64_t made;  /* store_ages.own as it is known: -ESTALE if it is another, since a backup is
                      being put back and the rows would be among those of another state; 0: any */
    bool skips_refused; /* leave a row out whose value a CHECK, a UNIQUE key or a trigger of the
                           application's on this table refuses; none of credd_status is left out */
    const struct fill
        *fill; /* what further columns get in each row that is inserted; may be NULL */
    const struct change_list *changes;
};
struct store_outcome {
    int64_t inserted, moved, updated, skipped;
    unsigned lacks; /* columns of the fill, by fill_bit(), that the table does not have */
};
/* One transaction: compare-and-swap of the stream's row first, then the rows, then COMMIT. A row
 * whose parent is missing, or whose key exists, is left out alone and counted; so is a move whose
 * expected status is not there, and the first update of a group that others changed (the ones after
 * it are left out and not counted). What a table refuses by its definition ends the batch, with
 * -EPROTOTYPE; so does a value of `fill` that its column rejects. A column of it that is not
 * there is left out. `shadow`: into the tables of the world being built instead. */
int store_commit(struct store *store, bool shadow, const struct store_batch *batch,
                 struct store_outcome *ret_outcome, struct fault *fault);

/* -ENOSPC if the disk can be seen not to hold one more batch: a small one may still find its place.
 */
int store_room(struct store *store, struct fault *fault);

/* --- a new world beside the old --- */

/* Takes the advisory lock for building (one builder at a time, released with the connection or the
 * process), checks the marker, drops what an earlier attempt left, creates empty shadow tables and
 * writes `description` (its acts, gaps, pairs, streams) into them. Where there is a world, the five
 * and credd_status are made after the living ones (see `plain`): -EPERM with the name of what
 * cannot be made so. -EBUSY: another daemon is building. -ESTALE: the world is not the one that
 * `description` replaces; what the reset that replaced it has still to carry over stays, and so
 * does what shows a loss until a sweep has noted it. */
int store_shadow_begin(struct store *store, const struct store_description *description,
                       struct fault *fault);
/* -EPERM with their names if others have foreign keys on the five or on credd_status, or (but in an
 * SQLite file, where the swap takes them along) triggers: a reset is refused. */
int store_swap_check(struct store *store, struct fault *fault);
/* One attempt to swap the shadow in, waiting for at most `wait_ms` (0: not at all) without ever
 * holding up others longer. -EBUSY with who holds the tables where it can be known. Checks the
 * marker again. Afterwards the old tables are named credd_old_*; store_sweep() drops them. -ESTALE
 * if the world `old_world_id` ("" for none) is not the current one any more, or the shadow is not
 * what was built (a backup that was put back meanwhile had tables of the same names), or tables
 * that it was made after were altered since. -ERESTART: they were altered in its midst, and the old
 * world is back, its tables as young as that. */
int store_swap(struct store *store, const char *old_world_id, unsigned wait_ms,
               struct fault *fault);
/* What others did to the tables in the midst of the last swap, after the last look at the old ones
 * and before the exchange: it was not undone, and the new world does not have it. Until the sweep
 * after it, and with `told`, since that noted it, also later. */
struct store_loss {
    char text[FAULT_TEXT_MAX]; /* "table customers: added `tier` int(11)"; "": nothing was lost */
    bool told;
};
int store_lost(struct store *store, struct store_loss *ret, struct fault *fault);
/* Drops shadow and old tables in short steps; releases the builder's lock. Safe to call at any time
 * (not while another daemon holds the lock: then it does nothing). */
int store_sweep(struct store *store, struct fault *fault);

/* --- views --- */

/* Makes the views for analysts of a world (schema_views), or drops them where they are not wanted.
 * Only what credd made is dropped, and only what has another text now is made again: -EEXIST with
 * the names that somebody else has taken, once the others are done. -EACCES: the right to make them
 * is missing, with the SQL statement that grants it. */
int store_views(struct store *store, bool wanted, struct fault *fault);

/* --- reading --- */

/* Up to `limit` rows of one of the five tables, of credd_status or of credd_change in key order
 * (that of the keys that credd makes is bytewise; MariaDB sorts an application's by the database's
 * collation), after the key `after` (NULL: from the start; see sql_page_after() for those of two
 * and three columns). Each row as cells of the schema's kinds, valid during the visit. `ret_count`
 * is how many were given; fewer than `limit`: the end. Rows of credd_status and credd_change come
 * in the order in which what is of one row happened. A visitor that returns non-zero ends the page:
 * that is returned if negative. A value that is not of its column's kind (an application may put
 * anything into an SQLite file, and zero dates into MariaDB) comes as a text cell; texts are cut
 * after CELL_TEXT_MAX bytes. */
typedef int store_visitor(void *context, const struct cell *cells, unsigned count);
int store_page(struct store *store, const char *table, const char *after, size_t limit,
               store_visitor *visit, void *context, size_t *ret_count, struct fault *fault);

#endif
