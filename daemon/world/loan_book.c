#include "world/loan_book.h"

#include <stdalign.h>
#include <stdlib.h>

#include "base/mem.h"
#include "world/customers.h"
#include "world/loan_applications.h"
#include "world/loan_model.h"
#include "world/loan_past.h"
#include "world/loan_wants.h"

#define LANES         4 /* of a candidate; what comes of further ones, at high tempos, leaves no trace */
#define WATCHED_EVERY (INT64_C(90) * 86400) /* lenders look at a person without being asked */
#define SLOTS_LEAST   1024
#define SLOTS_MOST    (UINT32_C(1) << 18)

/* The life of one customer after the candidates up to `met`; there are no others up to `quiet`. */
struct book_slot {
    alignas(MEM_LINE) uint32_t owner; /* customer plus one; 0: free */
    uint32_t begin, met, quiet;
    struct loan_life life;
};

struct loan_book {
    struct world *world;
    struct loan_model *model;
    struct arrivals *arrivals;
    struct book_slot *slots; /* by customer modulo slot_count, a power of two */
    size_t slot_count;
    struct book_slot aside; /* a life apart from the others */
};

/* Told of each application that a fold meets. */
struct witness {
    loan_book_visitor *see;
    void *context;
    int64_t after; /* counts those after it … */
    bool all;      /* … of all lanes */
    unsigned count;
};

struct loan_book *loan_book_new(struct world *world, struct loan_model *model,
                                struct arrivals *arrivals)
{
    struct loan_book *book = MEM_LINES(struct loan_book, 1);
    book->world = world;
    book->model = model;
    book->arrivals = arrivals;
    return book;
}

void loan_book_free(struct loan_book *book)
{
    if (!book)
        return;
    free(book->slots);
    free(book);
}

void loan_book_forget(struct loan_book *book)
{
    for (size_t i = 0; i < book->slot_count; i++)
        book->slots[i].owner = 0;
    book->aside.owner = 0;
}

/* The one that the world's loan_applications keep. */
static struct loan_book *book_of(struct world *world)
{
    return ((struct loans *)world_cache(world, STREAM_LOAN_APPLICATIONS))->book;
}

static void grow(struct loan_book *book, uint64_t people)
{
    size_t count = book->slot_count ? book->slot_count : SLOTS_LEAST;
    while (count < people && count < SLOTS_MOST)
        count *= 2;
    if (count == book->slot_count)
        return;
    struct book_slot *slots = MEM_LINES(struct book_slot, count);
    for (size_t i = 0; i < book->slot_count; i++)
        if (book->slots[i].owner)
            slots[(book->slots[i].owner - 1) & (count - 1)] = book->slots[i];
    free(book->slots);
    book->slots = slots;
    book->slot_count = count;
}

/* Nobody applies before they are there, or before the data begin. */
static void start(const struct loan_book *book, struct book_slot *slot, uint64_t customer)
{
    world_time begin =
        world_later(customer_born(book->world, customer), arrivals_begin(book->arrivals));
    slot->owner = (uint32_t)customer + 1;
    slot->begin = slot->met = slot->quiet = (uint32_t)begin.s;
    slot->life.customer = (uint32_t)customer;
    loan_past_fill(book->world, &slot->life, begin);
}

static void meet(struct loan_book *book, struct book_slot *slot, const struct arrival_place *place,
                 struct witness *witness)
{
    struct loan_terms terms;
    const struct arrival *arrival = &place->arrival;
    slot->met = (uint32_t)arrival->at.s;
    if (!loan_model_meet(book->model, &slot->life, arrival, place->part, &terms) || !witness)
        return;
    witness->count += arrival->at.s > witness->after;
    if (witness->see)
        witness->see(witness->context, &slot->life,
                     loan_life_find(&slot->life, arrival->at, arrival->lane), &terms);
}

/* What leaves no trace is met by a copy. */
static void meet_one(struct loan_book *book, struct book_slot *slot,
                     const struct arrival_place *place, struct witness *witness)
{
    if (place->arrival.lane < LANES) {
        meet(book, slot, place, witness);
        return;
    }
    struct book_slot copy = *slot;
    meet(book, &copy, place, witness);
}

/* Over one round, at most; false: there is a candidate after `to`. */
static bool advance_round(struct loan_book *book, struct book_slot *slot, int64_t to,
                          struct witness *witness)
{
    struct arrival_place few[LANES], many[ARRIVAL_LANES];
    bool all = witness && witness->all;
    struct arrival_place *places = all ? many : few;
    uint64_t customer = slot->owner - 1;
    int64_t from = slot->quiet;
    uint32_t round = arrivals_round_at(book->arrivals, (world_time){from + 1});
    int64_t end = arrivals_round_end(book->arrivals, round).s;
    int64_t begin = round > 0 ? arrivals_round_end(book->arrivals, round - 1).s : 0;
    int64_t length = arrivals_round_end(book->arrivals, round + 1).s - end;
    if ((round + customer) % (uint64_t)(WATCHED_EVERY / length) == 0 && from <= begin &&
        begin > slot->begin)
        loan_model_watch(book->model, &slot->life, (world_time){begin});
    unsigned count = arrivals_of_round(book->arrivals, customer, round, all ? ARRIVAL_LANES : LANES,
                                       loan_wants_most(&slot->life) / WANT_MOST, places);
    for (unsigned i = 0; i < count; i++) {
        int64_t at = places[i].arrival.at.s;
        if (at <= from)
            continue;
        if (at > to || at > WORLD_TIME_LAST.s) {
            slot->quiet = (uint32_t)(at - 1);
            return false;
        }
        meet_one(book, slot, &places[i], witness);
    }
    slot->quiet = (uint32_t)(end < UINT32_MAX ? end : UINT32_MAX);
    return end < UINT32_MAX;
}

static void advance(struct loan_book *book, struct book_slot *slot, int64_t to,
                    struct witness *witness)
{
    while ((int64_t)slot->quiet < to)
        if (!advance_round(book, slot, to, witness))
            return;
}

/* The life of before anything was asked for. */
static struct book_slot *brought_along(struct loan_book *book, uint64_t customer, world_time at)
{
    book->aside.owner = 0;
    book->aside.life.customer = (uint32_t)customer;
    loan_past_fill(book->world, &book->aside.life, at);
    return &book->aside;
}

/* A life whose list is whole at `at`; `exact`: it is as it is then. */
static struct book_slot *slot_at(struct loan_book *book, uint64_t customer, world_time at,
                                 bool exact)
{
    if (!arrivals_begun(book->arrivals, at) ||
        !world_before(customer_born(book->world, customer), at))
        return brought_along(book, customer, at);
    if (customer >= book->slot_count)
        grow(book, customer + 1);
    struct book_slot *slot = &book->slots[customer & (book->slot_count - 1)];
    if (slot->owner != customer + 1 ||
        (at.s < (int64_t)slot->met && (exact || at.s < (int64_t)slot->life.whole)))
        start(book, slot, customer);
    advance(book, slot, at.s, NULL);
    return slot;
}

const struct loan_held *loan_book_application(struct loan_book *book, const struct arrival *arrival)
{
    bool traced = arrival->lane < LANES;
    struct book_slot *slot = slot_at(book, arrival->customer, arrival->at, !traced);
    if (traced)
        return loan_life_find(&slot->life, arrival->at, arrival->lane);
    struct arrival_place place = {*arrival, arrivals_part(book->arrivals, arrival)};
    book->aside = *slot;
    meet(book, &book->aside, &place, NULL);
    return loan_life_find(&book->aside.life, arrival->at, arrival->lane);
}

unsigned loan_book_count(struct loan_book *book, uint64_t customer, world_time from, world_time to)
{
    struct witness witness = {.after = from.s, .all = true};
    if (customer >= book->slot_count)
        grow(book, customer + 1);
    struct book_slot *slot = &book->slots[customer & (book->slot_count - 1)];
    start(book, slot, customer);
    advance(book, slot, to.s, &witness);
    return witness.count;
}

void loan_book_replay(struct world *world, uint64_t customer, world_time to, loan_book_visitor *see,
                      void *context)
{
    struct loan_book *book = book_of(world);
    struct witness witness = {.see = see, .context = context};
    if (!arrivals_begun(book->arrivals, to))
        return;
    start(book, &book->aside, customer);
    advance(book, &book->aside, to.s, &witness);
}

static unsigned pick(const struct loan_life *life, world_time at, bool old,
                     struct loan_held held[LIFE_LOANS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < life->count; i++)
        if ((old || !life->loans[i].old) && loan_is_open(&life->loans[i], at))
            held[count++] = life->loans[i];
    return count;
}

unsigned loans_held(struct world *world, uint64_t customer, world_time at,
                    struct loan_held held[LOANS_HELD])
{
    return pick(&slot_at(book_of(world), customer, at, false)->life, at, false, held);
}

unsigned loans_carried(struct world *world, uint64_t customer, world_time at,
                       struct loan_held carried[LOANS_CARRIED])
{
    return pick(&slot_at(book_of(world), customer, at, false)->life, at, true, carried);
}

void loans_show(struct world *world, uint64_t customer, world_time at, struct credit_view *view)
{
    struct loan_book *book = book_of(world);
    if (!arrivals_begun(book->arrivals, at) || !world_before(customer_born(world, customer), at))
        return;
    const struct loan_life *life = &slot_at(book, customer, at, false)->life;
    view->score = loan_held_score(life->loans, life->count, at, view->score);
    view->utilization = loan_held_utilization(life->loans, life->count, at, view->utilization);
}

void loans_expect(struct world *world, uint64_t customer)
{
    const struct loan_book *book = book_of(world);
    if (book->slot_count == 0)
        return;
    const struct book_slot *slot = &book->slots[customer & (book->slot_count - 1)];
    for (size_t line = 0; line < sizeof *slot; line += MEM_LINE)
        __builtin_prefetch((const char *)slot + line);
}
