#include "simulation/play.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/world_pool.h"

#define STEPS_MAX     60000
#define SETTLE_US     (45 * SECOND_US)
#define ALTERED_US    (80 * SECOND_US)
#define PATIENCE_US   (120 * SECOND_US)
#define STEP_COST_MAX 120

/* --- the order of steps --- */

static struct thread *choose(struct play *play)
{
    struct thread *ready[HOSTS_MAX * THREADS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < play->host_count; i++) {
        struct host *host = &play->hosts[i];
        if (!host->alive || host->frozen_us > play->now_us)
            continue;
        for (size_t k = 0; k < host->thread_count; k++)
            if (!host->threads[k].ended && host->threads[k].until_us <= play->now_us)
                ready[count++] = &host->threads[k];
    }
    return count > 0 ? ready[dice_below(&play->order, count)] : NULL;
}

static void start_dead(struct play *play)
{
    for (size_t i = 0; i < play->host_count; i++)
        if (!play->hosts[i].alive && play->hosts[i].start_us <= play->now_us &&
            play->restoring == NULL)
            host_start(&play->hosts[i]);
}

static int64_t next_us(const struct play *play, int64_t end_us)
{
    int64_t next = end_us < play->next_event_us ? end_us : play->next_event_us;
    for (size_t i = 0; i < play->host_count; i++) {
        int64_t one = host_next_us(&play->hosts[i]);
        bool waits = !play->hosts[i].alive && play->restoring != NULL;
        next = one < next && !waits ? one : next;
    }
    if (play->locked_until_us > play->now_us && play->locked_until_us < next)
        next = play->locked_until_us;
    if (play->fast_until_us > play->now_us && play->fast_until_us < next)
        next = play->fast_until_us;
    if (play->restoring != NULL && play->restore_next_us > play->now_us &&
        play->restore_next_us < next)
        next = play->restore_next_us;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (play->refused_until_us[i] > play->now_us && play->refused_until_us[i] < next)
            next = play->refused_until_us[i];
    return next;
}

static void buried(struct play *play, struct host *host)
{
    if (host->clean && heap_pieces(host->heap) > 0)
        play_fail(play, "leak", "%zu pieces of memory are left behind", heap_pieces(host->heap));
    host_kill(host, false);
}

static void step(struct play *play, struct thread *thread)
{
    struct host *host = thread->host;
    thread_run(thread);
    play_pass(play, dice_between(&play->order, 5, STEP_COST_MAX));
    sight_look(play, host);
    if (host->stopped && thread == &host->threads[0]) {
        buried(play, host);
        return;
    }
    if (thread == &host->threads[0])
        saying_look(host);
    if (!play->calm && thread->calls && dice_chance(&play->events, play->weather.cruelty, 10000))
        happening_cruel(play);
}

/* Until then, or until a check fails. */
static void go_on(struct play *play, int64_t end_us, bool (*done)(const struct play *play))
{
    while (!play->failed && play->now_us < end_us && (done == NULL || !done(play))) {
        if (play->steps > STEPS_MAX) {
            play_fail(play, "hot", "%d steps in %" PRId64 " s of virtual time", STEPS_MAX,
                      play->now_us / SECOND_US);
            return;
        }
        happening_time(play);
        start_dead(play);
        if (play->now_us >= play->next_event_us)
            happening_next(play);
        struct thread *thread = choose(play);
        if (thread != NULL) {
            step(play, thread);
            continue;
        }
        saying_check_rates(play);
        saying_check_quiet(play);
        int64_t next = next_us(play, end_us);
        if (next > play->now_us)
            play_pass(play, next - play->now_us);
    }
}

/* --- the end: nothing is in the way any more --- */

static bool all_answered(const struct play *play)
{
    for (size_t i = 0; i < play->asked_count; i++)
        if (!play->asked[i].ended && !play->asked[i].lost)
            return false;
    return true;
}

static bool all_stopped(const struct play *play)
{
    for (size_t i = 0; i < play->host_count; i++)
        if (play->hosts[i].alive)
            return false;
    return true;
}

static struct request plain(enum request_kind kind)
{
    return (struct request){.kind = kind, .by = {.uid = 0, .user = "root"}};
}

static void ask_and_wait(struct play *play, const struct request *request)
{
    if (asking_put(play, &play->hosts[0], request) == NULL)
        play_fail(play, "answer", "the last requests cannot be put");
    go_on(play, play->now_us + PATIENCE_US, all_answered);
    for (size_t i = 0; !play->failed && i < play->asked_count; i++)
        if (!play->asked[i].ended && !play->asked[i].lost)
            play_fail(play, "answer", "request %" PRId64 " (kind %d) has no end after %d s",
                      play->asked[i].number, (int)play->asked[i].request.kind,
                      (int)(PATIENCE_US / SECOND_US));
}

static void finale(struct play *play)
{
    happening_calm(play);
    go_on(play, play->now_us + SETTLE_US, NULL);
    struct request resume = plain(REQUEST_ACT);
    resume.act.kind = ACT_RESUME;
    ask_and_wait(play, &resume);
    struct request speed = plain(REQUEST_ACT);
    speed.act.kind = ACT_SPEED;
    speed.act.speed.factor = CLOCK_SPEED_ONE * dice_between(&play->events, 0, 4);
    ask_and_wait(play, &speed);
    if (play->weather.alters) { /* nothing else is in the way */
        happening_alter(play, ALTERED_US);
        go_on(play, play->now_us + ALTERED_US, NULL);
    }
    go_on(play, play->now_us + SETTLE_US, NULL);
    ask_and_wait(play, &resume);
    struct request refresh = plain(REQUEST_REFRESH);
    world_time now = saying_now(&play->hosts[0]);
    ask_and_wait(play, &refresh);
    if (!play->failed) {
        const struct asked *last = &play->asked[play->asked_count - 1];
        if (last->end.result != RESULT_DONE)
            play_fail(play, "refresh", "refused at the end: %s", last->end.text);
        for (unsigned i = 0; i < STREAM_COUNT; i++)
            if (world_before(play->sight.state.streams[i].watermark,
                             world_plus(now, -play->hosts[0].slack_s)))
                play_fail(play, "refresh", "%s is not up to where it was to be brought",
                          stream_info((enum stream_id)i)->name);
    }
    if (!play->failed)
        tables_check(play);
    if (!play->failed)
        asking_check_acts(play, true);
    for (size_t i = 0; i < play->host_count; i++) {
        play->hosts[i].stopping = true;
        play->hosts[i].start_us = NEVER_US;
        play->hosts[i].threads[0].until_us = play->now_us;
    }
    if (!play->failed)
        go_on(play, play->now_us + PATIENCE_US, all_stopped);
    if (!play->failed && !all_stopped(play))
        play_fail(play, "stop", "a daemon does not end");
    if (!play->failed)
        tables_check(play);
}

/* --- a run --- */

static void open_run(struct play *play, uint64_t seed)
{
    struct virtual_disk *disks[HOSTS_MAX] = {play->hosts[0].disk, play->hosts[1].disk};
    struct fibers *fibers = play->fibers;
    struct memory_database *db = play->db;
    *play = (struct play){.seed = seed, .fibers = fibers, .db = db};
    if (fibers == NULL) {
        play->fibers = fibers_new();
        play->db = memory_database_new();
    }
    memory_database_clear(play->db);
    for (size_t i = 0; i < HOSTS_MAX; i++)
        play->hosts[i].disk = disks[i];
    play->order = dice_of(seed, 1);
    play->fate = dice_of(seed, 2);
    play->events = dice_of(seed, 3);
    play->tokens = dice_of(seed, 4);
    play->latency = dice_of(seed, 5);
}

bool play_run(struct play *play, uint64_t seed, bool trace, char *trail, struct tally *tally)
{
    open_run(play, seed);
    play->trace = trace;
    play->trail = trail;
    world_pool_computes(host_computes, play);
    happening_open(play);
    go_on(play, play->weather.calm_us, NULL);
    if (!play->failed)
        finale(play);
    tally->runs++;
    tally->steps += play->steps;
    tally->requests += play->asked_count;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        tally->rows += play->sight.rows[i];
    tally->acts += (uint64_t)play->sight.state.last_seq;
    for (size_t i = 0; i < play->host_count; i++) {
        tally->kills += play->hosts[i].life - 1;
        host_close(&play->hosts[i]);
    }
    sight_forget(play);
    world_pool_computes(NULL, NULL);
    return !play->failed;
}
