/* writer.h - the writer thread: owns the world's progress and its connection; one job at a time, in
 * batches. */
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
    bool relative; /* by `span_s` from where the world is when it begins; else to `to` */
    int64_t span_s;
    world_time to;
    bool clock_only;
    bool if_later; /* already there, with nothing outstanding: no refusal */
};

struct reset_job { /* RESET, ADOPT */
    bool has_seed;
    uint64_t seed;
    bool keep_clock;
    bool check_only; /* ADOPT: tells what is in the way, and changes nothing */
    bool plain;      /* credd's own tables, without what was added to these */
    int64_t wait_us; /* for locks of others; 0: the default */
};

struct writer_job {
    enum writer_task task;
    uint64_t request; /* 0: nobody waits */
    struct actor by;  /* not of an act, which has its own, as the reason */
    char reason[WORLD_STATE_REASON_MAX];
    bool kept; /* ACT: of an earlier run; they are submitted in their order */
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
/* Ends the batch in hand or cuts it: false if the thread had to be abandoned. */
bool writer_stop(struct writer *writer);
/* Of one that has stopped: an abandoned thread keeps its memory. */
void writer_free(struct writer *writer);

/* Takes a copy. Acts are done before any other job, also in the midst of one, in their order; each
 * gets a number, counted from 1, which its end (POST_END) names; it stays until the database has
 * it, or refuses it. Others get 0. */
uint64_t writer_submit(struct writer *writer, const struct writer_job *job);
/* The wall time at a monotonic time, by which the writer dates what it notes: told each turn, after
 * the act of a step was submitted. */
void writer_tell_wall(struct writer *writer, wall_time wall, mono_time mono);
/* Puts off the date of an act that is submitted next, if that is the loop's last reading: it must
 * not lie before what the writer noted since, behind which the clock cannot go back. */
void writer_date(struct writer *writer, wall_time wall, mono_time mono, wall_time *date);
/* Streams that are due up to a world time: merged with what waits already. `due` has the runs. */
void writer_due(struct writer *writer, unsigned streams, world_time to,
                const struct due_stream due[STREAM_COUNT]);
/* What must not move: streams, or the world. Takes effect between two batches. */
#define WRITER_HALT_WORLD (1u << STREAM_COUNT)
void writer_halt(struct writer *writer, unsigned streams);
/* From now on the writer may note how far the clock got. To be called once the down time before
 * this start is dealt with: a note before that would hide it. */
void writer_allow_heartbeat(struct writer *writer);
/* Cancels the job in hand (not an act); false if there is none to cancel. */
bool writer_cancel(struct writer *writer, const struct actor *by);
/* Of which streams rows are to be gathered for watchers. */
void writer_watch(struct writer *writer, unsigned streams);
/* Another configuration: for the next world; its rules for the next batch. */
void writer_update(struct writer *writer, const struct wanted *wanted);
/* Cuts a database call that hangs. */
void writer_cut(struct writer *writer);
/* How things are; to be released with snapshot_done(). Changes nothing, wakes nobody. */
void writer_look(struct writer *writer, struct snapshot *ret_snapshot);

#endif
