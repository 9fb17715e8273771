/* What schema 2 keeps, made into what schema 3 keeps. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/upgrade.h"

#define BASE       INT64_C(1700000000)       /* 2023-11-14T22:13:20Z */
#define WALL       INT64_C(1800000000000000) /* the wall at BASE */
#define WALL_AT(s) (WALL + (s)*INT64_C(1000000))

/* --- rows --- */

static void add(struct upgrade_rows *rows, enum upgrade_part part, const char *const *columns)
{
    struct fault fault = {0};
    if (upgrade_add(rows, part, columns, &fault) != 0)
        fail_msg("%s", fault.text);
}

static void pair(struct upgrade_rows *rows, const char *name, const char *value)
{
    add(rows, UPGRADE_PAIRS, (const char *const[]){name, value});
}

static void act(struct upgrade_rows *rows, const char *id, const char *kind, const char *stream,
                int64_t at, int64_t wall_s, int64_t value)
{
    char *numbers[] = {mem_format("%lld", (long long)at),
                       mem_format("%lld", (long long)WALL_AT(wall_s)),
                       mem_format("%lld", (long long)value)};
    add(rows, UPGRADE_ACTS,
        (const char *const[]){id, kind, stream, numbers[0], numbers[1], numbers[2], "0", "99",
                              "root", "why"});
    for (size_t i = 0; i < 3; i++)
        free(numbers[i]);
}

/* A started stream at generation 7 with its watermark at BASE + 50; `tempo_until` in seconds of the
 * wall after WALL, 0: for good. */
static void stream(struct upgrade_rows *rows, const char *name, const char *enabled,
                   const char *tempo, const char *tempo_after, int64_t tempo_until)
{
    char *until = mem_format("%lld", (long long)(tempo_until != 0 ? WALL_AT(tempo_until) : 0));
    char *watermark = mem_format("%lld", (long long)(BASE + 50));
    add(rows, UPGRADE_STREAMS,
        (const char *const[]){name, "7", watermark, "1", "30", "2", enabled, "0", "0", "0", tempo,
                              tempo_after, until, ""});
    free(watermark);
    free(until);
}

/* A world whose clock ran at speed 1 from BASE at WALL and was last seen a hundred seconds later.
 */
static struct upgrade_rows a_world(void)
{
    struct upgrade_rows rows = {0};
    pair(&rows, "id", "w0123456789a");
    pair(&rows, "clock_anchor_world_us", "1700000000000000");
    pair(&rows, "clock_anchor_wall_us", "1800000000000000");
    pair(&rows, "clock_speed", "1000000");
    pair(&rows, "clock_paused", "0");
    pair(&rows, "clock_held", "0");
    pair(&rows, "clock_reached_us", "1700000100000000");
    pair(&rows, "clock_seen_us", "1800000100000000");
    return rows;
}

static void set_pair(struct upgrade_rows *rows, const char *name, const char *value)
{
    for (size_t i = 0; i < rows->counts[UPGRADE_PAIRS]; i++)
        if (strcmp(rows->pairs[i].name, name) == 0)
            (void)snprintf(rows->pairs[i].value, sizeof rows->pairs[i].value, "%s", value);
}

static struct store_description converted(struct upgrade_rows *rows)
{
    struct store_description made = {0};
    struct fault fault = {0};
    if (upgrade_convert(rows, &made, &fault) != 0)
        fail_msg("%s", fault.text);
    upgrade_rows_done(rows);
    return made;
}

static void acts_are_numbered_by_wall_time(void **state)
{
    struct upgrade_rows rows = a_world();
    (void)state;
    stream(&rows, "customers", "1", "1000000", "0", 0);
    act(&rows, "w0123456789a-2", "reload", "", BASE + 9, 20, 0);
    act(&rows, "w0123456789a-1b", "reload", "", BASE + 1, 20, 0);
    act(&rows, "wfedcba98765-9", "reset", "", BASE + 5, 10, 3);
    act(&rows, "w0123456789a-1", "reload", "", BASE + 1, 20, 0);
    act(&rows, "nobody's", "reload", "", BASE, 30, 0);
    act(&rows, "w0123456789ab-9", "reload", "", BASE, 31, 0);
    act(&rows, "w0123456789A-9", "reload", "", BASE, 32, 0);
    struct store_description made = converted(&rows);
    static const char *const expected[][2] = {
        {"wfedcba98765-9", "wfedcba98765"},
        {"w0123456789a-1", "w0123456789a"},
        {"w0123456789a-1b", "w0123456789a"},
        {"w0123456789a-2", "w0123456789a"},
        {"nobody's", ""},
        {"w0123456789ab-9", ""},
        {"w0123456789A-9", ""},
    };
    assert_int_equal(made.act_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < made.act_count; i++) {
        assert_int_equal(made.acts[i].seq, i + 1);
        assert_string_equal(made.acts[i].id, expected[i][0]);
        assert_string_equal(made.acts[i].world_id, expected[i][1]);
    }
    assert_string_equal(made.acts[0].parameters, "seed=3");
    assert_int_equal(made.acts[0].at.s, BASE + 5);
    assert_int_equal(made.acts[0].wall_us, WALL_AT(10));
    assert_int_equal(made.acts[0].pid, 99);
    assert_string_equal(made.acts[0].user, "root");
    assert_string_equal(made.acts[0].reason, "why");
    store_description_done(&made);
}

/* --- what the acts say of the streams --- */

/* The acts of the current world as "parameters@at by user;", at after BASE. */
static void tempo_texts(const struct store_description *made, char *ret, size_t room)
{
    size_t used = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < made->act_count; i++)
        used += (size_t)snprintf(ret + used, room - used, "%s %s @%d by %s;", made->acts[i].kind,
                                 made->acts[i].parameters, (int)(made->acts[i].at.s - BASE),
                                 made->acts[i].user);
}

struct tempo_case {
    const char *what;
    const char *clock[3][2]; /* pairs that are other than in a_world() */
    struct {
        int64_t at, wall_s, value;
    } acts[3];
    const char *tempo, *after;
    int64_t until; /* seconds of the wall after WALL */
    const char *expected;
};

static const struct tempo_case tempo_cases[] = {
    {"never changed", {{NULL}}, {{0}}, "1000000", "0", 0, ""},
    {"for good",
     {{NULL}},
     {{10, 10, 2000000}},
     "2000000",
     "0",
     0,
     "tempo stream=customers factor=2 @10 by root;"},
    {"runs, then as at first",
     {{NULL}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     160,
     "tempo stream=customers factor=2 until=2023-11-14T22:16:00Z @10 by root;"},
    {"runs, then as before it",
     {{NULL}},
     {{5, 5, 3000000}, {10, 10, 2000000}},
     "2000000",
     "3000000",
     160,
     "tempo stream=customers factor=3 @5 by root;"
     "tempo stream=customers factor=2 until=2023-11-14T22:16:00Z @10 by root;"},
    {"runs, after one that it cut short",
     {{NULL}},
     {{5, 5, 3000000}, {7, 7, 7000000}, {10, 10, 2000000}},
     "2000000",
     "3000000",
     160,
     "tempo stream=customers factor=3 @5 by root;"
     "tempo stream=customers factor=7 @7 by root;"
     "tempo stream=customers factor=3 @10 by credd;"
     "tempo stream=customers factor=2 until=2023-11-14T22:16:00Z @10 by root;"},
    {"ran out while nobody looked",
     {{NULL}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     60,
     /* the clock was further already */
     "tempo stream=customers factor=2 until=2023-11-14T22:15:00Z @10 by root;"},
    {"runs at speed 60",
     {{"clock_speed", "60000000"}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     160,
     "tempo stream=customers factor=2 until=2023-11-15T00:53:20Z @10 by root;"},
    {"runs at speed 0",
     {{"clock_speed", "0"}, {"clock_seen_us", "1800000100000400"}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     160,
     "tempo stream=customers factor=2 until=2023-11-14T22:16:00Z @10 by root;"},
    {"runs in a paused world",
     {{"clock_paused", "1"}, {"clock_reached_us", "1700000040000000"}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     160,
     "tempo stream=customers factor=2 until=2023-11-14T22:15:00Z @10 by root;"},
    {"ran out in a held world",
     {{"clock_held", "1"}, {"clock_reached_us", "1700000040000000"}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     90,
     "tempo stream=customers factor=2 until=2023-11-14T22:14:00Z @10 by root;"},
    {"runs beyond the end of time",
     {{"clock_speed", "1000000000000"}},
     {{10, 10, 2000000}},
     "2000000",
     "1000000",
     160000,
     "tempo stream=customers factor=2 until=2037-12-31T23:59:59Z @10 by root;"},
    {"no act says so",
     {{NULL}},
     {{10, 10, 2000000}},
     "5000000",
     "0",
     0,
     "tempo stream=customers factor=2 @10 by root;"
     "tempo stream=customers factor=5 @100 by credd;"},
    {"runs and no act says so",
     {{"clock_reached_us", "1700000040000000"}},
     {{0}},
     "1000000",
     "2000000",
     160,
     "tempo stream=customers factor=2 @50 by credd;"
     "tempo stream=customers factor=1 until=2023-11-14T22:16:00Z @50 by credd;"},
};

static void a_tempo_that_runs_gets_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tempo_cases / sizeof tempo_cases[0]; i++) {
        const struct tempo_case *one = &tempo_cases[i];
        struct upgrade_rows rows = a_world();
        char text[1024];
        for (size_t j = 0; j < 3 && one->clock[j][0] != NULL; j++)
            set_pair(&rows, one->clock[j][0], one->clock[j][1]);
        stream(&rows, "customers", "1", one->tempo, one->after, one->until);
        for (size_t j = 0; j < 3 && one->acts[j].at != 0; j++) {
            char *id = mem_format("w0123456789a-%zu", j);
            act(&rows, id, "tempo", "customers", BASE + one->acts[j].at, one->acts[j].wall_s,
                one->acts[j].value);
            free(id);
        }
        struct store_description made = converted(&rows);
        tempo_texts(&made, text, sizeof text);
        if (strcmp(text, one->expected) != 0)
            fail_msg("%s: %s", one->what, text);
        for (size_t j = 0; j < made.act_count; j++)
            assert_int_equal(made.acts[j].seq, j + 1);
        store_description_done(&made);
    }
}

/* A former world's acts, and another stream's, say nothing of it. */
static void a_switch_that_no_act_tells_gets_one(void **state)
{
    struct upgrade_rows rows = a_world();
    char text[1024];
    (void)state;
    act(&rows, "wfedcba98765-0", "disable", "customers", BASE, 1, 0);
    act(&rows, "w0123456789a-0", "disable", "credit_history", BASE, 2, 0);
    act(&rows, "w0123456789a-1", "enable", "credit_history", BASE, 3, 1);
    act(&rows, "w0123456789a-2", "disable", "loan_applications", BASE, 4, 0);
    stream(&rows, "credit_history", "1", "1000000", "0", 0);
    stream(&rows, "customers", "0", "1000000", "0", 0);
    stream(&rows, "loan_applications", "1", "1000000", "0", 0);
    stream(&rows, "market_data", "1", "1000000", "0", 0);
    struct store_description made = converted(&rows);
    tempo_texts(&made, text, sizeof text);
    assert_string_equal(text, "disable stream=customers @0 by root;"
                              "disable stream=credit_history @0 by root;"
                              "enable stream=credit_history @0 by root;"
                              "disable stream=loan_applications @0 by root;"
                              "disable stream=customers @100 by credd;"
                              "enable stream=loan_applications @100 by credd;");
    assert_string_not_equal(made.acts[4].id, made.acts[5].id);
    assert_string_equal(made.acts[4].world_id, "w0123456789a");
    assert_int_equal(made.acts[4].uid, -1);
    assert_int_equal(made.acts[4].wall_us, WALL_AT(100));
    store_description_done(&made);
}

/* --- pauses, gaps --- */

static void a_paused_stream_knows_since_when(void **state)
{
    struct upgrade_rows rows = a_world();
    (void)state;
    pair(&rows, "customers_paused_by", "anna");
    pair(&rows, "credit_history_paused_by", "nobody");
    pair(&rows, "clock_paused_by", "otto");
    stream(&rows, "credit_history", "1", "1000000", "0", 0);
    stream(&rows, "customers", "1", "1000000", "0", 0);
    stream(&rows, "market_data", "1", "1000000", "0", 0);
    for (size_t i = 1; i < 3; i++) {
        rows.streams[i].paused = 1;
        rows.streams[i].paused_wall_us = WALL_AT(30);
        rows.streams[i].resumes_wall_us = WALL_AT(90);
    }
    act(&rows, "wfedcba98765-0", "pause", "market_data", BASE + 3, 30, 0);
    act(&rows, "w0123456789a-0", "pause", "customers", BASE + 3, 20, 0);
    act(&rows, "w0123456789a-1", "pause", "customers", BASE + 4, 30, 0);
    act(&rows, "w0123456789a-2", "pause", "customers", BASE + 5, 40, 60);
    struct store_description made = converted(&rows);
    assert_false(made.streams[0].paused);
    assert_string_equal(made.streams[0].paused_by, "");
    assert_true(made.streams[1].paused);
    assert_int_equal(made.streams[1].paused_at.s, BASE + 4);
    assert_int_equal(made.streams[1].paused_wall_us, WALL_AT(30));
    assert_int_equal(made.streams[1].resumes_wall_us, WALL_AT(90));
    assert_string_equal(made.streams[1].paused_by, "anna");
    assert_int_equal(made.streams[2].paused_at.s, 0);
    assert_string_equal(made.streams[2].paused_by, "");
    assert_int_equal(made.streams[2].watermark.s, BASE + 50);
    assert_int_equal(made.streams[2].not_before.s, 0);
    assert_int_equal(made.streams[2].rows, 30);
    assert_int_equal(made.streams[2].skipped, 2);
    assert_true(made.streams[2].started);
    assert_int_equal(made.pair_count, 9);
    assert_string_equal(made.pairs[8].name, "clock_paused_by");
    store_description_done(&made);
}

static void a_gap_knows_its_act(void **state)
{
    struct upgrade_rows rows = a_world();
    const char *const gaps[][3] = {
        {"customers", "1700000010", "1700000020"},   /* of the resume of customers */
        {"market_data", "1700000010", "1700000030"}, /* of the resume of all */
        {"customers", "1700000040", "1700000060"},   /* of down time */
        {"customers", "1700000070", "1700000080"},   /* of nothing that is known */
        {"customers", "1600000000", "1600000001"},   /* from before all acts */
    };
    static const int64_t seqs[] = {3, 5, 6, 6, 0};
    (void)state;
    stream(&rows, "customers", "1", "1000000", "0", 0);
    act(&rows, "wfedcba98765-0", "resume", "customers", BASE + 20, 1, 1);
    act(&rows, "w0123456789a-0", "resume", "market_data", BASE + 20, 2, 1);
    act(&rows, "w0123456789a-1", "resume", "customers", BASE + 20, 3, 1);
    act(&rows, "w0123456789a-2", "resume", "", BASE + 30, 4, 0);
    act(&rows, "w0123456789a-3", "resume", "", BASE + 30, 5, 1);
    act(&rows, "w0123456789a-4", "gap", "", BASE + 35, 6, 25);
    for (size_t i = 0; i < sizeof gaps / sizeof gaps[0]; i++)
        add(&rows, UPGRADE_GAPS, gaps[i]);
    struct store_description made = converted(&rows);
    assert_int_equal(made.gap_count, sizeof seqs / sizeof seqs[0]);
    for (size_t i = 0; i < made.gap_count; i++)
        assert_int_equal(made.gaps[i].seq, seqs[i]);
    assert_int_equal(made.gaps[1].from.s, BASE + 10);
    assert_int_equal(made.gaps[1].until.s, BASE + 30);
    store_description_done(&made);
}

/* --- the generation --- */

static int64_t generation_of(const char *id, const char *generation)
{
    struct upgrade_rows rows = a_world();
    set_pair(&rows, "id", id);
    stream(&rows, "customers", "1", "1000000", "0", 0);
    rows.streams[0].generation = strtoll(generation, NULL, 10);
    struct store_description made = converted(&rows);
    int64_t token = made.streams[0].generation;
    store_description_done(&made);
    return token;
}

static void the_generation_is_a_token_of_world_and_generation(void **state)
{
    int64_t token = generation_of("w0123456789a", "36");
    (void)state;
    assert_true(token > 0);
    assert_true(token == generation_of("w0123456789a", "36"));
    assert_true(token != generation_of("w0123456789a", "37"));
    assert_true(token != generation_of("w0123456789b", "36"));
    assert_true(token + 1 != generation_of("w0123456789a", "37"));
    assert_true(token >> 32 != 0);
}

/* --- what makes no sense --- */

static void rows_that_make_no_sense_are_told(void **state)
{
    static const char *const missing[] = {"id", "clock_speed", "clock_seen_us"};
    struct store_description made = {0};
    struct fault fault = {0};
    (void)state;
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++) {
        struct upgrade_rows rows = a_world();
        stream(&rows, "customers", "1", "1000000", "0", 0);
        set_pair(&rows, missing[i], "");
        assert_int_equal(upgrade_convert(&rows, &made, &fault), -EUCLEAN);
        assert_true(fault.text[0] != '\0');
        upgrade_rows_done(&rows);
    }
    struct upgrade_rows rows = a_world();
    assert_int_equal(upgrade_convert(&rows, &made, &fault), -EUCLEAN); /* no stream */
    const char *const gap[] = {"customers", "1700000010", "noon"};
    assert_int_equal(upgrade_add(&rows, UPGRADE_GAPS, gap, &fault), -EUCLEAN);
    assert_string_equal(fault.text,
                        "credd_gap: until_at of customers is 'noon', which is not a number");
    const char *const none[] = {"customers", NULL, "1"};
    assert_int_equal(upgrade_add(&rows, UPGRADE_GAPS, none, &fault), -EUCLEAN);
    const char *const half[] = {"customers", "1.5", "2"};
    assert_int_equal(upgrade_add(&rows, UPGRADE_GAPS, half, &fault), -EUCLEAN);
    assert_int_equal(rows.counts[UPGRADE_GAPS], 0);
    upgrade_rows_done(&rows);
    assert_null(made.acts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acts_are_numbered_by_wall_time),
        cmocka_unit_test(a_tempo_that_runs_gets_its_end),
        cmocka_unit_test(a_switch_that_no_act_tells_gets_one),
        cmocka_unit_test(a_paused_stream_knows_since_when),
        cmocka_unit_test(a_gap_knows_its_act),
        cmocka_unit_test(the_generation_is_a_token_of_world_and_generation),
        cmocka_unit_test(rows_that_make_no_sense_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
