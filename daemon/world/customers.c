#include "world/customers.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/person.h"
#include "world/population.h"
#include "world/row.h"

/* A person that was asked for before. */
struct kept_person {
    int64_t annual_income; /* 0: not asked for yet */
    double log_income;
    int32_t birth_day;
    uint8_t employment;
    bool homeowner;
};

struct customers {
    struct world *world;
    struct kept_person *people;
    size_t people_room;
    struct population *population;
    struct identity_rules *rules;
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
    return customers;
}

static void customers_close(void *cache)
{
    struct customers *customers = (struct customers *)cache;
    population_free(customers->population);
    free(customers->people);
    identity_rules_free(customers->rules);
    free(customers);
}

static void customers_forget(void *cache, world_time since)
{
    struct customers *customers = (struct customers *)cache;
    for (uint64_t i = population_forget(customers->population, since); i < customers->people_room;
         i++)
        customers->people[i].annual_income = 0;
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
    struct person_origin origin = {
        .seed = world_settings(customers->world)->seed,
        .customer = customer,
        .born_day = local_at(world_local(customers->world), born.s).day,
    };
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
        *kept =
            (struct kept_person){person.annual_income, person.log_income, (int32_t)person.birth_day,
                                 (uint8_t)person.employment, person.homeowner};
    }
    return (struct person){kept->birth_day, (enum employment)kept->employment, kept->annual_income,
                           kept->homeowner, kept->log_income};
}

void customer_expect(struct world *world, uint64_t customer)
{
    const struct customers *customers = customers_of(world);
    population_expect(customers->population, customer);
    if (customer < customers->people_room)
        __builtin_prefetch(&customers->people[customer]);
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

static int customers_changes(struct world *world, void *cache, world_time from, world_time to,
                             world_sink *sink, void *context)
{
    (void)world;
    const struct customers *customers = (const struct customers *)cache;
    uint64_t last = population_at(customers->population, to);
    uint64_t first = population_at(customers->population, from);
    for (uint64_t customer = first; customer < last; customer++) {
        int code = give_row(customers, customer, sink, context);
        if (code != 0)
            return code;
    }
    return 0;
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
