/* Rows and limits of a connection: a reader that is slow, silent or gone. */
#include "control_wire.h"

static bool send_rows(size_t count)
{
    static const char *const names[] = {"customer_id", "annual_income", "created_at"};
    static const char *texts[3 * 1000];
    for (size_t i = 0; i < count; i++) {
        texts[3 * i] = "CU-1\"x";
        texts[3 * i + 1] = i % 2 == 0 ? "50000.10" : NULL;
        texts[3 * i + 2] = "2026-01-01 00:00:00";
    }
    const struct news news = {.kind = NEWS_ROWS,
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
    assert_int_equal(fake.ask.audit.streams, 1u << STREAM_CUSTOMERS);
    assert_true(send_rows(2));
    assert_true(send_rows(0));
    turn();
#define HEAD                                                                                    \
    "{\"continues\":true,\"parameters\":{\"table\":\"customers\",\"columns\":[\"customer_id\"," \
    "\"annual_income\",\"created_at\"],\"types\":[\"text\",\"decimal\",\"time\"],\"rows\":["
    expect(HEAD "[\"CU-1\\\"x\",\"50000.10\",\"2026-01-01T00:00:00Z\"],[\"CU-1\\\"x\",null,"
                "\"2026-01-01T00:00:00Z\"]]}}");
    expect(HEAD "]}}");
    fake_end(RESULT_DONE, "");
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
    fake_end(RESULT_DONE, "late");
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

static const struct peer ann = {.uid = 1000, .access = CREDD_ACCESS_READ, .user = "ann"};
static const struct peer ben = {.uid = 1001, .access = CREDD_ACCESS_OPERATE, .user = "ben"};
static const struct peer root = {.uid = 0, .access = CREDD_ACCESS_OPERATE, .user = "root"};
static const struct peer self = {.uid = 990, .access = CREDD_ACCESS_OPERATE, .user = "credd"};

static void open_more(const struct peer *peer, enum limits_use use, size_t count)
{
    for (size_t i = 0; i < count; i++)
        others[other_count++] = (struct limits_open){peer, use};
}

static bool may_connect(const struct peer *peer)
{
    struct fault fault = {0};
    int result = limits_connect(others, other_count, self.uid, peer, &fault);
    assert_int_equal(strlen(fault.text) > 0, result < 0);
    return result == 0;
}

static bool may_begin(const struct peer *peer, enum limits_use use)
{
    struct fault fault = {0};
    const struct limits_open one = {peer, use};
    int result = limits_begin(others, other_count, &one, &fault);
    assert_int_equal(strlen(fault.text) > 0, result < 0);
    return result == 0;
}

static void a_user_has_a_number_of_connections(void **state)
{
    (void)state;
    const struct peer *const peers[] = {&ann, &ben, &root, &self};
    for (size_t i = 0; i < COUNT(peers); i++) {
        other_count = 0;
        open_more(peers[i], LIMITS_ANSWER, CREDD_CONNECTIONS_UID - 1);
        assert_true(may_connect(peers[i]));
        open_more(peers[i], LIMITS_ANSWER, 1);
        assert_false(may_connect(peers[i]));
        assert_true(may_connect(peers[(i + 1) % COUNT(peers)]));
    }
}

/* Whatever those do who only read, and whatever other operators do. */
static void who_operates_finds_room(void **state)
{
    static struct peer crowd[2 * CREDD_CONNECTIONS_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(crowd); i++) {
        enum credd_access access = i % 2 == 0 ? CREDD_ACCESS_READ : CREDD_ACCESS_OPERATE;
        crowd[i] = (struct peer){.uid = (uid_t)(2000 + i), .access = access};
        if (i < COUNT(crowd) - 2)
            open_more(&crowd[i], LIMITS_STREAM, 1);
    }
    assert_true(may_connect(&ann));
    assert_true(may_connect(&ben));
    open_more(&crowd[COUNT(crowd) - 2], LIMITS_ANSWER, 1);
    assert_false(may_connect(&ann));
    assert_true(may_connect(&ben));
    open_more(&crowd[COUNT(crowd) - 1], LIMITS_ANSWER, 1);
    assert_false(may_connect(&ben));
    open_more(&self, LIMITS_ANSWER, CREDD_CONNECTIONS_UID);
    assert_true(may_connect(&root));
    open_more(&root, LIMITS_ANSWER, CREDD_CONNECTIONS_UID);
    assert_int_equal(other_count, LIMITS_OPEN_MAX);
    for (size_t i = 0; i < other_count; i++)
        assert_false(may_connect(others[i].peer));
}

static void streams_and_jobs_leave_connections_for_answers(void **state)
{
    (void)state;
    open_more(&ben, LIMITS_STREAM, CREDD_STREAMS_UID - 1);
    assert_true(may_begin(&ben, LIMITS_STREAM));
    open_more(&ben, LIMITS_STREAM, 1);
    assert_false(may_begin(&ben, LIMITS_STREAM));
    assert_true(may_begin(&root, LIMITS_STREAM));
    assert_true(may_begin(&ben, LIMITS_JOB));
    open_more(&ben, LIMITS_JOB, CREDD_WAITING_UID - CREDD_STREAMS_UID);
    assert_false(may_begin(&ben, LIMITS_JOB));
    assert_true(may_begin(&ben, LIMITS_ANSWER));
    assert_true(may_connect(&ben));
    other_count = 0;
    open_more(&ben, LIMITS_JOB, CREDD_WAITING_UID - 1);
    assert_true(may_begin(&ben, LIMITS_STREAM));
    open_more(&ben, LIMITS_JOB, 1);
    assert_false(may_begin(&ben, LIMITS_STREAM));
    assert_false(may_begin(&ben, LIMITS_JOB));
}

static void commands_know_how_long_they_last(void **state)
{
    (void)state;
    assert_int_equal(limits_use_of(NULL), LIMITS_ANSWER);
    static const struct {
        const char *method;
        enum limits_use use;
    } wanted[] = {
        {"Status", LIMITS_ANSWER}, {"Pause", LIMITS_ANSWER}, {"Resume", LIMITS_ANSWER},
        {"Cancel", LIMITS_ANSWER}, {"Advance", LIMITS_JOB},  {"Reset", LIMITS_JOB},
        {"Refresh", LIMITS_JOB},   {"Watch", LIMITS_STREAM}, {"Export", LIMITS_STREAM},
        {"Verify", LIMITS_STREAM},
    };
    for (size_t i = 0; i < COUNT(wanted); i++)
        assert_int_equal(limits_use_of(command_find(wanted[i].method)), wanted[i].use);
}

static void one_stream_too_many_is_refused_and_no_more(void **state)
{
    (void)state;
    open_more(&ann, LIMITS_STREAM, CREDD_STREAMS_UID);
    fake.keeps = true;
    say(CALL("Watch", ",\"more\":true"));
    expect_error(CREDD_INTERFACE ".LimitReached");
    assert_int_equal(fake.asks, 0);
    say(CALL("Version", ""));
    expect("{\"parameters\":{\"version\":\"" CREDD_VERSION "\"}}");
    other_count--;
    say(CALL("Watch", ",\"more\":true"));
    expect_nothing();
    assert_int_equal(fake.asks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_keep_their_spelling),
        TEST(a_slow_reader_makes_the_producer_wait),
        TEST(one_that_never_reads_is_dropped),
        TEST(a_peer_that_vanishes_is_withdrawn),
        TEST(a_peer_that_only_stops_sending_is_answered),
        TEST(a_request_is_bounded),
        TEST(who_asks_nothing_is_closed),
        TEST(a_user_has_a_number_of_connections),
        TEST(who_operates_finds_room),
        TEST(streams_and_jobs_leave_connections_for_answers),
        TEST(commands_know_how_long_they_last),
        TEST(one_stream_too_many_is_refused_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
