#include "world/finance_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/finance_items.h"
#include "world/pay.h"
#include "world/random.h"
#include "world/real.h"
#include "world/rhythm.h"

#define HOUR         INT64_C(3600)
#define HOURS        1024 /* remembered */
#define WEIGHT_USUAL .22  /* of a day without pay, over a payday */
#define PAY_SHARE    .80  /* of a payday's records */
#define INCOME_USUAL 55000.0
#define AMOUNT_MOST  INT64_C(999999999999)

struct hour {
    int64_t number, day;
    double weight;
};

struct finance_model {
    struct world *world;
    uint64_t seed;
    struct pay_calendar *paydays;
    uint8_t *schedules; /* of customers, plus one; 0: not looked at yet */
    size_t schedule_room;
    struct hour hours[HOURS];
};

struct finance_model *finance_model_new(struct world *world)
{
    struct finance_model *model = MEM_NEW(struct finance_model);
    model->world = world;
    model->seed = world_settings(world)->seed;
    int64_t first = zone_day(world_zone(world), world_start(world).s);
    model->paydays = pay_calendar_new(model->seed, first, WORLD_TIME_LAST.s / 86400 + 1);
    return model;
}

void finance_model_free(struct finance_model *model)
{
    if (!model)
        return;
    pay_calendar_free(model->paydays);
    free(model->schedules);
    free(model);
}

void finance_model_forget(struct finance_model *model)
{
    if (model->schedules)
        memset(model->schedules, 0, model->schedule_room);
}

static enum pay_schedule schedule_of(struct finance_model *model, uint64_t customer)
{
    if (customer >= model->schedule_room) {
        size_t room = customer < 1024 ? 1024 : customer + customer / 4;
        model->schedules = mem_grow(model->schedules, room, 1);
        memset(model->schedules + model->schedule_room, 0, room - model->schedule_room);
        model->schedule_room = room;
    }
    if (model->schedules[customer] == 0) {
        struct person person = customer_person(model->world, customer);
        model->schedules[customer] = (uint8_t)(pay_schedule_of(model->seed, customer, &person) + 1);
    }
    return (enum pay_schedule)(model->schedules[customer] - 1);
}

double finance_model_weight(struct finance_model *model, uint64_t customer, world_time at)
{
    int64_t number = at.s / HOUR;
    struct hour *hour = &model->hours[number % HOURS];
    if (hour->number != number) {
        struct civil local = zone_civil(world_zone(model->world), number * HOUR);
        *hour = (struct hour){number, civil_days(local.date),
                              rhythm_of_week(&local) / RHYTHM_OF_WEEK_MAX};
    }
    return pay_day(model->paydays, schedule_of(model, customer), hour->day)
               ? hour->weight
               : WEIGHT_USUAL * hour->weight;
}

/* What is needed to write one record. */
struct ledger {
    struct finance_model *model;
    const struct arrival *arrival;
    struct person person;
    struct random_block what, how;
    struct finance_record *record;
};

static void describe(struct finance_record *record, const char *category, const char *detail)
{
    size_t first = strlen(category), second = strlen(detail);
    memcpy(record->description, category, first);
    memcpy(record->description + first, ": ", 2);
    memcpy(record->description + first + 2, detail, second + 1);
}

static void set_amount(struct finance_record *record, double dollars)
{
    double cents = real_clip(dollars * 100.0, 1.0, (double)AMOUNT_MOST);
    record->amount = real_round(cents);
}

static double income_of(const struct ledger *ledger)
{
    return (double)ledger->person.annual_income / 100.0;
}

static void make_pay(const struct ledger *ledger)
{
    const struct finance_pay *pay = &finance_pays[ledger->person.employment];
    double times = pay_times(schedule_of(ledger->model, ledger->arrival->customer));
    double z = random_normal(ledger->how.word[0]);
    ledger->record->type = "income";
    describe(ledger->record, pay->category, pay->detail);
    set_amount(ledger->record, income_of(ledger) / times *
                                   real_exp(pay->spread * z - .5 * pay->spread * pay->spread));
}

static void make_other_income(const struct ledger *ledger)
{
    double z = random_normal(ledger->how.word[0]);
    bool interest = random_uniform(ledger->how.word[1]) < .6;
    ledger->record->type = "income";
    if (interest)
        describe(ledger->record, "Interest", "savings and dividends");
    else
        describe(ledger->record, "Refund", "returned purchase or tax refund");
    set_amount(ledger->record,
               (interest ? .0008 : .002) * income_of(ledger) * real_exp(.9 * z) + 1.0);
}

/* The person's own numbers for one kind of item: whether they have it, and how much of it. */
static struct random_block own(const struct ledger *ledger, const char *type, unsigned item)
{
    uint16_t draw = (uint16_t)((unsigned)type[0] << 8 | item);
    return random_at(ledger->model->seed, RANDOM_FINANCE_PERSON, ledger->arrival->customer, 1,
                     draw);
}

/* Spending follows income with a power of about a half (Consumer Expenditure Surveys, quintiles).
 */
static double spending_of(const struct ledger *ledger)
{
    return 4700.0 * real_pow(income_of(ledger) / 104000.0, .52);
}

static bool has_mortgage(const struct ledger *ledger)
{
    return ledger->person.homeowner &&
           random_uniform(own(ledger, "liability", 1).word[0]) < finance_liabilities[1].owned;
}

static unsigned pick_expense(uint32_t word, int day_of_month)
{
    double sum = 0;
    for (unsigned i = 0; i < finance_expense_count; i++)
        if (day_of_month >= finance_expenses[i].first_day &&
            day_of_month <= finance_expenses[i].last_day)
            sum += finance_expenses[i].times * 31.0 /
                   (finance_expenses[i].last_day - finance_expenses[i].first_day + 1);
    double target = random_uniform(word) * sum;
    unsigned picked = 1;
    for (unsigned i = 0; i < finance_expense_count; i++) {
        if (day_of_month < finance_expenses[i].first_day ||
            day_of_month > finance_expenses[i].last_day)
            continue;
        picked = i;
        target -= finance_expenses[i].times * 31.0 /
                  (finance_expenses[i].last_day - finance_expenses[i].first_day + 1);
        if (target < 0)
            break;
    }
    return picked;
}

static void make_expense(const struct ledger *ledger, int day_of_month)
{
    unsigned item = pick_expense(ledger->how.word[1], day_of_month);
    const struct finance_expense *expense = &finance_expenses[item];
    unsigned details = 0;
    while (details < FINANCE_DETAILS && expense->details[details])
        details++;
    double habit = .25 * random_normal(own(ledger, "expense", item).word[0]);
    double z = random_normal(ledger->how.word[0]);
    ledger->record->type = "expense";
    if (item == 0 && ledger->person.homeowner)
        describe(ledger->record, has_mortgage(ledger) ? "Mortgage" : "Housing",
                 has_mortgage(ledger) ? "monthly payment" : "property tax and upkeep");
    else
        describe(ledger->record, expense->category,
                 expense->details[random_below(ledger->how.word[2], details)]);
    double usual = spending_of(ledger) * expense->share / 100.0 / expense->times;
    set_amount(ledger->record, usual * real_exp(habit + expense->spread * z -
                                                .5 * expense->spread * expense->spread));
}

static bool meets(const struct person *person, enum finance_condition condition)
{
    if (condition == HOLDS_OWNER)
        return person->homeowner;
    return condition != HOLDS_SELF_EMPLOYED || person->employment == SELF_EMPLOYED;
}

static void make_balance(const struct ledger *ledger, const char *type,
                         const struct finance_balance *balances, unsigned count)
{
    double weights[8], sum = 0;
    for (unsigned i = 0; i < count; i++) {
        bool held = meets(&ledger->person, balances[i].condition) &&
                    random_uniform(own(ledger, type, i).word[0]) < balances[i].owned;
        weights[i] = held ? balances[i].weight : 0;
        sum += weights[i];
    }
    /* Somebody without any debt has a card that is paid in full. */
    unsigned item = 0;
    double target = random_uniform(ledger->how.word[1]) * sum;
    while (sum > 0 && item + 1 < count && target >= weights[item])
        target -= weights[item++];
    const struct finance_balance *balance = &balances[item];
    double level = random_normal(own(ledger, type, item).word[1]);
    double age = (double)(ledger->record->day - ledger->person.birth_day) / 365.2425;
    double logs = balance->spread * level + .6 * real_log(income_of(ledger) / INCOME_USUAL) +
                  balance->age_power * real_log(age / 45.0) +
                  .03 * random_normal(ledger->how.word[0]);
    ledger->record->type = type;
    describe(ledger->record, balance->category, balance->detail);
    set_amount(ledger->record, balance->median * real_exp(logs));
}

static int is_other(void *context, const struct arrival *arrival)
{
    const struct arrival *record = (const struct arrival *)context;
    return arrival->at.s < record->at.s || arrival->lane < record->lane;
}

static bool is_first_of_day(const struct ledger *ledger, struct arrivals *arrivals)
{
    struct arrival record = *ledger->arrival;
    int64_t midnight = zone_day_instant(world_zone(ledger->model->world), ledger->record->day, 0);
    return arrivals_of(arrivals, record.customer, (world_time){midnight - 1}, record.at, is_other,
                       &record) == 0;
}

void finance_record_make(struct finance_model *model, struct arrivals *arrivals,
                         const struct arrival *arrival, struct finance_record *record)
{
    uint32_t cell = arrival->round << 11 | arrival->lane;
    struct ledger ledger = {
        .model = model,
        .arrival = arrival,
        .person = customer_person(model->world, arrival->customer),
        .what = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 0),
        .how = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 1),
        .record = record,
    };
    struct civil local = zone_civil(world_zone(model->world), arrival->at.s);
    record->day = civil_days(local.date);
    double u = random_uniform(ledger.what.word[0]), v = random_uniform(ledger.what.word[1]);
    if (u < PAY_SHARE &&
        pay_day(model->paydays, schedule_of(model, arrival->customer), record->day) &&
        is_first_of_day(&ledger, arrivals))
        make_pay(&ledger);
    else if (v < .06)
        make_other_income(&ledger);
    else if (v < .66)
        make_expense(&ledger, local.date.day);
    else if (v < .83)
        make_balance(&ledger, "asset", finance_assets, finance_asset_count);
    else
        make_balance(&ledger, "liability", finance_liabilities, finance_liability_count);
}
