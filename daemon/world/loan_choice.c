#include "world/loan_choice.h"

#include <string.h>

#define LIMIT_SPREAD .25 /* of what an income allows, from one lender to the next */

static const double *by_age(const struct loan_facts *facts, unsigned group)
{
    const double *factors[] = {&facts->under_25, &facts->under_35, &facts->under_50,
                               &facts->under_65, &facts->older};
    return factors[group];
}

static unsigned age_group(int64_t years)
{
    static const int64_t until[] = {25, 35, 50, 65};
    unsigned group = 0;
    while (group < LOAN_AGES - 1 && years >= until[group])
        group++;
    return group;
}

void loan_choice_init(struct loan_choice *choice)
{
    for (unsigned group = 0; group < LOAN_AGES; group++)
        for (unsigned work = 0; work <= OTHER_EMPLOYMENT; work++)
            for (unsigned i = 0; i < LOAN_PRODUCTS; i++) {
                const struct loan_facts *facts = &loan_facts[i];
                double weight = facts->share * *by_age(facts, group) * loan_employment[i][work];
                choice->weights[group][work][0][i] = weight * facts->renter;
                choice->weights[group][work][1][i] = weight * facts->owner;
            }
}

int64_t loan_age(const struct person *person, world_time at)
{
    return (at.s / 86400 - person->birth_day) * 10000 / 3652425;
}

/* Homes are bought by those who can pay for them. */
void loan_likelihood(const struct loan_choice *choice, const struct person *person, world_time at,
                     double weights[LOAN_PRODUCTS])
{
    int64_t years = loan_age(person, at);
    double income = (double)person->annual_income / (100.0 * LOAN_INCOME);
    double home = real_clip(.21 * income * income * income, .001, 3.5);
    memcpy(weights, choice->weights[age_group(years)][person->employment][person->homeowner],
           LOAN_PRODUCTS * sizeof *weights);
    weights[LOAN_PURCHASE] *= home;
    weights[LOAN_REFINANCE] *= real_clip(.5 + .5 * income, .5, 1.3);
    weights[LOAN_AUTO_NEW] *= real_clip(.3 + income, .3, 1.8);
    weights[LOAN_PERSONAL] *= real_clip(.15 + .9 * income, .15, 1.8);
    weights[LOAN_CARD] *= real_clip(.45 + .6 * income, .45, 1.4);
}

/* Lenders draw the line between amount and income here for one, there for another. */
static double about(double most, double z)
{
    double part = LIMIT_SPREAD * z;
    return part < 0 ? most / (1.0 - part) : most * (1.0 + part);
}

int64_t loan_round(const struct loan_facts *facts, double dollars, double u)
{
    int64_t unit =
        u < facts->coarse && dollars > 2.0 * facts->coarse_unit ? facts->coarse_unit : facts->unit;
    if (u >= 1.0 - facts->fine)
        unit /= 10;
    int64_t amount = real_round(dollars / (double)unit) * unit;
    return amount < (int64_t)facts->least ? (int64_t)facts->least : amount;
}

int64_t loan_amount(const struct loan_facts *facts, const struct person *person, double z,
                    double limit_z, double u)
{
    double income = (double)person->annual_income / 100.0;
    double dollars =
        facts->median * real_exp(facts->spread * z + facts->income_power * person->log_income);
    double most = about(income * facts->income_most, limit_z);
    if (dollars > most)
        dollars = most;
    dollars = real_clip(dollars, facts->least, facts->most);
    return loan_round(facts, dollars, u);
}

int loan_term(const struct loan_facts *facts, double u)
{
    const struct loan_term *terms = facts->terms;
    unsigned i = 0;
    double percent = u * 100.0;
    for (; i + 1 < LOAN_CHOICES && terms[i + 1].percent > 0 && percent >= terms[i].percent; i++)
        percent -= terms[i].percent;
    return terms[i].months;
}

static bool fits(const struct loan_fit *fit, const struct loan_asker *asker)
{
    return asker->years >= fit->from && (fit->until == 0 || asker->years < fit->until) &&
           (fit->score_under == 0 || asker->score < fit->score_under) &&
           asker->used >= fit->used_from && !(fit->undergraduate && asker->graduate) &&
           (!fit->indebted || asker->indebted);
}

/* What does not fit the applicant becomes the next one that does. */
unsigned loan_purpose(const struct loan_facts *facts, const struct loan_asker *asker, double u)
{
    const struct loan_purpose *purposes = facts->purposes;
    unsigned i = 0;
    double percent = u * 100.0;
    for (; i + 1 < LOAN_CHOICES && purposes[i + 1].percent > 0 && percent >= purposes[i].percent;
         i++)
        percent -= purposes[i].percent;
    for (unsigned tried = 0; tried < LOAN_CHOICES && !fits(&facts->fits[i], asker); tried++)
        i = i + 1 < LOAN_CHOICES && purposes[i + 1].percent > 0 ? i + 1 : 0;
    return i;
}
