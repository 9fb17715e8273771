#include "control/control.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "control/call.h"
#include "control/connection.h"
#include "control/dispatch.h"
#include "control/limits.h"
#include "control/listen.h"
#include "control/peer.h"
#include "json/text.h"
#include "mail/event_log.h"

#define ACCEPT_WAIT 1 /* seconds, after descriptors ran out */
#define DRAIN_US    250000

struct control {
    struct call_context context;
    char *path;
    char *group;
    struct listen_socket socket;
    struct evconnlistener *listener;
    struct event *accept_again;
    struct event_base *base;
    struct peer_rule rule;
    struct peer_names *names;
    struct connection *connections[LIMITS_OPEN_MAX];
    size_t count;
};

/* --- connections --- */

static bool on_request(void *context, struct connection *connection, const char *text,
                       size_t length)
{
    struct control *control = context;
    return dispatch(&control->context, connection, text, length);
}

static void on_drained(void *context, struct connection *connection)
{
    struct call *call = connection_data(connection);
    (void)context;
    if (call != NULL && call->request != NULL)
        engine_more(call->request);
}

static void on_gone(void *context, struct connection *connection)
{
    struct control *control = context;
    call_abandon(connection_data(connection));
    for (size_t i = 0; i < control->count; i++) {
        if (control->connections[i] == connection)
            control->connections[i] = control->connections[--control->count];
    }
}

static enum limits_use use_of(const struct connection *connection)
{
    const struct call *call = connection_data(connection);
    return limits_use_of(call != NULL ? call->command : NULL);
}

/* What all connections but one are used for; that one may be NULL. */
static size_t survey(const struct control *control, const struct connection *but,
                     struct limits_open open[LIMITS_OPEN_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < control->count; i++) {
        const struct connection *connection = control->connections[i];
        if (connection != but)
            open[count++] = (struct limits_open){connection_peer(connection), use_of(connection)};
    }
    return count;
}

static int admit(void *context, const struct connection *connection, const struct command *command,
                 struct fault *fault)
{
    struct limits_open open[LIMITS_OPEN_MAX];
    const struct limits_open one = {connection_peer(connection), limits_use_of(command)};
    return limits_begin(open, survey(context, connection, open), &one, fault);
}

static void turn_away(int fd, const char *why)
{
    struct text text = {0};
    text_words(&text,
               "{\"error\":\"" CREDD_INTERFACE ".LimitReached\",\"parameters\":{\"message\":");
    text_string(&text, why);
    text_words(&text, "}}");
    text_add(&text, "", 1);
    (void)send(fd, text.bytes, text.length, MSG_DONTWAIT | MSG_NOSIGNAL);
    text_done(&text);
    (void)close(fd);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context)
{
    struct control *control = context;
    const struct connection_hooks hooks = {on_request, on_drained, on_gone, control};
    struct fault fault;
    struct peer peer;
    (void)listener, (void)address, (void)length;
    if (peer_of(fd, &control->rule, control->names, &peer) < 0) {
        (void)close(fd);
        return;
    }
    struct limits_open open[LIMITS_OPEN_MAX];
    size_t count = survey(control, NULL, open);
    if (limits_connect(open, count, control->rule.self, &peer, &fault) < 0) {
        turn_away(fd, fault.text);
        return;
    }
    control->connections[control->count++] =
        connection_new(control->base, fd, &peer, &connection_limits, &hooks);
}

/* Out of descriptors or memory: those who wait stay in the backlog for a while. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    struct control *control = context;
    const struct timeval wait = {.tv_sec = ACCEPT_WAIT};
    (void)evconnlistener_disable(listener);
    (void)evtimer_add(control->accept_again, &wait);
}

static void on_accept_again(evutil_socket_t fd, short what, void *context)
{
    struct control *control = context;
    (void)fd, (void)what;
    (void)evconnlistener_enable(control->listener);
}

/* --- life cycle --- */

static void resolve_group(struct control *control, const char *name)
{
    const struct group *group = name != NULL && name[0] != '\0' ? getgrnam(name) : NULL;
    control->group = mem_text(name != NULL ? name : "");
    control->rule = (struct peer_rule){
        .self = geteuid(), .has_group = group != NULL, .group = group != NULL ? group->gr_gid : 0};
    control->context.group = control->group;
    control->context.has_group = group != NULL;
    if (group == NULL && control->group[0] != '\0' && control->context.host.managed)
        event_log(control->context.host.journal, MESSAGE_GROUP_UNKNOWN, &(struct event_about){0},
                  "control.group %s does not exist: only root%s may operate", name,
                  control->rule.self != 0 ? " and the daemon's own user" : "");
}

/* Of a socket that was passed, only it knows. */
static void note_path(struct control *control)
{
    struct sockaddr_un address = {.sun_family = AF_UNSPEC};
    socklen_t size = sizeof address - 1; /* a path may fill its place to the last byte */
    if (getsockname(control->socket.fd, (struct sockaddr *)&address, &size) < 0 ||
        address.sun_family != AF_UNIX || address.sun_path[0] != '/')
        return;
    free(control->path);
    control->path = mem_text(address.sun_path);
}

int control_new(struct event_base *base, const struct control_host *host, const char *path,
                const char *group, struct control **ret_control, struct fault *fault)
{
    struct control *control = MEM_NEW(struct control);
    control->context.host = *host;
    control->context.admit = admit;
    control->context.control = control;
    control->base = base;
    control->socket.fd = -1;
    control->path = mem_text(path);
    resolve_group(control, group);
    int r =
        listen_open(path, control->rule.has_group, control->rule.group, &control->socket, fault);
    if (r < 0) {
        control_free(control);
        return r;
    }
    if (!control->socket.made)
        note_path(control);
    control->names = peer_names_load("/etc/passwd");
    control->listener =
        evconnlistener_new(base, on_accept, control, LEV_OPT_CLOSE_ON_EXEC, 0, control->socket.fd);
    control->accept_again = evtimer_new(base, on_accept_again, control);
    if (control->listener == NULL || control->accept_again == NULL) {
        control_free(control);
        return fault_set(fault, -EIO, "cannot listen at %s", path);
    }
    evconnlistener_set_error_cb(control->listener, on_accept_error);
    *ret_control = control;
    return 0;
}

static void on_drain_over(evutil_socket_t fd, short what, void *over)
{
    (void)fd, (void)what;
    *(bool *)over = true;
}

/* What takes its time ends with the daemon. */
static bool owes(const struct control *control)
{
    for (size_t i = 0; i < control->count; i++) {
        const struct connection *connection = control->connections[i];
        if (connection_owes(connection) && use_of(connection) == LIMITS_ANSWER)
            return true;
    }
    return false;
}

void control_drain(struct control *control)
{
    const struct timeval most = {.tv_usec = DRAIN_US};
    bool over = false;
    struct event *timer = evtimer_new(control->base, on_drain_over, &over);
    (void)evtimer_del(control->accept_again);
    (void)evconnlistener_disable(control->listener);
    if (timer == NULL)
        return;
    (void)evtimer_add(timer, &most);
    /* What has arrived is read first. */
    int result = event_base_loop(control->base, EVLOOP_NONBLOCK);
    while (result == 0 && !over && owes(control))
        result = event_base_loop(control->base, EVLOOP_ONCE);
    event_free(timer);
}

const char *control_path(const struct control *control)
{
    return control->path;
}

void control_free(struct control *control)
{
    if (control == NULL)
        return;
    for (size_t i = 0; i < control->count; i++) {
        call_abandon(connection_data(control->connections[i]));
        connection_free(control->connections[i]);
    }
    if (control->accept_again != NULL)
        event_free(control->accept_again);
    if (control->listener != NULL)
        evconnlistener_free(control->listener);
    listen_close(&control->socket, control->path);
    peer_names_free(control->names);
    free(control->group);
    free(control->path);
    free(control);
}
