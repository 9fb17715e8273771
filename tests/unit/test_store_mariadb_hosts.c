/* Which servers are dialled: each host of the list in turn, at its own port where it names one. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* cmocka.h wants these before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "store/store.h"

/* Hangs up on whoever calls. */
struct listener {
    int fd;
    unsigned port, calls;
    pthread_t thread;
};

static void *hang_up(void *context)
{
    struct listener *listener = context;
    int fd;
    while ((fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        listener->calls++;
        (void)close(fd);
    }
    return NULL;
}

static void listener_begin(struct listener *listener, const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
    *listener = (struct listener){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(listener->fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener->fd, 8), 0);
    assert_int_equal(getsockname(listener->fd, (struct sockaddr *)&at, &size), 0);
    listener->port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&listener->thread, NULL, hang_up, listener), 0);
}

static unsigned listener_end(struct listener *listener)
{
    (void)shutdown(listener->fd, SHUT_RDWR);
    (void)pthread_join(listener->thread, NULL);
    (void)close(listener->fd);
    return listener->calls;
}

static void each_host_is_dialled_at_its_port(void **state)
{
    (void)state;
    struct listener listeners[3];
    char hosts[120];
    struct fault fault = {.text = ""};
    for (unsigned i = 0; i < 3; i++)
        listener_begin(&listeners[i], i == 0 ? "127.0.0.1" : i == 1 ? "127.0.0.2" : "127.0.0.3");
    (void)snprintf(hosts, sizeof hosts, "127.0.0.1:%u,127.0.0.2:%u, 127.0.0.3", listeners[0].port,
                   listeners[1].port);
    struct store *store = store_new(&(struct store_config){
        .mariadb = true, .hosts = hosts, .port = listeners[2].port, .name = "x", .user = "credd"});
    assert_int_equal(store_connect(store, &fault), -ENOTCONN);
    store_free(store);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(listener_end(&listeners[i]), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_host_is_dialled_at_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
