/* person.h - what a person is: age, employment, income (person.c); names, numbers and where they
 * live (identity.c). Pure functions of the seed, the person's index and when they were born into
 * the world. */
#ifndef CREDD_WORLD_PERSON_H
#define CREDD_WORLD_PERSON_H

#include "world/customers.h"

struct person_origin {
    uint64_t seed, customer;
    int64_t born_day;    /* local day of created_at */
    int64_t seen_day;    /* that, or the later one from which on lives are followed */
    double unemployment; /* on that day, percent */
};

struct person person_make(const struct person_origin *origin);

/* What share of the people of an age does what, at this rate of unemployment; and the odds of being
 * unemployed at another one over those. */
#define PERSON_UNEMPLOYMENT 4.0
void person_shares(double age, double shares[OTHER_EMPLOYMENT + 1]);
double person_unemployed_odds(double unemployment);
/* The person's own numbers for money. What somebody earns by them who does something at an age, in
 * dollars a year; and what they say they earn, in cents: when they came, and later. */
struct random_block;
struct random_block person_money(uint64_t seed, uint64_t customer);
double person_income(enum employment employment, double age, const struct random_block *money);
int64_t person_stated(double dollars, double u);
int64_t person_stated_later(double dollars, double u);

/* Where somebody lives: a place, and the months of the moves that brought them there and gave them
 * their telephone number (0: they came with it). */
struct home {
    uint16_t place;
    int16_t moved, phoned;
    bool owned;
};

/* Texts as they go into the table, NUL-terminated. */
struct identity {
    const char *first_name, *last_name, *city, *state;
    char email[64], phone[13], ssn[12], address[64], zip[6];
};

/* What all identities of a world share, made ready once. */
struct identity_rules;
struct identity_rules *identity_rules_new(uint64_t seed);
void identity_rules_free(struct identity_rules *rules);
/* All of it, at their first home. */
void identity_make(const struct identity_rules *rules, uint64_t customer,
                   const struct person *person, struct identity *identity);
/* The home that they come with. */
struct home identity_home(const struct identity_rules *rules, uint64_t customer, bool owned);
/* Fills address, city, state, ZIP and telephone number for a home. */
void identity_settle(const struct identity_rules *rules, uint64_t customer, const struct home *home,
                     struct identity *identity);
/* Another home, in the same state or anywhere, chosen by two words. */
uint16_t identity_place_near(const struct identity_rules *rules, uint16_t place, uint32_t word);
uint16_t identity_place_far(uint32_t word);

#endif
