#include "control/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/socket_file.h"
#include "service/passed.h"

#define BACKLOG    64
#define LOCK_TRIES 50

/* The socket named "control", else the first one of a path that is not the page's. */
static int passed_socket(void)
{
    struct passed *passed;
    size_t count = passed_list(&passed);
    int chosen = -1;
    for (size_t i = 0; i < count; i++) {
        bool named = strcmp(passed[i].name, PASSED_CONTROL) == 0;
        if (strcmp(passed[i].name, PASSED_WEB) == 0 || (chosen >= 0 && !named) ||
            sd_is_socket_unix(passed[i].fd, SOCK_STREAM, 1, NULL, 0) <= 0)
            continue;
        chosen = passed[i].fd;
        if (named)
            break;
    }
    free(passed);
    return chosen;
}

static int address_of(const char *path, struct sockaddr_un *ret_address, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path[0] != '/')
        return fault_set(fault, -EINVAL, "control.socket %s is not an absolute path", path);
    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, -ENAMETOOLONG,
                         "control.socket %s is too long for a socket: %zu bytes, at most %zu", path,
                         strlen(path), sizeof address.sun_path - 1);
    memcpy(address.sun_path, path, strlen(path));
    *ret_address = address;
    return 0;
}

static int open_folder(const char *path, int *ret_fd, struct fault *fault)
{
    char *folder = mem_text(path);
    char *slash = strrchr(folder, '/');
    slash[slash == folder ? 1 : 0] = '\0';
    int r = 0;
    int fd = -1;
    if (mkdir(folder, 0755) < 0 && errno != EEXIST)
        r = fault_set(fault, -errno, "cannot create the directory %s for the control socket: %s",
                      folder, strerror(errno));
    else if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        r = fault_set(fault, -errno, "cannot open the directory %s of the control socket: %s",
                      folder, strerror(errno));
    free(folder);
    if (r == 0)
        *ret_fd = fd;
    return r;
}

/* Two daemons that start at once must not remove each other's socket. Who holds the lock for longer
 * than a second is no daemon. */
static void lock_folder(int fd)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int i = 0; i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) < 0; i++)
        (void)nanosleep(&pause, NULL);
}

/* Makes way at `path`: nothing there, or a socket that nobody answers. */
static int clear_path(const char *path, const struct sockaddr_un *address, struct fault *fault)
{
    struct stat there;
    if (lstat(path, &there) < 0)
        return errno == ENOENT ? 0 : fault_set(fault, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISSOCK(there.st_mode))
        return fault_set(fault, -EEXIST,
                         "%s exists and is not a socket; remove it, or set control.socket", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fault_set(fault, -errno, "socket: %s", strerror(errno));
    int error = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? errno : 0;
    (void)close(fd);
    if (error == 0 || error == EAGAIN)
        return fault_set(fault, -EADDRINUSE,
                         "another daemon already listens at %s; stop it, or set control.socket",
                         path);
    if (error != ECONNREFUSED)
        return fault_set(fault, -error, "%s: %s", path, strerror(error));
    if (unlink(path) < 0 && errno != ENOENT)
        return fault_set(fault, -errno, "cannot remove the old socket %s: %s", path,
                         strerror(errno));
    return 0;
}

/* Linux gives the file the mode that the socket has when it is bound: it is never open for too
 * many. */
static int bind_socket(int fd, const char *path, const struct sockaddr_un *address, bool has_group,
                       gid_t group, struct fault *fault)
{
    if (fchmod(fd, 0600) < 0 || bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        return fault_set(fault, -errno, "cannot create the socket %s: %s", path, strerror(errno));
    int given = has_group ? socket_file_give(path, group) : 0;
    if (given < 0 && given != -EPERM)
        return fault_set(fault, given, "cannot give %s to its group: %s", path, strerror(-given));
    if (listen(fd, BACKLOG) < 0)
        return fault_set(fault, -errno, "cannot listen at %s: %s", path, strerror(errno));
    return 0;
}

static int make_socket(const char *path, bool has_group, gid_t group,
                       struct listen_socket *ret_socket, struct fault *fault)
{
    struct sockaddr_un address;
    struct stat made;
    int folder = -1;
    int r = address_of(path, &address, fault);
    if (r == 0)
        r = open_folder(path, &folder, fault);
    if (r < 0)
        return r;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    lock_folder(folder);
    r = fd < 0 ? fault_set(fault, -errno, "socket: %s", strerror(errno))
               : clear_path(path, &address, fault);
    if (r == 0)
        r = bind_socket(fd, path, &address, has_group, group, fault);
    if (r == 0 && lstat(path, &made) < 0)
        r = fault_set(fault, -errno, "%s: %s", path, strerror(errno));
    (void)close(folder);
    if (r == 0)
        *ret_socket = (struct listen_socket){
            .fd = fd, .made = true, .device = made.st_dev, .inode = made.st_ino};
    else if (fd >= 0)
        (void)close(fd);
    return r;
}

int listen_open(const char *path, bool has_group, gid_t group, struct listen_socket *ret_socket,
                struct fault *fault)
{
    int passed = passed_socket();
    if (passed < 0)
        return make_socket(path, has_group, group, ret_socket, fault);
    *ret_socket = (struct listen_socket){.fd = passed};
    return 0;
}

void listen_close(struct listen_socket *socket, const char *path)
{
    struct stat there;
    if (socket->made && lstat(path, &there) == 0 && there.st_dev == socket->device &&
        there.st_ino == socket->inode)
        (void)unlink(path);
    if (socket->fd >= 0)
        (void)close(socket->fd);
    *socket = (struct listen_socket){.fd = -1};
}
