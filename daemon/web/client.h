/* client.h - one connection of a browser: one request, one answer, or one stream of events until it
 * goes. Whoever is slow is cut. evhttp gives a server no say over a connection before its request
 * is whole, so these stand on bufferevents. */
#ifndef CREDD_WEB_CLIENT_H
#define CREDD_WEB_CLIENT_H

#include <arpa/inet.h>

#include "web/head.h"

struct evbuffer;
struct event_base;
struct web_client;

struct web_limits {
    unsigned head_ms;  /* from the connection to the end of its head */
    unsigned whole_ms; /* from then until the answer is taken */
    unsigned stall_ms; /* of a stream: without taking anything */
    size_t backlog;    /* of a stream: bytes that it has not taken */
};
extern const struct web_limits web_limits;

struct web_hooks {
    /* A request came: answer with one of the two below, before returning. `status` is 0, or what
     * its head is refused with. */
    void (*asked)(void *context, struct web_client *client, int status,
                  const struct web_head *head);
    /* It is about to be freed. */
    void (*gone)(void *context, struct web_client *client);
    void *context;
};

/* Takes the descriptor; NULL if there is no memory, or it has no address. */
struct web_client *client_new(struct event_base *base, int fd, const struct web_limits *limits,
                              const struct web_hooks *hooks);
/* Without calling `gone`. */
void client_free(struct web_client *client);

/* The address at which it came in, "" for a Unix socket. */
const char *client_own(const struct web_client *client);
/* Whether its head is not there yet. */
bool client_is_reading(const struct web_client *client);

/* Takes what is in `answer`; the connection ends once the client has it. */
void client_answer(struct web_client *client, struct evbuffer *answer);
/* The same, and more follows by client_send(). */
void client_listen(struct web_client *client, struct evbuffer *answer);
/* To one that listens. One that has not taken enough of what was sent before is cut instead: its
 * `gone` comes later. */
void client_send(struct web_client *client, const void *bytes, size_t length);
/* It goes at the next turn of the loop. */
void client_cut(struct web_client *client);

#endif
