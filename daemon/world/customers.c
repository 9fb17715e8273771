#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/customers_parts.h"
#include "world/market.h"

void customers_init(struct customers *customers, struct world *world)
{
    customers->world = world;
    customers->population = population_new(world);
    customers->clock = life_clock_of(world);
}

void customers_done(struct customers *customers)
{
    population_free(customers->population);
    free(customers->people);
}

uint64_t customers_forget(struct customers *customers, world_time since)
{
    uint64_t known = population_forget(customers->population, since);
    for (uint64_t i = known; i < customers->people_room; i++)
        customers->people[i].annual_income = 0;
    return known;
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

static world_time seen_since(const struct customers *customers, world_time born)
{
    return world_later(born, life_clock_begin(&customers->clock, customers->clock.first_month));
}

void customers_key(const struct customers *customers, uint64_t customer,
                   char key[CUSTOMER_KEY_LENGTH + 1])
{
    world_key_stamp(customers->world, "CU", population_born(customers->population, customer), key);
    key[WORLD_KEY_STAMP - 1] = '-';
    world_digits(key + WORLD_KEY_STAMP, 8, customer);
    key[CUSTOMER_KEY_LENGTH] = '\0';
}

void customer_key(struct world *world, uint64_t customer, char key[CUSTOMER_KEY_LENGTH + 1])
{
    customers_key(customers_of(world), customer, key);
}

struct person customers_person(const struct customers *customers, uint64_t customer)
{
    world_time born = population_born(customers->population, customer);
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
        struct person person = customers_person(customers, customer);
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

void customer_expect(struct world *world, uint64_t customer)
{
    const struct customers *customers = customers_of(world);
    population_expect(customers->population, customer);
    if (customer < customers->people_room)
        __builtin_prefetch(&customers->people[customer]);
}
