/* Calls: who may, what makes sense, and how an ask that goes on is answered. */
#include "control_wire.h"

static void the_service_introduces_itself(void **state)
{
    (void)state;
    say("{\"method\":\"org.varlink.service.GetInfo\"}");
    json_t *json = reply();
    const json_t *parameters = json_object_get(json, "parameters");
    assert_string_equal(json_string_value(json_object_get(parameters, "product")), "credd");
    assert_int_equal(json_array_size(json_object_get(parameters, "interfaces")), 3);
    json_decref(json);
    say("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":"
        "\"io.credd.Control\"}}");
    json = reply();
    assert_non_null(
        json_string_value(json_object_get(json_object_get(json, "parameters"), "description")));
    json_decref(json);
    say("{\"method\":\"org.varlink.service.GetInterfaceDescription\",\"parameters\":{\"interface\":"
        "\"x.y\"}}");
    expect("{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":\"x."
           "y\"}}");
    say("{\"method\":\"org.varlink.service.GetInterfaceDescription\"}");
    expect_error("org.varlink.service.InvalidParameter");
}

static void unknown_names_are_told_apart(void **state)
{
    (void)state;
    say(CALL("Nope", ""));
    expect("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":"
           "\"io.credd.Control.Nope\"}}");
    say("{\"method\":\"io.other.Status\"}");
    expect("{\"error\":\"org.varlink.service.InterfaceNotFound\",\"parameters\":{\"interface\":"
           "\"io.other\"}}");
    say("{\"method\":\"Status\"}");
    expect_error("org.varlink.service.MethodNotFound");
    say("{\"method\":\"io.credd.Control.\"}");
    expect_error("org.varlink.service.MethodNotFound");
    say(CALL("Status", ",\"upgrade\":true"));
    expect_error("org.varlink.service.MethodNotImplemented");
    say(CALL("Watch", ""));
    expect("{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}");
    say(CALL("Export", ""));
    expect_error("org.varlink.service.ExpectedMore");
    assert_int_equal(fake.asks, 0);
}

static void malformed_ends_the_connection(void **state)
{
    (void)state;
    say("{\"method\":");
    assert_true(gone);
    assert_null(reply());
}

static void readers_may_only_read(void **state)
{
    (void)state;
    connection_free(connection);
    (void)close(peer_fd);
    open_as(CREDD_ACCESS_READ);
    say(CALL("Pause", ""));
    json_t *json = reply();
    const char *message =
        json_string_value(json_object_get(json_object_get(json, "parameters"), "message"));
    assert_string_equal(json_string_value(json_object_get(json, "error")),
                        "io.credd.Control.Denied");
    assert_non_null(strstr(message, "group credd"));
    json_decref(json);
    assert_int_equal(fake.last_message, MESSAGE_CONTROL_DENIED);
    assert_string_equal(fake.last_text,
                        "ann (uid 1000, pid 77) may not Pause: only root, the daemon's own user "
                        "and members of group credd may operate credd");
    say(CALL("Version", ""));
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        char text[128];
        if (commands[i].access < CREDD_ACCESS_OPERATE)
            continue;
        (void)snprintf(text, sizeof text, CALL("%s", ""), commands[i].method);
        say(text);
        expect_error("io.credd.Control.Denied");
    }
    assert_int_equal(fake.asks, 0);
    assert_true(fake.said <= 10);
}

/* The engine tells the journal, once it is in force. */
static void a_change_is_asked_for_with_who_asks(void **state)
{
    (void)state;
    say(CALL("Speed", ",\"parameters\":{\"factor\":2.5}"));
    expect("{\"parameters\":{\"message\":\"world time is stopped at 1970-01-01T00:00:00Z; 'credctl "
           "advance' moves it\"}}");
    assert_int_equal(fake.ask.kind, REQUEST_ACT);
    assert_int_equal(fake.ask.act.kind, ACT_SPEED);
    assert_int_equal(fake.ask.act.speed.factor, 2500000);
    assert_int_equal(fake.ask.by.uid, 1000);
    assert_int_equal(fake.ask.by.pid, 77);
    assert_string_equal(fake.ask.by.user, "ann");
    assert_int_equal(fake.said, 0);
}

/* Each of a command's parameters, with the act's member that it becomes. */
static void parameters_become_those_of_the_act(void **state)
{
    (void)state;
    const struct act *act = &fake.ask.act;
    say(CALL("Pause", ",\"parameters\":{\"streams\":[\"customers\",\"market_data\"],\"for\":"
                      "\"90s\",\"reason\":\"talk\"}"));
    expect("{\"parameters\":{\"message\":\"customers, market_data are paused until 00:01:30Z (in 1 "
           "min)\",\"batch_in_hand\":false,\"world\":null}}");
    assert_int_equal(act->kind, ACT_PAUSE);
    assert_int_equal(act->pause.streams, 1u << STREAM_CUSTOMERS | 1u << STREAM_MARKET_DATA);
    assert_int_equal(act->pause.for_us, 90000000);
    assert_string_equal(fake.ask.reason, "talk");
    say(CALL("Resume", ",\"parameters\":{\"skip\":true}"));
    expect("{\"parameters\":{\"message\":\"resumed; the clock is stopped (speed 0), rows come with "
           "'credctl advance'\"}}");
    assert_int_equal(act->kind, ACT_RESUME);
    assert_true(act->resume.skip && act->resume.streams == 0);
    say(CALL("Tempo", ",\"parameters\":{\"stream\":\"market_data\",\"factor\":\"0.5\",\"for\":"
                      "\"1h\"}"));
    expect("{\"parameters\":{\"message\":\"market_data x0.5; the clock is stopped (speed 0), rows "
           "come with 'credctl advance'\"}}");
    assert_int_equal(act->kind, ACT_TEMPO);
    assert_int_equal(act->tempo.stream, STREAM_MARKET_DATA);
    assert_int_equal(act->tempo.factor, 500000);
    assert_int_equal(act->tempo.for_us, INT64_C(3600) * 1000000);
    say(CALL("Advance", ",\"parameters\":{\"to\":\"1970-01-02T00:00:00Z\",\"if_later\":true}"));
    expect("{\"parameters\":{\"message\":\"world time is 1970-01-01T00:00:00Z\",\"rows\":0}}");
    assert_int_equal(fake.ask.advance.to.s, 86400);
    assert_true(fake.ask.advance.if_later && !fake.ask.advance.relative &&
                !fake.ask.advance.clock_only);
}

static void what_makes_no_sense_asks_nothing(void **state)
{
    (void)state;
    say(CALL("Speed", ",\"parameters\":{\"factor\":\"1000001\"}"));
    expect_error("org.varlink.service.InvalidParameter");
    say(CALL("Tempo", ",\"parameters\":{\"stream\":\"customers\",\"factor\":1001}"));
    expect_error("org.varlink.service.InvalidParameter");
    say(CALL("Pause", ",\"parameters\":{\"for\":\"0\"}"));
    expect_error("org.varlink.service.InvalidParameter");
    say(CALL("History", ",\"parameters\":{\"count\":0}"));
    expect_error("org.varlink.service.InvalidParameter");
    say(CALL("Schedule", ",\"parameters\":{\"count\":100000}"));
    expect_error("org.varlink.service.InvalidParameter");
    assert_int_equal(fake.asks + fake.said, 0);
}

static void how_an_ask_ends_is_how_it_is_answered(void **state)
{
    static const struct {
        enum request_result result;
        const char *error;
    } cases[] = {{RESULT_REFUSED, "io.credd.Control.Refused"},
                 {RESULT_FAILED, "io.credd.Control.Failed"},
                 {RESULT_CANCELLED, "io.credd.Control.Cancelled"},
                 {RESULT_INVALID, "org.varlink.service.InvalidParameter"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        fake.end =
            (struct request_end){.result = cases[i].result, .text = "why", .parameter = "to"};
        say(CALL("Adopt", ""));
        expect_error(cases[i].error);
    }
    fake.end = (struct request_end){.text = "\xff raw", .rows = 7};
    say(CALL("Refresh", ""));
    expect("{\"parameters\":{\"message\":\"\xef\xbf\xbd raw\",\"rows\":7}}");
}

static void news_come_before_the_end(void **state)
{
    const struct news queued = {.kind = NEWS_QUEUED, .text = "behind a reset"};
    const struct news progress = {
        .kind = NEWS_PROGRESS, .text = "customers", .done = 1, .total = 9};
    (void)state;
    fake.keeps = true;
    say(CALL("Advance", ",\"parameters\":{\"by\":\"30d\"},\"more\":true"));
    assert_true(fake.ask.advance.relative);
    assert_int_equal(fake.ask.advance.span_s, INT64_C(30) * 86400);
    assert_true(fake_news(&queued) && fake_news(&progress));
    turn();
    expect("{\"parameters\":{\"queued\":\"behind a reset\"},\"continues\":true}");
    expect("{\"parameters\":{\"progress\":{\"text\":\"customers\",\"done\":1,\"total\":9}},"
           "\"continues\":true}");
    fake_end(RESULT_DONE, "there");
    turn();
    expect(
        "{\"parameters\":{\"message\":\"world time is 1970-01-01T00:00:00Z; there\",\"rows\":0}}");
    say(CALL("Version", ""));
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
}

static void without_more_only_the_end_comes(void **state)
{
    (void)state;
    fake.keeps = true;
    say(CALL("Advance", ",\"parameters\":{\"by\":\"1d\"}"));
    assert_null(fake.open.callbacks.news);
    expect_nothing();
    fake_end(RESULT_DONE, "");
    turn();
    expect("{\"parameters\":{\"message\":\"world time is 1970-01-01T00:00:00Z\",\"rows\":0}}");
}

static void oneway_is_never_answered(void **state)
{
    (void)state;
    say(CALL("Resume", ",\"oneway\":true"));
    say(CALL("Nope", ",\"oneway\":true"));
    say("{\"method\":\"org.varlink.service.GetInfo\",\"oneway\":true}");
    say(CALL("Speed", ",\"oneway\":true"));
    assert_int_equal(fake.asks, 1);
    expect_nothing();
    say(CALL("Version", ""));
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
}

static void requests_are_served_in_turn(void **state)
{
    char text[4096];
    size_t length = 0;
    (void)state;
    fake.keeps = true;
    say(CALL("Refresh", ""));
    for (int i = 0; i < 30; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, CALL("Version", "")) + 1;
    assert_int_equal(send(peer_fd, text, length, 0), (ssize_t)length);
    turn();
    expect_nothing();
    fake_end(RESULT_DONE, "first");
    turn();
    expect("{\"parameters\":{\"message\":\"first\",\"rows\":0}}");
    for (int i = 0; i < 30; i++)
        expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
    expect_nothing();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_service_introduces_itself),
        TEST(unknown_names_are_told_apart),
        TEST(malformed_ends_the_connection),
        TEST(readers_may_only_read),
        TEST(a_change_is_asked_for_with_who_asks),
        TEST(parameters_become_those_of_the_act),
        TEST(what_makes_no_sense_asks_nothing),
        TEST(how_an_ask_ends_is_how_it_is_answered),
        TEST(news_come_before_the_end),
        TEST(without_more_only_the_end_comes),
        TEST(oneway_is_never_answered),
        TEST(requests_are_served_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
