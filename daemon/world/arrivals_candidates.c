#include "world/arrivals_parts.h"
#include "world/customers.h"
#include "world/random.h"

#define BLOCK        65536U
#define SLOTS        ARRIVAL_SLOTS
#define CHUNK_TARGET 8192 /* candidates looked at together, at most if a slot allows it */

/* The chunk of a power of two of slots that holds the second `at`. */
struct chunk arrivals_chunk(struct arrivals *arrivals, int64_t at, int64_t slots)
{
    int64_t since = at - 1 - world_start(arrivals->world).s;
    struct chunk chunk = {.round = (uint32_t)(since / arrivals->round), .slots = slots};
    const struct pace *pace = arrivals_pace(arrivals, chunk.round);
    chunk.slot = pace_slot(pace, since % arrivals->round) & ~(slots - 1);
    chunk.from = pace->begin + pace_slot_begin(pace, chunk.slot);
    chunk.to = pace->begin + pace_slot_begin(pace, chunk.slot + slots);
    return chunk;
}

static const struct random_permutation *permutation_of(struct arrivals *arrivals, uint32_t round,
                                                       unsigned lane, uint64_t block)
{
    uint64_t key = (uint64_t)arrivals->rule.stream << 56 | (uint64_t)round << 32 |
                   (uint64_t)lane << 20 | block;
    struct lane_permutation *slot =
        &arrivals->permutations[(round * 7 + lane * 31 + block) % ARRIVAL_PERMUTATIONS];
    if (slot->key != key + 1) {
        slot->key = key + 1;
        slot->permutation = random_permutation(arrivals->seed, RANDOM_ARRIVAL_SLOT, key, SLOTS);
    }
    return &slot->permutation;
}

/* What a candidate asks for, before its place is looked for; false: it is more than `share`. */
static bool candidate_asks(const struct arrivals *arrivals, const struct pace *pace,
                           const struct arrival *event, double share, struct random_block *ret_draw,
                           double *ret_uniform)
{
    uint64_t entity = (uint64_t)arrivals->rule.stream << 32 | event->customer;
    struct random_block block = random_at(arrivals->seed, RANDOM_ARRIVAL_ACCEPT, entity,
                                          event->round << 11 | event->lane, 0);
    double uniform = random_uniform53(block.word[2], block.word[3]);
    if (uniform + event->lane > share * pace->factor)
        return false;
    *ret_draw = block;
    *ret_uniform = uniform;
    return true;
}

static void candidate_place(const struct pace *pace, const struct arrival *event, int64_t slot,
                            const struct random_block *block, struct candidate *candidate)
{
    int64_t begin, end;
    pace_slot_bounds(pace, slot, &begin, &end);
    candidate->factor = pace->factor;
    candidate->event = *event;
    candidate->event.at.s = pace->begin + begin;
    if (end > begin)
        candidate->event.at.s += 1 + random_below(block->word[0], (uint32_t)(end - begin));
}

bool arrivals_candidate(struct arrivals *arrivals, const struct arrival *event, double share,
                        struct candidate *ret_candidate)
{
    struct random_block block;
    const struct pace *pace = arrivals_pace(arrivals, event->round);
    if (!candidate_asks(arrivals, pace, event, share, &block, &ret_candidate->uniform))
        return false;
    const struct random_permutation *permutation =
        permutation_of(arrivals, event->round, event->lane, event->customer / BLOCK);
    int64_t slot = random_permutation_slot(permutation, (uint32_t)(event->customer % BLOCK));
    candidate_place(pace, event, slot, &block, ret_candidate);
    return true;
}

bool arrivals_exists(const struct arrivals *arrivals, const struct arrival *event)
{
    if (event->customer < arrivals->settled && event->at.s > arrivals->settled_at)
        return true;
    return event->at.s > arrivals->first &&
           world_before(customer_born(arrivals->world, event->customer), event->at);
}

double arrivals_demand(struct arrivals *arrivals, const struct candidate *candidate)
{
    const struct arrival *event = &candidate->event;
    double weight = 1.0;
    if (!arrivals->rule.given)
        weight = arrivals->rule.weight(arrivals->world, arrivals->rule.context, event->customer,
                                       event->at);
    return (candidate->uniform + event->lane) / (weight * candidate->factor);
}

static void chunk_visit_lane(struct arrivals *arrivals, const struct chunk *chunk, unsigned lane,
                             double share, candidate_visitor *visit, void *context)
{
    const struct pace *pace = arrivals_pace(arrivals, chunk->round);
    uint64_t customers = customers_at(arrivals->world, (world_time){chunk->to});
    for (uint64_t first = 0; first < customers; first += BLOCK) {
        const struct random_permutation *permutation =
            permutation_of(arrivals, chunk->round, lane, first / BLOCK);
        uint32_t members = customers - first < BLOCK ? (uint32_t)(customers - first) : BLOCK;
        /* Whichever is fewer: ask each customer for the slot, or each slot for the customer. */
        uint32_t steps = members < chunk->slots ? members : (uint32_t)chunk->slots;
        for (uint32_t i = 0; i < steps; i++) {
            uint32_t index = i, slot = (uint32_t)chunk->slot + i;
            if (members < chunk->slots)
                slot = random_permutation_slot(permutation, index);
            else
                index = random_permutation_index(permutation, slot);
            if (index >= members || slot < chunk->slot || slot >= chunk->slot + chunk->slots)
                continue;
            struct candidate candidate;
            struct arrival event = {
                .customer = first + index, .lane = (uint16_t)lane, .round = chunk->round};
            struct random_block block;
            if (!candidate_asks(arrivals, pace, &event, share, &block, &candidate.uniform))
                continue;
            candidate_place(pace, &event, slot, &block, &candidate);
            visit(arrivals, context, &candidate);
        }
    }
}

void arrivals_visit_chunk(struct arrivals *arrivals, const struct chunk *chunk, double share,
                          candidate_visitor *visit, void *context)
{
    if (chunk->from >= arrivals->first) {
        arrivals->settled_at = chunk->from;
        arrivals->settled = customers_at(arrivals->world, (world_time){chunk->from});
    }
    unsigned lanes = arrivals_lanes(share * arrivals_pace(arrivals, chunk->round)->factor);
    for (unsigned lane = 0; lane < lanes; lane++)
        chunk_visit_lane(arrivals, chunk, lane, share, visit, context);
}

int64_t arrivals_slots(const struct arrivals *arrivals, int64_t at, double lanes)
{
    double density = (double)customers_at(arrivals->world, (world_time){at}) * lanes;
    int64_t slots = SLOTS;
    while (slots > 1 && density * (double)slots > (double)CHUNK_TARGET * SLOTS)
        slots /= 2;
    return slots;
}

unsigned arrivals_lanes(double share)
{
    return share < ARRIVAL_LANES - 1 ? (unsigned)share + 1 : ARRIVAL_LANES;
}
