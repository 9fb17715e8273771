/* memory_store.h - a database in memory that keeps the contract of store.h, and fails in every way
 * that the contract allows, when the test says so.
 *
 * Several stores are connections to one database. A call yields before and after its work and
 * within its transaction, which holds the database's one lock; what a transaction does becomes true
 * in one piece, so that readers see what was before it or what is after it. */
#ifndef CREDD_SIMULATION_MEMORY_STORE_H
#define CREDD_SIMULATION_MEMORY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

struct memory_database;

struct memory_database *memory_database_new(void);
/* With all of its connections and snapshots. */
void memory_database_free(struct memory_database *db);
/* Vacant again, without connections, for the next run; keeps its memory. */
void memory_database_clear(struct memory_database *db);

/* --- calls --- */

enum memory_op {
    MEMORY_CONNECT,
    MEMORY_PROBE,
    MEMORY_CLAIM,
    MEMORY_ADOPT,
    MEMORY_UPGRADE,
    MEMORY_LOAD,
    MEMORY_GLANCE,
    MEMORY_AMEND,
    MEMORY_NOTE,
    MEMORY_HAS_ACT,
    MEMORY_COMMIT,
    MEMORY_ROOM,
    MEMORY_AGES,
    MEMORY_SHADOW_BEGIN,
    MEMORY_SWAP_CHECK,
    MEMORY_SWAP,
    MEMORY_SWEEP,
    MEMORY_PAGE,
    MEMORY_OPS,
};
const char *memory_op_name(enum memory_op op);

/* Where a call stands when it yields. */
enum memory_point {
    MEMORY_BEFORE,
    MEMORY_WAITING, /* others hold the lock */
    MEMORY_BEGUN,   /* the transaction holds the lock */
    MEMORY_INSIDE,  /* the compare-and-swap is done, the rows are not */
    MEMORY_COMMITTING,
    MEMORY_AFTER,
    MEMORY_HANGING, /* no answer comes */
};

/* What becomes of a call. What does not fit it, as a full disk when reading, is FATE_FINE. */
enum fate {
    FATE_FINE,
    FATE_LOST,        /* the connection, before anything was done: -ENOTCONN */
    FATE_LOST_INSIDE, /* the same within the transaction: nothing is done */
    FATE_LOST_UNDONE, /* during COMMIT, which did not happen: -ECONNABORTED */
    FATE_LOST_DONE,   /* during COMMIT, which did happen: -ECONNABORTED */
    FATE_BUSY,        /* -EBUSY, as if others held a lock for too long */
    FATE_FULL,        /* -ENOSPC */
    FATE_READ_ONLY,   /* -EROFS */
    FATE_REFUSED,     /* -EACCES */
    FATE_HANG,        /* no answer until the server recovers or the call is cut: -EINTR */
    FATE_HANG_UNDONE, /* the same during COMMIT; cut, it did not happen */
    FATE_HANG_DONE,   /* the same; cut, it had happened */
    FATES,
};
const char *memory_fate_name(enum fate fate);

/* Of one process. All of them may be NULL: then nothing yields, no time passes (who has to wait is
 * busy at once), all is fine, and what hangs is as if it had been cut. */
struct memory_hooks {
    void (*yield)(void *context, enum memory_op op, enum memory_point point);
    enum fate (*fate)(void *context, enum memory_op op);
    int64_t (*mono_us)(void *context); /* for patience; without it a yield counts as 1 ms */
    bool (*recovered)(void *context);  /* has the server that hung come back? */
    /* A call is over; for the trail of a run that is to be looked at. */
    void (*done)(void *context, enum memory_op op, int rc);
    void *context;
};

/* A new connection, not connected. `hooks` is copied. */
struct store *memory_store_new(struct memory_database *db, const struct memory_hooks *hooks);
/* The process whose hooks have this context is gone: its connections end, what it had not committed
 * is not done, its locks are free. Its store objects are not to be used again. */
void memory_store_kill(struct memory_database *db, const void *context);
/* The server restarts: all connections are lost, and notice at their next step. */
void memory_server_restart(struct memory_database *db);
/* Whether a transaction holds the lock just now. */
bool memory_transaction(const struct memory_database *db);

/* --- others --- */

enum memory_lock { MEMORY_FREE, MEMORY_NO_WRITES, MEMORY_NOTHING };
/* Somebody else locks the database: writers, or all, are busy. */
void memory_lock(struct memory_database *db, enum memory_lock lock);

/* What the application does. -EBUSY while a transaction or somebody else holds the lock, -EEXIST
 * and -ENOENT as the key says, -EINVAL if there is no such table (yet). */
int memory_insert(struct memory_database *db, const char *table, const struct cell *cells,
                  unsigned count);
int memory_update(struct memory_database *db, const char *table, const char *key,
                  const char *column, const struct cell *cell);
int memory_delete(struct memory_database *db, const char *table, const char *key);
/* With all rows that refer to it. */
int memory_delete_customer(struct memory_database *db, const char *key);
/* Tables of the five without the marker, as an application would have made them; `table` NULL: all.
 */
void memory_make_foreign(struct memory_database *db, const char *table);
/* The application alters a table so that it takes no more rows of credd's, or takes that back. */
void memory_refuse(struct memory_database *db, const char *table, bool refuses);
bool memory_refuses(const struct memory_database *db, const char *table);
/* Foreign keys or triggers of others on our tables; NULL: none (any more). */
void memory_strangers(struct memory_database *db, const char *what);
/* Somebody deletes the marker, or it is that of schema 2. */
void memory_drop_marker(struct memory_database *db);
void memory_make_older(struct memory_database *db);

/* Copies of a moment; they live until the database is cleared. */
struct memory_snapshot;
struct memory_snapshot *memory_snapshot_take(struct memory_database *db);
/* The database is as it was then. A transaction in hand is rolled back; with `replaced`, as when a
 * file is put in the place of another, all connections are lost, else they go on. */
void memory_snapshot_restore(struct memory_database *db, const struct memory_snapshot *snapshot,
                             bool replaced);

/* The same table by table in the order of their names, as a dump has them, while connections go
 * on; each is made at the server's time. The five come after credd's own. */
enum {
    MEMORY_PART_ACTS,
    MEMORY_PART_CHANGES,
    MEMORY_PART_STATUS,
    MEMORY_PART_STREAMS,
    MEMORY_PART_WORLD,
    MEMORY_OWN_PARTS
};
#define MEMORY_PARTS (MEMORY_OWN_PARTS + SCHEMA_TABLES)
void memory_snapshot_restore_part(struct memory_database *db,
                                  const struct memory_snapshot *snapshot, unsigned part);
const char *memory_snapshot_world_id(const struct memory_snapshot *snapshot);
/* Such a restore is possible: it is the same world, and no stream is where it was then in the same
 * generation (rows that came before a daemon noticed would go), and its tables can be told from
 * those that come. */
bool memory_snapshot_fits(const struct memory_database *db, const struct memory_snapshot *snapshot);
/* What the server's clock says, in seconds. */
void memory_server_time(struct memory_database *db, int64_t now_s);

/* --- looking in, without a connection, at what is committed --- */

struct memory_row {
    unsigned count;
    struct cell cells[]; /* texts are NUL-terminated too */
};
/* The rows of a live table in the order of their keys; valid until the next change. */
struct memory_row *const *memory_rows(const struct memory_database *db, const char *table,
                                      size_t *ret_count);
const struct memory_row *memory_row(const struct memory_database *db, const char *table,
                                    const char *key);
/* The id of the current world, "" if there is none, and its streams; borrowed. */
const char *memory_world_id(const struct memory_database *db);
const struct store_stream *memory_stream(const struct memory_database *db, const char *name);
const struct store_act *memory_acts(const struct memory_database *db, size_t *ret_count);
/* NULL: no such pair. */
const char *memory_pair(const struct memory_database *db, const char *name);

#endif
