/* The commands that are answered from the engine's summary, at once. */
#include <unistd.h>

#include "clock/span.h"
#include "control/call.h"
#include "control/text.h"
#include "engine/verdict.h"

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

static json_t *world_json(const struct summary *summary)
{
    if (!summary->has_world)
        return json_null();
    return json_pack("{s:o, s:I, s:o}", "id", text_json(summary->world_id), "seed",
                     (json_int_t)summary->settings.seed, "origin",
                     time_json(summary->settings.origin.s));
}

static json_t *clock_json(const struct summary *summary)
{
    json_t *clock = json_object();
    put(clock, "world", time_or_null(summary->has_world, summary->world_now.s));
    put(clock, "wall", time_json(summary->wall_now.us / 1000000));
    put(clock, "speed", factor_json(summary->speed));
    put(clock, "paused", json_boolean(summary->paused));
    put(clock, "reason", text_json_or_null(summary->reason));
    put(clock, "resumes_at", wall_or_null(summary->resumes_wall_us));
    put(clock, "held", summary->held ? text_json(summary->held_why) : json_null());
    put(clock, "paused_by", text_json_or_null(summary->paused_by));
    put(clock, "timezone", text_json(summary->timezone));
    put(clock, "zone_version", text_json(summary->zone_version));
    put(clock, "stands_until", wall_or_null(summary->stands_until.us));
    return clock;
}

static json_t *job_json(const struct summary *summary)
{
    if (!summary->has_job)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:o}", "kind", job_kind_name(summary->job), "done",
                     (json_int_t)summary->job_done, "total", (json_int_t)summary->job_total,
                     "detail", text_json_or_null(summary->job_detail));
}

static json_t *stream_json(const struct stream_summary *stream)
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
    put(json, "late_s", json_integer(stream->late_s));
    put(json, "overdue", json_boolean(stream->overdue));
    put(json, "paused_by", text_json_or_null(stream->paused_by));
    bool ends = stream->tempo_until.s != 0;
    put(json, "tempo_until", time_or_null(ends, stream->tempo_until.s));
    put(json, "tempo_after", ends ? factor_json(stream->tempo_after) : json_null());
    put(json, "obstacle", text_json_or_null(stream->obstacle));
    put(json, "newest_row", time_or_null(stream->newest.s != 0, stream->newest.s));
    put(json, "closed_until", time_or_null(stream->closed_until.s != 0, stream->closed_until.s));
    put(json, "closed", text_json_or_null(stream->closed));
    return json;
}

void serve_Status(struct call *call)
{
    struct summary summary;
    engine_summary(call->context->host.engine, &summary);
    json_t *streams = json_array();
    for (int i = 0; i < STREAM_COUNT; i++)
        (void)json_array_append_new(streams, stream_json(&summary.streams[i]));
    json_t *status = json_object();
    put(status, "version", json_string(CREDD_VERSION));
    put(status, "pid", json_integer(getpid()));
    put(status, "world", world_json(&summary));
    put(status, "clock", clock_json(&summary));
    put(status, "database",
        json_pack("{s:o, s:s, s:o}", "backend", text_json(summary.backend), "state",
                  database_state_name(summary.database), "detail",
                  text_json(summary.database_detail)));
    put(status, "job", job_json(&summary));
    put(status, "streams", streams);
    put(status, "queued", json_integer(summary.queued));
    put(status, "queued_kind", text_json(summary.queued_kind));
    put(status, "waiting", text_json_or_null(summary.waiting));
    put(status, "pending", text_json_or_null(summary.pending));
    put(status, "last_batch", text_json_or_null(summary.last_batch));
    put(status, "read_only", json_boolean(summary.database == DATABASE_READ_ONLY));
    put(status, "verdict", json_string(verdict_name(summary.verdict)));
    put(status, "verdict_text", text_json(summary.verdict_text));
    call_reply(call, status);
}

static json_t *runs_json(struct engine *engine, const struct stream_summary *stream,
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
    struct summary summary;
    if (count < 1 || count > RUNS_MAX) {
        call_invalid(call, "count", "not between 1 and 1000");
        return;
    }
    engine_summary(call->context->host.engine, &summary);
    json_t *streams = json_array();
    for (int i = 0; i < STREAM_COUNT; i++) {
        if (given->streams == 0 || (given->streams & (1u << i)) != 0)
            (void)json_array_append_new(streams,
                                        runs_json(call->context->host.engine, &summary.streams[i],
                                                  (enum stream_id)i, (size_t)count));
    }
    call_reply(call, json_pack("{s:o}", "streams", streams));
}
