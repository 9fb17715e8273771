/* store_mariadb_proxy.h - a proxy that loses connections to a private mariadbd at a chosen message,
 * or the transaction. */
#ifndef CREDD_TESTS_STORE_MARIADB_PROXY_H
#define CREDD_TESTS_STORE_MARIADB_PROXY_H

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "store_mariadbd.h"

enum loss {
    LOSE_NOTHING,
    LOSE_REQUEST,
    LOSE_REPLY,
    ROLL_BACK,      /* the transaction, once: the server answers that all is well */
    HANG_IN_RENAME, /* nothing comes back on a connection any more that sends one */
};

/* From a Unix socket of its own to the server's. */
struct proxy {
    const struct server *server;
    char path[160];
    int listener;
    pthread_t thread;
    atomic_int open; /* connections */
    atomic_int loss;
    atomic_int at; /* the client's message at which it happens, from 1; 0: at COMMIT */
};

static inline int dial_path(const char *path, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
    int r = listens ? bind(fd, (struct sockaddr *)&address, sizeof address)
                    : connect(fd, (struct sockaddr *)&address, sizeof address);
    if (r != 0 || (listens && listen(fd, 4) != 0)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static inline bool pass_on(const char *bytes, ssize_t length, int to)
{
    while (length > 0) {
        ssize_t sent = send(to, bytes, (size_t)length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= sent;
    }
    return true;
}

static inline bool is_the_one(const struct proxy *proxy, int message, const char *bytes,
                              ssize_t length)
{
    int at = atomic_load(&proxy->at);
    return at > 0 ? message == at : memmem(bytes, (size_t)length, "\003COMMIT", 7) != NULL;
}

/* Rolls back behind a statement's OK, and lets that say so by its status alone, as a server does
 * that was told to by others. Results of other kinds are left as they are. */
static inline void roll_back(struct proxy *proxy, int upstream, char *reply, ssize_t length)
{
    static const char request[] = "\x09\0\0\0\003ROLLBACK";
    char answer[256];
    if (length < 9 || reply[4] != '\0' || (unsigned char)reply[5] > 250)
        return;
    if (!pass_on(request, sizeof request - 1, upstream) ||
        recv(upstream, answer, sizeof answer, 0) <= 0)
        return;
    reply[7] = (char)(reply[7] & ~SERVER_STATUS_IN_TRANS);
    atomic_store(&proxy->loss, LOSE_NOTHING);
}

/* A query, or the execution of a statement. */
static inline bool is_statement(const char *bytes, ssize_t length)
{
    return length > 4 && (bytes[4] == '\003' || bytes[4] == '\x17' || bytes[4] == '\xFA');
}

static inline void carry(struct proxy *proxy, int client, int upstream)
{
    char bytes[65536];
    struct pollfd polls[2] = {{.fd = client, .events = POLLIN}, {.fd = upstream, .events = POLLIN}};
    bool loses = false;
    for (int message = 1; poll(polls, 2, -1) > 0;) {
        bool from_client = polls[0].revents != 0;
        ssize_t length = recv(from_client ? client : upstream, bytes, sizeof bytes, 0);
        if (length <= 0)
            return;
        bool now = from_client && is_the_one(proxy, message++, bytes, length);
        if (now && atomic_load(&proxy->loss) == LOSE_REQUEST)
            return;
        if (!from_client && loses && atomic_load(&proxy->loss) == ROLL_BACK)
            roll_back(proxy, upstream, bytes, length);
        loses = now && is_statement(bytes, length);
        if (!pass_on(bytes, length, from_client ? upstream : client))
            return;
        if (from_client && atomic_load(&proxy->loss) == HANG_IN_RENAME &&
            memmem(bytes, (size_t)length, "RENAME TABLE", 12) != NULL)
            polls[1].fd = -1;
        if (now && atomic_load(&proxy->loss) == LOSE_REPLY) {
            /* Until the server has done it; some messages have no reply. */
            (void)poll(&polls[1], 1, 300);
            return;
        }
    }
}

struct carried {
    struct proxy *proxy;
    int client;
};

static inline void *run_carry(void *context)
{
    struct carried carried = *(struct carried *)context;
    free(context);
    int upstream = dial_path(carried.proxy->server->socket, false);
    if (upstream >= 0) {
        carry(carried.proxy, carried.client, upstream);
        (void)close(upstream);
    }
    (void)close(carried.client);
    atomic_fetch_sub(&carried.proxy->open, 1);
    return NULL;
}

static inline void *run_proxy(void *context)
{
    struct proxy *proxy = context;
    int client = -1;
    while ((client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_t thread;
        struct carried *carried = malloc(sizeof *carried);
        *carried = (struct carried){proxy, client};
        atomic_fetch_add(&proxy->open, 1);
        if (pthread_create(&thread, NULL, run_carry, carried) != 0)
            abort();
        (void)pthread_detach(thread);
    }
    return NULL;
}

static inline void proxy_begin(struct proxy *proxy, const struct server *server)
{
    *proxy = (struct proxy){.server = server};
    (void)snprintf(proxy->path, sizeof proxy->path, "%s/p", server->folder);
    (void)unlink(proxy->path);
    proxy->listener = dial_path(proxy->path, true);
    assert_true(proxy->listener >= 0);
    assert_int_equal(pthread_create(&proxy->thread, NULL, run_proxy, proxy), 0);
}

static inline void proxy_end(struct proxy *proxy)
{
    (void)shutdown(proxy->listener, SHUT_RDWR);
    (void)pthread_join(proxy->thread, NULL);
    while (atomic_load(&proxy->open) > 0) /* their clients are gone */
        (void)usleep(1000);
    (void)close(proxy->listener);
}

#endif
