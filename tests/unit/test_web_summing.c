/* The charts are asked for at most once a minute, and only when there is something new. */
#include <stdio.h>
#include <string.h>

#include "control_checks.h"
#include "web/summing.h"

/* An engine that answers when the test says so. */
struct open_request {
    struct request_callbacks callbacks;
};

static struct {
    struct open_request open;
    int asked, withdrawn, told;
    enum request_kind kind;
} fake;

struct open_request *engine_request(struct engine *engine, const struct request *asked,
                                    const struct request_callbacks *callbacks)
{
    (void)engine;
    fake.asked++;
    fake.kind = asked->kind;
    fake.open.callbacks = *callbacks;
    assert_int_equal(asked->audit.kind, AUDIT_CHARTS);
    return &fake.open;
}

void engine_withdraw(struct open_request *request)
{
    assert_ptr_equal(request, &fake.open);
    fake.withdrawn++;
}

static void on_made(void *context)
{
    (void)context;
    fake.told++;
}

static void answer(enum request_result result)
{
    static const struct charts charts = {.at = {1700000000}};
    const struct news news = {.kind = NEWS_CHARTS, .charts = &charts};
    const struct request_end end = {.result = result};
    if (result == RESULT_DONE)
        (void)fake.open.callbacks.news(fake.open.callbacks.context, &news);
    fake.open.callbacks.end(fake.open.callbacks.context, &end);
}

static struct summary summary;

static void look(struct summing *summing, int seconds)
{
    summing_look(summing, &summary, (mono_time){(int64_t)(1000 + seconds) * 1000000});
}

static struct summing begin(void)
{
    memset(&fake, 0, sizeof fake);
    summary = (struct summary){.has_world = true, .database = DATABASE_READY, .world_id = "w1"};
    summary.streams[0].rows = 100;
    return (struct summing){.made = on_made};
}

static void at_most_once_a_minute(void **state)
{
    struct summing summing = begin();
    (void)state;
    look(&summing, 0);
    assert_int_equal(fake.asked, 1);
    assert_int_equal(fake.kind, REQUEST_CHARTS);
    summary.streams[0].rows = 200;
    look(&summing, 100);
    assert_int_equal(fake.asked, 1); /* still in hand */
    answer(RESULT_DONE);
    assert_int_equal(fake.told, 1);
    look(&summing, 100);
    assert_int_equal(fake.asked, 2);
    answer(RESULT_DONE);
    summary.streams[0].rows = 300;
    for (int i = 101; i < 160; i++)
        look(&summing, i);
    assert_int_equal(fake.asked, 2);
    look(&summing, 160);
    assert_int_equal(fake.asked, 3);
    answer(RESULT_DONE);
    summing_done(&summing);
    assert_int_equal(fake.withdrawn, 0);
}

static void not_while_nothing_changes(void **state)
{
    struct summing summing = begin();
    (void)state;
    look(&summing, 0);
    answer(RESULT_DONE);
    for (int i = 60; i < 6000; i += 60)
        look(&summing, i);
    assert_int_equal(fake.asked, 1);
    summing.commits = true; /* a status moved, no row came */
    look(&summing, 6000);
    assert_int_equal(fake.asked, 2);
    summing_done(&summing);
    assert_int_equal(fake.withdrawn, 1);
}

static void not_without_a_database(void **state)
{
    struct summing summing = begin();
    (void)state;
    summary.database = DATABASE_DOWN;
    look(&summing, 0);
    summary.database = DATABASE_READY;
    summary.has_world = false;
    look(&summing, 1);
    assert_int_equal(fake.asked, 0);
    summary.has_world = true;
    look(&summing, 2);
    assert_int_equal(fake.asked, 1);
    answer(RESULT_FAILED);
    look(&summing, 61);
    assert_int_equal(fake.asked, 1);
    look(&summing, 62);
    assert_int_equal(fake.asked, 2); /* what failed is tried again */
    summing_done(&summing);
}

static void those_of_another_world_are_forgotten(void **state)
{
    struct summing summing = begin();
    (void)state;
    look(&summing, 0);
    answer(RESULT_DONE);
    assert_non_null(summing.charts);
    (void)snprintf(summary.world_id, sizeof summary.world_id, "w2");
    look(&summing, 10);
    assert_null(summing.charts);
    assert_int_equal(fake.told, 2);
    assert_int_equal(fake.asked, 1);
    look(&summing, 60);
    assert_int_equal(fake.asked, 2);
    answer(RESULT_DONE);
    assert_non_null(summing.charts);
    summing_done(&summing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_once_a_minute),
        cmocka_unit_test(not_while_nothing_changes),
        cmocka_unit_test(not_without_a_database),
        cmocka_unit_test(those_of_another_world_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
