/* The world as the database describes it, decoded and back. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "state/act.h"
#include "state/world_state.h"
#include "state_checks.h"

static struct world_state sample(void)
{
    struct world_state record = {
        .generation = 7,
        .model = WORLD_MODEL,
        .settings = {.seed = UINT64_MAX,
                     .origin = {1790000000},
                     .customers = 1000,
                     .customer_growth = 20000,
                     .financial_records_months = 12,
                     .loan_applications_months = 24,
                     .market_data_points = 100},
        .clock = {.anchor_world_us = 5,
                  .speed = 60000000,
                  .paused = true,
                  .reached_us = INT64_C(1790000200000099)},
    };
    (void)snprintf(record.world_id, sizeof record.world_id, "w00000000001");
    (void)snprintf(record.timezone, sizeof record.timezone, "Europe/Berlin");
    (void)snprintf(record.reason, sizeof record.reason, "it's a demo; 50%% off");
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        record.streams[i] = (struct stream_state){.paused = i % 2 == 0,
                                                  .started = true,
                                                  .paused_at = {1780000000 + i},
                                                  .not_before = {1790000100 + i},
                                                  .watermark = {1790000000 + i}};
    for (unsigned i = 1; i < STREAM_COUNT; i++)
        (void)snprintf(record.streams[i].paused_by, STORE_NAME_MAX, "ann%u", i);
    return record;
}

static struct store_description describe(const struct world_state *record)
{
    struct store_description made = {.stream_count = STREAM_COUNT};
    made.pairs = MEM_ARRAY(struct store_pair, WORLD_STATE_PAIRS_MAX);
    made.pair_count = world_state_all_pairs(record, made.pairs);
    world_state_streams(record, made.streams);
    return made;
}

static void test_pairs_round_trip(void **state)
{
    (void)state;
    struct world_state record = sample(), back;
    struct store_description description = describe(&record);
    struct fault fault = {.text = ""};
    assert_int_equal(world_state_decode(&description, &back, &fault), 0);
    assert_memory_equal(&back, &record, sizeof record);
    store_description_done(&description);
}

/* Each row of credd_world must be there and make sense: a table damaged by others is told, not
 * guessed at. */
static void test_pairs_miss_no_row(void **state)
{
    (void)state;
    struct world_state record = sample(), back;
    struct store_description description = describe(&record);
    for (size_t i = 0; i < description.pair_count; i++) {
        struct fault fault = {.text = ""};
        struct store_pair kept = description.pairs[i];
        (void)snprintf(description.pairs[i].name, STORE_NAME_MAX, "other");
        char word[STORE_NAME_MAX + 2];
        (void)snprintf(word, sizeof word, " %s ", kept.name);
        if (strstr(" model clock_reason clock_held_why owner checksum checksum_seen ", word) !=
                NULL ||
            strstr(kept.name, "paused_by") != NULL) {
            /* Those that say something. */
            bool summed = strstr(kept.name, "reason") != NULL || strcmp(kept.name, "model") == 0;
            assert_int_equal(world_state_decode(&description, &back, &fault),
                             summed ? -EUCLEAN : 0);
            description.pairs[i] = kept;
            continue;
        }
        assert_int_equal(world_state_decode(&description, &back, &fault), -EUCLEAN);
        assert_non_null(strstr(fault.text, kept.name));
        description.pairs[i] = kept;
    }
    struct fault fault = {.text = ""};
    (void)snprintf(description.pairs[1].value, STORE_VALUE_MAX, "4x2");
    assert_int_equal(world_state_decode(&description, &back, &fault), -EUCLEAN);
    assert_non_null(strstr(fault.text, "4x2"));
    store_description_done(&description);
}

/* Those of another model say what they say, but nothing is done to them. */
static void test_a_world_of_another_model_is_held(void **state)
{
    static const int64_t models[] = {1, WORLD_MODEL + 1};
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct world_state record = sample(), back;
        record.model = models[i];
        struct store_description description = describe(&record);
        struct store_act unknown = {
            .seq = 4, .world_id = "w00000000001", .id = "1", .kind = "of a later version"};
        struct fault fault = {.text = ""};
        char why[WORLD_STATE_REASON_MAX];
        if (models[i] > WORLD_MODEL) { /* it may mean other things by what it sums up */
            description.acts = &unknown;
            description.act_count = 1;
        }
        assert_int_equal(world_state_decode(&description, &back, &fault), 0);
        (void)snprintf(why, sizeof why,
                       "this world was made by model %d; 'credctl reset' begins one of model %d",
                       (int)models[i], WORLD_MODEL);
        assert_false(world_state_can_go_on(&back));
        assert_true(back.clock.held && back.model == models[i]);
        assert_string_equal(back.held_why, why);
        struct act pause = {.kind = ACT_PAUSE, .wall = {1}};
        struct act_effect effect;
        struct world_state same = world_state_copy(&back);
        assert_int_equal(act_apply(&pause, &back, &effect, &fault), -ACT_REFUSED);
        assert_string_equal(fault.text, why);
        assert_memory_equal(&back, &same, sizeof back);
        back.clock.resumes_at.us = 5;
        wall_time next = {7};
        assert_false(act_due(&back, (wall_time){9}, &pause, &next));
        assert_int_equal(next.us, 0);
        world_state_done(&same);
        world_state_done(&back);
        description.acts = NULL;
        store_description_done(&description);
    }
}

/* A world of version 0.1.0 says nothing of its model, nor of the months of its baseline. */
static void test_the_first_model_has_no_row(void **state)
{
    (void)state;
    struct world_state record = sample();
    struct store_pair pairs[WORLD_STATE_PAIRS_MAX];
    size_t count = world_state_all_pairs(&record, pairs);
    assert_string_equal(pairs[0].name, "model");
    record.model = 1;
    assert_int_equal(world_state_all_pairs(&record, pairs), count - 3);
    assert_string_equal(pairs[0].name, "id");
}

static void test_acts_of_former_worlds_do_not_count(void **state)
{
    (void)state;
    struct world_state record = sample(), back;
    struct store_description description = describe(&record);
    struct fault fault = {.text = ""};
    description.pair_count -= 2; /* without the checksums, as an older version wrote it */
    struct store_act acts[] = {
        {4, "w00000000001", "1", "tempo", .parameters = "stream=customers factor=5"},
        {5, "w00000000002", "2", "tempo", .parameters = "stream=customers factor=6"},
        {6, "w00000000001", "3", "pause", .parameters = "streams=customers"},
        {7, "w00000000001", "4", "disable", .parameters = "stream=market_data"},
    };
    struct store_gap gap = {.stream = "market_data", .from = {5}, .until = {9}};
    description.acts = acts;
    description.act_count = 4;
    description.gaps = &gap;
    description.gap_count = 1;
    assert_int_equal(world_state_decode(&description, &back, &fault), 0);
    size_t count;
    const struct world_act *found = world_state_acts(&back, &count);
    assert_int_equal(count, 3);
    assert_int_equal(found[0].value, 5000000);
    assert_int_equal(found[1].kind, WORLD_ACT_ENABLE);
    assert_int_equal(found[2].until.s, 9);
    assert_int_equal(back.last_seq, 7);
    world_state_done(&back);
    description.acts = NULL;
    description.gaps = NULL;
    store_description_done(&description);
}

/* A copy shares the list of acts, and what is added to one is not in the other. */
static void test_copies_are_values(void **state)
{
    (void)state;
    struct world_state one = sample();
    size_t count;
    for (int64_t i = 0; i < 3; i++)
        world_state_add_act(&one, &(struct world_act){.at = {i}});
    struct world_state other = world_state_copy(&one);
    world_state_add_act(&other, &(struct world_act){.at = {7}});
    world_state_add_act(&one, &(struct world_act){.at = {8}});
    assert_int_equal(world_state_acts(&other, &count)[3].at.s, 7);
    assert_int_equal(count, 4);
    assert_int_equal(world_state_acts(&one, &count)[3].at.s, 8);
    world_state_done(&one);
    assert_int_equal(world_state_acts(&other, &count)[3].at.s, 7);
    world_state_done(&other);
}

/* What a look reads is taken over if it is of the same world and generation, or not at all. */
static void test_a_glance_is_of_this_generation(void **state)
{
    (void)state;
    struct world_state record = sample();
    struct store_stream streams[STREAM_COUNT];
    world_state_streams(&record, streams);
    streams[2].watermark.s += 60;
    streams[4].generation++;
    assert_false(world_state_glance(&record, "w00000000001", streams, STREAM_COUNT));
    assert_int_equal(record.streams[2].watermark.s, 1790000002);
    streams[4].generation--;
    assert_false(world_state_glance(&record, "w00000000002", streams, STREAM_COUNT));
    assert_true(world_state_glance(&record, "w00000000001", streams, STREAM_COUNT));
    assert_int_equal(record.streams[2].watermark.s, 1790000062);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_round_trip),
        cmocka_unit_test(test_pairs_miss_no_row),
        cmocka_unit_test(test_a_world_of_another_model_is_held),
        cmocka_unit_test(test_the_first_model_has_no_row),
        cmocka_unit_test(test_acts_of_former_worlds_do_not_count),
        cmocka_unit_test(test_copies_are_values),
        cmocka_unit_test(test_a_glance_is_of_this_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
