#include "world/pay.h"

#include <stdlib.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "clock/holidays.h"
#include "world/random.h"

#define FRIDAY        4
#define WEDNESDAY     2
#define DRAW_SCHEDULE 0xFFFF

struct pay_calendar {
    int64_t first, last;
    uint32_t *days; /* a bit per schedule */
};

static uint32_t due_on(uint64_t seed, int64_t day)
{
    struct civil_date date = civil_from_days(day);
    int weekday = civil_weekday(day);
    uint32_t due = 0;
    if (weekday == FRIDAY)
        due |= 1U << PAY_WEEKLY | 1U << (day / 7 % 2 ? PAY_BIWEEKLY_ODD : PAY_BIWEEKLY_EVEN);
    if (date.day == civil_month_length(date.year, date.month))
        due |= 1U << PAY_MONTHLY | 1U << PAY_SEMIMONTHLY;
    if (date.day == 15)
        due |= 1U << PAY_SEMIMONTHLY;
    if (date.day == 1)
        due |= 1U << PAY_FIRST_OF_MONTH;
    if (weekday == WEDNESDAY && date.day > 7 && date.day <= 28)
        due |= 1U << (PAY_SECOND_WEDNESDAY + (date.day - 8) / 7);
    struct random_block block = random_at(seed, RANDOM_FINANCE, UINT64_MAX, (uint32_t)day, 0);
    /* About two invoices a month. */
    for (unsigned i = 0; i < PAY_SCHEDULES - PAY_INVOICES; i++) {
        uint32_t half = block.word[i / 2] << (16 * (i % 2));
        if (random_below(half, 15) == 0)
            due |= 1U << (PAY_INVOICES + i);
    }
    return due;
}

struct pay_calendar *pay_calendar_new(uint64_t seed, const struct zone *zone, int64_t first_day,
                                      int64_t last_day)
{
    struct pay_calendar *calendar = MEM_NEW(struct pay_calendar);
    calendar->first = first_day;
    calendar->last = last_day;
    calendar->days = MEM_ARRAY(uint32_t, (size_t)(last_day - first_day + 1));
    uint32_t due = 0;
    for (int64_t day = last_day; day >= first_day; day--) {
        due |= due_on(seed, day);
        if (!business_day(BUSINESS_BANK, day) || !zone_has_day(zone, day))
            continue;
        calendar->days[day - first_day] = due;
        due = 0;
    }
    return calendar;
}

void pay_calendar_free(struct pay_calendar *calendar)
{
    if (!calendar)
        return;
    free(calendar->days);
    free(calendar);
}

bool pay_day(const struct pay_calendar *calendar, enum pay_schedule schedule, int64_t day)
{
    if (day < calendar->first || day > calendar->last)
        return false;
    return calendar->days[day - calendar->first] >> schedule & 1;
}

/* Pay frequencies: BLS, Current Employment Statistics 2023. */
static enum pay_schedule wage_schedule(double u)
{
    if (u < .27)
        return PAY_WEEKLY;
    if (u < .70)
        return u < .485 ? PAY_BIWEEKLY_EVEN : PAY_BIWEEKLY_ODD;
    return u < .90 ? PAY_SEMIMONTHLY : PAY_MONTHLY;
}

enum pay_schedule pay_schedule_of(uint64_t seed, uint64_t customer, const struct person *person)
{
    struct random_block block = random_at(seed, RANDOM_FINANCE_PERSON, customer, 0, DRAW_SCHEDULE);
    int birthday = civil_from_days(person->birth_day).day;
    switch (person->employment) {
    case EMPLOYED_FULL:
    case EMPLOYED_PART:
    case STUDENT: return wage_schedule(random_uniform(block.word[0]));
    case SELF_EMPLOYED:
        return (enum pay_schedule)(PAY_INVOICES +
                                   random_below(block.word[0], PAY_SCHEDULES - PAY_INVOICES));
    case UNEMPLOYED: return block.word[0] >> 31 ? PAY_BIWEEKLY_ODD : PAY_BIWEEKLY_EVEN;
    case RETIRED:
        return birthday <= 10   ? PAY_SECOND_WEDNESDAY
               : birthday <= 20 ? PAY_THIRD_WEDNESDAY
                                : PAY_FOURTH_WEDNESDAY;
    case OTHER_EMPLOYMENT: break;
    }
    return PAY_FIRST_OF_MONTH;
}

/* Federal income tax of 2025, of single people: of what lies above each amount, percent more than
 * below. Couples have twice the amounts. */
static const struct {
    double above, more;
} tax_steps[] = {{0, .10},      {11925, .02},  {48475, .10}, {103350, .02},
                 {197300, .08}, {250525, .03}, {626350, .02}};
#define TAX_FREE       15000.0
#define SOCIAL         .062 /* up to SOCIAL_MOST */
#define SOCIAL_MOST    176100.0
#define MEDICARE       .0145
#define STATES_WITHOUT .21  /* of the people: in states that tax no wages */
#define STATE_MOST     .062 /* of wages; most take 2 to 6 percent */
#define COUPLES        .48
#define PENSION_KEPT   .91 /* after Medicare's premium and some tax */
#define BENEFIT_SHARE  .80 /* of what the unemployed have; the rest is no benefit … */
#define BENEFIT_KEPT   .90 /* … and a tenth is withheld for taxes */
#define BENEFIT_HALVES 2.0 /* paid for half a year */
/* For health insurance and a pension plan, of full-time pay: judged. */
#define DEDUCTED_LEAST .03
#define DEDUCTED_MOST  .13

static double income_tax(double taxable, double scale)
{
    double tax = 0;
    for (unsigned i = 0; i < sizeof tax_steps / sizeof *tax_steps; i++) {
        double over = taxable - scale * tax_steps[i].above;
        tax += over > 0 ? over * tax_steps[i].more : 0;
    }
    return tax;
}

static double wage_net(uint64_t seed, uint64_t customer, double gross, bool full)
{
    struct random_block own = random_at(seed, RANDOM_FINANCE_PERSON, customer, 0, DRAW_SCHEDULE);
    double scale = random_uniform(own.word[1]) < COUPLES ? 2.0 : 1.0;
    double state = (random_uniform(own.word[2]) - STATES_WITHOUT) / (1.0 - STATES_WITHOUT);
    state = state > 0 ? STATE_MOST * (.3 + .7 * state) : 0;
    double deducted =
        full ? DEDUCTED_LEAST + (DEDUCTED_MOST - DEDUCTED_LEAST) * random_uniform(own.word[3]) : 0;
    double taxable = gross * (1.0 - deducted) - scale * TAX_FREE;
    double social = SOCIAL * (gross < SOCIAL_MOST ? gross : SOCIAL_MOST) + MEDICARE * gross;
    return gross * (1.0 - deducted - state) - social -
           (taxable > 0 ? income_tax(taxable, scale) : 0);
}

double pay_net(uint64_t seed, uint64_t customer, const struct person *person)
{
    double gross = (double)person->annual_income / 100.0;
    switch (person->employment) {
    case EMPLOYED_FULL: return wage_net(seed, customer, gross, true);
    case EMPLOYED_PART:
    case STUDENT: return wage_net(seed, customer, gross, false);
    case UNEMPLOYED: return gross * BENEFIT_SHARE * BENEFIT_KEPT * BENEFIT_HALVES;
    case RETIRED: return gross * PENSION_KEPT;
    default: return gross; /* taxes are their own affair, or none are due */
    }
}

double pay_times(enum pay_schedule schedule)
{
    switch (schedule) {
    case PAY_WEEKLY: return 52;
    case PAY_BIWEEKLY_EVEN:
    case PAY_BIWEEKLY_ODD: return 26;
    case PAY_SEMIMONTHLY: return 24;
    default: return schedule >= PAY_INVOICES ? 24 : 12;
    }
}
