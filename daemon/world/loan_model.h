/* loan_model.h - one loan application: what is asked for, and what becomes of it. */
#ifndef CREDD_WORLD_LOAN_MODEL_H
#define CREDD_WORLD_LOAN_MODEL_H

#include "world/arrivals.h"
#include "world/credit.h"
#include "world/loan_products.h"

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

struct loan {
    enum loan_product product;
    int64_t amount; /* dollars */
    int term;       /* months */
    const char *purpose;
    bool relief;               /* pays off other debt */
    struct credit_view credit; /* of the applicant, without what their loans make of it */
};

struct loan_step {
    world_time at; /* when it is due; see world_move_time() */
    enum loan_status from, to;
};
#define LOAN_STEPS_MAX 4
/* Every step of an application is due within this many days. */
#define LOAN_LONGEST_DAYS 90

struct loan_model;
struct loan_model *loan_model_new(struct world *world);
void loan_model_free(struct loan_model *model);
/* All people's demand at an instant over its highest, besides the rhythm of the week: the weight of
 * arrivals. */
double loan_model_demand(struct loan_model *model, world_time at);
struct loan_choice;
/* Borrowed from the model. */
const struct loan_choice *loan_model_choice(const struct loan_model *model);
/* What is asked for at an arrival. */
struct loan loan_make(struct loan_model *model, const struct arrival *arrival);
/* Returns how many steps there are, in order, each at a later instant than the one before. */
unsigned loan_steps(struct loan_model *model, const struct arrival *arrival,
                    const struct loan *loan, struct loan_step steps[LOAN_STEPS_MAX]);

struct loan_held;
/* False: the application is not funded. Leaves `ret_held->round` alone. */
bool loan_model_fund(struct loan_model *model, const struct arrival *arrival,
                     struct loan_held *ret_held);

#endif
