#include "web/web.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "engine/engine.h"
#include "web/answer.h"
#include "web/hosts.h"
#include "web/live.h"
#include "web/masked.h"
#include "web/page.h"
#include "web/routes.h"
#include "web/socket.h"

#define CLIENTS_MAX   (LIVE_MAX + 64)
#define ACCEPT_WAIT_S 1 /* when no descriptor or no place is left */

struct web {
    struct event_base *base;
    struct engine *engine;
    char *listen, *hosts;
    struct web_socket *sockets;
    struct evconnlistener **listeners; /* one for each */
    size_t socket_count;
    char *where;
    bool closed; /* whoever comes is turned away */
    struct event *accept_again;
    struct web_client *clients[CLIENTS_MAX]; /* in the order in which they came */
    size_t count;
    bool full; /* who comes now waits in the listening socket */
    struct live *live;
    struct page_library library;
};

/* --- answers --- */

static bool put_file(const struct web *web, const char *path, struct evbuffer *body,
                     const char **ret_type)
{
    for (size_t i = 0; i < PAGE_FILES; i++)
        if (strcmp(page_files[i].path, path) == 0) {
            *ret_type = page_files[i].type;
            (void)evbuffer_add_reference(body, page_files[i].bytes, page_files[i].length, NULL,
                                         NULL);
            return true;
        }
    if (strcmp(path, PAGE_LIBRARY) != 0 || web->library.length == 0)
        return false;
    *ret_type = "text/javascript; charset=utf-8";
    (void)evbuffer_add_reference(body, web->library.text, web->library.length, NULL, NULL);
    return true;
}

static bool put_route(const struct web *web, const struct web_head *head, struct evbuffer *body,
                      const char **ret_type)
{
    const struct web_route *route = route_find(head);
    if (route == NULL)
        return false;
    struct summary *summary = MEM_NEW(struct summary);
    engine_summary(web->engine, summary);
    masked(summary);
    route->fill(&(struct web_question){.summary = summary, .charts = live_charts(web->live)}, body);
    free(summary);
    *ret_type = route->type;
    return true;
}

static int admit(const struct web *web, const struct web_client *client,
                 const struct web_head *head)
{
    if (!hosts_allow(web->hosts, client_own(client), head->host))
        return 421;
    return hosts_same_origin(head) ? 0 : 403;
}

static void answer(struct web *web, struct web_client *client, int status,
                   const struct web_head *head)
{
    struct evbuffer *out = evbuffer_new(), *body = evbuffer_new();
    const char *type;
    bool listens = false;
    if (out == NULL || body == NULL) {
        client_cut(client);
        return;
    }
    if (status == 0)
        status = admit(web, client, head);
    if (status == 0 && strcmp(head->path, "/events") == 0 && !head->only_head) {
        answer_stream(out);
        listens = live_join(web->live, client, out);
        status = listens ? 0 : 503;
        if (!listens)
            (void)evbuffer_drain(out, evbuffer_get_length(out));
    } else if (status == 0) {
        if (put_file(web, head->path, body, &type) || put_route(web, head, body, &type))
            answer_put(out, 200, type, body, head->only_head);
        else
            status = 404;
    }
    if (status != 0)
        answer_refusal(out, status, head->only_head);
    if (!listens)
        client_answer(client, out);
    evbuffer_free(body);
    evbuffer_free(out);
}

static void on_asked(void *context, struct web_client *client, int status,
                     const struct web_head *head)
{
    answer(context, client, status, head);
}

/* --- connections --- */

static void accept_all(const struct web *web)
{
    for (size_t i = 0; i < web->socket_count; i++)
        (void)evconnlistener_enable(web->listeners[i]);
}

static void accept_more(struct web *web)
{
    web->full = false;
    (void)evtimer_del(web->accept_again);
    accept_all(web);
}

static void on_gone(void *context, struct web_client *client)
{
    struct web *web = context;
    size_t i = 0;
    live_leave(web->live, client);
    while (i < web->count && web->clients[i] != client)
        i++;
    if (i == web->count)
        return;
    for (web->count--; i < web->count; i++)
        web->clients[i] = web->clients[i + 1];
    if (web->full)
        accept_more(web);
}

static void wait_to_accept(struct web *web)
{
    const struct timeval wait = {.tv_sec = ACCEPT_WAIT_S};
    for (size_t i = 0; i < web->socket_count; i++)
        (void)evconnlistener_disable(web->listeners[i]);
    (void)evtimer_add(web->accept_again, &wait);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context)
{
    struct web *web = context;
    const struct web_hooks hooks = {.asked = on_asked, .gone = on_gone, .context = web};
    (void)listener, (void)address, (void)length;
    if (web->closed) {
        (void)close((int)fd);
        return;
    }
    struct web_client *client = client_new(web->base, (int)fd, &web_limits, &hooks);
    if (client != NULL)
        web->clients[web->count++] = client;
    web->full = web->count == CLIENTS_MAX;
    if (web->full)
        wait_to_accept(web);
}

/* No descriptor is left: those that wait would wake the loop all the time. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
    (void)listener;
    wait_to_accept(context);
}

/* Those that took a place and then asked nothing all the while make way. */
static void drop_silent(struct web *web)
{
    for (size_t i = web->count; i-- > 0;) {
        struct web_client *client = web->clients[i];
        if (!client_is_reading(client))
            continue;
        on_gone(web, client);
        client_free(client);
    }
}

static void on_accept_again(evutil_socket_t fd, short what, void *context)
{
    struct web *web = context;
    (void)fd, (void)what;
    if (web->full)
        drop_silent(web);
    if (web->full)
        wait_to_accept(web);
    else
        accept_all(web);
}

/* --- life cycle --- */

/* Those of systemd; else what web.listen says, if it says anything. */
static int open_sockets(struct web *web, const struct web_setup *setup, struct fault *fault)
{
    int result = web_sockets_passed(setup->public, &web->sockets, &web->socket_count, fault);
    if (web->socket_count > 0 || setup->listen == NULL)
        return result;
    free(web->sockets);
    web->sockets = MEM_NEW(struct web_socket);
    result = web_socket_open(setup->listen, setup->group, web->sockets, fault);
    web->socket_count = result == 0;
    return result;
}

static int add_listeners(struct web *web, struct fault *fault)
{
    bool fine = true;
    web->listeners = MEM_ARRAY(struct evconnlistener *, web->socket_count);
    web->live = live_new(web->base, web->engine);
    web->accept_again = evtimer_new(web->base, on_accept_again, web);
    for (size_t i = 0; i < web->socket_count; i++) {
        web->listeners[i] = evconnlistener_new(web->base, on_accept, web, LEV_OPT_CLOSE_ON_EXEC, 0,
                                               web->sockets[i].fd);
        if (web->listeners[i] != NULL)
            evconnlistener_set_error_cb(web->listeners[i], on_accept_error);
        fine = fine && web->listeners[i] != NULL;
    }
    return fine && web->live != NULL && web->accept_again != NULL
               ? 0
               : fault_set(fault, -ENOMEM, "the page cannot be added to the event loop");
}

static void note_where(struct web *web)
{
    web->where = mem_text(web->sockets[0].where);
    for (size_t i = 1; i < web->socket_count; i++) {
        char *before = web->where;
        web->where = mem_format("%s and %s", before, web->sockets[i].where);
        free(before);
    }
}

int web_new(const struct web_setup *setup, struct web **ret_web, struct fault *fault)
{
    struct web *web = MEM_NEW(struct web);
    web->base = setup->base;
    web->engine = setup->engine;
    web->listen = setup->listen != NULL ? mem_text(setup->listen) : NULL;
    web->hosts = setup->hosts != NULL ? mem_text(setup->hosts) : NULL;
    int result = open_sockets(web, setup, fault);
    web->closed = result < 0;
    if (web->socket_count == 0) {
        web_free(web);
        *ret_web = NULL;
        return result;
    }
    int added = add_listeners(web, fault);
    if (added < 0) {
        web_free(web);
        *ret_web = NULL;
        return added;
    }
    if (!web->closed)
        page_library_read(&web->library, CREDD_CHART_LIBRARY);
    note_where(web);
    *ret_web = web;
    return result;
}

const char *web_where(const struct web *web)
{
    return web->where;
}

void web_free(struct web *web)
{
    if (web == NULL)
        return;
    for (size_t i = 0; i < web->count; i++)
        client_free(web->clients[i]);
    live_free(web->live);
    if (web->accept_again != NULL)
        event_free(web->accept_again);
    for (size_t i = 0; i < web->socket_count; i++) {
        if (web->listeners != NULL && web->listeners[i] != NULL)
            evconnlistener_free(web->listeners[i]);
        web_socket_close(&web->sockets[i], web->listen);
    }
    page_library_done(&web->library);
    free((void *)web->listeners);
    free(web->sockets);
    free(web->where);
    free(web->listen);
    free(web->hosts);
    free(web);
}
