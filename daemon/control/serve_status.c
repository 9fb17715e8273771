/* The commands that are answered from the engine's summary, at once. */
#include "control/call.h"
#include "json/status.h"
#include "json/text.h"

#define RUNS_DEFAULT 5
#define RUNS_MAX     1000

void serve_Status(struct call *call)
{
    struct summary summary;
    engine_summary(call->context->host.engine, &summary);
    call_reply(call, status_json(&summary));
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
        call_invalid(call, "count", "must be between 1 and 1000");
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
