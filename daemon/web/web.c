#include "web/web.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>

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
    struct web_socket socket;
    struct evconnlistener *listener;
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

static void accept_more(struct web *web)
{
    web->full = false;
    (void)evtimer_del(web->accept_again);
    (void)evconnlistener_enable(web->listener);
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
    (void)evconnlistener_disable(web->listener);
    (void)evtimer_add(web->accept_again, &wait);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context)
{
    struct web *web = context;
    const struct web_hooks hooks = {.asked = on_asked, .gone = on_gone, .context = web};
    (void)listener, (void)address, (void)length;
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
        (void)evconnlistener_enable(web->listener);
}

/* --- life cycle --- */

int web_new(const struct web_setup *setup, struct web **ret_web, struct fault *fault)
{
    struct web *web = MEM_NEW(struct web);
    web->base = setup->base;
    web->engine = setup->engine;
    web->listen = mem_text(setup->listen);
    web->hosts = setup->hosts != NULL ? mem_text(setup->hosts) : NULL;
    web->socket.fd = -1;
    int result = web_socket_open(setup->listen, setup->group, &web->socket, fault);
    if (result == 0) {
        page_library_read(&web->library, CREDD_CHART_LIBRARY);
        web->live = live_new(web->base, web->engine);
        web->accept_again = evtimer_new(web->base, on_accept_again, web);
        web->listener =
            evconnlistener_new(web->base, on_accept, web, LEV_OPT_CLOSE_ON_EXEC, 0, web->socket.fd);
        if (web->live == NULL || web->accept_again == NULL || web->listener == NULL)
            result = fault_set(fault, -ENOMEM, "the page cannot be added to the event loop");
    }
    if (result < 0) {
        web_free(web);
        return result;
    }
    evconnlistener_set_error_cb(web->listener, on_accept_error);
    *ret_web = web;
    return 0;
}

const char *web_where(const struct web *web)
{
    return web->socket.where;
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
    if (web->listener != NULL)
        evconnlistener_free(web->listener);
    web_socket_close(&web->socket, web->listen);
    page_library_done(&web->library);
    free(web->listen);
    free(web->hosts);
    free(web);
}
