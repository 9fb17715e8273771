#include "world/loan_steps.h"

#include <stdlib.h>

#include "base/mem.h"
#include "world/bank_days.h"
#include "world/random.h"
#include "world/real.h"

#define OPENS         (9 * 3600)
#define CLOSES        (17 * 3600)
#define LATEST_REVIEW (16 * 3600 + 1800) /* what comes later waits for the next business day */
#define MACHINE_DRAW  64                 /* whether a machine decides */

/* Seconds until a machine looks at an application, and until it has decided: most within a minute,
 * a few within ten. */
#define SEEN_LEAST    2
#define SEEN_SPREAD   9
#define DECIDED_LEAST 4
#define DECIDED_MOST  600.0

#define STATUS(name)           \
    {                          \
        name, sizeof(name) - 1 \
    }
const struct loan_status_name loan_status_names[] = {
    [LOAN_PENDING] = STATUS("Pending"),         [LOAN_UNDER_REVIEW] = STATUS("Under Review"),
    [LOAN_CONDITIONAL] = STATUS("Conditional"), [LOAN_APPROVED] = STATUS("Approved"),
    [LOAN_DENIED] = STATUS("Denied"),           [LOAN_WITHDRAWN] = STATUS("Withdrawn"),
    [LOAN_FUNDED] = STATUS("Funded"),
};

struct loan_clerk {
    struct world *world;
    uint64_t seed;
    struct bank_days *bank_days;
};

struct loan_clerk *loan_clerk_new(struct world *world)
{
    struct loan_clerk *clerk = MEM_NEW(struct loan_clerk);
    clerk->world = world;
    clerk->seed = world_settings(world)->seed;
    const struct zone *zone = world_zone(world);
    int64_t first = zone_day(zone, world_start(world).s);
    clerk->bank_days =
        bank_days_new(zone, first, WORLD_TIME_LAST.s / 86400 + 2 * LOAN_LONGEST_DAYS);
    return clerk;
}

void loan_clerk_free(struct loan_clerk *clerk)
{
    if (!clerk)
        return;
    bank_days_free(clerk->bank_days);
    free(clerk);
}

/* The next step is due `days` business days on, in business hours, and after the last one. */
static world_time step_time(const struct loan_clerk *clerk, world_time last, int days, double u)
{
    struct local_days *zone = world_local(clerk->world);
    struct local local = local_at(zone, last.s);
    int64_t day = local.day, due = bank_days_step(clerk->bank_days, day, days);
    int begin = OPENS;
    if (due == day) {
        if (local.second >= LATEST_REVIEW)
            due = bank_days_step(clerk->bank_days, day, 1);
        else if (local.second >= OPENS)
            begin = local.second + 1;
    }
    int second = begin + (int)(u * (CLOSES - begin));
    world_time at = {local_instant(zone, due, second)};
    return world_before(last, at) ? at : world_plus(last, 1);
}

static int delay_days(const struct loan_delay *delay, double u)
{
    if (u < delay->fast)
        return delay->least;
    double rest = (u - delay->fast) / (1.0 - delay->fast);
    /* Short delays are the more common. */
    return delay->least + (int)(rest * rest * (double)(delay->most - delay->least + 1));
}

struct path {
    const struct loan_clerk *clerk;
    const struct arrival *arrival;
    struct loan_step *steps;
    unsigned count;
    bool machine;
};

static struct random_block draw(const struct path *path, unsigned number)
{
    const struct arrival *arrival = path->arrival;
    return random_at(path->clerk->seed, RANDOM_LOAN_DELAY, arrival->customer,
                     arrival->round << 11 | arrival->lane, (uint16_t)number);
}

static world_time machine_time(const struct path *path, world_time last,
                               const struct random_block *block)
{
    double u = random_uniform(block->word[0]);
    if (path->count == 0)
        return world_plus(last, SEEN_LEAST + (int64_t)(u * SEEN_SPREAD));
    double rare = u * u * u * u;
    return world_plus(last, DECIDED_LEAST + (int64_t)(50.0 * u + DECIDED_MOST * rare * rare));
}

static void walk(struct path *path, enum loan_status to, const struct loan_delay *delay)
{
    struct random_block block = draw(path, path->count);
    const struct loan_step *last = path->count ? &path->steps[path->count - 1] : NULL;
    world_time before = last ? last->at : path->arrival->at;
    bool decision = to == LOAN_UNDER_REVIEW || to == LOAN_APPROVED || to == LOAN_DENIED;
    path->steps[path->count] = (struct loan_step){
        .at = path->machine && decision
                  ? machine_time(path, before, &block)
                  : step_time(path->clerk, before, delay_days(delay, random_uniform(block.word[0])),
                              random_uniform(block.word[1])),
        .from = last ? last->to : LOAN_PENDING,
        .to = to,
    };
    path->count++;
}

unsigned loan_steps(const struct loan_clerk *clerk, const struct arrival *arrival,
                    const struct loan_held *loan, struct loan_step steps[LOAN_STEPS_MAX])
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    struct path path = {clerk, arrival, steps, 0, false};
    double machine = random_uniform(draw(&path, MACHINE_DRAW).word[0]);
    path.machine = !loan->withdrawn && !loan->conditional && machine < facts->instant;

    walk(&path, LOAN_UNDER_REVIEW, &facts->review);
    if (loan->withdrawn) {
        walk(&path, LOAN_WITHDRAWN, &facts->condition);
        return path.count;
    }
    if (loan->conditional)
        walk(&path, LOAN_CONDITIONAL, &facts->condition);
    walk(&path, loan->approved ? LOAN_APPROVED : LOAN_DENIED, &facts->decision);
    if (loan->approved && loan->product != LOAN_CARD)
        walk(&path, loan->at ? LOAN_FUNDED : LOAN_WITHDRAWN, &facts->funding);
    return path.count;
}
