#include "engine/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/engine_parts.h"

const char *database_state_name(enum database_state state)
{
    static const char *const names[DATABASE_STATES] = {
        [DATABASE_CONNECTING] = "connecting",
        [DATABASE_READY] = "ready",
        [DATABASE_DOWN] = "down",
        [DATABASE_REFUSED] = "refused",
        [DATABASE_FOREIGN] = "foreign",
        [DATABASE_FULL] = "full",
        [DATABASE_READ_ONLY] = "full",
    };
    return names[state];
}

const char *database_state_word(enum database_state state)
{
    return state == DATABASE_READ_ONLY ? "read-only" : database_state_name(state);
}

const char *job_kind_name(enum job_kind kind)
{
    static const char *const names[JOB_KINDS] = {
        [JOB_TICK] = "tick", [JOB_ADVANCE] = "advance", [JOB_RESET] = "reset"};
    return names[kind];
}

static void add(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    if (used > 0)
        used += (size_t)snprintf(out + used, size - used, ", ");
    if (used >= size)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

void report_pending(const struct engine *engine, char *out, size_t size)
{
    const struct world_settings *is = &engine->record.settings, *will = &engine->config->settings;
    const struct {
        const char *name;
        int64_t is, will;
    } volumes[] = {
        {"customers", is->customers, will->customers},
        {"customer_growth (millionths)", is->customer_growth, will->customer_growth},
        {"financial_records_per_customer", is->financial_records_per_customer,
         will->financial_records_per_customer},
        {"loan_applications_per_customer", is->loan_applications_per_customer,
         will->loan_applications_per_customer},
        {"market_data_points", is->market_data_points, will->market_data_points},
        {"credit_history_entries", is->credit_history_entries, will->credit_history_entries},
    };
    out[0] = '\0';
    if (!engine->has_record)
        return;
    if (is->seed != will->seed)
        add(out, size, "seed %" PRIu64 " -> %" PRIu64, is->seed, will->seed);
    for (size_t i = 0; i < sizeof volumes / sizeof *volumes; i++)
        if (volumes[i].is != volumes[i].will)
            add(out, size, "%s %" PRId64 " -> %" PRId64, volumes[i].name, volumes[i].is,
                volumes[i].will);
    if (strcmp(engine->record.timezone, engine->config->timezone) != 0)
        add(out, size, "timezone %s -> %s", engine->record.timezone, engine->config->timezone);
}

static void report_stream(const struct engine *engine, unsigned i, world_time now,
                          struct stream_report *out)
{
    const struct record_stream *state = &engine->record.streams[i];
    const struct record_stream *customers = &engine->record.streams[STREAM_CUSTOMERS];
    const struct config_stream *config = &engine->config->streams[i];
    const struct stream_info *info = stream_info((enum stream_id)i);
    out->name = info->name;
    out->enabled = engine->has_record ? state->enabled : config->enabled;
    out->paused = state->paused;
    out->paused_wall_us = state->paused_wall_us;
    out->resumes_wall_us = state->resumes_wall_us;
    memcpy(out->reason, state->reason, sizeof out->reason);
    memcpy(out->paused_by, state->paused_by, sizeof out->paused_by);
    out->tempo_until_wall_us = state->tempo_until_wall_us;
    out->tempo_after = state->tempo_after;
    (void)snprintf(out->schedule, sizeof out->schedule, "%s", schedule_text(config->schedule));
    out->tempo = engine->has_record ? state->tempo : config->tempo;
    out->started = engine->has_record && state->started;
    out->watermark = state->watermark;
    out->rows = state->rows;
    out->skipped = state->skipped;
    if (out->started && world_before(state->watermark, now))
        out->lag_s = now.s - state->watermark.s;
    if (info->needs_customers && customers->paused && !state->paused)
        (void)snprintf(out->held, sizeof out->held,
                       "waits at the watermark of customers, which is paused");
    bool still = engine->record.clock.paused || engine->record.clock.held || state->paused ||
                 engine->record.clock.speed == 0;
    out->has_next = engine->has_next[i] && !still;
    out->next_run = engine->next[i];
}

static void report_job(const struct engine *engine, struct report *out)
{
    const struct writer_view *view = &engine->view;
    out->has_job = view->has_job;
    out->job = view->job;
    out->job_done = view->done;
    out->job_total = view->total;
    out->queued = view->queued;
    memcpy(out->job_detail, view->job_detail, sizeof out->job_detail);
    memcpy(out->last_batch, view->last_batch, sizeof out->last_batch);
}

/* Before there is a world: where the first one begins. */
static world_time first_now(const struct engine *engine, wall_time wall)
{
    if (engine->config->start_now || engine->view.shown != DATABASE_READY)
        return (world_time){wall.us / 1000000};
    return engine->config->start_at;
}

void engine_report(struct engine *engine, struct report *ret_report)
{
    struct report *out = ret_report;
    const struct record *record = &engine->record;
    wall_time wall = engine_wall(engine);
    writer_view(engine->writer, &engine->view);
    engine_merge(engine);
    *out = (struct report){.has_world = engine->has_record, .wall_now = wall};
    memcpy(out->world_id, record->world_id, sizeof out->world_id);
    out->settings = record->settings;
    (void)snprintf(out->timezone, sizeof out->timezone, "%s",
                   engine->zone != NULL ? zone_name(engine->zone) : engine->config->timezone);
    zone_database_version(out->zone_version);
    out->world_now = engine_now(engine, wall);
    if (!engine->has_record)
        out->world_now = first_now(engine, wall);
    out->speed = record->clock.speed;
    out->paused = record->clock.paused;
    memcpy(out->reason, record->reason, sizeof out->reason);
    memcpy(out->paused_by, record->paused_by, sizeof out->paused_by);
    out->paused_wall_us = record->clock.paused_at.us;
    out->resumes_wall_us = record->clock.resumes_at.us;
    out->held = record->clock.held;
    memcpy(out->held_why, record->held_why, sizeof out->held_why);
    out->database = engine->view.shown;
    out->backend = engine->config->database.mariadb ? "mariadb" : "sqlite";
    (void)snprintf(out->database_detail, sizeof out->database_detail, "%s", engine->view.detail);
    report_job(engine, out);
    report_pending(engine, out->pending, sizeof out->pending);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        report_stream(engine, i, out->world_now, &out->streams[i]);
}

size_t engine_schedule(struct engine *engine, enum stream_id stream, world_time *ret_runs,
                       size_t count)
{
    size_t found = 0;
    if (engine->zone == NULL)
        return 0;
    world_time at = engine->has_record ? clock_now(&engine->record.clock, engine_wall(engine))
                                       : first_now(engine, engine_wall(engine));
    while (found < count && schedule_next(engine->config->streams[stream].schedule, engine->zone,
                                          at, &ret_runs[found]) == 0)
        at = ret_runs[found++];
    return found;
}
