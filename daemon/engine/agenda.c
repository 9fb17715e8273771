/* Agenda: when streams are due, pauses and tempos end, and whether the wall clock was stepped. */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock/span.h"
#include "engine/engine_parts.h"
#include "engine/tell.h"

#define LEAST_US INT64_C(50000)    /* between two wakes, however fast the world runs */
#define MOST_US  INT64_C(30000000) /* the longest sleep: also the watch over hung calls */
#define STEP_US  INT64_C(500000) /* a smaller difference of the clocks is adjustment, not a step */
#define HUNG_US  INT64_C(90000000) /* a database call that shows no progress for so long is cut */
#define HOUR_S   3600

static void due_streams(struct engine *engine, wall_time wall)
{
    world_time now = engine_now(engine, wall);
    unsigned due = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (engine->has_next[i] && !world_before(now, engine->next[i])) {
            due |= 1u << i;
            engine->has_next[i] = schedule_next(engine->config->streams[i].schedule, engine->zone,
                                                now, &engine->next[i]) == 0;
        }
    if (due != 0)
        writer_due(engine->writer, due, now);
}

void agenda_note_step(struct engine *engine, wall_time wall)
{
    mono_time mono = engine_mono(engine);
    int64_t step = (wall.us - engine->last_wall.us) - (mono.us - engine->last_mono.us);
    engine->last_wall = wall;
    engine->last_mono = mono;
    if ((step < STEP_US && step > -STEP_US) || !engine->settled)
        return;
    struct fault fault;
    struct operation stepped = {
        .kind = OPERATION_STEPPED,
        .wall = wall,
        .value = step,
        .anchor_wall = engine->record.clock.anchor_wall,
        .peer = {.uid = -1, .user = "credd"},
    };
    (void)snprintf(stepped.reason, sizeof stepped.reason,
                   "the wall clock was stepped by %" PRId64 " s", step / 1000000);
    (void)engine_operate(engine, &stepped, 0, &fault);
}

void agenda_end_expired(struct engine *engine, wall_time wall)
{
    struct operation operation;
    struct fault fault;
    wall_time next;
    while (engine->settled && operation_expired(&engine->record, wall, &operation, &next) &&
           engine_operate(engine, &operation, 0, &fault)) {
        if (operation.kind == OPERATION_RESUME)
            writer_due(engine->writer,
                       operation.streams != 0 ? operation.streams : (1u << STREAM_COUNT) - 1,
                       engine_now(engine, wall));
    }
}

static void cut_hung(struct engine *engine, mono_time mono)
{
    writer_view(engine->writer, &engine->view);
    if (engine->view.call_began.us != 0 && mono.us - engine->view.call_began.us > HUNG_US)
        writer_cut(engine->writer);
}

static void work(struct engine *engine)
{
    wall_time wall = engine_wall(engine);
    agenda_note_step(engine, wall);
    agenda_end_expired(engine, wall);
    cut_hung(engine, engine_mono(engine));
    if (engine->settled)
        due_streams(engine, wall);
    agenda_arm(engine);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    work(context);
}

static void on_step(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    (void)wall_timer_read((int)fd); /* stepped or not: work() measures it */
    work(context);
}

/* Readable only when the wall clock is stepped: the instant it is armed for never comes. */
static void arm_steps(struct engine *engine)
{
    if (engine->step_fd >= 0)
        (void)wall_timer_arm(engine->step_fd, (wall_time){INT64_C(4102444800) * 1000000});
}

void agenda_arm(struct engine *engine)
{
    wall_time wall = engine_wall(engine), at, expiry = {0};
    struct operation unused;
    int64_t sleep = MOST_US;
    for (unsigned i = 0; i < STREAM_COUNT && engine->settled; i++)
        if (engine->has_next[i] &&
            clock_wall_of(&engine->record.clock, engine->next[i], wall, &at) &&
            at.us - wall.us < sleep)
            sleep = at.us - wall.us;
    if (engine->settled) {
        (void)operation_expired(&engine->record, wall, &unused, &expiry);
        if (expiry.us != 0 && expiry.us - wall.us < sleep)
            sleep = expiry.us - wall.us;
    }
    if (sleep < LEAST_US)
        sleep = LEAST_US;
    struct timeval delay = {.tv_sec = sleep / 1000000, .tv_usec = sleep % 1000000};
    (void)event_add(engine->timer, &delay);
    arm_steps(engine);
}

void agenda_reset(struct engine *engine)
{
    world_time now = clock_now(&engine->record.clock, engine_wall(engine));
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        engine->has_next[i] = engine->has_record && engine->zone != NULL &&
                              schedule_next(engine->config->streams[i].schedule, engine->zone, now,
                                            &engine->next[i]) == 0;
    agenda_arm(engine);
}

/* What was written since it was last told, to the live part. */
static void tell_summary(struct engine *engine)
{
    int64_t rows[STREAM_COUNT], all = 0;
    char line[300] = "", span[SPAN_TEXT_MAX];
    size_t used = 0;
    mono_time mono = engine_mono(engine);
    writer_take_hour(engine->writer, rows);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        all += rows[i];
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %" PRId64,
                                 i > 0 ? ", " : "", stream_info((enum stream_id)i)->name, rows[i]);
    }
    tell(engine->journal, MESSAGE_SUMMARY,
         &(struct tell){.streams = (1u << STREAM_COUNT) - 1,
                        .has_rows = true,
                        .rows = all,
                        .rows_of = rows,
                        .has_time = engine->has_record,
                        .at = clock_now(&engine->record.clock, engine_wall(engine))},
         "rows in the last %s: %s", span_text(mono.us - engine->summed_up.us, span), line);
    engine->summed_up = mono;
}

static void on_hour(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    tell_summary(context);
}

int agenda_open(struct engine *engine, struct fault *fault)
{
    engine->timer = event_new(engine->base, -1, 0, on_timer, engine);
    engine->hour = event_new(engine->base, -1, EV_PERSIST, on_hour, engine);
    engine->step_fd = wall_timer_new();
    if (engine->step_fd >= 0)
        engine->steps =
            event_new(engine->base, engine->step_fd, EV_READ | EV_PERSIST, on_step, engine);
    struct timeval soon = {.tv_usec = LEAST_US}, hour = {.tv_sec = HOUR_S};
    if (engine->timer == NULL || engine->hour == NULL || engine->steps == NULL ||
        event_add(engine->timer, &soon) < 0 || event_add(engine->hour, &hour) < 0 ||
        event_add(engine->steps, NULL) < 0)
        return fault_set(fault, -ENOMEM, "the event loop refuses a timer");
    engine->last_wall = engine_wall(engine);
    engine->last_mono = engine->summed_up = engine_mono(engine);
    arm_steps(engine);
    return 0;
}

void agenda_sum_up(struct engine *engine)
{
    int64_t all = 0;
    writer_view(engine->writer, &engine->view);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        all += engine->view.hour_rows[i];
    if (all > 0)
        tell_summary(engine);
}

void agenda_close(struct engine *engine)
{
    struct event **events[] = {&engine->timer, &engine->hour, &engine->steps};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (*events[i] != NULL) {
            event_free(*events[i]);
            *events[i] = NULL;
        }
    if (engine->step_fd >= 0)
        (void)close(engine->step_fd);
    engine->step_fd = -1;
}
