/* loan_model.h - one person meets one candidate: whether they apply, for what, what a lender makes
 * of it, and what it makes of their balance sheet. */
#ifndef CREDD_WORLD_LOAN_MODEL_H
#define CREDD_WORLD_LOAN_MODEL_H

#include "world/loan_steps.h"
#include "world/loan_wants.h"

struct loan_model;
struct loan_model *loan_model_new(struct world *world);
void loan_model_free(struct loan_model *model);
/* How many times as often people want loans as the shares say: 1 is about one a year. */
void loan_model_pace(struct loan_model *model, double pace);
/* Borrowed from the model. */
const struct loan_clerk *loan_model_clerk(const struct loan_model *model);

/* What a lender knew of an application: for those who measure. */
struct loan_terms {
    struct credit_view credit;
    double income;      /* dollars a year */
    double debt_before; /* instalments and cards over income, without what is asked for */
    double debt_after;  /* all payments over income, with it */
    bool insured;       /* a mortgage of less than the usual standing: FHA */
};
/* Moves a life over a candidate; `part` is its place among the candidates. False: no application
 * comes of it. */
bool loan_model_meet(struct loan_model *model, struct loan_life *life,
                     const struct arrival *arrival, double part, struct loan_terms *ret_terms);
/* Looks at the person's credit in between, for what lenders remember for years. */
void loan_model_watch(struct loan_model *model, struct loan_life *life, world_time at);

#endif
