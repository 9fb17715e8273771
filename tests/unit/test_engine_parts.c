/* What the engine keeps between runs and threads: records, notes, keepers, rosters, rows as texts.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/channel.h"
#include "engine/keeper.h"
#include "engine/notes.h"
#include "engine/record.h"
#include "engine/roster.h"
#include "engine_checks.h"

static struct record sample(void)
{
    struct record record = {
        .generation = 7,
        .settings = {.seed = UINT64_MAX,
                     .origin = {1790000000},
                     .customers = 1000,
                     .customer_growth = 20000,
                     .market_data_points = 100},
        .clock = {.anchor_world_us = -5, .speed = 60000000, .paused = true, .reached_us = 99},
    };
    (void)snprintf(record.world_id, sizeof record.world_id, "w00000000001");
    (void)snprintf(record.timezone, sizeof record.timezone, "Europe/Berlin");
    (void)snprintf(record.reason, sizeof record.reason, "it's a demo; 50%% off");
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        record.streams[i] = (struct record_stream){
            .enabled = i % 2 == 0, .tempo = 1000000 + i, .watermark = {1790000000 + i}};
    for (unsigned i = 1; i < STREAM_COUNT; i++)
        (void)snprintf(record.streams[i].paused_by, STORE_NAME_MAX, "ann%u", i);
    return record;
}

static struct store_description describe(const struct record *record)
{
    struct store_description made = {.stream_count = STREAM_COUNT};
    made.pairs = MEM_ARRAY(struct store_pair, RECORD_PAIRS_MAX);
    made.pair_count = record_all_pairs(record, made.pairs);
    record_streams(record, made.streams);
    return made;
}

static void test_record_round_trip(void **state)
{
    (void)state;
    struct record record = sample(), back;
    struct store_description description = describe(&record);
    struct fault fault = {.text = ""};
    assert_int_equal(record_decode(&description, &back, &fault), 0);
    assert_memory_equal(&back, &record, sizeof record);
    store_description_done(&description);
}

/* Each row of credd_world must be there and make sense: a table damaged by others is told, not
 * guessed at. */
static void test_record_misses_no_row(void **state)
{
    (void)state;
    struct record record = sample(), back;
    struct store_description description = describe(&record);
    for (size_t i = 0; i < description.pair_count; i++) {
        struct fault fault = {.text = ""};
        struct store_pair kept = description.pairs[i];
        (void)snprintf(description.pairs[i].name, STORE_NAME_MAX, "other");
        char word[STORE_NAME_MAX + 2];
        (void)snprintf(word, sizeof word, " %s ", kept.name);
        if (strstr(" clock_reason clock_held_why keeper ", word) != NULL ||
            strstr(kept.name, "paused_by") != NULL) {
            assert_int_equal(record_decode(&description, &back, &fault), 0);
            description.pairs[i] = kept;
            continue;
        }
        assert_int_equal(record_decode(&description, &back, &fault), -EPROTO);
        assert_non_null(strstr(fault.text, kept.name));
        description.pairs[i] = kept;
    }
    struct fault fault = {.text = ""};
    (void)snprintf(description.pairs[1].value, STORE_VALUE_MAX, "4x2");
    assert_int_equal(record_decode(&description, &back, &fault), -EPROTO);
    assert_non_null(strstr(fault.text, "4x2"));
    store_description_done(&description);
}

static void test_acts_of_former_worlds_do_not_count(void **state)
{
    (void)state;
    struct record record = sample(), back;
    struct store_description description = describe(&record);
    struct fault fault = {.text = ""};
    struct store_act acts[] = {
        {.id = "w00000000001-1", .kind = "tempo", .stream = "customers", .value = 5},
        {.id = "w00000000002-1", .kind = "tempo", .stream = "customers", .value = 6},
        {.id = "w00000000001-2", .kind = "pause", .stream = "customers"},
        {.id = "w00000000001-3", .kind = "disable", .stream = "market_data"},
    };
    struct store_gap gap = {.stream = "market_data", .from = {5}, .until = {9}};
    description.acts = acts;
    description.act_count = 4;
    description.gaps = &gap;
    description.gap_count = 1;
    assert_int_equal(record_decode(&description, &back, &fault), 0);
    assert_int_equal(back.act_count, 3);
    assert_int_equal(back.acts[0].value, 5);
    assert_int_equal(back.acts[1].kind, WORLD_ACT_ENABLE);
    assert_int_equal(back.acts[2].until.s, 9);
    record_done(&back);
    description.acts = NULL;
    description.gaps = NULL;
    store_description_done(&description);
}

static void test_notes_survive(void **state)
{
    (void)state;
    char folder[] = "/tmp/credd-notes-XXXXXX", damaged[8192];
    struct fault fault = {.text = ""};
    struct notes *notes = MEM_NEW(struct notes), *back = MEM_NEW(struct notes);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(notes_open(notes, folder, "/run/credd/control", &fault), 0);
    assert_false(notes->configured);
    struct operation pause = {.kind = OPERATION_PAUSE, .streams = 5, .wall = {123456789012345}};
    (void)snprintf(pause.id, sizeof pause.id, "abc-1");
    (void)snprintf(pause.reason, sizeof pause.reason, "a \"quoted\" reason");
    assert_int_equal(notes_add(notes, &pause), 0);
    notes->configured = true;
    notes->tempo[2] = 20000000;
    assert_int_equal(notes_write(notes, &fault), 0);
    assert_int_equal(notes_open(back, folder, "/run/credd/control", &fault), 0);
    assert_int_equal(back->pending_count, 1);
    assert_memory_equal(&back->pending[0], &pause, sizeof pause);
    assert_int_equal(back->tempo[2], 20000000);
    notes_remove(back, "abc-1");
    assert_int_equal(back->pending_count, 0);
    assert_int_equal(notes_open(back, folder, "/run/other/control", &fault), 0);
    assert_false(back->configured);
    assert_int_equal(truncate(notes->path, 20), 0);
    assert_int_equal(notes_open(back, folder, "/run/credd/control", &fault), -EIO);
    assert_false(back->configured);
    (void)snprintf(damaged, sizeof damaged, "%s.damaged", notes->path);
    assert_int_equal(unlink(damaged), 0);
    assert_int_equal(rmdir(folder), 0);
    free(notes);
    free(back);
}

static void test_notes_have_a_limit(void **state)
{
    (void)state;
    struct notes *notes = MEM_NEW(struct notes);
    struct operation pause = {.kind = OPERATION_PAUSE, .id = "x"};
    for (unsigned i = 0; i < NOTES_PENDING_MAX; i++)
        assert_int_equal(notes_add(notes, &pause), 0);
    assert_int_equal(notes_add(notes, &pause), -ENOSPC);
    free(notes);
}

static void test_keeper_lives_and_dies(void **state)
{
    (void)state;
    char own[STORE_VALUE_MAX], other[STORE_VALUE_MAX], host[64];
    int ready[2], end[2];
    keeper_name(own);
    assert_true(keeper_alive(own, own, 1000000)); /* it built this world */
    assert_false(keeper_alive(own, own, 60000000));
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        keeper_name(other);
        ssize_t moved = write(ready[1], other, sizeof other);
        moved += read(end[0], &byte, 1);
        _exit(moved > 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], other, sizeof other), sizeof other);
    assert_true(keeper_alive(other, own, 999999999));
    assert_int_equal(write(end[1], "x", 1), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(keeper_alive(other, own, 0));
    (void)snprintf(host, sizeof host, "elsewhere 1 1");
    assert_true(keeper_alive(host, own, 1000000));
    assert_false(keeper_alive(host, own, 60000000));
    assert_false(keeper_alive("", own, 0));
}

static void test_roster_finds_in_any_order(void **state)
{
    (void)state;
    static const char *const keys[] = {"b", "a", "", "abc", "B"};
    struct roster roster = {0};
    for (size_t i = 0; i < 5; i++)
        (void)roster_add(&roster, keys[i], strlen(keys[i]), (int64_t)i);
    roster_sort(&roster);
    for (size_t i = 0; i < 5; i++) {
        const struct roster_entry *entry = roster_find(&roster, keys[i], strlen(keys[i]));
        assert_non_null(entry);
        assert_int_equal(entry->created, i);
    }
    assert_null(roster_find(&roster, "ab", 2));
    roster_done(&roster);
}

static void test_rows_become_texts(void **state)
{
    (void)state;
    struct row_texts texts = {0};
    struct cell cells[] = {{.kind = CELL_TEXT, .length = 3, .text = "abc"},
                           {.kind = CELL_NULL},
                           {.kind = CELL_TIME, .number = 86399}};
    for (unsigned i = 0; i < 1000; i++) /* enough for the block to move */
        row_texts_add(&texts, cells, 3);
    struct post *post = row_texts_post(&texts, 9, NULL);
    assert_int_equal(post->news.rows, 1000);
    assert_string_equal(post->news.texts[0], "abc");
    assert_null(post->news.texts[2998]);
    assert_string_equal(post->news.texts[2999], "1970-01-01 23:59:59");
    assert_int_equal(texts.count, 0);
    post_free(post);
    row_texts_done(&texts);
}

/* A watcher that does not keep up loses rows; an end is never lost. */
static void test_channel_drops_only_what_may_be_dropped(void **state)
{
    (void)state;
    struct channel channel;
    struct fault fault;
    unsigned kept = 0, ends = 0;
    assert_int_equal(channel_init(&channel, &fault), 0);
    for (unsigned i = 0; i < 2 * CHANNEL_POSTS_MAX; i++)
        kept += channel_put(&channel, post_new(POST_NEWS, 0)) ? 1 : 0;
    assert_int_equal(kept, CHANNEL_POSTS_MAX);
    assert_true(channel_put(&channel, post_new(POST_END, 0)));
    assert_true(channel_put(&channel, post_new(POST_NEWS, 1)));
    channel_put_view(&channel);
    channel_put_view(&channel);
    struct post *post = channel_take(&channel);
    assert_int_equal(post->kind, POST_VIEW);
    while (post != NULL) {
        struct post *next = post->next;
        ends += post->kind == POST_END ? 1 : 0;
        kept -= post->kind == POST_NEWS && post->ticket == 0 ? 1 : 0;
        post_free(post);
        post = next;
    }
    assert_int_equal(ends, 1);
    assert_int_equal(kept, 0);
    channel_done(&channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_round_trip),
        cmocka_unit_test(test_record_misses_no_row),
        cmocka_unit_test(test_acts_of_former_worlds_do_not_count),
        cmocka_unit_test(test_notes_survive),
        cmocka_unit_test(test_notes_have_a_limit),
        cmocka_unit_test(test_keeper_lives_and_dies),
        cmocka_unit_test(test_roster_finds_in_any_order),
        cmocka_unit_test(test_rows_become_texts),
        cmocka_unit_test(test_channel_drops_only_what_may_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
