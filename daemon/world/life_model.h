/* life_model.h - one person's work from month to month, without a world: finishing school, jobs,
 * losing and finding them, raises, retirement.
 *
 * Whoever works or looks for work has a line: what they do, or look for. Lines change so that at
 * each age the shares of the population stay those of person_shares(); on top of that people change
 * between lines in pairs of equal flows, and lose and find jobs so that the share of the unemployed
 * follows the published rate. */
#ifndef CREDD_WORLD_LIFE_MODEL_H
#define CREDD_WORLD_LIFE_MODEL_H

#include "world/customers.h"

#define LIFE_AGE_FIRST 18
#define LIFE_AGES      83
#define LIFE_LINES     (OTHER_EMPLOYMENT + 1)

struct life_model {
    /* By age and line: the chance of leaving it in a month, of which parts go to the others. */
    double leave[LIFE_AGES][LIFE_LINES];
    double part[LIFE_AGES][LIFE_LINES][LIFE_LINES];
    double odds[LIFE_AGES]; /* unemployed over employees, at PERSON_UNEMPLOYMENT */
};

/* What a month does to everybody. */
struct life_month {
    double lose; /* times the odds of an age: the chance of losing a job */
    double find, change;
};

/* After a month. */
struct life_work {
    uint8_t line;    /* enum employment, never UNEMPLOYED */
    uint8_t jobless; /* months without work, from 1; 0: not unemployed */
    uint8_t since;   /* months in the job or line, at most 255 */
    uint8_t review;  /* the month of the year in which pay is looked at */
    uint8_t quiet;   /* so many months more nothing happens, if the person has work */
};

enum life_event {
    LIFE_NOTHING,
    LIFE_LINE,   /* another line */
    LIFE_LOSS,   /* of the job */
    LIFE_FOUND,  /* one again */
    LIFE_JOB,    /* another job */
    LIFE_REVIEW, /* the month in which pay may be raised */
};

void life_model_init(struct life_model *model);
/* Of a month with unemployment at a rate, after one at another; in percent. */
struct life_month life_month_of(double unemployment, double before);

/* The person when first seen. */
void life_work_start(const struct person *person, uint64_t seed, uint64_t customer,
                     struct life_work *work);
/* Moves the person through `month` (counted from year 0) at an age in years. */
enum life_event life_work_step(const struct life_model *model, const struct life_month *about,
                               uint64_t seed, uint64_t customer, int month, int age,
                               struct life_work *work);
static inline enum employment life_employment(const struct life_work *work)
{
    return work->jobless ? UNEMPLOYED : (enum employment)work->line;
}

/* What pay becomes by an event, in dollars a year; `usual` is that of the person's line and age. */
double life_pay(enum life_event event, const struct life_work *work, uint64_t seed,
                uint64_t customer, int month, double pay, double usual);

#endif
