/* What becomes of customers: work, raises, moves, and what late payments have to do with it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "realism/realism_parts.h"
#include "world/market_series.h"

#define DAY           INT64_C(86400)
#define YEAR_DAYS     365.2425
#define QUARTER_DAYS  91.310625
#define QUARTERS      200
#define QUARTERS_FEW  12 /* by which nothing is told */
#define SETTLED_DAYS  183
#define MOVES_LEAST   .4  /* sd of a rate of unemployment that can be followed */
#define RAISE_MOST    .25 /* of the logarithm */
#define EXPLAINS_DAYS 150 /* from an application for a mortgage to the move into the home */

static struct realism_job *job_since(struct realism_person *person, uint32_t at)
{
    if (person->job_count > 0 && person->jobs[person->job_count - 1].at == at)
        return &person->jobs[person->job_count - 1];
    if (person->job_count == REALISM_JOBS) {
        memmove(person->jobs, person->jobs + 1, (REALISM_JOBS - 1) * sizeof *person->jobs);
        person->job_count--;
    }
    struct realism_job *job = &person->jobs[person->job_count++];
    *job = person->job_count > 1 ? job[-1] : (struct realism_job){.work = WORK_COUNT};
    job->at = at;
    return job;
}

static double amount_of(const struct cell *text)
{
    char digits[24] = "";
    if (text->length >= sizeof digits)
        return 0;
    memcpy(digits, text->text, text->length);
    return strtod(digits, NULL);
}

static void note_move(struct realism_person *person, int64_t day)
{
    if (person->move_count == REALISM_MOVES) {
        memmove(person->moves, person->moves + 1, (REALISM_MOVES - 1) * sizeof *person->moves);
        person->move_count--;
    }
    person->moves[person->move_count++] = (int32_t)day;
}

void realism_lives_change(struct realism *realism, const struct cell *cells)
{
    struct realism_person *person = realism_person_of(realism, &cells[1]);
    int64_t at = cells[2].number, day = zone_day(realism->zone, at);
    if (person == NULL || at < 0 || at > UINT32_MAX)
        return;
    if (day > realism->people.last_day)
        realism->people.last_day = (int32_t)day;
    if (cell_is(&cells[3], "address"))
        note_move(person, day);
    else if (cell_is(&cells[3], "employment_type"))
        job_since(person, (uint32_t)at)->work = (uint8_t)realism_work_of(&cells[4]);
    else if (cell_is(&cells[3], "annual_income"))
        job_since(person, (uint32_t)at)->income = (float)amount_of(&cells[4]);
}

void realism_lives_pay(struct realism *realism, double share)
{
    spread_add(&realism->lives.net, 10000 * share);
}

void realism_lives_exposed(struct realism *realism, const struct realism_person *person, int64_t at,
                           bool late)
{
    struct realism_lives *lives = &realism->lives;
    /* What the month before left of their work is what counts. */
    struct realism_job job = realism_job_at(person, at - 15 * DAY);
    if (job.work == WORK_COUNT)
        return;
    unsigned jobless = job.work == WORK_NONE;
    lives->exposed[jobless]++;
    lives->late[jobless] += late;
}

void realism_lives_bought(struct realism_person *person, int64_t day)
{
    for (unsigned i = 0; i < person->move_count; i++)
        if (person->moves[i] >= day && person->moves[i] <= day + EXPLAINS_DAYS)
            person->bought |= (uint8_t)(1U << i);
}

/* Two changes in the first year are rarely two raises. */
static void note_raises(struct realism *realism, const struct realism_person *person)
{
    int64_t since = (realism->origin_day + 365) * DAY;
    for (unsigned i = 1; i < person->job_count; i++) {
        const struct realism_job *now = &person->jobs[i], *before = now - 1;
        if (now->work != WORK_FULL && !(now->work == WORK_COUNT && person->work == WORK_FULL))
            continue;
        if (now->at < since || before->work != now->work || before->income <= 0 ||
            now->income <= before->income)
            continue;
        double rise = log((double)now->income / (double)before->income);
        if (rise < RAISE_MOST)
            spread_add(&realism->lives.raises, 10000 * (exp(rise) - 1));
    }
}

struct quarters {
    double all[QUARTERS], jobless[QUARTERS];
    unsigned count;
};

static void note_quarters(const struct realism *realism, const struct realism_person *person,
                          struct quarters *quarters)
{
    for (unsigned i = 0; i < quarters->count; i++) {
        int64_t day = realism->origin_day + (int64_t)((i + .5) * QUARTER_DAYS);
        /* Whoever looked for work half a year ago has found it since, and that is known. */
        if (person->born_day >= day - SETTLED_DAYS)
            continue;
        quarters->all[i] += 1;
        quarters->jobless[i] += realism_job_at(person, day * DAY).work == WORK_NONE;
    }
}

/* The mean of what was in force on the days of a quarter. */
static double rate_of(const struct realism *realism, unsigned quarter)
{
    const struct realism_series *series = &realism->market.series[SERIES_UNEMPLOYMENT];
    double begin = realism->origin_day + quarter * QUARTER_DAYS, sum = 0, count = 0;
    for (size_t i = 0; i < series->count; i++) {
        int32_t day = series->points[i].day;
        if (day >= begin && day < begin + QUARTER_DAYS) {
            sum += series->points[i].value;
            count += 1;
        }
    }
    return count > 0 ? sum / count : 0;
}

static void put_unemployed(struct realism *realism, const struct quarters *quarters)
{
    struct sums sums = {0}, parts = {0};
    double people = 0;
    for (unsigned i = 0; i < quarters->count; i++) {
        double rate = rate_of(realism, i);
        if (rate <= 0 || quarters->all[i] <= 0)
            continue;
        double share = 100 * quarters->jobless[i] / quarters->all[i];
        sums_add(&sums, rate, share);
        sums_add(&parts, share / rate, 0);
        people += quarters->all[i];
    }
    realism_put(realism, REALISM_UNEMPLOYED, sums_mean(&parts), people / 4);
    bool told = sums.n >= QUARTERS_FEW && sums_sd(&sums) > MOVES_LEAST;
    realism_put(realism, REALISM_UNEMPLOYED_WITH, told ? sums_correlation(&sums) : 0,
                told ? sums.n : 0);
}

void realism_lives_close(struct realism *realism)
{
    struct realism_lives *lives = &realism->lives;
    const struct realism_people *people = &realism->people;
    struct quarters *quarters = MEM_NEW(struct quarters);
    double moves = 0, years = 0;
    int32_t days = people->last_day - realism->origin_day;
    quarters->count = days <= 0 ? 0 : (unsigned)(days / QUARTER_DAYS);
    quarters->count = quarters->count > QUARTERS ? QUARTERS : quarters->count;
    for (size_t i = 0; i < people->count; i++) {
        const struct realism_person *person = &people->people[i];
        if (!person->there)
            continue;
        note_raises(realism, person);
        note_quarters(realism, person, quarters);
        int32_t since =
            person->born_day > realism->origin_day ? person->born_day : realism->origin_day;
        years += people->last_day > since ? (people->last_day - since) / YEAR_DAYS : 0;
        for (unsigned j = 0; j < person->move_count; j++)
            moves += person->moves[j] > since && (person->bought >> j & 1) == 0;
    }
    realism_put_share(realism, REALISM_MOVERS, moves, years);
    realism_put(realism, REALISM_RAISE, spread_quantile(&lives->raises, .5) / 100, lives->raises.n);
    realism_put(realism, REALISM_NET_PAY, spread_quantile(&lives->net, .5) / 100, lives->net.n);
    double others = (double)lives->late[0] / (double)lives->exposed[0];
    double jobless = (double)lives->late[1] / (double)lives->exposed[1];
    bool told = lives->late[0] > 0 && lives->exposed[1] > 0;
    realism_put(realism, REALISM_JOBLESS_LATE, told ? jobless / others : 0,
                told ? (double)lives->exposed[1] : 0);
    put_unemployed(realism, quarters);
    free(quarters);
}
