/* writer.h - the writer thread. It owns the connection and the progress of the world, and does one
 * job at a time, in batches. */
#ifndef CREDD_WRITER_WRITER_H
#define CREDD_WRITER_WRITER_H

#include "mail/mailbox.h"
#include "mail/outside.h"
#include "mail/snapshot.h"
#include "service/journal.h"
#include "state/act.h"
#include "state/due.h"
#include "state/next_world.h"

struct writer;

enum writer_task { TASK_ACT, TASK_REFRESH, TASK_ADVANCE, TASK_RESET, TASK_ADOPT, TASK_COUNT };

struct refresh_job {
    unsigned streams; /* a bit 1u << enum stream_id each */
};

struct advance_job {
    bool relative; /* by `span_s` from world time at its beginning; else to `to` */
    int64_t span_s;
    world_time to;
    bool clock_only;
    bool if_later; /* succeeds if there is nothing to do, instead of being refused */
};

struct reset_job { /* RESET, ADOPT */
    bool has_seed;
    uint64_t seed;
    bool keep_clock;
    bool has_start; /* the origin is `start`, whatever is configured */
    world_time start;
    bool check_only; /* ADOPT: lists what prevents it, and changes nothing */
    bool plain;      /* drops what the application added to the tables */
    int64_t wait_us; /* for locks of others; 0: the default */
};

struct writer_job {
    enum writer_task task;
    uint64_t request; /* 0: nobody waits */
    struct actor by;  /* as `reason`, not for acts, which have their own */
    char reason[WORLD_STATE_REASON_MAX];
    bool kept; /* ACT: left from an earlier run */
    union {
        struct act act;
        struct refresh_job refresh;
        struct advance_job advance;
        struct reset_job reset;
    };
};

struct writer_setup {
    const struct database *database; /* copied */
    const struct wanted *wanted;     /* copied */
    const struct outside *outside;   /* borrowed, as the next two */
    struct mailbox *mailbox;
    struct journal *journal;
    const char *owner; /* copied */
    wall_time wall;    /* as of writer_tell_wall() */
    mono_time mono;
};

int writer_new(const struct writer_setup *setup, struct writer **ret_writer, struct fault *fault);
/* Completes or cuts the batch in progress. False: the thread hangs and was abandoned. */
bool writer_stop(struct writer *writer);
/* Only after writer_stop() returned true: an abandoned thread still uses its memory. */
void writer_free(struct writer *writer);

/* Copies the job. Acts are done in order, before any other job and between its batches; each stays
 * queued until it is recorded or refused. Returns the number of an act, counted from 1, which its
 * POST_END repeats; 0 for other jobs. */
uint64_t writer_submit(struct writer *writer, const struct writer_job *job);
/* Tells the wall time at a monotonic time, from which the writer computes its own: each turn, after
 * the act of a clock step was submitted. */
void writer_tell_wall(struct writer *writer, wall_time wall, mono_time mono);
/* Call before an act dated with the loop's last reading is submitted: moves `date` to what the
 * writer saved since, as the clock cannot go back before that. */
void writer_date(struct writer *writer, wall_time wall, mono_time mono, wall_time *date);
/* Makes streams due up to a world time, in addition to those that are due. `due` has the runs. */
void writer_due(struct writer *writer, unsigned streams, world_time to,
                const struct due_stream due[STREAM_COUNT]);
/* Sets what is paused: streams, or the world. Takes effect between two batches. */
#define WRITER_HALT_WORLD (1u << STREAM_COUNT)
void writer_halt(struct writer *writer, unsigned streams);
/* Lets the writer save the clock. Call once the down time before this start is dealt with: saving
 * the clock earlier would hide it. */
void writer_allow_heartbeat(struct writer *writer);
/* Cancels the current job, not an act. False: there is none. */
bool writer_cancel(struct writer *writer, const struct actor *by);
/* Sets the streams whose rows are posted to watchers. */
void writer_watch(struct writer *writer, unsigned streams);
/* Sets the configuration of the next world; its rules apply from the next batch on. */
void writer_update(struct writer *writer, const struct wanted *wanted);
/* Interrupts a database call that hangs. */
void writer_cut(struct writer *writer);
/* Copies the current snapshot, to be released with snapshot_done(). Wakes nobody. */
void writer_look(struct writer *writer, struct snapshot *ret_snapshot);

#endif
