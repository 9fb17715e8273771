#include "world/life.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/customers_parts.h"
#include "world/market.h"
#include "world/random.h"
#include "world/real.h"

#define OPEN        8 /* the first hour of a day with steps */
#define HOUR        3600
#define DAY         86400
#define SLOTS_LEAST 1024
#define SLOTS_MOST  (UINT32_C(1) << 20)
#define KEPT        11 /* changes of a customer */

/* Since a month somebody does this and says to earn so much. */
struct life_change {
    int16_t month;
    uint8_t employment, unused;
    uint32_t income; /* dollars a year */
};

struct life_slot {
    alignas(MEM_LINE) uint32_t owner; /* customer plus one; 0: free */
    int16_t month;                    /* of the last step */
    uint8_t count;
    bool shortened; /* the oldest change kept is not the first */
    struct life_path path;
    double pay; /* dollars a year; of the unemployed, the last one */
    struct life_change changes[KEPT];
};

struct life {
    struct world *world;
    uint64_t seed;
    struct life_model model;
    struct life_clock clock;
    struct life_month *months; /* from the clock's first month on */
    size_t month_count, month_room;
    struct life_slot *slots; /* by customer modulo slot_count, a power of two */
    size_t slot_count;
};

struct life *life_new(struct world *world)
{
    struct life *life = MEM_NEW(struct life);
    life->world = world;
    life->seed = world_settings(world)->seed;
    life->clock = life_clock_of(world);
    life_model_init(&life->model);
    return life;
}

void life_free(struct life *life)
{
    if (!life)
        return;
    free(life->months);
    free(life->slots);
    free(life);
}

void life_forget(struct life *life, uint64_t known)
{
    for (size_t i = 0; i < life->slot_count; i++)
        if (life->slots[i].owner > known)
            life->slots[i].owner = 0;
}

/* --- when --- */

struct life *life_of(struct world *world)
{
    return ((const struct customers *)world_cache(world, STREAM_CUSTOMERS))->life;
}

int life_month_at(const struct life *life, world_time at)
{
    return life_clock_month(&life->clock, at);
}

world_time life_month_begin(const struct life *life, int month)
{
    return life_clock_begin(&life->clock, month);
}

int life_first_month(const struct life *life)
{
    return life->clock.first_month;
}

static struct random_permutation order_of(const struct life *life, enum life_kind kind,
                                          uint64_t group, int month)
{
    uint64_t key = group * LIFE_KINDS + kind;
    return random_permutation(life->seed, RANDOM_LIFE_DAY, key << 16 | (unsigned)month, LIFE_GROUP);
}

world_time life_step_at(const struct life *life, enum life_kind kind, uint64_t customer, int month)
{
    struct random_permutation order = order_of(life, kind, customer / LIFE_GROUP, month);
    uint32_t slot = random_permutation_slot(&order, (uint32_t)(customer % LIFE_GROUP));
    struct random_block block =
        random_at(life->seed, RANDOM_LIFE_DAY, customer, (uint32_t)month, (uint16_t)kind);
    int64_t day = life_day_of_month(month) + slot / LIFE_HOURS;
    int64_t second = (OPEN + slot % LIFE_HOURS) * HOUR + random_below(block.word[0], HOUR);
    return (world_time){day * DAY + second - life->clock.offset};
}

void life_steps_of_day(const struct life *life, enum life_kind kind, int month, unsigned day,
                       uint64_t people, life_visit *visit, void *context)
{
    for (uint64_t first = 0; first < people; first += LIFE_GROUP) {
        struct random_permutation order = order_of(life, kind, first / LIFE_GROUP, month);
        for (unsigned hour = 0; hour < LIFE_HOURS; hour++) {
            uint64_t customer = first + random_permutation_index(&order, day * LIFE_HOURS + hour);
            if (customer < people)
                visit(context, customer);
        }
    }
}

/* --- months --- */

static double unemployment_of(const struct life *life, int month)
{
    return market_view(life->world, life_day_of_month(month)).unemployment;
}

static const struct life_month *about(struct life *life, int month)
{
    size_t index = (size_t)(month - life->clock.first_month);
    while (index >= life->month_count) {
        if (life->month_count == life->month_room) {
            life->month_room = life->month_room ? life->month_room * 2 : 64;
            life->months = mem_grow(life->months, life->month_room, sizeof *life->months);
        }
        int next = life->clock.first_month + (int)life->month_count;
        life->months[life->month_count++] =
            life_month_of(unemployment_of(life, next), unemployment_of(life, next - 1));
    }
    return &life->months[index];
}

struct life_path life_path_start(struct life *life, uint64_t customer)
{
    struct person person = customer_person(life->world, customer);
    int born = life_month_at(life, customer_born(life->world, customer)) + 1;
    struct life_path path = {
        .begin = (int16_t)(born > life->clock.first_month ? born : life->clock.first_month),
        .birth = (int16_t)life_month_of_day(person.birth_day),
    };
    life_work_start(&person, life->seed, customer, &path.work);
    return path;
}

enum life_event life_path_step(struct life *life, uint64_t customer, int month,
                               struct life_path *path)
{
    return life_work_step(&life->model, about(life, month), life->seed, customer, month,
                          (month - path->birth) / 12, &path->work);
}

/* --- pay --- */

static double usual_pay(const struct life *life, uint64_t customer, unsigned line, double age)
{
    struct random_block money = person_money(life->seed, customer);
    return person_income((enum employment)line, age, &money);
}

static void add_change(struct life_slot *slot, int month, enum employment employment,
                       int64_t income)
{
    uint32_t dollars = (uint32_t)(income / 100);
    const struct life_change *last = slot->count > 0 ? &slot->changes[slot->count - 1] : NULL;
    if (last && last->employment == employment && last->income == dollars)
        return;
    if (slot->count == KEPT) {
        memmove(slot->changes, slot->changes + 1, (KEPT - 1) * sizeof *slot->changes);
        slot->count--;
        slot->shortened = true;
    }
    slot->changes[slot->count++] =
        (struct life_change){(int16_t)month, (uint8_t)employment, 0, dollars};
}

static void start_slot(struct life *life, uint64_t customer, struct life_slot *slot)
{
    struct person person = customer_person(life->world, customer);
    *slot = (struct life_slot){
        .owner = (uint32_t)customer + 1,
        .path = life_path_start(life, customer),
    };
    slot->month = (int16_t)(slot->path.begin - 1);
    slot->pay = (double)person.annual_income / 100;
    if (person.employment == UNEMPLOYED)
        slot->pay =
            usual_pay(life, customer, person.sought, (slot->path.begin - slot->path.birth) / 12.0);
    add_change(slot, slot->month, person.employment, person.annual_income);
}

static void note_event(struct life *life, uint64_t customer, struct life_slot *slot,
                       enum life_event event)
{
    const struct life_work *work = &slot->path.work;
    struct random_block money = person_money(life->seed, customer);
    double age = (slot->month - slot->path.birth) / 12.0;
    enum employment now = life_employment(work);
    double shown = 0;
    if (event == LIFE_LOSS) {
        shown = person_income(UNEMPLOYED, age, &money);
    } else {
        double usual = person_income((enum employment)work->line, age, &money);
        slot->pay = life_pay(event, work, life->seed, customer, slot->month, slot->pay, usual);
        shown = slot->pay;
    }
    add_change(slot, slot->month, now, person_stated_later(shown, random_uniform(money.word[2])));
}

static void follow(struct life *life, uint64_t customer, struct life_slot *slot, int month)
{
    while (slot->month < month) {
        slot->month++;
        enum life_event event = life_path_step(life, customer, slot->month, &slot->path);
        if (event != LIFE_NOTHING)
            note_event(life, customer, slot, event);
    }
}

static void grow(struct life *life, uint64_t people)
{
    size_t count = life->slot_count ? life->slot_count : SLOTS_LEAST;
    while (count < people && count < SLOTS_MOST)
        count *= 2;
    if (count == life->slot_count)
        return;
    struct life_slot *slots = MEM_LINES(struct life_slot, count);
    for (size_t i = 0; i < life->slot_count; i++)
        if (life->slots[i].owner)
            slots[(life->slots[i].owner - 1) & (count - 1)] = life->slots[i];
    free(life->slots);
    life->slots = slots;
    life->slot_count = count;
}

/* Followed to `month` at least, with what was before it. `spare` serves for what lies too far back:
 * the slot stays where it is. */
static const struct life_slot *slot_at(struct life *life, uint64_t customer, int month,
                                       struct life_slot *spare)
{
    if (customer >= life->slot_count)
        grow(life, customer + 1);
    struct life_slot *slot = &life->slots[customer & (life->slot_count - 1)];
    if (slot->owner != customer + 1)
        start_slot(life, customer, slot);
    if (slot->shortened && slot->changes[0].month >= month) {
        start_slot(life, customer, spare);
        slot = spare;
    }
    follow(life, customer, slot, month);
    return slot;
}

void life_expect(const struct life *life, uint64_t customer)
{
    if (life->slot_count == 0)
        return;
    const struct life_slot *slot = &life->slots[customer & (life->slot_count - 1)];
    __builtin_prefetch(slot);
    __builtin_prefetch((const char *)slot + MEM_LINE);
}

static struct life_job job_of(const struct life_slot *slot, unsigned i)
{
    const struct life_change *change = &slot->changes[i];
    return (struct life_job){
        .employment = (enum employment)change->employment,
        .annual_income = (int64_t)change->income * 100,
        .income_before = i > 0 ? (int64_t)slot->changes[i - 1].income * 100 : 0,
        .month = change->month,
    };
}

struct life_job life_job_at(struct life *life, uint64_t customer, world_time at)
{
    struct life_slot spare;
    int month = life_month_at(life, at);
    const struct life_slot *slot = slot_at(life, customer, month, &spare);
    unsigned i = slot->count - 1U;
    while (i > 0 && slot->changes[i].month > month)
        i--;
    if (i > 0 && slot->changes[i].month == month &&
        world_before(at, life_step_at(life, LIFE_WORK, customer, month)))
        i--;
    return job_of(slot, i);
}

bool life_job_changes(struct life *life, uint64_t customer, int month, struct life_job *ret_before,
                      struct life_job *ret_after)
{
    struct life_slot spare;
    const struct life_slot *slot = slot_at(life, customer, month, &spare);
    unsigned i = slot->count - 1U;
    while (i > 0 && slot->changes[i].month > month)
        i--;
    if (i == 0 || slot->changes[i].month != month)
        return false;
    *ret_before = job_of(slot, i - 1);
    *ret_after = job_of(slot, i);
    return true;
}

struct person customer_person_at(struct world *world, uint64_t customer, world_time at)
{
    struct person person = customer_person(world, customer);
    struct life_job job = life_job_at(life_of(world), customer, at);
    if (job.employment != person.employment)
        person.employment = person.sought = job.employment;
    if (job.annual_income != person.annual_income) {
        person.annual_income = job.annual_income;
        person.log_income = real_log((double)job.annual_income / (100.0 * PERSON_INCOME));
    }
    return person;
}
