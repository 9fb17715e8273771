/* market_series.h - the table of market series, and the calendar of their releases: when an
 * observation is published. Facts only; no values. */
#ifndef CREDD_WORLD_MARKET_SERIES_H
#define CREDD_WORLD_MARKET_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/holidays.h"

/* Their numbers are part of the keys of rows: never renumbered. */
enum market_series {
    SERIES_FUNDS,
    SERIES_PRIME,
    SERIES_SOFR,
    SERIES_TBILL_3M,
    SERIES_TREASURY_2Y,
    SERIES_TREASURY_10Y,
    SERIES_MORTGAGE_30Y,
    SERIES_MORTGAGE_15Y,
    SERIES_AUTO_60M,
    SERIES_CARD_APR,
    SERIES_PERSONAL_24M,
    SERIES_UNEMPLOYMENT,
    SERIES_CPI,
    SERIES_CPI_YOY,
    SERIES_GDP,
    SERIES_SP500,
    SERIES_VIX,
    SERIES_HOUSE_PRICES,
    SERIES_SENTIMENT,
    SERIES_BAA_SPREAD,
    SERIES_HY_OAS,
    SERIES_CARD_DELINQUENCY,
    SERIES_DEBT_SERVICE,
    SERIES_PUBLISHED, /* how many have one row for each observation; the quotes follow */
    SERIES_SP500_QUOTE = SERIES_PUBLISHED,
    SERIES_VIX_QUOTE,
    SERIES_TREASURY_10Y_QUOTE,
    SERIES_COUNT,
};

enum series_rule {
    RULE_DAILY,        /* `lag` business days later at `second` */
    RULE_CLOSE,        /* `second` seconds after the exchange's close */
    RULE_WEEKLY,       /* Thursday, or the business day before */
    RULE_FIRST_FRIDAY, /* of the month `lag` months after the reference month */
    RULE_MID_MONTH,    /* Tuesday to Friday between the 10th and the 15th */
    RULE_LAST_TUESDAY,
    RULE_FOURTH_FRIDAY,
    RULE_FIFTH_DAY, /* fifth business day; only February, May, August and November are surveyed */
    RULE_QUARTER,   /* `after` to `after` + 5 days after the end of the reference quarter */
    RULE_QUOTE,     /* every 5 minutes of exchange hours */
};

struct series_info {
    const char *key;
    const char *source;
    enum series_rule rule;
    enum business_calendar calendar;
    int decimals;
    int lag;    /* business days (daily) or months from the reference month to the release */
    int second; /* local second of the day */
    int after;
    enum market_series base; /* whose close the quotes meet */
};

extern const struct series_info market_series_table[SERIES_COUNT];

static inline bool series_is_daily(enum market_series series)
{
    return market_series_table[series].rule <= RULE_CLOSE;
}

static inline bool series_is_monthly(enum market_series series)
{
    return market_series_table[series].rule > RULE_WEEKLY &&
           market_series_table[series].rule < RULE_QUOTE;
}

/* Months are numbered year * 12 + month - 1. */
int market_month_of(int64_t day);
int64_t market_month_day(int month); /* its first day */

/* The day on which the observation of a monthly or quarterly series for `month` is published;
 * false: the series has no observation for that month. A quarter is named by its first month. */
bool series_release_day(enum market_series series, uint64_t seed, int month, int64_t *ret_day);
/* Whether the weekly mortgage survey is published on `day`. */
bool series_survey_day(int64_t day);
/* Seconds after the nominal second at which a release on `day` really comes. */
int series_jitter(enum market_series series, uint64_t seed, int64_t day);

#endif
