/* Damage of credd's own rows: each value that credd could not have written is told by its name, and
 * a checksum tells those that it could have. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state/act.h"
#include "state/world_state.h"
#include "state_checks.h"

#define ORIGIN INT64_C(1790000000)
#define NOW    (ORIGIN + 5000)
#define US     INT64_C(1000000)
#define WORLD  "w00000000001"

static void put_act(struct store_description *to, const char *kind, const char *parameters)
{
    struct store_act *act = &to->acts[to->act_count++];
    *act = (struct store_act){.seq = (int64_t)to->act_count + 6,
                              .at = {ORIGIN + 10 * (int64_t)to->act_count},
                              .wall_us = NOW * US,
                              .uid = 1000,
                              .pid = 77,
                              .world_id = WORLD};
    (void)snprintf(act->id, sizeof act->id, "id%zu", to->act_count);
    (void)snprintf(act->kind, sizeof act->kind, "%s", kind);
    (void)snprintf(act->parameters, sizeof act->parameters, "%s", parameters);
}

static void put_rows(struct store_description *to)
{
    to->acts = MEM_ARRAY(struct store_act, 8);
    to->gaps = MEM_ARRAY(struct store_gap, 2);
    put_act(to, "reset", "seed=7");
    put_act(to, "tempo", "stream=customers factor=5");
    put_act(to, "tempo", "stream=market_data factor=2 until=2026-09-21T17:20:00Z");
    put_act(to, "disable", "stream=credit_history");
    put_act(to, "pause", "streams=customers for=5min");
    to->gaps[to->gap_count++] =
        (struct store_gap){"financial_records", {ORIGIN + 60}, {ORIGIN + 90}, 9};
    memcpy(to->world_id, WORLD, sizeof WORLD);
}

/* A world as it is written, checksums and all; to be released. */
static struct store_description intact(void)
{
    struct world_state state = {
        .generation = 7,
        .model = WORLD_MODEL,
        .settings = {7, {ORIGIN}, 1000, 20000, 10, 12, 2, 24, 100, 12},
        .clock = {.anchor_world_us = ORIGIN * US,
                  .anchor_wall = {ORIGIN * US},
                  .speed = US,
                  .reached_us = NOW * US,
                  .seen = {NOW * US}},
        .world_id = WORLD,
        .timezone = "Europe/Berlin",
        .owner = "host 1",
    };
    struct store_description made = {.stream_count = STREAM_COUNT}, rows = {0};
    struct world_state back;
    struct fault fault = {.text = ""};
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        state.streams[i] =
            (struct stream_state){.started = true, .watermark = {NOW - 5}, .rows = 5};
    made.pairs = MEM_ARRAY(struct store_pair, WORLD_STATE_PAIRS_MAX);
    made.pair_count = world_state_all_pairs(&state, made.pairs) - 2;
    world_state_streams(&state, made.streams);
    put_rows(&made);
    if (world_state_decode(&made, &back, &fault) != 0)
        fail_msg("%s", fault.text);
    made.pair_count = world_state_all_pairs(&back, made.pairs);
    world_state_done(&back);
    (void)rows;
    return made;
}

static struct store_pair *pair_of(struct store_description *of, const char *name)
{
    for (size_t i = 0; i < of->pair_count; i++)
        if (strcmp(of->pairs[i].name, name) == 0)
            return &of->pairs[i];
    fail_msg("no row %s", name);
    return NULL;
}

static void is_told(const struct store_description *damaged, const char *word)
{
    struct world_state state;
    struct fault fault = {.text = ""};
    int result = world_state_decode(damaged, &state, &fault);
    if (result == 0)
        world_state_done(&state);
    if (result != -EUCLEAN || strstr(fault.text, word) == NULL)
        fail_msg("%d and '%s' instead of -EUCLEAN with '%s'", result, fault.text, word);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct store_description is = intact();
    struct world_state back;
    struct fault fault = {.text = ""};
    assert_int_equal(world_state_decode(&is, &back, &fault), 0);
    assert_int_equal(back.last_seq, 11);
    assert_int_equal(back.act_count, 5);
    world_state_done(&back);
    store_description_done(&is);
}

/* Checksums are left out, as in a world that an older version wrote. */
static void each_pair_has_its_range(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } cases[] = {
        {"id", ""},
        {"seed", "-1"},
        {"seed", "18446744073709551616"},
        {"seed", "007"},
        {"origin", "946684799"},
        {"origin", "2145916800"},
        {"origin", "1790005001"},
        {"timezone", ""},
        {"customers", "0"},
        {"customers", "10000001"},
        {"customer_growth", "-1"},
        {"customer_growth", "1000001"},
        {"financial_records_per_customer", "1001"},
        {"financial_records_months", "0"},
        {"loan_applications_per_customer", "-1"},
        {"loan_applications_months", "37"},
        {"market_data_points", "10001"},
        {"credit_history_entries", "241"},
        {"clock_anchor_world_us", "-1"},
        {"clock_anchor_world_us", "2145916799000001"},
        {"clock_anchor_wall_us", "9223372036854775807"},
        {"clock_anchor_wall_us", "-1"},
        {"clock_speed", "-5"},
        {"clock_speed", "1000000000001"},
        {"clock_speed", "1e6"},
        {"clock_paused", "2"},
        {"clock_paused", "yes"},
        {"clock_paused_wall_us", "-1"},
        {"clock_resumes_wall_us", "9223372036854775807"},
        {"clock_held", ""},
        {"clock_reached_us", "9223372036854775807"},
        {"clock_reached_us", "-9223372036854775808"},
        {"clock_reached_us", "9223372036854775808"},
        {"clock_seen_us", "9223372036854775807"},
        {"clock_seen_us", " 1"},
        {"clock_seen_us", "+1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_description is = intact();
        is.pair_count -= 2;
        struct store_pair *pair = pair_of(&is, cases[i].name);
        (void)snprintf(pair->value, sizeof pair->value, "%s", cases[i].value);
        is_told(&is, strcmp(cases[i].value, "1790005001") != 0 ? cases[i].name : "watermark");
        store_description_done(&is);
    }
}

static void the_clock_is_not_before_the_world(void **state)
{
    (void)state;
    struct store_description is = intact();
    is.pair_count -= 2;
    (void)snprintf(pair_of(&is, "clock_reached_us")->value, STORE_VALUE_MAX, "5");
    (void)snprintf(pair_of(&is, "clock_seen_us")->value, STORE_VALUE_MAX, "5");
    (void)snprintf(pair_of(&is, "clock_anchor_wall_us")->value, STORE_VALUE_MAX, "5");
    (void)snprintf(pair_of(&is, "clock_anchor_world_us")->value, STORE_VALUE_MAX, "5");
    is_told(&is, "clock_reached_us");
    store_description_done(&is);
}

/* A number of a row in a struct, by where it lies. */
struct number {
    const char *name;
    size_t offset;
    int64_t value;
};

static void put_number(void *row, const struct number *number)
{
    memcpy((char *)row + number->offset, &number->value, sizeof number->value);
}

static void each_value_of_a_stream_has_its_range(void **state)
{
    (void)state;
#define CASE(name, member, value)                          \
    {                                                      \
        name, offsetof(struct store_stream, member), value \
    }
    static const struct number cases[] = {
        CASE("generation", generation, 0),
        CASE("generation", generation, -7),
        CASE("watermark", watermark.s, 0),
        CASE("watermark", watermark.s, ORIGIN - 1),
        CASE("watermark", watermark.s, NOW + 400 * INT64_C(86400) + 1),
        CASE("watermark", watermark.s, INT64_C(2147483648)),
        CASE("watermark", watermark.s, INT64_C(1) << 53),
        CASE("watermark", watermark.s, INT64_MIN),
        CASE("row_count", rows, -1),
        CASE("skip_count", skipped, INT64_MAX),
        CASE("not_before", not_before.s, INT64_MAX),
        CASE("not_before", not_before.s, -1),
        CASE("paused_at", paused_at.s, -1),
        CASE("paused_at", paused_at.s, WORLD_TIME_LAST_S),
        CASE("paused_wall_us", paused_wall_us, -1),
        CASE("resumes_wall_us", resumes_wall_us, INT64_MAX),
    };
#undef CASE
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_description is = intact();
        is.pair_count -= 2;
        put_number(&is.streams[i % STREAM_COUNT], &cases[i]);
        is_told(&is, cases[i].name);
        is_told(&is, is.streams[i % STREAM_COUNT].name);
        store_description_done(&is);
    }
}

/* As it leaves them when it is killed after it was stopped for so long, or after a step of the wall
 * clock, before the clock is noted again. */
static void rows_may_be_ahead_of_the_noted_clock(void **state)
{
    (void)state;
    struct store_description is = intact();
    struct world_state back;
    struct fault fault = {.text = ""};
    is.pair_count -= 2;
    is.streams[1].watermark.s = NOW + 300 * INT64_C(86400);
    if (world_state_decode(&is, &back, &fault) != 0)
        fail_msg("%s", fault.text);
    world_state_done(&back);
    store_description_done(&is);
}

static void streams_are_all_there_and_of_one_world(void **state)
{
    (void)state;
    struct store_description is = intact();
    is.pair_count -= 2;
    is.streams[1].started = false;
    is_told(&is, "started");
    is.streams[1].started = true;
    is.streams[3].generation++;
    is_told(&is, "generation of market_data");
    is.streams[3].generation--;
    memcpy(is.streams[4].world_id, "w2", sizeof "w2");
    is_told(&is, "world_id of credit_history");
    memcpy(is.streams[4].name, "sheep", sizeof "sheep");
    is_told(&is, "sheep");
    is.stream_count--;
    is_told(&is, "credit_history");
    store_description_done(&is);
}

static void each_value_of_an_act_has_its_range(void **state)
{
    (void)state;
#define CASE(name, member, value)                       \
    {                                                   \
        name, offsetof(struct store_act, member), value \
    }
    static const struct number cases[] = {
        CASE("seq", seq, 0),
        CASE("act 9", seq, 9),
        CASE("seq", seq, INT64_MAX),
        CASE("act 7", seq, 7),
        CASE("at", at.s, -1),
        CASE("at", at.s, INT64_MAX),
        CASE("wall_us", wall_us, INT64_MAX),
        CASE("uid", uid, -2),
        CASE("pid", pid, INT64_C(1) << 40),
    };
#undef CASE
    static const struct {
        const char *kind, *parameters;
    } texts[] = {
        {"tempo", "stream=customers factor=1000.000001"},
        {"tempo", "stream=customers factor=5 until=2026-09-21T13:33:00Z"},
        {"tempo", "stream=customers factor=5 until=2038-01-01T00:00:00Z"},
        {"tempo", "stream=customers"},
        {"tempo", ""},
        {"tempo", "factor=5 stream=customers"},
        {"tempo", "stream=customers factor=05"},
        {"enable", ""},
        {"speed", "factor=1000001"},
        {"advance", "to=2040-01-01T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_description is = intact();
        is.pair_count -= 2;
        put_number(&is.acts[1], &cases[i]);
        is_told(&is, cases[i].name);
        store_description_done(&is);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct store_description is = intact();
        is.pair_count -= 2;
        (void)snprintf(is.acts[1].kind, STORE_NAME_MAX, "%s", texts[i].kind);
        (void)snprintf(is.acts[1].parameters, STORE_PARAMETERS_MAX, "%s", texts[i].parameters);
        is_told(&is, "act 8");
        store_description_done(&is);
    }
}

static void each_value_of_a_gap_has_its_range(void **state)
{
    (void)state;
    const struct store_gap cases[] = {
        {"sheep", {ORIGIN}, {NOW}, 1},           {"customers", {-1}, {NOW}, 1},
        {"customers", {ORIGIN}, {INT64_MAX}, 1}, {"customers", {NOW}, {NOW - 1}, 1},
        {"customers", {ORIGIN}, {NOW}, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct store_description is = intact();
        is.pair_count -= 2;
        is.gaps[0] = cases[i];
        is_told(&is, cases[i].stream);
        store_description_done(&is);
    }
}

/* What could have been written, and was not. */
static void damage_within_the_ranges_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } pairs[] = {
        {"seed", "8"},        {"origin", "1790000001"},  {"customers", "999"},
        {"clock_speed", "0"}, {"clock_paused", "1"},     {"clock_anchor_wall_us", "0"},
        {"clock_held", "1"},  {"clock_reason", "lunch"}, {"timezone", "UTC"},
        {"owner", "host 2"},  {"clock_seen_us", "1"},    {"clock_reached_us", "2145916799000000"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct store_description is = intact();
        (void)snprintf(pair_of(&is, pairs[i].name)->value, STORE_VALUE_MAX, "%s", pairs[i].value);
        is_told(&is, "checksum");
        store_description_done(&is);
    }
    for (unsigned i = 0; i < 9; i++) {
        struct store_description is = intact();
        switch (i) {
        case 0: is.acts[1].at.s++; break;
        case 1: is.act_count--; break;
        case 2: memcpy(is.acts[3].kind, "enable", sizeof "enable"); break;
        case 3: is.acts[1].parameters[strlen(is.acts[1].parameters) - 1] = '6'; break;
        case 4: is.gaps[0].until.s++; break;
        case 5: is.gap_count--; break;
        case 6: is.streams[2].paused = true; break;
        case 7: is.streams[2].not_before.s = ORIGIN; break;
        default:
            for (unsigned j = 0; j < STREAM_COUNT; j++)
                is.streams[j].generation = 8;
        }
        is_told(&is, "checksum");
        store_description_done(&is);
    }
}

/* Whatever a row says, decoding it ends, and what it takes can be calculated with. */
static void random_damage_does_no_harm(void **state)
{
    (void)state;
    uint32_t seed = 14;
    unsigned told = 0, taken = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct store_description is = intact();
        struct world_state back;
        struct fault fault = {.text = ""};
        seed = seed * 1664525 + 1013904223;
        unsigned die = seed >> 16;
        int64_t value = (int64_t)(((uint64_t)seed << 32 | seed * 2654435761U) >> die % 63);
        value = die % 2 == 0 ? value : -value;
        is.pair_count -= die % 3 == 0 ? 2 : 0;
        if (die % 4 == 0) {
            (void)snprintf(is.pairs[die / 4 % is.pair_count].value, STORE_VALUE_MAX, "%" PRId64,
                           value);
        } else if (die % 4 == 1) {
            put_number(&is.streams[die / 4 % STREAM_COUNT],
                       &(struct number){"",
                                        offsetof(struct store_stream, generation) +
                                            die / 32 % 5 * sizeof value,
                                        value});
        } else if (die % 4 == 2) {
            is.acts[die / 4 % is.act_count].at.s = value;
        } else {
            char *text = is.acts[die / 4 % is.act_count].parameters;
            text[die / 32 % (strlen(text) + 1)] = (char)(32 + die % 95);
        }
        int result = world_state_decode(&is, &back, &fault);
        told += result == -EUCLEAN;
        if (result == 0) {
            int64_t now = clock_now_us(&back.clock, (wall_time){(NOW + 60) * US});
            assert_true(now >= 0 && now <= WORLD_TIME_LAST_S * US);
            taken++;
            world_state_done(&back);
        } else {
            assert_int_equal(result, -EUCLEAN);
            assert_true(fault.text[0] != '\0');
        }
        store_description_done(&is);
    }
    print_message("20000 random damages: %u told, %u taken\n", told, taken);
    assert_true(told > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(each_pair_has_its_range),
        cmocka_unit_test(the_clock_is_not_before_the_world),
        cmocka_unit_test(each_value_of_a_stream_has_its_range),
        cmocka_unit_test(rows_may_be_ahead_of_the_noted_clock),
        cmocka_unit_test(streams_are_all_there_and_of_one_world),
        cmocka_unit_test(each_value_of_an_act_has_its_range),
        cmocka_unit_test(each_value_of_a_gap_has_its_range),
        cmocka_unit_test(damage_within_the_ranges_is_told),
        cmocka_unit_test(random_damage_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
