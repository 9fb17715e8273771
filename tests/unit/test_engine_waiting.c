/* What somebody waits for, against one summary after another. */
#include <string.h>

#include "engine/waiting.h"
#include "engine_checks.h"

static struct summary at(int64_t now, int64_t rows)
{
    struct summary summary = {
        .has_world = true, .database = DATABASE_READY, .world_now = {now}, .wall_now = {1}};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        summary.streams[i].name = stream_info((enum stream_id)i)->name;
        summary.streams[i].rows = rows;
    }
    return summary;
}

static void ready_is_a_world_in_a_database(void **state)
{
    struct waiting waiting = {.ready = true};
    struct summary summary = at(1, 1);
    (void)state;
    assert_true(waiting_over(&waiting, &summary));
    summary.database = DATABASE_DOWN;
    assert_false(waiting_over(&waiting, &summary));
    summary = at(1, 1);
    summary.has_world = false;
    assert_false(waiting_over(&waiting, &summary));
}

static void a_time_is_reached_when_all_of_it_is_written(void **state)
{
    struct waiting waiting = {.has_until = true, .until = {100}};
    struct summary summary = at(99, 1);
    char text[200];
    (void)state;
    assert_false(waiting_over(&waiting, &summary));
    summary.world_now.s = 100;
    assert_true(waiting_over(&waiting, &summary));
    summary.streams[3].late_s = 1;
    assert_false(waiting_over(&waiting, &summary));
    waiting_say(&waiting, &summary, text, sizeof text);
    assert_string_equal(text, "world time is 1970-01-01T00:01:40Z");
}

static void rows_are_those_of_the_stream(void **state)
{
    struct waiting waiting = {.has_rows = true, .stream = STREAM_MARKET_DATA, .rows = 10};
    struct summary summary = at(1, 20);
    (void)state;
    summary.streams[STREAM_MARKET_DATA].rows = 9;
    assert_false(waiting_over(&waiting, &summary));
    summary.streams[STREAM_MARKET_DATA].rows = 10;
    assert_true(waiting_over(&waiting, &summary));
}

static void new_rows_count_from_the_first_look_or_from_a_reset(void **state)
{
    struct waiting waiting = {
        .has_rows = true, .more = true, .stream = STREAM_CUSTOMERS, .rows = 2};
    struct summary summary = at(1, 10), none = {0};
    char text[200];
    (void)state;
    assert_false(waiting_over(&waiting, &none));
    assert_false(waiting_over(&waiting, &summary));
    summary.streams[STREAM_CUSTOMERS].rows = 11;
    assert_false(waiting_over(&waiting, &summary));
    summary.streams[STREAM_CUSTOMERS].rows = 5;
    assert_false(waiting_over(&waiting, &summary));
    summary.streams[STREAM_CUSTOMERS].rows = 7;
    assert_true(waiting_over(&waiting, &summary));
    waiting_say(&waiting, &summary, text, sizeof text);
    assert_string_equal(text, "customers has 2 new rows, 7 in all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_a_world_in_a_database),
        cmocka_unit_test(a_time_is_reached_when_all_of_it_is_written),
        cmocka_unit_test(rows_are_those_of_the_stream),
        cmocka_unit_test(new_rows_count_from_the_first_look_or_from_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
