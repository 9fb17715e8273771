/* loop.h - the engine on a libevent loop: its turns, when a thread has posted, when something is
 * due, and when the wall clock is stepped. */
#ifndef CREDD_LOOP_H
#define CREDD_LOOP_H

#include "base/fault.h"

struct engine;
struct engine_loop;
struct event_base;

/* Borrows both, which outlive it. -ENOMEM with a fault. */
int engine_loop_new(struct event_base *base, struct engine *engine, struct engine_loop **ret_loop,
                    struct fault *fault);
void engine_loop_free(struct engine_loop *loop);

#endif
