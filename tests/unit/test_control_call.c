#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/call.h"
#include "control_fake.h"

static struct event_base *base;
static struct call_context context;
static struct connection *connection;
static struct connection_limits limits;
static struct config config;
static int peer_fd;
static bool gone;
static char received[1 << 20];
static size_t received_length;

/* --- one connection, with the test at its other end --- */

static const struct config *the_config(void *unused)
{
    (void)unused;
    return &config;
}

static int the_reload(void *unused, long long uid, long long pid, const char *user,
                      char changed[1024], char pending[1024], struct fault *fault)
{
    (void)unused, (void)uid, (void)pid, (void)user, (void)changed;
    (void)snprintf(pending, 1024, "seed");
    return fake.end.result == ENGINE_FAILED ? fault_set(fault, -22, "line 3 is wrong") : 0;
}

static bool on_request(void *unused, struct connection *from, const char *text, size_t length)
{
    (void)unused;
    return call_begin(&context, from, text, length);
}

static void on_drained(void *unused, struct connection *from)
{
    struct call *call = connection_data(from);
    (void)unused;
    if (call != NULL && call->ticket != NULL)
        engine_more(call->ticket);
}

static void on_gone(void *unused, struct connection *from)
{
    (void)unused;
    call_abandon(connection_data(from));
    gone = true;
}

static void open_as(enum credd_access access)
{
    const struct connection_hooks hooks = {on_request, on_drained, on_gone, NULL};
    const struct peer peer = {.uid = 1000, .pid = 77, .access = access, .user = "ann"};
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    memset(&fake, 0, sizeof fake);
    peer_fd = fds[1];
    gone = false;
    received_length = 0;
    connection = connection_new(base, fds[0], &peer, &limits, &hooks);
}

static int set_up(void **state)
{
    (void)state;
    base = event_base_new();
    limits = connection_limits;
    assert_int_equal(zone_load("UTC", &config.zone, NULL), 0);
    config.timezone = (char[]){"UTC"};
    for (int i = 0; i < STREAM_COUNT; i++)
        assert_int_equal(schedule_parse("hourly", &config.streams[i].schedule, NULL), 0);
    context = (struct call_context){.group = "credd", .has_group = true};
    context.host.config = the_config;
    context.host.reload = the_reload;
    open_as(CREDD_ACCESS_OPERATE);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (!gone) {
        call_abandon(connection_data(connection));
        connection_free(connection);
    }
    (void)close(peer_fd);
    zone_free(config.zone);
    for (int i = 0; i < STREAM_COUNT; i++)
        schedule_free(config.streams[i].schedule);
    event_base_free(base);
    return 0;
}

static void turn(void)
{
    for (int i = 0; i < 20; i++)
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static void say(const char *text)
{
    size_t length = strlen(text) + 1;
    assert_int_equal(send(peer_fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
    turn();
}

static void receive(void)
{
    ssize_t n;
    while ((n = recv(peer_fd, received + received_length, sizeof received - received_length, 0)) >
           0) {
        received_length += (size_t)n;
        turn();
    }
}

/* The next reply; the caller releases it. NULL: none has come. */
static json_t *reply(void)
{
    receive();
    size_t length = strnlen(received, received_length);
    if (length == received_length)
        return NULL;
    json_t *json = json_loads(received, 0, NULL);
    assert_true(json_is_object(json));
    received_length -= length + 1;
    memmove(received, received + length + 1, received_length);
    return json;
}

static void expect(const char *wanted)
{
    json_t *json = reply();
    json_t *wants = json_loads(wanted, 0, NULL);
    assert_non_null(json);
    assert_non_null(wants);
    if (!json_equal(json, wants)) {
        char *text = json_dumps(json, 0);
        fail_msg("%s instead of %s", text, wanted);
    }
    json_decref(json);
    json_decref(wants);
}

static void expect_error(const char *name)
{
    json_t *json = reply();
    assert_non_null(json);
    assert_non_null(json_object_get(json, "error"));
    assert_string_equal(json_string_value(json_object_get(json, "error")), name);
    json_decref(json);
}

static void expect_nothing(void)
{
    assert_null(reply());
    assert_false(gone);
}

#define CALL(method, rest) "{\"method\":\"io.credd.Control." method "\"" rest "}"

/* --- calls --- */

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

/* --- rows and limits --- */

static bool send_rows(size_t count)
{
    static const char *const names[] = {"customer_id", "annual_income", "created_at"};
    static const char *texts[3 * 1000];
    for (size_t i = 0; i < count; i++) {
        texts[3 * i] = "CU-1\"x";
        texts[3 * i + 1] = i % 2 == 0 ? "50000.10" : NULL;
        texts[3 * i + 2] = "2026-01-01 00:00:00";
    }
    const struct engine_news news = {.kind = NEWS_ROWS,
                                     .table = "customers",
                                     .names = names,
                                     .columns = 3,
                                     .rows = count,
                                     .texts = texts};
    return fake_news(&news);
}

static void rows_keep_their_spelling(void **state)
{
    (void)state;
    fake.keeps = true;
    say(CALL("Export", ",\"more\":true,\"parameters\":{\"tables\":[\"customers\"]}"));
    assert_int_equal(fake.ask.streams, 1u << STREAM_CUSTOMERS);
    assert_true(send_rows(2));
    assert_true(send_rows(0));
    turn();
#define HEAD                                                                                    \
    "{\"continues\":true,\"parameters\":{\"table\":\"customers\",\"columns\":[\"customer_id\"," \
    "\"annual_income\",\"created_at\"],\"types\":[\"text\",\"decimal\",\"time\"],\"rows\":["
    expect(HEAD "[\"CU-1\\\"x\",\"50000.10\",\"2026-01-01T00:00:00Z\"],[\"CU-1\\\"x\",null,"
                "\"2026-01-01T00:00:00Z\"]]}}");
    expect(HEAD "]}}");
    fake_end(ENGINE_DONE, "");
    turn();
    expect("{\"parameters\":{\"total\":2}}");
}

static void a_slow_reader_makes_the_producer_wait(void **state)
{
    size_t sent = 0;
    (void)state;
    limits.queue_high = 100000;
    fake.keeps = true;
    say(CALL("Watch", ",\"more\":true"));
    while (send_rows(200) && ++sent < 1000)
        turn();
    assert_true(sent > 0 && sent < 100);
    turn();
    assert_int_equal(fake.mores, 0);
    receive();
    turn();
    assert_int_equal(fake.mores, 1);
    assert_false(gone);
    assert_int_equal(fake.withdrawn, 0);
}

static void one_that_never_reads_is_dropped(void **state)
{
    (void)state;
    limits.queue_high = 10000;
    limits.queue_max = 100000;
    fake.keeps = true;
    say(CALL("Watch", ",\"more\":true"));
    for (int i = 0; i < 40; i++)
        (void)send_rows(200);
    turn();
    assert_true(gone);
    assert_int_equal(fake.withdrawn, 1);
}

static void a_peer_that_vanishes_is_withdrawn(void **state)
{
    (void)state;
    fake.keeps = true;
    say(CALL("Watch", ",\"more\":true"));
    (void)close(peer_fd);
    turn();
    assert_true(gone);
    assert_int_equal(fake.withdrawn, 1);
    peer_fd = -1;
}

static void a_peer_that_only_stops_sending_is_answered(void **state)
{
    (void)state;
    fake.keeps = true;
    say(CALL("Refresh", ""));
    assert_int_equal(shutdown(peer_fd, SHUT_WR), 0);
    turn();
    expect_nothing();
    fake_end(ENGINE_DONE, "late");
    turn();
    expect("{\"parameters\":{\"message\":\"late\",\"rows\":0}}");
    turn();
    assert_true(gone);
}

static void a_request_is_bounded(void **state)
{
    size_t length = CREDD_REQUEST_MAX;
    char *text = calloc(1, length + 2);
    (void)state;
    memset(text, ' ', length);
    memcpy(text, CALL("Version", ""), sizeof CALL("Version", "") - 1);
    for (size_t sent = 0; sent < length + 1; turn())
        sent += (size_t)send(peer_fd, text + sent,
                             length + 1 - sent > 4096 ? 4096 : length + 1 - sent, 0);
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
    text[length] = ' ';
    for (size_t sent = 0; sent < length + 2 && !gone; turn())
        sent += (size_t)send(peer_fd, text + sent,
                             length + 2 - sent > 4096 ? 4096 : length + 2 - sent, MSG_NOSIGNAL);
    assert_true(gone);
    free(text);
}

static void who_asks_nothing_is_closed(void **state)
{
    (void)state;
    connection_free(connection);
    (void)close(peer_fd);
    limits.idle_ms = 20;
    open_as(CREDD_ACCESS_OPERATE);
    (void)send(peer_fd, "{", 1, 0); /* a part of a request is none */
    while (!gone)
        (void)event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(fake.asks, 0);
}

/* --- answers from memory --- */

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
        fake.report.streams[i] = (struct stream_report){
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
    part = json_array_get(json_object_get(status, "streams"), 4);
    at = json_object_iter(part);
    for (size_t i = 0; i < COUNT(of_stream); i++, at = json_object_iter_next(part, at))
        assert_string_equal(json_object_iter_key(at), of_stream[i]);
    assert_true(json_is_null(json_object_get(status, "world")));
    assert_true(json_is_null(json_object_get(status, "job")));
    assert_true(json_is_null(json_object_get(part, "watermark")));
    json_decref(json);
}

/* A run that should have written rows is what makes a stream late, not the time since its
 * watermark. */
static void a_missed_run_makes_a_stream_late(void **state)
{
    static const struct {
        int64_t watermark, now, late;
    } cases[] = {{7200, 10799, 0}, {7200, 10800, 0}, {7200, 10860, 60}, {7199, 10800, 3600}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int k = 0; k < STREAM_COUNT; k++)
            fake.report.streams[k] = (struct stream_report){
                .enabled = true, .started = true, .watermark = {cases[i].watermark}};
        fake.report.world_now = (world_time){cases[i].now};
        say(CALL("Status", ""));
        json_t *json = reply();
        const json_t *streams = json_object_get(json_object_get(json, "parameters"), "streams");
        assert_int_equal(json_integer_value(json_object_get(json_array_get(streams, 0), "late_s")),
                         cases[i].late);
        json_decref(json);
    }
}

static void history_keeps_the_last_so_many(void **state)
{
    struct engine_act act = {
        .kind = "pause", .stream = "", .user = "ann", .reason = "", .value = "0"};
    (void)state;
    fake.keeps = true;
    say(CALL("History", ",\"parameters\":{\"count\":2}"));
    for (int64_t i = 1; i <= 3; i++) {
        const struct engine_news news = {.kind = NEWS_ACT, .act = &act};
        act.pid = i;
        assert_true(fake_news(&news));
    }
    expect_nothing();
    fake_end(ENGINE_DONE, "");
    turn();
    json_t *json = reply();
    const json_t *acts = json_object_get(json_object_get(json, "parameters"), "acts");
    assert_int_equal(json_array_size(acts), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(acts, 1), "pid")), 3);
    json_decref(json);
}

static void a_bad_configuration_is_told(void **state)
{
    (void)state;
    say(CALL("Reload", ""));
    expect("{\"parameters\":{\"changed\":\"\",\"pending\":\"seed\"}}");
    fake.end.result = ENGINE_FAILED;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_service_introduces_itself),
        TEST(unknown_names_are_told_apart),
        TEST(malformed_ends_the_connection),
        TEST(readers_may_only_read),
        TEST(a_change_is_asked_for_with_who_asks),
        TEST(what_makes_no_sense_asks_nothing),
        TEST(how_an_ask_ends_is_how_it_is_answered),
        TEST(news_come_before_the_end),
        TEST(without_more_only_the_end_comes),
        TEST(oneway_is_never_answered),
        TEST(requests_are_served_in_turn),
        TEST(rows_keep_their_spelling),
        TEST(a_slow_reader_makes_the_producer_wait),
        TEST(one_that_never_reads_is_dropped),
        TEST(a_peer_that_vanishes_is_withdrawn),
        TEST(a_peer_that_only_stops_sending_is_answered),
        TEST(a_request_is_bounded),
        TEST(who_asks_nothing_is_closed),
        TEST(the_status_has_the_promised_shape),
        TEST(a_missed_run_makes_a_stream_late),
        TEST(history_keeps_the_last_so_many),
        TEST(a_bad_configuration_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
