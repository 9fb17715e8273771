#include "world/finance_items.h"

const struct finance_pay finance_pays[OTHER_EMPLOYMENT + 1] = {
    [EMPLOYED_FULL] = {"Salary", "direct deposit from employer", .0},
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
    {"Housing", 19.7, 1, .0, 1, 5, {"monthly rent"}},
    {"Utilities",
     8.2,
     3,
     .45,
     1,
     31,
     {"electricity bill", "gas and water", "internet service", "mobile phone"}},
    {"Groceries", 10.2, 7, .55, 1, 31, {"supermarket", "weekly shopping", "warehouse club"}},
    {"Dining", 5.9, 6, .60, 1, 31, {"restaurant", "coffee and lunch", "take-out"}},
    {"Transportation",
     8.6,
     5,
     .80,
     1,
     31,
     {"fuel", "car maintenance", "transit pass", "parking and tolls"}},
    {"Insurance",
     15.2,
     2,
     .40,
     1,
     28,
     {"car insurance", "health insurance premium", "life insurance"}},
    {"Healthcare", 9.9, 2, .85, 1, 31, {"pharmacy", "doctor visit", "dentist"}},
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
    {"Retirement Account", "401(k) and IRA value", 16, .54, 98000, 1.1, 1.4, HOLDS_ANY},
    {"Home", "estimated value", 10, 1.0, 293000, .55, .4, HOLDS_OWNER},
    {"Vehicle", "estimated value", 10, .87, 30500, .60, .1, HOLDS_ANY},
    {"Investments", "brokerage account value", 7, .30, 20000, 1.3, 1.0, HOLDS_ANY},
    {"Certificate of Deposit", "face value", 2, .065, 25000, .90, .6, HOLDS_ANY},
    {"Business Equity", "estimated value", 3, .70, 90000, 1.2, .6, HOLDS_SELF_EMPLOYED},
};
const unsigned finance_asset_count = sizeof finance_assets / sizeof *finance_assets;

const struct finance_card finance_cards = {"Credit Card", "statement balance", 40, .75, 16000};

const struct finance_loan finance_loans[LOAN_PRODUCTS] = {
    [LOAN_CARD] = {"Credit Card", 0},           [LOAN_AUTO_NEW] = {"Auto Loan", 18},
    [LOAN_AUTO_USED] = {"Auto Loan", 18},       [LOAN_PERSONAL] = {"Personal Loan", 6},
    [LOAN_STUDENT] = {"Student Loan", 11},      [LOAN_PURCHASE] = {"Mortgage", 22},
    [LOAN_REFINANCE] = {"Mortgage", 22},        [LOAN_HOME_EQUITY] = {"Home Equity Loan", 3},
    [LOAN_HOME_LINE] = {"Home Equity Loan", 3}, [LOAN_BUSINESS] = {"Business Loan", 3},
};
