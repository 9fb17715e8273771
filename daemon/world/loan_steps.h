/* loan_steps.h - what is seen of an application's decision: which statuses it goes through, and
 * when. */
#ifndef CREDD_WORLD_LOAN_STEPS_H
#define CREDD_WORLD_LOAN_STEPS_H

#include "world/arrivals.h"
#include "world/loan_held.h"

enum loan_status {
    LOAN_PENDING,
    LOAN_UNDER_REVIEW,
    LOAN_CONDITIONAL,
    LOAN_APPROVED,
    LOAN_DENIED,
    LOAN_WITHDRAWN,
    LOAN_FUNDED,
};
struct loan_status_name {
    const char *text;
    size_t length;
};
extern const struct loan_status_name loan_status_names[];

struct loan_step {
    world_time at; /* when it is due; see world_move_time() */
    enum loan_status from, to;
};
#define LOAN_STEPS_MAX 4
/* Every step of an application is due within this many days. */
#define LOAN_LONGEST_DAYS 90

struct loan_clerk;
struct loan_clerk *loan_clerk_new(struct world *world);
void loan_clerk_free(struct loan_clerk *clerk);
/* Returns how many steps there are, in order, each at a later instant than the one before. What is
 * funded has an instant other than 0 in `loan->at`. */
unsigned loan_steps(const struct loan_clerk *clerk, const struct arrival *arrival,
                    const struct loan_held *loan, struct loan_step steps[LOAN_STEPS_MAX]);

#endif
