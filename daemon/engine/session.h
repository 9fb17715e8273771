/* session.h - one thread's connection to the database with the world that it found there: record
 * and model. */
#ifndef CREDD_ENGINE_SESSION_H
#define CREDD_ENGINE_SESSION_H

#include <pthread.h>

#include "engine/operation.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/report.h"
#include "store/store.h"
#include "world/world.h"

struct session {
    const struct plan *plan;
    pthread_mutex_t lock; /* guards `store` against session_interrupt() */
    struct store *store;
    bool cut; /* interrupted: no new connection is made */
    enum store_kind kind;
    bool has_world; /* record, zone and world are there */
    struct record record;
    world_time stored[STREAM_COUNT]; /* watermarks in the database; the record's may be ahead by
                                        empty intervals */
    struct zone *zone;
    struct world *world;
};

void session_init(struct session *session, const struct plan *plan);
void session_done(struct session *session);

/* Connects with the password of this moment and finds out whose database it is. Fails as
 * store_connect() and store_probe(); -EACCES where the password can not be read. */
int session_connect(struct session *session, struct fault *fault);
void session_disconnect(struct session *session);
bool session_connected(const struct session *session);
/* From any thread: the operation in hand fails soon; with `for_good` no later connect succeeds
 * either. */
void session_interrupt(struct session *session, bool for_good);

/* What was known of a world that is not there any more. */
void session_forget(struct session *session);
/* Reads the description and makes the model from it. -ENOENT: no world; -EPROTO: it makes no sense;
 * -ENOTSUP: this version or machine can not continue it. */
int session_load(struct session *session, struct fault *fault);
/* Cheap look: 1 if somebody else changed the world or its acts and it was loaded again, 0 if not.
 */
int session_follow(struct session *session, struct fault *fault);
/* Applies an operation to what the database holds now and commits the effect; an operation that is
 * recorded there already is not done again. -EPERM, -EINVAL, -ERANGE: refused. */
int session_operate(struct session *session, const struct operation *operation,
                    struct fault *fault);
/* Notes that this daemon looks after the world, and how far its clock got. */
int session_keep(struct session *session, const char *keeper, wall_time wall, struct fault *fault);

/* What state of the database a failed call means. */
enum database_state session_state_of(int code);

#endif
