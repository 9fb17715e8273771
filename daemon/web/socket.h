/* socket.h - the sockets at which the page listens: those of systemd, or one made here. */
#ifndef CREDD_WEB_SOCKET_H
#define CREDD_WEB_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
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

/* Those that systemd passed, in new memory to be released with free(). -EACCES with a fault if one
 * of them can be reached by other machines and `public` is false, or -EAFNOSUPPORT: they are there
 * nevertheless, and somebody knocks. */
int web_sockets_passed(bool public, struct web_socket **ret_sockets, size_t *ret_count,
                       struct fault *fault);
/* `listen_at` as in web.listen. A Unix socket has mode 0660 and the group, or mode 0600 where that
 * group does not exist; a socket that nobody answers is replaced. -EADDRINUSE or another negative
 * errno, with a fault. */
int web_socket_open(const char *listen_at, const char *group, struct web_socket *ret_socket,
                    struct fault *fault);
/* `listen_at` is not looked at unless the socket was made. */
void web_socket_close(struct web_socket *socket, const char *listen_at);

#endif
