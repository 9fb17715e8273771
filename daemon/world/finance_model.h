/* finance_model.h - one record of a person's hidden ledger. */
#ifndef CREDD_WORLD_FINANCE_MODEL_H
#define CREDD_WORLD_FINANCE_MODEL_H

#include "world/arrivals.h"

struct finance_record {
    const char *type;
    int64_t amount; /* cents, positive */
    char description[80];
    int64_t day; /* local date */
};

struct finance_model;
struct finance_model *finance_model_new(struct world *world);
void finance_model_free(struct finance_model *model);
/* Other people may have been born by the same numbers. */
void finance_model_forget(struct finance_model *model);
/* How likely a record of the customer's is at an instant, over the highest: paydays stand out. */
double finance_model_weight(struct finance_model *model, uint64_t customer, world_time at);
/* `arrivals` holds the person's other records: pay comes once on a payday, with the first of them.
 */
void finance_record_make(struct finance_model *model, struct arrivals *arrivals,
                         const struct arrival *arrival, struct finance_record *record);

#endif
