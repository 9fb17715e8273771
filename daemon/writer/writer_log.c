/* Writer: what it tells the journal: one line for each change of state, none for a batch. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "mail/event_log.h"
#include "writer/writer_parts.h"

#define LONG_US INT64_C(10000000) /* the end of an advance that took longer is worth a message */

static world_time world_now(struct writer *writer)
{
    return clock_now(&writer->session.state.clock, writer_wall(writer));
}

/* What every message of the writer says of the world, if there is one. */
static struct event_about about_world(struct writer *writer)
{
    return (struct event_about){.has_time = writer->session.has_world, .at = world_now(writer)};
}

static struct event_about about_job(struct writer *writer, const struct job *job,
                                    enum job_kind kind)
{
    struct event_about about = about_world(writer);
    about.job = job_kind_name(kind);
    about.peer = &job->asked.by;
    about.reason = job->asked.reason;
    return about;
}

/* An advance told its beginning; the end of one that took long, or did not get there, is told too.
 */
static void log_advanced(struct writer *writer, const struct job *job, int result, const char *why)
{
    int64_t took = writer_mono(writer).us - job->from.us;
    char who[EVENT_LOG_WHO_MAX], time[TIME_TEXT_MAX], span[SPAN_TEXT_MAX];
    struct event_about about = about_job(writer, job, JOB_ADVANCE);
    if (!job->begun || !job->moves || (result == 0 && took < LONG_US))
        return;
    about.has_rows = true;
    about.rows = (int64_t)job->rows;
    char ended[FAULT_TEXT_MAX + TIME_TEXT_MAX] = "done", at[TIME_TEXT_MAX];
    if (result < 0)
        (void)snprintf(ended, sizeof ended, "stopped at %s: %s", time_text(about.at.s, at), why);
    event_log(writer->journal, MESSAGE_ADVANCED, &about,
              "advance to %s by %s: %s, %" PRIu64 " row%s in %s", time_text(job->to.s, time),
              event_log_who(&job->asked.by, who), ended, job->rows, job->rows == 1 ? "" : "s",
              span_text(took, span));
}

static void log_refreshed(struct writer *writer, const struct job *job)
{
    char who[EVENT_LOG_WHO_MAX], time[TIME_TEXT_MAX];
    struct event_about about = about_job(writer, job, JOB_TICK);
    if (job->rows == 0)
        return;
    about.streams = job->streams;
    about.at = job->to;
    about.has_rows = true;
    about.rows = (int64_t)job->rows;
    event_log(writer->journal, MESSAGE_REFRESHED, &about,
              "refresh by %s: %" PRIu64 " row%s up to %s", event_log_who(&job->asked.by, who),
              job->rows, job->rows == 1 ? "" : "s", time_text(job->to.s, time));
}

void writer_log_end(struct writer *writer, const struct job *job, int result, const char *why)
{
    if (job->asked.task == TASK_ADVANCE)
        log_advanced(writer, job, result, why);
    if (job->asked.task == TASK_REFRESH && result == 0)
        log_refreshed(writer, job);
}

/* That the clock begins to move. */
void writer_log_advance(struct writer *writer, const struct job *job)
{
    struct act act = {.kind = ACT_ADVANCE,
                      .by = job->asked.by,
                      .wall = writer_wall(writer),
                      .advance = {job->to, job->asked.advance.clock_only}};
    memcpy(act.reason, job->asked.reason, sizeof act.reason);
    event_log_act(writer->journal, &act, &job->to);
}

void writer_log_no_reset(struct writer *writer, const struct job *job, const char *why)
{
    char who[EVENT_LOG_WHO_MAX];
    struct event_about about = about_job(writer, job, JOB_RESET);
    event_log(writer->journal, MESSAGE_RESET_FAILED, &about, "reset by %s failed: %s",
              event_log_who(&job->asked.by, who), why);
}

void writer_log_adopted(struct writer *writer, const struct job *job)
{
    char who[EVENT_LOG_WHO_MAX];
    event_log(writer->journal, MESSAGE_ADOPTED, &(struct event_about){.peer = &job->asked.by},
              "empty tables adopted by %s", event_log_who(&job->asked.by, who));
}

void writer_log_caught_up(struct writer *writer, world_time to)
{
    char time[TIME_TEXT_MAX];
    event_log(writer->journal, MESSAGE_CAUGHT_UP,
              &(struct event_about){.streams = writer->behind,
                                    .has_rows = true,
                                    .rows = writer->behind_rows,
                                    .has_time = true,
                                    .at = to,
                                    .job = job_kind_name(JOB_TICK)},
              "the world has caught up to %s, %" PRId64 " row%s", time_text(to.s, time),
              writer->behind_rows, writer->behind_rows == 1 ? "" : "s");
    writer->behind = 0;
    writer->behind_rows = 0;
}

/* Once: from then on status counts them. */
void writer_log_skipped(struct writer *writer)
{
    struct event_about about = about_world(writer);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        int64_t of_stream = writer->session.state.streams[i].skipped;
        about.rows += of_stream;
        about.streams |= of_stream > 0 ? 1u << i : 0;
    }
    about.has_rows = true;
    if (about.rows > writer->skipped_told && writer->skipped_told == 0)
        event_log(writer->journal, MESSAGE_ROWS_SKIPPED, &about,
                  "skipped %" PRId64
                  " row%s or status change%s because the application had changed "
                  "the tables; 'credctl status' keeps count",
                  about.rows, about.rows == 1 ? "" : "s", about.rows == 1 ? "" : "s");
    writer->skipped_told = about.rows;
}

void writer_log_lacking(struct writer *writer, enum stream_id stream, unsigned lacks)
{
    const struct fill *fill = &writer->rules.fills[stream];
    struct event_about about = about_world(writer);
    about.streams = 1u << stream;
    for (unsigned i = 0; i < fill->count; i++)
        if (lacks & ~writer->lacking[stream] & 1u << i)
            event_log(writer->journal, MESSAGE_FILL_LACKS, &about,
                      "table %s has no column %s, which 'fill' in section [table %s] of the "
                      "configuration names; rows are written without it until it exists",
                      stream_info(stream)->name, fill->columns[i].name, stream_info(stream)->name);
    writer->lacking[stream] = lacks;
}

void writer_log_followed(struct writer *writer, const char *known, bool restored)
{
    struct event_about about = about_world(writer);
    const char *is = writer->session.state.world_id;
    about.world_id = is;
    event_log(writer->journal, MESSAGE_WORLD_FOLLOWED, &about,
              restored                 ? "an earlier state of the database was restored; "
                                         "continuing from it"
              : strcmp(known, is) != 0 ? "another daemon made a new world; following it"
                                       : "another daemon changed the world; following it");
}
