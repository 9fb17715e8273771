/* The journal: what a line looks like, and that a reader who does not read holds nobody up. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/journal.h"
#include "service/journal_sink.h"
#include "service/message.h"
#include "service_checks.h"

struct pipe_ends {
    int reader, writer;
};

static struct pipe_ends new_pipe(void)
{
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    return (struct pipe_ends){.reader = fds[0], .writer = fds[1]};
}

/* Everything up to the end of file, as new memory. */
static char *read_to_end(int fd)
{
    size_t room = 1 << 20, used = 0;
    char *text = malloc(room);
    assert_non_null(text);
    for (;;) {
        ssize_t n = read(fd, text + used, room - used - 1);
        assert_true(n >= 0);
        if (n == 0)
            break;
        used += (size_t)n;
    }
    text[used] = '\0';
    return text;
}

static void a_message_is_one_line_with_its_level(void **state)
{
    (void)state;
    struct pipe_ends ends = new_pipe();
    struct journal *journal = journal_new_on(ends.writer, false);
    journal_say(journal, MESSAGE_STARTED, NULL, "credd %s started", "9.9");
    journal_say(journal, MESSAGE_DATABASE_FULL, NULL, "no room\nfor\tmore");
    journal_free(journal);
    close(ends.writer);
    char *text = read_to_end(ends.reader);
    assert_string_equal(text, "<5>credd 9.9 started\n<2>no room for more\n");
    free(text);
    close(ends.reader);
}

static size_t fill(int fd)
{
    static const char dots[4096] = {'.'};
    size_t filled = 0;
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    for (ssize_t n = write(fd, dots, sizeof dots); n > 0; n = write(fd, dots, sizeof dots))
        filled += (size_t)n;
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return filled;
}

static void drain(int fd, size_t bytes)
{
    char buffer[4096];
    while (bytes > 0) {
        ssize_t n = read(fd, buffer, bytes < sizeof buffer ? bytes : sizeof buffer);
        assert_true(n > 0);
        bytes -= (size_t)n;
    }
}

/* Were journal_say to wait for the reader, this test would never end. */
static void a_stalled_reader_costs_messages_not_time(void **state)
{
    (void)state;
    struct pipe_ends ends = new_pipe();
    size_t filled = fill(ends.writer);
    struct journal *journal = journal_new_on(ends.writer, false);
    unsigned said = 3 * JOURNAL_RING;
    for (unsigned i = 0; i < said; i++)
        journal_say(journal, MESSAGE_SUMMARY, NULL, "message %u", i);
    uint64_t dropped = journal_dropped(journal);
    /* One may be in the thread's hand; all others are in the ring or dropped. */
    assert_in_range(dropped, said - JOURNAL_RING - 1, said - JOURNAL_RING);

    drain(ends.reader, filled);
    journal_free(journal);
    close(ends.writer);
    char *text = read_to_end(ends.reader);
    char expected[128];
    (void)snprintf(expected, sizeof expected,
                   "<6>message 0\n<4>lost %u messages because the journal stalled\n"
                   "<6>message 1\n",
                   (unsigned)dropped);
    assert_memory_equal(text, expected, strlen(expected));
    assert_null(strstr(text + strlen(expected), "lost"));
    unsigned lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, said - dropped + 1);
    free(text);
    close(ends.reader);
}

static void a_reader_who_never_reads_does_not_hold_up_the_end(void **state)
{
    (void)state;
    struct pipe_ends ends = new_pipe();
    (void)fill(ends.writer);
    struct journal *journal = journal_new_on(ends.writer, false);
    journal_say(journal, MESSAGE_STOPPING, NULL, "nobody reads this");
    journal_free(journal);
    /* The thread that was left behind sees the broken pipe and ends; SIGPIPE must not end us. */
    close(ends.reader);
}

static void a_broken_pipe_only_counts(void **state)
{
    (void)state;
    struct pipe_ends ends = new_pipe();
    close(ends.reader);
    struct journal *journal = journal_new_on(ends.writer, false);
    journal_say(journal, MESSAGE_STARTED, NULL, "one");
    while (journal_dropped(journal) == 0)
        (void)sched_yield();
    journal_free(journal);
    close(ends.writer);
}

/* A thread that could not be stopped, at the end of the process: what it says is kept, not written.
 */
static void who_is_left_behind_may_go_on_talking(void **state)
{
    (void)state;
    static struct journal *journal; /* as long as the process: nobody releases it */
    struct pipe_ends ends = new_pipe();
    journal = journal_new_on(ends.writer, false);
    journal_say(journal, MESSAGE_STARTED, NULL, "before");
    journal_leave(journal);
    for (int i = 0; i < 10000; i++)
        journal_say(journal, MESSAGE_STARTED, NULL, "after");
    assert_true(journal_dropped(journal) > 0);
    close(ends.writer);
    char *text = read_to_end(ends.reader);
    assert_string_equal(text, "<5>before\n");
    free(text);
    close(ends.reader);
}

static void saying_nothing_to_nobody_is_fine(void **state)
{
    (void)state;
    journal_say(NULL, MESSAGE_STARTED, NULL, "x");
    journal_free(NULL);
}

__attribute__((format(printf, 4, 5))) static void make(struct message *message, enum message_id id,
                                                       const struct journal_field *fields,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message_make(message, id, fields, format, args);
    va_end(args);
}

static void the_native_form_carries_id_level_and_fields(void **state)
{
    (void)state;
    const struct journal_field fields[] = {
        {"CREDD_STREAM", "market_data"},       {"_PID", "1"}, {"lower", "x"}, {"CREDD_NONE", NULL},
        {"CREDD_REASON", "a\nMESSAGE=forged"}, {NULL, NULL},
    };
    static const char *const expected[] = {
        "MESSAGE=paused by 1000",
        "MESSAGE_ID=3c90d8e7b1f64a25a46d0f5e9c82b71a",
        "PRIORITY=5",
        "CREDD_STREAM=market_data",
        "CREDD_REASON=a MESSAGE=forged",
    };
    struct message message;
    struct iovec items[MESSAGE_FIELDS_MAX];
    make(&message, MESSAGE_PAUSED, fields, "paused by %d", 1000);
    assert_int_equal(message_iovec(&message, items), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(items[i].iov_len, strlen(expected[i]));
        assert_memory_equal(items[i].iov_base, expected[i], items[i].iov_len);
    }
}

static void too_long_a_text_is_cut_and_too_many_fields_are_left_out(void **state)
{
    (void)state;
    char longer[3 * MESSAGE_ROOM];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct journal_field fields[MESSAGE_FIELDS_MAX + 2] = {{"CREDD_LONG", longer}};
    for (int i = 1; i <= MESSAGE_FIELDS_MAX; i++)
        fields[i] = (struct journal_field){"CREDD_SHORT", "1"};
    struct message message;
    struct iovec items[MESSAGE_FIELDS_MAX];
    char line[MESSAGE_TEXT_MAX + 8];
    make(&message, MESSAGE_STARTED, fields, "%s", longer);
    assert_int_equal(message_iovec(&message, items), MESSAGE_FIELDS_MAX);
    assert_memory_equal(items[3].iov_base, "CREDD_SHORT=1", 14);
    size_t length = message_line(&message, line);
    assert_int_equal(length, 3 + MESSAGE_TEXT_MAX - 1 + 1);
    assert_memory_equal(line, "<5>xxx", 6);
    assert_int_equal(line[length - 1], '\n');
}

static void journal_stream_is_told_by_device_and_inode(void **state)
{
    (void)state;
    struct pipe_ends ends = new_pipe();
    struct stat status;
    char name[64];
    assert_int_equal(fstat(ends.writer, &status), 0);
    (void)snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    assert_true(journal_stream_is(name, ends.writer));
    assert_false(journal_stream_is(name, STDIN_FILENO));
    (void)snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino + 1);
    assert_false(journal_stream_is(name, ends.writer));
    assert_false(journal_stream_is("", ends.writer));
    assert_false(journal_stream_is(NULL, ends.writer));
    close(ends.writer);
    assert_false(journal_stream_is(name, ends.writer));
    close(ends.reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_one_line_with_its_level),
        cmocka_unit_test(a_stalled_reader_costs_messages_not_time),
        cmocka_unit_test(a_reader_who_never_reads_does_not_hold_up_the_end),
        cmocka_unit_test(a_broken_pipe_only_counts),
        cmocka_unit_test(who_is_left_behind_may_go_on_talking),
        cmocka_unit_test(saying_nothing_to_nobody_is_fine),
        cmocka_unit_test(the_native_form_carries_id_level_and_fields),
        cmocka_unit_test(too_long_a_text_is_cut_and_too_many_fields_are_left_out),
        cmocka_unit_test(journal_stream_is_told_by_device_and_inode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
