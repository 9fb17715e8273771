/* session.h - one thread's connection to the database with the world that it found there: its state
 * and the model. */
#ifndef CREDD_STATE_SESSION_H
#define CREDD_STATE_SESSION_H

#include <pthread.h>

#include "base/token.h"
#include "state/act.h"
#include "state/next_world.h"
#include "state/world_state.h"
#include "store/store.h"
#include "world/world.h"

struct session {
    const struct database *database;
    const struct store_source *stores;
    const struct token_source *tokens;
    const char *owner;    /* names this process while it upgrades a database */
    pthread_mutex_t lock; /* guards `store` against session_interrupt() */
    struct store *store;
    bool cut; /* interrupted for good: no new connection is made */
    enum store_kind kind;
    bool has_world; /* state, zone and world are there */
    struct world_state state;
    /* Watermarks in the database. Those of `state` may be ahead by intervals without events,
     * according to the model of this world and generation. */
    world_time stored[STREAM_COUNT];
    /* store_ages.own at the last load; 0: unknown. Writes are valid only for tables of that age. */
    int64_t made;
    struct store_ages ages; /* at the last load; `made` is also kept up to date between loads */
    /* The world before a change by others that an act ran into, until that is logged; else "". */
    char known_before[STORE_NAME_MAX];
    struct zone *zone;
    struct world *world; /* NULL: another model made it, see world_state_can_go_on() */
};

/* How far a world was when it was last read. */
struct session_extent {
    char world_id[STORE_NAME_MAX];
    int64_t made;
    world_time stored[STREAM_COUNT];
};
struct session_extent session_extent_of(const struct session *session);
/* Whether an earlier state of the same world was restored since, such as from a backup: a watermark
 * went back, or a table was recreated. */
bool session_was_replaced(const struct session *session, const struct session_extent *was);

/* Borrows its arguments until session_done(). */
void session_init(struct session *session, const struct database *database,
                  const struct store_source *stores, const struct token_source *tokens,
                  const char *owner);
void session_done(struct session *session);

/* Connects with the password of this moment and finds out whose database it is; one of an earlier
 * version is brought to this one where `writes` is set. Fails as store_connect(), store_probe()
 * and store_upgrade(); -EACCES where the password cannot be read. */
int session_connect(struct session *session, bool writes, struct fault *fault);
void session_disconnect(struct session *session);
bool session_connected(const struct session *session);
/* From any thread: makes the current database call fail soon; with `for_good` also all later
 * connects. */
void session_interrupt(struct session *session, bool for_good);

/* Forgets a world that does not exist any more. */
void session_forget(struct session *session);
/* Reads the description and makes the model from it. -ENOENT: no world; -EUCLEAN: it is
 * invalid; -ENOTSUP: this version or machine cannot continue it. */
int session_load(struct session *session, struct fault *fault);
/* The world that was known is not there: -EUCLEAN if parts of it are, else -ENOTCONN, to look again
 * what the database is. */
int session_gone(struct session *session, struct fault *fault);
/* Cheap check for changes by others: 1 if the world or its acts changed and were loaded again, else
 * 0. Takes over what is stored, even if that is an earlier state. */
int session_follow(struct session *session, struct fault *fault);
/* Applies an act to what the database holds now and commits the effect; one that is recorded there
 * already is not done again. -ACT_REFUSED, -EINVAL, -ERANGE: refused; -EBUSY: the database is
 * locked; -ESTALE: a backup is being restored, or there is another world. `act` is filled in
 * as by act_apply(); `ret_recorded` (may be NULL): the database has it now, since it changed
 * something. */
int session_act(struct session *session, struct act *act, bool *ret_recorded, struct fault *fault);
/* Adds an act of a former world to the history, without effect, unless it is there already.
 * -ESTALE: others keep changing the world, or it is not the one that this session knew. */
int session_record(struct session *session, const struct store_act *act, struct fault *fault);
/* Moves the clock ahead to `to`, in the database first; nothing if it is there already. -ESTALE:
 * the stored world is not as this session knew it; maybe an earlier state was restored. */
int session_move_clock(struct session *session, world_time to, wall_time wall, struct fault *fault);
/* Saves the clock, and that this daemon runs the world. -ESTALE. */
int session_heartbeat(struct session *session, wall_time wall, struct fault *fault);

#endif
