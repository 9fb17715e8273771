#include "engine/summary.h"

#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "engine/engine_parts.h"
#include "engine/verdict.h"
#include "state/wanted.h"
#include "world/market_hours.h"

static void sum_up_model(const struct engine *engine, enum stream_id stream, world_time now,
                         struct stream_summary *out)
{
    const struct world_state *shown = &engine->shown;
    const struct config_stream *config = &engine->config->streams[stream];
    out->enabled = config->enabled;
    out->tempo = config->tempo;
    if (!engine->has_world)
        return;
    /* A change counts from the watermark on at the earliest. */
    world_time at = world_later(now, shown->streams[stream].watermark);
    const struct stream_tempo tempo = world_state_tempo(shown, stream, at);
    out->enabled = world_state_enabled(shown, stream, at);
    out->tempo = tempo.factor;
    out->tempo_until = tempo.until;
    out->tempo_after = tempo.after;
}

static void sum_up_runs(const struct engine *engine, enum stream_id stream, bool still,
                        world_time now, struct stream_summary *of)
{
    const struct schedule *schedule = engine->config->streams[stream].schedule;
    if (!engine->has_world || engine->zone == NULL)
        return;
    of->has_next = !still && schedule_next(schedule, engine->zone, now, &of->next_run) == 0;
    of->has_due = of->started && of->enabled && !of->paused && of->held[0] == '\0' &&
                  schedule_next(schedule, engine->zone, of->watermark, &of->next_due) == 0;
    if (of->has_due && world_before(of->next_due, now))
        of->late_s = now.s - of->next_due.s;
}

static void sum_up_market(const struct zone *zone, world_time now, struct stream_summary *out)
{
    char opens[TIME_TEXT_MAX];
    if (market_closed(zone, now, &out->closed_until))
        (void)snprintf(out->closed, sizeof out->closed, "closed until %s",
                       time_weekday_text(zone, out->closed_until.s, opens));
    else
        out->closed_until = (world_time){0};
}

static void sum_up_stream(const struct engine *engine, enum stream_id stream, world_time now,
                          struct stream_summary *out)
{
    const struct world_state *shown = &engine->shown;
    const struct stream_state *state = &shown->streams[stream];
    const struct stream_state *customers = &shown->streams[STREAM_CUSTOMERS];
    out->name = stream_info(stream)->name;
    out->paused = state->paused;
    out->paused_wall_us = state->paused_wall_us;
    out->resumes_wall_us = state->resumes_wall_us;
    memcpy(out->reason, state->reason, sizeof out->reason);
    memcpy(out->paused_by, state->paused_by, sizeof out->paused_by);
    (void)snprintf(out->schedule, sizeof out->schedule, "%s",
                   schedule_text(engine->config->streams[stream].schedule));
    sum_up_model(engine, stream, now, out);
    out->started = engine->has_world && state->started;
    out->watermark = state->watermark;
    out->rows = state->rows;
    out->skipped = state->skipped;
    out->newest = engine->has_world ? engine->snapshot.newest[stream] : WORLD_TIME_FIRST;
    if (engine->has_world && engine->zone != NULL && stream == STREAM_MARKET_DATA)
        sum_up_market(engine->zone, now, out);
    if (out->started && world_before(state->watermark, now))
        out->lag_s = now.s - state->watermark.s;
    memcpy(out->obstacle, engine->snapshot.obstacles[stream], sizeof out->obstacle);
    bool stopped = engine->snapshot.obstacles[STREAM_CUSTOMERS][0] != '\0';
    if (stream_info(stream)->needs_customers && !state->paused && (customers->paused || stopped))
        (void)snprintf(out->held, sizeof out->held, "waits for customers, which is %s",
                       customers->paused ? "paused" : "stopped");
    bool still =
        shown->clock.paused || shown->clock.held || state->paused || shown->clock.speed == 0;
    sum_up_runs(engine, stream, still, now, out);
}

static void sum_up_job(const struct engine *engine, struct summary *out)
{
    const struct snapshot *snapshot = &engine->snapshot;
    out->has_job = snapshot->has_job;
    out->job = snapshot->job;
    out->job_done = snapshot->done;
    out->job_total = snapshot->total;
    out->queued = request_queued(engine, &out->queued_kind);
    memcpy(out->job_detail, snapshot->job_detail, sizeof out->job_detail);
    memcpy(out->last_batch, snapshot->last_batch, sizeof out->last_batch);
    out->counters = snapshot->counters;
    memcpy(out->waiting, snapshot->waiting, sizeof out->waiting);
}

static void sum_up_clock(const struct engine *engine, struct summary *out)
{
    const struct world_state *shown = &engine->shown;
    out->world_now = clock_now(&shown->clock, out->wall_now);
    out->speed = shown->clock.speed;
    out->paused = shown->clock.paused;
    memcpy(out->reason, shown->reason, sizeof out->reason);
    memcpy(out->paused_by, shown->paused_by, sizeof out->paused_by);
    out->paused_wall_us = shown->clock.paused_at.us;
    out->resumes_wall_us = shown->clock.resumes_at.us;
    out->held = shown->clock.held;
    memcpy(out->held_why, shown->held_why, sizeof out->held_why);
    (void)clock_stands_until(&shown->clock, out->wall_now, &out->stands_until);
    (void)snprintf(out->timezone, sizeof out->timezone, "%s",
                   engine->zone != NULL ? zone_name(engine->zone) : engine->config->timezone);
    zone_database_version(out->zone_version);
}

void engine_summary(const struct engine *engine, struct summary *ret_summary)
{
    struct summary *out = ret_summary;
    *out = (struct summary){.has_world = engine->has_world, .wall_now = moment_wall(engine)};
    memcpy(out->world_id, engine->shown.world_id, sizeof out->world_id);
    out->model = engine->shown.model;
    out->settings = engine->shown.settings;
    sum_up_clock(engine, out);
    out->database = engine->snapshot.shown;
    out->backend = engine->config->database.mariadb ? "mariadb" : "sqlite";
    (void)snprintf(out->database_detail, sizeof out->database_detail, "%s",
                   engine->snapshot.detail);
    sum_up_job(engine, out);
    if (engine->has_world)
        wanted_at_reset(&engine->shown, engine->config, out->pending, sizeof out->pending);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        sum_up_stream(engine, (enum stream_id)i, out->world_now, &out->streams[i]);
    verdict_find(out);
}

/* Before there is a world: where the first one begins. */
static world_time first_now(const struct engine *engine, wall_time wall)
{
    if (engine->config->start_now || engine->snapshot.shown != DATABASE_READY)
        return (world_time){wall.us / 1000000};
    return engine->config->start_at;
}

size_t engine_schedule(const struct engine *engine, enum stream_id stream, world_time *ret_runs,
                       size_t count)
{
    size_t found = 0;
    wall_time wall = moment_wall(engine);
    world_time at =
        engine->has_world ? clock_now(&engine->shown.clock, wall) : first_now(engine, wall);
    if (engine->zone == NULL)
        return 0;
    while (found < count && schedule_next(engine->config->streams[stream].schedule, engine->zone,
                                          at, &ret_runs[found]) == 0)
        at = ret_runs[found++];
    return found;
}
