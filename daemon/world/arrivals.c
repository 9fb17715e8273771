#include <stdlib.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/arrivals_parts.h"
#include "world/customers.h"

#define AHEAD 4 /* events, for the processor's cache */

world_time arrivals_months_before(const struct world *world, int count)
{
    struct civil local = zone_civil(world_zone(world), world_settings(world)->origin.s);
    int months = local.date.year * 12 + local.date.month - 1 - count;
    local.date.year = months / 12;
    local.date.month = months % 12 + 1;
    int length = civil_month_length(local.date.year, local.date.month);
    local.date.day = local.date.day > length ? length : local.date.day;
    return (world_time){zone_instant(world_zone(world), local)};
}

struct arrivals *arrivals_new(struct world *world, const struct arrivals_rule *rule)
{
    struct arrivals *arrivals = MEM_NEW(struct arrivals);
    const struct world_settings *settings = world_settings(world);
    arrivals->world = world;
    arrivals->rule = *rule;
    arrivals->seed = settings->seed;
    arrivals->round = ARRIVAL_ROUND;

    arrivals->first = arrivals_months_before(world, rule->window_months).s;
    return arrivals;
}

void arrivals_free(struct arrivals *arrivals)
{
    if (!arrivals)
        return;
    free(arrivals->items);
    free(arrivals);
}

void arrivals_forget(struct arrivals *arrivals, world_time since)
{
    if (arrivals->items_to > since.s)
        arrivals->items_from = arrivals->items_to = 0;
    arrivals->calm = (struct calm){0};
    arrivals->settled = 0;
}

static int64_t round_begin(const struct arrivals *arrivals, uint32_t round)
{
    return world_start(arrivals->world).s + round * arrivals->round;
}

/* The most that any candidate of (from, to] may ask for and still be kept. */
static double share_between(const struct arrivals *arrivals, int64_t from, int64_t to)
{
    int64_t most = 0;
    for (world_time at = {from}; at.s < to;) {
        int64_t tempo = world_tempo(arrivals->world, arrivals->rule.stream, at);
        most = tempo > most ? tempo : most;
        world_time next = world_next_act(arrivals->world, arrivals->rule.stream, at);
        if (next.s <= at.s)
            break;
        at = next;
    }
    return arrivals->share * ((double)most / (double)WORLD_TEMPO_ONE);
}

static double share_at(struct arrivals *arrivals, int64_t at)
{
    struct calm *calm = &arrivals->calm;
    if (at <= calm->after || at > calm->until) {
        world_time before = {at - 1};
        int64_t tempo = world_tempo(arrivals->world, arrivals->rule.stream, before);
        int64_t next = world_next_act(arrivals->world, arrivals->rule.stream, before).s;
        *calm = (struct calm){before.s, next > before.s ? next : at,
                              arrivals->share * ((double)tempo / (double)WORLD_TEMPO_ONE)};
    }
    return calm->share;
}

static bool is_kept(struct arrivals *arrivals, const struct candidate *candidate)
{
    const struct arrival *event = &candidate->event;
    double share = share_at(arrivals, event->at.s);
    double least = candidate->uniform + event->lane;
    if (least > share * candidate->factor || !arrivals_exists(arrivals, event))
        return false;
    return arrivals_demand(arrivals, candidate) <= share;
}

/* An event of the chunk as one number that sorts as (at, customer, lane). */
#define LANE_BITS     11
#define CUSTOMER_BITS 26

static void keep(struct arrivals *arrivals, void *context, const struct candidate *candidate)
{
    (void)context;
    if (!is_kept(arrivals, candidate))
        return;
    if (arrivals->count == arrivals->room) {
        arrivals->room = arrivals->room ? 2 * arrivals->room : 1024;
        arrivals->items = mem_grow(arrivals->items, arrivals->room, sizeof *arrivals->items);
    }
    const struct arrival *event = &candidate->event;
    uint64_t since = (uint64_t)(event->at.s - arrivals->items_from);
    arrivals->items[arrivals->count++] =
        since << (CUSTOMER_BITS + LANE_BITS) | event->customer << LANE_BITS | event->lane;
}

static struct arrival unpack(const struct arrivals *arrivals, uint64_t item)
{
    return (struct arrival){
        .at = {arrivals->items_from + (int64_t)(item >> (CUSTOMER_BITS + LANE_BITS))},
        .customer = item >> LANE_BITS & ((UINT64_C(1) << CUSTOMER_BITS) - 1),
        .lane = (uint16_t)(item & ((1U << LANE_BITS) - 1)),
        .round = arrivals->items_round,
    };
}

/* Quicksort down to short runs, then insertion. */
static void sort_items(uint64_t *items, size_t count)
{
    while (count > 16) {
        uint64_t a = items[0], b = items[count / 2], c = items[count - 1];
        uint64_t pivot = a < b ? (b < c ? b : a < c ? c : a) : (a < c ? a : b < c ? c : b);
        size_t i = 0, j = count - 1;
        for (;; i++, j--) {
            while (items[i] < pivot)
                i++;
            while (items[j] > pivot)
                j--;
            if (i >= j)
                break;
            uint64_t item = items[i];
            items[i] = items[j];
            items[j] = item;
        }
        sort_items(items, i);
        items += i;
        count -= i;
    }
    for (size_t i = 1; i < count; i++) {
        uint64_t item = items[i];
        size_t to = i;
        for (; to > 0 && items[to - 1] > item; to--)
            items[to] = items[to - 1];
        items[to] = item;
    }
}

/* Makes the items those of the chunk that holds the second after `at`. */
static void load(struct arrivals *arrivals, int64_t at)
{
    double lanes = arrivals_lanes(share_between(arrivals, at, at + 1));
    struct chunk chunk = arrivals_chunk(arrivals, at + 1, arrivals_slots(arrivals, at, lanes));
    arrivals->count = 0;
    arrivals->items_from = chunk.from;
    arrivals->items_to = chunk.to;
    arrivals->items_round = chunk.round;
    double share = share_between(arrivals, chunk.from, chunk.to);
    if (share > 0)
        arrivals_visit_chunk(arrivals, &chunk, share, keep, NULL);
    if (arrivals->count > 1)
        sort_items(arrivals->items, arrivals->count);
}

/* The first item after the instant `at`. */
static size_t first_after(const struct arrivals *arrivals, int64_t at)
{
    uint64_t least = (uint64_t)(at + 1 - arrivals->items_from) << (CUSTOMER_BITS + LANE_BITS);
    size_t low = 0, high = arrivals->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (arrivals->items[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int arrivals_between(struct arrivals *arrivals, world_time from, world_time to,
                     arrival_visitor *visit, void *context)
{
    if (!arrivals->solved)
        arrivals_solve(arrivals);
    int64_t at = from.s < arrivals->first ? arrivals->first : from.s;
    while (at < to.s) {
        if (at < arrivals->items_from || at >= arrivals->items_to)
            load(arrivals, at);
        for (size_t i = first_after(arrivals, at); i < arrivals->count; i++) {
            struct arrival event = unpack(arrivals, arrivals->items[i]);
            if (arrivals->rule.expect && i + AHEAD < arrivals->count)
                arrivals->rule.expect(arrivals->world,
                                      unpack(arrivals, arrivals->items[i + AHEAD]).customer);
            if (event.at.s > to.s)
                return 0;
            int code = visit(context, &event);
            if (code != 0)
                return code;
        }
        at = arrivals->items_to;
    }
    return 0;
}

static int compare_arrivals(const void *a, const void *b)
{
    const struct arrival *x = &((const struct arrival_place *)a)->arrival;
    const struct arrival *y = &((const struct arrival_place *)b)->arrival;
    if (x->at.s != y->at.s)
        return x->at.s < y->at.s ? -1 : 1;
    return (x->lane > y->lane) - (x->lane < y->lane);
}

/* Most rounds have one event of a customer or none. */
static void sort_arrivals(struct arrival_place *events, unsigned count)
{
    if (count > 1)
        qsort(events, count, sizeof *events, compare_arrivals);
}

static double part_of(struct arrivals *arrivals, const struct candidate *candidate)
{
    return (candidate->uniform + candidate->event.lane) /
           (share_at(arrivals, candidate->event.at.s) * candidate->factor);
}

double arrivals_part(struct arrivals *arrivals, const struct arrival *event)
{
    struct candidate candidate;
    double share = share_at(arrivals, event->at.s);
    return arrivals_candidate(arrivals, event, share, &candidate) ? part_of(arrivals, &candidate)
                                                                  : 1.0;
}

/* Of the first `lanes_most` lanes, with a part that may be up to `part`. */
static unsigned round_of(struct arrivals *arrivals, uint64_t customer, uint32_t round,
                         unsigned lanes_most, double part, struct arrival_place *events)
{
    const struct pace *pace = arrivals_pace(arrivals, round);
    bool calm =
        pace->begin >= arrivals->calm.after && pace->begin + pace->length <= arrivals->calm.until;
    double share = calm ? arrivals->calm.share
                        : share_between(arrivals, pace->begin, pace->begin + pace->length);
    share *= part;
    unsigned lanes = share > 0 ? arrivals_lanes(share * pace->factor) : 0, count = 0;
    lanes = lanes < lanes_most ? lanes : lanes_most;
    for (unsigned lane = 0; lane < lanes; lane++) {
        struct candidate candidate;
        struct arrival event = {.customer = customer, .lane = (uint16_t)lane, .round = round};
        if (arrivals_candidate(arrivals, &event, share, &candidate) &&
            is_kept(arrivals, &candidate))
            events[count++] =
                (struct arrival_place){candidate.event, part_of(arrivals, &candidate)};
    }
    sort_arrivals(events, count);
    return count;
}

unsigned arrivals_of_round(struct arrivals *arrivals, uint64_t customer, uint32_t round,
                           unsigned lanes, double part, struct arrival_place *events)
{
    return round_of(arrivals, customer, round, lanes, part, events);
}

uint32_t arrivals_round_at(struct arrivals *arrivals, world_time at)
{
    if (!arrivals->solved)
        arrivals_solve(arrivals);
    int64_t since = (at.s > arrivals->first ? at.s : arrivals->first + 1) - 1;
    return (uint32_t)((since - world_start(arrivals->world).s) / arrivals->round);
}

world_time arrivals_round_end(const struct arrivals *arrivals, uint32_t round)
{
    return (world_time){round_begin(arrivals, round + 1)};
}

world_time arrivals_begin(const struct arrivals *arrivals)
{
    return (world_time){arrivals->first};
}

bool arrivals_begun(const struct arrivals *arrivals, world_time at)
{
    return at.s > arrivals->first &&
           (arrivals->rule.given ? arrivals->share > 0 : arrivals->rule.expected > 0);
}

int arrivals_of(struct arrivals *arrivals, uint64_t customer, world_time from, world_time to,
                arrival_visitor *visit, void *context)
{
    if (!arrivals->solved)
        arrivals_solve(arrivals);
    if (customer >= customers_at(arrivals->world, to))
        return 0;
    int64_t at = from.s < arrivals->first ? arrivals->first : from.s;
    while (at < to.s) {
        struct arrival_place events[ARRIVAL_LANES];
        uint32_t round = arrivals_round_at(arrivals, (world_time){at + 1});
        unsigned count = round_of(arrivals, customer, round, ARRIVAL_LANES, 1.0, events);
        for (unsigned i = 0; i < count; i++) {
            const struct arrival *event = &events[i].arrival;
            if (event->at.s <= from.s || event->at.s > to.s)
                continue;
            int code = visit(context, event);
            if (code != 0)
                return code;
        }
        at = round_begin(arrivals, round + 1);
    }
    return 0;
}

void arrival_key(const struct world *world, const char prefix[2], const struct arrival *arrival,
                 char key[ARRIVAL_KEY_LENGTH + 1])
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    world_key_stamp(world, prefix, arrival->at, key);
    key[17] = '-';
    world_digits(key + 18, 8, arrival->customer);
    key[26] = '-';
    key[27] = digits[arrival->lane / 36];
    key[28] = digits[arrival->lane % 36];
    key[29] = '\0';
}
