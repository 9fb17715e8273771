#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/data/people_tables.h"
#include "world/person.h"
#include "world/random.h"
#include "world/stream.h"

/* Numbers that were never issued: 666-GG-SSSS first, then 9XX-{01 to 49}-SSSS, which are no
 * taxpayer numbers either. */
#define SERIALS     9999U
#define SSN_PRIMARY (99U * SERIALS)
#define SSN_GROUPS  49U
#define SSN_REST    (100U * SSN_GROUPS * SERIALS)

/* The number in an e-mail address has as many digits as its class of indices needs, and is a
 * permutation within the class: no two people share one. */
static const struct {
    unsigned digits;
    uint32_t first, size;
} email_classes[] = {{2, 0, 100}, {4, 100, 10000}, {6, 10100, 1000000}, {8, 1010100, 100000000}};
#define EMAIL_CLASSES (sizeof email_classes / sizeof *email_classes)

enum { PERMUTE_SSN = 1, PERMUTE_SSN_REST, PERMUTE_EMAIL };

struct identity_rules {
    uint64_t seed;
    struct random_permutation ssn, ssn_rest, email[EMAIL_CLASSES];
    uint16_t by_state[PLACES]; /* the places of each state follow each other … */
    uint64_t weights[PLACES];  /* … with what they and those before them weigh */
};

static const char *const streets[] = {
    "Main",         "Oak",      "Park",        "Maple",    "Cedar",    "Elm",      "Pine",
    "Washington",   "Lake",     "Hill",        "Walnut",   "Spring",   "North",    "Ridge",
    "Lincoln",      "Church",   "Willow",      "Mill",     "Sunset",   "Railroad", "Jackson",
    "Cherry",       "West",     "South",       "Center",   "Highland", "Forest",   "River",
    "Jefferson",    "Meadow",   "East",        "Chestnut", "Broadway", "Franklin", "Adams",
    "Locust",       "Spruce",   "Madison",     "Laurel",   "Hickory",  "Dogwood",  "Magnolia",
    "Birch",        "Poplar",   "Valley",      "College",  "Prospect", "Monroe",   "Fairview",
    "Sycamore",     "Rose",     "Grant",       "Aspen",    "Johnson",  "Orchard",  "Harrison",
    "Summit",       "Hillside", "Colonial",    "Woodland", "Garden",   "Victoria", "Lakeview",
    "Cypress",      "Juniper",  "Heritage",    "Second",   "Third",    "Fourth",   "Fifth",
    "Sixth",        "Seventh",  "Eighth",      "Ninth",    "Tenth",    "Pleasant", "Riverside",
    "Country Club", "Oak Hill", "Stone Creek", "Fox Run",
};
static const char *const street_kinds[] = {"St", "St", "Ave", "Ave",  "Rd",  "Dr",
                                           "Dr", "Ln", "Ct",  "Blvd", "Way", "Pl"};

static int order_states(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
    int order = strcmp(places[x].state, places[y].state);
    return order != 0 ? order : (x > y) - (x < y);
}

static uint32_t weight_of(unsigned place)
{
    return places[place].cumulated - (place > 0 ? places[place - 1].cumulated : 0);
}

static void sort_places(struct identity_rules *rules)
{
    uint64_t sum = 0;
    for (uint16_t i = 0; i < PLACES; i++)
        rules->by_state[i] = i;
    qsort(rules->by_state, PLACES, sizeof *rules->by_state, order_states);
    for (unsigned i = 0; i < PLACES; i++) {
        sum += weight_of(rules->by_state[i]);
        rules->weights[i] = sum;
    }
}

struct identity_rules *identity_rules_new(uint64_t seed)
{
    struct identity_rules *rules = MEM_NEW(struct identity_rules);
    rules->seed = seed;
    sort_places(rules);
    rules->ssn = random_permutation(seed, RANDOM_CUSTOMER_NAME, PERMUTE_SSN, SSN_PRIMARY);
    rules->ssn_rest = random_permutation(seed, RANDOM_CUSTOMER_NAME, PERMUTE_SSN_REST, SSN_REST);
    for (unsigned i = 0; i < EMAIL_CLASSES; i++)
        rules->email[i] = random_permutation(seed, RANDOM_CUSTOMER_NAME, PERMUTE_EMAIL + i,
                                             email_classes[i].size);
    return rules;
}

void identity_rules_free(struct identity_rules *rules)
{
    free(rules);
}

static char *append(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length + 1);
    return to + length;
}

static char *append_number(char *to, unsigned digits, uint64_t number)
{
    world_digits(to, digits, number);
    to[digits] = '\0';
    return to + digits;
}

static char *append_lower(char *to, const char *text)
{
    for (; *text; text++)
        *to++ = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    *to = '\0';
    return to;
}

static unsigned digits_of(uint32_t number)
{
    unsigned digits = 1;
    for (; number >= 10; number /= 10)
        digits++;
    return digits;
}

/* Which of `count` items of `size` bytes `word` falls to: each begins with what it and those before
 * it weigh together. */
static unsigned pick(const void *items, unsigned count, size_t size, uint32_t word)
{
    unsigned low = 0, high = count - 1;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        uint32_t cumulated;
        memcpy(&cumulated, (const char *)items + middle * size, sizeof cumulated);
        if (word <= cumulated)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static_assert(offsetof(struct weighted_name, cumulated) == 0, "as pick() takes them");
static_assert(offsetof(struct place, cumulated) == 0, "as pick() takes them");

static const char *pick_name(const struct weighted_name *names, unsigned count, uint32_t word)
{
    return names[pick(names, count, sizeof *names, word)].name;
}

uint16_t identity_place_far(uint32_t word)
{
    return (uint16_t)pick(places, PLACES, sizeof *places, word);
}

uint16_t identity_place_near(const struct identity_rules *rules, uint16_t place, uint32_t word)
{
    unsigned first = 0, end = PLACES;
    while (strcmp(places[rules->by_state[first]].state, places[place].state) != 0)
        first++;
    for (end = first + 1; end < PLACES; end++)
        if (strcmp(places[rules->by_state[end]].state, places[place].state) != 0)
            break;
    uint64_t before = first > 0 ? rules->weights[first - 1] : 0;
    uint64_t target =
        before + (uint64_t)((double)(rules->weights[end - 1] - before) * random_uniform(word));
    while (first + 1 < end && rules->weights[first] <= target)
        first++;
    return rules->by_state[first];
}

static void make_ssn(const struct identity_rules *rules, uint64_t customer, char *ssn)
{
    uint32_t number, group, area = 666;
    if (customer < SSN_PRIMARY) {
        number = random_permutation_slot(&rules->ssn, (uint32_t)customer);
        group = number / SERIALS;
    } else {
        number = random_permutation_slot(&rules->ssn_rest, (uint32_t)(customer - SSN_PRIMARY));
        group = number / SERIALS % SSN_GROUPS;
        area = 900 + number / SERIALS / SSN_GROUPS;
    }
    ssn = append(append_number(ssn, 3, area), "-");
    ssn = append(append_number(ssn, 2, group + 1), "-");
    append_number(ssn, 4, number % SERIALS + 1);
}

static void make_email(const struct identity_rules *rules, uint64_t customer, uint32_t word,
                       struct identity *identity)
{
    static const char *const domains[] = {"@example.com", "@example.net", "@example.org"};
    unsigned i = 0;
    while (i + 1 < EMAIL_CLASSES && customer >= email_classes[i + 1].first)
        i++;
    uint32_t number =
        random_permutation_slot(&rules->email[i], (uint32_t)customer - email_classes[i].first);
    char *end = append_lower(identity->email, identity->first_name);
    end = append_lower(append(end, "."), identity->last_name);
    end = append_number(append(end, "."), email_classes[i].digits, number);
    append(end, domains[random_below(word, 3)]);
}

/* Small house numbers are the most common: their logarithm is spread evenly. */
static uint32_t house_number(uint32_t word)
{
    static const uint32_t limits[] = {100, 1000, 1000, 10000};
    uint32_t limit = limits[word >> 30];
    return 1 + random_below(word << 2, limit - 1);
}

static void make_address(const struct random_block *block, bool homeowner, char *address)
{
    uint32_t number = house_number(block->word[0]);
    char *end = append_number(address, digits_of(number), number);
    end = append(append(end, " "),
                 streets[random_below(block->word[1], sizeof streets / sizeof *streets)]);
    uint32_t rest = block->word[2];
    end = append(append(end, " "),
                 street_kinds[random_below(rest << 8, sizeof street_kinds / sizeof *street_kinds)]);
    if ((rest >> 24) < (homeowner ? 20 : 150)) {
        uint32_t unit = 1 + random_below(block->word[3], 420);
        append_number(append(end, " Apt "), digits_of(unit), unit);
    }
}

static unsigned decade_row(int64_t birth_day)
{
    int decade = (civil_from_days(birth_day).year - 1930) / 10;
    return decade < 0 ? 0 : decade > 7 ? 7 : (unsigned)decade;
}

struct home identity_home(const struct identity_rules *rules, uint64_t customer, bool owned)
{
    struct random_block where = random_at(rules->seed, RANDOM_CUSTOMER_PLACE, customer, 0, 0);
    return (struct home){.place = identity_place_far(where.word[0]), .owned = owned};
}

void identity_settle(const struct identity_rules *rules, uint64_t customer, const struct home *home,
                     struct identity *identity)
{
    const struct place *place = &places[home->place];
    struct random_block where =
        random_at(rules->seed, RANDOM_CUSTOMER_PLACE, customer, (uint32_t)home->moved, 0);
    struct random_block phone =
        random_at(rules->seed, RANDOM_CUSTOMER_PLACE, customer, (uint32_t)home->phoned, 0);
    struct random_block house =
        random_at(rules->seed, RANDOM_CUSTOMER_PLACE, customer, (uint32_t)home->moved, 1);

    identity->city = place->city;
    identity->state = place->state;
    memcpy(identity->zip, place->zips + 5 * (size_t)random_below(where.word[1], place->zip_count),
           5);
    identity->zip[5] = '\0';
    memcpy(identity->phone,
           place->areas + 3 * (size_t)random_below(phone.word[2], place->area_count), 3);
    append_number(append(identity->phone + 3, "-555-01"), 2, random_below(phone.word[3], 100));
    make_address(&house, home->owned, identity->address);
}

void identity_make(const struct identity_rules *rules, uint64_t customer,
                   const struct person *person, struct identity *identity)
{
    struct random_block name = random_at(rules->seed, RANDOM_CUSTOMER_NAME, customer, 0, 0);
    struct home home = identity_home(rules, customer, person->homeowner);

    /* 50.9% of adults are women. */
    unsigned male = name.word[0] >= 2186138896U;
    unsigned row = 2 * decade_row(person->birth_day) + male;
    identity->first_name = pick_name(first_names[row], FIRST_NAMES, name.word[1]);
    identity->last_name = pick_name(surnames, SURNAMES, name.word[2]);
    make_email(rules, customer, name.word[3], identity);
    make_ssn(rules, customer, identity->ssn);
    identity_settle(rules, customer, &home, identity);
}
