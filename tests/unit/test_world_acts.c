/* Spans of acts, against the plain meaning of each act at each instant. */
#include <stdlib.h>
#include <time.h>

#include "world/acts.h"
#include "world/stream.h"
#include "world_checks.h"

#define O    TEST_ORIGIN
#define MOST 24

static uint32_t dice(uint32_t *state, uint32_t sides)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 16) % sides;
}

static int64_t begins(const struct world_act *act)
{
    return act->at.s < O ? O : act->at.s;
}

/* Of the acts in their order, all over again for each instant. */
static int64_t tempo_just_after(const struct world_act *acts, size_t count, int64_t at)
{
    int64_t lasting = WORLD_TEMPO_ONE, now = WORLD_TEMPO_ONE;
    for (size_t i = 0; i < count; i++) {
        if (acts[i].stream != 0 || acts[i].kind != WORLD_ACT_TEMPO || begins(&acts[i]) > at)
            continue;
        bool for_good = acts[i].until.s == 0;
        lasting = for_good ? acts[i].value : lasting;
        now = for_good || at >= acts[i].until.s ? lasting : acts[i].value;
    }
    return now;
}

static bool inserts_just_after(const struct world_act *acts, size_t count, int64_t at)
{
    bool enabled = true, gap = false;
    for (size_t i = 0; i < count; i++) {
        if (acts[i].stream != 0 || begins(&acts[i]) > at)
            continue;
        if (acts[i].kind == WORLD_ACT_ENABLE)
            enabled = acts[i].value != 0;
        gap = gap || (acts[i].kind == WORLD_ACT_GAP && acts[i].until.s > at);
    }
    return enabled && !gap;
}

static size_t random_acts(uint32_t *state, struct world_act acts[MOST])
{
    size_t count = dice(state, MOST + 1);
    int64_t at = O - 5;
    for (size_t i = 0; i < count; i++) {
        at += dice(state, 5);
        acts[i] = (struct world_act){.kind = (enum world_act_kind)dice(state, 3),
                                     .stream = (enum stream_id)(dice(state, 4) == 0),
                                     .at = {at}};
        bool ends = acts[i].kind != WORLD_ACT_ENABLE && dice(state, 3) > 0;
        acts[i].until.s = ends ? at + dice(state, 12) : 0;
        acts[i].value =
            acts[i].kind == WORLD_ACT_ENABLE ? dice(state, 2) : (int64_t)dice(state, 9) * 500000;
    }
    return count;
}

static void spans_say_what_the_acts_say(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        struct world_act acts[MOST];
        struct act_spans spans = {0};
        size_t count = random_acts(&seed, acts);
        act_spans_make(&spans, STREAM_CUSTOMERS, (world_time){O}, acts, count);
        for (int64_t at = O - 2; at < O + 130; at++) {
            assert_int_equal(act_spans_tempo(&spans, (world_time){at}),
                             tempo_just_after(acts, count, at));
            assert_int_equal(act_spans_insert(&spans, (world_time){at + 1}),
                             inserts_just_after(acts, count, at));
        }
        act_spans_done(&spans);
    }
}

/* One more act must not cost the square of how many there are: of 50,000 that took 7 s. */
static void many_acts_are_cheap(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    struct world_act *acts = calloc(COUNT, sizeof *acts);
    struct act_spans spans = {0};
    struct timespec from, to;
    assert_non_null(acts);
    for (int i = 0; i < COUNT; i++)
        acts[i] = (struct world_act){.kind = i % 3 == 0 ? WORLD_ACT_GAP : WORLD_ACT_TEMPO,
                                     .at = {O + i},
                                     .until = {i % 2 == 0 ? O + 2 * i + 1 : 0},
                                     .value = 1000000 + i};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    act_spans_make(&spans, STREAM_CUSTOMERS, (world_time){O}, acts, COUNT);
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    act_spans_done(&spans);
    free(acts);
    assert_true(to.tv_sec - from.tv_sec < 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_say_what_the_acts_say),
        cmocka_unit_test(many_acts_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
