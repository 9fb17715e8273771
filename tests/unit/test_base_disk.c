/* Files that are replaced whole, on a real disk. */

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/disk.h"
#include "base/mem.h"

struct place {
    char folder[64], path[96], beside[128];
};

static int make_place(void **state)
{
    struct place *place = MEM_NEW(struct place);
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/credd-disk-XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)snprintf(place->path, sizeof place->path, "%s/file", place->folder);
    (void)snprintf(place->beside, sizeof place->beside, "%s.new", place->path);
    *state = place;
    return 0;
}

static int drop_place(void **state)
{
    struct place *place = *state;
    (void)unlink(place->path);
    (void)unlink(place->beside);
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static void assert_holds(const struct disk *disk, const char *path, const char *text, size_t length)
{
    char *read = NULL;
    size_t got = 0;
    assert_int_equal(disk_read(disk, path, &read, &got), 0);
    assert_int_equal(got, length);
    assert_memory_equal(read, text, length);
    assert_int_equal(read[got], 0);
    free(read);
}

static void a_file_that_is_not_there_is_told(void **state)
{
    struct place *place = *state;
    char *text = (char *)1;
    size_t length = 7;
    assert_int_equal(disk_read(&system_disk, place->path, &text, &length), -ENOENT);
    assert_ptr_equal(text, (char *)1);
    assert_int_equal(length, 7);
}

static void what_was_written_is_read(void **state)
{
    struct place *place = *state;
    struct fault fault = {0};
    struct stat status;
    char *large = MEM_ARRAY(char, 100000);
    memset(large, 'x', 100000);
    assert_int_equal(disk_replace(&system_disk, place->path, "one\0two", 7, &fault), 0);
    assert_holds(&system_disk, place->path, "one\0two", 7);
    assert_int_equal(disk_replace(&system_disk, place->path, large, 100000, &fault), 0);
    assert_holds(&system_disk, place->path, large, 100000);
    assert_int_equal(disk_replace(&system_disk, place->path, "", 0, &fault), 0);
    assert_holds(&system_disk, place->path, "", 0);
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(access(place->beside, F_OK), -1);
    free(large);
}

static void what_an_earlier_attempt_left_is_no_obstacle(void **state)
{
    struct place *place = *state;
    FILE *left = fopen(place->beside, "we");
    assert_non_null(left);
    assert_true(fputs("a longer text than the new one", left) > 0);
    assert_int_equal(fclose(left), 0);
    assert_int_equal(disk_replace(&system_disk, place->path, "new", 3, NULL), 0);
    assert_holds(&system_disk, place->path, "new", 3);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    struct place *place = *state;
    struct fault fault = {0};
    char *path = mem_format("%s/none/file", place->folder);
    assert_int_equal(disk_replace(&system_disk, path, "new", 3, &fault), -ENOENT);
    assert_int_equal(fault.code, -ENOENT);
    assert_non_null(strstr(fault.text, path));
    free(path);
}

/* --- a disk whose nth step fails --- */

struct failing {
    int left; /* steps until the failure */
    char done[16];
    size_t count;
};

static int step(void *context, char name)
{
    struct failing *failing = context;
    if (failing->left-- == 0)
        return -ENOSPC;
    failing->done[failing->count++] = name;
    return 0;
}

static int failing_create(void *context, const char *path, int *ret_file)
{
    int rc = step(context, 'c');
    return rc != 0 ? rc : system_disk.ops->create(NULL, path, ret_file);
}

static int failing_write(void *context, int file, const char *bytes, size_t length,
                         size_t *ret_written)
{
    int rc = step(context, 'w');
    return rc != 0
               ? rc
               : system_disk.ops->write(NULL, file, bytes, length > 2 ? 2 : length, ret_written);
}

static int failing_sync(void *context, int file)
{
    int rc = step(context, 's');
    return rc != 0 ? rc : system_disk.ops->sync(NULL, file);
}

static int failing_close(void *context, int file)
{
    int closed = system_disk.ops->close(NULL, file);
    int rc = step(context, 'x');
    return rc != 0 ? rc : closed;
}

static int failing_rename(void *context, const char *from, const char *to)
{
    int rc = step(context, 'r');
    return rc != 0 ? rc : system_disk.ops->rename(NULL, from, to);
}

static int failing_sync_folder(void *context, const char *path)
{
    int rc = step(context, 'f');
    return rc != 0 ? rc : system_disk.ops->sync_folder(NULL, path);
}

static int failing_remove(void *context, const char *path)
{
    (void)context;
    return system_disk.ops->remove(NULL, path);
}

static const struct disk_ops failing_ops = {
    .create = failing_create,
    .write = failing_write,
    .sync = failing_sync,
    .close = failing_close,
    .rename = failing_rename,
    .sync_folder = failing_sync_folder,
    .remove = failing_remove,
};

/* Whichever step fails, the file holds the old text or the new one, and nothing lies beside it. */
static void a_failure_at_any_step_leaves_one_of_the_two(void **state)
{
    struct place *place = *state;
    static const char steps[] = "cwwsxrf";
    for (int at = 0; at <= (int)strlen(steps); at++) {
        struct failing failing = {.left = at};
        const struct disk disk = {&failing_ops, &failing};
        struct fault fault = {0};
        assert_int_equal(disk_replace(&system_disk, place->path, "old", 3, &fault), 0);
        int rc = disk_replace(&disk, place->path, "new", 3, &fault);
        assert_int_equal(rc, at < (int)strlen(steps) ? -ENOSPC : 0);
        assert_int_equal(strncmp(failing.done, steps, (size_t)at), 0);
        bool renamed = at > (int)strcspn(steps, "r");
        assert_holds(&system_disk, place->path, renamed ? "new" : "old", 3);
        if (at <= (int)strcspn(steps, "r"))
            assert_int_equal(access(place->beside, F_OK), -1);
    }
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)
    const struct CMUnitTest tests[] = {
        PLACED(a_file_that_is_not_there_is_told),
        PLACED(what_was_written_is_read),
        PLACED(what_an_earlier_attempt_left_is_no_obstacle),
        PLACED(a_folder_that_is_not_there_is_named),
        PLACED(a_failure_at_any_step_leaves_one_of_the_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
