/* routes.h - what can be asked for: a table of paths, and the function that writes each answer. */
#ifndef CREDD_WEB_ROUTES_H
#define CREDD_WEB_ROUTES_H

#include "engine/summary.h"
#include "web/head.h"

struct charts;
struct evbuffer;

/* What an answer is made from; it knows nothing else. */
struct web_question {
    const struct summary *summary; /* masked */
    const struct charts *charts;   /* NULL: none were made yet */
};

/* An answer that is text, from the summary alone: `fill` writes its body. */
struct web_route {
    const char *path, *type;
    bool (*wanted)(const char *accept); /* by the header Accept; NULL: by all */
    void (*fill)(const struct web_question *question, struct evbuffer *body);
};

/* The first route of that path for such a client; NULL: there is none. */
const struct web_route *route_find(const struct web_head *head);

#endif
