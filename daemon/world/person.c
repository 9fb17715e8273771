#include "world/person.h"

#include "clock/civil.h"
#include "world/random.h"
#include "world/real.h"

#define YEAR_DAYS 365.2425

/* Percent of adults of 18 to 90 by age (Bureau of Labor Statistics, CPS 2024, table 3), cumulated
 * at the groups' ends, as shares: x is the share of younger adults, y the age. */
static const struct real_point ages[] = {
    {0.0000, 18}, {0.0319, 20}, {0.1144, 25}, {0.1970, 30},   {0.2858, 35}, {0.3721, 40},
    {0.4562, 45}, {0.5328, 50}, {0.6107, 55}, {0.6878, 60},   {0.7697, 65}, {0.8402, 70},
    {0.8996, 75}, {0.9459, 80}, {0.9752, 85}, {1.0000, 90.9},
};
#define AGES (sizeof ages / sizeof *ages)

/* Shares by age: of all, the employed; of the labour force, the unemployed (both CPS 2024); of the
 * employed, part-time and self-employed; of those outside the labour force, students and the
 * retired (fitted to CPS totals). From 20 to 65 a twenty-fifth more are employed than CPS counts:
 * the totals by kind add up to four points more than the rates by age, and lie as far off as these.
 */
static const struct {
    int under;
    double employed, unemployed, part_time, self_employed, student, retired;
} employment_by_age[] = {
    {20, .430, .125, .55, .02, .88, .00},  {25, .690, .073, .32, .03, .73, .00},
    {30, .821, .049, .12, .05, .42, .00},  {35, .844, .037, .10, .07, .22, .00},
    {40, .852, .034, .10, .09, .11, .01},  {45, .852, .030, .10, .10, .06, .03},
    {50, .844, .028, .10, .11, .05, .06},  {55, .821, .027, .10, .12, .02, .17},
    {60, .747, .029, .11, .13, .01, .45},  {65, .591, .026, .15, .14, .00, .69},
    {70, .320, .029, .28, .18, .00, .92},  {75, .180, .030, .38, .22, .00, .96},
    {80, .110, .030, .40, .24, .00, .96},  {85, .050, .030, .42, .26, .00, .96},
    {999, .025, .030, .45, .28, .00, .96},
};

#define AGE_GROUPS (sizeof employment_by_age / sizeof *employment_by_age)

/* Median annual income in dollars of 2024 (before what age makes of it), spread of its logarithm
 * below and above it, and the exponent of the tail above the 97% point (BLS weekly earnings, CPS
 * ASEC, Survey of Consumer Finances). Of full-time workers the tenths are published: with what age
 * adds, theirs are 30,000 and 136,000 around 59,500. */
static const struct {
    double median, below, above, tail;
} incomes[] = {
    [EMPLOYED_FULL] = {61500, .47, .64, 2.6},    [EMPLOYED_PART] = {23000, .65, .65, 3.0},
    [SELF_EMPLOYED] = {52000, .95, .95, 1.8},    [UNEMPLOYED] = {14000, .75, .75, 3.5},
    [RETIRED] = {31000, .70, .70, 2.6},          [STUDENT] = {9000, .80, .80, 4.0},
    [OTHER_EMPLOYMENT] = {15000, .80, .80, 3.5},
};
#define TAIL_SHARE .03

/* Earnings at an age over those of all full-time workers (BLS, weekly earnings by age). */
static const struct real_point earnings_by_age[] = {{18, .42},  {22, .52},  {29, .87}, {39, 1.08},
                                                    {49, 1.10}, {59, 1.03}, {68, .95}, {90, .80}};
/* Share of homeowners by age (Census, Housing Vacancies and Homeownership 2024). */
static const struct real_point owners_by_age[] = {{18, .06}, {25, .24}, {32, .47}, {40, .62},
                                                  {50, .70}, {60, .76}, {70, .79}, {90, .77}};

static double share_younger(double age)
{
    for (unsigned i = 1; i < AGES; i++)
        if (age < ages[i].y)
            return ages[i - 1].x + (ages[i].x - ages[i - 1].x) * (age - ages[i - 1].y) /
                                       (ages[i].y - ages[i - 1].y);
    return 1.0;
}

static void shares_of(unsigned row, double shares[])
{
    double employed = employment_by_age[row].employed;
    double part = employment_by_age[row].part_time, self = employment_by_age[row].self_employed;
    double unemployed =
        employed * employment_by_age[row].unemployed / (1.0 - employment_by_age[row].unemployed);
    double rest = 1.0 - employed - unemployed;
    shares[EMPLOYED_FULL] = employed * (1.0 - part - self);
    shares[EMPLOYED_PART] = employed * part;
    shares[SELF_EMPLOYED] = employed * self;
    shares[UNEMPLOYED] = unemployed;
    shares[RETIRED] = rest * employment_by_age[row].retired;
    shares[STUDENT] = rest * employment_by_age[row].student;
    shares[OTHER_EMPLOYMENT] = rest - shares[RETIRED] - shares[STUDENT];
}

/* A group's shares hold in its middle. */
static double middle_of(unsigned row)
{
    if (row == 0)
        return 19.0;
    return employment_by_age[row].under > 100 ? 88.0 : employment_by_age[row].under - 2.5;
}

void person_shares(double age, double shares[OTHER_EMPLOYMENT + 1])
{
    double above[OTHER_EMPLOYMENT + 1];
    unsigned row = 0;
    while (row + 1 < AGE_GROUPS && age >= middle_of(row + 1))
        row++;
    shares_of(row, shares);
    if (row + 1 == AGE_GROUPS || age <= middle_of(row))
        return;
    shares_of(row + 1, above);
    double part = (age - middle_of(row)) / (middle_of(row + 1) - middle_of(row));
    for (unsigned i = 0; i <= OTHER_EMPLOYMENT; i++)
        shares[i] += part * (above[i] - shares[i]);
}

double person_unemployed_odds(double unemployment)
{
    return unemployment / (100.0 - unemployment) * (100.0 - PERSON_UNEMPLOYMENT) /
           PERSON_UNEMPLOYMENT;
}

/* As many employees as the rate says are unemployed, and look for what they had. */
static void find_work(double age, double unemployment, double u, struct person *person)
{
    double shares[OTHER_EMPLOYMENT + 1];
    person_shares(age, shares);
    double employees = shares[EMPLOYED_FULL] + shares[EMPLOYED_PART];
    double odds = shares[UNEMPLOYED] / employees * person_unemployed_odds(unemployment);
    double part = shares[EMPLOYED_PART] / employees;
    employees += shares[UNEMPLOYED];
    shares[UNEMPLOYED] = employees * odds / (1.0 + odds);
    employees -= shares[UNEMPLOYED];
    shares[EMPLOYED_PART] = employees * part;
    shares[EMPLOYED_FULL] = employees - shares[EMPLOYED_PART];
    unsigned kind = EMPLOYED_FULL;
    while (kind < OTHER_EMPLOYMENT && u >= shares[kind])
        u -= shares[kind++];
    person->employment = (enum employment)kind;
    person->sought = person->employment;
    if (kind == UNEMPLOYED)
        person->sought = u < part * shares[UNEMPLOYED] ? EMPLOYED_PART : EMPLOYED_FULL;
}

/* People name round sums: some the nearest five thousand dollars, some the nearest thousand or
 * hundred. */
int64_t person_stated(double dollars, double u)
{
    int64_t unit = 1;
    if (dollars >= 20000 && u < .25)
        unit = 5000;
    else if (dollars >= 5000 && u < .60)
        unit = 1000;
    else if (u < .85)
        unit = 100;
    return real_round(dollars / (double)unit) * unit * 100;
}

double person_income(enum employment employment, double age, const struct random_block *block)
{
    double u = random_uniform53(block->word[0], block->word[1]);
    double level = u < 1.0 - TAIL_SHARE ? u : 1.0 - TAIL_SHARE;
    double spread = level < .5 ? incomes[employment].below : incomes[employment].above;
    double dollars = incomes[employment].median * real_exp(spread * real_normal_quantile(level));
    if (u > level)
        dollars *= real_pow(TAIL_SHARE / (1.0 - u), 1.0 / incomes[employment].tail);
    if (employment == EMPLOYED_FULL || employment == EMPLOYED_PART || employment == SELF_EMPLOYED)
        dollars *= real_interpolate(earnings_by_age,
                                    sizeof earnings_by_age / sizeof *earnings_by_age, age);
    return real_clip(dollars, 600, 25e6);
}

int64_t person_stated_later(double dollars, double u)
{
    int64_t unit = u < .25 && dollars >= 20000 ? 1000 : u < .60 ? 500 : u < .85 ? 100 : 1;
    return real_round(real_clip(dollars, 600, 25e6) / (double)unit) * unit * 100;
}

struct random_block person_money(uint64_t seed, uint64_t customer)
{
    return random_at(seed, RANDOM_CUSTOMER_MONEY, customer, 0, 0);
}

static bool owns_home(enum employment employment, double age, int64_t income, double u)
{
    double share =
        real_interpolate(owners_by_age, sizeof owners_by_age / sizeof *owners_by_age, age);
    double dollars = (double)income / 100.0;
    share += .25 * (dollars - 45000.0) / (dollars + 45000.0);
    if (employment == STUDENT)
        share *= .2;
    return u < share;
}

/* Ages are those of the population on the day of joining, whenever that is: so portfolios of all
 * years are alike. */
struct person person_make(const struct person_origin *origin)
{
    struct random_block block =
        random_at(origin->seed, RANDOM_CUSTOMER_PERSON, origin->customer, 0, 0);
    struct random_block money = person_money(origin->seed, origin->customer);
    int64_t day = origin->born_day;
    const double youngest = 18.05;
    double low = share_younger(youngest);
    double age = real_interpolate(ages, AGES, low + (1.0 - low) * random_uniform(block.word[0]));
    if (age < youngest)
        age = youngest;

    struct person person = {.birth_day = day - (int64_t)(age * YEAR_DAYS)};
    /* What they did when credd first saw them. */
    double seen = age + (double)(origin->seen_day - day) / YEAR_DAYS;
    find_work(seen, origin->unemployment, random_uniform(block.word[1]), &person);
    person.annual_income = person_stated(person_income(person.employment, seen, &money),
                                         random_uniform(money.word[2]));
    person.homeowner =
        owns_home(person.employment, age, person.annual_income, random_uniform(block.word[2]));
    person.log_income = real_log((double)person.annual_income / (100.0 * PERSON_INCOME));
    return person;
}
