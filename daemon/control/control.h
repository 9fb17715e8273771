/* control.h - the control socket: Varlink framing, who may do what, and the commands. Owns its
 * connections. */
#ifndef CREDD_CONTROL_CONTROL_H
#define CREDD_CONTROL_CONTROL_H

#include <stdbool.h>

#include "base/fault.h"

struct event_base;
struct control;
struct engine;
struct config;
struct journal;

/* What control asks of the daemon's root. */
struct control_host {
    struct engine *engine;
    struct journal *journal;
    bool managed; /* a service manager started the daemon */
    /* The snapshot in force. */
    const struct config *(*config)(void *context);
    /* Loads the configuration again; `changed` and `pending` are filled on success. Negative with a
     * fault. */
    int (*reload)(void *context, long long uid, long long pid, const char *user, char changed[1024],
                  char pending[1024], struct fault *fault);
    void *context;
};

/* Binds and listens at `path` (its folder is made if it is the last part that is missing; a socket
 * that nobody answers is replaced, one that a daemon answers is -EADDRINUSE), or takes the socket
 * that systemd passed. `group`: members may operate; an unknown one is a journal warning if the
 * daemon is managed. Peers' groups come from SO_PEERGROUPS; the group is resolved here, once, and
 * no name service asked later. */
int control_new(struct event_base *base, const struct control_host *host, const char *path,
                const char *group, struct control **ret_control, struct fault *fault);
/* Where it listens: as told, or where systemd does. */
const char *control_path(const struct control *control);
/* Before the end: accepts no more connections (in a socket of systemd they wait for the next
 * daemon) and runs the loop until open requests are answered, except jobs and streams; for a few
 * tenths of a second at most. */
void control_drain(struct control *control);
/* Closes everything; removes the socket if control_new made it. */
void control_free(struct control *control);

#endif
