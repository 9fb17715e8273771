#include "mail/thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct thread {
    pthread_t id;
    int wake, ended; /* eventfds */
    void (*run)(void *argument);
    void *argument;
};

static void signal_event(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* a full counter is readable already */
}

static void release(struct thread *thread)
{
    if (thread->wake >= 0)
        (void)close(thread->wake);
    if (thread->ended >= 0)
        (void)close(thread->ended);
    free(thread);
}

static void *body(void *context)
{
    struct thread *thread = context;
    thread->run(thread->argument);
    signal_event(thread->ended);
    return NULL;
}

static int start(void *context, const char *name, void (*run)(void *argument), void *argument,
                 struct thread **ret_thread, struct fault *fault)
{
    (void)context;
    struct thread *thread = MEM_NEW(struct thread);
    *thread = (struct thread){
        .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .run = run,
        .argument = argument,
    };
    int result = thread->wake < 0 || thread->ended < 0 ? errno : 0;
    /* Signals are the loop's business. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    *ret_thread = thread;
    if (result == 0)
        result = pthread_create(&thread->id, NULL, body, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0) {
        (void)pthread_setname_np(thread->id, name);
        return 0;
    }
    *ret_thread = NULL;
    release(thread);
    return fault_set(fault, -result, "cannot start a thread: %s", strerror(result));
}

static void sleep_us(struct thread *thread, int64_t us)
{
    struct pollfd poll_wake = {.fd = thread->wake, .events = POLLIN};
    int timeout = us < 0 ? 0 : us > 3600000000 ? 3600000 : (int)((us + 999) / 1000);
    if (poll(&poll_wake, 1, timeout) > 0) {
        uint64_t count;
        ssize_t got = read(thread->wake, &count, sizeof count);
        (void)got; /* only to empty it */
    }
}

static void wake(struct thread *thread)
{
    signal_event(thread->wake);
}

static bool join(struct thread *thread, int timeout_ms)
{
    struct pollfd poll_ended = {.fd = thread->ended, .events = POLLIN};
    int result;
    do
        result = poll(&poll_ended, 1, timeout_ms);
    while (result < 0 && errno == EINTR);
    if (result <= 0)
        return false;
    (void)pthread_join(thread->id, NULL);
    release(thread);
    return true;
}

static void abandon(struct thread *thread)
{
    (void)pthread_detach(thread->id);
}

const struct thread_driver thread_system = {start, sleep_us, wake, join, abandon, NULL};
