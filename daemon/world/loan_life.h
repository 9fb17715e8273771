/* loan_life.h - one person as lenders know them: their balance sheet, and what they asked for
 * lately. It is a fold over the person's own candidates in order of time, begun with what they
 * brought along (loan_past.h); nothing in it depends on anybody else. */
#ifndef CREDD_WORLD_LOAN_LIFE_H
#define CREDD_WORLD_LOAN_LIFE_H

#include "world/loan_held.h"

#define LIFE_LOANS 14

struct loan_life {
    uint32_t customer;
    uint32_t whole;      /* the list holds all that counts at this instant or later ones */
    uint32_t asked;      /* last application, denial, time seen late or charged off; 0: never */
    uint32_t denied;     /* */
    uint32_t late, off;  /* */
    uint32_t home_since; /* bought their home then; 0: before */
    float appetite;      /* for credit, over the mean */
    float limit;         /* of all cards, dollars */
    float own;           /* what lenders charge this person, besides what the score says: normal */
    uint8_t cards;       /* how many */
    uint8_t studies;     /* enum loan_studies: the highest that they borrowed for */
    uint8_t count;
    bool owner;
    struct loan_held loans[LIFE_LOANS]; /* in order of application */
};

enum loan_studies { STUDIES_NONE, STUDIES_FIRST, STUDIES_GRADUATE };

/* Adds one; makes room by forgetting what counts least, at `at`. Returns where it is. */
struct loan_held *loan_life_add(struct loan_life *life, const struct loan_held *loan,
                                world_time at);
/* The application of an instant and lane; NULL: there was none. */
const struct loan_held *loan_life_find(const struct loan_life *life, world_time applied,
                                       uint16_t lane);

/* The balance sheet at an instant: what is owed and how long ago it was taken; what was applied for
 * counts as taken. Ages are in years, 100 if there is none. */
struct loan_sheet {
    const struct loan_held *home; /* the loan on the home they live in */
    double home_left;             /* of it */
    double home_payment, other_payments,
        instalments; /* a month, dollars; instalments: on no home */
    double auto_age, personal_age, student_age, equity_age, business_age, card_age;
    unsigned autos, students, seconds;
    unsigned inquiries; /* of the last six months */
    bool moving;        /* a mortgage is being decided or closed */
};
void loan_life_sheet(const struct loan_life *life, world_time at, struct loan_sheet *sheet);

#endif
