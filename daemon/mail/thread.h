/* thread.h - a worker that can be woken and joined with a time limit: a thread of the system, or a
 * simulated one. */
#ifndef CREDD_MAIL_THREAD_H
#define CREDD_MAIL_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct thread; /* the driver's own */

struct thread_driver {
    /* Runs `run(argument)` under a name of at most 15 characters, as `ps -L` shows it; `ret_thread`
     * is set before it begins. Negative errno with a fault. */
    int (*start)(void *context, const char *name, void (*run)(void *argument), void *argument,
                 struct thread **ret_thread, struct fault *fault);
    /* The worker sleeps until woken, or so long. */
    void (*sleep)(struct thread *thread, int64_t us);
    void (*wake)(struct thread *thread);
    /* Waits for the worker's end and releases it; false if it has not ended in time. */
    bool (*join)(struct thread *thread, int timeout_ms);
    /* Leaves the worker running; its argument must then never be freed. */
    void (*abandon)(struct thread *thread);
    void *context;
};

extern const struct thread_driver thread_system;

#endif
