/* A connection that is slow, silent or greedy is cut. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control_checks.h"
#include "web/client.h"

static struct {
    struct event_base *base;
    struct web_client *client;
    int peer, asked, gone, status;
    bool listens;
} at;

static void on_asked(void *context, struct web_client *client, int status,
                     const struct web_head *head)
{
    struct evbuffer *answer = evbuffer_new();
    (void)context, (void)head;
    at.asked++;
    at.status = status;
    (void)evbuffer_add(answer, "answer", 6);
    if (at.listens)
        client_listen(client, answer);
    else
        client_answer(client, answer);
    evbuffer_free(answer);
}

static void on_gone(void *context, struct web_client *client)
{
    (void)context;
    assert_ptr_equal(client, at.client);
    at.gone++;
    at.client = NULL;
}

static void begin(const struct web_limits *limits, bool listens)
{
    int pair[2];
    const struct web_hooks hooks = {.asked = on_asked, .gone = on_gone};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    at.base = event_base_new();
    at.asked = at.gone = at.status = 0;
    at.listens = listens;
    at.peer = pair[1];
    at.client = client_new(at.base, pair[0], limits, &hooks);
    assert_non_null(at.client);
}

/* Until the client goes. */
static void run(void)
{
    while (at.gone == 0)
        assert_int_equal(event_base_loop(at.base, EVLOOP_ONCE), 0);
}

static void turn(void)
{
    (void)event_base_loop(at.base, EVLOOP_NONBLOCK);
}

static void end(void)
{
    client_free(at.client);
    (void)close(at.peer);
    event_base_free(at.base);
}

static void ask(const char *text)
{
    assert_int_equal(write(at.peer, text, strlen(text)), (ssize_t)strlen(text));
}

static const struct web_limits quick = {
    .head_ms = 50, .whole_ms = 50, .stall_ms = 50, .backlog = 1000};
static const struct web_limits patient = {
    .head_ms = 600000, .whole_ms = 600000, .stall_ms = 600000, .backlog = 1000};

#define GET "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

static void a_head_must_come_in_time(void **state)
{
    (void)state;
    begin(&quick, false);
    ask("GET / HTTP/1.1\r\n");
    run();
    assert_int_equal(at.asked, 0);
    end();
}

static void an_answer_is_given_and_the_connection_ends(void **state)
{
    char text[16];
    (void)state;
    begin(&patient, false);
    ask(GET);
    while (at.asked == 0 || recv(at.peer, text, sizeof text, MSG_PEEK) < 6)
        assert_int_equal(event_base_loop(at.base, EVLOOP_ONCE), 0);
    assert_int_equal(at.status, 0);
    assert_int_equal(read(at.peer, text, sizeof text), 6);
    turn();
    assert_int_equal(read(at.peer, text, sizeof text), 0);
    ask("more that nobody asked for");
    turn();
    (void)shutdown(at.peer, SHUT_WR);
    run();
    assert_int_equal(at.asked, 1);
    end();
}

static void who_stops_sending_gets_the_answer(void **state)
{
    char text[16];
    (void)state;
    begin(&patient, false);
    ask(GET);
    (void)shutdown(at.peer, SHUT_WR);
    run();
    assert_int_equal(read(at.peer, text, sizeof text), 6);
    end();
}

static void too_large_a_head_is_told(void **state)
{
    static char text[HEAD_MAX];
    (void)state;
    begin(&patient, false);
    memset(text, 'x', sizeof text);
    for (size_t sent = 0; at.asked == 0;) {
        ssize_t written = write(at.peer, text, sizeof text - sent % sizeof text);
        sent += written > 0 ? (size_t)written : 0;
        turn();
    }
    assert_int_equal(at.status, 431);
    end();
}

static void who_takes_nothing_of_a_stream_is_cut(void **state)
{
    static char bytes[900];
    (void)state;
    begin(&patient, true);
    ask(GET);
    while (at.asked == 0)
        turn();
    for (int i = 0; i < 100000 && at.gone == 0; i++) {
        client_send(at.client, bytes, sizeof bytes);
        turn();
    }
    assert_int_equal(at.gone, 1);
    end();
}

static void a_stalled_stream_is_cut(void **state)
{
    static char bytes[100];
    const struct web_limits limits = {
        .head_ms = 600000, .whole_ms = 600000, .stall_ms = 50, .backlog = 1u << 30};
    (void)state;
    begin(&limits, true);
    ask(GET);
    while (at.asked == 0)
        turn();
    for (int i = 0; i < 20000; i++)
        client_send(at.client, bytes, sizeof bytes);
    run();
    end();
}

/* Those of the daemon itself, which no other test here waits for. */
static void the_limits_are_those_of_the_manual(void **state)
{
    static char page[1 << 16];
    char told[300];
    (void)state;
    FILE *in = fopen("packaging/man/credd.8", "re");
    assert_non_null(in);
    page[fread(page, 1, sizeof page - 1, in)] = '\0';
    assert_int_equal(fclose(in), 0);
    for (char *at_end = page; (at_end = strchr(at_end, '\n')) != NULL;)
        *at_end = ' ';
    (void)snprintf(
        told, sizeof told,
        "A request must be complete within %u seconds and its response be read within "
        "%u; an event stream whose client reads nothing for %u seconds, or falls %zu KiB "
        "behind, is closed.",
        web_limits.head_ms / 1000, web_limits.whole_ms / 1000, web_limits.stall_ms / 1000,
        web_limits.backlog >> 10);
    if (strstr(page, told) == NULL)
        fail_msg("credd(8) does not say: %s", told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_must_come_in_time),
        cmocka_unit_test(an_answer_is_given_and_the_connection_ends),
        cmocka_unit_test(who_stops_sending_gets_the_answer),
        cmocka_unit_test(too_large_a_head_is_told),
        cmocka_unit_test(who_takes_nothing_of_a_stream_is_cut),
        cmocka_unit_test(a_stalled_stream_is_cut),
        cmocka_unit_test(the_limits_are_those_of_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
