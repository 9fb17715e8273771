/* listen.h - the socket that connections come in by: passed by systemd, or made here. */
#ifndef CREDD_CONTROL_LISTEN_H
#define CREDD_CONTROL_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

struct listen_socket {
    int fd;
    bool made;    /* here, so it is removed here */
    dev_t device; /* which file it was */
    ino_t inode;
};

/* Mode 0660 and the group if `has_group` and it may be set, else 0600.
 * -EADDRINUSE: a daemon answers there; -EEXIST: something that is no socket; else negative errno.
 */
int listen_open(const char *path, bool has_group, gid_t group, struct listen_socket *ret_socket,
                struct fault *fault);
/* Closes it and removes its file if that is still the one that was made. */
void listen_close(struct listen_socket *socket, const char *path);

#endif
