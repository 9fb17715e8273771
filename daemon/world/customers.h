/* customers.h - who exists since when, and what a person is: the customers stream. */
#ifndef CREDD_WORLD_CUSTOMERS_H
#define CREDD_WORLD_CUSTOMERS_H

#include "world/stream.h"

/* Customers are numbered 0, 1, 2, … in order of their birth into the world (created_at), the
 * baseline's first. A customer born in a gap or while the stream was disabled has no number: they
 * never exist. */

/* How many customers exist at `at` (born at or before it): they are those numbered below it.
 * A function of the model alone, whether or not their rows are written yet. */
uint64_t customers_at(struct world *world, world_time at);
/* Makes known who exists at `at`. */
void customers_settle(struct world *world, world_time at);
/* The instant of the customer's created_at. The index must be below customers_at() of some asked
 * instant. */
world_time customer_born(struct world *world, uint64_t customer);

/* The customer's key, NUL-terminated, CUSTOMER_KEY_LENGTH characters. */
#define CUSTOMER_KEY_LENGTH 26 /* CU-20260814103512-00000042 */
void customer_key(struct world *world, uint64_t customer, char key[CUSTOMER_KEY_LENGTH + 1]);

enum employment {
    EMPLOYED_FULL,
    EMPLOYED_PART,
    SELF_EMPLOYED,
    UNEMPLOYED,
    RETIRED,
    STUDENT,
    OTHER_EMPLOYMENT
};

/* What other streams may need of a person. customer_person() says what the row said when it was
 * inserted. annual_income is what a form shows: of the unemployed half a year of benefits and what
 * else comes in, of others what they earn or get in a year before taxes. */
struct person {
    int64_t birth_day; /* days since 1970-01-01 */
    enum employment employment;
    enum employment sought; /* of the unemployed: the work they look for; else the same */
    int64_t annual_income;  /* in cents */
    bool homeowner;         /* when they came */
    double log_income;      /* the natural logarithm of the income over PERSON_INCOME */
};
#define PERSON_INCOME 55000.0 /* dollars a year */
struct person customer_person(struct world *world, uint64_t customer);
/* The same as it is at an instant, from the customer's birth into the world on: see life.h. */
struct person customer_person_at(struct world *world, uint64_t customer, world_time at);
/* Says that a customer's person and key will be wanted soon. */
void customer_expect(struct world *world, uint64_t customer);

#endif
