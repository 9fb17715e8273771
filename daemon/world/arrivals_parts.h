/* arrivals_parts.h - inside arrivals: candidates, and the share that is solved from them. */
#ifndef CREDD_WORLD_ARRIVALS_PARTS_H
#define CREDD_WORLD_ARRIVALS_PARTS_H

#include "world/arrivals.h"
#include "world/random.h"

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
    struct lane_permutation permutations[ARRIVAL_PERMUTATIONS];
};

struct candidate {
    struct arrival event;
    double uniform; /* and its lane: what the share must reach, over the weight */
};

/* A run of slots of one round. */
struct chunk {
    uint32_t round;
    int64_t slot, slots;
    int64_t from, to; /* the seconds they cover, the first excluded */
};

typedef void candidate_visitor(struct arrivals *arrivals, void *context,
                               const struct candidate *candidate);

/* The chunk of a power of two of slots that holds the second `at`. */
struct chunk arrivals_chunk(const struct arrivals *arrivals, int64_t at, int64_t slots);
/* How many slots from `at` on make a chunk of a good size. */
int64_t arrivals_slots(const struct arrivals *arrivals, int64_t at, double lanes);
/* How many lanes can hold anything at a share. */
unsigned arrivals_lanes(double share);
void arrivals_visit_chunk(struct arrivals *arrivals, const struct chunk *chunk, unsigned lanes,
                          candidate_visitor *visit, void *context);
/* Whether the customer was there already, and the window begun. */
bool arrivals_exists(const struct arrivals *arrivals, const struct arrival *event);
/* What share the candidate asks for; without bound if its weight is 0. */
double arrivals_demand(const struct arrivals *arrivals, const struct candidate *candidate);

/* Finds the share and the length of a round. */
void arrivals_solve(struct arrivals *arrivals);

#endif
