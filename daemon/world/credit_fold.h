/* credit_fold.h - the state of the credit_history stream: everybody's monthly steps, replayed on
 * demand. */
#ifndef CREDD_WORLD_CREDIT_FOLD_H
#define CREDD_WORLD_CREDIT_FOLD_H

#include "world/credit_model.h"
#include "world/stream.h"

/* People have their step on a day of the month, 1 to 31, or the last one of shorter months; those
 * of the slots beyond have it at the end of every month, when lenders that do not go by days
 * report. */
#define CREDIT_SLOTS       34
#define CREDIT_OPEN        (6 * 3600)  /* the second of a day from which on steps fall … */
#define CREDIT_OPEN_FOR    (14 * 3600) /* … and for how many seconds */
#define CREDIT_PAST_MONTHS 18 /* before the origin, for which everybody's credit is known */
#define CREDIT_EARLY       14 /* months before the origin: states are kept to go back to */

#define CREDIT_NOTHING_LISTED INT64_MIN

struct credit_slot;

/* An entry that is due, without its values. */
struct credit_entry {
    uint32_t second; /* after CREDIT_OPEN */
    uint32_t customer;
    uint16_t lane;
};

struct credit_cache {
    struct world *world;
    uint64_t seed;
    struct credit_model model;
    int first_month;  /* every fold begins at or after it */
    int early_month;  /* the states after it are kept */
    uint8_t *members; /* of each block, by slot: the customer modulo CREDIT_SLOTS */
    uint64_t block_count, block_room;
    double *stress; /* of the months from first_month on */
    size_t stress_count, stress_room;
    int view_month; /* the last one asked for, and when it begins */
    int64_t view_since;
    struct credit_slot *slots; /* last states, by customer modulo slot_count (a power of two) */
    size_t slot_count;

    unsigned baseline_lanes;
    int64_t first_at; /* the baseline begins with this entry */
    struct credit_entry first;
    struct credit_entry *entries, *spare; /* of one stretch of one local day */
    size_t count, room;
    int64_t listed_day; /* what is listed */
    uint32_t listed_begin;
};

/* The slot of the month that is the customer's own, and whose it is in a block of CREDIT_SLOTS
 * customers; on which day of a month it is. */
unsigned credit_slot_of(struct credit_cache *cache, uint64_t customer);
uint64_t credit_slot_owner(struct credit_cache *cache, uint64_t block, unsigned slot);
unsigned credit_slot_day(unsigned slot, int month);
/* The entry's second of its day, after CREDIT_OPEN; `ret_uniform` decides whether it exists. */
uint32_t credit_entry_second(const struct credit_cache *cache, uint64_t customer, int month,
                             unsigned lane, double *ret_uniform);
/* The month of the customer's last step at or before second `second` of a day of `month`. */
int credit_step_month(struct credit_cache *cache, uint64_t customer, int month, unsigned day,
                      uint32_t second);
/* The same of an instant. */
int credit_month_at(struct credit_cache *cache, uint64_t customer, world_time at);
/* The day on which a month, counted from year 0, begins. */
int64_t credit_month_day(int month);
/* After the customer's step in a month; and without what their loans make of it. */
struct credit_view credit_view_of(struct credit_cache *cache, uint64_t customer, int month);
struct credit_view credit_alone_of(struct credit_cache *cache, uint64_t customer, int month);

/* Says that the customer's state will be wanted soon. */
void credit_expect(const struct credit_cache *cache, uint64_t customer);

/* Finds the baseline's first entry and with it first_month: before any state is asked for. */
void credit_find_bounds(struct credit_cache *cache);
void credit_slots_forget(struct credit_cache *cache, world_time since);
void credit_slots_free(struct credit_cache *cache);

#endif
