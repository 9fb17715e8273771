/* Calls: who may, what makes sense, and how an ask that goes on is answered. */
#include "control_wire.h"

static void the_service_introduces_itself(void **state)
{
    (void)state;
    say("{\"method\":\"org.varlink.service.GetInfo\"}");
    json_t *json = reply();
    const json_t *parameters = json_object_get(json, "parameters");
    assert_string_equal(json_string_value(json_object_get(parameters, "product")), "credd");
    assert_int_equal(json_array_size(json_object_get(parameters, "interfaces")), 2);
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
                        "ann (uid 1000, pid 77) may not Pause: members of the group credd operate");
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
    expect("{\"parameters\":{\"message\":\"the speed is changed\"}}");
    assert_int_equal(fake.ask.verb, ENGINE_SPEED);
    assert_int_equal(fake.ask.factor, 2500000);
    assert_int_equal(fake.ask.peer.uid, 1000);
    assert_int_equal(fake.ask.peer.pid, 77);
    assert_string_equal(fake.ask.peer.user, "ann");
    assert_int_equal(fake.said, 0);
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
        enum engine_result result;
        const char *error;
    } cases[] = {{ENGINE_REFUSED, "io.credd.Control.Refused"},
                 {ENGINE_FAILED, "io.credd.Control.Failed"},
                 {ENGINE_CANCELLED, "io.credd.Control.Cancelled"},
                 {ENGINE_INVALID, "org.varlink.service.InvalidParameter"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        fake.end = (struct engine_end){.result = cases[i].result, .text = "why", .parameter = "to"};
        say(CALL("Adopt", ""));
        expect_error(cases[i].error);
    }
    fake.end = (struct engine_end){.text = "\xff raw", .rows = 7};
    say(CALL("Refresh", ""));
    expect("{\"parameters\":{\"message\":\"\xef\xbf\xbd raw\",\"rows\":7}}");
}

static void news_come_before_the_end(void **state)
{
    const struct engine_news queued = {.kind = NEWS_QUEUED, .text = "behind a reset"};
    const struct engine_news progress = {
        .kind = NEWS_PROGRESS, .text = "customers", .done = 1, .total = 9};
    (void)state;
    fake.keeps = true;
    say(CALL("Advance", ",\"parameters\":{\"by\":\"30d\"},\"more\":true"));
    assert_int_equal(fake.ask.span_us, INT64_C(30) * 86400 * 1000000);
    assert_true(fake_news(&queued) && fake_news(&progress));
    turn();
    expect("{\"parameters\":{\"queued\":\"behind a reset\"},\"continues\":true}");
    expect("{\"parameters\":{\"progress\":{\"text\":\"customers\",\"done\":1,\"total\":9}},"
           "\"continues\":true}");
    fake_end(ENGINE_DONE, "there");
    turn();
    expect("{\"parameters\":{\"message\":\"there\",\"rows\":0}}");
    say(CALL("Version", ""));
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
}

static void without_more_only_the_end_comes(void **state)
{
    (void)state;
    fake.keeps = true;
    say(CALL("Advance", ",\"parameters\":{\"by\":\"1d\"}"));
    assert_null(fake.ticket.callbacks.news);
    expect_nothing();
    fake_end(ENGINE_DONE, "");
    turn();
    expect("{\"parameters\":{\"message\":\"advanced\",\"rows\":0}}");
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
    fake_end(ENGINE_DONE, "first");
    turn();
    expect("{\"parameters\":{\"message\":\"first\",\"rows\":0}}");
    for (int i = 0; i < 30; i++)
        expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
    expect_nothing();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_service_introduces_itself),         TEST(unknown_names_are_told_apart),
        TEST(malformed_ends_the_connection),         TEST(readers_may_only_read),
        TEST(a_change_is_asked_for_with_who_asks),   TEST(what_makes_no_sense_asks_nothing),
        TEST(how_an_ask_ends_is_how_it_is_answered), TEST(news_come_before_the_end),
        TEST(without_more_only_the_end_comes),       TEST(oneway_is_never_answered),
        TEST(requests_are_served_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
