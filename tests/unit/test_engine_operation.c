/* Operations on a record: what operators do, as pure changes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/operation.h"
#include "engine_checks.h"

#define WALL_S INT64_C(1800000000)
#define ORIGIN INT64_C(1790000000)
#define SECOND INT64_C(1000000)

static struct record new_record(int64_t speed)
{
    struct record record = {.generation = 1, .settings = {.origin = {ORIGIN}}};
    (void)snprintf(record.world_id, sizeof record.world_id, "w00000000001");
    (void)snprintf(record.timezone, sizeof record.timezone, "UTC");
    record.clock = clock_start((world_time){ORIGIN}, speed, (wall_time){WALL_S * SECOND});
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        record.streams[i] = (struct record_stream){
            .enabled = true, .started = true, .watermark = {ORIGIN}, .tempo = WORLD_TEMPO_ONE};
    return record;
}

static struct operation operation_at(enum operation_kind kind, int64_t after_s)
{
    struct operation made = {.kind = kind, .wall = {(WALL_S + after_s) * SECOND}};
    (void)snprintf(made.id, sizeof made.id, "w00000000001-%lld", (long long)after_s);
    (void)snprintf(made.peer.user, sizeof made.peer.user, "alice");
    return made;
}

static int apply(const struct operation *operation, struct record *record,
                 struct operation_effect *effect)
{
    struct fault fault = {.text = ""};
    return operation_apply(operation, record, effect, &fault);
}

static int64_t world_after(const struct record *record, int64_t after_s)
{
    return clock_now(&record->clock, (wall_time){(WALL_S + after_s) * SECOND}).s - ORIGIN;
}

static void test_pause_stands_and_resume_catches_up(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation pause = operation_at(OPERATION_PAUSE, 100);
    (void)snprintf(pause.reason, sizeof pause.reason, "demo");
    assert_int_equal(apply(&pause, &record, &effect), 0);
    assert_int_equal(effect.act_count, 1);
    assert_string_equal(effect.acts[0].kind, "pause");
    assert_int_equal(effect.acts[0].value, 0);
    assert_string_equal(record.reason, "demo");
    assert_string_equal(record.paused_by, "alice");
    assert_int_equal(world_after(&record, 5000), 100);
    struct operation resume = operation_at(OPERATION_RESUME, 5000);
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(world_after(&record, 5000), 5000);
    assert_int_equal(effect.gap_count, 0);
    pause = operation_at(OPERATION_PAUSE, 6000);
    pause.until.us = (WALL_S + 6000 + 7200) * SECOND;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    assert_int_equal(effect.acts[0].value, 7200);
    record_done(&record);
}

static void test_skip_leaves_gaps_of_streams_that_run(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation pause = operation_at(OPERATION_PAUSE, 100);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    struct operation resume = operation_at(OPERATION_RESUME, 5000);
    resume.skip = true;
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(effect.gap_count, STREAM_COUNT);
    assert_int_equal(effect.gaps[0].from.s, ORIGIN + 100);
    assert_int_equal(effect.gaps[0].until.s, ORIGIN + 5000);
    assert_int_equal(record.act_count, STREAM_COUNT);
    assert_int_equal(record.acts[0].kind, WORLD_ACT_GAP);
    record_done(&record);
}

/* However late the schedule delivers: what came before the pause is no part of the gap. */
static void test_a_gap_begins_with_the_pause(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation pause = operation_at(OPERATION_PAUSE, 100), resume;
    pause.streams = 1u << STREAM_CREDIT_HISTORY;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    pause.wall.us += 300 * SECOND;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    resume = operation_at(OPERATION_RESUME, 5000);
    resume.streams = pause.streams;
    resume.skip = true;
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(effect.gap_count, 1);
    assert_int_equal(effect.gaps[0].from.s, ORIGIN + 100);
    assert_int_equal(effect.gaps[0].until.s, ORIGIN + 5000);
    record_done(&record);
}

static void test_other_speeds_go_on_from_where_they_stood(void **state)
{
    (void)state;
    struct record record = new_record(60 * CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation pause = operation_at(OPERATION_PAUSE, 10);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    struct operation resume = operation_at(OPERATION_RESUME, 1000);
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(world_after(&record, 1000), 600);
    assert_int_equal(world_after(&record, 1001), 660);
    record_done(&record);
}

static void test_tempo_counts_from_now_and_ends_by_itself(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation tempo = operation_at(OPERATION_TEMPO, 50), expired;
    wall_time next;
    tempo.streams = 1u << STREAM_LOAN_APPLICATIONS;
    tempo.value = 20 * WORLD_TEMPO_ONE;
    tempo.until.us = (WALL_S + 350) * SECOND;
    assert_int_equal(apply(&tempo, &record, &effect), 0);
    assert_int_equal(effect.acts[0].at.s, ORIGIN + 50);
    assert_false(operation_expired(&record, (wall_time){(WALL_S + 349) * SECOND}, &expired, &next));
    assert_int_equal(next.us, (WALL_S + 350) * SECOND);
    assert_true(operation_expired(&record, (wall_time){(WALL_S + 350) * SECOND}, &expired, &next));
    (void)snprintf(expired.id, sizeof expired.id, "w00000000001-x");
    assert_int_equal(apply(&expired, &record, &effect), 0);
    assert_int_equal(record.streams[STREAM_LOAN_APPLICATIONS].tempo, WORLD_TEMPO_ONE);
    assert_int_equal(record.act_count, 2);
    assert_false(operation_expired(&record, (wall_time){(WALL_S + 999) * SECOND}, &expired, &next));
    assert_int_equal(next.us, 0);
    record_done(&record);
}

/* Nobody looked for a while after its end: it ended then all the same. */
static void test_tempo_noticed_late_ended_in_time(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation tempo = operation_at(OPERATION_TEMPO, 50), expired;
    wall_time next;
    tempo.streams = 1u << STREAM_LOAN_APPLICATIONS;
    tempo.value = 20 * WORLD_TEMPO_ONE;
    tempo.until.us = (WALL_S + 350) * SECOND;
    assert_int_equal(apply(&tempo, &record, &effect), 0);
    assert_true(
        operation_expired(&record, (wall_time){(WALL_S + 864000) * SECOND}, &expired, &next));
    (void)snprintf(expired.id, sizeof expired.id, "w00000000001-x");
    assert_int_equal(apply(&expired, &record, &effect), 0);
    assert_int_equal(effect.acts[0].at.s, ORIGIN + 350);
    record_done(&record);
}

/* A second tempo for a time goes back to what was before the first. */
static void test_tempo_for_a_time_twice(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    for (int64_t i = 0; i < 2; i++) {
        struct operation tempo = operation_at(OPERATION_TEMPO, 50 + i);
        tempo.streams = 1u;
        tempo.value = (20 + i) * WORLD_TEMPO_ONE;
        tempo.until.us = (WALL_S + 350 + i) * SECOND;
        assert_int_equal(apply(&tempo, &record, &effect), 0);
    }
    assert_int_equal(record.streams[0].tempo_after, WORLD_TEMPO_ONE);
    record_done(&record);
}

/* Two daemons see the end, one of them late: what an operator asked for since then holds. */
static void test_an_end_ends_nothing_else(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation tempo = operation_at(OPERATION_TEMPO, 50), late;
    struct operation pause = operation_at(OPERATION_PAUSE, 50);
    wall_time next, end = {(WALL_S + 350) * SECOND};
    tempo.streams = 1u << STREAM_LOAN_APPLICATIONS;
    tempo.value = 20 * WORLD_TEMPO_ONE;
    pause.streams = 1u << STREAM_MARKET_DATA;
    for (unsigned i = 0; i < 2; i++) {
        struct operation *first = i == 0 ? &tempo : &pause;
        first->until = end;
        assert_int_equal(apply(first, &record, &effect), 0);
        assert_true(operation_expired(&record, end, &late, &next));
        (void)snprintf(late.id, sizeof late.id, "w00000000001-x");
        first->until.us = 0;
        assert_int_equal(apply(first, &record, &effect), 0);
        assert_int_equal(apply(&late, &record, &effect), 0);
        assert_false(effect.changed);
    }
    assert_int_equal(record.streams[STREAM_LOAN_APPLICATIONS].tempo, tempo.value);
    assert_true(record.streams[STREAM_MARKET_DATA].paused);
    record_done(&record);
}

/* Rows up to the watermark are there already: a change can not concern them. */
static void test_acts_are_never_before_the_watermark(void **state)
{
    (void)state;
    struct record record = new_record(CLOCK_SPEED_ONE);
    struct operation_effect effect;
    record.streams[STREAM_MARKET_DATA].watermark.s = ORIGIN + 70;
    struct operation off = operation_at(OPERATION_SWITCH, 50);
    off.streams = 1u << STREAM_MARKET_DATA;
    off.value = 0;
    assert_int_equal(apply(&off, &record, &effect), 0);
    assert_string_equal(effect.acts[0].kind, "disable");
    assert_int_equal(effect.acts[0].at.s, ORIGIN + 70);
    assert_false(record.streams[STREAM_MARKET_DATA].enabled);
    record_done(&record);
}

static void test_advance_refused_while_paused_and_idempotent(void **state)
{
    (void)state;
    struct record record = new_record(0);
    struct operation_effect effect;
    struct operation advance = operation_at(OPERATION_ADVANCE, 1);
    advance.to.s = ORIGIN + 86400;
    assert_int_equal(apply(&advance, &record, &effect), 0);
    assert_int_equal(effect.acts[0].value, 86400);
    assert_int_equal(world_after(&record, 2), 86400);
    assert_int_equal(apply(&advance, &record, &effect), 0);
    assert_false(effect.changed);
    struct operation pause = operation_at(OPERATION_PAUSE, 3);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    advance.to.s += 1;
    assert_int_equal(apply(&advance, &record, &effect), -EPERM);
    assert_int_equal(world_after(&record, 4), 86400);
    record_done(&record);
}

static void test_restart_policies(void **state)
{
    (void)state;
    static const struct {
        int64_t limit_s, down_s, until;
        size_t gaps;
        enum catch_up policy;
        bool held;
    } cases[] = {
        {0, 86400, 0, 0, CATCH_UP_ALL, false},
        {0, 86400, 86400, STREAM_COUNT, CATCH_UP_SKIP, false},
        {3600, 86400, 82800, STREAM_COUNT, CATCH_UP_LIMIT, false},
        {90000, 86400, 0, 0, CATCH_UP_LIMIT, false},
        {0, 50 * 86400, 0, 0, CATCH_UP_ALL, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record record = new_record(CLOCK_SPEED_ONE);
        struct operation_effect effect;
        record.clock.seen.us = WALL_S * SECOND;
        clock_observe(&record.clock, (wall_time){(WALL_S + 40) * SECOND});
        struct operation restarted = operation_at(OPERATION_RESTARTED, cases[i].down_s);
        restarted.value = 40 * 86400;
        restarted.catch_up = cases[i].policy;
        restarted.catch_up_limit_s = cases[i].limit_s;
        assert_int_equal(apply(&restarted, &record, &effect), 0);
        assert_int_equal(record.clock.held, cases[i].held);
        assert_int_equal(effect.gap_count, cases[i].gaps);
        if (cases[i].gaps > 0)
            assert_int_equal(effect.gaps[0].from.s, ORIGIN + 40);
        if (cases[i].gaps > 0)
            assert_int_equal(effect.gaps[0].until.s, ORIGIN + cases[i].until);
        if (cases[i].held) {
            assert_true(world_after(&record, cases[i].down_s) < cases[i].down_s);
            assert_non_null(strstr(record.held_why, "credctl resume"));
        }
        record_done(&record);
    }
}

/* Both of two daemons see the step of the wall: it counts once. */
static void test_a_step_counts_once(void **state)
{
    (void)state;
    struct record record = new_record(60 * CLOCK_SPEED_ONE);
    struct operation_effect effect;
    struct operation stepped = operation_at(OPERATION_STEPPED, 1000);
    stepped.value = 900 * SECOND;
    stepped.anchor_wall = record.clock.anchor_wall;
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    int64_t once = world_after(&record, 1000);
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    assert_int_equal(world_after(&record, 1000), once);
    record_done(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause_stands_and_resume_catches_up),
        cmocka_unit_test(test_skip_leaves_gaps_of_streams_that_run),
        cmocka_unit_test(test_a_gap_begins_with_the_pause),
        cmocka_unit_test(test_other_speeds_go_on_from_where_they_stood),
        cmocka_unit_test(test_tempo_counts_from_now_and_ends_by_itself),
        cmocka_unit_test(test_tempo_noticed_late_ended_in_time),
        cmocka_unit_test(test_tempo_for_a_time_twice),
        cmocka_unit_test(test_an_end_ends_nothing_else),
        cmocka_unit_test(test_acts_are_never_before_the_watermark),
        cmocka_unit_test(test_advance_refused_while_paused_and_idempotent),
        cmocka_unit_test(test_restart_policies),
        cmocka_unit_test(test_a_step_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
