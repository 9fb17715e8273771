#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "simulation/play.h"
#include "simulation/virtual_wake.h"
#include "simulation/world_pool.h"

/* --- time --- */

void play_pass(struct play *play, int64_t us)
{
    play->now_us += us;
    for (size_t i = 0; i < play->host_count; i++) {
        struct virtual_time *time = &play->hosts[i].time;
        virtual_time_pass(time, us);
        if (time->wall_us > play->wall_most_us)
            play->wall_most_us = time->wall_us;
    }
}

static void stop_here(struct thread *thread, int64_t until_us)
{
    struct play *play = thread->host->play;
    thread->until_us = until_us;
    fiber_yield(play->fibers);
}

#define COMPUTES_RARELY 8
#define COMPUTES_US     3000

void host_computes(void *context)
{
    struct play *play = context;
    if (play->running != NULL && dice_chance(&play->latency, 1, COMPUTES_RARELY))
        stop_here(play->running, play->now_us + dice_between(&play->latency, 0, COMPUTES_US));
}

/* --- threads --- */

static void thread_main(void *context)
{
    struct thread *thread = context;
    thread->run(thread->argument);
}

static struct thread *thread_new(struct host *host, void (*run)(void *argument), void *argument)
{
    assert(host->thread_count < THREADS_MAX);
    struct thread *thread = &host->threads[host->thread_count++];
    struct heap *heap = heap_use(NULL);
    *thread = (struct thread){.host = host, .run = run, .argument = argument};
    thread->until_us = host->play->now_us;
    thread->fiber = fiber_new(host->play->fibers, thread_main, thread);
    (void)heap_use(heap);
    return thread;
}

static int start(void *context, const char *name, void (*run)(void *argument), void *argument,
                 struct thread **ret_thread, struct fault *fault)
{
    (void)name, (void)fault;
    *ret_thread = thread_new(context, run, argument);
    return 0;
}

static void sleep_us(struct thread *thread, int64_t us)
{
    if (!thread->woken && us > 0) {
        thread->sleeps = true;
        stop_here(thread, us < NEVER_US / 2 ? thread->host->play->now_us + us : NEVER_US);
        thread->sleeps = false;
    }
    thread->woken = false;
}

static void wake(struct thread *thread)
{
    thread->host->wakes++;
    thread->woken = true;
    if (thread->sleeps)
        thread->until_us = thread->host->play->now_us;
}

static bool join(struct thread *thread, int timeout_ms)
{
    struct play *play = thread->host->play;
    struct thread *self = play->running;
    int64_t deadline = play->now_us + (int64_t)timeout_ms * 1000;
    while (!thread->ended && play->now_us < deadline) {
        thread->joiner = self;
        stop_here(self, deadline);
        thread->joiner = NULL;
    }
    return thread->ended;
}

static void abandon(struct thread *thread)
{
    (void)thread;
}

/* --- the loop --- */

static bool has_mail(const struct host *host)
{
    return virtual_wake_is_set(host->wake_fd);
}

static void rest(struct host *host)
{
    struct thread *loop = &host->threads[0];
    if (host->inbox_count > 0 || has_mail(host) || host->stopping)
        return;
    host->between = true;
    stop_here(loop, host->play->now_us + engine_next_wake(host->engine));
    host->between = false;
}

static void loop_run(void *context)
{
    struct host *host = context;
    struct fault fault = {.text = ""};
    struct engine *engine = NULL;
    const struct engine_setup setup = {.config = host->config,
                                       .journal = (struct journal *)(void *)host,
                                       .outside = &host->outside,
                                       .owner = host->owner};
    if (engine_new(&setup, &engine, &fault) < 0) {
        play_fail(host->play, "starts", "%s", fault.text);
        return;
    }
    host->engine = engine;
    host->wake_fd = engine_wake(engine);
    while (!host->stopping) {
        engine_turn(engine);
        host->turns++;
        rest(host);
        while (host->inbox_count > 0 && !host->stopping)
            asking_deliver(host);
    }
    bool ended = engine_free(engine);
    if (ended)
        host->wake_fd = -1;
    host->engine = NULL;
    host->clean = ended;
    host->stopped = true;
}

/* --- a step --- */

static void note_end(struct thread *thread)
{
    thread->ended = true;
    thread->until_us = NEVER_US;
    if (thread->joiner != NULL)
        thread->joiner->until_us = thread->host->play->now_us;
}

void thread_run(struct thread *thread)
{
    struct host *host = thread->host;
    struct play *play = host->play;
    play->running = thread;
    (void)heap_use(host->heap);
    bool more = fiber_resume(thread->fiber);
    (void)heap_use(NULL);
    play->running = NULL;
    play->steps++;
    if (!more)
        note_end(thread);
    bool within = thread->calls && thread->point != MEMORY_BEFORE; /* posts nothing there */
    if (thread != &host->threads[0] && !within && host->between && has_mail(host))
        host->threads[0].until_us = play->now_us;
}

int64_t host_next_us(const struct host *host)
{
    int64_t next = host->alive ? NEVER_US : host->start_us;
    for (size_t i = 0; host->alive && i < host->thread_count; i++)
        if (!host->threads[i].ended && host->threads[i].until_us < next)
            next = host->threads[i].until_us;
    return next < host->frozen_us ? host->frozen_us : next;
}

/* A question may be asked: the daemon would read it now. */
bool host_asks(const struct host *host)
{
    return host->alive && host->between && host->engine != NULL &&
           host->frozen_us <= host->play->now_us;
}

/* --- store and disk --- */

static int64_t latency(struct play *play)
{
    if (!dice_chance(&play->latency, play->weather.latency, 100))
        return 0;
    return dice_size(&play->latency, 50, play->now_us < play->slow_until_us ? 400000 : 15000);
}

static void store_yield(void *context, enum memory_op op, enum memory_point point)
{
    struct host *host = context;
    struct play *play = host->play;
    struct thread *thread = play->running;
    int64_t wait = latency(play);
    bool reads = op == MEMORY_CONNECT || op == MEMORY_PROBE || op == MEMORY_LOAD ||
                 op == MEMORY_GLANCE || op == MEMORY_HAS_ACT || op == MEMORY_ROOM ||
                 op == MEMORY_AGES || op == MEMORY_PAGE || op == MEMORY_SWAP_CHECK;
    host->calls += point == MEMORY_BEFORE;
    if (!reads && (point == MEMORY_AFTER || point == MEMORY_HANGING)) {
        play->dirty = true;
        play->described = play->described || op != MEMORY_COMMIT;
    }
    if (point == MEMORY_WAITING)
        wait += dice_between(&play->latency, 1000, 40000);
    if (point == MEMORY_HANGING)
        wait += dice_between(&play->latency, 50000, 500000);
    if ((point == MEMORY_WAITING || point == MEMORY_HANGING) && play->trouble_us < play->now_us)
        play->trouble_us = play->now_us;
    thread->calls = true;
    thread->op = op;
    thread->point = point;
    stop_here(thread, play->now_us + wait);
    thread->calls = false;
}

static int64_t store_mono(void *context)
{
    const struct host *host = context;
    return host->time.mono_us;
}

static bool store_recovered(void *context)
{
    const struct host *host = context;
    return host->play->now_us >= host->play->hung_until_us;
}

static void store_done(void *context, enum memory_op op, int rc)
{
    struct host *host = context;
    host->commits += rc == 0 && op == MEMORY_COMMIT;
    host->unsure = rc == -ECONNABORTED || (host->unsure && !(rc == 0 && op == MEMORY_LOAD));
    if (rc != 0 || (op != MEMORY_GLANCE && op != MEMORY_NOTE && op != MEMORY_AGES))
        play_trace(host->play, "%s %s: %d", host->owner, memory_op_name(op), rc);
    if (rc == 0)
        happening_call_done(host, op);
}

static struct store *store_make(void *context, const struct store_config *config)
{
    struct host *host = context;
    const struct memory_hooks hooks = {
        .yield = store_yield,
        .fate = happening_fate,
        .mono_us = store_mono,
        .recovered = store_recovered,
        .done = store_done,
        .context = host,
    };
    (void)config;
    return memory_store_new(host->play->db, &hooks);
}

static int disk_step(void *context, enum disk_step step, const char *path)
{
    struct host *host = context;
    struct play *play = host->play;
    (void)path;
    if (step == DISK_READ || play->running == NULL)
        return 0;
    stop_here(play->running, play->now_us + latency(play));
    bool fails = !play->calm && play->weather.disk_faults && dice_chance(&play->fate, 1, 60);
    return fails && (step == DISK_WRITE || step == DISK_CREATE) ? -ENOSPC : 0;
}

static int64_t token_next(void *context)
{
    struct host *host = context;
    return (int64_t)(dice_throw(&host->play->tokens) >> 1) | 1;
}

/* --- life --- */

void host_open(struct play *play, struct host *host, const struct config *config, int64_t wall_us)
{
    struct virtual_disk *disk = host->disk;
    *host = (struct host){.play = play,
                          .place = (unsigned)(host - play->hosts),
                          .disk = disk != NULL ? disk : virtual_disk_new(),
                          .config = config,
                          .wake_fd = -1};
    virtual_disk_clear(host->disk);
    virtual_disk_hook(host->disk, disk_step, host, 0);
    host->time = virtual_time_at(wall_us);
    host->source = virtual_time_source(&host->time);
    host->tokens = (struct token_source){token_next, host};
    host->stores = (struct store_source){store_make, host};
    host->driver = (struct thread_driver){start, sleep_us, wake, join, abandon, host};
    host->disk_of = virtual_disk_of(host->disk);
    host->outside = (struct outside){&host->source, &host->tokens, &host->stores, &host->driver,
                                     &host->disk_of};
}

void host_start(struct host *host)
{
    host->life++;
    (void)snprintf(host->owner, sizeof host->owner, "%s 0 %u", host->place == 0 ? "one" : "two",
                   host->life);
    host->heap = heap_new();
    host->alive = true;
    host->between = host->stopping = host->stopped = host->excused = false;
    host->thread_count = host->inbox_count = 0;
    host->engine = NULL;
    play_trace(host->play, "%s starts", host->owner);
    (void)thread_new(host, loop_run, host);
}

void host_kill(struct host *host, bool power)
{
    struct play *play = host->play;
    if (!host->alive)
        return;
    play_trace(play, "%s %s", host->owner,
               host->stopped ? "ended"
               : power       ? "loses power"
                             : "is killed");
    for (size_t i = 0; i < host->thread_count; i++)
        fiber_free(host->threads[i].fiber);
    host->thread_count = 0;
    memory_store_kill(play->db, host);
    virtual_disk_kill(host->disk);
    world_pool_reclaim(host->heap);
    (void)heap_drop(host->heap);
    host->heap = NULL;
    if (host->wake_fd >= 0)
        (void)close(host->wake_fd);
    host->wake_fd = -1;
    host->engine = NULL;
    host->alive = false;
    if (power) {
        virtual_disk_crash(host->disk, &play->fate);
        virtual_time_boot(&host->time, 0);
    }
    asking_lost(host);
}

void host_close(struct host *host)
{
    host_kill(host, false);
}
