/* The database password: from a file or from the service manager, and from nothing that others can
 * read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/credential.h"
#include "service_checks.h"

struct place {
    char folder[64];
    char file[96]; /* folder/db-password */
};

static int open_place(void **state)
{
    struct place *place = MEM_NEW(struct place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/credd-test-XXXXXX");
    *state = place;
    unsetenv("CREDENTIALS_DIRECTORY");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->file, sizeof place->file, "%s/db-password", place->folder);
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->file);
    int r = rmdir(place->folder);
    free(place);
    return r;
}

static void put(const struct place *place, const void *bytes, size_t length, mode_t mode)
{
    int fd = open(place->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_secret(const char *file, const char *expected)
{
    char *secret = NULL;
    struct fault fault = {0};
    assert_int_equal(credential_read(file, &secret, &fault), 0);
    assert_string_equal(secret, expected);
    credential_free(secret);
}

static void assert_refused(const char *file, int code, const char *part)
{
    char untouched[] = "x";
    char *secret = untouched;
    struct fault fault = {0};
    assert_int_equal(credential_read(file, &secret, &fault), code);
    assert_int_equal(fault.code, code);
    assert_non_null(strstr(fault.text, part));
    assert_ptr_equal(secret, untouched);
}

static void the_first_line_is_the_secret(void **state)
{
    const struct place *place = *state;
    static const struct {
        const char *text, *secret;
    } cases[] = {
        {"hunter2", "hunter2"},        {"hunter2\n", "hunter2"},         {"hunter2\r\n", "hunter2"},
        {"a b \n# comment\n", "a b "}, {"\xc3\xa4=;#\n", "\xc3\xa4=;#"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(place, cases[i].text, strlen(cases[i].text), 0600);
        assert_secret(place->file, cases[i].secret);
    }
    put(place, "group", 5, 0640);
    assert_secret(place->file, "group");
}

static void what_others_can_read_is_refused(void **state)
{
    const struct place *place = *state;
    static const mode_t open_modes[] = {0604, 0602, 0601, 0644, 0666, 0777};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        put(place, "secret", 6, open_modes[i]);
        assert_refused(place->file, -EACCES, "chmod o=");
    }
}

static void a_file_that_holds_no_password_is_refused(void **state)
{
    const struct place *place = *state;
    char large[4097];
    memset(large, 'x', sizeof large);
    put(place, "", 0, 0600);
    assert_refused(place->file, -EINVAL, "is empty");
    put(place, "\nsecret\n", 8, 0600);
    assert_refused(place->file, -EINVAL, "is empty");
    put(place, "a\0b\n", 4, 0600);
    assert_refused(place->file, -EINVAL, "NUL");
    put(place, large, sizeof large, 0600);
    assert_refused(place->file, -EFBIG, "4096");
    put(place, large, sizeof large - 1, 0600);
    char *secret = NULL;
    assert_int_equal(credential_read(place->file, &secret, NULL), 0);
    assert_int_equal(strlen(secret), 4096);
    credential_free(secret);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    const struct place *place = *state;
    assert_refused(place->file, -ENOENT, place->file);
    assert_refused(place->folder, -EINVAL, "not a regular file");
    assert_int_equal(mkfifo(place->file, 0600), 0);
    assert_refused(place->file, -EINVAL, "not a regular file");
}

static void the_service_manager_s_credential_is_used_without_a_file(void **state)
{
    const struct place *place = *state;
    char *secret = NULL;
    assert_int_equal(credential_read(NULL, &secret, NULL), 0);
    assert_null(secret);
    setenv("CREDENTIALS_DIRECTORY", place->folder, 1);
    secret = (char *)place->folder;
    assert_int_equal(credential_read(NULL, &secret, NULL), 0);
    assert_null(secret);
    put(place, "from systemd\n", 13, 0400);
    assert_secret(NULL, "from systemd");
    assert_refused("/nonexistent/file", -ENOENT, "/nonexistent/file");
    put(place, "from systemd\n", 13, 0444);
    assert_refused(NULL, -EACCES, place->file);
    credential_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_line_is_the_secret, open_place, close_place),
        cmocka_unit_test_setup_teardown(what_others_can_read_is_refused, open_place, close_place),
        cmocka_unit_test_setup_teardown(a_file_that_holds_no_password_is_refused, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_refused_at_once, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(the_service_manager_s_credential_is_used_without_a_file,
                                        open_place, close_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
