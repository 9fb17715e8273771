/* writer_parts.h - inside the writer: its state, for the files that do its jobs (tick.c, reset.c).
 */
#ifndef CREDD_ENGINE_WRITER_PARTS_H
#define CREDD_ENGINE_WRITER_PARTS_H

#include "engine/session.h"
#include "engine/thread.h"
#include "engine/writer.h"

struct writer_queue {
    struct writer_job *first, *last;
};

struct writer {
    const struct time_source *time;
    struct channel *channel;
    struct journal *journal;
    char keeper[STORE_VALUE_MAX];
    struct thread thread;
    /* The thread's own. */
    struct session session;
    struct plan plan; /* database part fixed; the rest copied from `next_plan` at each reset */
    struct change_list changes;
    struct row_texts texts;
    mono_time retry_at, look_at;
    unsigned looks;
    wall_time last_wall; /* to notice a step of the wall before its operation has come */
    mono_time last_mono;
    mono_time failed_at; /* the last loss, or the last failure that cost the connection */
    int64_t backoff_us;
    bool welcomed;   /* the operations that follow a connection have been done */
    bool unswept;    /* a reset left tables behind because the database was locked */
    unsigned behind; /* streams in a long catch-up, worth a message at its end */
    int64_t behind_rows;
    int64_t skipped_told;     /* -1: not looked yet */
    enum database_state told; /* the last state of the database in the journal */
    bool told_any;
    bool mending; /* a failure was told last, and nothing was written since */
    bool broken;  /* the work failed while there was a connection */
    bool damaged; /* what describes the world is: only a person can mend it */
    /* Shared, under `lock`. */
    pthread_mutex_t lock;
    struct plan next_plan;
    struct writer_queue operations; /* done before anything else, also in the middle of a job */
    struct writer_queue jobs;
    struct writer_job *current; /* taken from `jobs`, not over yet: may wait for a resume */
    unsigned due;
    world_time due_to;
    unsigned hold, watching;
    bool stop, cancel;
    struct engine_peer cancelled_by;
    bool tends; /* the time in which nobody looked is dealt with: the clock may be noted */
    struct writer_view view;
};

/* The thread's body (writer_run.c). */
void writer_run(void *context);

/* Whether a failure of the store is the connection's. */
bool writer_is_loss(int code);
/* Closes the connection and waits a while before the next. */
void writer_lost(struct writer *writer, int code, const struct fault *fault);

/* The next operation, else the job in hand, else the next one; NULL: nothing to do. */
struct writer_job *writer_take_job(struct writer *writer);
/* The next job becomes the one in hand. Call with the lock held. */
void writer_take_next(struct writer *writer);
/* 0: the job is over; 1: it waits (paused) and is taken up again; negative: the connection was
 * lost, it is taken up again when there is a new one. */
int writer_run_job(struct writer *writer, struct writer_job *job);
/* Tells who waits for it; frees the job. */
void writer_end_job(struct writer *writer, struct writer_job *job, enum engine_result result,
                    const char *text);
/* Without a usable database only operations wait; what needs it now is told so. Adoption is what a
 * foreign one waits for. */
void writer_refuse_jobs(struct writer *writer, const char *text);

/* What interrupts a job between two batches. */
enum writer_break { BREAK_NONE, BREAK_STOP, BREAK_CANCEL, BREAK_OPERATION };
enum writer_break writer_break(struct writer *writer);
/* Waits for so long, or until something interrupts (any new job, hold, cancel, stop). */
void writer_pause_us(struct writer *writer, int64_t us);

void writer_publish(struct writer *writer);
void writer_progress(struct writer *writer, uint64_t ticket, enum job_kind kind, const char *detail,
                     uint64_t done, uint64_t total);
/* Marks a batch of `stream` as in hand, in one step with the look at what is paused: whoever pauses
 * sees it, or it does not begin (false). One without rows begins in any case. */
bool writer_begin_batch(struct writer *writer, unsigned stream, bool rows);
void writer_end_batch(struct writer *writer);
/* What is told to the journal (writer_tell.c). A state of the database only when it is another. */
void writer_tell_state(struct writer *writer, enum database_state state, const char *detail);
/* How a job ended, where its beginning was told or it left rows. */
void writer_tell_end(const struct writer *writer, const struct writer_job *job, int result,
                     const char *why);
void writer_tell_no_reset(const struct writer *writer, const struct writer_job *job,
                          const char *why);
void writer_tell_adopted(const struct writer *writer, const struct writer_job *job);
void writer_tell_caught_up(struct writer *writer, world_time to);
void writer_tell_skipped(struct writer *writer);
/* `known`: id of the world before. */
void writer_tell_followed(const struct writer *writer, const char *known);
/* "cancelled by ann (uid 1000, pid 77)": a fault of -ECANCELED. */
int writer_cancelled(struct writer *writer, struct fault *fault);
/* Rows were written: a database that was full is ready again. */
void writer_wrote(struct writer *writer);
/* A new world: so is one whose tables had been spoilt. */
void writer_mended(struct writer *writer);
/* All that was due went well: the same, if nothing failed for a while. */
void writer_calm(struct writer *writer);
/* What people are shown of the database. */
void writer_show(struct writer *writer, enum database_state state, const char *detail);

/* Brings streams up to `to` (never past world time): 0, or a failure of the store. `job` may be
 * NULL. Streams that are paused, and those that wait for one, are left where they are. -ECANCELED;
 * -ESHUTDOWN; -EAGAIN: an operation waits, call again after it. */
int tick_streams(struct writer *writer, unsigned streams, world_time to, struct writer_job *job,
                 struct fault *fault);
/* Writes watermarks that moved over empty intervals only. */
int tick_flush(struct writer *writer, struct fault *fault);
/* True if the stream must not move now. */
bool tick_held(struct writer *writer, enum stream_id stream);

/* Builds a world and swaps it in; the first one too (job NULL). */
int reset_world(struct writer *writer, struct writer_job *job, struct fault *fault);
/* After the swap, before the sweep: does to the new world what was done to the old one while the
 * new one was built. `past` and `generation` are those of the old one before. */
void reset_carry_over(struct writer *writer, const struct store_description *past,
                      int64_t generation);

#endif
