#include "world/life_model.h"

#include "world/person.h"
#include "world/random.h"
#include "world/real.h"

/* A month's chance of an event is never over this for those who have work: so months without any
 * are told in advance. */
#define CHANCE_MOST .10
#define CELL        4 /* months that one block of random numbers serves */

enum { DRAW_MONTHS, DRAW_WHERE, DRAW_PAY };

/* Of those who look for work so many find it in a month while unemployment is usual, fewer the
 * higher it is (flows of the CPS, 2015 to 2024: .25 to .30; .15 in 2010). */
#define FIND_USUAL .27
#define FIND_POWER -.6
#define FIND_LEAST .12
#define FIND_MOST  .38
/* From one job to the next (BLS: a median tenure of 3.9 years; fewer in bad times). */
#define CHANGE_USUAL .010
#define CHANGE_POWER -.7
#define CHANGE_MOST  .016

/* Pairs of lines between which as many go as come back: judged. */
static const struct {
    enum employment from, to;
    double chance; /* of the first, a month */
} pairs[] = {
    {EMPLOYED_FULL, EMPLOYED_PART, .0025},
    {EMPLOYED_FULL, SELF_EMPLOYED, .0007},
    {EMPLOYED_FULL, OTHER_EMPLOYMENT, .0012},
    {EMPLOYED_PART, OTHER_EMPLOYMENT, .0030},
};
#define PAIR_MOST .03 /* of either */
#define PAIR_AGE  62  /* until then */

/* Log changes of pay. Raises: mean 3.9 percent in 2024 (income_distribution.csv); a new job brings
 * 6 to 8, one after a lay-off less than before. Whoever earns less than others of their line and
 * age is raised more often. */
#define RAISE_MEAN    .020
#define RAISE_SD      .014
#define RAISE_CHANCE  .50
#define RAISE_ANSWER  5.0 /* of the chance, to the logarithm of what is earned over the usual */
#define RAISE_CATCH   .25
#define JOB_MEAN      .055
#define JOB_SD        .09
#define FOUND_MEAN    (-.09)
#define FOUND_SD      .11
#define PENSION_RAISE .012 /* Social Security follows prices, other pensions do not */
#define BUSINESS_SD   .11
#define BUSINESS_KEPT .75
#define REVIEW_AFTER  4 /* months in a job */

static double share_at(int age, enum employment line)
{
    double shares[LIFE_LINES];
    person_shares(age, shares);
    /* The unemployed belong to the line in which they look for work. */
    double employees = shares[EMPLOYED_FULL] + shares[EMPLOYED_PART];
    double part = shares[line] / employees;
    return line == EMPLOYED_FULL || line == EMPLOYED_PART ? shares[line] + part * shares[UNEMPLOYED]
           : line == UNEMPLOYED                           ? 0
                                                          : shares[line];
}

/* What each line loses from an age to the next goes to those that gain. */
static void fill_net(struct life_model *model, int age)
{
    double now[LIFE_LINES], change[LIFE_LINES], gained = 0;
    for (unsigned line = 0; line < LIFE_LINES; line++) {
        now[line] = share_at(LIFE_AGE_FIRST + age, (enum employment)line);
        change[line] = share_at(LIFE_AGE_FIRST + age + 1, (enum employment)line) - now[line];
        gained += change[line] > 0 ? change[line] : 0;
    }
    for (unsigned line = 0; line < LIFE_LINES; line++) {
        if (change[line] >= 0 || gained <= 0)
            continue;
        double chance = -change[line] / now[line] / 12;
        for (unsigned to = 0; to < LIFE_LINES; to++)
            if (change[to] > 0)
                model->part[age][line][to] += chance * change[to] / gained;
    }
}

static void fill_pairs(struct life_model *model, int age)
{
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        double from = share_at(LIFE_AGE_FIRST + age, pairs[i].from);
        double to = share_at(LIFE_AGE_FIRST + age, pairs[i].to);
        double flow = pairs[i].chance * from;
        flow = flow > PAIR_MOST * to ? PAIR_MOST * to : flow;
        model->part[age][pairs[i].from][pairs[i].to] += flow / from;
        model->part[age][pairs[i].to][pairs[i].from] += flow / to;
    }
}

void life_model_init(struct life_model *model)
{
    *model = (struct life_model){0};
    for (int age = 0; age < LIFE_AGES; age++) {
        double shares[LIFE_LINES];
        person_shares(LIFE_AGE_FIRST + age, shares);
        model->odds[age] = shares[UNEMPLOYED] / (shares[EMPLOYED_FULL] + shares[EMPLOYED_PART]);
        fill_net(model, age);
        if (LIFE_AGE_FIRST + age < PAIR_AGE)
            fill_pairs(model, age);
        for (unsigned line = 0; line < LIFE_LINES; line++)
            for (unsigned to = 0; to < LIFE_LINES; to++)
                model->leave[age][line] += model->part[age][line][to];
    }
}

struct life_month life_month_of(double unemployment, double before)
{
    double relative = unemployment / PERSON_UNEMPLOYMENT;
    double find = real_clip(FIND_USUAL * real_pow(relative, FIND_POWER), FIND_LEAST, FIND_MOST);
    double change = CHANGE_USUAL * real_pow(relative, CHANGE_POWER);
    /* So many that those who look for work become what the rate says. */
    double lose =
        person_unemployed_odds(unemployment) - (1 - find) * person_unemployed_odds(before);
    return (struct life_month){
        .lose = lose > 0 ? lose : 0,
        .find = find,
        .change = change < CHANGE_MOST ? change : CHANGE_MOST,
    };
}

/* Pay is looked at in January, in spring, in the middle of the year, and in any month. */
static uint8_t review_month(uint32_t word)
{
    static const uint8_t months[] = {0, 0, 0, 0, 3, 3, 3, 2, 2, 6, 6, 6, 9, 1, 4, 5, 7, 8, 10, 11};
    return months[random_below(word, sizeof months)];
}

static bool is_employee(unsigned line)
{
    return line == EMPLOYED_FULL || line == EMPLOYED_PART;
}

static void begin_line(struct life_work *work, unsigned line, uint32_t word)
{
    work->line = (uint8_t)line;
    work->since = 0;
    work->review = line == RETIRED ? 0 : review_month(word);
}

void life_work_start(const struct person *person, uint64_t seed, uint64_t customer,
                     struct life_work *work)
{
    struct random_block block = random_at(seed, RANDOM_LIFE_PERSON, customer, 0, 0);
    *work = (struct life_work){0};
    begin_line(work,
               person->employment == UNEMPLOYED ? (unsigned)person->sought
                                                : (unsigned)person->employment,
               block.word[0]);
    work->jobless =
        person->employment == UNEMPLOYED ? (uint8_t)(1 + random_below(block.word[1], 5)) : 0;
    work->since = (uint8_t)random_below(block.word[2], 120);
}

static enum life_event change_line(const double *parts, double target, uint32_t word,
                                   struct life_work *work)
{
    unsigned to = 0;
    while (to + 1 < LIFE_LINES && target >= parts[to])
        target -= parts[to++];
    bool looks = work->jobless && is_employee(to);
    begin_line(work, to, word);
    if (looks)
        return LIFE_NOTHING;
    work->jobless = 0;
    return LIFE_LINE;
}

/* What a uniform number below CHANCE_MOST brings, if anything. */
static enum life_event happens(const struct life_model *model, const struct life_month *about,
                               double u, int age, uint32_t word, struct life_work *work)
{
    double leave = model->leave[age][work->line];
    if (work->jobless) {
        if (u < about->find) {
            begin_line(work, work->line, word);
            work->jobless = 0;
            return LIFE_FOUND;
        }
        u -= about->find;
    }
    if (u < leave)
        return change_line(model->part[age][work->line], u, word, work);
    u -= leave;
    if (work->jobless || !is_employee(work->line))
        return LIFE_NOTHING;
    if (u < about->lose * model->odds[age]) {
        work->jobless = 1;
        return LIFE_LOSS;
    }
    u -= about->lose * model->odds[age];
    if (u >= about->change)
        return LIFE_NOTHING;
    begin_line(work, work->line, word);
    return LIFE_JOB;
}

static enum life_event draw_month(const struct life_model *model, const struct life_month *about,
                                  uint64_t seed, uint64_t customer, int month, int age,
                                  struct life_work *work)
{
    struct random_block block =
        random_at(seed, RANDOM_LIFE_MONTH, customer, (uint32_t)(month / CELL), DRAW_MONTHS);
    double u = random_uniform(block.word[month % CELL]);
    enum life_event event = LIFE_NOTHING;
    if (work->jobless || u < CHANCE_MOST) {
        struct random_block where =
            random_at(seed, RANDOM_LIFE_MONTH, customer, (uint32_t)month, DRAW_WHERE);
        event = happens(model, about, u, age, where.word[0], work);
    }
    work->quiet = 0;
    for (int next = month % CELL + 1; next < CELL && !work->jobless; next++) {
        if (random_uniform(block.word[next]) < CHANCE_MOST)
            break;
        work->quiet++;
    }
    return event;
}

enum life_event life_work_step(const struct life_model *model, const struct life_month *about,
                               uint64_t seed, uint64_t customer, int month, int age,
                               struct life_work *work)
{
    enum life_event event = LIFE_NOTHING;
    int row = age - LIFE_AGE_FIRST;

    work->since = (uint8_t)(work->since + (work->since < UINT8_MAX));
    work->jobless = (uint8_t)(work->jobless + (work->jobless > 0 && work->jobless < UINT8_MAX));
    if (work->quiet > 0)
        work->quiet--;
    else
        event = draw_month(model, about, seed, customer, month,
                           row < 0            ? 0
                           : row >= LIFE_AGES ? LIFE_AGES - 1
                                              : row,
                           work);
    if (event == LIFE_NOTHING && month % 12 == work->review && !work->jobless &&
        work->since >= REVIEW_AFTER && work->line != STUDENT && work->line != OTHER_EMPLOYMENT)
        return LIFE_REVIEW;
    return event;
}

static double reviewed(const struct life_work *work, const struct random_block *block, double pay,
                       double usual)
{
    double z = random_normal(block->word[0]);
    if (work->line == RETIRED)
        return pay * (1 + PENSION_RAISE);
    double over = real_log(pay / usual);
    if (work->line == SELF_EMPLOYED)
        return usual * real_exp(BUSINESS_KEPT * over + BUSINESS_SD * z);
    if (random_uniform(block->word[1]) >= real_clip(RAISE_CHANCE - RAISE_ANSWER * over, .05, .95))
        return pay;
    double raise = real_clip(RAISE_MEAN + RAISE_SD * z, .008, .15);
    return pay * real_exp(raise + (over < 0 ? -RAISE_CATCH * over : 0));
}

double life_pay(enum life_event event, const struct life_work *work, uint64_t seed,
                uint64_t customer, int month, double pay, double usual)
{
    struct random_block block =
        random_at(seed, RANDOM_LIFE_MONTH, customer, (uint32_t)month, DRAW_PAY);
    double z = random_normal(block.word[0]);
    switch (event) {
    case LIFE_LINE: return usual;
    case LIFE_FOUND: return pay * real_exp(real_clip(FOUND_MEAN + FOUND_SD * z, -.5, .25));
    case LIFE_JOB: return pay * real_exp(real_clip(JOB_MEAN + JOB_SD * z, -.3, .4));
    case LIFE_REVIEW: return reviewed(work, &block, pay, usual);
    default: return pay;
    }
}
