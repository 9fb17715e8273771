/* The file of a socket that was just made: given to its group, unless others replaced it. */

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/socket_file.h"

struct scene {
    char folder[32], socket[64], file[64], link[64];
};

static mode_t mode_of(const char *path)
{
    struct stat is;
    assert_int_equal(stat(path, &is), 0);
    return is.st_mode & 0777;
}

static void begin(struct scene *scene)
{
    *scene = (struct scene){.folder = "/tmp/credd-test-XXXXXX"};
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->socket, sizeof scene->socket, "%s/socket", scene->folder);
    (void)snprintf(scene->file, sizeof scene->file, "%s/file", scene->folder);
    (void)snprintf(scene->link, sizeof scene->link, "%s/link", scene->folder);
    int file = open(scene->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    (void)close(file);
}

static void end(const struct scene *scene)
{
    (void)unlink(scene->socket);
    (void)unlink(scene->file);
    (void)unlink(scene->link);
    assert_int_equal(rmdir(scene->folder), 0);
}

static void test_a_socket_is_given(void **state)
{
    struct scene scene;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    begin(&scene);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", scene.socket);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(fchmod(fd, 0600), 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mode_of(scene.socket), 0600);
    assert_int_equal(socket_file_give(scene.socket, getgid()), 0);
    assert_int_equal(mode_of(scene.socket), 0660);
    (void)close(fd);
    end(&scene);
}

static void test_what_took_its_place_is_left_alone(void **state)
{
    struct scene scene;
    (void)state;
    begin(&scene);
    assert_int_equal(symlink(scene.file, scene.link), 0);
    assert_int_equal(socket_file_give(scene.link, getgid()), -ENOTSOCK);
    assert_int_equal(socket_file_give(scene.file, getgid()), -ENOTSOCK);
    assert_int_equal(mode_of(scene.file), 0600);
    assert_int_equal(socket_file_give(scene.socket, getgid()), -ENOENT);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_socket_is_given),
        cmocka_unit_test(test_what_took_its_place_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
