#include "link.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mem.h"
#include "system.h"

#define REPLY_MAX ((size_t)64 << 20) /* more is no credd */

/* Milliseconds that are left, for poll: -1 without a deadline, 0 after it. */
static int left(int64_t deadline)
{
    if (deadline == 0)
        return -1;
    int64_t ms = deadline - system_ms();
    return ms <= 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static int connect_to(int fd, const struct sockaddr_un *address, int64_t deadline)
{
    int ms = left(deadline);
    struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
    if (ms == 0)
        return -ETIMEDOUT;
    if (ms > 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    return 0;
}

int link_open(const char *path, int64_t deadline, struct link *ret_link)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r = fd < 0 ? -errno : connect_to(fd, &address, deadline);
    if (r < 0) {
        if (fd >= 0)
            (void)close(fd);
        return r;
    }
    *ret_link = (struct link){.fd = fd, .signals = -1, .output = -1, .deadline = deadline};
    return 0;
}

void link_catch_signals(struct link *link)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    link->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

void link_close(struct link *link)
{
    if (link->fd >= 0)
        (void)close(link->fd);
    if (link->signals >= 0)
        (void)close(link->signals);
    free(link->bytes);
    *link = (struct link){.fd = -1, .signals = -1, .output = -1};
}

/* Waits until the socket is ready for `events`. */
static enum link_result await(const struct link *link, short events)
{
    struct pollfd polls[] = {{.fd = link->fd, .events = events},
                             {.fd = link->signals, .events = POLLIN},
                             {.fd = link->output}};
    int ready;
    do {
        ready = poll(polls, 3, left(link->deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0)
        return LINK_LATE;
    if (polls[1].revents != 0)
        return LINK_INTERRUPTED;
    return (polls[2].revents & POLLERR) != 0 ? LINK_UNREAD : LINK_GOOD;
}

enum link_result link_send(struct link *link, const json_t *request)
{
    char *text = json_dumps(request, JSON_COMPACT);
    size_t length = strlen(text) + 1; /* with its NUL */
    size_t sent = 0;
    enum link_result result = LINK_GOOD;
    while (sent < length && (result = await(link, POLLOUT)) == LINK_GOOD) {
        ssize_t n = send(link->fd, text + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            break; /* what the daemon said before it hung up can still be read */
        sent += n > 0 ? (size_t)n : 0;
    }
    free(text);
    return result;
}

enum link_result link_rest(const struct link *link, int ms)
{
    struct link resting = *link;
    resting.deadline = system_ms() + ms;
    enum link_result result = await(&resting, POLLIN);
    return result == LINK_GOOD ? LINK_CLOSED : result; /* nothing was asked for */
}

static enum link_result fill(struct link *link)
{
    enum link_result result = await(link, POLLIN);
    if (result != LINK_GOOD)
        return result;
    if (link->length > REPLY_MAX)
        return LINK_GARBLED;
    if (link->room - link->length < 65536) {
        link->room = 2 * link->room + 65536;
        link->bytes = mem_grow(link->bytes, link->room, 1);
    }
    ssize_t n = recv(link->fd, link->bytes + link->length, link->room - link->length, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        return LINK_CLOSED;
    link->length += n > 0 ? (size_t)n : 0;
    link->heard = link->heard || n > 0;
    return LINK_GOOD;
}

enum link_result link_receive(struct link *link, json_t **ret_reply)
{
    const char *end = NULL;
    while (end == NULL) {
        if (link->length > link->searched)
            end = memchr(link->bytes + link->searched, 0, link->length - link->searched);
        link->searched = end != NULL ? 0 : link->length;
        enum link_result result = end != NULL ? LINK_GOOD : fill(link);
        if (result != LINK_GOOD)
            return result;
    }
    size_t length = (size_t)(end - link->bytes);
    json_t *reply = json_loadb(link->bytes, length, JSON_ALLOW_NUL, NULL);
    memmove(link->bytes, end + 1, link->length - length - 1);
    link->length -= length + 1;
    if (!json_is_object(reply)) {
        json_decref(reply);
        return LINK_GARBLED;
    }
    *ret_reply = reply;
    return LINK_GOOD;
}
