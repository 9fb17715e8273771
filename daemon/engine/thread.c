#include "engine/thread.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void signal_event(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written; /* a full counter is readable already */
}

static void close_events(const struct thread *thread)
{
    if (thread->wake >= 0)
        (void)close(thread->wake);
    if (thread->ended >= 0)
        (void)close(thread->ended);
}

static void *body(void *context)
{
    struct thread *thread = context;
    thread->run(thread->context);
    signal_event(thread->ended);
    return NULL;
}

int thread_start(struct thread *thread, void (*run)(void *context), void *context,
                 struct fault *fault)
{
    *thread = (struct thread){
        .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
        .run = run,
        .context = context,
    };
    int result = thread->wake < 0 || thread->ended < 0 ? errno : 0;
    /* Signals are the loop's business. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    if (result == 0)
        result = pthread_create(&thread->id, NULL, body, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        return 0;
    close_events(thread);
    return fault_set(fault, -result, "no thread can be started: %s", strerror(result));
}

void thread_sleep(struct thread *thread, int64_t us)
{
    struct pollfd poll_wake = {.fd = thread->wake, .events = POLLIN};
    int timeout = us < 0 ? 0 : us > 3600000000 ? 3600000 : (int)((us + 999) / 1000);
    if (poll(&poll_wake, 1, timeout) > 0) {
        uint64_t count;
        ssize_t got = read(thread->wake, &count, sizeof count);
        (void)got; /* only to empty it */
    }
}

void thread_wake(struct thread *thread)
{
    signal_event(thread->wake);
}

bool thread_join(struct thread *thread, int timeout_ms)
{
    struct pollfd poll_ended = {.fd = thread->ended, .events = POLLIN};
    int result;
    do
        result = poll(&poll_ended, 1, timeout_ms);
    while (result < 0 && errno == EINTR);
    if (result <= 0)
        return false;
    (void)pthread_join(thread->id, NULL);
    close_events(thread);
    return true;
}

void thread_abandon(struct thread *thread)
{
    (void)pthread_detach(thread->id);
}
