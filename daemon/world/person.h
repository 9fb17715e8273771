/* person.h - what a person is: age, employment, income (person.c); names, numbers and where they
 * live (identity.c). Pure functions of the seed, the person's index and when they were born into
 * the world. */
#ifndef CREDD_WORLD_PERSON_H
#define CREDD_WORLD_PERSON_H

#include "world/customers.h"

struct person_origin {
    uint64_t seed, customer;
    int64_t born_day; /* local day of created_at */
};

struct person person_make(const struct person_origin *origin);

/* Texts as they go into the table, NUL-terminated. */
struct identity {
    const char *first_name, *last_name, *city, *state;
    char email[64], phone[13], ssn[12], address[64], zip[6];
};

/* What all identities of a world share, made ready once. */
struct identity_rules;
struct identity_rules *identity_rules_new(uint64_t seed);
void identity_rules_free(struct identity_rules *rules);
void identity_make(const struct identity_rules *rules, uint64_t customer,
                   const struct person *person, struct identity *identity);

#endif
