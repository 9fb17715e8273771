/* lives.c - people as a loan officer would read them.
 *
 *     lives SEED [COUNT]              timelines of a few people over five years after the baseline
 *     lives decisions SEED [PEOPLE]   every decision with what the lender knew, as CSV
 *
 * Timelines are made of the rows, with what the model says besides: prices and debts. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/credit.h"
#include "world/customers.h"
#include "world/loan_book.h"
#include "world/loan_model.h"
#include "world/market.h"
#include "world/world.h"

#define DAY    INT64_C(86400)
#define YEARS  5
#define ORIGIN INT64_C(1783598400) /* 2026-07-09T12:00:00Z */

static struct world *make_world(const struct zone *zone, uint64_t seed, int64_t customers)
{
    const struct world_settings settings = {
        .seed = seed,
        .origin = {ORIGIN},
        .customers = customers,
        .customer_growth = 20000,
        .financial_records_per_customer = 5,
        .loan_applications_per_customer = 2,
        .market_data_points = 100,
        .credit_history_entries = 10,
    };
    struct fault fault = {0};
    struct world *world = NULL;
    if (world_new(&settings, zone, &world, &fault) < 0)
        fprintf(stderr, "%s\n", fault.text);
    return world;
}

/* --- decisions --- */

struct listing {
    struct world *world;
    uint64_t customer;
};

static const char *outcome_of(const struct loan_held *loan)
{
    return loan->withdrawn   ? "withdrawn"
           : !loan->approved ? "denied"
           : loan->at        ? "taken"
                             : "declined";
}

static void list_decision(void *context, const struct loan_life *life, const struct loan_held *loan,
                          const struct loan_terms *terms)
{
    const struct listing *listing = context;
    world_time at = {loan->applied};
    struct person person = customer_person_at(listing->world, listing->customer, at);
    struct market_view market = market_view(listing->world, at.s / DAY);
    printf("%" PRIu64 ",%u,%d,%d,%.0f,%d,%.4f,%d,%u,%u,%u,%u,%.2f,%.2f,%.4f,%.4f,%d,%s,%u,%.2f,"
           "%.2f,%.2f,%.3f\n",
           listing->customer, loan->applied,
           (int)((double)(at.s / DAY - person.birth_day) / 365.2425), person.employment,
           terms->income, terms->credit.score, terms->credit.utilization / 10000.0,
           terms->credit.state, loan->product, loan->purpose, loan->amount, loan->term,
           loan->rate / 100.0, loan->payment / 100.0, terms->debt_before, terms->debt_after,
           terms->insured, outcome_of(loan), loan->at, market.mortgage_30y, market.unemployment,
           market.tightness, life->appetite);
}

static void list_decisions(struct world *world)
{
    world_time to = world_plus((world_time){ORIGIN}, YEARS * 36525 * DAY / 100);
    uint64_t people = customers_at(world, to);
    puts("customer,applied,age,work,income,score,utilization,state,product,purpose,amount,term,"
         "rate,payment,debt_before,debt_after,insured,outcome,funded,mortgage_30y,unemployment,"
         "tightness,appetite");
    for (uint64_t customer = 0; customer < people; customer++) {
        struct listing listing = {world, customer};
        loan_book_replay(world, customer, to, list_decision, &listing);
    }
}

/* --- timelines --- */

struct event {
    int64_t at;
    char text[160];
};

struct timeline {
    struct world *world;
    uint64_t customer;
    char key[CUSTOMER_KEY_LENGTH + 1];
    struct event *events;
    size_t count, room;
    char last_state[24];
    int last_score;
};

static void say(struct timeline *timeline, int64_t at, const char *text)
{
    if (timeline->count == timeline->room) {
        timeline->room = timeline->room ? 2 * timeline->room : 64;
        timeline->events = mem_grow(timeline->events, timeline->room, sizeof *timeline->events);
    }
    struct event *event = &timeline->events[timeline->count++];
    event->at = at;
    (void)snprintf(event->text, sizeof event->text, "%.*s", (int)sizeof event->text - 1, text);
}

static int compare_events(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static const char *const works[] = {"full-time", "part-time", "self-employed", "unemployed",
                                    "retired",   "student",   "other"};

static void tell_debts(struct timeline *timeline, int64_t at)
{
    struct loan_held held[LOANS_CARRIED];
    unsigned count = loans_carried(timeline->world, timeline->customer, (world_time){at}, held);
    for (unsigned i = 0; i < count; i++) {
        char text[160];
        if (held[i].product == LOAN_CARD)
            continue;
        (void)snprintf(text, sizeof text, "    owes %.0f of %u on a loan: %s, %.2f%%, %.0f a month",
                       loan_held_balance(&held[i], loan_held_months(&held[i], (world_time){at})),
                       held[i].amount, loan_facts[held[i].product].type, held[i].rate / 100.0,
                       held[i].payment / 100.0);
        say(timeline, at, text);
    }
}

static void tell_application(void *context, const struct loan_life *life,
                             const struct loan_held *loan, const struct loan_terms *terms)
{
    struct timeline *timeline = context;
    char text[200];
    (void)life;
    (void)snprintf(text, sizeof text,
                   "  asks for %u: %s, %s (score %d, used %d%%, income %.0f, debts %.0f%%, then "
                   "%.0f%%; %.2f%%)",
                   loan->amount, loan_facts[loan->product].type,
                   loan_facts[loan->product].purposes[loan->purpose].text, terms->credit.score,
                   terms->credit.utilization / 100, terms->income, 100 * terms->debt_before,
                   100 * terms->debt_after, loan->rate / 100.0);
    say(timeline, loan->applied, text);
}

static int take_row(void *context, const struct change *change)
{
    struct timeline *timeline = context;
    char text[2 * CELL_PRINT_MAX + 64], cell[CELL_PRINT_MAX + 1], from[CELL_PRINT_MAX + 1];
    if (change->kind == CHANGE_MOVE) {
        /* LA-20260814103512-00000042-00 */
        if (memcmp(change->cells[0].text + 18, timeline->key + 18, 8) != 0)
            return 0;
        cell_print(&change->cells[2], cell);
        (void)snprintf(text, sizeof text, "    %s (%.14s)", cell, change->cells[0].text + 3);
        say(timeline, change->at, text);
        return 0;
    }
    if (change->cells[1].length != CUSTOMER_KEY_LENGTH ||
        memcmp(change->cells[1].text, timeline->key, CUSTOMER_KEY_LENGTH) != 0 ||
        change->count != 7)
        return 0;
    cell_print(&change->cells[3], cell);
    int score = (int)change->cells[2].number;
    int moved = score - timeline->last_score;
    if (strcmp(cell, timeline->last_state) != 0 || moved > 40 || moved < -40) {
        cell_print(&change->cells[4], from);
        (void)snprintf(text, sizeof text, "  bureau: score %d, %s, used %s%%", score, cell, from);
        say(timeline, change->at, text);
        (void)snprintf(timeline->last_state, sizeof timeline->last_state, "%.23s", cell);
        timeline->last_score = score;
    }
    return 0;
}

/* Since they came, or bought since. */
static bool owns_home(const struct timeline *timeline, const struct person *person, int64_t at)
{
    struct loan_held held[LOANS_HELD];
    unsigned count = loans_held(timeline->world, timeline->customer, (world_time){at}, held);
    bool owns = person->homeowner;
    for (unsigned i = 0; i < count; i++)
        owns = owns || held[i].product == LOAN_PURCHASE || held[i].product == LOAN_REFINANCE;
    return owns;
}

static void tell_person(struct timeline *timeline, int64_t at)
{
    struct person person =
        customer_person_at(timeline->world, timeline->customer, (world_time){at});
    bool owns = owns_home(timeline, &person, at);
    char text[160];
    (void)snprintf(text, sizeof text, "%d years, %s, %.0f a year, %s",
                   (int)((double)(at / DAY - person.birth_day) / 365.2425),
                   works[person.employment], (double)person.annual_income / 100.0,
                   owns ? "owns a home" : "rents");
    say(timeline, at, text);
}

static void print_life(struct world *world, uint64_t customer)
{
    struct timeline timeline = {.world = world, .customer = customer, .last_score = 1000};
    world_time to = world_plus((world_time){ORIGIN}, YEARS * 36525 * DAY / 100), reached;
    int64_t born = customer_born(world, customer).s;
    int64_t first = ORIGIN - 2 * 365 * DAY;
    first = first > born ? first : born + 1;
    customer_key(world, customer, timeline.key);
    tell_person(&timeline, first);
    tell_debts(&timeline, first);
    for (int64_t year = first + 365 * DAY; year < to.s; year += 365 * DAY)
        tell_person(&timeline, year);
    loan_book_replay(world, customer, to, tell_application, &timeline);
    (void)world_changes(world, STREAM_LOAN_APPLICATIONS, WORLD_TIME_FIRST, to, 0, take_row,
                        &timeline, &reached);
    (void)world_changes(world, STREAM_CREDIT_HISTORY, WORLD_TIME_FIRST, to, 0, take_row, &timeline,
                        &reached);
    tell_debts(&timeline, to.s);
    qsort(timeline.events, timeline.count, sizeof *timeline.events, compare_events);
    printf("\n%s, here since %.8s\n", timeline.key, timeline.key + 3);
    for (size_t i = 0; i < timeline.count; i++) {
        struct civil civil = civil_from_seconds(timeline.events[i].at);
        printf("%04d-%02d-%02d %02d:%02d %s\n", civil.date.year, civil.date.month, civil.date.day,
               civil.hour, civil.minute, timeline.events[i].text);
    }
    free(timeline.events);
}

int main(int argc, char **argv)
{
    bool decisions = argc > 1 && strcmp(argv[1], "decisions") == 0;
    int next = decisions ? 2 : 1;
    if (argc <= next) {
        fprintf(stderr, "usage: lives SEED [COUNT] | lives decisions SEED [PEOPLE]\n");
        return 2;
    }
    uint64_t seed = strtoull(argv[next], NULL, 10);
    int64_t count = argc > next + 1 ? strtoll(argv[next + 1], NULL, 10) : decisions ? 20000 : 12;
    struct fault fault = {0};
    struct zone *zone = NULL;
    if (zone_load("America/New_York", &zone, &fault) < 0) {
        fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    struct world *world = make_world(zone, seed, decisions ? count : 500);
    if (world && decisions)
        list_decisions(world);
    for (int64_t i = 0; world && !decisions && i < count; i++)
        print_life(world, (uint64_t)(i * 500 / count));
    world_free(world);
    zone_free(zone);
    return world == NULL;
}
