/* engine.h - the one place that sees the whole flow: clock, schedules, jobs, the writer and the
 * reader thread.
 *
 * Everything here is called on the loop thread and never blocks; all callbacks come on the loop
 * thread. */
#ifndef CREDD_ENGINE_ENGINE_H
#define CREDD_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "config/config.h"
#include "engine/report.h"

struct event_base;
struct engine;
struct journal;
struct realism_figure;

/* Who asks, for the record (credd_act, journal). */
struct engine_peer {
    int64_t uid; /* -1: the daemon itself */
    int64_t pid;
    char user[40]; /* name, or the uid in decimal */
};

enum engine_verb {
    ENGINE_PAUSE,   /* streams, span_us (0: until resumed), reason */
    ENGINE_RESUME,  /* streams, skip */
    ENGINE_REFRESH, /* streams */
    ENGINE_RESET,   /* has_seed, seed, keep_clock, span_us (wait; 0: 60 s) */
    ENGINE_ADVANCE, /* span_us or to_time, clock_only */
    ENGINE_SPEED,   /* factor */
    ENGINE_TEMPO,   /* streams (exactly one), factor, span_us (0: for good) */
    ENGINE_ADOPT,
    ENGINE_CANCEL,  /* the running advance, refresh or reset */
    ENGINE_VERIFY,  /* digest, realism */
    ENGINE_EXPORT,  /* streams (0: all), has_since, since */
    ENGINE_WATCH,   /* streams (0: all); goes on until withdrawn */
    ENGINE_HISTORY, /* what operators did */
};

struct engine_ask {
    enum engine_verb verb;
    struct engine_peer peer;
    unsigned streams; /* bit 1u << enum stream_id; 0: all of them, or the world itself */
    bool skip, clock_only, keep_clock, digest, realism, has_seed, has_since, has_to;
    uint64_t seed;
    int64_t factor; /* millionths */
    int64_t span_us;
    world_time to_time, since;
    char reason[256];
};

/* How an ask ended. */
enum engine_result {
    ENGINE_DONE,
    ENGINE_REFUSED, /* not possible as things are; the text says why */
    ENGINE_FAILED,  /* tried, and it went wrong */
    ENGINE_CANCELLED,
    ENGINE_INVALID, /* the request itself makes no sense: `parameter` names the part */
};

struct engine_end {
    enum engine_result result;
    char text[1200];       /* one sentence */
    const char *parameter; /* ENGINE_INVALID: "to", "factor", … */
    bool batch_in_hand;    /* pause: a batch was still being committed when the reply was made */
    uint64_t rows;         /* refresh, advance, reset: rows committed by it */
    uint64_t findings;     /* verify */
    uint64_t dropped;      /* watch */
};

/* What comes before the end; one of these at a time. */
enum engine_news_kind {
    NEWS_QUEUED,
    NEWS_PROGRESS,
    NEWS_ROWS,
    NEWS_FINDING,
    NEWS_DIGEST,
    NEWS_ACT,
    NEWS_FIGURE
};

struct engine_news {
    enum engine_news_kind kind;
    char text[512]; /* QUEUED: behind what; PROGRESS: what is being done; FINDING: one sentence */
    uint64_t done, total; /* PROGRESS */
    const char *table;    /* ROWS, FINDING, DIGEST ("all" for the last line) */
    /* ROWS: `rows` rows of `columns` texts each (NULL for NULL), row by row. For WATCH also moves:
     * table "credd_status", columns application_id, status, at. */
    const char *const *names; /* of the columns */
    unsigned columns;
    size_t rows;
    const char *const *texts;
    const char *check; /* FINDING: which check; static text */
    const char *key;   /* FINDING: key of the row, or "" */
    bool note;         /* FINDING: worth knowing, not a violation */
    char digest[65];   /* DIGEST: SHA-256, lower-case hexadecimal */
    const struct engine_act *act;
    const struct realism_figure *figure; /* FIGURE; see engine/realism.h */
};

struct engine_act {
    wall_time wall;
    world_time world;
    const char *kind, *stream, *user, *reason, *value;
    int64_t uid, pid;
};

struct engine_callbacks {
    /* Returns false to be asked to wait: no more news of kind ROWS until engine_more(). May be
     * NULL. */
    bool (*news)(void *context, const struct engine_news *news);
    /* Called exactly once, maybe before engine_ask() returns; the ask is gone after it. */
    void (*end)(void *context, const struct engine_end *end);
    void *context;
};

/* Starts the threads. Borrows base, config (until engine_reconfigure replaces it) and journal.
 * Local notes (what is in force before the database knows it) are kept in config->state_folder. */
int engine_new(struct event_base *base, const struct config *config, struct journal *journal,
               struct engine **ret_engine, struct fault *fault);
/* Finishes or rolls back the batch in hand; a writer that can not be cut within 3 s is abandoned:
 * false, and the journal has to outlive it. */
bool engine_free(struct engine *engine);

/* Ticket of an ask that goes on; NULL if it ended at once (callbacks.end has been called). */
struct engine_ticket;
struct engine_ticket *engine_ask(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks);
/* The asker went away: no more callbacks. The job itself goes on, except verify, export and watch,
 * which end. */
void engine_withdraw(struct engine_ticket *ticket);
/* After news() returned false: go on. */
void engine_more(struct engine_ticket *ticket);

/* From memory alone: always at once. */
void engine_report(struct engine *engine, struct report *ret_report);
/* The next runs of a stream in world time; returns how many there are (at most `count`). */
size_t engine_schedule(struct engine *engine, enum stream_id stream, world_time *ret_runs,
                       size_t count);
/* Takes another configuration in place of the old: `changed` and `pending` say in words what took
 * effect and what waits for a reset or a restart. The old one may be freed afterwards. */
void engine_reconfigure(struct engine *engine, const struct config *config,
                        const struct engine_peer *peer, char changed[1024], char pending[1024]);
/* Calls `changed` whenever the report's state changed (not on every tick). */
void engine_on_change(struct engine *engine, void (*changed)(void *context), void *context);

#endif
