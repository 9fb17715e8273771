/* writer_parts.h - inside the writer: its state, and what its files ask of each other. A file calls
 * only what stands before it: health, pump, newest < shared < count, heartbeat, writer_log,
 * obstacle, restored, lost, views < tick < reset < job_acts < connect < left,
 * differences < jobs < turn < writer. */
#ifndef CREDD_WRITER_WRITER_PARTS_H
#define CREDD_WRITER_WRITER_PARTS_H

#include <pthread.h>

#include "state/session.h"
#include "writer/health.h"
#include "writer/newest.h"
#include "writer/pump.h"
#include "writer/writer.h"

#define BUSY_WAIT_US 200000 /* between two tries while the database is locked */

/* A job, and how far it has got. */
struct job {
    struct job *next;
    struct writer_job asked;
    uint64_t number;             /* of an act */
    uint64_t rows;               /* committed so far by this job */
    bool begun;                  /* REFRESH, ADVANCE: `to` is settled */
    bool moves;                  /* ADVANCE: moves world time, so its begin and end are logged */
    bool born;                   /* RESET: the new world is in place */
    char new_id[STORE_NAME_MAX]; /* RESET: the new world, once its swap has begun; else "" */
    struct fault lost;           /* why the connection failed during the swap, */
    mono_time known_by;          /* and when to stop waiting for its outcome */
    char loss[REQUEST_TEXT_MAX]; /* RESET: what the new world lacks; "": nothing */
    unsigned restarts; /* RESET: how often it began again because others changed the world */
    struct act act;    /* ADVANCE: the act being recorded; no id before that */
    bool waited;       /* whoever asked was told that it waits */
    unsigned streams;
    unsigned restored; /* the writer's count when this began; a different one means that an earlier
                          state was restored since */
    world_time to;
    mono_time from; /* when it was begun */
};

struct job_queue {
    struct job *first, *last;
};

/* Why a stream is stopped: its table rejects its rows. */
struct obstacle {
    char text[FAULT_TEXT_MAX]; /* "": it is not stopped */
    char world_id[STORE_NAME_MAX];
    world_time at;   /* the watermark at which it stopped */
    mono_time again; /* when to retry, */
    bool tries;      /* or once, now */
};

/* A run that is not committed yet, and since when it has been due. */
struct writer_run {
    world_time at; /* 0: there is none */
    mono_time since;
};

/* A wall time and the monotonic time at which it was read, to compute later ones from. */
struct wall_reading {
    wall_time wall;
    mono_time mono;
};

struct writer {
    const struct outside *outside;
    struct mailbox *mailbox;
    struct journal *journal;
    char owner[STORE_VALUE_MAX];
    struct database database;
    struct thread *thread;
    /* The thread's own. */
    struct session session;
    struct change_list changes;
    struct row_texts texts;
    struct newest newest;
    struct health health;
    mono_time look_at;
    /* See restored.c. */
    mono_time quiet_until, restoring_until;
    struct store_ages ages, last_ages; /* before the restore; at the last look */
    struct session_extent seen;
    unsigned restored; /* how often an earlier state was found to have been restored */
    unsigned reread;   /* how often the world was then read anew */
    bool torn;         /* the world was read in the middle of a restore: read it again afterwards */
    bool restoring;    /* a restore is in progress */
    bool carry_due;    /* acts made during a reset may have to be carried over to this world; */
    char carry_to[STORE_NAME_MAX];  /* the last world that was checked for it */
    char lost_told[FAULT_TEXT_MAX]; /* what a reset lost: reported once */
    bool views_due;                 /* the views are to be checked */
    char views_told[FAULT_TEXT_MAX];
    bool unswept; /* a reset left tables behind because the database was locked */
    mono_time beat_at;
    unsigned behind; /* streams in a catch-up long enough to be logged at its end */
    unsigned owed;   /* streams that should be at `owed_to` but are stopped */
    int64_t behind_rows;
    int64_t skipped_told; /* -1: not looked yet */
    struct obstacle obstacles[STREAM_COUNT];
    world_time owed_to;
    struct row_rules rules;         /* of the batch in hand */
    unsigned lacking[STREAM_COUNT]; /* missing columns of `fill` that were logged */
    /* Shared, under `lock`. */
    pthread_mutex_t lock;
    struct wall_reading told; /* by the loop */
    mono_time used;           /* the last instant for which the writer computed the wall time */
    mono_time dated; /* date of an act about to be submitted: the clock must not be saved later than
                        this; 0: none */
    struct wall_reading coming; /* told while acts waited: used once they are done, since the act of
                                  a clock step comes before the readings after it */
    struct wanted wanted;
    struct job_queue acts; /* done before anything else; each stays queued until it is done */
    struct job_queue jobs;
    struct job *current; /* taken from `jobs` and not finished; may wait for a resume */
    uint64_t acts_given;
    unsigned due, doing; /* streams that are due, and those being written */
    world_time due_to, doing_to;
    struct writer_run runs[STREAM_COUNT]; /* the first of each stream */
    unsigned halted, watching;
    bool stop, cancel, is_coming, views_asked;
    bool committed; /* too late to cancel the current job */
    bool tends;     /* down time before the start is dealt with: the clock may be saved */
    struct actor cancelled_by;
    struct snapshot shown;
};

/* --- shared.c: what both sides see --- */

void writer_lock(struct writer *writer);
void writer_unlock(struct writer *writer);
/* The wall time for what is written. A step of the wall clock does not show before its act is done.
 */
wall_time writer_wall(struct writer *writer);
/* The wall time as last told by the loop, also if acts (maybe that of a step) are still queued. */
wall_time writer_wall_asked(struct writer *writer);
/* Switches to the reading that the loop told last, unless acts wait. Call with the lock held. */
void writer_take_wall(struct writer *writer);
mono_time writer_mono(const struct writer *writer);
/* How far rows may be written. A wall clock that was set back counts at once, since credd may be
 * killed before the act of the step is done. */
world_time writer_rows_until(struct writer *writer);
/* Sleeps, unless a new job, halt, cancel or stop interrupts. */
void writer_sleep(struct writer *writer, int64_t us);
bool writer_is_quiet(const struct writer *writer);

/* What interrupts a job between two batches. */
enum writer_break { BREAK_NONE, BREAK_STOP, BREAK_CANCEL, BREAK_ACT };
enum writer_break writer_break(struct writer *writer);
/* "cancelled by ann (uid 1000, pid 77)": a fault of -ECANCELED. */
int writer_cancelled(struct writer *writer, struct fault *fault);
/* Makes the current job uncancellable, or cancellable again. False: it was just cancelled. */
bool writer_commits_to(struct writer *writer, bool commits);
/* The rules of writer_update(): a copy that is valid until the next call. */
const struct row_rules *writer_rules(struct writer *writer);
/* Whether the stream is paused. */
bool writer_halts(struct writer *writer, enum stream_id stream);
bool writer_halts_world(struct writer *writer);
/* As writer_submit(), but takes ownership of the job. */
uint64_t writer_add_job(struct writer *writer, struct job *job);
/* Call with the lock held. NULL: it is empty. */
struct job *writer_take_job(struct job_queue *queue);
void writer_post_end(struct writer *writer, const struct job *job, enum request_result result,
                     bool recorded, const char *text);
/* Makes streams due up to `to`. */
void writer_add_due(struct writer *writer, unsigned streams, world_time to);

/* Puts the session's world into the snapshot. Call with the lock held, together with any change
 * that must become visible in the same step. */
void writer_show_world(struct writer *writer);
/* The same with the newest rows, and notifies the loop. */
void writer_publish(struct writer *writer);
/* The same if the session's world has changed since, such as by what a reset carried over. */
void writer_show_changes(struct writer *writer);
void writer_progress(struct writer *writer, const struct job *job, enum job_kind kind,
                     const char *detail, uint64_t done, uint64_t total);
void writer_no_job(struct writer *writer);
/* Shows who locks the database; "" or NULL: nobody. */
void writer_waits(struct writer *writer, const char *why);
/* The database is locked: tells everyone whose act or job waits, once. */
void writer_tell_waiting(struct writer *writer, const char *why);
/* The same, but only for acts that wait for the current job. */
void writer_tell_acts_waiting(struct writer *writer, const char *why);
/* A database call begins, or has ended. */
void writer_calls(struct writer *writer, bool begins);
/* Checks for pauses and marks a batch of `stream` as in progress in one step, so that whoever
 * pauses either sees the batch or prevents it (false). A batch without rows always begins. */
bool writer_begin_batch(struct writer *writer, enum stream_id stream, bool rows);
/* The same for a move of the clock; a pause of the world prevents it. */
bool writer_begin_move(struct writer *writer);
/* Ends either. */
void writer_end_batch(struct writer *writer);
/* Updates the health of the database, and with it the snapshot and the journal. */
void writer_report_health(struct writer *writer, enum health_event event, int code,
                          const char *text);

/* --- count.c --- */

/* The changes in hand were committed. */
void count_batch(struct writer *writer, enum stream_id stream, mono_time began,
                 const struct store_outcome *outcome);
/* Runs are due: the first of each stream waits for its commit. */
void count_due(struct writer *writer, unsigned streams, const struct due_stream due[STREAM_COUNT]);
/* The stream was brought from one watermark to another, with or without rows. A run that lies
 * before both was served by others, or belongs to a world that is gone. */
void count_run(struct writer *writer, enum stream_id stream, world_time from, world_time to,
               bool rows);

/* --- heartbeat.c --- */

/* Whether the clock may be saved now. */
bool heartbeat_may(struct writer *writer);
/* Saves it, if it may. */
int heartbeat_now(struct writer *writer, struct fault *fault);
/* True once in a few seconds. */
bool heartbeat_is_due(struct writer *writer);
/* Between two batches of a job. */
int heartbeat_in_job(struct writer *writer, struct fault *fault);

/* --- writer_log.c: one line for each change of state, none for a batch --- */

/* Logs the end of an advance, or of a refresh that wrote rows. */
void writer_log_end(struct writer *writer, const struct job *job, int result, const char *why);
void writer_log_advance(struct writer *writer, const struct job *job);
void writer_log_no_reset(struct writer *writer, const struct job *job, const char *why);
void writer_log_adopted(struct writer *writer, const struct job *job);
void writer_log_caught_up(struct writer *writer, world_time to);
void writer_log_skipped(struct writer *writer);
/* Logs columns of `fill` that the table does not have, once each. */
void writer_log_lacking(struct writer *writer, enum stream_id stream, unsigned lacks);
/* `known`: the world before; `restored`: the change is a restored backup. */
void writer_log_followed(struct writer *writer, const char *known, bool restored);

/* --- obstacle.c: streams that are stopped because their table rejects their rows --- */

/* Stops the stream: the store refused a batch with -EPROTOTYPE. */
void obstacle_meet(struct writer *writer, enum stream_id stream, const struct fault *fault);
/* Lets streams continue that are past their obstacle: after a batch, and after following others. */
void obstacle_look(struct writer *writer);
/* The stopped streams and those that depend on them. */
unsigned obstacle_stopped(const struct writer *writer);
/* Whether the stream is stopped and its retry is not due. */
bool obstacle_waits(const struct writer *writer, enum stream_id stream);
/* `streams` without the stopped ones. */
unsigned obstacle_leaves(const struct writer *writer, unsigned streams);
/* Remembers that stopped streams have to be brought up to `to` later. */
void obstacle_owe(struct writer *writer, unsigned streams, world_time to);
/* Makes stopped streams due again when their retry is. */
void obstacle_retry(struct writer *writer);
/* Retries all at once, because an operator asks for rows. */
void obstacle_try(struct writer *writer);
/* -EPROTOTYPE with the reason if one of `streams` is stopped short of `to`. */
int obstacle_fault(const struct writer *writer, unsigned streams, world_time to,
                   struct fault *fault);

/* --- tick.c --- */

/* Brings streams up to `to`; `moves_clock`: moves the clock along; else it stops at world time. 0,
 * or a failure of the store. `job` may be NULL. Skips paused streams and those that depend on one.
 * -ECANCELED; -ESHUTDOWN; -EAGAIN: an act waits, call again after it; -ESTALE: an earlier state was
 * restored since the job was asked for. */
int tick_streams(struct writer *writer, unsigned streams, world_time to, bool moves_clock,
                 struct job *job, struct fault *fault);
/* Stores watermarks that moved over intervals without rows. 1: another daemon stored one first,
 * possibly a lower one. */
int tick_flush(struct writer *writer, struct fault *fault);
/* Follows what others did to the world; 1: there was something, and it was logged. */
int tick_follow(struct writer *writer, struct fault *fault);

/* --- restored.c --- */

/* Call whenever the stored watermarks were read: notices if an earlier state was restored. */
void restored_see(struct writer *writer);
/* Whether the tables have been unchanged long enough to be read again. */
bool restored_is_over(const struct writer *writer);
/* Checks the ages of the tables, and begins or prolongs a rest if they indicate a restore. */
int restored_look(struct writer *writer, struct fault *fault);

/* Remembers the ages of the tables from the first load, so that a restore that begins before the
 * first look is noticed. */
void restored_begin(struct writer *writer);
/* A reset was begun and taken back: its tables are as young as that, which is no restore. */
int restored_renewed(struct writer *writer, struct fault *fault);

/* --- lost.c --- */

/* What the last swap lost of what others did to the tables: to the journal, once, and to whoever
 * asked for `job` (may be NULL). */
int lost_tell(struct writer *writer, struct job *job, struct fault *fault);
/* store_sweep(), after that. */
int lost_sweep(struct writer *writer, struct fault *fault);

/* --- views.c --- */

/* Makes or drops the views for analysts, if they are due. Without
 * `tells`, what failed stays due. Fails only with the connection. */
int views_tend(struct writer *writer, bool tells, struct fault *fault);

/* --- reset.c, reset_describe.c, reset_carry.c --- */

/* Builds a world and swaps it in; the first one too (job NULL). */
int reset_world(struct writer *writer, struct job *job, struct fault *fault);

/* After a reconnect: completes the reset if the swap to job->new_id had taken place; else -EIO with
 * the reason why the connection failed. */
int reset_settle(struct writer *writer, struct job *job, struct fault *fault);

/* Adds to why it did not happen, -ESTALE each time, what to do about it. Returns the code. */
int reset_advise(const struct job *job, struct fault *fault);

struct build {
    struct writer *writer;
    struct job *job; /* NULL for the first world */
    struct next_world next;
    struct world_state state;             /* of the new world */
    struct store_description description; /* of it, too */
    struct store_description past;        /* of the old one, for its history */
    struct world *world;
    struct zone *zone;
    struct pump_place places[STREAM_COUNT];
    struct newest newest;
    uint64_t done, total, rows;
    char old_id[STORE_NAME_MAX];
    int64_t wait_most_us,
        wait_us; /* for locks of others: in all, and what is left; without the time for building */
};
/* Makes the description of the new world and build->state. To be released. */
int reset_describe(struct build *build, struct store_description *ret_description,
                   struct fault *fault);
/* After a swap, before the old tables are dropped: repeats on the new world the acts that were made
 * on the old one during the build. -EBUSY: try again later. */
int reset_carry_on(struct writer *writer, struct fault *fault);
/* A world was found: the daemon that made it may have ended before carrying acts over. */
void reset_see_world(struct writer *writer);

/* --- connect.c --- */

/* True: connected, with a world. Else writer->health says when it is tried again. */
bool writer_connect(struct writer *writer);
/* Closes the connection because of a failure. */
void writer_fail(struct writer *writer, int code, const struct fault *fault);

/* --- left.c --- */

/* Names the streams that the job did not bring up to its end, and why; "" if there are none. */
void left_say(const struct writer *writer, const struct job *job, char *out, size_t size);

/* --- differences.c --- */

/* To whoever asked for `job`; for an adopt. */
int differences_tell(struct writer *writer, const struct job *job, struct fault *fault);

/* --- jobs.c, job_acts.c --- */

/* session_act(), waiting for locks only as long as an operator would. */
int jobs_record(struct writer *writer, struct act *act, bool *ret_recorded, struct fault *fault);
/* Before the world is shown: removes acts of an earlier run from the queue that the database has
 * recorded, and those before them. An older one that is not recorded had changed nothing; done now,
 * it would undo later acts. */
int jobs_take_past(struct writer *writer, struct job **ret_past, struct fault *fault);
/* Posts their ends to the loop, once the world is shown. */
void jobs_end_past(struct writer *writer, struct job *past);
/* Does the first waiting act, or leaves it queued. 1: there was none; negative: the connection
 * failed. */
int jobs_run_act(struct writer *writer, struct fault *fault);
/* Continues the current job or takes the next. 1: there is none, or it waits for a resume; 0: call
 * again; negative: the connection failed. */
int jobs_run(struct writer *writer);
/* The database cannot be used: acts stay queued, jobs are refused, except an adoption of a foreign
 * database, which is begun. */
void jobs_refuse(struct writer *writer);
/* While there is no connection: ends a reset whose swap nobody can tell about in the time given. */
void jobs_give_up(struct writer *writer);
bool jobs_adopt(struct writer *writer);
void jobs_free(struct job_queue *queue);
/* From the loop's thread: ends a job that was taken from the queue and never begun. */
void jobs_end_cancelled(struct writer *writer, struct job *job, const struct actor *by);

/* --- turn.c --- */

/* One turn of the thread: microseconds until the next, unless something wakes it; 0: at once;
 * negative: it was asked to stop. */
int64_t writer_turn(struct writer *writer);
/* Logs and releases what is left, before the thread ends. */
void writer_leave(struct writer *writer);

#endif
