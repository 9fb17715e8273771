/* control_wire.h - one connection with the test at its other end, served by the real calls with a
 * fake engine behind them. */
#ifndef CREDD_TEST_CONTROL_WIRE_H
#define CREDD_TEST_CONTROL_WIRE_H

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/call.h"
#include "control/dispatch.h"
#include "control/limits.h"
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

static inline const struct config *the_config(void *unused)
{
    (void)unused;
    return &config;
}

static inline int the_reload(void *unused, long long uid, long long pid, const char *user,
                             char changed[1024], char pending[1024], struct fault *fault)
{
    (void)unused, (void)uid, (void)pid, (void)user, (void)changed;
    (void)snprintf(pending, 1024, "seed");
    return fake.end.result == RESULT_FAILED ? fault_set(fault, -22, "line 3 is wrong") : 0;
}

/* What other connections there are. */
static struct limits_open others[LIMITS_OPEN_MAX];
static size_t other_count;

static inline int the_admission(void *unused, const struct connection *from,
                                const struct command *command, struct fault *fault)
{
    const struct limits_open one = {connection_peer(from), limits_use_of(command)};
    (void)unused;
    return limits_begin(others, other_count, &one, fault);
}

static inline bool on_request(void *unused, struct connection *from, const char *text,
                              size_t length)
{
    (void)unused;
    return dispatch(&context, from, text, length);
}

static inline void on_drained(void *unused, struct connection *from)
{
    struct call *call = connection_data(from);
    (void)unused;
    if (call != NULL && call->request != NULL)
        engine_more(call->request);
}

static inline void on_gone(void *unused, struct connection *from)
{
    (void)unused;
    call_abandon(connection_data(from));
    gone = true;
}

static inline void open_as(enum credd_access access)
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

static inline int set_up(void **state)
{
    static char timezone[] = "UTC";
    (void)state;
    base = event_base_new();
    limits = connection_limits;
    assert_int_equal(zone_load("UTC", &config.zone, NULL), 0);
    config.timezone = timezone;
    for (int i = 0; i < STREAM_COUNT; i++)
        assert_int_equal(schedule_parse("hourly", &config.streams[i].schedule, NULL), 0);
    context = (struct call_context){.group = "credd", .has_group = true};
    context.admit = the_admission;
    other_count = 0;
    context.host.config = the_config;
    context.host.reload = the_reload;
    open_as(CREDD_ACCESS_OPERATE);
    return 0;
}

static inline int tear_down(void **state)
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

static inline void turn(void)
{
    for (int i = 0; i < 20; i++)
        (void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static inline void say(const char *text)
{
    size_t length = strlen(text) + 1;
    assert_int_equal(send(peer_fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
    turn();
}

static inline void receive(void)
{
    ssize_t n;
    while ((n = recv(peer_fd, received + received_length, sizeof received - received_length, 0)) >
           0) {
        received_length += (size_t)n;
        turn();
    }
}

/* The next reply; the caller releases it. NULL: none has come. */
static inline json_t *reply(void)
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

static inline void expect(const char *wanted)
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

static inline void expect_error(const char *name)
{
    json_t *json = reply();
    assert_non_null(json);
    assert_non_null(json_object_get(json, "error"));
    assert_string_equal(json_string_value(json_object_get(json, "error")), name);
    json_decref(json);
}

static inline void expect_nothing(void)
{
    assert_null(reply());
    assert_false(gone);
}

#define CALL(method, rest) "{\"method\":\"io.credd.Control." method "\"" rest "}"

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
