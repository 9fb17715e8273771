/* realism_parts.h - inside realism: what the parts for each table share, and what a page of plots
 * shows. */
#ifndef CREDD_REALISM_REALISM_PARTS_H
#define CREDD_REALISM_REALISM_PARTS_H

#include "realism/realism.h"
#include "realism/realism_numbers.h"
#include "world/market_series.h"

#define REALISM_PEOPLE_MOST 131072 /* of more, every second, fourth, … is looked at */
#define REALISM_MONTHS      72     /* of scores are kept for each */
#define REALISM_CALENDAR    816    /* months from 1970 to the end of time */
#define REALISM_BANDS       8
#define REALISM_STATES      5
#define REALISM_LOANS_MOST  262144 /* applications whose steps are followed */

enum realism_work {
    WORK_FULL,
    WORK_PART,
    WORK_SELF,
    WORK_NONE,
    WORK_RETIRED,
    WORK_STUDENT,
    WORK_OTHER,
    WORK_COUNT
};

enum realism_product {
    PRODUCT_CARD,
    PRODUCT_AUTO,
    PRODUCT_PERSONAL,
    PRODUCT_STUDENT,
    PRODUCT_MORTGAGE,
    PRODUCT_EQUITY,
    PRODUCT_BUSINESS,
    PRODUCT_COUNT,
};

/* What somebody did and earned since an instant. */
#define REALISM_JOBS  8
#define REALISM_MOVES 4
struct realism_job {
    uint32_t at;
    uint8_t work; /* WORK_COUNT: not known */
    float income; /* 0: not known */
};

struct realism_person {
    bool there;
    uint8_t work, state, late_months, clean_months, pays;
    int16_t last_month; /* of the last entry, months since 1970; 0: none */
    int32_t auto_since; /* day of the application for a funded auto loan; 0: none */
    int16_t scores[REALISM_MONTHS];
    int32_t birth_day, born_day;
    int32_t home_since,
        mortgage_since;             /* day of the application for one that was funded; 0: none */
    uint32_t asked, carded, denied; /* in which years, a bit each: see year_of() */
    bool graduate, moved;           /* borrowed for graduate studies; bought a second home */
    double income;
    uint8_t job_count, move_count, bought; /* a bit for each move that a purchase explains */
    int32_t moves[REALISM_MOVES];          /* days of the last ones */
    struct realism_job jobs[REALISM_JOBS]; /* the last ones, in order */
};

struct realism_people {
    struct realism_person *people;
    size_t count, room, stride;
    struct place_index *places;
    uint64_t rows, minors, bad_places, bad_names, bad_identifiers, states[3];
    uint64_t seventies, jennifers; /* born 1970 to 1979, and of them called so */
    int32_t last_day;              /* of what was seen of anybody */
};

struct realism_lives {
    struct spread_table raises, net; /* percent; both in hundredths */
    uint64_t exposed[2], late[2];    /* months of people with and without work */
};

struct realism_credit {
    uint64_t entries, people;
    uint64_t bands[REALISM_BANDS], top;
    uint64_t histogram[56]; /* of scores, by 10 points from 300 */
    struct sums score, with_age, lag1, lag12, changes, with_use, use_bands[REALISM_BANDS], low,
        high, drops[3];
    uint64_t moved[4], pairs[4], year_pairs, down50, down20, up20, within10;
    uint64_t low_from, low_stay, high_from, high_stay;
    uint64_t rolls[REALISM_STATES][REALISM_STATES], third[4][REALISM_STATES];
    uint64_t late, standing, first_late, exposed, jumps, month_ends;
    struct two_samples score_years, use_years;
};

struct realism_loan {
    int64_t created;
    uint32_t customer;
    char lane[2];
    uint8_t product;
    bool decided;
};

struct realism_loans {
    uint64_t rows, minors, mix[PRODUCT_COUNT], hours[24], weekdays[7];
    uint64_t approved[PRODUCT_COUNT][6], decided[PRODUCT_COUNT][6];
    uint64_t band_approved[REALISM_BANDS], band_decided[REALISM_BANDS];
    uint64_t purchase_approved, purchase_decided, refinance_approved, refinance_decided;
    uint64_t withdrawn, closed;
    struct spread_table amounts[PRODUCT_COUNT], new_cars, used_cars, purchases, refinancings;
    uint64_t thousands, five_thousands, term36, debts, cards, term360;
    struct sums new_terms, used_terms, income_amount;
    struct realism_loan *followed;
    size_t count, room, step;
    uint64_t overdue, early, card_steps, card_day, card_hour;
    uint64_t each_decided, each_denied, refinanced, again, undergraduates, backward;
    int32_t first_day, last_day;
    struct sums closing, mortgage_days, points;
    uint32_t monthly[PRODUCT_COUNT][REALISM_CALENDAR];
};

enum realism_spending {
    SPENT_HOUSING,
    SPENT_TRANSPORT,
    SPENT_FOOD,
    SPENT_INSURANCE,
    SPENT_HEALTH,
    SPENT_FUN,
    SPENT_CLOTHING,
    SPENT_EDUCATION,
    SPENT_OTHER,
    SPENT_COUNT
};
enum realism_balance {
    BALANCE_HOME,
    BALANCE_VEHICLE,
    BALANCE_RETIREMENT,
    BALANCE_MORTGAGE,
    BALANCE_CARD,
    BALANCE_AUTO,
    BALANCE_STUDENT,
    BALANCE_COUNT
};

struct realism_finance {
    uint64_t rows, salaries, equal, closed_days, payers, changed;
    double spent[SPENT_COUNT];
    uint64_t expenses;
    struct spread_table balances[BALANCE_COUNT];
    uint64_t liabilities[2], autos[2]; /* of people without and with a funded auto loan */
};

struct realism_point {
    int32_t day;
    double value;
};
struct realism_series {
    struct realism_point *points;
    size_t count, room;
};

struct realism_market {
    struct realism_series series[SERIES_PUBLISHED];
    uint64_t rows, closed;
};

struct realism {
    const struct zone *zone;
    int32_t origin_day;
    int origin_month;
    struct realism_people people;
    struct realism_lives lives;
    struct realism_credit credit;
    struct realism_loans loans;
    struct realism_finance finance;
    struct realism_market market;
    struct two_samples income_years;
    struct {
        double value, count;
    } figures[REALISM_COUNT];
};

/* Shared by the parts (realism_put.c). */
/* A figure's value from `count` independent observations; 0: it cannot be told. */
void realism_put(struct realism *realism, enum realism_id id, double value, double count);
/* A share in percent, of `count`. */
void realism_put_share(struct realism *realism, enum realism_id id, double part, double count);

int realism_month(int64_t day);
unsigned realism_band(int score);
bool cell_is(const struct cell *cell, const char *text);
bool cell_begins(const struct cell *cell, const char *text);

/* The person that a customer_id names, NULL: not in the sample. */
struct realism_person *realism_person_of(struct realism *realism, const struct cell *key);
void realism_people_row(struct realism *realism, const struct cell *cells);
void realism_people_close(struct realism *realism);
void realism_people_done(struct realism *realism);
unsigned realism_work_of(const struct cell *cell);
void realism_lives_change(struct realism *realism, const struct cell *cells);
/* What the person did and earned at an instant; 0 and WORK_COUNT: not known. */
struct realism_job realism_job_at(const struct realism_person *person, int64_t at);
/* A salary of a full-time job, and a month's payment that could become late. */
void realism_lives_pay(struct realism *realism, double share);
void realism_lives_exposed(struct realism *realism, const struct realism_person *person, int64_t at,
                           bool late);
/* Somebody applied for a loan to buy a home. */
void realism_lives_bought(struct realism_person *person, int64_t day);
/* The last published rate of unemployment; 0: none. */
double realism_last_rate(const struct realism *realism);
void realism_lives_close(struct realism *realism);
void realism_credit_row(struct realism *realism, const struct cell *cells);
void realism_credit_close(struct realism *realism);
void realism_loans_row(struct realism *realism, const struct cell *cells);
void realism_loans_step(struct realism *realism, const struct cell *cells);
void realism_loans_close(struct realism *realism);
void realism_loans_done(struct realism *realism);
void realism_finance_row(struct realism *realism, const struct cell *cells);
void realism_finance_close(struct realism *realism);
void realism_market_row(struct realism *realism, const struct cell *cells);
void realism_market_close(struct realism *realism);
void realism_weather_close(struct realism *realism);
void realism_market_done(struct realism *realism);

#endif
