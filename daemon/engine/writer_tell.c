/* What the writer tells the journal: one line for each change of state, none for a batch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "engine/tell.h"
#include "engine/writer_parts.h"

#define LONG_US INT64_C(10000000) /* the end of an advance that took longer is worth a message */
#define CALM_US INT64_C(12000000) /* more than the longest rest between two tries */

static world_time world_now(const struct writer *writer)
{
    return clock_now(&writer->session.record.clock, writer->time->wall(writer->time->context));
}

/* What every message of the writer says of the world, if there is one. */
static struct tell about_world(const struct writer *writer)
{
    return (struct tell){.has_time = writer->session.has_world, .at = world_now(writer)};
}

static struct tell about_job(const struct writer *writer, const struct writer_job *job,
                             enum job_kind kind)
{
    struct tell about = about_world(writer);
    about.job = job_kind_name(kind);
    about.peer = &job->operation.peer;
    about.reason = job->operation.reason;
    return about;
}

/* One message when the state changes, none for each failed try. A database may be opened where
 * there is no room or no right to write, or the tables were spoilt: it is ready again when what
 * failed went well. */
void writer_tell_state(struct writer *writer, enum database_state state, const char *detail)
{
    static const enum message_id messages[DATABASE_STATES] = {
        [DATABASE_READY] = MESSAGE_DATABASE_READY,
        [DATABASE_DOWN] = MESSAGE_DATABASE_DOWN,
        [DATABASE_REFUSED] = MESSAGE_DATABASE_REFUSED,
        [DATABASE_FOREIGN] = MESSAGE_DATABASE_FOREIGN,
        [DATABASE_FULL] = MESSAGE_DATABASE_FULL,
        [DATABASE_READ_ONLY] = MESSAGE_DATABASE_FULL,
    };
    bool news = !writer->told_any || writer->told != state;
    bool unwritable = writer->told == DATABASE_FULL || writer->told == DATABASE_READ_ONLY ||
                      writer->told == DATABASE_REFUSED;
    writer->mending = news && state == DATABASE_READY && (unwritable || writer->broken);
    if (writer->mending)
        return;
    writer->told = state;
    writer->told_any = true;
    struct tell about = about_world(writer);
    if (news)
        tell(writer->journal, messages[state], &about, "database %s: %s",
             database_state_word(state), detail);
}

void writer_wrote(struct writer *writer)
{
    if (!writer->mending || writer->broken)
        return;
    writer->backoff_us = 0;
    writer->told = DATABASE_DOWN;
    const char *detail = store_describe(writer->session.store);
    writer_tell_state(writer, DATABASE_READY, detail);
    writer_show(writer, DATABASE_READY, detail);
}

void writer_mended(struct writer *writer)
{
    writer->broken = false;
    (void)pthread_mutex_lock(&writer->lock);
    writer->view.broken = false;
    (void)pthread_mutex_unlock(&writer->lock);
    writer_wrote(writer);
}

/* On a full disk a watermark may still find its place, and the next rows none. */
void writer_calm(struct writer *writer)
{
    struct fault fault;
    bool calm = writer->time->mono(writer->time->context).us - writer->failed_at.us >= CALM_US;
    bool full = writer->mending && writer->told == DATABASE_FULL;
    if (calm && (!full || store_room(writer->session.store, &fault) == 0))
        writer_mended(writer);
}

/* An advance told its beginning; the end of one that took long, or did not get there, is told too.
 */
static void tell_advanced(const struct writer *writer, const struct writer_job *job, int result,
                          const char *why)
{
    int64_t took = writer->time->mono(writer->time->context).us - job->from.us;
    char who[TELL_WHO_MAX], time[TIME_TEXT_MAX], span[SPAN_TEXT_MAX];
    struct tell about = about_job(writer, job, JOB_ADVANCE);
    if (!job->moved || (result == 0 && took < LONG_US))
        return;
    about.has_rows = true;
    about.rows = (int64_t)job->rows;
    tell(writer->journal, MESSAGE_ADVANCED, &about,
         "advance to %s by %s: %s%s, %" PRIu64 " rows in %s%s",
         time_text(job->operation.to.s, time), tell_who(&job->operation.peer, who),
         result == 0 ? "done" : "not all is written: ", result == 0 ? "" : why, job->rows,
         span_text(took, span), result == 0 ? "" : "; the schedules bring the rest");
}

static void tell_refreshed(const struct writer *writer, const struct writer_job *job)
{
    char who[TELL_WHO_MAX], time[TIME_TEXT_MAX];
    struct tell about = about_job(writer, job, JOB_TICK);
    if (job->rows == 0)
        return;
    about.streams = job->streams;
    about.at = job->to;
    about.has_rows = true;
    about.rows = (int64_t)job->rows;
    tell(writer->journal, MESSAGE_REFRESHED, &about, "refresh: %" PRIu64 " rows up to %s, by %s",
         job->rows, time_text(job->to.s, time), tell_who(&job->operation.peer, who));
}

void writer_tell_end(const struct writer *writer, const struct writer_job *job, int result,
                     const char *why)
{
    if (job->task == TASK_ADVANCE)
        tell_advanced(writer, job, result, why);
    if (job->task == TASK_REFRESH && result == 0)
        tell_refreshed(writer, job);
}

void writer_tell_no_reset(const struct writer *writer, const struct writer_job *job,
                          const char *why)
{
    char who[TELL_WHO_MAX];
    struct tell about = about_job(writer, job, JOB_RESET);
    tell(writer->journal, MESSAGE_RESET_FAILED, &about, "the reset by %s did not happen: %s",
         tell_who(&job->operation.peer, who), why);
}

void writer_tell_adopted(const struct writer *writer, const struct writer_job *job)
{
    char who[TELL_WHO_MAX];
    tell(writer->journal, MESSAGE_ADOPTED, &(struct tell){.peer = &job->operation.peer},
         "the empty tables are credd's now, by %s", tell_who(&job->operation.peer, who));
}

void writer_tell_caught_up(struct writer *writer, world_time to)
{
    char time[TIME_TEXT_MAX];
    tell(writer->journal, MESSAGE_CAUGHT_UP,
         &(struct tell){.streams = writer->behind,
                        .has_rows = true,
                        .rows = writer->behind_rows,
                        .has_time = true,
                        .at = to,
                        .job = job_kind_name(JOB_TICK)},
         "the world has caught up to %s, %" PRId64 " rows", time_text(to.s, time),
         writer->behind_rows);
    writer->behind = 0;
    writer->behind_rows = 0;
}

/* Once: from then on status counts them. */
void writer_tell_skipped(struct writer *writer)
{
    struct tell about = about_world(writer);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        int64_t of_stream = writer->session.record.streams[i].skipped;
        about.rows += of_stream;
        about.streams |= of_stream > 0 ? 1u << i : 0;
    }
    about.has_rows = true;
    if (about.rows > writer->skipped_told && writer->skipped_told == 0)
        tell(writer->journal, MESSAGE_ROWS_SKIPPED, &about,
             "%" PRId64 " rows or moves were left out because of what others did to the "
             "tables; credctl status counts them",
             about.rows);
    writer->skipped_told = about.rows;
}

void writer_tell_followed(const struct writer *writer, const char *known)
{
    struct tell about = about_world(writer);
    const char *is = writer->session.record.world_id;
    about.world_id = is;
    tell(writer->journal, MESSAGE_WORLD_FOLLOWED, &about,
         strcmp(known, is) != 0 ? "another daemon made a new world; following it"
                                : "another daemon changed the world; following it");
}
