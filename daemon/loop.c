#include "loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock/system.h"
#include "engine/engine.h"

struct engine_loop {
    struct engine *engine;
    struct event *wake, *timer, *steps;
    int step_fd;
};

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    struct engine_loop *loop = context;
    engine_turn(loop->engine);
}

static void on_step(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct engine_loop *loop = context;
    (void)wall_timer_read((int)fd); /* stepped or not: the turn measures it */
    engine_turn(loop->engine);
}

/* Readable only when the wall clock is stepped: the instant it is armed for never comes. */
static void arm_steps(const struct engine_loop *loop)
{
    (void)wall_timer_arm(loop->step_fd, (wall_time){INT64_C(4102444800) * 1000000});
}

static void on_turned(void *context)
{
    struct engine_loop *loop = context;
    int64_t sleep = engine_next_wake(loop->engine);
    const struct timeval delay = {.tv_sec = sleep / 1000000, .tv_usec = sleep % 1000000};
    (void)event_add(loop->timer, &delay);
    arm_steps(loop);
}

int engine_loop_new(struct event_base *base, struct engine *engine, struct engine_loop **ret_loop,
                    struct fault *fault)
{
    struct engine_loop *loop = MEM_NEW(struct engine_loop);
    loop->engine = engine;
    loop->step_fd = wall_timer_new();
    loop->wake = event_new(base, engine_wake(engine), EV_READ | EV_PERSIST, on_wake, loop);
    loop->timer = event_new(base, -1, 0, on_wake, loop);
    if (loop->step_fd >= 0)
        loop->steps = event_new(base, loop->step_fd, EV_READ | EV_PERSIST, on_step, loop);
    if (loop->wake == NULL || loop->timer == NULL || loop->steps == NULL ||
        event_add(loop->wake, NULL) < 0 || event_add(loop->steps, NULL) < 0) {
        engine_loop_free(loop);
        return fault_set(fault, -ENOMEM, "cannot add the engine to the event loop");
    }
    engine_hook(engine, &(struct engine_hooks){.turned = on_turned, .turned_context = loop});
    engine_turn(engine);
    *ret_loop = loop;
    return 0;
}

void engine_loop_free(struct engine_loop *loop)
{
    if (loop == NULL)
        return;
    struct event *events[3] = {loop->wake, loop->timer, loop->steps};
    for (size_t i = 0; i < 3; i++)
        if (events[i] != NULL)
            event_free(events[i]);
    if (loop->step_fd >= 0)
        (void)close(loop->step_fd);
    free(loop);
}
