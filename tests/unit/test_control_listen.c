#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/listen.h"
#include "control_checks.h"

static char folder[] = "/tmp/credd-listen-XXXXXX";
static char path[64];
static struct listen_socket made;
static struct fault fault;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/credd-listen-XXXXXX");
    (void)snprintf(path, sizeof path, "%s/control", mkdtemp(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)rmdir(folder);
    return 0;
}

static int connects(const char *to)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, to, strlen(to));
    int r = connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    (void)close(fd);
    return r;
}

static mode_t mode_of(const char *of)
{
    struct stat there;
    assert_int_equal(stat(of, &there), 0);
    return there.st_mode & 07777;
}

static void only_the_owner_without_a_group(void **state)
{
    (void)state;
    mode_t mask = umask(0);
    assert_int_equal(listen_open(path, false, 0, &made, &fault), 0);
    (void)umask(mask);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(connects(path), 0);
    listen_close(&made, path);
    assert_int_equal(access(path, F_OK), -1);
}

static void its_group_may_connect(void **state)
{
    struct stat there;
    (void)state;
    assert_int_equal(listen_open(path, true, getegid(), &made, &fault), 0);
    assert_int_equal(mode_of(path), 0660);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_gid, getegid());
    listen_close(&made, path);
}

static void a_live_one_is_left_alone(void **state)
{
    struct listen_socket second;
    (void)state;
    assert_int_equal(listen_open(path, false, 0, &made, &fault), 0);
    assert_int_equal(listen_open(path, false, 0, &second, &fault), -EADDRINUSE);
    assert_non_null(strstr(fault.text, path));
    assert_int_equal(connects(path), 0);
    listen_close(&made, path);
}

static void a_stale_one_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(listen_open(path, false, 0, &made, &fault), 0);
    (void)close(made.fd); /* as a killed daemon leaves it */
    assert_int_equal(connects(path), -ECONNREFUSED);
    assert_int_equal(listen_open(path, false, 0, &made, &fault), 0);
    assert_int_equal(connects(path), 0);
    listen_close(&made, path);
}

static void what_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    FILE *file = fopen(path, "w");
    (void)fclose(file);
    assert_int_equal(listen_open(path, false, 0, &made, &fault), -EEXIST);
    assert_int_equal(access(path, F_OK), 0);
}

static void anothers_socket_is_not_removed(void **state)
{
    struct listen_socket second;
    (void)state;
    assert_int_equal(listen_open(path, false, 0, &made, &fault), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(listen_open(path, false, 0, &second, &fault), 0);
    listen_close(&made, path);
    assert_int_equal(connects(path), 0);
    listen_close(&second, path);
}

static void the_last_folder_is_made(void **state)
{
    char deep[96], parent[80];
    (void)state;
    (void)snprintf(parent, sizeof parent, "%s/new", folder);
    (void)snprintf(deep, sizeof deep, "%s/control", parent);
    assert_int_equal(listen_open(deep, false, 0, &made, &fault), 0);
    listen_close(&made, deep);
    assert_int_equal(rmdir(parent), 0);
    (void)snprintf(deep, sizeof deep, "%s/a/b/control", folder);
    assert_int_equal(listen_open(deep, false, 0, &made, &fault), -ENOENT);
}

static void a_path_fits_or_is_refused(void **state)
{
    char name[109];
    (void)state;
    memset(name, 'x', sizeof name);
    memcpy(name, path, strlen(path));
    name[108] = '\0';
    assert_int_equal(listen_open(name, false, 0, &made, &fault), -ENAMETOOLONG);
    assert_non_null(strstr(fault.text, "107"));
    name[107] = '\0';
    assert_int_equal(listen_open(name, false, 0, &made, &fault), 0);
    listen_close(&made, name);
    assert_int_equal(listen_open("relative/control", false, 0, &made, &fault), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_the_owner_without_a_group),  TEST(its_group_may_connect),
        TEST(a_live_one_is_left_alone),        TEST(a_stale_one_is_replaced),
        TEST(what_is_no_socket_is_left_alone), TEST(anothers_socket_is_not_removed),
        TEST(the_last_folder_is_made),         TEST(a_path_fits_or_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
