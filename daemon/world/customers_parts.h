/* customers_parts.h - inside the customers stream: what is kept of customers. */
#ifndef CREDD_WORLD_CUSTOMERS_PARTS_H
#define CREDD_WORLD_CUSTOMERS_PARTS_H

#include "world/customers.h"
#include "world/life_clock.h"
#include "world/person.h"
#include "world/population.h"

/* A person that was asked for before. */
struct kept_person {
    int64_t annual_income; /* 0: not asked for yet */
    double log_income;
    int32_t birth_day;
    uint8_t employment, sought;
    bool homeowner;
};

struct life;

/* The stream's cache begins with it. */
struct customers {
    struct world *world;
    struct kept_person *people;
    size_t people_room;
    struct population *population;
    struct life_clock clock;
    struct life *life; /* see life.h */
};

void customers_init(struct customers *customers, struct world *world);
void customers_done(struct customers *customers);
/* Returns how many are still known. */
uint64_t customers_forget(struct customers *customers, world_time since);
void customers_key(const struct customers *customers, uint64_t customer,
                   char key[CUSTOMER_KEY_LENGTH + 1]);
/* As they came, computed anew. */
struct person customers_person(const struct customers *customers, uint64_t customer);

#endif
