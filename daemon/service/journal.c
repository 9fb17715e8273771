/* The place in the source would be the same for every message. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "service/journal.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/mem.h"
#include "clock/span.h"
#include "clock/system.h"
#include "service/journal_sink.h"
#include "service/message.h"

#define FREE_WAIT_MS   1000
#define STALL_CHECK_MS 250

struct journal {
    int fd;
    bool native;
    bool terminal; /* a person reads along */
    pthread_t thread;
    int finished; /* eventfd: the thread has written all it will write */
    /* Set when nobody waits for the thread any more: it then releases the journal itself. */
    atomic_bool abandoned;
    atomic_bool ended; /* the thread writes no more */
    atomic_uint_fast64_t dropped;
    pthread_mutex_t lock; /* the ring and `stop`; never held while writing */
    pthread_cond_t filled;
    bool stop;
    unsigned first, count;
    struct message ring[JOURNAL_RING];
};

static void release(struct journal *journal)
{
    (void)close(journal->finished);
    (void)pthread_cond_destroy(&journal->filled);
    (void)pthread_mutex_destroy(&journal->lock);
    free(journal);
}

/* Waits until a write of less than PIPE_BUF would not block. False: given up, or nobody is there.
 */
static bool writable(struct journal *journal)
{
    struct pollfd ready = {.fd = journal->fd, .events = POLLOUT};
    while (!atomic_load(&journal->abandoned)) {
        int n = poll(&ready, 1, STALL_CHECK_MS);
        if (n > 0)
            return (ready.revents & POLLOUT) != 0;
        if (n < 0 && errno != EINTR)
            return false;
    }
    return false;
}

/* For people: with the time, and without the priority. */
static size_t terminal_line(const struct message *message, char line[MESSAGE_TEXT_MAX + 40])
{
    char plain[MESSAGE_TEXT_MAX + 8], time[TIME_TEXT_MAX];
    size_t length = message_line(message, plain);
    const char *text = memchr(plain, '>', length);
    (void)time_text(system_time.wall(system_time.context).us / 1000000, time);
    int used = snprintf(line, MESSAGE_TEXT_MAX + 40, "%.10s %s %s", time, time + 11,
                        text != NULL ? text + 1 : plain);
    return used > 0 ? (size_t)used : 0;
}

static int write_line(struct journal *journal, const struct message *message)
{
    char line[MESSAGE_TEXT_MAX + 40];
    size_t length = journal->terminal ? terminal_line(message, line) : message_line(message, line);
    size_t done = 0;
    while (done < length) {
        if (!writable(journal))
            return -EPIPE;
        ssize_t n = write(journal->fd, line + done, length - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
    }
    return 0;
}

static int write_native(struct message *message)
{
    struct iovec items[MESSAGE_FIELDS_MAX];
    int count = message_iovec(message, items);
    return sd_journal_sendv(items, count);
}

static int write_message(struct journal *journal, struct message *message)
{
    return journal->native ? write_native(message) : write_line(journal, message);
}

__attribute__((format(printf, 3, 4))) static void make(struct message *message, enum message_id id,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    message_make(message, id, NULL, format, args);
    va_end(args);
}

/* Takes the oldest message, waiting for one; false: stopped, and none is left. */
static bool take(struct journal *journal, struct message *ret_message)
{
    (void)pthread_mutex_lock(&journal->lock);
    while (journal->count == 0 && !journal->stop)
        (void)pthread_cond_wait(&journal->filled, &journal->lock);
    bool taken = journal->count > 0;
    if (taken) {
        *ret_message = journal->ring[journal->first];
        journal->first = (journal->first + 1) % JOURNAL_RING;
        journal->count--;
    }
    (void)pthread_mutex_unlock(&journal->lock);
    return taken;
}

/* Says how many messages were lost since `told`, once one has got through again. */
static void tell_lost(struct journal *journal, uint64_t *told)
{
    struct message message;
    uint64_t dropped = atomic_load(&journal->dropped);
    if (dropped == *told)
        return;
    make(&message, MESSAGE_JOURNAL_LOST, "lost %" PRIu64 " message%s because the journal stalled",
         dropped - *told, dropped - *told == 1 ? "" : "s");
    if (write_message(journal, &message) >= 0)
        *told = dropped;
}

static void *run(void *context)
{
    struct journal *journal = context;
    struct message message;
    uint64_t told = 0;
    while (!atomic_load(&journal->abandoned) && take(journal, &message)) {
        if (write_message(journal, &message) >= 0)
            tell_lost(journal, &told);
        else
            atomic_fetch_add(&journal->dropped, 1);
    }
    atomic_store(&journal->ended, true);
    if (eventfd_write(journal->finished, 1) < 0)
        abort();
    if (atomic_exchange(&journal->abandoned, true))
        release(journal);
    return NULL;
}

struct journal *journal_new_on(int fd, bool native)
{
    struct journal *journal = MEM_NEW(struct journal);
    sigset_t all, before;

    journal->fd = fd;
    journal->native = native;
    journal->terminal = isatty(fd) == 1;
    journal->finished = eventfd(0, EFD_CLOEXEC);
    (void)pthread_mutex_init(&journal->lock, NULL);
    (void)pthread_cond_init(&journal->filled, NULL);
    /* The thread must not take the signals that the loop waits for, nor die of SIGPIPE. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = journal->finished < 0 ? errno : pthread_create(&journal->thread, NULL, run, journal);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r == 0)
        (void)pthread_setname_np(journal->thread, "credd-journal");
    if (r != 0) {
        (void)fprintf(stderr, "<2>cannot start the journal's thread: %s\n", strerror(r));
        abort();
    }
    return journal;
}

bool journal_stream_is(const char *stream, int fd)
{
    struct stat status;
    char expected[64];
    if (stream == NULL || fstat(fd, &status) < 0)
        return false;
    (void)snprintf(expected, sizeof expected, "%ju:%ju", (uintmax_t)status.st_dev,
                   (uintmax_t)status.st_ino);
    return strcmp(stream, expected) == 0;
}

struct journal *journal_new(void)
{
    bool native = journal_stream_is(getenv("JOURNAL_STREAM"), STDERR_FILENO);
    return journal_new_on(STDERR_FILENO, native);
}

/* Waits for what is queued to be written, but not for ever. True: the thread has ended. */
static bool finish(struct journal *journal)
{
    (void)pthread_mutex_lock(&journal->lock);
    journal->stop = true;
    (void)pthread_cond_signal(&journal->filled);
    (void)pthread_mutex_unlock(&journal->lock);

    struct pollfd finished = {.fd = journal->finished, .events = POLLIN};
    while (poll(&finished, 1, FREE_WAIT_MS) < 0 && errno == EINTR)
        ;
    return atomic_load(&journal->ended);
}

void journal_leave(struct journal *journal)
{
    if (journal == NULL)
        return;
    (void)finish(journal);
    (void)pthread_detach(journal->thread);
}

void journal_free(struct journal *journal)
{
    if (journal == NULL)
        return;
    pthread_t thread = journal->thread;
    if (finish(journal) || atomic_exchange(&journal->abandoned, true)) {
        (void)pthread_join(thread, NULL);
        release(journal);
    } else {
        (void)pthread_detach(thread);
    }
}

void journal_say(struct journal *journal, enum message_id id, const struct journal_field *fields,
                 const char *format, ...)
{
    struct message message;
    va_list args;

    assert(id >= 0 && id < MESSAGE_COUNT);
    if (journal == NULL)
        return;
    va_start(args, format);
    message_make(&message, id, fields, format, args);
    va_end(args);
    (void)pthread_mutex_lock(&journal->lock);
    if (journal->count < JOURNAL_RING) {
        journal->ring[(journal->first + journal->count) % JOURNAL_RING] = message;
        journal->count++;
        (void)pthread_cond_signal(&journal->filled);
    } else {
        atomic_fetch_add(&journal->dropped, 1);
    }
    (void)pthread_mutex_unlock(&journal->lock);
}

uint64_t journal_dropped(const struct journal *journal)
{
    return atomic_load(&journal->dropped);
}
