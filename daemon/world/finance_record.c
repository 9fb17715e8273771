#include "world/credit.h"
#include "world/finance_ledger.h"
#include "world/life.h"
#include "world/real.h"

#define PAY_SHARE .80 /* of a payday's records */
#define BOUGHT    .25 /* of the looks at assets go to what a loan paid for */
#define BORROWED  .25 /* of the looks at debts go to the loans that were applied for */

/* Judged. */
#define INTEREST_SHARE .6    /* of other income; the rest is refunds */
#define INTEREST       .0008 /* of a year's income, the median of one payment */
#define REFUND         .002
#define OTHER_SPREAD   .9 /* of the logarithm */
#define INCOME_POWER   .6 /* how balances and limits follow income */
#define BENEFIT_MONTHS 6  /* benefits are paid for half a year */
#define SPENT_ON       .85
#define CARD_SPREAD    .85
#define CARD_SCORE     .004 /* log of the limit, for a point of score */

static void make_pay(const struct ledger *ledger)
{
    const struct finance_pay *pay = &finance_pays[ledger->person.employment];
    uint64_t customer = ledger->arrival->customer;
    double times = pay_times(finance_schedule(ledger->model, customer, ledger->person.employment));
    double net = pay_net(ledger->model->seed, customer, &ledger->person);
    double z = random_normal(ledger->how.word[0]);
    ledger->record->type = "income";
    ledger_describe(ledger->record, pay->category, pay->detail);
    ledger_amount(ledger->record,
                  net / times * real_exp(pay->spread * z - .5 * pay->spread * pay->spread));
}

static void make_other_income(const struct ledger *ledger)
{
    double z = random_normal(ledger->how.word[0]);
    bool interest = random_uniform(ledger->how.word[1]) < INTEREST_SHARE;
    ledger->record->type = "income";
    if (interest)
        ledger_describe(ledger->record, "Interest", "savings and dividends");
    else
        ledger_describe(ledger->record, "Refund", "returned purchase or tax refund");
    ledger_amount(
        ledger->record,
        (interest ? INTEREST : REFUND) * ledger_income(ledger) * real_exp(OTHER_SPREAD * z) + 1.0);
}

static bool meets(struct ledger *ledger, enum finance_condition condition)
{
    if (condition == HOLDS_OWNER)
        return ledger_owns_home(ledger);
    return condition != HOLDS_SELF_EMPLOYED || ledger->person.employment == SELF_EMPLOYED;
}

/* Somebody without any debt has a card that is paid in full. */
static unsigned pick_balance(struct ledger *ledger, const char *type,
                             const struct finance_balance *balances, unsigned count)
{
    double weights[8], sum = 0;
    for (unsigned i = 0; i < count; i++) {
        bool held = meets(ledger, balances[i].condition) &&
                    (balances[i].owned >= 1.0 ||
                     random_uniform(ledger_own(ledger, type, i).word[0]) < balances[i].owned);
        weights[i] = held ? balances[i].weight : 0;
        sum += weights[i];
    }
    unsigned item = 0;
    double target = random_uniform(ledger->how.word[1]) * sum;
    while (sum > 0 && item + 1 < count && target >= weights[item])
        target -= weights[item++];
    return item;
}

static void make_balance(const struct ledger *ledger, const char *type,
                         const struct finance_balance *balance, unsigned item)
{
    double level = random_normal(ledger_own(ledger, type, item).word[1]);
    double age = (double)(ledger->record->day - ledger->person.birth_day) / 365.2425;
    double logs = balance->spread * level + INCOME_POWER * ledger->arrived.log_income +
                  balance->age_power * real_log(age / 45.0) +
                  .03 * random_normal(ledger->how.word[0]);
    ledger_describe(ledger->record, balance->category, balance->detail);
    ledger_amount(ledger->record, balance->median * real_exp(logs));
}

/* A car loses value, a home gains some; who buys one pays a part of it. */
static bool make_bought(struct ledger *ledger)
{
    static const struct {
        const char *category;
        double value, growth; /* over the loan's amount; the logarithm's, a year */
    } bought[LOAN_PRODUCTS] = {
        [LOAN_AUTO_NEW] = {"Vehicle", 1.08, -.22},
        [LOAN_AUTO_USED] = {"Vehicle", 1.05, -.15},
        [LOAN_PURCHASE] = {"Home", 1.28, .04},
        [LOAN_REFINANCE] = {"Home", 1.80, .04},
    };
    if (random_uniform(ledger->what.word[2]) >= BOUGHT)
        return false;
    ledger_know_loans(ledger);
    for (unsigned i = ledger->held_count; i-- > 0;) {
        const struct loan_held *loan = &ledger->held[i];
        if (loan->old || !bought[loan->product].category)
            continue;
        double years = (double)(ledger->arrival->at.s - (int64_t)loan->at) / (365.2425 * 86400.0);
        ledger_describe(ledger->record, bought[loan->product].category, "estimated value");
        ledger_amount(ledger->record, loan->amount * bought[loan->product].value *
                                          real_exp(bought[loan->product].growth * years));
        return true;
    }
    return false;
}

static void make_asset(struct ledger *ledger)
{
    ledger->record->type = "asset";
    if (make_bought(ledger))
        return;
    unsigned item = pick_balance(ledger, "asset", finance_assets, finance_asset_count);
    make_balance(ledger, "asset", &finance_assets[item], item);
}

/* What is owed on cards is their limit times the utilization. */
static void make_card_balance(struct ledger *ledger)
{
    const struct arrival *arrival = ledger->arrival;
    struct credit_view credit = credit_view(ledger->model->world, arrival->customer, arrival->at);
    double level = random_normal(ledger_own(ledger, "card", 0).word[1]);
    double limit = finance_cards.limit *
                   real_exp(CARD_SPREAD * level + INCOME_POWER * ledger->arrived.log_income +
                            CARD_SCORE * (credit.score - 700));
    ledger_know_loans(ledger);
    for (unsigned i = 0; i < ledger->held_count; i++)
        if (ledger->held[i].product == LOAN_CARD)
            limit += ledger->held[i].amount;
    ledger_describe(ledger->record, finance_cards.category, finance_cards.detail);
    /* Nobody's card is used for nothing: what will be paid in full is no debt to the bureau. */
    double small = 15.0 * real_exp(.9 * random_normal(ledger->how.word[2]));
    ledger_amount(ledger->record, small + limit * credit.utilization / 10000.0);
}

static void make_principal(const struct ledger *ledger, const struct loan_held *loan)
{
    int days, months = ledger_payment_due(ledger, loan, ledger->date, &days);
    ledger_describe(ledger->record, finance_loans[loan->product].category, "outstanding principal");
    double left = loan_held_balance(loan, months);
    for (unsigned i = 0; i < ledger->held_count && loan->product == LOAN_STUDENT; i++) {
        const struct loan_held *other = &ledger->held[i];
        if (other->product == LOAN_STUDENT && other != loan)
            left +=
                loan_held_balance(other, ledger_payment_due(ledger, other, ledger->date, &days));
    }
    ledger_amount(ledger->record, left);
}

static bool make_borrowed(struct ledger *ledger)
{
    const struct loan_held *loans[LOANS_CARRIED];
    unsigned count = 0;
    if (random_uniform(ledger->what.word[2]) >= BORROWED)
        return false;
    for (unsigned i = 0; i < ledger->held_count; i++)
        if (ledger->held[i].product != LOAN_CARD && !ledger->held[i].old)
            loans[count++] = &ledger->held[i];
    if (count > 0)
        make_principal(ledger, loans[random_below(ledger->what.word[3], count)]);
    return count > 0;
}

/* Somebody without any debt has a card that is paid in full. */
static void make_liability(struct ledger *ledger)
{
    ledger->record->type = "liability";
    ledger_know_loans(ledger);
    if (make_borrowed(ledger))
        return;
    double weights[LOANS_CARRIED], sum = 0;
    for (unsigned i = 0; i < ledger->held_count; i++) {
        const struct loan_held *loan = &ledger->held[i];
        weights[i] = loan->old ? finance_loans[loan->product].weight : 0;
        sum += weights[i];
    }
    bool card = random_uniform(ledger_own(ledger, "card", 0).word[0]) < finance_cards.owned;
    double target =
        random_uniform(ledger->how.word[1]) * (sum + (card ? finance_cards.weight : 0.0));
    for (unsigned i = 0; i < ledger->held_count && sum > 0; i++) {
        if (target < weights[i]) {
            make_principal(ledger, &ledger->held[i]);
            return;
        }
        target -= weights[i];
    }
    make_card_balance(ledger);
}

static int is_other(void *context, const struct arrival *arrival)
{
    return ledger_is_before(arrival, (const struct arrival *)context);
}

static bool is_first_of_day(const struct ledger *ledger)
{
    struct arrival record = *ledger->arrival;
    int64_t midnight = local_instant(world_local(ledger->model->world), ledger->record->day, 0);
    return arrivals_of(ledger->arrivals, record.customer, (world_time){midnight - 1}, record.at,
                       is_other, &record) == 0;
}

static bool is_pay(const struct ledger *ledger)
{
    struct finance_model *model = ledger->model;
    enum employment employment = ledger->person.employment;
    return random_uniform(ledger->what.word[0]) < PAY_SHARE &&
           (employment != UNEMPLOYED || ledger->benefits) &&
           pay_day(model->paydays, finance_schedule(model, ledger->arrival->customer, employment),
                   ledger->record->day) &&
           is_first_of_day(ledger);
}

/* Who lost their job spends nearly as before. */
static void know_person(struct ledger *ledger)
{
    struct world *world = ledger->model->world;
    uint64_t customer = ledger->arrival->customer;
    ledger->arrived = customer_person(world, customer);
    ledger->person = customer_person_at(world, customer, ledger->arrival->at);
    ledger->benefits = false;
    if (ledger->person.employment != UNEMPLOYED)
        return;
    const struct life *life = life_of(world);
    struct life_job job = life_job_at(life_of(world), customer, ledger->arrival->at);
    ledger->benefits = life_month_at(life, ledger->arrival->at) - job.month <= BENEFIT_MONTHS;
    if (job.income_before > 0)
        ledger->person.log_income =
            real_log(SPENT_ON * (double)job.income_before / (100.0 * PERSON_INCOME));
}

void finance_record_make(struct finance_model *model, struct arrivals *arrivals,
                         const struct arrival *arrival, struct finance_record *record)
{
    struct ledger ledger;
    ledger.model = model;
    ledger.arrivals = arrivals;
    ledger.arrival = arrival;
    know_person(&ledger);
    record->day = local_at(world_local(model->world), arrival->at.s).day;
    ledger.date = local_date(world_local(model->world), record->day);
    ledger.record = record;
    ledger.held_count = 0;
    ledger.held_known = false;
    ledger_draw(model, arrival, &ledger.what, &ledger.how);
    double v = random_uniform(ledger.what.word[1]);
    if (is_pay(&ledger))
        make_pay(&ledger);
    else if (ledger_is_expense(&ledger.what))
        ledger_make_expense(&ledger);
    else if (v < UP_TO_OTHER_INCOME)
        make_other_income(&ledger);
    else if (v < UP_TO_ASSETS)
        make_asset(&ledger);
    else
        make_liability(&ledger);
}
