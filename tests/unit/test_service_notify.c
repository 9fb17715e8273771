/* What the service manager is told, read from a socket that plays its part. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/notify.h"
#include "service_checks.h"

static int open_manager(void **state)
{
    static int fd;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];
    (void)snprintf(name, sizeof name, "@credd-test-notify-%d", (int)getpid());
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    size_t length = strlen(name);
    memcpy(address.sun_path, name, length);
    address.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, size) < 0)
        return -1;
    *state = &fd;
    return setenv("NOTIFY_SOCKET", name, 1);
}

static int close_manager(void **state)
{
    unsetenv("NOTIFY_SOCKET");
    return close(*(int *)*state);
}

static void assert_told(void **state, const char *expected)
{
    char buffer[2048];
    ssize_t n = recv(*(int *)*state, buffer, sizeof buffer - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    buffer[n] = '\0';
    assert_string_equal(buffer, expected);
}

static void each_wrapper_says_its_word(void **state)
{
    notify_ready();
    assert_told(state, "READY=1");
    notify_reloading((mono_time){1234567});
    assert_told(state, "RELOADING=1\nMONOTONIC_USEC=1234567");
    notify_stopping();
    assert_told(state, "STOPPING=1");
    notify_watchdog();
    assert_told(state, "WATCHDOG=1");
}

static void a_status_can_not_smuggle_in_another_word(void **state)
{
    (void)notify_status("resetting\nMAINPID=1");
    assert_told(state, "STATUS=resetting MAINPID=1");
    (void)notify_status("100% fresh, %s");
    assert_told(state, "STATUS=100% fresh, %s");
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    char expected[7 + 1600] = "STATUS=";
    memset(expected + 7, 'x', 1599);
    expected[7 + 1599] = '\0';
    (void)notify_status(longer);
    assert_told(state, expected);
    /* What is cut is cut between two characters. */
    memcpy(longer + 1598, "\xc3\xbc", 2);
    expected[7 + 1598] = '\0';
    (void)notify_status(longer);
    assert_told(state, expected);
}

static void a_manager_that_does_not_read_is_told_again(void **state)
{
    char buffer[64];
    unsigned said = 0;
    while (notify_status("busy"))
        assert_true(++said < 100000);
    assert_true(said > 0);
    while (recv(*(int *)*state, buffer, sizeof buffer, MSG_DONTWAIT) > 0)
        continue;
    assert_true(notify_status("again"));
    assert_told(state, "STATUS=again");
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    const char *manager = getenv("NOTIFY_SOCKET");
    assert_non_null(manager);
    char *socket_name = mem_text(manager);
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    setenv("NOTIFY_SOCKET", socket_name, 1);
    free(socket_name);
    notify_stopping();
    assert_told(state, "STOPPING=1");
}

static void the_watchdog_is_fed_at_a_third_of_its_interval(void **state)
{
    (void)state;
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog_interval_us(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_interval_us(), 10000000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_interval_us(), 0);
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_wrapper_says_its_word),
        cmocka_unit_test(a_status_can_not_smuggle_in_another_word),
        cmocka_unit_test(a_manager_that_does_not_read_is_told_again),
        cmocka_unit_test(without_a_manager_nothing_happens),
        cmocka_unit_test(the_watchdog_is_fed_at_a_third_of_its_interval),
    };
    return cmocka_run_group_tests(tests, open_manager, close_manager);
}
