#include "world/life_home.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/loan_book.h"
#include "world/random.h"
#include "world/real.h"

#define SLOTS_LEAST 1024
#define SLOTS_MOST  (UINT32_C(1) << 20)
#define KEPT        4 /* homes of a customer */
#define CELL        4 /* months that one block of random numbers serves */

enum { DRAW_MONTHS, DRAW_WHERE };

/* Movers a year in percent, by age (Census, CPS 2023: 8 of all). Of them 5 stay in their county, 2
 * in their state, 1 leaves it. */
static const struct real_point movers[] = {{18, 9},   {22, 16.5}, {27, 16.5}, {32, 12}, {40, 8},
                                           {50, 5.5}, {60, 4.4},  {70, 3.2},  {85, 3.0}};
#define SAME_CITY  .62
#define SAME_STATE .87
/* Owners move less than renters; what follows a purchase comes beside. */
#define OWNERS  .46
#define RENTERS 1.40
/* Who buys moves in, but for second homes. */
#define MOVES_IN .94

struct lived {
    int16_t month; /* of the move */
    struct home home;
};

struct home_slot {
    uint32_t owner; /* customer plus one; 0: free */
    int16_t month, birth;
    uint8_t count;
    bool shortened;
    struct lived lived[KEPT];
};

struct life_homes {
    struct world *world;
    const struct identity_rules *rules;
    uint64_t seed;
    double chance[LIFE_AGES]; /* in a month, of everybody */
    struct home_slot *slots;
    size_t slot_count;
};

struct life_homes *life_homes_new(struct world *world, const struct identity_rules *rules)
{
    struct life_homes *homes = MEM_NEW(struct life_homes);
    homes->world = world;
    homes->rules = rules;
    homes->seed = world_settings(world)->seed;
    for (int i = 0; i < LIFE_AGES; i++)
        homes->chance[i] =
            real_interpolate(movers, sizeof movers / sizeof *movers, LIFE_AGE_FIRST + i + .5) /
            1200;
    return homes;
}

void life_homes_free(struct life_homes *homes)
{
    if (!homes)
        return;
    free(homes->slots);
    free(homes);
}

void life_homes_forget(struct life_homes *homes, uint64_t known, int month)
{
    for (size_t i = 0; i < homes->slot_count; i++)
        if (homes->slots[i].owner > known || homes->slots[i].month >= month)
            homes->slots[i].owner = 0;
}

bool life_home_bought(struct world *world, uint64_t customer, world_time after, world_time upto)
{
    struct loan_held held[LOANS_HELD];
    unsigned count = loans_held(world, customer, upto, held);
    for (unsigned i = 0; i < count; i++)
        if (held[i].product == LOAN_PURCHASE && (int64_t)held[i].at > after.s)
            return true;
    return false;
}

static struct home next_home(const struct life_homes *homes, uint64_t customer, int month,
                             const struct home *from, bool bought)
{
    struct random_block where =
        random_at(homes->seed, RANDOM_LIFE_MOVE, customer, (uint32_t)month, DRAW_WHERE);
    double u = random_uniform(where.word[0]);
    struct home home = *from;
    home.moved = (int16_t)month;
    home.owned = bought || (from->owned && random_uniform(where.word[2]) < .7);
    if (u >= SAME_STATE)
        home.place = identity_place_far(where.word[1]);
    else if (u >= SAME_CITY)
        home.place = identity_place_near(homes->rules, from->place, where.word[1]);
    if (home.place != from->place)
        home.phoned = home.moved;
    return home;
}

static bool moves(const struct life_homes *homes, uint64_t customer, const struct home_slot *slot,
                  bool *ret_bought)
{
    struct random_block block = random_at(homes->seed, RANDOM_LIFE_MOVE, customer,
                                          (uint32_t)slot->month / CELL, DRAW_MONTHS);
    const struct life *life = life_of(homes->world);
    double u = random_uniform(block.word[slot->month % CELL]);
    int age = (slot->month - slot->birth) / 12 - LIFE_AGE_FIRST;
    age = age < 0 ? 0 : age >= LIFE_AGES ? LIFE_AGES - 1 : age;
    *ret_bought = u < MOVES_IN &&
                  life_home_bought(homes->world, customer, life_month_begin(life, slot->month - 1),
                                   life_month_begin(life, slot->month));
    bool owned = slot->lived[slot->count - 1].home.owned;
    return *ret_bought || u < homes->chance[age] * (owned ? OWNERS : RENTERS);
}

static void follow(const struct life_homes *homes, uint64_t customer, struct home_slot *slot,
                   int month)
{
    while (slot->month < month) {
        bool bought;
        slot->month++;
        if (!moves(homes, customer, slot, &bought))
            continue;
        struct lived next = {.month = slot->month};
        next.home =
            next_home(homes, customer, slot->month, &slot->lived[slot->count - 1].home, bought);
        if (slot->count == KEPT) {
            memmove(slot->lived, slot->lived + 1, (KEPT - 1) * sizeof *slot->lived);
            slot->count--;
            slot->shortened = true;
        }
        slot->lived[slot->count++] = next;
    }
}

static void start_slot(const struct life_homes *homes, uint64_t customer, struct home_slot *slot)
{
    struct life_path path = life_path_start(life_of(homes->world), customer);
    struct person person = customer_person(homes->world, customer);
    *slot = (struct home_slot){
        .owner = (uint32_t)customer + 1,
        .month = (int16_t)(path.begin - 1),
        .birth = path.birth,
        .count = 1,
    };
    slot->lived[0] =
        (struct lived){slot->month, identity_home(homes->rules, customer, person.homeowner)};
}

static void grow(struct life_homes *homes, uint64_t people)
{
    size_t count = homes->slot_count ? homes->slot_count : SLOTS_LEAST;
    while (count < people && count < SLOTS_MOST)
        count *= 2;
    if (count == homes->slot_count)
        return;
    struct home_slot *slots = MEM_ARRAY(struct home_slot, count);
    for (size_t i = 0; i < homes->slot_count; i++)
        if (homes->slots[i].owner)
            slots[(homes->slots[i].owner - 1) & (count - 1)] = homes->slots[i];
    free(homes->slots);
    homes->slots = slots;
    homes->slot_count = count;
}

bool life_home_changes(struct life_homes *homes, uint64_t customer, int month,
                       struct home *ret_before, struct home *ret_after)
{
    struct home_slot spare;
    if (customer >= homes->slot_count)
        grow(homes, customer + 1);
    struct home_slot *slot = &homes->slots[customer & (homes->slot_count - 1)];
    if (slot->owner != customer + 1)
        start_slot(homes, customer, slot);
    if (slot->shortened && slot->lived[0].month >= month) {
        start_slot(homes, customer, &spare);
        slot = &spare;
    }
    follow(homes, customer, slot, month);
    unsigned i = slot->count - 1U;
    while (i > 0 && slot->lived[i].month > month)
        i--;
    if (i == 0 || slot->lived[i].month != month)
        return false;
    *ret_before = slot->lived[i - 1].home;
    *ret_after = slot->lived[i].home;
    return true;
}
