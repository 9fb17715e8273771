/* web.h - the live page: a small HTTP server that only shows. It reads the engine's summary and
 * changes nothing. */
#ifndef CREDD_WEB_WEB_H
#define CREDD_WEB_WEB_H

#include "base/fault.h"

struct engine;
struct event_base;
struct web;

struct web_setup {
    struct event_base *base;
    struct engine *engine;
    const char *listen, *hosts; /* [web]; `hosts` may be NULL */
    const char *group;          /* of a Unix socket */
};

/* Copies what it needs of the texts. Negative errno with a fault. */
int web_new(const struct web_setup *setup, struct web **ret_web, struct fault *fault);
/* "http://127.0.0.1:8137/", or the socket's path. */
const char *web_where(const struct web *web);
void web_free(struct web *web);

#endif
