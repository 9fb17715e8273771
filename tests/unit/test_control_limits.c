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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
