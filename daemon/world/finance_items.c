#include "world/finance_items.h"

const struct finance_pay finance_pays[OTHER_EMPLOYMENT + 1] = {
    [EMPLOYED_FULL] = {"Salary", "direct deposit from employer", .02},
    [EMPLOYED_PART] = {"Salary", "hourly wages", .18},
    [SELF_EMPLOYED] = {"Business Income", "client invoice paid", .55},
    [UNEMPLOYED] = {"Unemployment Benefits", "state insurance payment", .0},
    [RETIRED] = {"Pension", "Social Security and pension", .0},
    [STUDENT] = {"Salary", "part-time wages", .30},
    [OTHER_EMPLOYMENT] = {"Government Benefits", "monthly payment", .05},
};

/* Shares of spending: BLS Consumer Expenditure Surveys 2023 and 2024; how often: judgement. Housing
 * is a mortgage payment for those who own their home with one. */
const struct finance_expense finance_expenses[FINANCE_EXPENSES] = {
    {"Housing", 24.0, 1, .0, 1, 5, {"monthly rent"}},
    {"Utilities",
     8.2,
     3,
     .45,
     1,
     31,
     {"electricity bill", "gas and water", "internet service", "mobile phone"}},
    {"Groceries", 10.6, 7, .55, 1, 31, {"supermarket", "weekly shopping", "warehouse club"}},
    {"Dining", 6.2, 6, .60, 1, 31, {"restaurant", "coffee and lunch", "take-out"}},
    {"Transportation",
     8.6,
     5,
     .80,
     1,
     31,
     {"fuel", "car maintenance", "transit pass", "parking and tolls"}},
    {"Insurance",
     16.0,
     2,
     .40,
     1,
     28,
     {"car insurance", "health insurance premium", "life insurance"}},
    {"Healthcare", 10.3, 2, .85, 1, 31, {"pharmacy", "doctor visit", "dentist"}},
    {"Entertainment",
     5.6,
     4,
     .85,
     1,
     31,
     {"streaming services", "tickets", "hobby supplies", "travel"}},
    {"Charity", 2.6, 1, .90, 1, 31, {"donation"}},
    {"Clothing", 3.1, 2, .70, 1, 31, {"clothes and shoes", "department store"}},
    {"Education", 2.6, .4, .90, 1, 31, {"tuition and fees", "books and courses"}},
    {"Personal Care", 1.3, 1.5, .55, 1, 31, {"hair and cosmetics", "gym membership"}},
    {"Household", 5.0, 2, .75, 1, 31, {"furnishings", "home repair", "cleaning supplies"}},
    {"Miscellaneous", 2.0, 1.5, .90, 1, 31, {"bank fees", "gifts", "pet supplies"}},
};

/* Federal Reserve, Survey of Consumer Finances 2022: shares of families that hold, medians of those
 * who do. */
const struct finance_balance finance_assets[] = {
    {"Checking Account", "balance", 30, 1.0, 3000, .90, .3, HOLDS_ANY},
    {"Savings Account", "balance", 24, .75, 6500, 1.2, .6, HOLDS_ANY},
    {"Retirement Account", "401(k) and IRA value", 16, .54, 105000, 1.1, 1.4, HOLDS_ANY},
    {"Home", "estimated value", 10, 1.0, 323200, .55, .4, HOLDS_OWNER},
    {"Vehicle", "estimated value", 10, .87, 30500, .60, .1, HOLDS_ANY},
    {"Investments", "brokerage account value", 7, .30, 20000, 1.3, 1.0, HOLDS_ANY},
    {"Certificate of Deposit", "face value", 2, .065, 25000, .90, .6, HOLDS_ANY},
    {"Business Equity", "estimated value", 3, .70, 90000, 1.2, .6, HOLDS_SELF_EMPLOYED},
};
const unsigned finance_asset_count = sizeof finance_assets / sizeof *finance_assets;

const struct finance_balance finance_liabilities[] = {
    {"Credit Card", "statement balance", 40, .75, 2700, 1.1, .1, HOLDS_ANY},
    {"Mortgage", "outstanding principal", 22, .64, 155600, .60, -.5, HOLDS_OWNER},
    {"Auto Loan", "outstanding principal", 18, .35, 15000, .60, -.1, HOLDS_ANY},
    {"Student Loan", "outstanding principal", 11, .22, 50000, .85, -.8, HOLDS_ANY},
    {"Home Equity Loan", "outstanding principal", 3, .06, 30000, .80, .2, HOLDS_OWNER},
    {"Personal Loan", "outstanding principal", 6, .12, 6000, .85, .0, HOLDS_ANY},
};
const unsigned finance_liability_count = sizeof finance_liabilities / sizeof *finance_liabilities;

const char *const finance_loans[LOAN_PRODUCTS] = {
    [LOAN_CARD] = "Credit Card",           [LOAN_AUTO_NEW] = "Auto Loan",
    [LOAN_AUTO_USED] = "Auto Loan",        [LOAN_PERSONAL] = "Personal Loan",
    [LOAN_STUDENT] = "Student Loan",       [LOAN_PURCHASE] = "Mortgage",
    [LOAN_REFINANCE] = "Mortgage",         [LOAN_HOME_EQUITY] = "Home Equity Loan",
    [LOAN_HOME_LINE] = "Home Equity Loan", [LOAN_BUSINESS] = "Business Loan",
};
