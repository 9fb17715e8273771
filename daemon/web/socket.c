#include "web/socket.h"

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/socket_file.h"
#include "service/passed.h"

#define BACKLOG 128
#define SENT                                                                             \
    65536 /* bytes that the system keeps of what a client has not taken; it doubles them \
           */

static int wrong(const char *listen_at, int code, struct fault *fault)
{
    return fault_set(fault, code, "web.listen = %s: %s", listen_at, strerror(-code));
}

/* Makes way: nothing there, or a socket that nobody answers. */
static int clear_path(const struct sockaddr_un *address, struct fault *fault)
{
    struct stat there;
    const char *path = address->sun_path;
    if (lstat(path, &there) < 0)
        return errno == ENOENT ? 0 : wrong(path, -errno, fault);
    if (!S_ISSOCK(there.st_mode))
        return fault_set(fault, -EEXIST, "%s exists and is not a socket: it is left alone", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return wrong(path, -errno, fault);
    int error = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
    (void)close(fd);
    if (error != ECONNREFUSED)
        return wrong(path, error == 0 || error == EAGAIN ? -EADDRINUSE : -error, fault);
    return unlink(path) < 0 && errno != ENOENT ? wrong(path, -errno, fault) : 0;
}

/* Linux gives the file the mode that the socket has when it is bound. */
static int bind_path(int fd, const char *path, const char *group, struct web_socket *out,
                     struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct group *entry = group != NULL && group[0] != '\0' ? getgrnam(group) : NULL;
    struct stat made;
    if (strlen(path) >= sizeof address.sun_path)
        return wrong(path, -ENAMETOOLONG, fault);
    memcpy(address.sun_path, path, strlen(path));
    int result = clear_path(&address, fault);
    if (result < 0)
        return result;
    if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
        lstat(path, &made) < 0)
        return wrong(path, -errno, fault);
    out->made = true;
    out->device = made.st_dev;
    out->inode = made.st_ino;
    int given = entry != NULL ? socket_file_give(path, entry->gr_gid) : 0;
    if (given < 0 && given != -EPERM)
        return wrong(path, given, fault);
    (void)snprintf(out->where, sizeof out->where, "%s", path);
    return 0;
}

static void note_port(const struct sockaddr_storage *bound, struct web_socket *out)
{
    bool v6 = bound->ss_family == AF_INET6;
    char host[INET6_ADDRSTRLEN];
    web_address_host(bound, host);
    (void)snprintf(out->where, sizeof out->where, "http://%s%s%s:%u/", v6 ? "[" : "", host,
                   v6 ? "]" : "", web_address_port(bound));
}

static int bind_port(int fd, const char *listen_at, const struct web_address *address,
                     struct web_socket *out, struct fault *fault)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof bound;
    const int one = 1;
    bool v6 = address->address.ss_family == AF_INET6;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0) ||
        bind(fd, (const struct sockaddr *)&address->address, address->length) < 0 ||
        getsockname(fd, (struct sockaddr *)&bound, &length) < 0)
        return wrong(listen_at, -errno, fault);
    note_port(&bound, out);
    return 0;
}

int web_socket_open(const char *listen_at, const char *group, struct web_socket *ret_socket,
                    struct fault *fault)
{
    struct web_address address;
    struct web_socket out = {.fd = -1};
    if (web_address_parse(listen_at, &address) < 0)
        return wrong(listen_at, -EINVAL, fault);
    int family = address.is_path ? AF_UNIX : address.address.ss_family;
    out.fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int result = out.fd < 0        ? wrong(listen_at, -errno, fault)
                 : address.is_path ? bind_path(out.fd, listen_at, group, &out, fault)
                                   : bind_port(out.fd, listen_at, &address, &out, fault);
    const int sent = SENT;
    if (result == 0 && (setsockopt(out.fd, SOL_SOCKET, SO_SNDBUF, &sent, sizeof sent) < 0 ||
                        listen(out.fd, BACKLOG) < 0))
        result = wrong(listen_at, -errno, fault);
    if (result < 0) {
        web_socket_close(&out, listen_at);
        return result;
    }
    *ret_socket = out;
    return 0;
}

/* An abstract name begins with a NUL, which is written as '@'. */
static void note_path(const struct sockaddr_storage *bound, socklen_t length,
                      struct web_socket *out)
{
    struct sockaddr_un address;
    memcpy(&address, bound, sizeof address);
    size_t most = length - offsetof(struct sockaddr_un, sun_path);
    bool abstract = most > 0 && address.sun_path[0] == '\0';
    (void)snprintf(out->where, sizeof out->where, "%s%.*s", abstract ? "@" : "",
                   (int)(most - abstract), address.sun_path + abstract);
}

static int look_at_passed(struct web_socket *socket, bool public, struct fault *fault)
{
    struct sockaddr_storage bound = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof bound;
    const int sent = SENT;
    if (getsockname(socket->fd, (struct sockaddr *)&bound, &length) < 0 ||
        setsockopt(socket->fd, SOL_SOCKET, SO_SNDBUF, &sent, sizeof sent) < 0)
        return fault_set(fault, -errno, "a socket passed by systemd: %s", strerror(errno));
    if (bound.ss_family == AF_UNIX) {
        note_path(&bound, length, socket);
        return 0;
    }
    if (bound.ss_family != AF_INET && bound.ss_family != AF_INET6)
        return fault_set(fault, -EAFNOSUPPORT,
                         "a socket passed by systemd is neither of an IP address nor of a path");
    note_port(&bound, socket);
    if (!public && !web_address_is_loopback(&bound))
        return fault_set(fault, -EACCES,
                         "other machines can reach %s, which systemd opened; give the socket "
                         "unit a loopback address such as 127.0.0.1:8137, or set web.public = yes",
                         socket->where);
    return 0;
}

int web_sockets_passed(bool public, struct web_socket **ret_sockets, size_t *ret_count,
                       struct fault *fault)
{
    struct passed *passed;
    size_t given = passed_list(&passed), count = 0;
    struct web_socket *out = MEM_ARRAY(struct web_socket, given);
    int result = 0;
    for (size_t i = 0; i < given; i++) {
        if (strcmp(passed[i].name, PASSED_WEB) != 0)
            continue;
        out[count].fd = passed[i].fd;
        if (result == 0)
            result = look_at_passed(&out[count], public, fault);
        count++;
    }
    free(passed);
    *ret_sockets = out;
    *ret_count = count;
    return result;
}

void web_socket_close(struct web_socket *socket, const char *listen_at)
{
    struct stat there;
    if (socket->made && lstat(listen_at, &there) == 0 && there.st_dev == socket->device &&
        there.st_ino == socket->inode)
        (void)unlink(listen_at);
    if (socket->fd >= 0)
        (void)close(socket->fd);
    *socket = (struct web_socket){.fd = -1};
}
