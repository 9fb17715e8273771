/* socket.h - the socket at which the page listens. */
#ifndef CREDD_WEB_SOCKET_H
#define CREDD_WEB_SOCKET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "config/web_address.h"

struct web_socket {
    int fd;
    bool made; /* a Unix socket's file, which is removed at the end */
    dev_t device;
    ino_t inode;
    char where[160]; /* "http://127.0.0.1:8137/", or the path */
};

/* `listen` as in web.listen. A Unix socket has mode 0660 and the group, or mode 0600 where that
 * group does not exist; a socket that nobody answers is replaced. -EADDRINUSE or another negative
 * errno, with a fault. */
int web_socket_open(const char *listen_at, const char *group, struct web_socket *ret_socket,
                    struct fault *fault);
void web_socket_close(struct web_socket *socket, const char *listen_at);

#endif
