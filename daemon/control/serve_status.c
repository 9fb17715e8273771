/* The commands that are answered from the engine's report, at once. */
#include <unistd.h>

#include "clock/span.h"
#include "control/call.h"
#include "control/text.h"

#define RUNS_DEFAULT 5
#define RUNS_MAX     1000

/* Adds members to an object and goes on when one of them could not be made. */
static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value != NULL ? value : json_null());
}

static json_t *time_json(int64_t seconds)
{
    char text[TIME_TEXT_MAX];
    return json_string(time_text(seconds, text));
}

static json_t *time_or_null(bool given, int64_t seconds)
{
    return given ? time_json(seconds) : json_null();
}

static json_t *wall_or_null(int64_t us)
{
    return time_or_null(us != 0, us / 1000000);
}

static json_t *factor_json(int64_t millionths)
{
    return json_real((double)millionths / 1e6);
}

static json_t *world_json(const struct report *report)
{
    if (!report->has_world)
        return json_null();
    return json_pack("{s:o, s:I, s:o}", "id", text_json(report->world_id), "seed",
                     (json_int_t)report->settings.seed, "origin",
                     time_json(report->settings.origin.s));
}

static json_t *clock_json(const struct report *report)
{
    json_t *clock = json_object();
    put(clock, "world", time_json(report->world_now.s));
    put(clock, "wall", time_json(report->wall_now.us / 1000000));
    put(clock, "speed", factor_json(report->speed));
    put(clock, "paused", json_boolean(report->paused));
    put(clock, "reason", text_json_or_null(report->reason));
    put(clock, "resumes_at", wall_or_null(report->resumes_wall_us));
    put(clock, "held", report->held ? text_json(report->held_why) : json_null());
    put(clock, "paused_by", text_json_or_null(report->paused_by));
    put(clock, "timezone", text_json(report->timezone));
    put(clock, "zone_version", text_json(report->zone_version));
    return clock;
}

static json_t *job_json(const struct report *report)
{
    if (!report->has_job)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:o}", "kind", job_kind_name(report->job), "done",
                     (json_int_t)report->job_done, "total", (json_int_t)report->job_total, "detail",
                     text_json_or_null(report->job_detail));
}

/* For how long rows that a run should have written have been missing: since the first run after the
 * watermark. */
static int64_t late_by(const struct config *config, enum stream_id id,
                       const struct stream_report *stream, world_time now)
{
    world_time due;
    if (!stream->started || !stream->enabled || stream->paused || stream->held[0] != '\0' ||
        schedule_next(config->streams[id].schedule, config->zone, stream->watermark, &due) < 0)
        return 0;
    return world_before(due, now) ? now.s - due.s : 0;
}

static json_t *stream_json(const struct stream_report *stream, int64_t late_s)
{
    json_t *json = json_object();
    put(json, "name", text_json(stream->name));
    put(json, "enabled", json_boolean(stream->enabled));
    put(json, "paused", json_boolean(stream->paused));
    put(json, "schedule", text_json(stream->schedule));
    put(json, "tempo", factor_json(stream->tempo));
    put(json, "watermark", time_or_null(stream->started, stream->watermark.s));
    put(json, "lag_s", json_integer(stream->lag_s));
    put(json, "rows", json_integer(stream->rows));
    put(json, "skipped", json_integer(stream->skipped));
    put(json, "next_run", time_or_null(stream->has_next, stream->next_run.s));
    put(json, "reason", text_json_or_null(stream->reason));
    put(json, "resumes_at", wall_or_null(stream->resumes_wall_us));
    put(json, "held", text_json_or_null(stream->held));
    put(json, "late_s", json_integer(late_s));
    put(json, "paused_by", text_json_or_null(stream->paused_by));
    put(json, "tempo_until", wall_or_null(stream->tempo_until_wall_us));
    put(json, "tempo_after",
        stream->tempo_until_wall_us != 0 ? factor_json(stream->tempo_after) : json_null());
    return json;
}

void serve_Status(struct call *call)
{
    struct report report;
    const struct control_host *host = &call->context->host;
    const struct config *config = host->config(host->context);
    engine_report(host->engine, &report);
    json_t *streams = json_array();
    for (int i = 0; i < STREAM_COUNT; i++) {
        const struct stream_report *stream = &report.streams[i];
        int64_t late_s = late_by(config, (enum stream_id)i, stream, report.world_now);
        (void)json_array_append_new(streams, stream_json(stream, late_s));
    }
    json_t *status = json_object();
    put(status, "version", json_string(CREDD_VERSION));
    put(status, "pid", json_integer(getpid()));
    put(status, "world", world_json(&report));
    put(status, "clock", clock_json(&report));
    put(status, "database",
        json_pack("{s:o, s:s, s:o}", "backend", text_json(report.backend), "state",
                  database_state_name(report.database), "detail",
                  text_json(report.database_detail)));
    put(status, "job", job_json(&report));
    put(status, "streams", streams);
    put(status, "queued", json_integer(report.queued));
    put(status, "pending", text_json_or_null(report.pending));
    put(status, "last_batch", text_json_or_null(report.last_batch));
    put(status, "read_only", json_boolean(report.database == DATABASE_READ_ONLY));
    call_reply(call, status);
}

static json_t *runs_json(struct engine *engine, const struct stream_report *stream,
                         enum stream_id id, size_t count)
{
    world_time runs[RUNS_MAX];
    json_t *list = json_array();
    size_t found = engine_schedule(engine, id, runs, count);
    for (size_t i = 0; i < found; i++)
        (void)json_array_append_new(list, time_json(runs[i].s));
    return json_pack("{s:o, s:o, s:o}", "name", text_json(stream->name), "schedule",
                     text_json(stream->schedule), "runs", list);
}

void serve_Schedule(struct call *call)
{
    const struct parameters *given = &call->parameters;
    int64_t count = given->has_number ? given->number : RUNS_DEFAULT;
    struct report report;
    if (count < 1 || count > RUNS_MAX) {
        call_invalid(call, "count", "not between 1 and 1000");
        return;
    }
    engine_report(call->context->host.engine, &report);
    json_t *streams = json_array();
    for (int i = 0; i < STREAM_COUNT; i++) {
        if (given->streams == 0 || (given->streams & (1u << i)) != 0)
            (void)json_array_append_new(streams,
                                        runs_json(call->context->host.engine, &report.streams[i],
                                                  (enum stream_id)i, (size_t)count));
    }
    call_reply(call, json_pack("{s:o}", "streams", streams));
}
