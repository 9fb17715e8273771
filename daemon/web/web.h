/* web.h - the live page: a small HTTP server that only shows. It reads the engine's summary and
 * changes nothing. */
#ifndef CREDD_WEB_WEB_H
#define CREDD_WEB_WEB_H

#include <stdbool.h>

#include "base/fault.h"

struct engine;
struct event_base;
struct web;

struct web_setup {
    struct event_base *base;
    struct engine *engine;
    const char *listen, *hosts; /* [web]; either may be NULL */
    bool public;                /* other machines may reach a socket of systemd */
    const char *group;          /* of a Unix socket that is made here */
};

/* At the sockets that systemd passed, whatever `listen` says, else there. NULL and 0: neither is
 * given, no page is wanted. Copies what it needs of the texts. Negative errno with a fault: there
 * is no page; what is not NULL then only turns away who comes to a socket of systemd, which would
 * otherwise keep them waiting. */
int web_new(const struct web_setup *setup, struct web **ret_web, struct fault *fault);
/* "http://127.0.0.1:8137/", or the socket's path; of several, joined by "and". */
const char *web_where(const struct web *web);
void web_free(struct web *web);

#endif
