/* engine_parts.h - inside the engine: its state, and what its files ask of each other. In the order
 * of the sections below each calls only those before it. */
#ifndef CREDD_ENGINE_ENGINE_PARTS_H
#define CREDD_ENGINE_ENGINE_PARTS_H

#include "engine/engine.h"
#include "state/due.h"
#include "state/pending_log.h"

struct moment {
    wall_time wall;
    mono_time mono;
};

struct open_request {
    struct open_request *next;
    struct engine *engine;
    uint64_t id;
    struct request asked;
    struct request_callbacks callbacks;
    bool withdrawn; /* nobody listens any more; the job goes on */
    bool wait;      /* WATCH: the listener is too slow */
    bool draining;  /* a pause: ends when no batch is in hand */
    char drained[sizeof((struct request_end *)0)->text]; /* the text of that end */
    bool parked;       /* waits until the world is known: a moment after the start */
    bool queued;       /* the writer has it */
    bool told_waiting; /* that the database is locked */
    uint64_t dropped;
};

struct scheduler {
    struct due_cache cache;
    struct due_stream streams[STREAM_COUNT]; /* as last looked at */
    unsigned wanted;                         /* streams to write up to now, due or not */
    mono_time next_serve;                    /* at the earliest */
    struct {
        bool served;
        world_time watermark; /* when it was handed over, */
        mono_time at;         /* and when that was */
    } last[STREAM_COUNT];
    mono_time ends_at;               /* when to end expired pauses again, after a failed try */
    mono_time wake_at;               /* the next turn */
    mono_time summed_up_at;          /* the last summary in the journal, */
    int64_t summed_up[STREAM_COUNT]; /* and the rows written until then */
};

enum engine_phase {
    ENGINE_STARTS,  /* no world was seen */
    ENGINE_SETTLES, /* the down time before this start is being recorded */
    ENGINE_RUNS,
};

struct engine {
    const struct config *config;
    struct journal *journal;
    const struct outside *outside;
    struct engine_hooks hooks;
    char owner[STORE_VALUE_MAX];
    struct mailbox mailbox;
    struct writer *writer;
    struct reader *reader;
    struct moment now; /* of the turn */
    bool turning;
    struct pending_log pending;
    struct open_request *requests;
    uint64_t last_id;         /* of a request */
    struct snapshot snapshot; /* as the writer last told */
    mono_time looked_at;
    bool has_world;
    struct world_state shown; /* the snapshot's with what is pending applied */
    struct zone *zone;        /* of the world, else of the configuration */
    unsigned halted;          /* as last told to the writer */
    enum engine_phase phase;
    uint64_t gap; /* number of the act that records the down time */
    struct {
        bool has_world, has_job;
        enum database_state state;
        char world_id[STORE_NAME_MAX];
        int64_t generation, model;
        unsigned stopped;           /* streams, by their tables */
    } known;                        /* as the hook was last called for */
    uint64_t told_done, told_total; /* the last progress told, */
    mono_time told_at;              /* and when */
    struct scheduler scheduler;
};

/* --- moment.c: what time it is --- */

/* Reads the clocks for this turn. Returns by how much the wall clock was stepped, 0 for less than
 * matters. */
int64_t moment_read(struct engine *engine);
/* Between two turns: by the monotonic clock. */
wall_time moment_wall(const struct engine *engine);
/* World time at the turn's moment. */
world_time moment_world(const struct engine *engine);

/* --- shown.c: the world as it is shown: the writer's with pending acts applied --- */

/* Takes the writer's snapshot and makes the shown world from it. */
void shown_look(struct engine *engine);
/* Makes it again from the same snapshot. */
void shown_remake(struct engine *engine);
void engine_changed(struct engine *engine);

/* --- request_list.c: open requests --- */

struct open_request *request_new(struct engine *engine, const struct request *asked,
                                 const struct request_callbacks *callbacks);
struct open_request *request_find(struct engine *engine, uint64_t id);
/* The streams that it asks for: all of them instead of none. */
unsigned request_streams(const struct request *asked);
void request_end(struct open_request *request, const struct request_end *end);
/* How many requests the writer has not begun, and the kind of the first. */
unsigned request_queued(const struct engine *engine, const char **ret_kind);
/* Tells the writer what to gather for watchers. */
void request_watching(struct engine *engine);

/* Microseconds until the first world time that somebody waits for; `most`: there is none by then.
 */
int64_t request_waited_for(const struct engine *engine, int64_t most);

/* --- scheduler.c: when what is due --- */

void scheduler_open(struct engine *engine);
/* Hands over the streams that are due. */
void scheduler_serve(struct engine *engine);
/* The hour's summary if its time has come, or (`end`) if there is anything to sum up. */
void scheduler_sum_up(struct engine *engine, bool end);
/* Works out when the next turn is due. */
void scheduler_arm(struct engine *engine);

/* --- acts.c: acts on their way to the database --- */

struct act_how {
    uint64_t request; /* 0: nobody waits */
    bool insist; /* even if nothing would change: the database may be ahead of what is known here */
    bool keep;   /* outlives a kill although its kind does not */
};
struct act_taken {
    bool changes;    /* false: there is nothing to do */
    uint64_t number; /* 0: it was not handed over */
    bool unsaved;    /* it would not outlive a kill: `why` says why */
    struct fault why;
};
/* Applies an act to the shown world and hands it to the writer. Sets its id; who, when and why are
 * set by the caller. Negative with a fault: refused in the current state. */
int act_take(struct engine *engine, struct act *act, const struct act_how *how,
             struct act_taken *ret_taken, struct fault *fault);
/* An act by the daemon itself, or on behalf of `by`. */
struct act act_own(const struct engine *engine, enum act_kind kind, const struct actor *by);
/* The writer has recorded or refused an act: logs it, unless it changed nothing. `heard`: the
 * requester is told the reason of a refusal. */
void act_dealt_with(struct engine *engine, const struct post *post, bool heard);
/* Tells the journal of one that was not applied. */
void act_tell_lost(struct engine *engine, const struct act *act, const char *why);
/* Tells the journal why the clock waits for confirmation, if it does. */
void act_tell_held(const struct engine *engine, const struct world_state *state);
/* Ends the pauses whose time is up. */
void act_end_due(struct engine *engine);

/* --- configured.c: what follows from the configuration --- */

/* Acts for what differs from what was last put into force. */
void configured_apply(struct engine *engine, const struct actor *by);
/* As engine_reconfigure(), within a turn. */
void configured_replace(struct engine *engine, const struct config *config, const struct actor *by,
                        char changed[1024], char pending[1024]);

/* --- request.c: what operators ask for --- */

void request_begin(struct open_request *request);
/* Begins the requests that waited for the world, or refuses them if the database cannot be used. */
void request_parked(struct engine *engine);
/* Tells requesters the progress of the writer, or what it waits for. */
void request_progress(struct engine *engine);
/* Ends the pause requests that waited for a batch. */
void request_drained(struct engine *engine);
/* Ends the wait requests whose conditions hold. */
void request_waiting(struct engine *engine);
/* The act of a request is dealt with; `changed` is false if it changed nothing. */
void request_act_done(struct open_request *request, const struct request_end *end, bool changed);

/* --- settle.c: the start --- */

/* On the first world that is seen: records the down time before this start. The clock of the world
 * is meaningless until then. */
void settle(struct engine *engine);
void settled(struct engine *engine);

/* --- mail.c --- */

void mail_take(struct engine *engine);

#endif
