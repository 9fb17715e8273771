/* memory_parts.h - inside the database in memory: tables, sides, connections. */
#ifndef CREDD_SIMULATION_MEMORY_PARTS_H
#define CREDD_SIMULATION_MEMORY_PARTS_H

#include "simulation/memory_store.h"
#include "store/sql.h"

/* Rows are never changed, only replaced: who copied a table's list keeps a view of that moment.
 * They lie in blocks that are released together. */
struct arena {
    char **blocks;
    size_t count, at, used; /* blocks[at] is being filled, up to `used` */
};

struct memory_table {
    bool there;
    int64_t made_s;           /* by the server's clock */
    struct memory_row **rows; /* in the order of their keys */
    size_t count, room;
};

/* One of the three places of a world: live, being built, swapped out. */
struct memory_side {
    bool there;     /* credd's own tables are */
    int64_t made_s; /* that of the streams was */
    char world_id[STORE_NAME_MAX];
    struct store_stream streams[STORE_STREAMS_MAX];
    size_t stream_count;
    struct store_pair *pairs; /* in the order of their names */
    size_t pair_count, pair_room;
    struct store_act *acts; /* in the order of seq */
    size_t act_count, act_room;
    struct store_gap *gaps; /* by from, stream, until */
    size_t gap_count, gap_room;
    struct memory_table tables[SCHEMA_TABLES];
    struct memory_table status;  /* credd_status: application_id, status, at */
    struct memory_table changes; /* credd_change */
};

enum memory_marker { MARKER_NONE, MARKER_OURS, MARKER_OLDER };

struct connection {
    struct memory_database *db;
    struct memory_hooks hooks;
    bool connected;
    bool lost, cut; /* noticed at the next step */
    unsigned patience_ms;
    char shadow_id[STORE_NAME_MAX]; /* of the world that it builds, "" for none */
    world_time shadow_built;        /* store_description.built of it */
    enum memory_op op;              /* the call in hand, and what is to become of it */
    enum fate fate;
    struct connection *next;
};

struct memory_database {
    struct arena arena;
    int64_t now_s;
    enum memory_marker marker;
    struct memory_side sides[SQL_SIDES];
    char strangers[128];
    bool refuses[SCHEMA_TABLES]; /* the live table takes no rows as it is defined */
    enum memory_lock others;
    struct connection *holder;  /* whose transaction it is */
    struct connection *builder; /* who may build a world */
    struct connection *connections;
    struct memory_snapshot *snapshots;
};

struct memory_snapshot {
    enum memory_marker marker;
    struct memory_side sides[SQL_SIDES];
    char strangers[128];
    struct memory_snapshot *next;
};

/* --- memory_table.c: rows --- */
void arena_clear(struct arena *arena);
void arena_done(struct arena *arena);
/* A copy of the cells as a database gives them back. */
struct memory_row *memory_row_new(struct arena *arena, const struct cell *cells, unsigned count);
/* Where the key is or would be. */
size_t memory_table_find(const struct memory_table *table, const struct cell *key, bool *ret_found);
void memory_table_insert(struct memory_table *table, size_t at, struct memory_row *row);
void memory_table_remove(struct memory_table *table, size_t at);
/* The same for credd_status, whose key is application and instant. */
size_t memory_status_find(const struct memory_table *table, const struct cell *id, int64_t at,
                          bool *ret_found);
/* For credd_change: row, instant and column. */
size_t memory_change_find(const struct memory_table *table, const struct cell *key, int64_t at,
                          const struct cell *column, bool *ret_found);
/* Is it noted there that others have the group? */
bool memory_side_is_others(const struct memory_side *side, const struct cell *key,
                           enum change_group group);
/* Makes the changes of a batch of that table. */
void memory_side_change(struct arena *arena, struct memory_side *side, size_t place,
                        const struct change_list *changes, struct store_outcome *outcome);

/* --- memory_side.c: the description --- */
void memory_side_clear(struct memory_side *side);
void memory_side_done(struct memory_side *side);
void memory_side_copy(struct memory_side *to, const struct memory_side *from);
/* One table after the other, as they come out of a file. */
void memory_side_copy_part(struct memory_side *to, const struct memory_side *from, unsigned part);
/* `from` becomes `to`, and `from` is empty. */
void memory_side_move(struct memory_side *to, struct memory_side *from);
/* Its tables are made, and described. */
void memory_side_describe(struct memory_side *side, const struct store_description *description,
                          int64_t now_s);
/* New memory of the caller's. */
void memory_side_load(const struct memory_side *side, struct store_description *ret);
struct store_stream *memory_side_stream(struct memory_side *side, const char *name);
bool memory_side_is(const struct memory_side *side, const char *world_id, int64_t generation);
bool memory_side_has_act(const struct memory_side *side, const char *id, int64_t *ret_seq);
void memory_side_put_pairs(struct memory_side *side, const struct store_pair *pairs, size_t count);
/* Does a watermark lie beyond the amendment's, or does it name a stream that is not there? */
bool memory_side_is_behind(struct memory_side *side, const struct store_amendment *amendment);
void memory_side_amend(struct memory_side *side, const struct store_amendment *amendment);

/* --- memory_call.c: connections, and the steps of a call --- */
/* The connection is over: its transaction is rolled back, its locks are free. */
void connection_end(struct connection *connection);
/* All of them notice at their next step that they were lost. */
void connections_lose(struct memory_database *db);
void connections_free(struct memory_database *db);
/* 0, or why the call ends here: it was cut, or the connection lost, or so its fate has it. */
int call_begin(struct connection *connection, enum memory_op op, struct fault *fault);
/* Waits while others lock even readers out. */
int call_read(struct connection *connection, struct fault *fault);
/* Returns `rc`. */
int call_end(struct connection *connection, int rc);

/* A transaction: `check` says whether it can be done, `apply` does it, both while it holds the
 * lock and nothing else happens. `result` is written only if that is what the caller hears. */
struct work {
    int (*check)(struct connection *connection, const void *what, struct fault *fault);
    void (*apply)(struct connection *connection, const void *what, void *result);
    const void *what;
    void *result;
};
int call_write(struct connection *connection, const struct work *work, unsigned wait_ms,
               struct fault *fault);

/* --- memory_write.c --- */
int memory_claim(void *self, struct fault *fault);
int memory_adopt(void *self, const struct fill *fills, struct fault *fault);
int memory_upgrade(void *self, const char *owner, struct fault *fault);
int memory_amend(void *self, const struct store_amendment *amendment, struct fault *fault);
int memory_note(void *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault);
int memory_commit(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault);
int memory_shadow_begin(void *self, const struct store_description *description,
                        struct fault *fault);
int memory_swap_check(void *self, struct fault *fault);
int memory_swap(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault);
int memory_sweep(void *self, struct fault *fault);

#endif
