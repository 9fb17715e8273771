#include <assert.h>

#include "world/finance_ledger.h"
#include "world/real.h"

#define PAY_WITHIN  4    /* days after which an instalment that is due has been paid */
#define INSTALMENTS .145 /* of the expenses on days when one is due */

enum { RENT, UPKEEP }; /* details of housing */

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
    struct expense_choice due[LOANS_CARRIED];
    unsigned count = 0;
    if (random_uniform(what->word[2]) >= INSTALMENTS)
        return false;
    ledger_know_loans(ledger);
    for (unsigned i = 0; i < ledger->held_count; i++) {
        const struct loan_held *loan = &ledger->held[i];
        struct expense_choice one = {.kind = EXPENSE_INSTALMENT, .item = i};
        if ((int64_t)loan->at > at || ledger_is_home_loan(loan))
            continue;
        one.number = ledger_payment_due(ledger, loan, date, &one.days);
        if (one.number > 0 && (loan->term == 0 || one.number <= loan->term) &&
            one.days <= PAY_WITHIN)
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

struct repeat {
    struct ledger *ledger;
    const struct expense_choice *choice;
};

static int is_same_choice(void *context, const struct arrival *other)
{
    const struct repeat *repeat = (const struct repeat *)context;
    struct ledger *ledger = repeat->ledger;
    struct random_block what, how;
    if (!ledger_is_before(other, ledger->arrival))
        return 0;
    ledger_draw(ledger->model, other, &what, &how);
    if (!ledger_is_expense(&what))
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

/* Spending follows income with a power of about a half (Consumer Expenditure Surveys, quintiles).
 */
static double spending_of(const struct ledger *ledger)
{
    static const double at_usual = 3374.0; /* 4700 at an income of 104000 */
    return at_usual * real_exp(.52 * ledger->person.log_income);
}

static double usual_amount(const struct ledger *ledger, unsigned item, unsigned detail)
{
    const struct finance_expense *expense = &finance_expenses[item];
    double habit = .25 * random_normal(ledger_own(ledger, "expense", item).word[0]);
    double z = random_normal(ledger->how.word[0]);
    return spending_of(ledger) * expense->share / 100.0 / expense->times *
           expense->details[detail].size *
           real_exp(habit + expense->spread * z - .5 * expense->spread * expense->spread);
}

static void make_usual(const struct ledger *ledger, unsigned item, unsigned detail)
{
    const struct finance_expense *expense = &finance_expenses[item];
    ledger_describe(ledger->record, expense->category, expense->details[detail].text);
    ledger_amount(ledger->record, usual_amount(ledger, item, detail));
}

static void make_housing(struct ledger *ledger)
{
    const struct loan_held *loan = ledger_home_loan(ledger);
    int days;
    if (loan && ledger_payment_due(ledger, loan, ledger->date, &days) > 0) {
        ledger_describe(ledger->record, "Mortgage", "monthly payment");
        ledger->record->amount = loan->payment;
        return;
    }
    make_usual(ledger, 0, ledger_owns_home(ledger) ? UPKEEP : RENT);
}

static void make_usual_expense(const struct ledger *ledger, unsigned item)
{
    const struct finance_expense *expense = &finance_expenses[item];
    unsigned details = 0;
    while (details < FINANCE_DETAILS && expense->details[details].text)
        details++;
    assert(details > 0);
    make_usual(ledger, item, random_below(ledger->how.word[2], details));
}

void ledger_make_expense(struct ledger *ledger)
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
        ledger_describe(ledger->record, finance_loans[loan->product].category, "monthly payment");
        ledger->record->amount = loan->payment;
    } else {
        make_usual_expense(ledger, choice.item);
    }
}
