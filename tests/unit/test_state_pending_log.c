/* What waits for the database, and the file that keeps it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "state/pending_log.h"
#include "state_checks.h"

#define SOCKET "/run/credd/control"

static char folder[64];
static struct pending_log *pending, *back;

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/credd-pending-XXXXXX");
    assert_non_null(mkdtemp(folder));
    pending = MEM_NEW(struct pending_log);
    back = MEM_NEW(struct pending_log);
    return pending_log_open(pending, &system_disk, folder, SOCKET, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    DIR *all = opendir(folder);
    assert_non_null(all);
    for (struct dirent *one; (one = readdir(all)) != NULL;)
        (void)unlinkat(dirfd(all), one->d_name, 0);
    (void)closedir(all);
    free(pending);
    free(back);
    return rmdir(folder);
}

static int open_again(struct fault *fault)
{
    return pending_log_open(back, &system_disk, folder, SOCKET, fault);
}

static void put(const char *text, size_t length)
{
    assert_int_equal(disk_replace(&system_disk, pending->path, text, length, NULL), 0);
}

static struct act made(enum act_kind kind, const char *id)
{
    struct act act = {.kind = kind, .wall = {123456789012345}, .by = {.uid = 7, .pid = 9}};
    (void)snprintf(act.id, sizeof act.id, "%s", id);
    (void)snprintf(act.by.user, sizeof act.by.user, "ann");
    (void)snprintf(act.reason, sizeof act.reason, "a \"quoted\" reason");
    return act;
}

static void add(const struct act *act, bool kept)
{
    struct pending_act *item = pending_log_add(pending, act);
    assert_non_null(item);
    item->kept = kept;
}

static void test_what_must_outlive_a_kill_is_read_back(void **state)
{
    (void)state;
    struct fault fault = {.text = ""};
    struct act pause = made(ACT_PAUSE, "a-1"), resume = made(ACT_RESUME, "a-2");
    struct act speed = made(ACT_SPEED, "a-3"), tempo = made(ACT_TEMPO, "a-4");
    pause.pause = (struct act_pause){.streams = 5, .for_us = 90000000};
    resume.resume = (struct act_resume){.skip = true, .world_only = true, .due = {4711}};
    tempo.tempo =
        (struct act_tempo){.stream = STREAM_MARKET_DATA, .factor = 2500000, .for_us = 1800000000};
    add(&pause, true);
    add(&speed, false);
    add(&resume, true);
    add(&tempo, true);
    pending->has_configured = true;
    pending->configured.speed = 60000000;
    pending->configured.tempo[2] = 20000000;
    pending->configured.enabled[3] = true;
    assert_int_equal(pending_log_save(pending, &fault), 0);
    assert_int_equal(open_again(&fault), 0);
    assert_int_equal(back->count, 3);
    assert_memory_equal(&back->items[0].act, &pause, sizeof pause);
    assert_memory_equal(&back->items[1].act, &resume, sizeof resume);
    assert_memory_equal(&back->items[2].act, &tempo, sizeof tempo);
    assert_true(back->items[0].kept && back->has_configured);
    assert_memory_equal(&back->configured, &pending->configured, sizeof back->configured);
}

static void test_each_socket_has_its_own(void **state)
{
    (void)state;
    struct fault fault;
    struct act pause = made(ACT_PAUSE, "a-1");
    add(&pause, true);
    assert_int_equal(pending_log_save(pending, &fault), 0);
    assert_int_equal(pending_log_open(back, &system_disk, folder, "/run/other", &fault), 0);
    assert_int_equal(back->count, 0);
}

/* A file that is cut off at any byte is read as a whole or set aside and told. */
static void test_a_torn_file_is_set_aside(void **state)
{
    (void)state;
    struct fault fault;
    char *text, aside[sizeof pending->path + 16];
    size_t length;
    struct act pause = made(ACT_PAUSE, "a-1");
    add(&pause, true);
    assert_int_equal(pending_log_save(pending, &fault), 0);
    assert_int_equal(disk_read(&system_disk, pending->path, &text, &length), 0);
    (void)snprintf(aside, sizeof aside, "%s.damaged", pending->path);
    for (size_t cut = 0; cut < length; cut++) {
        put(text, cut);
        int result = open_again(&fault);
        assert_true(result == -EIO || (result == 0 && back->count == 1));
        assert_int_equal(result == -EIO, back->count == 0);
        if (result == -EIO) {
            assert_non_null(strstr(fault.text, ".damaged"));
            assert_int_equal(access(aside, F_OK), 0);
            assert_int_equal(access(pending->path, F_OK), -1);
        }
    }
    free(text);
}

static void test_what_makes_no_sense_is_left_out_and_told(void **state)
{
    (void)state;
    struct fault fault = {.text = ""};
    static const char text[] =
        "{\"pending\": [{\"id\": \"x\", \"kind\": \"rewind\", \"parameters\": \"\"},"
        " {\"id\": \"y\", \"kind\": \"pause\", \"parameters\": \"streams=nope\"},"
        " {\"id\": \"z\", \"kind\": \"pause\", \"parameters\": \"for=1h\"}]}";
    put(text, sizeof text - 1);
    assert_true(open_again(&fault) < 0);
    assert_non_null(strstr(fault.text, "ignored"));
    assert_int_equal(back->count, 1);
    assert_string_equal(back->items[0].act.id, "z");
    assert_int_equal(back->items[0].act.pause.for_us, INT64_C(3600) * 1000000);
}

static void test_a_file_of_0_1_0_is_read(void **state)
{
    (void)state;
    struct fault fault;
    static const char text[] =
        "{\"configured\": true, \"speed\": 60000000, \"streams\": {\"customers\": {\"tempo\": 5,"
        " \"enabled\": true}}, \"pending\": ["
        "{\"id\": \"p\", \"kind\": \"pause\", \"streams\": 8, \"wall_us\": 1000, \"until_us\": "
        "61000, \"anchor_us\": 0, \"value\": 0, \"skip\": false, \"catch_up\": 0, "
        "\"catch_up_limit_s\": 0, \"to_s\": 0, \"reason\": \"talk\", \"uid\": 1, \"pid\": 2, "
        "\"user\": \"ann\"},"
        "{\"id\": \"r\", \"kind\": \"resume\", \"streams\": 0, \"wall_us\": 2000, \"until_us\": 0, "
        "\"anchor_us\": 0, \"value\": 0, \"skip\": true, \"reason\": \"\", \"uid\": -1, \"pid\": "
        "0, \"user\": \"credd\"}]}";
    put(text, sizeof text - 1);
    assert_int_equal(open_again(&fault), 0);
    assert_int_equal(back->count, 2);
    const struct act *pause = &back->items[0].act, *resume = &back->items[1].act;
    assert_int_equal(pause->pause.streams, 8);
    assert_int_equal(pause->pause.for_us, 60000);
    assert_int_equal(pause->wall.us, 1000);
    assert_string_equal(pause->reason, "talk");
    assert_true(resume->resume.skip && resume->resume.due.us == 0);
    assert_int_equal(back->configured.speed, 60000000);
    assert_true(back->configured.enabled[STREAM_CUSTOMERS]);
}

/* What is left out is told; what is taken is there after the next start too. */
static void test_numbers_beyond_what_there_can_be_are_left_out(void **state)
{
    (void)state;
    static const char *const acts[] = {
        "\"kind\": \"pause\", \"wall_us\": 1000, \"streams\": 8, \"until_us\": 9000000000000000000",
        "\"kind\": \"speed\", \"wall_us\": 1000, \"value\": -5",
        "\"kind\": \"resume\", \"wall_us\": 1000, \"value\": 0, \"anchor_us\": -1",
        "\"kind\": \"pause\", \"wall_us\": -1, \"parameters\": \"\"",
        "\"kind\": \"pause\", \"wall_us\": 9000000000000000000, \"parameters\": \"\"",
        "\"kind\": \"resume\", \"wall_us\": 1000, \"parameters\": \"due=9000000000000000000\"",
        "\"kind\": \"gap\", \"wall_us\": 1000, \"parameters\": \"catch_up=limit limit_s=-1\"",
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        struct fault fault = {.text = ""};
        char text[512];
        int length = snprintf(text, sizeof text, "{\"pending\": [{\"id\": \"a\", %s}]}", acts[i]);
        put(text, (size_t)length);
        if (open_again(&fault) != -EPROTO || back->count != 0)
            fail_msg("taken: %s", acts[i]);
        assert_non_null(strstr(fault.text, "ignored"));
    }
}

/* What somebody else gave in another encoding must not keep a pause from the file. */
static void test_texts_that_are_no_utf_8_are_kept_as_far_as_they_go(void **state)
{
    (void)state;
    struct fault fault;
    struct act pause = made(ACT_PAUSE, "a-1");
    (void)snprintf(pause.reason, sizeof pause.reason, "caf\xe9 time");
    add(&pause, true);
    assert_int_equal(pending_log_save(pending, &fault), 0);
    assert_int_equal(open_again(&fault), 0);
    assert_string_equal(back->items[0].act.reason, "caf? time");
}

/* An act that was answered counts in the world that the acts before it make. */
static void test_what_comes_before_is_kept_too(void **state)
{
    (void)state;
    struct act speed = made(ACT_SPEED, ""), own = made(ACT_STEPPED, "");
    own.by.uid = -1;
    struct pending_act *first = pending_log_add(pending, &speed),
                       *second = pending_log_add(pending, &own);
    pending_log_keep(pending);
    assert_true(first->kept);
    assert_false(second->kept);
}

static void test_there_is_a_limit(void **state)
{
    (void)state;
    struct act pause = made(ACT_PAUSE, "x");
    for (uint64_t i = 1; i <= PENDING_ASKED_MAX; i++) {
        struct pending_act *item = pending_log_add(pending, &pause);
        assert_non_null(item);
        item->number = i;
    }
    assert_null(pending_log_add(pending, &pause));
    struct act own = pause;
    own.by.uid = -1;
    for (uint64_t i = PENDING_ASKED_MAX; i < PENDING_MAX; i++)
        assert_non_null(pending_log_add(pending, &own));
    assert_null(pending_log_add(pending, &own));
    pending_log_remove(pending, pending_log_find(pending, 3));
    assert_null(pending_log_find(pending, 3));
    assert_int_equal(pending->items[2].number, 4);
    assert_int_equal(pending->count, PENDING_MAX - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_must_outlive_a_kill_is_read_back),
        TEST(test_each_socket_has_its_own),
        TEST(test_a_torn_file_is_set_aside),
        TEST(test_what_makes_no_sense_is_left_out_and_told),
        TEST(test_a_file_of_0_1_0_is_read),
        TEST(test_numbers_beyond_what_there_can_be_are_left_out),
        TEST(test_texts_that_are_no_utf_8_are_kept_as_far_as_they_go),
        TEST(test_what_comes_before_is_kept_too),
        TEST(test_there_is_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
