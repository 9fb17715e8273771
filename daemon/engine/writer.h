/* writer.h - the writer thread: owns the world's progress and its connection; one job at a time, in
 * batches. */
#ifndef CREDD_ENGINE_WRITER_H
#define CREDD_ENGINE_WRITER_H

#include "clock/system.h"
#include "engine/channel.h"
#include "engine/operation.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/report.h"
#include "service/journal.h"

struct writer;

enum writer_task { TASK_OPERATE, TASK_REFRESH, TASK_ADVANCE, TASK_RESET, TASK_ADOPT };

struct writer_job {
    struct writer_job *next;
    enum writer_task task;
    uint64_t ticket;            /* 0: nobody waits */
    unsigned streams;           /* REFRESH, ADVANCE */
    world_time to;              /* REFRESH, ADVANCE: how far, known when it begins */
    struct operation operation; /* OPERATE, ADVANCE, RESET (who and why) */
    bool clock_only;            /* ADVANCE */
    bool relative;              /* ADVANCE: by `span_s` from where the world is when it begins */
    int64_t span_s;
    bool has_seed, keep_clock; /* RESET */
    uint64_t seed;
    int64_t wait_us;
    uint64_t rows; /* committed so far by this job */
    bool begun;    /* REFRESH, ADVANCE: tried before */
    /* ADVANCE: */
    bool moved;     /* the clock moved by it */
    bool told;      /* that it did, or there is nothing to tell */
    mono_time from; /* when it was begun */
};

/* What the writer tells of itself; a copy is taken under its lock. */
struct writer_view {
    enum database_state state;
    /* The same for people: one that failed is not ready before something went well in it. */
    enum database_state shown;
    char detail[FAULT_TEXT_MAX + 128]; /* of the latter */
    bool has_record;
    struct record record; /* without acts */
    bool has_job;
    enum job_kind job;
    char job_detail[128];
    uint64_t done, total;
    bool broken; /* down, but not away: the work failed while there was a connection */
    bool in_batch;
    unsigned batch_stream;
    uint64_t ticket; /* of the job in hand */
    unsigned queued;
    char last_batch[160];
    int64_t hour_rows[STREAM_COUNT]; /* since the last writer_take_hour() */
    mono_time call_began;            /* of the database call in hand; 0: none */
};

#define WRITER_HOLD_WORLD (1u << STREAM_COUNT)

int writer_new(const struct config *config, const struct time_source *time, struct channel *channel,
               struct journal *journal, const char *keeper, struct writer **ret_writer,
               struct fault *fault);
/* Ends the batch in hand or cuts it: false if the thread had to be abandoned. */
bool writer_stop(struct writer *writer);
/* Of one that has stopped: an abandoned thread keeps its memory. */
void writer_free(struct writer *writer);

/* Takes the job. */
void writer_submit(struct writer *writer, struct writer_job *job);
/* Streams that are due up to a world time: merged with what waits already. */
void writer_due(struct writer *writer, unsigned streams, world_time to);
/* What must not move: streams, or the world. Takes effect between two batches. */
void writer_hold(struct writer *writer, unsigned streams);
/* From now on the writer notes how far the clock got: not before the time in which nobody looked is
 * dealt with. */
void writer_tend(struct writer *writer);
/* Cancels the job in hand (not an operation); false if there is none to cancel. */
bool writer_cancel(struct writer *writer, const struct engine_peer *peer);
/* Of which streams rows are to be gathered for watchers. */
void writer_watch(struct writer *writer, unsigned streams);
/* Another configuration: for the next world; nothing of it is borrowed. */
void writer_update(struct writer *writer, const struct config *config);
/* Cuts a database call that hangs. */
void writer_cut(struct writer *writer);
void writer_view(struct writer *writer, struct writer_view *ret_view);
/* The rows of each stream since it was last asked. */
void writer_take_hour(struct writer *writer, int64_t ret_rows[STREAM_COUNT]);

#endif
