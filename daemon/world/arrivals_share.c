#include <stdlib.h>

#include "base/mem.h"
#include "world/arrivals_parts.h"
#include "world/real.h"

#define ROUND_HALVES 3 /* a slot of a busy hour must not become shorter than a second */

/* The rate at tempo 1 for which a full round is still long enough: one lane then does, and there is
 * room for tempo 1000. */
#define SHARE_COMFORTABLE .95

/* How the share is solved: what every candidate of the window asks for. */
struct solving {
    int64_t origin;
    double weights; /* the sum over the candidates of lane 0 */
    double low, high;
    uint64_t below;  /* candidates that ask for less than `low` */
    double *demands; /* those between `low` and `high` */
    size_t count, room;
};

static void solve_weigh(struct arrivals *arrivals, void *context, const struct candidate *candidate)
{
    struct solving *solving = (struct solving *)context;
    const struct arrival *event = &candidate->event;
    if (event->lane > 0 || event->at.s > solving->origin || !arrivals_exists(arrivals, event))
        return;
    solving->weights +=
        candidate->factor *
        arrivals->rule.weight(arrivals->world, arrivals->rule.context, event->customer, event->at);
}

static void solve_collect(struct arrivals *arrivals, void *context,
                          const struct candidate *candidate)
{
    struct solving *solving = (struct solving *)context;
    const struct arrival *event = &candidate->event;
    if (event->at.s > solving->origin || !arrivals_exists(arrivals, event))
        return;
    double demand = arrivals_demand(arrivals, candidate);
    if (demand < solving->low)
        solving->below++;
    if (!(demand >= solving->low && demand <= solving->high))
        return;
    if (solving->count == solving->room) {
        solving->room = solving->room ? 2 * solving->room : 4096;
        solving->demands = mem_grow(solving->demands, solving->room, sizeof *solving->demands);
    }
    solving->demands[solving->count++] = demand;
}

/* Visits the window's candidates up to a share; one chunk in `every` only. */
static void solve_visit(struct arrivals *arrivals, struct solving *solving, double share,
                        int64_t every, candidate_visitor *visit)
{
    int64_t at = arrivals->first;
    for (int64_t number = 0; at < solving->origin; number++) {
        struct chunk chunk =
            arrivals_chunk(arrivals, at + 1, arrivals_slots(arrivals, at, arrivals_lanes(share)));
        if (number % every == 0)
            arrivals_visit_chunk(arrivals, &chunk, share, visit, solving);
        at = chunk.to;
    }
}

/* Hoare's FIND: the value that has `rank` others before it. */
static double select_value(double *values, int64_t count, int64_t rank)
{
    int64_t low = 0, high = count - 1;
    while (low < high) {
        double pivot = values[rank];
        int64_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (pivot < values[j])
                j--;
            if (i > j)
                break;
            double swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
        if (j < rank)
            low = i;
        if (rank < i)
            high = j;
    }
    return values[rank];
}

/* The share that the baseline's expected-th most willing candidate asks for. */
static double solve_exactly(struct arrivals *arrivals, struct solving *solving, double estimate)
{
    uint64_t expected = arrivals->rule.expected;
    double width = .02 + 6.0 / real_exp(.5 * real_log((double)expected));
    solving->low = width < 1.0 ? estimate * (1.0 - width) : 0.0;
    solving->high = estimate * (1.0 + width);
    for (;;) {
        if (solving->high > ARRIVAL_LANES)
            solving->high = ARRIVAL_LANES;
        solving->below = solving->count = 0;
        solve_visit(arrivals, solving, solving->high, 1, solve_collect);
        if (solving->below < expected && solving->below + solving->count >= expected)
            break;
        if (solving->below >= expected)
            solving->low = 0.0;
        else if (solving->high >= ARRIVAL_LANES)
            return ARRIVAL_LANES;
        else
            solving->high *= 2.0;
    }
    return select_value(solving->demands, (int64_t)solving->count,
                        (int64_t)(expected - solving->below - 1));
}

/* Short enough rounds for one lane to hold the share at tempo 1. */
static double halve_rounds(struct arrivals *arrivals, double share)
{
    for (int i = 0; i < ROUND_HALVES && share > SHARE_COMFORTABLE; i++) {
        arrivals->round /= 2;
        share /= 2.0;
    }
    return share;
}

void arrivals_give(struct arrivals *arrivals, double share)
{
    arrivals->solved = true;
    arrivals->round = ARRIVAL_ROUND;
    arrivals->share = halve_rounds(arrivals, share);
    if (arrivals->share > ARRIVAL_LANES)
        arrivals->share = ARRIVAL_LANES;
    arrivals->items_from = arrivals->items_to = 0;
    arrivals->calm = (struct calm){0};
    arrivals->settled = 0;
}

void arrivals_solve(struct arrivals *arrivals)
{
    arrivals->solved = true;
    if (arrivals->rule.expected == 0 || arrivals->rule.given)
        return;
    const struct world_settings *settings = world_settings(arrivals->world);
    struct solving solving = {.origin = settings->origin.s};
    /* Large portfolios show their mean weight in a part of the chunks. */
    int64_t every = settings->customers > 2000 ? 7 : 1;
    /* High enough for all of lane 0. */
    solve_visit(arrivals, &solving, 1.5, every, solve_weigh);
    double estimate = (double)arrivals->rule.expected / (solving.weights * (double)every + 1e-9);
    arrivals->share = solve_exactly(arrivals, &solving, halve_rounds(arrivals, estimate));
    free(solving.demands);
}
