#include "web/client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/web_address.h"

#define LINGER_MS 2000

const struct web_limits web_limits = {
    .head_ms = 5000, .whole_ms = 30000, .stall_ms = 20000, .backlog = (size_t)256 << 10};

enum phase { PHASE_READS, PHASE_ANSWERS, PHASE_LISTENS, PHASE_ENDS };

struct web_client {
    struct bufferevent *stream;
    struct event *deadline; /* it goes then */
    const struct web_limits *limits;
    struct web_hooks hooks;
    enum phase phase;
    char own[INET6_ADDRSTRLEN];
};

static void go(struct web_client *client)
{
    client->hooks.gone(client->hooks.context, client);
    client_free(client);
}

static void set_deadline(struct web_client *client, unsigned ms)
{
    const struct timeval after = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    (void)event_add(client->deadline, &after);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    go(context);
}

void client_cut(struct web_client *client)
{
    (void)bufferevent_disable(client->stream, EV_READ | EV_WRITE);
    event_active(client->deadline, 0, 0);
}

/* What a client sends beside its request is thrown away: closing a socket with unread bytes in it
 * would take the answer back. */
static void read_head(struct web_client *client)
{
    struct evbuffer *input = bufferevent_get_input(client->stream);
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
    struct web_head head = {.path = "", .host = "", .accept = ""};
    size_t length = end.pos < 0 ? 0 : (size_t)end.pos + 4;
    if (end.pos < 0 && evbuffer_get_length(input) < HEAD_MAX)
        return;
    int status = 431;
    char *text = NULL;
    if (length > 0 && length <= HEAD_MAX) {
        text = mem_zero(length + 1, 1);
        (void)evbuffer_remove(input, text, length);
        status = head_parse(text, length, &head);
    }
    (void)evbuffer_drain(input, evbuffer_get_length(input));
    client->hooks.asked(client->hooks.context, client, status, &head);
    free(text);
}

static void on_read(struct bufferevent *stream, void *context)
{
    struct web_client *client = context;
    struct evbuffer *input = bufferevent_get_input(stream);
    if (client->phase == PHASE_READS)
        read_head(client);
    else
        (void)evbuffer_drain(input, evbuffer_get_length(input));
}

/* All of the answer is with the system. The client closes first: until then it may be reading. */
static void on_written(struct bufferevent *stream, void *context)
{
    struct web_client *client = context;
    if (client->phase != PHASE_ANSWERS || evbuffer_get_length(bufferevent_get_output(stream)) > 0)
        return;
    if (!(bufferevent_get_enabled(stream) & EV_READ)) {
        go(client);
        return;
    }
    client->phase = PHASE_ENDS;
    (void)shutdown(bufferevent_getfd(stream), SHUT_WR);
    set_deadline(client, LINGER_MS);
}

static void on_event(struct bufferevent *stream, short what, void *context)
{
    struct web_client *client = context;
    bool half_closed = what & BEV_EVENT_EOF && client->phase == PHASE_ANSWERS;
    if (half_closed)
        (void)bufferevent_disable(stream, EV_READ);
    else
        go(client);
}

static void note_own(struct web_client *client, int fd)
{
    struct sockaddr_storage own = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof own;
    const int one = 1;
    if (getsockname(fd, (struct sockaddr *)&own, &length) < 0 || own.ss_family == AF_UNIX)
        return;
    web_address_host(&own, client->own);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

struct web_client *client_new(struct event_base *base, int fd, const struct web_limits *limits,
                              const struct web_hooks *hooks)
{
    struct web_client *client = MEM_NEW(struct web_client);
    client->limits = limits;
    client->hooks = *hooks;
    client->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    client->deadline = evtimer_new(base, on_deadline, client);
    if (client->stream == NULL || client->deadline == NULL) {
        if (client->stream == NULL)
            (void)close(fd);
        client_free(client);
        return NULL;
    }
    note_own(client, fd);
    bufferevent_setcb(client->stream, on_read, on_written, on_event, client);
    bufferevent_setwatermark(client->stream, EV_READ, 0, HEAD_MAX);
    (void)bufferevent_enable(client->stream, EV_READ | EV_WRITE);
    set_deadline(client, limits->head_ms);
    return client;
}

void client_free(struct web_client *client)
{
    if (client == NULL)
        return;
    if (client->deadline != NULL)
        event_free(client->deadline);
    if (client->stream != NULL)
        bufferevent_free(client->stream);
    free(client);
}

const char *client_own(const struct web_client *client)
{
    return client->own;
}

bool client_is_reading(const struct web_client *client)
{
    return client->phase == PHASE_READS;
}

void client_answer(struct web_client *client, struct evbuffer *answer)
{
    client->phase = PHASE_ANSWERS;
    set_deadline(client, client->limits->whole_ms);
    (void)bufferevent_write_buffer(client->stream, answer);
}

void client_listen(struct web_client *client, struct evbuffer *answer)
{
    unsigned ms = client->limits->stall_ms;
    const struct timeval stall = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    client->phase = PHASE_LISTENS;
    (void)event_del(client->deadline);
    (void)bufferevent_set_timeouts(client->stream, NULL, &stall);
    (void)bufferevent_write_buffer(client->stream, answer);
}

void client_send(struct web_client *client, const void *bytes, size_t length)
{
    struct evbuffer *output = bufferevent_get_output(client->stream);
    if (evbuffer_get_length(output) + length > client->limits->backlog)
        client_cut(client);
    else
        (void)bufferevent_write(client->stream, bytes, length);
}
