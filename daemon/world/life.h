/* life.h - what becomes of the customers of a world: work, income and homes, followed from the
 * later of their birth into the world and the start of lives.
 *
 * Everybody has one step a month for work and one for their home, each in an hour that a keyed
 * permutation of 392 neighbours over 28 days of 14 hours gives them, another one every month: so
 * who has a step in an hour, and when somebody has theirs, are both found without looking at
 * others. What a step brings is a fold over the person's own months and the macro state, replayed
 * where it is not kept. */
#ifndef CREDD_WORLD_LIFE_H
#define CREDD_WORLD_LIFE_H

#include "world/life_clock.h"
#include "world/life_model.h"

#define LIFE_DAYS  28
#define LIFE_HOURS 14
#define LIFE_GROUP (LIFE_DAYS * LIFE_HOURS)

struct life;
struct life *life_new(struct world *world);
void life_free(struct life *life);
/* Customers from `known` on may be others than before. */
void life_forget(struct life *life, uint64_t known);
/* The one of the world. */
struct life *life_of(struct world *world);

/* By their clock. */
int life_month_at(const struct life *life, world_time at);
world_time life_month_begin(const struct life *life, int month);
/* Begins the start of lives. */
int life_first_month(const struct life *life);

enum life_kind { LIFE_WORK, LIFE_PLACE, LIFE_KINDS };
/* When the customer has the step of a month. */
world_time life_step_at(const struct life *life, enum life_kind kind, uint64_t customer, int month);
/* Who has one on a day of the month (0 to 27): calls `visit` with each customer below `people`. */
typedef void life_visit(void *context, uint64_t customer);
void life_steps_of_day(const struct life *life, enum life_kind kind, int month, unsigned day,
                       uint64_t people, life_visit *visit, void *context);

struct life_job {
    enum employment employment;
    int64_t annual_income; /* cents */
    int64_t income_before; /* the one before; 0: not known */
    int month;             /* since when: of the step that brought it */
};
/* What a customer does at an instant. */
struct life_job life_job_at(struct life *life, uint64_t customer, world_time at);
/* Whether the step of a month changes that, and what it was and becomes. */
bool life_job_changes(struct life *life, uint64_t customer, int month, struct life_job *ret_before,
                      struct life_job *ret_after);
void life_expect(const struct life *life, uint64_t customer);

/* For folds that go along with a life month by month. */
struct life_path {
    int16_t begin; /* the month of the first step */
    int16_t birth; /* of the year, from year 0 */
    struct life_work work;
};
struct life_path life_path_start(struct life *life, uint64_t customer);
enum life_event life_path_step(struct life *life, uint64_t customer, int month,
                               struct life_path *path);

#endif
