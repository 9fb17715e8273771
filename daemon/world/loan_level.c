#include "world/loan_level.h"

#include <math.h>

#include "world/loan_book.h"
#include "world/loan_model.h"
#include "world/real.h"

#define SAMPLE       8192  /* people counted to come near, of twice as many or more */
#define COUNTED_MOST 32768 /* people counted to come as near as is wanted, or as they tell */
#define ENOUGH       3.5   /* square roots of what is wanted … */
#define ENOUGH_TOLD  2.0   /* … where some are not counted */
#define STEPS        5
#define STEPS_FEW    36 /* where all are few: so many people … */
#define FEW          2048
#define STEPS_AROUND 8 /* … these many directed */
#define AROUND       .004
#define ROUND_YEARS  (30.0 / 365.2425)
#define PACE_USUAL   .59 /* for an application a person in the months of the baseline */
#define POWER_USUAL  .85 /* of the pace in what comes of it */

struct search {
    const struct loan_level *of;
    uint64_t customers, every;
    double target; /* for the customers that are counted */
    /* The last two tries, and the best. */
    double pace, count, last_pace, last_count, best_pace, best_off;
    double low, high; /* paces that are too low and too high; 0: not known */
};

static void set_pace(const struct loan_level *level, double pace)
{
    arrivals_give(level->arrivals, pace * WANT_MOST * ROUND_YEARS);
    loan_model_pace(level->model, pace);
}

static double count_at(const struct search *search, double pace)
{
    const struct loan_level *level = search->of;
    world_time origin = world_settings(level->world)->origin;
    double count = 0;
    set_pace(level, pace);
    for (uint64_t i = search->every / 2; i < search->customers; i += search->every)
        count += loan_book_count(level->book, i, level->first, origin);
    return count;
}

static void sample(struct search *search, uint64_t most)
{
    search->every = (search->customers + most - 1) / most;
    uint64_t counted = (search->customers - search->every / 2 + search->every - 1) / search->every;
    search->target = (double)search->of->expected * (double)counted / (double)search->customers;
    search->last_pace = search->low = search->high = 0;
    search->best_off = HUGE_VAL;
}

/* The count grows like a power of the pace. */
static double next_pace(const struct search *search)
{
    double power = POWER_USUAL;
    if (search->count <= 0)
        return 4.0 * search->pace;
    if (search->last_pace > 0 && search->last_count > 0 && search->last_pace != search->pace)
        power = real_clip(real_log(search->count / search->last_count) /
                              real_log(search->pace / search->last_pace),
                          .3, 2.0);
    double times = real_pow(search->target / search->count, 1.0 / power);
    double pace = real_clip(search->pace * real_clip(times, .1, 10.0), 1e-6, 1e6);
    /* Few people make the count jump: then halfway between too little and too much. */
    if (search->low > 0 && search->high > 0 && (pace <= search->low || pace >= search->high))
        pace = sqrt(search->low * search->high);
    return pace;
}

static void search_on(struct search *search, unsigned steps)
{
    double enough = (search->every > 1 ? ENOUGH_TOLD : ENOUGH) * sqrt(search->target);
    for (unsigned i = 0; i < steps; i++) {
        search->count = count_at(search, search->pace);
        double off = search->count - search->target;
        off = off < 0 ? -off : off;
        if (off < search->best_off) {
            search->best_off = off;
            search->best_pace = search->pace;
        }
        if (off <= enough)
            return;
        *(search->count < search->target ? &search->low : &search->high) = search->pace;
        double pace = next_pace(search);
        /* A few lives turn out quite otherwise for a little: look around the best. */
        if (i >= STEPS_AROUND)
            pace =
                search->best_pace * (1.0 + (i % 2 ? AROUND : -AROUND) * (i - STEPS_AROUND + 1.0));
        search->last_pace = search->pace;
        search->last_count = search->count;
        search->pace = pace;
    }
}

void loan_level_solve(const struct loan_level *level)
{
    const struct world_settings *settings = world_settings(level->world);
    struct search search = {
        .of = level,
        .customers = (uint64_t)settings->customers,
        .pace = PACE_USUAL * (double)settings->loan_applications_per_customer,
    };
    if (level->expected == 0) {
        arrivals_give(level->arrivals, 0);
        return;
    }
    if (search.customers >= 2 * SAMPLE) {
        sample(&search, SAMPLE);
        search_on(&search, 1);
    }
    sample(&search, COUNTED_MOST);
    search_on(&search, search.customers <= FEW ? STEPS_FEW : STEPS);
    /* The lives that were counted last are those of the world if they were all. */
    if (search.every > 1 || search.best_pace != search.pace) {
        set_pace(level, search.best_pace);
        loan_book_forget(level->book);
    }
}
