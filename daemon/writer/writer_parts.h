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

#define BUSY_WAIT_US 200000 /* between two tries at what a lock keeps waiting */

/* A job that was taken, with how far it got. */
struct job {
    struct job *next;
    struct writer_job asked;
    uint64_t number;             /* of an act */
    uint64_t rows;               /* committed so far by this job */
    bool begun;                  /* REFRESH, ADVANCE: it is known how far it goes */
    bool moves;                  /* ADVANCE: world time does: its begin and end are told */
    bool born;                   /* RESET: the new world is in place */
    char new_id[STORE_NAME_MAX]; /* RESET: of the world whose swap was begun; "": none was */
    struct fault lost;           /* how the connection went then, */
    mono_time known_by;          /* and when to wait no more for what came of it */
    char loss[REQUEST_TEXT_MAX]; /* RESET: what the new world lacks; "": nothing */
    unsigned restarts;           /* RESET: since others had changed the world meanwhile */
    struct act act; /* ADVANCE: as it was tried to be recorded; without an id until then */
    bool waited;    /* the asker was told what an act waits for */
    unsigned streams;
    unsigned restored; /* as the writer had it when this began: if it has another, an earlier state
                          was restored since */
    world_time to;
    mono_time from; /* when it was begun */
};

struct job_queue {
    struct job *first, *last;
};

/* What keeps a stream at its watermark although it is to go on: its table. */
struct obstacle {
    char text[FAULT_TEXT_MAX]; /* "": nothing does */
    char world_id[STORE_NAME_MAX];
    world_time at;   /* the watermark then */
    mono_time again; /* it is tried again then, */
    bool tries;      /* or now, once */
};

/* A run that is not committed yet, and since when it has been due. */
struct writer_run {
    world_time at; /* 0: there is none */
    mono_time since;
};

/* The wall at a monotonic time, from which it is counted on. */
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
    struct store_ages ages, last_ages; /* when no table was to come; at the last look */
    struct session_extent seen;
    unsigned restored; /* how often another state was found: a job was meant for one of them */
    unsigned reread;   /* how often the world was read as a whole after that */
    bool torn; /* what was read may mix two states: it is read again once the restore is over */
    bool restoring; /* tables are still to come */
    bool carry_due; /* what was done to a world during its reset may have to be done to this one, */
    char carry_to[STORE_NAME_MAX];  /* the last one that was seen */
    char lost_told[FAULT_TEXT_MAX]; /* what a reset lost: said once */
    bool views_due;                 /* they are to be looked at */
    char views_told[FAULT_TEXT_MAX];
    bool unswept; /* a reset left tables behind because the database was locked */
    mono_time beat_at;
    unsigned behind; /* streams in a long catch-up, worth a message at its end */
    unsigned owed;   /* streams that an obstacle kept from getting to `owed_to` */
    int64_t behind_rows;
    int64_t skipped_told; /* -1: not looked yet */
    struct obstacle obstacles[STREAM_COUNT];
    world_time owed_to;
    struct row_rules rules;         /* of the batch in hand */
    unsigned lacking[STREAM_COUNT]; /* columns to be filled that the table was told not to have */
    /* Shared, under `lock`. */
    pthread_mutex_t lock;
    struct wall_reading told; /* by the loop */
    mono_time used;           /* the last instant for which the writer wanted the wall */
    mono_time dated; /* of an act that comes in a moment: nothing later is noted; 0: none */
    struct wall_reading coming; /* told while acts waited: counts once they are done, since the act
                                  of a step comes before what was told after it */
    struct wanted wanted;
    struct job_queue acts; /* done before anything else; one stays until it is dealt with */
    struct job_queue jobs;
    struct job *current; /* taken from `jobs`, not over yet: may wait for a resume */
    uint64_t acts_given;
    unsigned due, doing; /* streams that wait, and that are in hand */
    world_time due_to, doing_to;
    struct writer_run runs[STREAM_COUNT]; /* the first of each stream */
    unsigned halted, watching;
    bool stop, cancel, is_coming, views_asked;
    bool committed; /* the job in hand takes place now: it is too late to cancel it */
    bool tends;     /* the time in which nobody looked is dealt with: the clock may be noted */
    struct actor cancelled_by;
    struct snapshot shown;
};

/* --- shared.c: what both sides see --- */

void writer_lock(struct writer *writer);
void writer_unlock(struct writer *writer);
/* As the loop told it: a step of the wall is unknown here until the loop's act for it is done. */
wall_time writer_wall(struct writer *writer);
/* As the loop told it last: of an act that is queued behind others, a step's among them. */
wall_time writer_wall_asked(struct writer *writer);
/* Takes over the wall that the loop told last, unless acts wait. Call with the lock held. */
void writer_take_wall(struct writer *writer);
mono_time writer_mono(const struct writer *writer);
/* World time for rows: a wall that was set back counts at once, since a kill may come before its
 * act. */
world_time writer_rows_until(struct writer *writer);
/* Waits for so long, or until something interrupts (any new job, halt, cancel, stop). */
void writer_sleep(struct writer *writer, int64_t us);
bool writer_is_quiet(const struct writer *writer);

/* What interrupts a job between two batches. */
enum writer_break { BREAK_NONE, BREAK_STOP, BREAK_CANCEL, BREAK_ACT };
enum writer_break writer_break(struct writer *writer);
/* "cancelled by ann (uid 1000, pid 77)": a fault of -ECANCELED. */
int writer_cancelled(struct writer *writer, struct fault *fault);
/* From here on the job cannot be cancelled (or it can, again). False: somebody has, a moment ago.
 */
bool writer_commits_to(struct writer *writer, bool commits);
/* As writer_update() left them: a copy that stays until the next call. */
const struct row_rules *writer_rules(struct writer *writer);
/* True if the stream must not move now. */
bool writer_halts(struct writer *writer, enum stream_id stream);
bool writer_halts_world(struct writer *writer);
/* Takes the job, as writer_submit() does. */
uint64_t writer_add_job(struct writer *writer, struct job *job);
/* Call with the lock held. NULL: it is empty. */
struct job *writer_take_job(struct job_queue *queue);
void writer_post_end(struct writer *writer, const struct job *job, enum request_result result,
                     bool recorded, const char *text);
/* Streams that are due again, or still. */
void writer_add_due(struct writer *writer, unsigned streams, world_time to);

/* Shows the world as the session has it. Call with the lock held, in one step with what must not be
 * seen without it. */
void writer_show_world(struct writer *writer);
/* The same with the newest rows, and tells the loop. */
void writer_publish(struct writer *writer);
void writer_progress(struct writer *writer, const struct job *job, enum job_kind kind,
                     const char *detail, uint64_t done, uint64_t total);
void writer_no_job(struct writer *writer);
/* What a lock of others keeps waiting; "" or NULL: nothing any more. */
void writer_waits(struct writer *writer, const char *why);
/* Others hold the database: everyone whose act or job waits hears it, once. */
void writer_tell_waiting(struct writer *writer, const char *why);
/* The same to those only whose acts wait for the job in hand. */
void writer_tell_acts_waiting(struct writer *writer, const char *why);
/* A database call begins, or has ended. */
void writer_calls(struct writer *writer, bool begins);
/* Marks a batch of `stream` as in hand, in one step with the look at what is paused: whoever pauses
 * sees it, or it does not begin (false). One without rows begins in any case. */
bool writer_begin_batch(struct writer *writer, enum stream_id stream, bool rows);
/* The same for a move of the clock, which a pause of the world stops. */
bool writer_begin_move(struct writer *writer);
/* Ends either. */
void writer_end_batch(struct writer *writer);
/* Something happened to the database: its health, and what follows from it for those who look and
 * for the journal. */
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

/* Whether the clock may be noted just now. */
bool heartbeat_may(struct writer *writer);
/* Notes it, if it may. */
int heartbeat_now(struct writer *writer, struct fault *fault);
/* True once in a few seconds. */
bool heartbeat_is_due(struct writer *writer);
/* Between two batches of a job. */
int heartbeat_in_job(struct writer *writer, struct fault *fault);

/* --- writer_log.c: one line for each change of state, none for a batch --- */

/* How a job ended, where its beginning was told or it left rows. */
void writer_log_end(struct writer *writer, const struct job *job, int result, const char *why);
void writer_log_advance(struct writer *writer, const struct job *job);
void writer_log_no_reset(struct writer *writer, const struct job *job, const char *why);
void writer_log_adopted(struct writer *writer, const struct job *job);
void writer_log_caught_up(struct writer *writer, world_time to);
void writer_log_skipped(struct writer *writer);
/* After a batch with rows: columns that are to be filled and are not there, once each. */
void writer_log_lacking(struct writer *writer, enum stream_id stream, unsigned lacks);
/* `known`: id of the world before; `restored`: it is a backup's. */
void writer_log_followed(struct writer *writer, const char *known, bool restored);

/* --- obstacle.c: streams whose table does not take their rows --- */

/* A batch was refused with -EPROTOTYPE. */
void obstacle_meet(struct writer *writer, enum stream_id stream, const struct fault *fault);
/* Notes what is over: after a batch, and after a look at what others did. */
void obstacle_look(struct writer *writer);
/* Streams that stand for it, with those that need one of them. */
unsigned obstacle_stopped(const struct writer *writer);
/* True if the stream is not to be tried now. */
bool obstacle_waits(const struct writer *writer, enum stream_id stream);
/* Those of `streams` that can move. */
unsigned obstacle_leaves(const struct writer *writer, unsigned streams);
/* They were to be brought up to `to`: those that stand will be, when they can. */
void obstacle_owe(struct writer *writer, unsigned streams, world_time to);
/* Makes what is owed due when it is time to try again. */
void obstacle_retry(struct writer *writer);
/* Somebody asks: the next batch of each is tried, whenever the last try was. */
void obstacle_try(struct writer *writer);
/* -EPROTOTYPE with the text if one of `streams` is not at `to` for it. */
int obstacle_fault(const struct writer *writer, unsigned streams, world_time to,
                   struct fault *fault);

/* --- tick.c --- */

/* Brings streams up to `to`; `moves_clock`: the clock goes along, else never past world time. 0, or
 * a failure of the store. `job` may be NULL. Streams that are paused, and those that wait for one,
 * are left where they are. -ECANCELED; -ESHUTDOWN; -EAGAIN: an act waits, call again after it;
 * -ESTALE: the job was meant for a state that is not there any more. */
int tick_streams(struct writer *writer, unsigned streams, world_time to, bool moves_clock,
                 struct job *job, struct fault *fault);
/* Writes watermarks that moved over empty intervals only. 1: another daemon wrote one of them
 * first, maybe not as far. */
int tick_flush(struct writer *writer, struct fault *fault);
/* A look at what others did; 1: something, and it is told. */
int tick_follow(struct writer *writer, struct fault *fault);

/* --- restored.c --- */

/* After each look at what is stored: whether it went back. */
void restored_see(struct writer *writer);
/* The tables have stood still long enough to be read again, all of them. */
bool restored_is_over(const struct writer *writer);
/* Looks at the tables' ages, and begins a rest, or goes on with it, where they tell of a restore.
 */
int restored_look(struct writer *writer, struct fault *fault);

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

/* After a new connection: whether the swap of a reset (job->new_id) was done, and the end of that
 * reset if so; -EIO with how the connection went in it if not. */
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
        wait_us; /* for others, in all and what is left; building does not count */
};
/* What the new world's own tables will say; to be released. Fills in build->state. */
int reset_describe(struct build *build, struct store_description *ret_description,
                   struct fault *fault);
/* Before the sweep after a swap: does to the world what was done to the one that it replaced while
 * it was built, if that is still to be done. -EBUSY: not now. */
int reset_carry_on(struct writer *writer, struct fault *fault);
/* Whoever made the world in hand may have gone before it was all carried over. */
void reset_see_world(struct writer *writer);

/* --- connect.c --- */

/* True: connected, with a world. Else writer->health says when it is tried again. */
bool writer_connect(struct writer *writer);
/* Gives the connection up for a failure. */
void writer_fail(struct writer *writer, int code, const struct fault *fault);

/* --- left.c --- */

/* Which streams are not where they were to be brought, in words; "" if all are. */
void left_say(const struct writer *writer, const struct job *job, char *out, size_t size);

/* --- differences.c --- */

/* To whoever asked for `job`; for an adopt. */
int differences_tell(struct writer *writer, const struct job *job, struct fault *fault);

/* --- jobs.c, job_acts.c --- */

/* session_act(), with the patience that somebody has who waits for an answer. */
int jobs_record(struct writer *writer, struct act *act, bool *ret_recorded, struct fault *fault);
/* Before the world is shown: takes those of an earlier run out of the queue that the database has,
 * and those before them. One of these that changed nothing is recorded nowhere; done now, it would
 * undo what came after it. */
int jobs_take_past(struct writer *writer, struct job **ret_past, struct fault *fault);
/* Tells the loop, once the world is shown. */
void jobs_end_past(struct writer *writer, struct job *past);
/* The first act that waits, done or left where it is: 1 if there was none. Negative: the connection
 * failed. */
int jobs_run_act(struct writer *writer, struct fault *fault);
/* The job in hand, or the next: 1 if there is none, or it waits for a resume; 0: go on; negative:
 * the connection failed. */
int jobs_run(struct writer *writer);
/* Without a usable database only acts wait; what needs it now is told so. Adoption is what a
 * foreign one waits for: it is begun, and done if that is what is asked. */
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
/* The last words before the end. */
void writer_leave(struct writer *writer);

#endif
