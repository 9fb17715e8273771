#include "engine/summary.h"

#include <stdio.h>
#include <string.h>

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

/* Since the first run after the watermark. */
static int64_t late_by(const struct engine *engine, enum stream_id stream,
                       const struct stream_summary *of, world_time now)
{
    const struct schedule *schedule = engine->config->streams[stream].schedule;
    world_time due;
    if (!of->started || !of->enabled || of->paused || of->held[0] != '\0' || engine->zone == NULL ||
        schedule_next(schedule, engine->zone, of->watermark, &due) < 0)
        return 0;
    return world_before(due, now) ? now.s - due.s : 0;
}

static void sum_up_market(const struct zone *zone, world_time now, struct stream_summary *out)
{
    static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (!market_closed(zone, now, &out->closed_until)) {
        out->closed_until = (world_time){0};
        return;
    }
    struct civil opens = zone_civil(zone, out->closed_until.s);
    int day = civil_weekday(zone_day(zone, out->closed_until.s));
    (void)snprintf(out->closed, sizeof out->closed, "closed until %s %02d:%02d", days[day],
                   opens.hour, opens.minute);
}

static void sum_up_stream(const struct engine *engine, enum stream_id stream, world_time now,
                          struct stream_summary *out)
{
    const struct world_state *shown = &engine->shown;
    const struct stream_state *state = &shown->streams[stream];
    const struct stream_state *customers = &shown->streams[STREAM_CUSTOMERS];
    const struct stream_info *info = stream_info(stream);
    const struct schedule *schedule = engine->config->streams[stream].schedule;
    out->name = info->name;
    out->paused = state->paused;
    out->paused_wall_us = state->paused_wall_us;
    out->resumes_wall_us = state->resumes_wall_us;
    memcpy(out->reason, state->reason, sizeof out->reason);
    memcpy(out->paused_by, state->paused_by, sizeof out->paused_by);
    (void)snprintf(out->schedule, sizeof out->schedule, "%s", schedule_text(schedule));
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
    if (info->needs_customers && !state->paused && (customers->paused || stopped))
        (void)snprintf(out->held, sizeof out->held, "waits for customers, which is %s",
                       customers->paused ? "paused" : "stopped");
    bool still =
        shown->clock.paused || shown->clock.held || state->paused || shown->clock.speed == 0;
    out->has_next = engine->has_world && !still && engine->zone != NULL &&
                    schedule_next(schedule, engine->zone, now, &out->next_run) == 0;
    out->late_s = late_by(engine, stream, out, now);
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
