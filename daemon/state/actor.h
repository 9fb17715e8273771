/* actor.h - who did something to a world: a peer of the control socket, or the daemon itself. */
#ifndef CREDD_STATE_ACTOR_H
#define CREDD_STATE_ACTOR_H

#include <stdint.h>

struct actor {
    int64_t uid; /* -1: the daemon itself */
    int64_t pid;
    char user[40]; /* name, or the uid in decimal */
};

#endif
