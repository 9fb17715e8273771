#include "world/loan_book.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/loan_applications.h"
#include "world/loan_model.h"
#include "world/loan_past.h"

#define LOOK_BACK   (INT64_C(400) * 86400)
#define ROUNDS_MOST 224
#define LANES       4 /* of an application; further lanes, at high tempos, leave no trace */
#define ROUND_LOANS LANES
#define SCAN_MOST   (ROUNDS_MOST * ROUND_LOANS)
#define SLOTS_LEAST 1024
#define SLOTS_MOST  (UINT32_C(1) << 18)

#define KEPT 12 /* loans of a customer */

/* The loans of one customer's applications of rounds [first, next), all of them. */
struct book_slot {
    alignas(MEM_LINE) uint32_t owner; /* customer plus one; 0: free */
    uint32_t first, next;
    uint32_t count;
    struct loan_held loans[KEPT];
};

struct loan_book {
    struct world *world;
    struct loan_model *model;
    struct arrivals *arrivals;
    struct book_slot *slots; /* by customer modulo slot_count, a power of two */
    size_t slot_count;
};

struct loan_book *loan_book_new(struct world *world, struct loan_model *model,
                                struct arrivals *arrivals)
{
    struct loan_book *book = MEM_NEW(struct loan_book);
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

/* Appends the round's funded loans to `loans`; returns how many. */
static unsigned scan_round(struct loan_book *book, uint64_t customer, uint32_t round,
                           struct loan_held loans[ROUND_LOANS])
{
    struct arrival events[LANES];
    unsigned found = 0;
    unsigned count = arrivals_of_round(book->arrivals, customer, round, LANES, events);
    for (unsigned i = 0; i < count; i++) {
        if (events[i].at.s > WORLD_TIME_LAST.s)
            break;
        struct loan_held *held = &loans[found];
        if (!loan_model_fund(book->model, &events[i], held))
            continue;
        held->round = (uint16_t)round;
        found++;
    }
    return found;
}

/* Forgets the loans of rounds before `first`. */
static void slot_shorten(struct book_slot *slot, uint32_t first)
{
    unsigned old = 0;
    while (old < slot->count && slot->loans[old].round < first)
        old++;
    slot->count -= old;
    memmove(slot->loans, slot->loans + old, slot->count * sizeof *slot->loans);
    slot->first = first;
}

/* Nobody applies before they are there. */
static void slot_clear(struct loan_book *book, struct book_slot *slot, uint64_t customer,
                       uint32_t first)
{
    uint32_t born = arrivals_round_at(book->arrivals, customer_born(book->world, customer));
    *slot = (struct book_slot){
        .owner = (uint32_t)customer + 1, .first = first, .next = born > first ? born : first};
}

/* Brings the slot up to rounds [first, next) at least; false: they hold more loans than it has room
 * for. */
static bool slot_extend(struct loan_book *book, struct book_slot *slot, uint64_t customer,
                        uint32_t first, uint32_t next)
{
    if (slot->owner != customer + 1 || slot->first > first || slot->next < first)
        slot_clear(book, slot, customer, first);
    for (; slot->next < next; slot->next++) {
        struct loan_held loans[ROUND_LOANS];
        unsigned found = scan_round(book, customer, slot->next, loans);
        if (slot->count + found > KEPT && slot->first < first)
            slot_shorten(slot, first);
        if (slot->count + found > KEPT) {
            slot->owner = 0;
            return false;
        }
        memcpy(slot->loans + slot->count, loans, found * sizeof *loans);
        slot->count += found;
    }
    return true;
}

/* The latest LOANS_HELD of those that count at `at`. */
static unsigned pick(const struct loan_held *loans, unsigned count, uint32_t first, world_time at,
                     struct loan_held held[LOANS_HELD])
{
    unsigned from = count, picked = 0;
    while (from > 0 && picked < LOANS_HELD) {
        const struct loan_held *loan = &loans[from - 1];
        if (loan->round < first)
            break;
        from--;
        picked += loan->at <= at.s && loan_held_months(loan, at) < loan->term;
    }
    unsigned kept = 0;
    for (; from < count; from++) {
        const struct loan_held *loan = &loans[from];
        if (loan->at <= at.s && loan_held_months(loan, at) < loan->term)
            held[kept++] = *loan;
    }
    return kept;
}

static unsigned scan_all(struct loan_book *book, uint64_t customer, uint32_t first, uint32_t next,
                         world_time at, struct loan_held held[LOANS_HELD])
{
    struct loan_held loans[SCAN_MOST];
    unsigned count = 0;
    for (uint32_t round = first; round < next; round++)
        count += scan_round(book, customer, round, loans + count);
    return pick(loans, count, first, at, held);
}

unsigned loans_held(struct world *world, uint64_t customer, world_time at,
                    struct loan_held held[LOANS_HELD])
{
    struct loan_book *book = book_of(world);
    if (!arrivals_begun(book->arrivals, at))
        return 0;
    uint32_t next = arrivals_round_at(book->arrivals, at) + 1;
    uint32_t first = arrivals_round_at(book->arrivals, world_plus(at, -LOOK_BACK));
    if (next - first > ROUNDS_MOST)
        first = next - ROUNDS_MOST;
    if (customer >= book->slot_count)
        grow(book, customer + 1);
    struct book_slot *slot = &book->slots[customer & (book->slot_count - 1)];
    if (!slot_extend(book, slot, customer, first, next))
        return scan_all(book, customer, first, next, at, held);
    return slot->count ? pick(slot->loans, slot->count, first, at, held) : 0;
}

/* How far back the book looks from an instant. */
static int64_t span_of(const struct loan_book *book, world_time at)
{
    uint32_t rounds = arrivals_round_at(book->arrivals, world_plus(at, LOOK_BACK)) -
                      arrivals_round_at(book->arrivals, at);
    return rounds > ROUNDS_MOST ? LOOK_BACK * ROUNDS_MOST / rounds : LOOK_BACK;
}

/* Whether a loan takes the place of an old one. */
static bool replaces(const struct loan_held *loan, const struct loan_held *old)
{
    static const uint8_t kinds[LOAN_PRODUCTS] = {
        [LOAN_AUTO_NEW] = 1,  [LOAN_AUTO_USED] = 1,   [LOAN_PERSONAL] = 2,  [LOAN_PURCHASE] = 3,
        [LOAN_REFINANCE] = 3, [LOAN_HOME_EQUITY] = 4, [LOAN_HOME_LINE] = 4,
    };
    return kinds[loan->product] != 0 && kinds[loan->product] == kinds[old->product];
}

static unsigned without_replaced(struct loan_held *old, unsigned count,
                                 const struct loan_held *loans, unsigned loan_count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++) {
        bool gone = false;
        for (unsigned j = 0; j < loan_count; j++)
            gone = gone || (!old[i].beside && replaces(&loans[j], &old[i]));
        if (!gone)
            old[kept++] = old[i];
    }
    return kept;
}

unsigned loans_carried(struct world *world, uint64_t customer, const struct person *person,
                       world_time at, struct loan_held carried[LOANS_CARRIED])
{
    const struct loan_book *book = book_of(world);
    struct loan_past past = {
        .world = world,
        .choice = loan_model_choice(book->model),
        .customer = customer,
        .person = *person,
        .since = world_later(customer_born(world, customer), arrivals_begin(book->arrivals)),
        .at = at,
    };
    struct loan_held recent[LOANS_RECENT + LOANS_HELD];
    unsigned count = loan_past_recent(&past, span_of(book, at), recent);
    count += loans_held(world, customer, at, recent + count);
    unsigned old = without_replaced(carried, loan_past_old(&past, carried), recent, count);
    memcpy(carried + old, recent, count * sizeof *recent);
    return old + count;
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
