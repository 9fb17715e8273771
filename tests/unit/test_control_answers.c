/* What is answered from memory: status, history, configuration, the next runs. */
#include "control_wire.h"

static void the_status_has_the_promised_shape(void **state)
{
    static const char *const members[] = {"version",  "pid", "world",  "clock",
                                          "database", "job", "streams"};
    static const char *const of_clock[] = {"world",  "wall",       "speed", "paused",
                                           "reason", "resumes_at", "held"};
    static const char *const of_stream[] = {"name",    "enabled",   "paused", "schedule",
                                            "tempo",   "watermark", "lag_s",  "rows",
                                            "skipped", "next_run"};
    (void)state;
    for (int i = 0; i < STREAM_COUNT; i++)
        fake.report.streams[i] = (struct stream_summary){
            .name = stream_info((enum stream_id)i)->name, .tempo = 100000, .enabled = true};
    fake.report.backend = "sqlite";
    fake.report.speed = 100000;
    say(CALL("Status", ""));
    json_t *json = reply();
    json_t *status = json_object_get(json, "parameters");
    void *at = json_object_iter(status);
    for (size_t i = 0; i < COUNT(members); i++, at = json_object_iter_next(status, at))
        assert_string_equal(json_object_iter_key(at), members[i]);
    json_t *part = json_object_get(status, "clock");
    at = json_object_iter(part);
    for (size_t i = 0; i < COUNT(of_clock); i++, at = json_object_iter_next(part, at))
        assert_string_equal(json_object_iter_key(at), of_clock[i]);
    assert_true(json_real_value(json_object_get(part, "speed")) == 0.1);
    assert_true(json_is_null(json_object_get(part, "world")));
    part = json_array_get(json_object_get(status, "streams"), 4);
    at = json_object_iter(part);
    for (size_t i = 0; i < COUNT(of_stream); i++, at = json_object_iter_next(part, at))
        assert_string_equal(json_object_iter_key(at), of_stream[i]);
    assert_true(json_is_null(json_object_get(status, "world")));
    assert_true(json_is_null(json_object_get(status, "job")));
    assert_true(json_is_null(json_object_get(part, "watermark")));
    json_decref(json);
}

static void how_late_a_stream_is_comes_from_the_summary(void **state)
{
    (void)state;
    for (int k = 0; k < STREAM_COUNT; k++)
        fake.report.streams[k] = (struct stream_summary){
            .enabled = true, .late_s = 60 * k, .has_due = k > 0, .next_due = {3600}};
    say(CALL("Status", ""));
    json_t *json = reply();
    const json_t *streams = json_object_get(json_object_get(json, "parameters"), "streams");
    for (size_t k = 0; k < STREAM_COUNT; k++) {
        const json_t *stream = json_array_get(streams, k);
        const char *due = json_string_value(json_object_get(stream, "next_due"));
        assert_int_equal(json_integer_value(json_object_get(stream, "late_s")), 60 * k);
        if (k > 0)
            assert_string_equal(due, "1970-01-01T01:00:00Z");
        else
            assert_null(due);
    }
    json_decref(json);
}

static void the_verdict_is_the_summarys(void **state)
{
    (void)state;
    fake.report.verdict = VERDICT_BEHIND;
    (void)strcpy(fake.report.verdict_text, "customers is 5 min behind");
    say(CALL("Status", ""));
    json_t *json = reply();
    const json_t *status = json_object_get(json, "parameters");
    assert_string_equal(json_string_value(json_object_get(status, "verdict")), "behind");
    assert_string_equal(json_string_value(json_object_get(status, "verdict_text")),
                        "customers is 5 min behind");
    json_decref(json);
}

static void history_keeps_the_last_so_many(void **state)
{
    struct news_act act = {
        .kind = "pause", .stream = "", .user = "ann", .reason = "", .value = "0", .text = "pause"};
    (void)state;
    fake.keeps = true;
    say(CALL("History", ",\"parameters\":{\"count\":2}"));
    for (int64_t i = 1; i <= 3; i++) {
        const struct news news = {.kind = NEWS_ACT, .act = &act};
        act.pid = i;
        assert_true(fake_news(&news));
    }
    expect_nothing();
    fake_end(RESULT_DONE, "");
    turn();
    json_t *json = reply();
    const json_t *acts = json_object_get(json_object_get(json, "parameters"), "acts");
    assert_int_equal(json_array_size(acts), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(acts, 1), "pid")), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(acts, 1), "text")),
                        "pause");
    json_decref(json);
}

static void a_bad_configuration_is_told(void **state)
{
    (void)state;
    say(CALL("Reload", ""));
    expect("{\"parameters\":{\"changed\":\"\",\"pending\":\"seed\"}}");
    fake.end.result = RESULT_FAILED;
    say(CALL("Reload", ""));
    expect(
        "{\"error\":\"io.credd.Control.Failed\",\"parameters\":{\"message\":\"line 3 is wrong\"}}");
    say(CALL("Config", ""));
    expect("{\"parameters\":{\"settings\":[{\"section\":\"world\",\"key\":\"seed\",\"value\":"
           "\"42\",\"source\":"
           "\"default\"}]}}");
    say(CALL("Schedule", ",\"parameters\":{\"stream\":\"customers\",\"count\":1}"));
    expect("{\"parameters\":{\"streams\":[{\"name\":null,\"schedule\":\"\",\"runs\":[\"1970-01-"
           "01T01:00:00Z\"]}]}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_status_has_the_promised_shape), TEST(how_late_a_stream_is_comes_from_the_summary),
        TEST(the_verdict_is_the_summarys),       TEST(history_keeps_the_last_so_many),
        TEST(a_bad_configuration_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
