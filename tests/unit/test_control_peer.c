#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/command.h"
#include "control/peer.h"
#include "control_checks.h"

static void operators_are_root_self_and_members(void **state)
{
    const struct peer_rule rule = {.self = 100, .has_group = true, .group = 50};
    const gid_t member[] = {7, 50}, other[] = {7, 51};
    (void)state;
    assert_int_equal(peer_access(&rule, 0, 0, NULL, 0), CREDD_ACCESS_OPERATE);
    assert_int_equal(peer_access(&rule, 100, 9, NULL, 0), CREDD_ACCESS_OPERATE);
    assert_int_equal(peer_access(&rule, 1000, 50, NULL, 0), CREDD_ACCESS_OPERATE);
    assert_int_equal(peer_access(&rule, 1000, 9, member, 2), CREDD_ACCESS_OPERATE);
    assert_int_equal(peer_access(&rule, 1000, 9, other, 2), CREDD_ACCESS_READ);
    assert_int_equal(peer_access(&rule, 1000, 9, NULL, 0), CREDD_ACCESS_READ);
}

/* gid 0 must not stand for "the group that was not found". */
static void without_a_group_nobody_is_its_member(void **state)
{
    const struct peer_rule rule = {.self = 100};
    const gid_t groups[] = {0};
    (void)state;
    assert_int_equal(peer_access(&rule, 1000, 0, groups, 1), CREDD_ACCESS_READ);
    assert_int_equal(peer_access(&rule, 0, 9, NULL, 0), CREDD_ACCESS_OPERATE);
}

static void what_changes_something_needs_operate(void **state)
{
    static const char *const readable[] = {"Status",  "Schedule", "Verify",  "Export", "Watch",
                                           "History", "Config",   "Version", "Wait"};
    size_t found = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(readable); i++) {
        const struct command *command = command_find(readable[i]);
        assert_non_null(command);
        found += command->access == CREDD_ACCESS_READ;
    }
    assert_int_equal(found, COUNT(readable));
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        assert_true(commands[i].access > CREDD_ACCESS_NONE);
        found -= commands[i].access == CREDD_ACCESS_READ;
    }
    assert_int_equal(found, 0);
    assert_null(command_find("status"));
    assert_null(command_find(""));
}

static void names_come_from_the_file(void **state)
{
    char path[] = "/tmp/credd-names-XXXXXX";
    char user[PEER_USER_MAX];
    FILE *file = fdopen(mkstemp(path), "w");
    (void)state;
    (void)fputs("zoe:x:1002:1:::\nroot:x:0:0:::\nalso:x:0:0:::\nbroken line\nann:x:1001:1:::\n",
                file);
    (void)fclose(file);
    struct peer_names *names = peer_names_load(path);
    (void)unlink(path);
    peer_name(names, 0, user);
    assert_string_equal(user, "root");
    peer_name(names, 1001, user);
    assert_string_equal(user, "ann");
    peer_name(names, 1002, user);
    assert_string_equal(user, "zoe");
    peer_name(names, 4294967294u, user);
    assert_string_equal(user, "4294967294");
    peer_names_free(names);
}

static void who_was_added_since_has_a_name_too(void **state)
{
    char path[] = "/tmp/credd-names-XXXXXX";
    char user[PEER_USER_MAX];
    FILE *file = fdopen(mkstemp(path), "w");
    (void)state;
    (void)fputs("root:x:0:0:::\n", file);
    (void)fclose(file);
    struct peer_names *names = peer_names_load(path);
    peer_name(names, 1001, user);
    assert_string_equal(user, "1001");
    file = fopen(path, "ae");
    (void)fputs("ann:x:1001:1:::\n", file);
    (void)fclose(file);
    peer_name(names, 1001, user);
    assert_string_equal(user, "ann");
    (void)unlink(path);
    peer_name(names, 1002, user);
    assert_string_equal(user, "1002");
    peer_name(names, 0, user);
    assert_string_equal(user, "root");
    peer_names_free(names);
}

static void without_a_file_they_are_numbers(void **state)
{
    char user[PEER_USER_MAX];
    struct peer_names *names = peer_names_load("/nonexistent/passwd");
    (void)state;
    peer_name(names, 0, user);
    assert_string_equal(user, "0");
    peer_names_free(names);
    peer_names_free(NULL);
}

static void the_kernel_says_who_it_is(void **state)
{
    const struct peer_rule rule = {.self = 12345};
    struct peer_names *names = peer_names_load("/nonexistent/passwd");
    struct peer peer;
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(peer_of(fds[0], &rule, names, &peer), 0);
    assert_int_equal(peer.uid, geteuid());
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.access, geteuid() == 0 ? CREDD_ACCESS_OPERATE : CREDD_ACCESS_READ);
    (void)close(fds[0]);
    (void)close(fds[1]);
    assert_true(peer_of(fds[0], &rule, names, &peer) < 0);
    peer_names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_are_root_self_and_members),
        cmocka_unit_test(without_a_group_nobody_is_its_member),
        cmocka_unit_test(what_changes_something_needs_operate),
        cmocka_unit_test(names_come_from_the_file),
        cmocka_unit_test(who_was_added_since_has_a_name_too),
        cmocka_unit_test(without_a_file_they_are_numbers),
        cmocka_unit_test(the_kernel_says_who_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
