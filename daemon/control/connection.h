/* connection.h - one peer's connection: NUL-framed requests served one after the other, queued
 * output with its limits, and the ways in which it ends. Knows nothing of what the requests mean.
 */
#ifndef CREDD_CONTROL_CONNECTION_H
#define CREDD_CONTROL_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "control/peer.h"

struct connection;
struct event_base;

struct connection_limits {
    size_t request;    /* bytes of a request */
    size_t queue_high; /* bytes of queued output above which no new work is begun */
    size_t queue_max;  /* above which the connection is dropped */
    unsigned idle_ms;  /* without a request, or without reading what was sent */
};
extern const struct connection_limits connection_limits;

struct connection_hooks {
    /* A request; `text` is valid during the call. Answered, sooner or later, by connection_done().
     * False: it is no request, and the connection ends (what was sent before is still delivered).
     */
    bool (*request)(void *context, struct connection *connection, const char *text, size_t length);
    /* The output that made connection_send() return false has drained. */
    void (*drained)(void *context, struct connection *connection);
    /* The peer went away, or was dropped. The connection is gone after this. */
    void (*gone)(void *context, struct connection *connection);
    void *context;
};

/* Takes `fd`. Borrows `limits`, which outlives it. */
struct connection *connection_new(struct event_base *base, int fd, const struct peer *peer,
                                  const struct connection_limits *limits,
                                  const struct connection_hooks *hooks);
void connection_free(struct connection *connection);

const struct peer *connection_peer(const struct connection *connection);
/* Whether the peer waits for something: an answer, or to be heard, having just come. */
bool connection_owes(const struct connection *connection);
/* What the owner keeps with it. */
void connection_set_data(struct connection *connection, void *data);
void *connection_data(const struct connection *connection);

/* Queues a message and its NUL. False: more than enough is queued, wait for the hook `drained`. */
bool connection_send(struct connection *connection, const char *text, size_t length);
/* The request in hand is answered; the next one is served from the loop. */
void connection_done(struct connection *connection);

#endif
