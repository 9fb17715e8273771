#include "world/credit_fold.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "clock/zone.h"
#include "world/customers.h"
#include "world/life.h"
#include "world/market.h"
#include "world/random.h"

/* Memory is bounded: beyond this many people, some states are replayed instead of kept. */
#define SLOTS_MOST  (UINT32_C(1) << 21)
#define SLOTS_LEAST 1024

/* Stress is 1 in an expansion and this on average over the regimes: scores stay where the table
 * puts them. In 2009 card delinquency was 1.45 times what it had been. */
#define STRESS_USUAL  1.11
#define STRESS_ANSWER .5

/* Who is out of work becomes late this many times as often as others (delinquency after job loss:
 * studies of the Federal Reserve find 2 to 5 times); all the others a little less often than the
 * model says of everybody. */
#define JOBLESS 4.0
#define OTHERS  .89

/* A day of the month by which the month's regime is known. */
#define REGIME_DAY 4

/* Months whose scores are kept, for decisions that look back. */
#define PAST 16

/* A line of the processor's cache for what every month needs, one for decisions, one for going
 * back.
 */
struct credit_slot {
    alignas(MEM_LINE) uint32_t owner; /* customer plus one; 0: free */
    int32_t begin, month;
    int32_t filled; /* the first month in scores and stages */
    struct credit_state state;
    alignas(MEM_LINE) int16_t scores[PAST]; /* by month modulo PAST */
    uint8_t stages[PAST];
    bool has_early;
    struct life_path path;
    alignas(MEM_LINE) struct credit_state early; /* after the month cache->early_month */
    struct life_path early_path;
};

static int month_of(int64_t day)
{
    struct civil_date date = civil_from_days(day);

    return date.year * 12 + date.month - 1;
}

int64_t credit_month_day(int month)
{
    return civil_days((struct civil_date){month / 12, month % 12 + 1, 1});
}

static const uint8_t *members_of(struct credit_cache *cache, uint64_t block)
{
    while (cache->block_count <= block) {
        if (cache->block_count == cache->block_room) {
            cache->block_room = cache->block_room ? cache->block_room * 2 : 64;
            cache->members = mem_grow(cache->members, cache->block_room, CREDIT_SLOTS);
        }
        struct random_permutation order =
            random_permutation(cache->seed, RANDOM_CREDIT_DAY, cache->block_count, CREDIT_SLOTS);
        uint8_t *members = cache->members + cache->block_count++ * CREDIT_SLOTS;
        for (uint32_t member = 0; member < CREDIT_SLOTS; member++)
            members[random_permutation_slot(&order, member)] = (uint8_t)member;
    }
    return cache->members + block * CREDIT_SLOTS;
}

unsigned credit_slot_of(struct credit_cache *cache, uint64_t customer)
{
    const uint8_t *members = members_of(cache, customer / CREDIT_SLOTS);
    unsigned slot = 0;

    while (members[slot] != customer % CREDIT_SLOTS)
        slot++;
    return slot;
}

uint64_t credit_slot_owner(struct credit_cache *cache, uint64_t block, unsigned slot)
{
    return block * CREDIT_SLOTS + members_of(cache, block)[slot];
}

void credit_expect(const struct credit_cache *cache, uint64_t customer)
{
    if (cache->slot_count > 0) {
        const struct credit_slot *slot = &cache->slots[customer & (cache->slot_count - 1)];
        __builtin_prefetch(slot);
        __builtin_prefetch(&slot->scores);
    }
}

uint32_t credit_entry_second(const struct credit_cache *cache, uint64_t customer, int month,
                             unsigned lane, double *ret_uniform)
{
    struct random_block block =
        random_at(cache->seed, RANDOM_CREDIT_ENTRY, customer, (uint32_t)month, (uint16_t)lane);

    *ret_uniform = random_uniform(block.word[1]);
    return random_below(block.word[0], CREDIT_OPEN_FOR);
}

unsigned credit_slot_day(unsigned slot, int month)
{
    unsigned last = (unsigned)civil_month_length(month / 12, month % 12 + 1);

    return slot + 1 < last ? slot + 1 : last;
}

int credit_step_month(struct credit_cache *cache, uint64_t customer, int month, unsigned day,
                      uint32_t second)
{
    unsigned own = credit_slot_day(credit_slot_of(cache, customer), month);
    double unused;

    if (own != day)
        return own < day ? month : month - 1;
    return credit_entry_second(cache, customer, month, 0, &unused) <= second ? month : month - 1;
}

static double stress_of(struct credit_cache *cache, int month)
{
    size_t index = (size_t)(month - cache->first_month);

    while (index >= cache->stress_count) {
        if (cache->stress_count == cache->stress_room) {
            cache->stress_room = cache->stress_room ? cache->stress_room * 2 : 128;
            cache->stress = mem_grow(cache->stress, cache->stress_room, sizeof(*cache->stress));
        }
        int64_t day = credit_month_day(cache->first_month + (int)cache->stress_count) + REGIME_DAY;
        double stress = market_view(cache->world, day).stress - STRESS_USUAL;
        cache->stress[cache->stress_count++] = 1.0 + STRESS_ANSWER * stress;
    }
    return cache->stress[index];
}

/* The age that counts is that on arrival. */
static double standing_of(struct credit_cache *cache, uint64_t customer, world_time born)
{
    int64_t seen = local_at(world_local(cache->world), born.s).day;

    return credit_standing((double)(seen - customer_person(cache->world, customer).birth_day) /
                           365.25);
}

static void start_person(struct credit_cache *cache, uint64_t customer, struct credit_slot *slot)
{
    world_time born = customer_born(cache->world, customer);
    int begin = month_of(local_at(world_local(cache->world), born.s).day) - CREDIT_BURN_IN;

    slot->owner = (uint32_t)customer + 1;
    slot->begin = begin > cache->first_month ? begin : cache->first_month;
    slot->month = slot->begin - 1;
    slot->filled = slot->begin;
    slot->has_early = false;
    slot->path = life_path_start(life_of(cache->world), customer);
    credit_state_start(&cache->model, cache->seed, customer, standing_of(cache, customer, born),
                       &slot->state);
}

static void grow_slots(struct credit_cache *cache, uint64_t people)
{
    size_t count = cache->slot_count ? cache->slot_count : SLOTS_LEAST;

    while (count < people && count < SLOTS_MOST)
        count *= 2;
    if (count == cache->slot_count)
        return;
    struct credit_slot *slots = MEM_LINES(struct credit_slot, count);
    for (size_t i = 0; i < cache->slot_count; i++)
        if (cache->slots[i].owner)
            slots[(cache->slots[i].owner - 1) & (count - 1)] = cache->slots[i];
    free(cache->slots);
    cache->slots = slots;
    cache->slot_count = count;
}

static struct credit_view past_view(const struct credit_cache *cache, uint64_t customer, int month,
                                    const struct credit_slot *slot)
{
    struct credit_month noise = credit_month_of(cache->seed, customer, month);
    unsigned place = (unsigned)month % PAST;
    struct credit_state state = {
        .trait = slot->state.trait, .score = slot->scores[place], .stage = slot->stages[place]};

    return credit_state_view(&cache->model, &noise, &state);
}

/* To a month before `month` or further, from which it is replayed. */
static void go_back(struct credit_cache *cache, uint64_t customer, int month,
                    struct credit_slot *slot)
{
    if (!slot->has_early || cache->early_month >= month) {
        start_person(cache, customer, slot);
        return;
    }
    slot->state = slot->early;
    slot->path = slot->early_path;
    slot->month = cache->early_month;
    slot->filled = cache->early_month + 1;
}

/* By what the month before left of the person's work; before it is followed, everybody is alike. */
static double strain_of(const struct credit_slot *slot)
{
    if (slot->month <= slot->path.begin)
        return 1.0;
    return slot->path.work.jobless ? JOBLESS * OTHERS : OTHERS;
}

static struct credit_month step(struct credit_cache *cache, uint64_t customer,
                                struct credit_slot *slot)
{
    unsigned place = (unsigned)++slot->month % PAST;
    double stress = stress_of(cache, slot->month) * strain_of(slot);
    struct credit_month noise =
        credit_state_step(&cache->model, cache->seed, customer, slot->month, stress, &slot->state);
    if (slot->month >= slot->path.begin)
        life_path_step(life_of(cache->world), customer, slot->month, &slot->path);
    slot->scores[place] = slot->state.score;
    slot->stages[place] = slot->state.stage;
    if (slot->month == cache->early_month) {
        slot->early = slot->state;
        slot->early_path = slot->path;
        slot->has_early = true;
    }
    return noise;
}

struct credit_view credit_alone_of(struct credit_cache *cache, uint64_t customer, int month)
{
    if (customer >= cache->slot_count)
        grow_slots(cache, customer + 1);
    struct credit_slot *slot = &cache->slots[customer & (cache->slot_count - 1)];
    struct credit_month noise;

    if (slot->owner != customer + 1)
        start_person(cache, customer, slot);
    if (month < slot->begin)
        month = slot->begin;
    if (slot->month >= month + PAST || (slot->month >= month && month < slot->filled))
        go_back(cache, customer, month, slot);
    if (slot->month >= month)
        return past_view(cache, customer, month, slot);
    while (slot->month < month)
        noise = step(cache, customer, slot);
    return credit_state_view(&cache->model, &noise, &slot->state);
}

/* Who was born in the month of `since` or later may never have been, or be somebody else. */
void credit_slots_forget(struct credit_cache *cache, world_time since)
{
    int month = month_of(zone_day(world_zone(cache->world), since.s)) - CREDIT_BURN_IN;

    for (size_t i = 0; i < cache->slot_count; i++)
        if (cache->slots[i].begin >= month)
            cache->slots[i].owner = 0;
}

void credit_slots_free(struct credit_cache *cache)
{
    free(cache->slots);
    free(cache->stress);
    free(cache->members);
}

int credit_month_at(struct credit_cache *cache, uint64_t customer, world_time at)
{
    struct world *world = cache->world;
    struct local_days *days = world_local(world);
    int64_t day = local_at(days, at.s).day;
    struct civil_date date = local_date(days, day);
    int month = date.year * 12 + date.month - 1;
    int64_t second = at.s - local_instant(days, day, CREDIT_OPEN);

    /* Who the customer is must be settled, whatever was asked before. */
    customers_settle(world, at);
    if (second < 0) { /* before the day's first step */
        unsigned own = credit_slot_day(credit_slot_of(cache, customer), month);
        return own < (unsigned)date.day ? month : month - 1;
    }
    uint32_t within = second < CREDIT_OPEN_FOR ? (uint32_t)second : CREDIT_OPEN_FOR;
    return credit_step_month(cache, customer, month, (unsigned)date.day, within);
}

struct credit_view credit_view_alone(struct world *world, uint64_t customer, world_time at)
{
    struct credit_cache *cache = (struct credit_cache *)world_cache(world, STREAM_CREDIT_HISTORY);

    return credit_alone_of(cache, customer, credit_month_at(cache, customer, at));
}

void credit_view_expect(struct world *world, uint64_t customer)
{
    credit_expect((const struct credit_cache *)world_cache(world, STREAM_CREDIT_HISTORY), customer);
}
