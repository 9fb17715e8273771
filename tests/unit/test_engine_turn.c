/* An engine whose threads never run, with time and disk of the test's: what questions do (nothing),
 * what an act leaves on the disk before it is answered, and how often a turn is due. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/engine_parts.h"
#include "engine_checks.h"

#define START_S INT64_C(1800000000)
#define SECOND  INT64_C(1000000)

static struct {
    int64_t wall_us, mono_us;
    unsigned walls, wakes;
    bool disk_fails;
} fake;

static wall_time fake_wall(void *context)
{
    (void)context;
    fake.walls++;
    return (wall_time){fake.wall_us};
}

static mono_time fake_mono(void *context)
{
    (void)context;
    return (mono_time){fake.mono_us};
}

static int fake_start(void *context, const char *name, void (*run)(void *argument), void *argument,
                      struct thread **ret_thread, struct fault *fault)
{
    (void)context, (void)name, (void)run, (void)argument, (void)fault;
    *ret_thread = NULL;
    return 0;
}

static void fake_sleep(struct thread *thread, int64_t us)
{
    (void)thread, (void)us;
}

static void fake_wake(struct thread *thread)
{
    (void)thread;
    fake.wakes++;
}

static bool fake_join(struct thread *thread, int timeout_ms)
{
    (void)thread, (void)timeout_ms;
    return true;
}

static void fake_abandon(struct thread *thread)
{
    (void)thread;
}

static int fake_sync(void *context, int file)
{
    return fake.disk_fails ? -EIO : system_disk.ops->sync(context, file);
}

static const struct time_source the_time = {fake_wall, fake_mono, NULL};
static const struct thread_driver the_threads = {fake_start, fake_sleep,   fake_wake,
                                                 fake_join,  fake_abandon, NULL};
static struct disk_ops the_disk_ops;
static const struct disk the_disk = {&the_disk_ops, NULL};
static const struct outside outside = {&the_time, &token_system, &store_databases, &the_threads,
                                       &the_disk};

static char folder[64], socket_path[] = "/run/x", timezone_name[] = "UTC";
static struct config config;
static struct engine *engine;

static void start(void)
{
    const struct engine_setup setup = {.config = &config, .outside = &outside};
    struct fault fault = {.text = ""};
    assert_int_equal(engine_new(&setup, &engine, &fault), 0);
    engine_turn(engine);
}

static int set_up(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    fake.wall_us = START_S * SECOND;
    the_disk_ops = *system_disk.ops;
    the_disk_ops.sync = fake_sync;
    (void)snprintf(folder, sizeof folder, "/tmp/credd-turn-XXXXXX");
    assert_non_null(mkdtemp(folder));
    config = (struct config){.speed = CLOCK_SPEED_ONE,
                             .state_folder = folder,
                             .socket = socket_path,
                             .timezone = timezone_name,
                             .start_now = true};
    assert_int_equal(zone_load("UTC", &config.zone, NULL), 0);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        config.streams[i] = (struct config_stream){.enabled = true, .tempo = 1000000};
        assert_int_equal(schedule_parse("every 1min", &config.streams[i].schedule, NULL), 0);
    }
    start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_true(engine_free(engine));
    zone_free(config.zone);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        schedule_free(config.streams[i].schedule);
    DIR *all = opendir(folder);
    assert_non_null(all);
    for (struct dirent *one; (one = readdir(all)) != NULL;)
        (void)unlinkat(dirfd(all), one->d_name, 0);
    (void)closedir(all);
    return rmdir(folder);
}

static void pass(int64_t us)
{
    fake.wall_us += us;
    fake.mono_us += us;
}

/* --- asking --- */

static struct {
    int count;
    struct request_end end;
    bool on_disk; /* the act was there when it was answered */
} heard;

static bool file_holds(const char *words)
{
    char *text;
    size_t length;
    if (disk_read(&system_disk, engine->pending.path, &text, &length) < 0)
        return false;
    bool found = strstr(text, words) != NULL;
    free(text);
    return found;
}

static void on_end(void *context, const struct request_end *end)
{
    (void)context;
    heard.count++;
    heard.end = *end;
    heard.on_disk = file_holds("a talk");
}

static void ask(enum act_kind kind, unsigned streams)
{
    struct request request = {.kind = REQUEST_ACT, .by = {.uid = 7, .user = "ann"}};
    request.act = (struct act){.kind = kind};
    if (kind == ACT_PAUSE)
        request.act.pause.streams = streams;
    (void)snprintf(request.reason, sizeof request.reason, "a talk");
    heard.count = 0;
    (void)engine_request(engine, &request, &(struct request_callbacks){.end = on_end});
}

static void test_questions_change_nothing_and_wake_nobody(void **state)
{
    (void)state;
    struct summary *summary = MEM_NEW(struct summary);
    struct engine *before = MEM_NEW(struct engine);
    world_time runs[3];
    ask(ACT_PAUSE, 0);
    struct pollfd wake = {.fd = engine_wake(engine), .events = POLLIN};
    *before = *engine;
    unsigned wakes = fake.wakes, walls = fake.walls;
    for (int i = 0; i < 10; i++) {
        pass(SECOND);
        engine_summary(engine, summary);
        assert_int_equal(engine_schedule(engine, STREAM_MARKET_DATA, runs, 3), 3);
        (void)engine_next_wake(engine);
    }
    assert_int_equal(fake.wakes, wakes);
    assert_int_equal(fake.walls, walls);
    assert_memory_equal(before, engine, sizeof *engine);
    assert_int_equal(poll(&wake, 1, 0), 0);
    assert_int_equal(summary->wall_now.us, (START_S + 10) * SECOND);
    assert_true(summary->paused);
    free(before);
    free(summary);
}

static void test_a_pause_is_on_the_disk_before_it_is_answered(void **state)
{
    (void)state;
    struct summary *summary = MEM_NEW(struct summary);
    ask(ACT_PAUSE, 1u << STREAM_MARKET_DATA);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.end.result, RESULT_DONE);
    assert_string_equal(heard.end.text, "");
    assert_true(heard.on_disk);
    assert_true(engine_free(engine)); /* as after a kill: the database never had it */
    start();
    engine_summary(engine, summary);
    assert_true(summary->streams[STREAM_MARKET_DATA].paused);
    assert_string_equal(summary->streams[STREAM_MARKET_DATA].reason, "a talk");
    free(summary);
}

static void test_a_pause_that_can_not_be_kept_says_so(void **state)
{
    (void)state;
    struct summary *summary = MEM_NEW(struct summary);
    fake.disk_fails = true;
    ask(ACT_PAUSE, 0);
    assert_int_equal(heard.end.result, RESULT_DONE);
    assert_non_null(strstr(heard.end.text, "paused, but a crash would lose the pause: "));
    engine_summary(engine, summary);
    assert_true(summary->paused);
    free(summary);
}

/* A database that is ready is not to blame: its first world is. */
static void test_a_resume_without_a_world_says_what_it_waits_for(void **state)
{
    (void)state;
    ask(ACT_RESUME, 0);
    assert_string_equal(heard.end.text, "resumes once the database can be used: not connected yet");
    engine->snapshot.state = DATABASE_READY;
    ask(ACT_RESUME, 0);
    assert_string_equal(heard.end.text, "resumes once the first world is built");
}

static void test_what_needs_the_database_is_refused_without_it(void **state)
{
    (void)state;
    engine->snapshot.state = DATABASE_DOWN;
    ask(ACT_SPEED, 0);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.end.result, RESULT_REFUSED);
    assert_int_equal(engine->pending.count, 0);
}

static void test_so_many_changes_wait_and_no_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PENDING_ASKED_MAX; i++) {
        ask(ACT_PAUSE, 0);
        assert_int_equal(heard.end.result, RESULT_DONE);
    }
    ask(ACT_PAUSE, 0);
    assert_int_equal(heard.end.result, RESULT_REFUSED);
    assert_string_equal(heard.end.text,
                        "64 changes are already waiting for the database; try again later");
    struct act_taken taken;
    struct fault fault;
    struct act own = act_own(engine, ACT_PAUSE, NULL); /* what the daemon has to note finds room */
    assert_int_equal(act_take(engine, &own, &(struct act_how){.insist = true}, &taken, &fault), 0);
}

/* --- the scheduler, with a world that the test puts there --- */

static void put_world(int64_t speed)
{
    struct world_state *world = &engine->snapshot.world;
    *world = (struct world_state){.generation = 1};
    (void)snprintf(world->world_id, sizeof world->world_id, "w1");
    (void)snprintf(world->timezone, sizeof world->timezone, "UTC");
    world->clock = clock_start((world_time){START_S}, speed, (wall_time){fake.wall_us});
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        world->streams[i].started = true;
        world->streams[i].watermark.s = START_S;
    }
    engine->snapshot.has_world = true;
    engine->phase = ENGINE_RUNS;
    engine->looked_at.us = INT64_MAX / 2; /* the writer knows of no world */
    shown_remake(engine);
    engine_turn(engine);
}

/* Plays so long, waking when a turn is due; how many turns that were. */
static unsigned play(int64_t us)
{
    unsigned turns = 0;
    for (int64_t end = fake.mono_us + us; fake.mono_us < end; turns++) {
        pass(engine_next_wake(engine));
        engine_turn(engine);
    }
    return turns;
}

static void test_a_run_is_handed_over_when_it_is_due(void **state)
{
    (void)state;
    put_world(CLOCK_SPEED_ONE);
    int64_t until = engine_next_wake(engine);
    assert_true(until > 0 && until <= 30 * SECOND);
    assert_int_equal(engine->snapshot.due, 0);
    (void)play(60 * SECOND - START_S % 60 * SECOND);
    assert_int_equal(engine->snapshot.due, STREAMS_ALL);
    assert_int_equal(engine->snapshot.due_to.s % 60, 0);
}

static void test_no_speed_makes_turns_loop(void **state)
{
    (void)state;
    put_world(CLOCK_SPEED_MAX);
    assert_in_range(play(SECOND), 1, 21);
    assert_int_equal(engine->snapshot.due, STREAMS_ALL);
}

/* The writer gives it back and nothing moved: a lock, a fault. */
static void test_what_does_not_move_is_tried_again_a_while_later(void **state)
{
    (void)state;
    unsigned handed = 0;
    put_world(CLOCK_SPEED_ONE);
    pass(90 * SECOND);
    engine_turn(engine);
    for (int64_t end = fake.mono_us + 10 * SECOND; fake.mono_us < end;) {
        handed += engine->snapshot.due == STREAMS_ALL ? 1 : 0;
        engine->snapshot.due = 0;
        engine_turn(engine); /* the mail that says so */
        assert_int_equal(engine->snapshot.due, 0);
        pass(engine_next_wake(engine));
        engine_turn(engine);
    }
    assert_in_range(handed, 9, 11);
}

/* An hour that nobody looked, and speed 0 afterwards: the runs in it are due all the same. */
static void test_no_run_is_dropped_by_a_change_of_the_clock(void **state)
{
    (void)state;
    put_world(CLOCK_SPEED_ONE);
    pass(3600 * SECOND);
    clock_set_speed(&engine->snapshot.world.clock, 0, (wall_time){fake.wall_us});
    shown_remake(engine);
    engine->scheduler.next_serve.us = 0;
    engine_turn(engine);
    assert_int_equal(engine->snapshot.due, STREAMS_ALL);
    assert_int_equal(engine->snapshot.due_to.s, START_S + 3600);
}

static void test_time_shown_never_goes_back_between_turns(void **state)
{
    (void)state;
    struct summary *summary = MEM_NEW(struct summary);
    put_world(CLOCK_SPEED_ONE);
    pass(10 * SECOND);
    engine_summary(engine, summary);
    int64_t shown = summary->world_now.s;
    fake.wall_us -= 400000; /* slewed: no step */
    engine_turn(engine);
    engine_summary(engine, summary);
    assert_true(summary->world_now.s >= shown);
    assert_int_equal(engine->pending.count, 0);
    fake.wall_us -= 3600 * SECOND;
    engine_turn(engine);
    assert_int_equal(engine->pending.count, 1);
    assert_int_equal(engine->pending.items[0].act.kind, ACT_STEPPED);
    engine_summary(engine, summary);
    assert_true(summary->world_now.s >= shown);
    assert_true(summary->stands_until.us > fake.wall_us);
    free(summary);
}

/* A run that should have written rows is what makes a stream late, not the time since its
 * watermark; and a run by the zone of the world, whatever the configuration says by now. */
static void test_a_missed_run_makes_a_stream_late(void **state)
{
    const int64_t midnight = (START_S / 86400 + 1) * 86400;
    const struct {
        int64_t now, late;
    } cases[] = {{midnight - 1, 0}, {midnight, 0}, {midnight + 60, 60}, {midnight + 3600, 3600}};
    struct summary *summary = MEM_NEW(struct summary);
    (void)state;
    schedule_free(config.streams[0].schedule);
    assert_int_equal(schedule_parse("daily", &config.streams[0].schedule, NULL), 0);
    zone_free(config.zone);
    assert_int_equal(zone_load("Asia/Tokyo", &config.zone, NULL), 0);
    put_world(CLOCK_SPEED_ONE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pass(cases[i].now * SECOND - fake.wall_us);
        engine_summary(engine, summary);
        assert_int_equal(summary->world_now.s, cases[i].now);
        assert_int_equal(summary->streams[0].late_s, cases[i].late);
    }
    free(summary);
}

static bool take_news(void *context, const struct news *news)
{
    (void)context, (void)news;
    return true;
}

/* The mailbox was full: what did not find its place is counted for those who watch. */
static void test_rows_that_the_mailbox_dropped_are_counted(void **state)
{
    const struct request watch = {.kind = REQUEST_WATCH};
    (void)state;
    struct open_request *open = engine_request(
        engine, &watch, &(struct request_callbacks){.news = take_news, .end = on_end});
    assert_non_null(open);
    engine->mailbox.lost[STREAM_CUSTOMERS] = 5;
    engine_turn(engine);
    assert_int_equal(open->dropped, 5);
    engine_withdraw(open);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_questions_change_nothing_and_wake_nobody),
        TEST(test_a_pause_is_on_the_disk_before_it_is_answered),
        TEST(test_a_pause_that_can_not_be_kept_says_so),
        TEST(test_a_resume_without_a_world_says_what_it_waits_for),
        TEST(test_what_needs_the_database_is_refused_without_it),
        TEST(test_so_many_changes_wait_and_no_more),
        TEST(test_a_run_is_handed_over_when_it_is_due),
        TEST(test_no_speed_makes_turns_loop),
        TEST(test_what_does_not_move_is_tried_again_a_while_later),
        TEST(test_no_run_is_dropped_by_a_change_of_the_clock),
        TEST(test_time_shown_never_goes_back_between_turns),
        TEST(test_a_missed_run_makes_a_stream_late),
        TEST(test_rows_that_the_mailbox_dropped_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
