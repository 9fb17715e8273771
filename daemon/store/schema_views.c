#include "store/schema.h"

/* The newest entry of a customer's credit history. */
#define NEWEST_ENTRY(customer, until)                                                      \
    "(SELECT n.history_id FROM credit_history n WHERE n.customer_id = " customer " " until \
    "ORDER BY n.created_at DESC, n.history_id DESC LIMIT 1) "

/* When an application came to one of these first. */
#define FIRST_STEP(statuses)                                                               \
    "(SELECT MIN(s.at) FROM credd_status s WHERE s.application_id = a.application_id AND " \
    "s.status IN (" statuses "))"

/* clang-format off */
/* Series that have one value a date. */
#define PUBLISHED(X) \
    X("fed_funds_effective") X("prime_rate") X("sofr") X("tbill_3m") X("treasury_2y") \
    X("treasury_10y") X("mortgage_30y") X("mortgage_15y") X("auto_loan_60m") \
    X("credit_card_apr") X("personal_loan_24m") X("unemployment_rate") X("cpi_index") \
    X("cpi_yoy") X("gdp_growth") X("sp500") X("vix") X("house_price_index") \
    X("consumer_sentiment") X("baa_spread") X("hy_oas") X("card_delinquency_rate") \
    X("household_dsr")
/* Of these it is the last one. */
#define QUOTED(X) X("sp500_quote") X("vix_quote") X("treasury_10y_quote")

#define NAME(series)  ", '" series "'"
#define VALUE(series) ", MAX(CASE m.data_type WHEN '" series "' THEN m.value END) AS " series
#define QUOTE(series) \
    ", (SELECT q.value FROM market_data q WHERE q.data_type = '" series "' AND " \
    "q.date_recorded = d.day ORDER BY q.data_id DESC LIMIT 1) AS " series

#define COUNTED(table) \
    "SELECT [created_at] AS day, '" table "' AS stream, COUNT(*) AS new_rows " \
    "FROM " table " GROUP BY [created_at]"

const struct schema_view schema_views[SCHEMA_VIEWS] = {
    {"credd_applications",
     "SELECT a.application_id, a.customer_id, a.loan_type, a.requested_amount, a.term_months, "
     "a.purpose, a.status, {a.created_at} AS applied_at, h.credit_score, h.credit_utilization, "
     "h.payment_history, d.status AS decision, {d.at} AS decided_at, "
     "{" FIRST_STEP("'Funded'") "} AS funded_at "
     "FROM loan_applications a "
     "LEFT JOIN credit_history h ON h.history_id = "
     NEWEST_ENTRY("a.customer_id", "AND n.created_at <= a.created_at ")
     "LEFT JOIN credd_status d ON d.application_id = a.application_id AND d.at = "
     FIRST_STEP("'Approved', 'Denied'")},
    {"credd_customers_now",
     "SELECT c.customer_id, c.first_name, c.last_name, c.city, c.state, c.employment_type, "
     "c.annual_income, {c.created_at} AS customer_since, h.credit_score, h.credit_utilization, "
     "h.payment_history, {h.created_at} AS scored_at, "
     "(SELECT COUNT(*) FROM loan_applications a WHERE a.customer_id = c.customer_id AND "
     "a.status NOT IN ('Denied', 'Withdrawn', 'Funded')) AS open_applications "
     "FROM customers c "
     "LEFT JOIN credit_history h ON h.history_id = " NEWEST_ENTRY("c.customer_id", "")},
    {"credd_market_wide",
     "SELECT d.*" QUOTED(QUOTE) " FROM (SELECT m.date_recorded AS day" PUBLISHED(VALUE) " "
     "FROM market_data m WHERE m.data_type IN (''" QUOTED(NAME) PUBLISHED(NAME) ") "
     "GROUP BY m.date_recorded) d"},
    {"credd_daily",
     COUNTED("customers") " UNION ALL " COUNTED("financial_records") " UNION ALL "
     COUNTED("loan_applications") " UNION ALL " COUNTED("market_data") " UNION ALL "
     COUNTED("credit_history")},
};
/* clang-format on */
