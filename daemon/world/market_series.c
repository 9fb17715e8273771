#include "world/market_series.h"

#include "clock/civil.h"
#include "world/random.h"

#define AT(hour, minute) (((hour)*60 + (minute)) * 60)
#define LIKE(name)       "Synthetic, modelled on " name

/* Rules and lags: market_series.csv and market_release_calendar.csv of the reference figures. */
const struct series_info market_series_table[SERIES_COUNT] = {
    [SERIES_FUNDS] = {"fed_funds_effective", LIKE("FRED EFFR"), RULE_DAILY, BUSINESS_BANK, 2, 1,
                      AT(9, 0), 0, 0},
    [SERIES_PRIME] = {"prime_rate", LIKE("FRED DPRIME"), RULE_DAILY, BUSINESS_BANK, 2, 1,
                      AT(16, 15), 0, 0},
    [SERIES_SOFR] = {"sofr", LIKE("FRED SOFR"), RULE_DAILY, BUSINESS_BOND, 2, 1, AT(8, 0), 0, 0},
    [SERIES_TBILL_3M] = {"tbill_3m", LIKE("FRED DTB3"), RULE_DAILY, BUSINESS_BOND, 2, 1, AT(16, 15),
                         0, 0},
    [SERIES_TREASURY_2Y] = {"treasury_2y", LIKE("FRED DGS2"), RULE_DAILY, BUSINESS_BOND, 2, 0,
                            AT(18, 0), 0, 0},
    [SERIES_TREASURY_10Y] = {"treasury_10y", LIKE("FRED DGS10"), RULE_DAILY, BUSINESS_BOND, 2, 0,
                             AT(18, 0), 0, 0},
    [SERIES_MORTGAGE_30Y] = {"mortgage_30y", LIKE("FRED MORTGAGE30US"), RULE_WEEKLY, BUSINESS_BANK,
                             2, 0, AT(12, 0), 0, 0},
    [SERIES_MORTGAGE_15Y] = {"mortgage_15y", LIKE("FRED MORTGAGE15US"), RULE_WEEKLY, BUSINESS_BANK,
                             2, 0, AT(12, 0), 0, 0},
    [SERIES_AUTO_60M] = {"auto_loan_60m", LIKE("FRED RIFLPBCIANM60NM"), RULE_FIFTH_DAY,
                         BUSINESS_BANK, 2, 2, AT(15, 0), 0, 0},
    [SERIES_CARD_APR] = {"credit_card_apr", LIKE("FRED TERMCBCCALLNS"), RULE_FIFTH_DAY,
                         BUSINESS_BANK, 2, 2, AT(15, 0), 0, 0},
    [SERIES_PERSONAL_24M] = {"personal_loan_24m", LIKE("FRED TERMCBPER24NS"), RULE_FIFTH_DAY,
                             BUSINESS_BANK, 2, 2, AT(15, 0), 0, 0},
    [SERIES_UNEMPLOYMENT] = {"unemployment_rate", LIKE("FRED UNRATE"), RULE_FIRST_FRIDAY,
                             BUSINESS_BANK, 1, 1, AT(8, 30), 0, 0},
    [SERIES_CPI] = {"cpi_index", LIKE("FRED CPIAUCSL"), RULE_MID_MONTH, BUSINESS_BANK, 3, 1,
                    AT(8, 30), 0, 0},
    [SERIES_CPI_YOY] = {"cpi_yoy", LIKE("FRED CPIAUCSL, change on a year before"), RULE_MID_MONTH,
                        BUSINESS_BANK, 1, 1, AT(8, 30), 0, 0},
    [SERIES_GDP] = {"gdp_growth", LIKE("FRED A191RL1Q225SBEA"), RULE_QUARTER, BUSINESS_BANK, 1, 3,
                    AT(8, 30), 25, 0},
    [SERIES_SP500] = {"sp500", LIKE("FRED SP500"), RULE_CLOSE, BUSINESS_EXCHANGE, 2, 0, AT(0, 20),
                      0, 0},
    [SERIES_VIX] = {"vix", LIKE("FRED VIXCLS"), RULE_CLOSE, BUSINESS_EXCHANGE, 2, 0, AT(0, 30), 0,
                    0},
    [SERIES_HOUSE_PRICES] = {"house_price_index", LIKE("FRED CSUSHPINSA"), RULE_LAST_TUESDAY,
                             BUSINESS_BANK, 3, 2, AT(9, 0), 0, 0},
    [SERIES_SENTIMENT] = {"consumer_sentiment", LIKE("FRED UMCSENT"), RULE_FOURTH_FRIDAY,
                          BUSINESS_BANK, 1, 0, AT(10, 0), 0, 0},
    [SERIES_BAA_SPREAD] = {"baa_spread", LIKE("FRED BAA10Y"), RULE_DAILY, BUSINESS_BOND, 2, 1,
                           AT(16, 30), 0, 0},
    [SERIES_HY_OAS] = {"hy_oas", LIKE("FRED BAMLH0A0HYM2"), RULE_DAILY, BUSINESS_BOND, 2, 1,
                       AT(9, 30), 0, 0},
    [SERIES_CARD_DELINQUENCY] = {"card_delinquency_rate", LIKE("FRED DRCCLACBS"), RULE_QUARTER,
                                 BUSINESS_BANK, 2, 4, AT(16, 0), 52, 0},
    [SERIES_DEBT_SERVICE] = {"household_dsr", LIKE("FRED TDSP"), RULE_QUARTER, BUSINESS_BANK, 2, 5,
                             AT(12, 0), 81, 0},
    [SERIES_SP500_QUOTE] = {"sp500_quote", LIKE("intraday S&P 500"), RULE_QUOTE, BUSINESS_EXCHANGE,
                            2, 0, 0, 0, SERIES_SP500},
    [SERIES_VIX_QUOTE] = {"vix_quote", LIKE("intraday VIX"), RULE_QUOTE, BUSINESS_EXCHANGE, 2, 0, 0,
                          0, SERIES_VIX},
    [SERIES_TREASURY_10Y_QUOTE] = {"treasury_10y_quote", LIKE("intraday 10-year Treasury"),
                                   RULE_QUOTE, BUSINESS_BOND, 2, 0, 0, 0, SERIES_TREASURY_10Y},
};

int market_month_of(int64_t day)
{
    struct civil_date date = civil_from_days(day);

    return date.year * 12 + date.month - 1;
}

int64_t market_month_day(int month)
{
    return civil_days((struct civil_date){month / 12, month % 12 + 1, 1});
}

/* Weekdays as in civil.h: 0 is Monday. */
static int64_t weekday_of_month(int month, int weekday, int nth)
{
    int64_t first = market_month_day(month);

    return first + (weekday - civil_weekday(first) + 7) % 7 + INT64_C(7) * (nth - 1);
}

static int64_t bank_day_at_or_before(int64_t day)
{
    return business_day(BUSINESS_BANK, day) ? day : business_day_step(BUSINESS_BANK, day, -1);
}

static double release_uniform(enum market_series series, uint64_t seed, int64_t cell)
{
    return random_uniform(
        random_at(seed, RANDOM_MARKET_RELEASE, (uint64_t)series, (uint32_t)cell, 0).word[0]);
}

/* The first Friday; before Independence Day the Thursday, and not on New Year's Day. */
static int64_t jobs_day(int month)
{
    int64_t friday = weekday_of_month(month, 4, 1);
    int date = (int)(friday - market_month_day(month)) + 1;

    if (month % 12 == 6 && (date == 3 || date == 4))
        return friday - 1;
    return business_day(BUSINESS_BANK, friday) ? friday : friday + 7;
}

static int64_t mid_month_day(uint64_t seed, int month)
{
    int64_t days[6];
    unsigned count = 0;

    for (int64_t day = market_month_day(month) + 9; day < market_month_day(month) + 15; day++) {
        int weekday = civil_weekday(day);
        if (weekday >= 1 && weekday <= 4 && business_day(BUSINESS_BANK, day))
            days[count++] = day;
    }
    /* Six days in a row hold at least three of these weekdays, and at most one holiday. */
    return days[(unsigned)(release_uniform(SERIES_CPI, seed, month) * count)];
}

static int64_t last_tuesday(int month)
{
    int64_t last = market_month_day(month + 1) - 1;

    return bank_day_at_or_before(last - (civil_weekday(last) - 1 + 7) % 7);
}

bool series_release_day(enum market_series series, uint64_t seed, int month, int64_t *ret_day)
{
    const struct series_info *info = &market_series_table[series];
    int released = month + info->lag;

    switch (info->rule) {
    case RULE_FIRST_FRIDAY: *ret_day = jobs_day(released); return true;
    case RULE_MID_MONTH: *ret_day = mid_month_day(seed, released); return true;
    case RULE_LAST_TUESDAY: *ret_day = last_tuesday(released); return true;
    case RULE_FOURTH_FRIDAY:
        *ret_day = bank_day_at_or_before(weekday_of_month(released, 4, 4));
        return true;
    case RULE_FIFTH_DAY:
        if (month % 3 != 1)
            return false;
        *ret_day = business_day_step(BUSINESS_BANK, market_month_day(released) - 1, 5);
        return true;
    case RULE_QUARTER:
        if (month % 3 != 0)
            return false;
        *ret_day = bank_day_at_or_before(market_month_day(month + 3) - 1 + info->after +
                                         (int)(release_uniform(series, seed, month) * 6));
        return true;
    default: return false;
    }
}

bool series_survey_day(int64_t day)
{
    int weekday = civil_weekday(day);

    if (weekday == 3)
        return business_day(BUSINESS_BANK, day);
    return weekday == 2 && business_day(BUSINESS_BANK, day) &&
           !business_day(BUSINESS_BANK, day + 1);
}

int series_jitter(enum market_series series, uint64_t seed, int64_t day)
{
    const struct series_info *info = &market_series_table[series];
    /* Series of one release come in the same second. */
    uint64_t release = (uint64_t)info->rule << 32 | (uint64_t)info->second;
    struct random_block block = random_at(seed, RANDOM_MARKET_RELEASE, release, (uint32_t)day, 1);

    return (int)random_below(block.word[0], 75);
}
