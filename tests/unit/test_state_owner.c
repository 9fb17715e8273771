/* Which daemon looks after a world, and whether it lives. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine_checks.h"
#include "state/owner.h"

static void test_an_owner_lives_and_dies(void **state)
{
    (void)state;
    char own[STORE_VALUE_MAX], other[STORE_VALUE_MAX], host[64];
    int ready[2], end[2];
    owner_name(own);
    assert_true(owner_alive(own, own, 1000000)); /* it built this world */
    assert_false(owner_alive(own, own, 60000000));
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(end), 0);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        owner_name(other);
        ssize_t moved = write(ready[1], other, sizeof other);
        moved += read(end[0], &byte, 1);
        _exit(moved > 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], other, sizeof other), sizeof other);
    assert_true(owner_alive(other, own, 999999999));
    assert_int_equal(write(end[1], "x", 1), 1);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(owner_alive(other, own, 0));
    (void)snprintf(host, sizeof host, "elsewhere 1 1");
    assert_true(owner_alive(host, own, 1000000));
    assert_false(owner_alive(host, own, 60000000));
    assert_false(owner_alive("", own, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_owner_lives_and_dies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
