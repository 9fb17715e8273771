/* Acts on a world state: what operators do, as pure changes; and as text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state/act.h"
#include "state_checks.h"

#define WALL_S INT64_C(1800000000)
#define ORIGIN INT64_C(1790000000)
#define SECOND INT64_C(1000000)

static struct world_state new_record(int64_t speed)
{
    struct world_state record = {.generation = 1, .settings = {.origin = {ORIGIN}}};
    (void)snprintf(record.world_id, sizeof record.world_id, "w00000000001");
    (void)snprintf(record.timezone, sizeof record.timezone, "UTC");
    record.clock = clock_start((world_time){ORIGIN}, speed, (wall_time){WALL_S * SECOND});
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        record.streams[i] = (struct stream_state){.started = true, .watermark = {ORIGIN}};
    return record;
}

static struct act act_at(enum act_kind kind, int64_t after_s)
{
    struct act made = {.kind = kind, .wall = {(WALL_S + after_s) * SECOND}};
    (void)snprintf(made.id, sizeof made.id, "w00000000001-%lld", (long long)after_s);
    (void)snprintf(made.by.user, sizeof made.by.user, "alice");
    return made;
}

static int apply(struct act *act, struct world_state *record, struct act_effect *effect)
{
    struct fault fault = {.text = ""};
    return act_apply(act, record, effect, &fault);
}

static int64_t world_after(const struct world_state *record, int64_t after_s)
{
    return clock_now(&record->clock, (wall_time){(WALL_S + after_s) * SECOND}).s - ORIGIN;
}

static void test_pause_stands_and_resume_catches_up(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act pause = act_at(ACT_PAUSE, 100);
    (void)snprintf(pause.reason, sizeof pause.reason, "demo");
    assert_int_equal(apply(&pause, &record, &effect), 0);
    assert_true(effect.changed && effect.recorded);
    assert_int_equal(pause.at.s, ORIGIN + 100);
    assert_string_equal(record.reason, "demo");
    assert_string_equal(record.paused_by, "alice");
    assert_int_equal(world_after(&record, 5000), 100);
    struct act resume = act_at(ACT_RESUME, 5000);
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(world_after(&record, 5000), 5000);
    assert_int_equal(effect.gap_count, 0);
    pause = act_at(ACT_PAUSE, 6000);
    pause.pause.for_us = 7200 * SECOND;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    assert_int_equal(record.clock.resumes_at.us, (WALL_S + 6000 + 7200) * SECOND);
    world_state_done(&record);
}

static void test_skip_leaves_gaps_of_streams_that_run(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act pause = act_at(ACT_PAUSE, 100);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    struct act resume = act_at(ACT_RESUME, 5000);
    resume.resume.skip = true;
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(effect.gap_count, STREAM_COUNT);
    assert_int_equal(effect.gaps[0].from.s, ORIGIN + 100);
    assert_int_equal(effect.gaps[0].until.s, ORIGIN + 5000);
    size_t count;
    const struct world_act *acts = world_state_acts(&record, &count);
    assert_int_equal(count, STREAM_COUNT);
    assert_int_equal(acts[0].kind, WORLD_ACT_GAP);
    world_state_done(&record);
}

/* However late the schedule delivers: what came before the pause is no part of the gap. */
static void test_a_gap_begins_with_the_pause(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act pause = act_at(ACT_PAUSE, 100), resume;
    pause.pause.streams = 1u << STREAM_CREDIT_HISTORY;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    pause.wall.us += 300 * SECOND;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    resume = act_at(ACT_RESUME, 5000);
    resume.resume.streams = pause.pause.streams;
    resume.resume.skip = true;
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(effect.gap_count, 1);
    assert_int_equal(effect.gaps[0].from.s, ORIGIN + 100);
    assert_int_equal(effect.gaps[0].until.s, ORIGIN + 5000);
    world_state_done(&record);
}

static void test_other_speeds_go_on_from_where_they_stood(void **state)
{
    (void)state;
    struct world_state record = new_record(60 * CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act pause = act_at(ACT_PAUSE, 10);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    struct act resume = act_at(ACT_RESUME, 1000);
    assert_int_equal(apply(&resume, &record, &effect), 0);
    assert_int_equal(world_after(&record, 1000), 600);
    assert_int_equal(world_after(&record, 1001), 660);
    world_state_done(&record);
}

static struct act tempo_at(int64_t after_s, int64_t factor, int64_t for_s)
{
    struct act tempo = act_at(ACT_TEMPO, after_s);
    tempo.tempo = (struct act_tempo){.stream = STREAM_LOAN_APPLICATIONS,
                                     .factor = factor * WORLD_TEMPO_ONE,
                                     .for_us = for_s * SECOND};
    return tempo;
}

static int64_t factor_after(const struct world_state *record, int64_t world_s)
{
    return world_state_tempo(record, STREAM_LOAN_APPLICATIONS, (world_time){ORIGIN + world_s})
               .factor /
           WORLD_TEMPO_ONE;
}

/* It is an interval of world time, and no act ends it. */
static void test_tempo_for_a_time_is_an_interval_of_world_time(void **state)
{
    (void)state;
    static const struct {
        int64_t speed, wall_s, world_s, span_s;
    } cases[] = {
        {CLOCK_SPEED_ONE, 50, 50, 300}, {60 * CLOCK_SPEED_ONE, 50, 3000, 18000}, {0, 50, 0, 300}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_state record = new_record(cases[i].speed);
        struct act_effect effect;
        struct act tempo = tempo_at(cases[i].wall_s, 20, 300);
        int64_t at = cases[i].world_s, until = at + cases[i].span_s;
        assert_int_equal(apply(&tempo, &record, &effect), 0);
        assert_int_equal(tempo.at.s, ORIGIN + at);
        assert_int_equal(tempo.tempo.until.s, ORIGIN + until);
        assert_int_equal(factor_after(&record, at), 20);
        assert_int_equal(factor_after(&record, until - 1), 20);
        assert_int_equal(factor_after(&record, until), 1);
        world_state_done(&record);
    }
}

/* A second tempo for a time goes back to what was for good, as does one that began in the first. */
static void test_tempo_goes_back_to_what_is_for_good(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act acts[] = {tempo_at(10, 3, 0), tempo_at(50, 20, 300), tempo_at(60, 30, 100)};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(apply(&acts[i], &record, &effect), 0);
    assert_int_equal(factor_after(&record, 55), 20);
    assert_int_equal(factor_after(&record, 159), 30);
    assert_int_equal(factor_after(&record, 160), 3);
    struct stream_tempo now =
        world_state_tempo(&record, STREAM_LOAN_APPLICATIONS, (world_time){ORIGIN + 100});
    assert_int_equal(now.after, 3 * WORLD_TEMPO_ONE);
    assert_int_equal(now.until.s, ORIGIN + 160);
    struct act again = tempo_at(170, 3, 0);
    assert_int_equal(apply(&again, &record, &effect), 0);
    assert_false(effect.changed);
    world_state_done(&record);
}

static void test_a_pause_ends_when_its_time_is_up(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act pause = act_at(ACT_PAUSE, 50), end;
    wall_time next;
    pause.pause.for_us = 300 * SECOND;
    assert_int_equal(apply(&pause, &record, &effect), 0);
    assert_false(act_due(&record, (wall_time){(WALL_S + 349) * SECOND}, &end, &next));
    assert_int_equal(next.us, (WALL_S + 350) * SECOND);
    assert_true(act_due(&record, (wall_time){(WALL_S + 900) * SECOND}, &end, &next));
    assert_int_equal(apply(&end, &record, &effect), 0);
    assert_int_equal(end.wall.us, (WALL_S + 350) * SECOND);
    assert_false(record.clock.paused);
    assert_false(act_due(&record, (wall_time){(WALL_S + 900) * SECOND}, &end, &next));
    assert_int_equal(next.us, 0);
    world_state_done(&record);
}

/* Two daemons see the end, one of them late: what an operator asked for since then holds. */
static void test_an_end_ends_nothing_else(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world_state record = new_record(CLOCK_SPEED_ONE);
        struct act_effect effect;
        struct act pause = act_at(ACT_PAUSE, 50), late;
        wall_time next;
        pause.pause.streams = i == 0 ? 1u << STREAM_MARKET_DATA : 0;
        pause.pause.for_us = 300 * SECOND;
        assert_int_equal(apply(&pause, &record, &effect), 0);
        assert_true(act_due(&record, (wall_time){(WALL_S + 350) * SECOND}, &late, &next));
        pause.pause.for_us = 0;
        assert_int_equal(apply(&pause, &record, &effect), 0);
        assert_int_equal(apply(&late, &record, &effect), 0);
        assert_false(effect.changed);
        assert_true(i == 0 ? record.streams[STREAM_MARKET_DATA].paused : record.clock.paused);
        world_state_done(&record);
    }
}

/* Rows up to the watermark are there already: a change cannot concern them. */
static void test_acts_are_never_before_the_watermark(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    record.streams[STREAM_MARKET_DATA].watermark.s = ORIGIN + 70;
    struct act off = act_at(ACT_DISABLE, 50);
    off.toggle.stream = STREAM_MARKET_DATA;
    assert_int_equal(apply(&off, &record, &effect), 0);
    assert_int_equal(off.at.s, ORIGIN + 70);
    assert_true(world_state_enabled(&record, STREAM_MARKET_DATA, (world_time){ORIGIN + 69}));
    assert_false(world_state_enabled(&record, STREAM_MARKET_DATA, (world_time){ORIGIN + 70}));
    world_state_done(&record);
}

static void test_the_clock_alone_makes_nothing_due(void **state)
{
    (void)state;
    struct world_state record = new_record(0);
    struct act_effect effect;
    struct act advance = act_at(ACT_ADVANCE, 1);
    advance.advance = (struct act_advance){{ORIGIN + 86400}, true};
    assert_int_equal(apply(&advance, &record, &effect), 0);
    assert_int_equal(world_after(&record, 2), 86400);
    assert_int_equal(record.streams[STREAM_MARKET_DATA].not_before.s, ORIGIN + 86400);
    struct act pause = act_at(ACT_PAUSE, 3);
    assert_int_equal(apply(&pause, &record, &effect), 0);
    advance.advance.to.s += 1;
    assert_int_equal(apply(&advance, &record, &effect), -ACT_REFUSED);
    assert_int_equal(world_after(&record, 4), 86400);
    world_state_done(&record);
}

/* Whatever changes something, world time is never again before it; what changes nothing leaves no
 * trace, since the database does not learn of it. */
static void test_every_act_observes_the_clock(void **state)
{
    (void)state;
    const enum act_kind kinds[] = {ACT_PAUSE,  ACT_RESUME, ACT_SPEED,  ACT_TEMPO,
                                   ACT_ENABLE, ACT_RELOAD, ACT_CANCEL, ACT_ADVANCE};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct world_state record = new_record(3600 * CLOCK_SPEED_ONE);
        struct act_effect effect;
        struct act act = act_at(kinds[i], 10);
        if (kinds[i] == ACT_ADVANCE)
            act.advance.to.s = ORIGIN + 86400;
        assert_int_equal(apply(&act, &record, &effect), 0);
        int64_t least = effect.changed ? ORIGIN + 36000 : ORIGIN;
        assert_true(record.clock.reached_us >= least * SECOND);
        assert_true(effect.changed || record.clock.reached_us < (ORIGIN + 36000) * SECOND);
        world_state_done(&record);
    }
}

/* One that ends while a daemon looks at the world counts as seen; down time is for the start, and
 * moves no record ahead of the clock. */
static void test_a_pause_that_ends_observes_the_clock(void **state)
{
    (void)state;
    static const int64_t looked_before_s[] = {3, 30};
    for (size_t i = 0; i < 2; i++) {
        struct world_state record = new_record(CLOCK_SPEED_ONE);
        struct act_effect effect;
        struct act pause = act_at(ACT_PAUSE, 10), end;
        wall_time next, wall = {(WALL_S + 10 + looked_before_s[i]) * SECOND};
        pause.pause.streams = 1u << STREAM_MARKET_DATA;
        pause.pause.for_us = 2 * SECOND;
        assert_int_equal(apply(&pause, &record, &effect), 0);
        assert_true(act_due(&record, wall, &end, &next));
        end.wall = wall;
        assert_int_equal(apply(&end, &record, &effect), 0);
        assert_false(record.streams[STREAM_MARKET_DATA].paused);
        assert_true(record.clock.reached_us >= end.at.s * SECOND);
        assert_int_equal(end.at.s, ORIGIN + (looked_before_s[i] == 3 ? 13 : 10));
        assert_int_equal(record.clock.seen.us, (WALL_S + 10) * SECOND);
        world_state_done(&record);
    }
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
        struct world_state record = new_record(CLOCK_SPEED_ONE);
        struct act_effect effect;
        record.clock.seen.us = WALL_S * SECOND;
        clock_observe(&record.clock, (wall_time){(WALL_S + 40) * SECOND});
        struct act restarted = act_at(ACT_GAP, cases[i].down_s);
        restarted.gap.max_s = 40 * 86400;
        restarted.gap.catch_up = cases[i].policy;
        restarted.gap.limit_s = cases[i].limit_s;
        assert_int_equal(apply(&restarted, &record, &effect), 0);
        assert_int_equal(record.clock.held, cases[i].held);
        assert_int_equal(effect.gap_count, cases[i].gaps);
        if (!cases[i].held) /* a wall that is set back after this start takes nothing back */
            assert_int_equal(world_after(&record, cases[i].down_s - 3600), cases[i].down_s);
        if (cases[i].gaps > 0)
            assert_int_equal(effect.gaps[0].from.s, ORIGIN + 40);
        if (cases[i].gaps > 0)
            assert_int_equal(effect.gaps[0].until.s, ORIGIN + cases[i].until);
        if (cases[i].held) {
            assert_true(world_after(&record, cases[i].down_s) < cases[i].down_s);
            assert_non_null(strstr(record.held_why, "credctl resume"));
        }
        world_state_done(&record);
    }
}

/* Both of two daemons see the step of the wall: it counts once. */
static void test_a_step_counts_once(void **state)
{
    (void)state;
    struct world_state record = new_record(60 * CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act stepped = act_at(ACT_STEPPED, 1000);
    stepped.stepped.step_us = 900 * SECOND;
    stepped.stepped.anchor = record.clock.anchor_wall;
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    int64_t once = world_after(&record, 1000);
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    assert_int_equal(world_after(&record, 1000), once);
    world_state_done(&record);
}

/* An advance that was being written when the step was seen moves the anchor too, by the wall before
 * the step. */
static void test_a_step_counts_after_an_advance(void **state)
{
    (void)state;
    static const int64_t steps_s[] = {900, -900, -40 * 86400, 40 * 86400};
    for (size_t i = 0; i < sizeof steps_s / sizeof steps_s[0]; i++) {
        struct world_state record = new_record(60 * CLOCK_SPEED_ONE);
        struct act_effect effect;
        struct act stepped = act_at(ACT_STEPPED, 20 + steps_s[i]);
        stepped.stepped = (struct act_stepped){steps_s[i] * SECOND, record.clock.anchor_wall};
        wall_time meanwhile = {(WALL_S + 10) * SECOND};
        assert_int_equal(clock_advance(&record.clock, (world_time){ORIGIN + 5000}, meanwhile), 0);
        assert_int_equal(apply(&stepped, &record, &effect), 0);
        assert_int_equal(world_after(&record, 20 + steps_s[i]), 5000 + 10 * 60);
        assert_int_equal(record.clock.held, steps_s[i] > CLOCK_STEP_LIMIT_S);
        assert_int_equal(world_after(&record, 30 + steps_s[i]) == 5000 + 20 * 60,
                         !record.clock.held);
        world_state_done(&record);
    }
}

/* A hold that a step of the wall made ends when the wall is set back. */
static void test_a_step_back_ends_the_hold(void **state)
{
    (void)state;
    struct world_state record = new_record(CLOCK_SPEED_ONE);
    struct act_effect effect;
    struct act stepped = act_at(ACT_STEPPED, 30 * 86400);
    stepped.stepped = (struct act_stepped){30 * 86400 * SECOND, record.clock.anchor_wall};
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    assert_true(record.clock.held && record.held_why[0] != '\0');
    stepped = act_at(ACT_STEPPED, 60);
    stepped.stepped = (struct act_stepped){-30 * 86400 * SECOND, record.clock.anchor_wall};
    assert_int_equal(apply(&stepped, &record, &effect), 0);
    assert_false(record.clock.held);
    assert_string_equal(record.held_why, "");
    world_state_done(&record);
}

/* --- as text --- */

static const struct {
    struct act act;
    const char *parameters, *text;
} spelled[] = {
    {{.kind = ACT_PAUSE}, "", "pause"},
    {{.kind = ACT_PAUSE, .pause = {5, 5400 * SECOND}},
     "streams=customers,loan_applications for=1h30min",
     "pause customers,loan_applications for 1h30min"},
    {{.kind = ACT_RESUME, .resume = {.streams = 2, .skip = true}},
     "streams=financial_records skip=yes",
     "resume financial_records, leaving a gap"},
    {{.kind = ACT_SPEED, .speed = {500000}}, "factor=0.5", "speed 0.5"},
    {{.kind = ACT_TEMPO, .tempo = {.stream = 0, .factor = 20000000, .until = {1790000000}}},
     "stream=customers factor=20 until=2026-09-21T14:13:20Z",
     "tempo customers x20 until 2026-09-21T14:13:20Z"},
    {{.kind = ACT_ENABLE, .toggle = {STREAM_MARKET_DATA}},
     "stream=market_data",
     "enable market_data"},
    {{.kind = ACT_DISABLE, .toggle = {STREAM_MARKET_DATA}},
     "stream=market_data",
     "disable market_data"},
    {{.kind = ACT_ADVANCE, .advance = {{1790000000}, true}},
     "to=2026-09-21T14:13:20Z clock_only=yes",
     "advance to 2026-09-21T14:13:20Z, clock only"},
    {{.kind = ACT_STEPPED, .stepped = {.step_us = -3600500000}},
     "step=-1h500ms",
     "wall clock stepped by -1h500ms"},
    {{.kind = ACT_GAP, .gap = {.until = {1790000000}}},
     "until=2026-09-21T14:13:20Z",
     "gap up to 2026-09-21T14:13:20Z"},
    {{.kind = ACT_RELOAD}, "", "reload"},
    {{.kind = ACT_RESET, .seed = {UINT64_MAX, false}},
     "seed=18446744073709551615",
     "reset, seed 18446744073709551615"},
    {{.kind = ACT_RESET, .seed = {7, true}}, "seed=7 plain=yes", "reset, seed 7, plain tables"},
    {{.kind = ACT_ADOPT, .seed = {7, false}}, "seed=7", "adopt, seed 7"},
    {{.kind = ACT_CANCEL, .cancel = {"advance", {1790000000}}},
     "job=advance reached=2026-09-21T14:13:20Z",
     "cancel advance, at 2026-09-21T14:13:20Z"},
};
#define SPELLED (sizeof spelled / sizeof *spelled)

/* Every kind has its row here; each comes back from its row in the database as it was. */
static void test_every_kind_is_spelled_and_read_back(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (size_t i = 0; i < SPELLED; i++) {
        struct store_act row;
        struct act_shown shown;
        struct act act = spelled[i].act, back;
        struct fault fault = {.text = ""};
        (void)snprintf(act.id, sizeof act.id, "id-%zu", i);
        (void)snprintf(act.by.user, sizeof act.by.user, "ann");
        (void)snprintf(act.reason, sizeof act.reason, "it's a demo = \"%zu\"", i);
        act_encode(&act, "w1", &row);
        assert_string_equal(row.parameters, spelled[i].parameters);
        assert_int_equal(act_decode(&row, &back, &fault), 0);
        assert_memory_equal(&back, &act, sizeof act);
        act_show(&row, &shown);
        assert_string_equal(shown.text, spelled[i].text);
        seen |= 1u << act.kind;
    }
    assert_int_equal(seen, (1u << ACT_KINDS) - 1);
}

/* What is of no use once an act is recorded is kept while it waits. */
static void test_what_waits_is_kept_whole(void **state)
{
    (void)state;
    char text[STORE_PARAMETERS_MAX];
    struct fault fault = {.text = ""};
    const struct act acts[] = {
        {.kind = ACT_RESUME, .resume = {.world_only = true, .due = {5 * SECOND}}},
        {.kind = ACT_TEMPO, .tempo = {.stream = 3, .factor = 1, .for_us = 90 * SECOND}},
        {.kind = ACT_GAP, .gap = {.catch_up = CATCH_UP_LIMIT, .limit_s = 7, .max_s = 9}},
        {.kind = ACT_STEPPED, .stepped = {.step_us = 5, .anchor = {77}}},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct act back = {.kind = acts[i].kind};
        assert_int_equal(act_read_parameters(&back, act_parameters(&acts[i], true, text), &fault),
                         0);
        assert_memory_equal(&back, &acts[i], sizeof back);
    }
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *parameters;
    } cases[] = {
        {"tempo", "stream=nobody factor=2"},
        {"tempo", "factor=2x"},
        {"tempo", "factor"},
        {"tempo", "faktor=2"},
        {"speed", "factor=-1"},
        {"pause", "for=long"},
        {"advance", "to=yesterday"},
        {"resume", "skip=maybe"},
        {"reset", "seed=-1"},
        {"pause", "streams=,"},
        {"speed", "factor=1.0000001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_act row = {.seq = 12};
        struct act act;
        struct fault fault = {.text = ""};
        (void)snprintf(row.kind, sizeof row.kind, "%s", cases[i].kind);
        (void)snprintf(row.parameters, sizeof row.parameters, "%s", cases[i].parameters);
        assert_int_equal(act_decode(&row, &act, &fault), -EUCLEAN);
        assert_non_null(strstr(fault.text, "12"));
    }
    struct store_act unknown = {.kind = "dance", .parameters = "stream=customers"};
    struct act act;
    struct act_shown shown;
    struct fault fault;
    assert_int_equal(act_decode(&unknown, &act, &fault), -ENOENT);
    act_show(&unknown, &shown);
    assert_string_equal(shown.text, "dance");
    assert_string_equal(shown.streams, "customers");
}

/* An operator is told; what the daemon itself has to record still finds room. */
static void test_acts_are_bounded(void **state)
{
    (void)state;
    struct world_state world = {.act_count = ACT_COUNT_MAX};
    struct act_effect effect;
    struct fault fault = {.text = ""};
    struct act act = {.kind = ACT_RELOAD, .by = {.uid = 0}};
    assert_int_equal(act_apply(&act, &world, &effect, &fault), -ACT_REFUSED);
    assert_non_null(strstr(fault.text, "credctl reset"));
    act.by.uid = -1;
    assert_int_equal(act_apply(&act, &world, &effect, &fault), 0);
    world.act_count--;
    act.by.uid = 0;
    assert_int_equal(act_apply(&act, &world, &effect, &fault), 0);
    world_state_done(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acts_are_bounded),
        cmocka_unit_test(test_pause_stands_and_resume_catches_up),
        cmocka_unit_test(test_skip_leaves_gaps_of_streams_that_run),
        cmocka_unit_test(test_a_gap_begins_with_the_pause),
        cmocka_unit_test(test_other_speeds_go_on_from_where_they_stood),
        cmocka_unit_test(test_tempo_for_a_time_is_an_interval_of_world_time),
        cmocka_unit_test(test_tempo_goes_back_to_what_is_for_good),
        cmocka_unit_test(test_a_pause_ends_when_its_time_is_up),
        cmocka_unit_test(test_an_end_ends_nothing_else),
        cmocka_unit_test(test_acts_are_never_before_the_watermark),
        cmocka_unit_test(test_the_clock_alone_makes_nothing_due),
        cmocka_unit_test(test_every_act_observes_the_clock),
        cmocka_unit_test(test_a_pause_that_ends_observes_the_clock),
        cmocka_unit_test(test_restart_policies),
        cmocka_unit_test(test_a_step_counts_once),
        cmocka_unit_test(test_a_step_counts_after_an_advance),
        cmocka_unit_test(test_a_step_back_ends_the_hold),
        cmocka_unit_test(test_every_kind_is_spelled_and_read_back),
        cmocka_unit_test(test_what_waits_is_kept_whole),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
