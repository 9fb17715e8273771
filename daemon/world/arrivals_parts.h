/* arrivals_parts.h - inside arrivals: candidates, and the share that is solved from them. */
#ifndef CREDD_WORLD_ARRIVALS_PARTS_H
#define CREDD_WORLD_ARRIVALS_PARTS_H

#include "world/arrivals.h"
#include "world/random.h"

#define ARRIVAL_SLOTS 65536
#define ARRIVAL_ROUND (INT64_C(30) * 86400)
#define PACE_CELLS    722
#define PACE_HINT     64 /* slots from one hint to the next */
#define PACE_HINTS    (ARRIVAL_SLOTS / PACE_HINT)
#define ARRIVAL_PACES 320 /* remembered: those of three years of the shortest rounds */

/* How the slots of a round lie in time: by the rhythm of the week, so that busy hours have more. */
struct pace {
    uint32_t round;
    unsigned cells; /* hours, the first and the last maybe in part */
    int64_t begin, length, first_hour;
    double step;   /* of the intensity from slot to slot */
    double factor; /* mean intensity: what the round's slots are worth */
    double cumulated[PACE_CELLS + 1];
    uint16_t hints[PACE_HINTS]; /* the cell in which every 64th slot begins */
};

#define ARRIVAL_PERMUTATIONS 256 /* remembered */

struct lane_permutation {
    uint64_t key; /* plus one; 0: free */
    struct random_permutation permutation;
};

/* A span of time (after, until] in which tempo does not change. */
struct calm {
    int64_t after, until;
    double share;
};

struct arrivals {
    struct world *world;
    struct arrivals_rule rule;
    uint64_t seed;
    int64_t first; /* the window's begin: no events at or before it */
    int64_t round; /* seconds */
    double share;
    bool solved;
    uint64_t *items; /* the kept events of (items_from, items_to], packed and in order */
    size_t count, room;
    int64_t items_from, items_to;
    uint32_t items_round;
    struct calm calm;
    int64_t settled_at; /* customers below `settled` were there then */
    uint64_t settled;
    struct lane_permutation permutations[ARRIVAL_PERMUTATIONS];
    struct pace paces[ARRIVAL_PACES];
};

struct candidate {
    struct arrival event;
    double uniform; /* and its lane: what the share must reach, over the weight and the factor */
    double factor;  /* of its round */
};

/* A run of slots of one round. */
struct chunk {
    uint32_t round;
    int64_t slot, slots;
    int64_t from, to; /* the seconds they cover, the first excluded */
};

typedef void candidate_visitor(struct arrivals *arrivals, void *context,
                               const struct candidate *candidate);

const struct pace *arrivals_pace(struct arrivals *arrivals, uint32_t round);
/* Seconds from the round's begin to the slot's; ARRIVAL_SLOTS: to the round's end. */
int64_t pace_slot_begin(const struct pace *pace, int64_t slot);
void pace_slot_bounds(const struct pace *pace, int64_t slot, int64_t *ret_begin, int64_t *ret_end);
/* The slot that holds the second after `offset`. */
int64_t pace_slot(const struct pace *pace, int64_t offset);

/* The chunk of a power of two of slots that holds the second `at`. */
struct chunk arrivals_chunk(struct arrivals *arrivals, int64_t at, int64_t slots);
/* How many slots from `at` on make a chunk of a good size. */
int64_t arrivals_slots(const struct arrivals *arrivals, int64_t at, double lanes);
/* How many lanes can hold anything at a share. */
unsigned arrivals_lanes(double share);
/* Those that a share up to `share` may keep. */
void arrivals_visit_chunk(struct arrivals *arrivals, const struct chunk *chunk, double share,
                          candidate_visitor *visit, void *context);
/* The candidate of an event's customer, lane and round; false: it asks for more than `share`. */
bool arrivals_candidate(struct arrivals *arrivals, const struct arrival *event, double share,
                        struct candidate *ret_candidate);
/* Whether the customer was there already, and the window begun. */
bool arrivals_exists(const struct arrivals *arrivals, const struct arrival *event);
/* What share the candidate asks for; without bound if its weight is 0. */
double arrivals_demand(struct arrivals *arrivals, const struct candidate *candidate);

/* Finds the share and the length of a round. */
void arrivals_solve(struct arrivals *arrivals);

#endif
