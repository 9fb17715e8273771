#include "control/connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "base/mem.h"

#define SERVED_PER_TURN 8    /* requests of one connection before others have their turn */
#define HANGUP_MS       1000 /* how often to look whether a peer that waits is still there */

const struct connection_limits connection_limits = {
    .request = CREDD_REQUEST_MAX,
    .queue_high = CREDD_QUEUE_HIGH,
    .queue_max = CREDD_QUEUE_MAX,
    .idle_ms = CREDD_IDLE_S * 1000,
};

struct connection {
    struct bufferevent *stream;
    struct event *turn;  /* serve what is there, or free what is dead, from a clean stack */
    struct event *timer; /* idle, or is the peer still there */
    struct peer peer;
    const struct connection_limits *limits;
    struct connection_hooks hooks;
    void *data;
    bool asked;   /* at least once */
    bool busy;    /* a request is in hand */
    bool serving; /* connection_serve is on the stack */
    bool waiting; /* somebody waits for `drained` */
    bool ended;   /* the peer sends no more */
    bool closing; /* to be freed once the output is delivered */
    bool dead;    /* to be freed at the next turn */
};

static struct timeval span_of(unsigned ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

static size_t queued(const struct connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->stream));
}

static void take_turn(struct connection *connection)
{
    event_active(connection->turn, 0, 0);
}

static void kill(struct connection *connection)
{
    connection->dead = true;
    (void)bufferevent_disable(connection->stream, EV_READ | EV_WRITE);
    take_turn(connection);
}

/* Ends it once what is queued has been delivered. */
static void close_gently(struct connection *connection)
{
    connection->closing = true;
    (void)bufferevent_disable(connection->stream, EV_READ);
    if (queued(connection) == 0)
        kill(connection);
}

static void arm_timer(struct connection *connection)
{
    unsigned ms = connection->limits->idle_ms;
    if (connection->busy && ms > HANGUP_MS)
        ms = HANGUP_MS;
    struct timeval after = span_of(ms);
    (void)event_add(connection->timer, &after);
}

/* A peer that only stopped sending (shutdown) still gets its replies; one that is gone does not. */
static bool hung_up(const struct connection *connection)
{
    struct pollfd poll_of = {.fd = bufferevent_getfd(connection->stream)};
    return poll(&poll_of, 1, 0) > 0 && (poll_of.revents & (POLLHUP | POLLERR)) != 0;
}

/* Whether there is work that may be done now. */
static bool may_serve(const struct connection *connection)
{
    return !connection->busy && !connection->closing && !connection->dead &&
           queued(connection) < connection->limits->queue_high;
}

/* Serves the request that the input begins with. False: there is no whole one. */
static bool serve_one(struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    struct evbuffer_ptr end = evbuffer_search(input, "", 1, NULL);
    size_t length = end.pos < 0 ? evbuffer_get_length(input) : (size_t)end.pos;
    if (length > connection->limits->request) {
        close_gently(connection);
        return false;
    }
    if (end.pos < 0)
        return false;
    const char *text = (const char *)evbuffer_pullup(input, end.pos + 1);
    connection->asked = connection->busy = true;
    bool good = connection->hooks.request(connection->hooks.context, connection, text, length);
    (void)evbuffer_drain(input, length + 1);
    if (good)
        return true;
    connection->busy = false;
    close_gently(connection);
    return false;
}

static void serve(struct connection *connection)
{
    connection->serving = true;
    bool found = true;
    unsigned served = 0;
    while (found && served < SERVED_PER_TURN && may_serve(connection)) {
        found = serve_one(connection);
        served += found;
    }
    connection->serving = false;
    if (connection->dead || connection->closing)
        return;
    if (!found && connection->ended)
        close_gently(connection);
    else if (found && may_serve(connection))
        take_turn(connection);
    if (served > 0)
        arm_timer(connection);
}

static void on_turn(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    (void)fd, (void)what;
    if (!connection->dead) {
        serve(connection);
        return;
    }
    connection->hooks.gone(connection->hooks.context, connection);
    connection_free(connection);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct connection *connection = context;
    (void)fd, (void)what;
    if (!connection->busy || hung_up(connection))
        kill(connection);
    else
        arm_timer(connection);
}

static void on_read(struct bufferevent *stream, void *context)
{
    struct connection *connection = context;
    (void)stream;
    if (may_serve(connection))
        serve(connection);
}

static void on_written(struct bufferevent *stream, void *context)
{
    struct connection *connection = context;
    (void)stream;
    if (connection->dead)
        return;
    if (connection->closing) {
        if (queued(connection) == 0)
            kill(connection);
        return;
    }
    if (connection->waiting) {
        connection->waiting = false;
        connection->hooks.drained(connection->hooks.context, connection);
    }
    if (!connection->busy)
        take_turn(connection);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct connection *connection = context;
    (void)stream;
    if (connection->dead)
        return;
    bool only_stopped_sending = (what & BEV_EVENT_EOF) != 0 && !hung_up(connection);
    if (!only_stopped_sending) {
        kill(connection);
        return;
    }
    connection->ended = true;
    if (!connection->busy)
        take_turn(connection);
}

struct connection *connection_new(struct event_base *base, int fd, const struct peer *peer,
                                  const struct connection_limits *limits,
                                  const struct connection_hooks *hooks)
{
    struct connection *connection = MEM_NEW(struct connection);
    struct timeval stalled = span_of(limits->idle_ms);
    connection->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    connection->turn = event_new(base, -1, 0, on_turn, connection);
    connection->timer = evtimer_new(base, on_timer, connection);
    connection->peer = *peer;
    connection->limits = limits;
    connection->hooks = *hooks;
    bufferevent_setcb(connection->stream, on_read, on_written, on_event, connection);
    bufferevent_setwatermark(connection->stream, EV_READ, 0, limits->request + 1);
    bufferevent_setwatermark(connection->stream, EV_WRITE, 0, 0);
    (void)bufferevent_set_timeouts(connection->stream, NULL, &stalled);
    (void)bufferevent_enable(connection->stream, EV_READ | EV_WRITE);
    arm_timer(connection);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (connection == NULL)
        return;
    event_free(connection->turn);
    event_free(connection->timer);
    bufferevent_free(connection->stream);
    free(connection);
}

const struct peer *connection_peer(const struct connection *connection)
{
    return &connection->peer;
}

bool connection_owes(const struct connection *connection)
{
    struct evbuffer *input = bufferevent_get_input(connection->stream);
    return !connection->dead && (!connection->asked || connection->busy || queued(connection) > 0 ||
                                 evbuffer_get_length(input) > 0);
}

void connection_set_data(struct connection *connection, void *data)
{
    connection->data = data;
}

void *connection_data(const struct connection *connection)
{
    return connection->data;
}

bool connection_send(struct connection *connection, const char *text, size_t length)
{
    if (connection->dead)
        return true;
    (void)bufferevent_write(connection->stream, text, length);
    (void)bufferevent_write(connection->stream, "", 1);
    if (queued(connection) > connection->limits->queue_max)
        kill(connection);
    else if (queued(connection) > connection->limits->queue_high)
        connection->waiting = true;
    return !connection->waiting;
}

void connection_done(struct connection *connection)
{
    connection->busy = false;
    if (!connection->dead)
        arm_timer(connection); /* a long call's timer only watches for a hang-up */
    if (!connection->serving && !connection->dead)
        take_turn(connection);
}
