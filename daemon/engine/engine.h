/* engine.h - the one place that sees the whole flow: clock, schedules, requests, the writer and the
 * reader thread.
 *
 * Everything here is called on one thread and never blocks; all callbacks come on that thread. The
 * engine acts in turns: whoever runs it calls engine_turn() when engine_next_wake() has passed or
 * engine_wake() is readable (loop.h does so with libevent). */
#ifndef CREDD_ENGINE_ENGINE_H
#define CREDD_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/reader.h"
#include "base/fault.h"
#include "config/config.h"
#include "engine/summary.h"
#include "engine/waiting.h"
#include "mail/news.h"
#include "mail/outside.h"
#include "state/act.h"
#include "writer/writer.h"

struct engine;
struct journal;

enum request_kind {
    REQUEST_ACT, /* what outlives a kill is in force at once, the rest when the database has it */
    REQUEST_REFRESH,
    REQUEST_RESET,
    REQUEST_ADVANCE,
    REQUEST_ADOPT,
    REQUEST_CANCEL, /* the running advance, refresh or reset */
    REQUEST_VERIFY,
    REQUEST_EXPORT,
    REQUEST_WATCH, /* goes on until withdrawn */
    REQUEST_HISTORY,
    REQUEST_CHARTS,
    REQUEST_WAIT, /* ends when it is so */
    REQUEST_KINDS,
};

struct request {
    enum request_kind kind;
    struct actor by;
    char reason[WORLD_STATE_REASON_MAX];
    union {
        struct act act;             /* ACT: kind and parameters; the engine names and dates it */
        struct refresh_job refresh; /* streams 0: all */
        struct reset_job reset;
        struct advance_job advance;
        struct audit_task audit; /* VERIFY, EXPORT, HISTORY, CHARTS: of that kind */
        unsigned watch;          /* streams, SCHEMA_STATUS_BIT, …; 0: all */
        struct waiting waiting;  /* WAIT */
    };
};

struct request_callbacks {
    /* Returns false to be asked to wait: no more news of kind ROWS until engine_more(). May be
     * NULL. */
    bool (*news)(void *context, const struct news *news);
    /* Called exactly once, maybe before engine_request() returns; the request is gone after it. */
    void (*end)(void *context, const struct request_end *end);
    void *context;
};

struct engine_setup {
    const struct config *config; /* borrowed until engine_reconfigure() replaces it */
    struct journal *journal;     /* borrowed, as `outside` */
    const struct outside *outside;
    const char *owner; /* the name of this daemon in the database; NULL: this process */
};

/* Starts the threads. What the database does not know yet is kept in config->state_folder. */
int engine_new(const struct engine_setup *setup, struct engine **ret_engine, struct fault *fault);
/* Finishes or rolls back the batch in hand; a writer that cannot be cut within 3 s is abandoned:
 * false, and the journal has to outlive it. */
bool engine_free(struct engine *engine);

/* Reads the clocks, takes the mail and does what is due. */
void engine_turn(struct engine *engine);
/* Microseconds until the next turn is due. */
int64_t engine_next_wake(const struct engine *engine);
/* Readable when a turn is due because a thread has posted something. */
int engine_wake(const struct engine *engine);

/* NULL if the request ended at once (callbacks.end has been called). */
struct open_request;
struct open_request *engine_request(struct engine *engine, const struct request *asked,
                                    const struct request_callbacks *callbacks);
/* The asker went away: no more callbacks. The job itself goes on, except verify, export,
 * history, charts, watch and wait, which end. */
void engine_withdraw(struct open_request *request);
/* After news() returned false: go on. */
void engine_more(struct open_request *request);

/* From memory alone, at once; changes nothing and wakes nobody. */
void engine_summary(const struct engine *engine, struct summary *ret_summary);
/* The next runs of a stream in world time; returns how many there are (at most `count`). */
size_t engine_schedule(const struct engine *engine, enum stream_id stream, world_time *ret_runs,
                       size_t count);
/* Takes another configuration in place of the old: `changed` and `pending` say in words what took
 * effect and what waits for a reset or a restart. The old one may be freed afterwards. */
void engine_reconfigure(struct engine *engine, const struct config *config, const struct actor *by,
                        char changed[1024], char pending[1024]);

struct engine_hooks {
    void (*changed)(void *context); /* the summary's state did, other than by a tick; may be NULL */
    void (*turned)(void *context);  /* the next wake is another; may be NULL */
    void *changed_context, *turned_context;
};
/* A hook that is NULL leaves the one that is there. */
void engine_hook(struct engine *engine, const struct engine_hooks *hooks);

#endif
