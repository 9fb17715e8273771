/* Customers: ages, employment, incomes, places, names and identifiers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "realism/realism_parts.h"
#include "world/data/people_tables.h"
#include "world/real.h"

#define NUMBER_DIGITS 8
#define YEAR_DAYS     365.2425

/* Places by name, so that a row is looked up in a few steps. */
struct place_index {
    uint16_t order[PLACES];
};

static int number_of(const struct cell *key, uint32_t *ret_number)
{
    uint32_t number = 0;
    if (key->kind != CELL_TEXT || key->length <= NUMBER_DIGITS)
        return -1;
    const char *digits = key->text + key->length - NUMBER_DIGITS;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        number = 10 * number + (uint32_t)(digits[i] - '0');
    }
    *ret_number = number;
    return 0;
}

/* Keeps every second of those that are there. */
static void thin_out(struct realism_people *people)
{
    for (size_t i = 0; 2 * i < people->count; i++)
        people->people[i] = people->people[2 * i];
    people->count = (people->count + 1) / 2;
    people->stride *= 2;
}

static struct realism_person *place_for(struct realism_people *people, uint32_t number)
{
    while (number / people->stride >= REALISM_PEOPLE_MOST)
        thin_out(people);
    if (number % people->stride != 0)
        return NULL;
    size_t at = number / people->stride;
    if (at >= people->room) {
        size_t room = at < 1024 ? 2048 : 2 * at;
        people->people = mem_grow(people->people, room, sizeof *people->people);
        people->room = room;
    }
    for (; people->count <= at; people->count++)
        people->people[people->count] = (struct realism_person){0};
    return &people->people[at];
}

struct realism_person *realism_person_of(struct realism *realism, const struct cell *key)
{
    uint32_t number;
    struct realism_people *people = &realism->people;
    if (number_of(key, &number) < 0 || number % people->stride != 0 ||
        number / people->stride >= people->count)
        return NULL;
    struct realism_person *person = &people->people[number / people->stride];
    return person->there ? person : NULL;
}

/* --- places and names --- */

static int order_places(const void *a, const void *b)
{
    const struct place *x = &places[*(const uint16_t *)a], *y = &places[*(const uint16_t *)b];
    int order = strcmp(x->city, y->city);
    return order != 0 ? order : strcmp(x->state, y->state);
}

static int compare_text(const struct cell *cell, const char *text)
{
    size_t length = strlen(text), least = cell->length < length ? cell->length : length;
    int order = memcmp(cell->text, text, least);
    return order != 0 ? order : (cell->length > length) - (cell->length < length);
}

static bool list_has(const char *list, unsigned count, unsigned width, const char *wanted)
{
    for (unsigned i = 0; i < count; i++)
        if (memcmp(list + (size_t)i * width, wanted, width) == 0)
            return true;
    return false;
}

/* One city of a state may be listed more than once, with other postal codes. */
static bool is_place(struct realism_people *people, const struct cell *city,
                     const struct cell *state, const struct cell *zip, const struct cell *phone)
{
    if (people->places == NULL) {
        people->places = MEM_NEW(struct place_index);
        for (uint16_t i = 0; i < PLACES; i++)
            people->places->order[i] = i;
        qsort(people->places->order, PLACES, sizeof *people->places->order, order_places);
    }
    unsigned low = 0, high = PLACES;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (compare_text(city, places[people->places->order[middle]].city) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < PLACES; low++) {
        const struct place *place = &places[people->places->order[low]];
        if (!cell_is(city, place->city))
            return false;
        if (cell_is(state, place->state) && zip->length == 5 && phone->length > 3 &&
            list_has(place->zips, place->zip_count, 5, zip->text) &&
            list_has(place->areas, place->area_count, 3, phone->text))
            return true;
    }
    return false;
}

static bool is_name_of_decade(const struct cell *name, int64_t birth_day)
{
    int decade = (civil_from_days(birth_day).year - 1930) / 10;
    unsigned row = decade < 0 ? 0 : decade > 7 ? 7 : (unsigned)decade;
    for (unsigned i = 0; i < 2 * FIRST_NAMES; i++)
        if (cell_is(name, first_names[2 * row + i / FIRST_NAMES][i % FIRST_NAMES].name))
            return true;
    return false;
}

/* 666-GG-SSSS, or 9XX with a group of no taxpayer number; NPA-555-01XX; an address of example.com,
 * .net or .org. */
static bool is_safe(const struct cell *ssn, const struct cell *phone, const struct cell *email)
{
    if (ssn->kind != CELL_TEXT || ssn->length != 11 || email->kind != CELL_TEXT)
        return false;
    bool never =
        memcmp(ssn->text, "666-", 4) == 0 ||
        (ssn->text[0] == '9' && (ssn->text[4] < '5' || memcmp(ssn->text + 4, "66", 2) >= 0) &&
         memcmp(ssn->text + 4, "70", 2) < 0);
    bool nobody = phone->length == 12 && memcmp(phone->text + 3, "-555-01", 7) == 0;
    static const char *const domains[] = {"@example.com", "@example.net", "@example.org"};
    bool mail = false;
    for (unsigned i = 0; i < 3; i++)
        mail = mail || (email->length > 12 &&
                        memcmp(email->text + email->length - 12, domains[i], 12) == 0);
    return never && nobody && mail;
}

/* --- rows --- */

unsigned realism_work_of(const struct cell *cell)
{
    static const char *const names[WORK_COUNT] = {
        "Full-time", "Part-time", "Self-employed", "Unemployed", "Retired", "Student", "Other"};
    unsigned work = 0;
    while (work + 1 < WORK_COUNT && !cell_is(cell, names[work]))
        work++;
    return work;
}

void realism_people_row(struct realism *realism, const struct cell *cells)
{
    struct realism_people *people = &realism->people;
    uint32_t number;
    people->rows++;
    int64_t born = zone_day(realism->zone, cells[13].number);
    people->minors += (double)(born - cells[5].number) < 18 * YEAR_DAYS - 1;
    people->bad_places += !is_place(people, &cells[8], &cells[9], &cells[10], &cells[4]);
    people->bad_names += !is_name_of_decade(&cells[1], cells[5].number);
    int birth_year = civil_from_days(cells[5].number).year;
    people->seventies += birth_year / 10 == 197;
    people->jennifers += birth_year / 10 == 197 && cell_is(&cells[1], "Jennifer");
    people->last_day = (int32_t)born > people->last_day ? (int32_t)born : people->last_day;
    people->bad_identifiers += !is_safe(&cells[6], &cells[4], &cells[3]);
    people->states[0] += cell_is(&cells[9], "CA");
    people->states[1] += cell_is(&cells[9], "TX");
    people->states[2] += cell_is(&cells[9], "NY");
    if (number_of(&cells[0], &number) < 0)
        return;
    struct realism_person *person = place_for(people, number);
    if (person == NULL)
        return;
    *person = (struct realism_person){
        .there = true,
        .work = (uint8_t)realism_work_of(&cells[11]),
        .birth_day = (int32_t)cells[5].number,
        .born_day = (int32_t)born,
        .income = (double)cells[12].number / 100,
    };
}

/* Who was there at the end of year 1 against who was at the end of year 5, different people, by
 * what they earned then: those whose income changed before, or it is not known. */
static void compare_years(struct realism *realism)
{
    int32_t ends[2] = {realism->origin_day + 365, realism->origin_day + 5 * 365};
    const struct realism_people *people = &realism->people;
    for (size_t i = 0; i < people->count; i++) {
        const struct realism_person *person = &people->people[i];
        unsigned half = i / 2 % 2;
        struct realism_job job = realism_job_at(person, ends[half] * INT64_C(86400));
        if (person->there && person->born_day <= ends[half] && person->job_count > 0 &&
            job.work == WORK_FULL && job.income > 0)
            samples_add(&realism->income_years, half,
                        (int64_t)(100 * real_log((double)job.income + 1)));
    }
    bool five = people->last_day > ends[0] + 3 * 365;
    realism_put(realism, REALISM_SAME_INCOME, samples_p(&realism->income_years), five ? 1 : 0);
}

/* Percent of adults, by age: customers_demographics.csv. People grow older while they are
 * customers: what they do is compared at the ages of all. */
#define AGE_GROUPS 15
#define USUAL_RATE 4.0 /* of unemployment in the year of these shares */
#define FULL_PART  .85
static const double age_shares[AGE_GROUPS] = {3.19, 8.25, 8.26, 8.88, 8.63, 8.41, 7.66, 7.79,
                                              7.71, 8.19, 7.06, 5.94, 4.63, 2.93, 2.48};

struct ages {
    double all[AGE_GROUPS], work[AGE_GROUPS][WORK_COUNT];
};

static unsigned age_group(double age)
{
    int group = (int)(age / 5) - 3;
    return group < 0 ? 0 : group >= AGE_GROUPS ? AGE_GROUPS - 1 : (unsigned)group;
}

static void put_works(struct realism *realism, const struct ages *ages, double count)
{
    double shares[WORK_COUNT] = {0}, all = 0;
    for (unsigned group = 0; group < AGE_GROUPS; group++) {
        if (ages->all[group] == 0)
            continue;
        all += age_shares[group];
        for (unsigned work = 0; work < WORK_COUNT; work++)
            shares[work] += age_shares[group] * ages->work[group][work] / ages->all[group];
    }
    /* What they would be at usual unemployment: most of those over it had full-time jobs. */
    double rate = realism_last_rate(realism);
    double over = rate > 0 ? shares[WORK_NONE] * (1 - USUAL_RATE / rate) : 0;
    shares[WORK_NONE] -= over;
    shares[WORK_FULL] += FULL_PART * over;
    shares[WORK_PART] += (1 - FULL_PART) * over;
    for (unsigned work = 0; work < WORK_COUNT; work++)
        realism_put(realism, (enum realism_id)(REALISM_WORK_FULL + work),
                    all > 0 ? 100 * shares[work] / all : 0, count);
}

static void put_incomes(struct realism *realism, const struct spread_table *incomes, double mean)
{
    static const enum realism_id medians[] = {REALISM_INCOME_FULL,    REALISM_INCOME_PART,
                                              REALISM_INCOME_SELF,    REALISM_INCOME_NONE,
                                              REALISM_INCOME_RETIRED, REALISM_INCOME_STUDENT};
    for (unsigned i = 0; i < WORK_OTHER; i++)
        realism_put(realism, medians[i], spread_quantile(&incomes[i], .5), incomes[i].n);
    const struct spread_table *full = &incomes[WORK_FULL];
    realism_put(realism, REALISM_INCOME_P10, spread_quantile(full, .1), full->n);
    realism_put(realism, REALISM_INCOME_P90, spread_quantile(full, .9), full->n);
    double median = spread_quantile(full, .5);
    realism_put(realism, REALISM_INCOME_TAIL, median > 0 ? mean / median : 0, full->n);
}

void realism_people_close(struct realism *realism)
{
    const struct realism_people *people = &realism->people;
    struct spread_table *incomes = MEM_ARRAY(struct spread_table, WORK_COUNT);
    struct ages now = {0};
    double ages[7] = {0}, count = 0, full = 0, rows = (double)people->rows;
    for (size_t i = 0; i < people->count; i++) {
        const struct realism_person *person = &people->people[i];
        if (!person->there)
            continue;
        double age = (person->born_day - person->birth_day) / YEAR_DAYS;
        ages[age < 25 ? 0 : age >= 75 ? 6 : (int)((age - 15) / 10)] += 1;
        unsigned group = age_group((people->last_day - person->birth_day) / YEAR_DAYS);
        now.all[group] += 1;
        now.work[group][person->work] += 1;
        spread_add(&incomes[person->work], person->income);
        full += person->work == WORK_FULL ? person->income : 0;
        count += 1;
    }
    for (unsigned i = 0; i < 7; i++)
        realism_put_share(realism, (enum realism_id)(REALISM_AGE_18 + i), ages[i], count);
    put_works(realism, &now, count);
    realism_put_share(realism, REALISM_JENNIFER, (double)people->jennifers,
                      (double)people->seventies);
    put_incomes(realism, incomes, full / incomes[WORK_FULL].n);
    realism_put(realism, REALISM_MINORS, (double)people->minors, rows);
    realism_put(realism, REALISM_PLACES, (double)people->bad_places, rows);
    realism_put(realism, REALISM_NAMES, (double)people->bad_names, rows);
    realism_put(realism, REALISM_IDENTIFIERS, (double)people->bad_identifiers, rows);
    for (unsigned i = 0; i < 3; i++)
        realism_put_share(realism, (enum realism_id)(REALISM_STATE_CA + i),
                          (double)people->states[i], rows);
    compare_years(realism);
    free(incomes);
}

void realism_people_done(struct realism *realism)
{
    free(realism->people.people);
    free(realism->people.places);
}
