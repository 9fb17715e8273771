/* Financial records: pay against income, spending by category, balances, what a funded loan leaves.
 */
#include "clock/holidays.h"
#include "realism/realism_parts.h"
#include "world/real.h"

#define SHOWS_AFTER 60 /* days from an application for a loan to when its balance must be there */

static bool is_category(const struct cell *description, const char *category)
{
    size_t length = 0;
    while (category[length] != '\0')
        length++;
    return cell_begins(description, category) &&
           (description->length == length || description->text[length] == ':' ||
            description->text[length] == ' ');
}

/* Which part of the income reaches an account, at least and at most: after taxes, insurance and
 * pensions. */
#define NET_LEAST .50
#define NET_MOST  .95

/* Of a pay that is what is left of the income by so many periods: 1 weekly to 4 monthly; 0: none of
 * them. Every second week and twice a month are told apart by who has more left. */
static unsigned pay_period(double income, double amount, double *ret_part)
{
    static const double times[] = {52, 26, 12};
    static const unsigned periods[] = {1, 2, 4};
    for (unsigned i = 0; i < 3; i++) {
        *ret_part = amount * times[i] / income;
        if (*ret_part > NET_LEAST && *ret_part < NET_MOST)
            return periods[i];
    }
    return 0;
}

static void note_salary(struct realism *realism, struct realism_person *person, double amount,
                        const struct cell *cells)
{
    struct realism_finance *finance = &realism->finance;
    struct realism_job job = realism_job_at(person, cells[6].number);
    finance->closed_days += !business_day(BUSINESS_BANK, cells[5].number);
    if (job.work != WORK_FULL || job.income <= 0)
        return;
    double part;
    unsigned kind = pay_period((double)job.income, amount, &part);
    finance->salaries++;
    finance->equal += kind != 0;
    if (kind == 0)
        return;
    realism_lives_pay(realism, part);
    finance->payers += person->pays != 0;
    finance->changed += person->pays != 0 && person->pays != kind;
    person->pays = (uint8_t)kind;
}

/* What goes back to a lender is no spending; a mortgage and a car's loan count as what they buy. */
static bool is_repayment(const struct cell *description)
{
    static const char *const loans[] = {"Credit Card", "Personal Loan", "Student Loan",
                                        "Home Equity Loan", "Business Loan"};
    for (size_t i = 0; i < sizeof loans / sizeof *loans; i++)
        if (is_category(description, loans[i]))
            return true;
    return false;
}

static void note_expense(struct realism_finance *finance, const struct cell *description,
                         double amount)
{
    static const struct {
        const char *category;
        enum realism_spending kind;
    } kinds[] = {
        {"Housing", SPENT_HOUSING},          {"Mortgage", SPENT_HOUSING},
        {"Utilities", SPENT_HOUSING},        {"Household", SPENT_HOUSING},
        {"Transportation", SPENT_TRANSPORT}, {"Auto Loan", SPENT_TRANSPORT},
        {"Groceries", SPENT_FOOD},           {"Dining", SPENT_FOOD},
        {"Insurance", SPENT_INSURANCE},      {"Healthcare", SPENT_HEALTH},
        {"Entertainment", SPENT_FUN},        {"Clothing", SPENT_CLOTHING},
        {"Education", SPENT_EDUCATION},
    };
    enum realism_spending kind = SPENT_OTHER;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_category(description, kinds[i].category))
            kind = kinds[i].kind;
    if (kind == SPENT_OTHER && is_repayment(description))
        return;
    finance->spent[kind] += amount;
    finance->expenses++;
}

static void note_balance(struct realism_finance *finance, const struct cell *description,
                         double amount)
{
    static const struct {
        const char *category;
        enum realism_balance kind;
    } kinds[] = {
        {"Home", BALANCE_HOME},
        {"Vehicle", BALANCE_VEHICLE},
        {"Retirement Account", BALANCE_RETIREMENT},
        {"Mortgage", BALANCE_MORTGAGE},
        {"Credit Card", BALANCE_CARD},
        {"Auto Loan", BALANCE_AUTO},
        {"Student Loan", BALANCE_STUDENT},
    };
    if (is_category(description, "Home Equity Loan"))
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_category(description, kinds[i].category))
            spread_add(&finance->balances[kinds[i].kind], amount);
}

void realism_finance_row(struct realism *realism, const struct cell *cells)
{
    struct realism_finance *finance = &realism->finance;
    struct realism_person *person = realism_person_of(realism, &cells[1]);
    double amount = (double)cells[3].number / 100;
    int64_t day = cells[5].number;
    if (person == NULL)
        return;
    finance->rows++;
    if (cell_is(&cells[2], "income") && is_category(&cells[4], "Salary"))
        note_salary(realism, person, amount, cells);
    else if (cell_is(&cells[2], "expense"))
        note_expense(finance, &cells[4], amount);
    else if (cell_is(&cells[2], "asset") || cell_is(&cells[2], "liability"))
        note_balance(finance, &cells[4], amount);
    if (cell_is(&cells[2], "liability")) {
        bool funded = person->auto_since != 0 && day > person->auto_since + SHOWS_AFTER;
        if (funded || person->auto_since == 0) {
            finance->liabilities[funded]++;
            finance->autos[funded] += is_category(&cells[4], "Auto Loan");
        }
    }
}

void realism_finance_close(struct realism *realism)
{
    const struct realism_finance *finance = &realism->finance;
    realism_put_share(realism, REALISM_SALARY, (double)finance->equal, (double)finance->salaries);
    realism_put(realism, REALISM_SALARY_DAYS, (double)finance->closed_days,
                (double)finance->salaries);
    realism_put_share(realism, REALISM_SALARY_SAME, (double)finance->changed,
                      (double)finance->payers);
    double all = 0;
    for (unsigned i = 0; i < SPENT_COUNT; i++)
        all += finance->spent[i];
    for (unsigned i = 0; i < SPENT_OTHER; i++)
        realism_put(realism, (enum realism_id)(REALISM_SPENT_HOUSING + i),
                    all > 0 ? 100 * finance->spent[i] / all : 0, (double)finance->expenses);
    for (unsigned i = 0; i < BALANCE_COUNT; i++)
        realism_put(realism, (enum realism_id)(REALISM_OWNS_HOME + i),
                    spread_quantile(&finance->balances[i], .5), finance->balances[i].n / 3);
    double with = (double)finance->liabilities[1], without = (double)finance->liabilities[0];
    bool both = with > 0 && finance->autos[0] > 0;
    realism_put(realism, REALISM_FUNDED,
                both ? (double)finance->autos[1] / with / ((double)finance->autos[0] / without) : 0,
                both ? with : 0);
}
