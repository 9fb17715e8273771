/* finance_parts.h - inside the financial records: what their model keeps. */
#ifndef CREDD_WORLD_FINANCE_PARTS_H
#define CREDD_WORLD_FINANCE_PARTS_H

#include "world/finance_items.h"
#include "world/finance_model.h"
#include "world/pay.h"

#define FINANCE_HOURS 8192 /* remembered */

struct finance_hour {
    int64_t number, day;
};

struct finance_picks {
    double sum, cumulated[FINANCE_EXPENSES];
};

struct finance_model {
    struct world *world;
    uint64_t seed;
    struct pay_calendar *paydays;
    uint8_t *schedules; /* of customers, with what they do: see schedule_key(); 0: not known yet */
    size_t schedule_room;
    struct finance_picks picks[32]; /* by day of the month */
    struct finance_hour hours[FINANCE_HOURS];
};

enum pay_schedule finance_schedule(struct finance_model *model, uint64_t customer,
                                   enum employment employment);

#endif
