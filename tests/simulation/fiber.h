/* fiber.h - coroutines: what a thread would do, on one thread, stopped and continued where the test
 * says. */
#ifndef CREDD_SIMULATION_FIBER_H
#define CREDD_SIMULATION_FIBER_H

#include <stdbool.h>
#include <stddef.h>

/* All coroutines of a test, and the stacks that are used again. */
struct fibers;
struct fiber;

typedef void fiber_main(void *context);

struct fibers *fibers_new(void);
/* Ends all that there are. */
void fibers_free(struct fibers *fibers);

/* One that will run `main`; it does not run yet. */
struct fiber *fiber_new(struct fibers *fibers, fiber_main *main, void *context);
/* Lets it run until it yields or returns: true while there is more to come. One fiber may resume
 * another. */
bool fiber_resume(struct fiber *fiber);
bool fiber_ended(const struct fiber *fiber);
/* Gives its stack back; one that has not ended is never continued: killed where it stands. Not for
 * one that is running. */
void fiber_free(struct fiber *fiber);

/* Goes back to who resumed the running fiber. */
void fiber_yield(struct fibers *fibers);
/* The running one; NULL outside of all. */
struct fiber *fiber_running(const struct fibers *fibers);

#endif
