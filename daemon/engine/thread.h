/* thread.h - one worker thread that can be woken, and waited for with a limit, without asking any
 * clock. */
#ifndef CREDD_ENGINE_THREAD_H
#define CREDD_ENGINE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct thread {
    pthread_t id;
    int wake, ended; /* eventfds */
    void (*run)(void *context);
    void *context;
};

/* Negative errno with a fault. */
int thread_start(struct thread *thread, void (*run)(void *context), void *context,
                 struct fault *fault);
/* The worker sleeps until woken, or so long. */
void thread_sleep(struct thread *thread, int64_t us);
void thread_wake(struct thread *thread);
/* Waits for the worker's end; false if it has not ended in time. */
bool thread_join(struct thread *thread, int timeout_ms);
/* Gives the worker up; it must never touch freed memory, so its context is left to it. */
void thread_abandon(struct thread *thread);

#endif
