#include "json/status.h"

#include <unistd.h>

#include "clock/span.h"
#include "engine/verdict.h"
#include "json/text.h"

/* Adds members to an object and goes on when one of them could not be made. */
static void put(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value != NULL ? value : json_null());
}

json_t *time_json(int64_t seconds)
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
    return json_pack("{s:o, s:I, s:o, s:I}", "id", text_json(summary->world_id), "seed",
                     (json_int_t)summary->settings.seed, "origin",
                     time_json(summary->settings.origin.s), "model", (json_int_t)summary->model);
}

static json_t *clock_json(const struct summary *is)
{
    json_t *json = json_object();
#define CLOCK_MEMBER(name, type, value) put(json, #name, value);
#include "json/status.def"
#undef CLOCK_MEMBER
    return json;
}

static json_t *database_json(const struct summary *summary)
{
    return json_pack("{s:o, s:s, s:o}", "backend", text_json(summary->backend), "state",
                     database_state_name(summary->database), "detail",
                     text_json(summary->database_detail));
}

static json_t *job_json(const struct summary *summary)
{
    if (!summary->has_job)
        return json_null();
    return json_pack("{s:s, s:I, s:I, s:o}", "kind", job_kind_name(summary->job), "done",
                     (json_int_t)summary->job_done, "total", (json_int_t)summary->job_total,
                     "detail", text_json_or_null(summary->job_detail));
}

static json_t *stream_json(const struct stream_summary *is)
{
    json_t *json = json_object();
#define STREAM_MEMBER(name, type, value) put(json, #name, value);
#include "json/status.def"
#undef STREAM_MEMBER
    return json;
}

static json_t *streams_json(const struct summary *summary)
{
    json_t *streams = json_array();
    for (int i = 0; i < STREAM_COUNT; i++)
        (void)json_array_append_new(streams, stream_json(&summary->streams[i]));
    return streams;
}

json_t *status_json(const struct summary *is)
{
    json_t *json = json_object();
#define STATUS_MEMBER(name, type, value) put(json, #name, value);
#include "json/status.def"
#undef STATUS_MEMBER
    return json;
}
