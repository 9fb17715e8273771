#include <string.h>

#include "clock/civil.h"
#include "world/credit.h"
#include "world/finance_parts.h"
#include "world/loan_book.h"
#include "world/random.h"
#include "world/real.h"

#define PAY_SHARE    .80 /* of a payday's records */
#define AMOUNT_MOST  INT64_C(999999999999)
#define PAY_WITHIN   4   /* days after which an instalment that is due has been paid */
#define INSTALMENTS  .20 /* of the expenses on days when one is due */
#define BOUGHT       .25 /* of the looks at assets go to what a loan paid for */
#define BORROWED     .25 /* of the looks at debts go to the loans that were applied for */
#define CARD_LIMIT   17000.0
#define LAST_DUE_DAY 28

/* What is needed to write one record. */
struct ledger {
    struct finance_model *model;
    struct arrivals *arrivals;
    const struct arrival *arrival;
    struct person person;
    struct civil_date date;
    struct random_block what, how;
    struct finance_record *record;
    unsigned held_count;
    bool held_known;
    struct loan_held held[LOANS_HELD];
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

static void know_loans(struct ledger *ledger)
{
    if (!ledger->held_known)
        ledger->held_count = loans_held(ledger->model->world, ledger->arrival->customer,
                                        ledger->arrival->at, ledger->held);
    ledger->held_known = true;
}

static void make_pay(const struct ledger *ledger)
{
    const struct finance_pay *pay = &finance_pays[ledger->person.employment];
    double times = pay_times(finance_schedule(ledger->model, ledger->arrival->customer));
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
    static const double at_usual = 3374.0; /* 4700 at an income of 104000 */
    return at_usual * real_exp(.52 * ledger->person.log_income);
}

static bool has_mortgage(const struct ledger *ledger)
{
    return ledger->person.homeowner &&
           random_uniform(own(ledger, "liability", LIABILITY_MORTGAGE).word[0]) <
               finance_liabilities[LIABILITY_MORTGAGE].owned;
}

static bool is_home_loan(const struct loan_held *loan)
{
    return loan->product == LOAN_PURCHASE || loan->product == LOAN_REFINANCE;
}

/* Which payment of a loan was the last one due on a date (0: none yet), and how many days before.
 */
static int payment_due(const struct ledger *ledger, const struct loan_held *loan,
                       struct civil_date date, int *ret_days)
{
    struct local_days *days = world_local(ledger->model->world);
    struct civil_date begin = local_date(days, local_at(days, (int64_t)loan->at).day);
    int due = begin.day < LAST_DUE_DAY ? begin.day : LAST_DUE_DAY;
    int months = (date.year - begin.year) * 12 + date.month - begin.month;
    *ret_days = date.day - due;
    if (date.day < due) {
        int before = (date.month + 10) % 12 + 1;
        *ret_days += civil_month_length(date.year, before);
        months--;
    }
    return months;
}

enum expense_kind { EXPENSE_USUAL, EXPENSE_HOUSING, EXPENSE_INSTALMENT };

/* What somebody's expense is for; `number` tells payments that come once from each other. */
struct expense_choice {
    enum expense_kind kind;
    unsigned item; /* of finance_expenses, or of the loans held */
    int number, days;
};

static unsigned pick_expense(const struct ledger *ledger, uint32_t word, int day_of_month)
{
    const struct finance_picks *picks = &ledger->model->picks[day_of_month];
    double target = random_uniform(word) * picks->sum;
    unsigned item = 0;
    while (item + 1 < FINANCE_EXPENSES && target >= picks->cumulated[item])
        item++;
    return item;
}

static bool pick_instalment(struct ledger *ledger, const struct random_block *what, int64_t at,
                            struct civil_date date, struct expense_choice *choice)
{
    struct expense_choice due[LOANS_HELD];
    unsigned count = 0;
    if (random_uniform(what->word[2]) >= INSTALMENTS)
        return false;
    know_loans(ledger);
    for (unsigned i = 0; i < ledger->held_count; i++) {
        const struct loan_held *loan = &ledger->held[i];
        struct expense_choice one = {.kind = EXPENSE_INSTALMENT, .item = i};
        if ((int64_t)loan->at > at || is_home_loan(loan))
            continue;
        one.number = payment_due(ledger, loan, date, &one.days);
        if (one.number > 0 && one.number <= loan->term && one.days <= PAY_WITHIN)
            due[count++] = one;
    }
    if (count > 0)
        *choice = due[random_below(what->word[3], count)];
    return count > 0;
}

/* What an expense would be for if it were the first of its kind. */
static struct expense_choice choose_expense(struct ledger *ledger, const struct random_block *what,
                                            const struct random_block *how, int64_t at,
                                            struct civil_date date)
{
    struct expense_choice choice = {0};
    if (pick_instalment(ledger, what, at, date, &choice))
        return choice;
    choice.item = pick_expense(ledger, how->word[1], date.day);
    choice.kind = choice.item == 0 ? EXPENSE_HOUSING : EXPENSE_USUAL;
    choice.days = date.day - 1;
    return choice;
}

static bool is_expense(const struct random_block *what)
{
    double v = random_uniform(what->word[1]);
    return v >= .06 && v < .66;
}

static void draw(const struct finance_model *model, const struct arrival *arrival,
                 struct random_block *ret_what, struct random_block *ret_how)
{
    uint32_t cell = arrival->round << 11 | arrival->lane;
    *ret_what = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 0);
    *ret_how = random_at(model->seed, RANDOM_FINANCE, arrival->customer, cell, 1);
}

static bool is_before(const struct arrival *a, const struct arrival *b)
{
    return a->at.s < b->at.s || (a->at.s == b->at.s && a->lane < b->lane);
}

struct repeat {
    struct ledger *ledger;
    const struct expense_choice *choice;
};

static int is_same_choice(void *context, const struct arrival *other)
{
    const struct repeat *repeat = (const struct repeat *)context;
    struct ledger *ledger = repeat->ledger;
    struct random_block what, how;
    if (!is_before(other, ledger->arrival))
        return 0;
    draw(ledger->model, other, &what, &how);
    if (!is_expense(&what))
        return 0;
    struct local_days *days = world_local(ledger->model->world);
    struct civil_date date = local_date(days, local_at(days, other->at.s).day);
    struct expense_choice choice = choose_expense(ledger, &what, &how, other->at.s, date);
    return choice.kind == repeat->choice->kind && choice.item == repeat->choice->item &&
           choice.number == repeat->choice->number;
}

/* Whether somebody has paid it already: rent and instalments come once a month. */
static bool is_paid(struct ledger *ledger, const struct expense_choice *choice)
{
    struct repeat repeat = {ledger, choice};
    int64_t begin =
        local_instant(world_local(ledger->model->world), ledger->record->day - choice->days, 0);
    return choice->kind != EXPENSE_USUAL &&
           arrivals_of(ledger->arrivals, ledger->arrival->customer, (world_time){begin - 1},
                       ledger->arrival->at, is_same_choice, &repeat) != 0;
}

static const struct loan_held *home_loan(struct ledger *ledger)
{
    know_loans(ledger);
    for (unsigned i = ledger->held_count; i-- > 0;)
        if (is_home_loan(&ledger->held[i]))
            return &ledger->held[i];
    return NULL;
}

static double usual_amount(const struct ledger *ledger, unsigned item)
{
    const struct finance_expense *expense = &finance_expenses[item];
    double habit = .25 * random_normal(own(ledger, "expense", item).word[0]);
    double z = random_normal(ledger->how.word[0]);
    return spending_of(ledger) * expense->share / 100.0 / expense->times *
           real_exp(habit + expense->spread * z - .5 * expense->spread * expense->spread);
}

static void make_housing(struct ledger *ledger)
{
    const struct loan_held *loan = home_loan(ledger);
    int days;
    if (loan && payment_due(ledger, loan, ledger->date, &days) > 0) {
        describe(ledger->record, "Mortgage", "monthly payment");
        ledger->record->amount = loan->payment;
        return;
    }
    bool owner = ledger->person.homeowner, owes = has_mortgage(ledger);
    describe(ledger->record, owes ? "Mortgage" : "Housing",
             owes    ? "monthly payment"
             : owner ? "property tax and upkeep"
                     : finance_expenses[0].details[0]);
    set_amount(ledger->record, usual_amount(ledger, 0));
}

static void make_usual_expense(const struct ledger *ledger, unsigned item)
{
    const struct finance_expense *expense = &finance_expenses[item];
    unsigned details = 0;
    while (details < FINANCE_DETAILS && expense->details[details])
        details++;
    describe(ledger->record, expense->category,
             expense->details[random_below(ledger->how.word[2], details)]);
    set_amount(ledger->record, usual_amount(ledger, item));
}

static void make_expense(struct ledger *ledger)
{
    struct expense_choice choice =
        choose_expense(ledger, &ledger->what, &ledger->how, ledger->arrival->at.s, ledger->date);
    ledger->record->type = "expense";
    if (is_paid(ledger, &choice)) {
        unsigned item = pick_expense(ledger, ledger->how.word[1], LAST_DUE_DAY);
        choice = (struct expense_choice){.item = item};
    }
    if (choice.kind == EXPENSE_HOUSING) {
        make_housing(ledger);
    } else if (choice.kind == EXPENSE_INSTALMENT) {
        const struct loan_held *loan = &ledger->held[choice.item];
        describe(ledger->record, finance_loans[loan->product], "monthly payment");
        ledger->record->amount = loan->payment;
    } else {
        make_usual_expense(ledger, choice.item);
    }
}

static bool meets(const struct person *person, enum finance_condition condition)
{
    if (condition == HOLDS_OWNER)
        return person->homeowner;
    return condition != HOLDS_SELF_EMPLOYED || person->employment == SELF_EMPLOYED;
}

/* Somebody without any debt has a card that is paid in full. */
static unsigned pick_balance(const struct ledger *ledger, const char *type,
                             const struct finance_balance *balances, unsigned count)
{
    double weights[8], sum = 0;
    for (unsigned i = 0; i < count; i++) {
        bool held = meets(&ledger->person, balances[i].condition) &&
                    random_uniform(own(ledger, type, i).word[0]) < balances[i].owned;
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
    double level = random_normal(own(ledger, type, item).word[1]);
    double age = (double)(ledger->record->day - ledger->person.birth_day) / 365.2425;
    double logs = balance->spread * level + .6 * ledger->person.log_income +
                  balance->age_power * real_log(age / 45.0) +
                  .03 * random_normal(ledger->how.word[0]);
    describe(ledger->record, balance->category, balance->detail);
    set_amount(ledger->record, balance->median * real_exp(logs));
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
    know_loans(ledger);
    for (unsigned i = ledger->held_count; i-- > 0;) {
        const struct loan_held *loan = &ledger->held[i];
        if (!bought[loan->product].category)
            continue;
        double years = (double)(ledger->arrival->at.s - (int64_t)loan->at) / (365.2425 * 86400.0);
        describe(ledger->record, bought[loan->product].category, "estimated value");
        set_amount(ledger->record, loan->amount * bought[loan->product].value *
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
    double level = random_normal(own(ledger, "liability", LIABILITY_CARD).word[1]);
    double limit = CARD_LIMIT * real_exp(.85 * level + .6 * ledger->person.log_income +
                                         .004 * (credit.score - 700));
    know_loans(ledger);
    for (unsigned i = 0; i < ledger->held_count; i++)
        if (ledger->held[i].product == LOAN_CARD)
            limit += ledger->held[i].amount;
    describe(ledger->record, finance_liabilities[LIABILITY_CARD].category,
             finance_liabilities[LIABILITY_CARD].detail);
    set_amount(ledger->record, 10.0 + limit * credit.utilization / 10000.0);
}

static void make_principal(const struct ledger *ledger, const struct loan_held *loan)
{
    int days, months = payment_due(ledger, loan, ledger->date, &days);
    describe(ledger->record, finance_loans[loan->product], "outstanding principal");
    set_amount(ledger->record, loan_held_balance(loan, months));
}

static bool make_borrowed(struct ledger *ledger)
{
    const struct loan_held *loans[LOANS_HELD];
    unsigned count = 0;
    if (random_uniform(ledger->what.word[2]) >= BORROWED)
        return false;
    know_loans(ledger);
    for (unsigned i = 0; i < ledger->held_count; i++)
        if (ledger->held[i].product != LOAN_CARD)
            loans[count++] = &ledger->held[i];
    if (count > 0)
        make_principal(ledger, loans[random_below(ledger->what.word[3], count)]);
    return count > 0;
}

static void make_liability(struct ledger *ledger)
{
    ledger->record->type = "liability";
    if (make_borrowed(ledger))
        return;
    unsigned item = pick_balance(ledger, "liability", finance_liabilities, finance_liability_count);
    const struct loan_held *loan = item == LIABILITY_MORTGAGE ? home_loan(ledger) : NULL;
    if (item == LIABILITY_CARD)
        make_card_balance(ledger);
    else if (loan)
        make_principal(ledger, loan);
    else
        make_balance(ledger, "liability", &finance_liabilities[item], item);
}

static int is_other(void *context, const struct arrival *arrival)
{
    return is_before(arrival, (const struct arrival *)context);
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
    return random_uniform(ledger->what.word[0]) < PAY_SHARE &&
           pay_day(model->paydays, finance_schedule(model, ledger->arrival->customer),
                   ledger->record->day) &&
           is_first_of_day(ledger);
}

void finance_record_make(struct finance_model *model, struct arrivals *arrivals,
                         const struct arrival *arrival, struct finance_record *record)
{
    struct ledger ledger;
    ledger.model = model;
    ledger.arrivals = arrivals;
    ledger.arrival = arrival;
    ledger.person = customer_person(model->world, arrival->customer);
    record->day = local_at(world_local(model->world), arrival->at.s).day;
    ledger.date = local_date(world_local(model->world), record->day);
    ledger.record = record;
    ledger.held_count = 0;
    ledger.held_known = false;
    draw(model, arrival, &ledger.what, &ledger.how);
    double v = random_uniform(ledger.what.word[1]);
    if (is_pay(&ledger))
        make_pay(&ledger);
    else if (is_expense(&ledger.what))
        make_expense(&ledger);
    else if (v < .06)
        make_other_income(&ledger);
    else if (v < .83)
        make_asset(&ledger);
    else
        make_liability(&ledger);
}
