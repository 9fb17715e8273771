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
    /* Watermarks in the database. The state's may be ahead of them by intervals that the model says
     * are empty in this very world and generation. */
    world_time stored[STREAM_COUNT];
    /* store_ages.own as of the last load; 0 where the store does not tell. What is written holds
     * only for tables of that age. */
    int64_t made;
    /* The world that was known when an act met what others changed, until that is told; else "". */
    char known_before[STORE_NAME_MAX];
    struct zone *zone;
    struct world *world;
};

/* What there was of a world when it was last looked at. */
struct session_extent {
    char world_id[STORE_NAME_MAX];
    int64_t made;
    world_time stored[STREAM_COUNT];
};
struct session_extent session_extent_of(const struct session *session);
/* Another state of the same world is there by now, as when a backup is put back: a watermark went
 * back, or one of its tables was made anew. */
bool session_was_replaced(const struct session *session, const struct session_extent *was);

/* Borrows all four for its life. */
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
/* From any thread: the database call in hand fails soon; with `for_good` no later connect succeeds
 * either. */
void session_interrupt(struct session *session, bool for_good);

/* What was known of a world that is not there any more. */
void session_forget(struct session *session);
/* Reads the description and makes the model from it. -ENOENT: no world; -EUCLEAN: it makes no
 * sense; -ENOTSUP: this version or machine cannot continue it. */
int session_load(struct session *session, struct fault *fault);
/* The world that was known is not there: -EUCLEAN if parts of it are, else -ENOTCONN, to look again
 * what the database is. */
int session_gone(struct session *session, struct fault *fault);
/* Cheap look: 1 if somebody else changed the world or its acts and it was loaded again, 0 if not.
 * What is stored is what is so, also where it went back. */
int session_follow(struct session *session, struct fault *fault);
/* Applies an act to what the database holds now and commits the effect; one that is recorded there
 * already is not done again. -ACT_REFUSED, -EINVAL, -ERANGE: refused; -EBUSY: others are in the
 * way; -ESTALE: a backup is being restored, or the world is another one by now. `act` is filled in
 * as by act_apply(); `ret_recorded` (may be NULL): the database has it now, since it changed
 * something. */
int session_act(struct session *session, struct act *act, bool *ret_recorded, struct fault *fault);
/* Adds an act to the history without its effect, unless it is there already. -ESTALE: others kept
 * changing the world. */
int session_record(struct session *session, const struct store_act *act, struct fault *fault);
/* Moves the clock ahead to `to`, in the database first; nothing if it is there already. -ESTALE:
 * the world is not where this session knew it, maybe because an earlier state was restored. */
int session_move_clock(struct session *session, world_time to, wall_time wall, struct fault *fault);
/* Notes that this daemon looks after the world, and how far its clock got. -ESTALE. */
int session_heartbeat(struct session *session, wall_time wall, struct fault *fault);

#endif
