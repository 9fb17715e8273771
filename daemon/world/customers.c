#include "world/customers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/life_updates.h"
#include "world/market.h"
#include "world/person.h"
#include "world/population.h"
#include "world/real.h"
#include "world/row.h"

/* A person that was asked for before. */
struct kept_person {
    int64_t annual_income; /* 0: not asked for yet */
    double log_income;
    int32_t birth_day;
    uint8_t employment, sought;
    bool homeowner;
};

struct customers {
    struct world *world;
    struct kept_person *people;
    size_t people_room;
    struct population *population;
    struct identity_rules *rules;
    struct life *life;
    struct life_homes *homes;
    struct life_updates *updates;
};

static const char *const employment_names[] = {
    [EMPLOYED_FULL] = "Full-time", [EMPLOYED_PART] = "Part-time", [SELF_EMPLOYED] = "Self-employed",
    [UNEMPLOYED] = "Unemployed",   [RETIRED] = "Retired",         [STUDENT] = "Student",
    [OTHER_EMPLOYMENT] = "Other",
};

static void *customers_open(struct world *world)
{
    const struct world_settings *settings = world_settings(world);
    struct customers *customers = MEM_NEW(struct customers);
    customers->world = world;
    customers->population = population_new(world);
    customers->rules = identity_rules_new(settings->seed);
    customers->life = life_new(world);
    customers->homes = life_homes_new(world, customers->rules);
    customers->updates = life_updates_new(world, customers->life, customers->homes);
    return customers;
}

static void customers_close(void *cache)
{
    struct customers *customers = (struct customers *)cache;
    life_updates_free(customers->updates);
    life_homes_free(customers->homes);
    life_free(customers->life);
    population_free(customers->population);
    free(customers->people);
    identity_rules_free(customers->rules);
    free(customers);
}

static void customers_forget(void *cache, world_time since)
{
    struct customers *customers = (struct customers *)cache;
    uint64_t known = population_forget(customers->population, since);
    for (uint64_t i = known; i < customers->people_room; i++)
        customers->people[i].annual_income = 0;
    life_forget(customers->life, known);
    life_homes_forget(customers->homes, known, life_month_at(customers->life, since));
    life_updates_forget(customers->updates);
}

static struct customers *customers_of(struct world *world)
{
    return (struct customers *)world_cache(world, STREAM_CUSTOMERS);
}

uint64_t customers_at(struct world *world, world_time at)
{
    return population_at(customers_of(world)->population, at);
}

void customers_settle(struct world *world, world_time at)
{
    population_settle(customers_of(world)->population, at);
}

world_time customer_born(struct world *world, uint64_t customer)
{
    return population_born(customers_of(world)->population, customer);
}

struct life *life_of(struct world *world)
{
    return customers_of(world)->life;
}

static world_time seen_since(const struct customers *customers, world_time born)
{
    const struct life *life = customers->life;
    return world_later(born, life_month_begin(life, life_first_month(life)));
}

world_time customer_seen(struct world *world, uint64_t customer)
{
    return seen_since(customers_of(world), customer_born(world, customer));
}

static void make_key(const struct world *world, uint64_t customer, world_time born,
                     char key[CUSTOMER_KEY_LENGTH + 1])
{
    world_key_stamp(world, "CU", born, key);
    key[WORLD_KEY_STAMP - 1] = '-';
    world_digits(key + WORLD_KEY_STAMP, 8, customer);
    key[CUSTOMER_KEY_LENGTH] = '\0';
}

void customer_key(struct world *world, uint64_t customer, char key[CUSTOMER_KEY_LENGTH + 1])
{
    make_key(world, customer, customer_born(world, customer), key);
}

static struct person make_person(const struct customers *customers, uint64_t customer,
                                 world_time born)
{
    struct local_days *days = world_local(customers->world);
    struct person_origin origin = {
        .seed = world_settings(customers->world)->seed,
        .customer = customer,
        .born_day = local_at(days, born.s).day,
        .seen_day = local_at(days, seen_since(customers, born).s).day,
    };
    origin.unemployment = market_view(customers->world, origin.seen_day).unemployment;
    return person_make(&origin);
}

struct person customer_person(struct world *world, uint64_t customer)
{
    struct customers *customers = customers_of(world);
    if (customer >= customers->people_room) {
        size_t old = customers->people_room;
        size_t room = customer < 1024 ? 1024 : (size_t)(customer + customer / 4);
        customers->people = mem_grow(customers->people, room, sizeof *customers->people);
        memset(customers->people + old, 0, (room - old) * sizeof *customers->people);
        customers->people_room = room;
    }
    struct kept_person *kept = &customers->people[customer];
    if (kept->annual_income == 0) {
        struct person person =
            make_person(customers, customer, population_born(customers->population, customer));
        *kept = (struct kept_person){.annual_income = person.annual_income,
                                     .log_income = person.log_income,
                                     .birth_day = (int32_t)person.birth_day,
                                     .employment = (uint8_t)person.employment,
                                     .sought = (uint8_t)person.sought,
                                     .homeowner = person.homeowner};
    }
    return (struct person){.birth_day = kept->birth_day,
                           .employment = (enum employment)kept->employment,
                           .sought = (enum employment)kept->sought,
                           .annual_income = kept->annual_income,
                           .homeowner = kept->homeowner,
                           .log_income = kept->log_income};
}

struct person customer_person_at(struct world *world, uint64_t customer, world_time at)
{
    struct person person = customer_person(world, customer);
    struct life_job job = life_job_at(customers_of(world)->life, customer, at);
    if (job.employment != person.employment)
        person.employment = person.sought = job.employment;
    if (job.annual_income != person.annual_income) {
        person.annual_income = job.annual_income;
        person.log_income = real_log((double)job.annual_income / (100.0 * PERSON_INCOME));
    }
    return person;
}

void customer_expect(struct world *world, uint64_t customer)
{
    const struct customers *customers = customers_of(world);
    population_expect(customers->population, customer);
    if (customer < customers->people_room)
        __builtin_prefetch(&customers->people[customer]);
    life_expect(customers->life, customer);
}

static int give_row(const struct customers *customers, uint64_t customer, world_sink *sink,
                    void *context)
{
    world_time born = population_born(customers->population, customer);
    struct person person = make_person(customers, customer, born);
    struct identity identity;
    char key[CUSTOMER_KEY_LENGTH + 1];
    identity_make(customers->rules, customer, &person, &identity);
    make_key(customers->world, customer, born, key);

    struct change row = {.kind = CHANGE_INSERT, .at = born.s};
    row_text(&row, key);
    row_text(&row, identity.first_name);
    row_text(&row, identity.last_name);
    row_text(&row, identity.email);
    row_text(&row, identity.phone);
    row_number(&row, CELL_DATE, 0, person.birth_day);
    row_text(&row, identity.ssn);
    row_text(&row, identity.address);
    row_text(&row, identity.city);
    row_text(&row, identity.state);
    row_text(&row, identity.zip);
    row_text(&row, employment_names[person.employment]);
    row_number(&row, CELL_DECIMAL, 2, person.annual_income);
    row_number(&row, CELL_TIME, 0, born.s);
    return sink(context, &row);
}

/* The values that are expected, then those that come. */
static void put_homes(struct customers *customers, const struct life_update *update,
                      struct identity identities[2], struct change *change)
{
    struct home before, after, unused;
    life_home_changes(customers->homes, update->customer, update->first, &before, &unused);
    life_home_changes(customers->homes, update->customer, update->last, &unused, &after);
    const struct home *homes[2] = {&before, &after};
    for (unsigned i = 0; i < 2; i++) {
        struct identity *identity = &identities[i];
        identity_settle(customers->rules, update->customer, homes[i], identity);
        row_text(change, identity->address);
        row_text(change, identity->city);
        row_text(change, identity->state);
        row_text(change, identity->zip);
        row_text(change, identity->phone);
    }
}

static void put_jobs(struct customers *customers, const struct life_update *update,
                     struct change *change)
{
    struct life_job before, after, unused;
    life_job_changes(customers->life, update->customer, update->first, &before, &unused);
    life_job_changes(customers->life, update->customer, update->last, &unused, &after);
    const struct life_job *jobs[2] = {&before, &after};
    for (unsigned i = 0; i < 2; i++) {
        row_text(change, employment_names[jobs[i]->employment]);
        row_number(change, CELL_DECIMAL, 2, jobs[i]->annual_income);
    }
}

/* Whether any cell that comes differs from the one that is expected. */
static bool differs(const struct change *change)
{
    unsigned half = change->count / 2;
    for (unsigned i = 1; i <= half; i++) {
        const struct cell *a = &change->cells[i], *b = &change->cells[i + half];
        if (a->kind == CELL_TEXT
                ? a->length != b->length || memcmp(a->text, b->text, a->length) != 0
                : a->number != b->number)
            return true;
    }
    return false;
}

static int give_update(struct customers *customers, const struct life_update *update,
                       world_sink *sink, void *context)
{
    struct identity identities[2];
    char key[CUSTOMER_KEY_LENGTH + 1];
    struct change change = {.kind = CHANGE_UPDATE, .at = update->at};
    make_key(customers->world, update->customer,
             population_born(customers->population, update->customer), key);
    row_key(&change, key, CUSTOMER_KEY_LENGTH);
    change.group = update->kind == LIFE_PLACE ? CUSTOMER_GROUP_PLACE : CUSTOMER_GROUP_WORK;
    if (update->kind == LIFE_PLACE)
        put_homes(customers, update, identities, &change);
    else
        put_jobs(customers, update, &change);
    return differs(&change) ? sink(context, &change) : 0;
}

/* At one instant updates come first: they are of people who came before. */
static int customers_changes(struct world *world, void *cache, world_time from, world_time to,
                             world_sink *sink, void *context)
{
    (void)world;
    struct customers *customers = (struct customers *)cache;
    uint64_t last = population_at(customers->population, to);
    uint64_t next = population_at(customers->population, from);
    life_updates_begin(customers->updates, from, to);
    for (;;) {
        const struct life_update *update = life_updates_next(customers->updates);
        while (next < last &&
               (!update || population_born(customers->population, next).s < update->at)) {
            int code = give_row(customers, next, sink, context);
            if (code != 0)
                return code;
            next++;
        }
        if (!update)
            return 0;
        int code = give_update(customers, update, sink, context);
        if (code != 0)
            return code;
    }
}

static uint64_t customers_baseline(struct world *world, void *cache)
{
    (void)cache;
    return (uint64_t)world_settings(world)->customers;
}

const struct stream_model stream_customers = {
    .info = {"customers", false},
    .key_form = "CU-dddddddddddddd-dddddddd",
    .open = customers_open,
    .close = customers_close,
    .forget = customers_forget,
    .changes = customers_changes,
    .baseline_size = customers_baseline,
};
