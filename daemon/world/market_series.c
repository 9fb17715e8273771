#include "world/market_series.h"

#include "clock/civil.h"
#include "world/random.h"

#define AT(hour, minute) (((hour)*60 + (minute)) * 60)
#define LIKE(name)       "Synthetic, modelled on " name

/* Rules and lags: market_series.csv and market_release_calendar.csv of the reference figures. */
const struct series_info market_series_table[SERIES_COUNT] = {
    [SERIES_FUNDS] = {.key = "fed_funds_effective",
                      .source = LIKE("FRED EFFR"),
                      .rule = RULE_DAILY,
                      .calendar = BUSINESS_BANK,
                      .decimals = 2,
                      .lag = 1,
                      .second = AT(9, 0)},
    [SERIES_PRIME] = {.key = "prime_rate",
                      .source = LIKE("FRED DPRIME"),
                      .rule = RULE_DAILY,
                      .calendar = BUSINESS_BANK,
                      .decimals = 2,
                      .lag = 1,
                      .second = AT(16, 15)},
    [SERIES_SOFR] = {.key = "sofr",
                     .source = LIKE("FRED SOFR"),
                     .rule = RULE_DAILY,
                     .calendar = BUSINESS_BOND,
                     .decimals = 2,
                     .lag = 1,
                     .second = AT(8, 0)},
    [SERIES_TBILL_3M] = {.key = "tbill_3m",
                         .source = LIKE("FRED DTB3"),
                         .rule = RULE_DAILY,
                         .calendar = BUSINESS_BOND,
                         .decimals = 2,
                         .lag = 1,
                         .second = AT(16, 15)},
    [SERIES_TREASURY_2Y] = {.key = "treasury_2y",
                            .source = LIKE("FRED DGS2"),
                            .rule = RULE_DAILY,
                            .calendar = BUSINESS_BOND,
                            .decimals = 2,
                            .second = AT(18, 0)},
    [SERIES_TREASURY_10Y] = {.key = "treasury_10y",
                             .source = LIKE("FRED DGS10"),
                             .rule = RULE_DAILY,
                             .calendar = BUSINESS_BOND,
                             .decimals = 2,
                             .second = AT(18, 0)},
    [SERIES_MORTGAGE_30Y] = {.key = "mortgage_30y",
                             .source = LIKE("FRED MORTGAGE30US"),
                             .rule = RULE_WEEKLY,
                             .calendar = BUSINESS_BANK,
                             .decimals = 2,
                             .second = AT(12, 0)},
    [SERIES_MORTGAGE_15Y] = {.key = "mortgage_15y",
                             .source = LIKE("FRED MORTGAGE15US"),
                             .rule = RULE_WEEKLY,
                             .calendar = BUSINESS_BANK,
                             .decimals = 2,
                             .second = AT(12, 0)},
    [SERIES_AUTO_60M] = {.key = "auto_loan_60m",
                         .source = LIKE("FRED RIFLPBCIANM60NM"),
                         .rule = RULE_FIFTH_DAY,
                         .calendar = BUSINESS_BANK,
                         .decimals = 2,
                         .lag = 2,
                         .second = AT(15, 0)},
    [SERIES_CARD_APR] = {.key = "credit_card_apr",
                         .source = LIKE("FRED TERMCBCCALLNS"),
                         .rule = RULE_FIFTH_DAY,
                         .calendar = BUSINESS_BANK,
                         .decimals = 2,
                         .lag = 2,
                         .second = AT(15, 0)},
    [SERIES_PERSONAL_24M] = {.key = "personal_loan_24m",
                             .source = LIKE("FRED TERMCBPER24NS"),
                             .rule = RULE_FIFTH_DAY,
                             .calendar = BUSINESS_BANK,
                             .decimals = 2,
                             .lag = 2,
                             .second = AT(15, 0)},
    [SERIES_UNEMPLOYMENT] = {.key = "unemployment_rate",
                             .source = LIKE("FRED UNRATE"),
                             .rule = RULE_FIRST_FRIDAY,
                             .calendar = BUSINESS_BANK,
                             .decimals = 1,
                             .lag = 1,
                             .second = AT(8, 30)},
    [SERIES_CPI] = {.key = "cpi_index",
                    .source = LIKE("FRED CPIAUCSL"),
                    .rule = RULE_MID_MONTH,
                    .calendar = BUSINESS_BANK,
                    .decimals = 3,
                    .lag = 1,
                    .second = AT(8, 30)},
    [SERIES_CPI_YOY] = {.key = "cpi_yoy",
                        .source = LIKE("FRED CPIAUCSL, change on a year before"),
                        .rule = RULE_MID_MONTH,
                        .calendar = BUSINESS_BANK,
                        .decimals = 1,
                        .lag = 1,
                        .second = AT(8, 30)},
    [SERIES_GDP] = {.key = "gdp_growth",
                    .source = LIKE("FRED A191RL1Q225SBEA"),
                    .rule = RULE_QUARTER,
                    .calendar = BUSINESS_BANK,
                    .decimals = 1,
                    .lag = 3,
                    .second = AT(8, 30),
                    .after = 25},
    [SERIES_SP500] = {.key = "sp500",
                      .source = LIKE("FRED SP500"),
                      .rule = RULE_CLOSE,
                      .calendar = BUSINESS_EXCHANGE,
                      .decimals = 2,
                      .second = AT(0, 20)},
    [SERIES_VIX] = {.key = "vix",
                    .source = LIKE("FRED VIXCLS"),
                    .rule = RULE_CLOSE,
                    .calendar = BUSINESS_EXCHANGE,
                    .decimals = 2,
                    .second = AT(0, 30)},
    [SERIES_HOUSE_PRICES] = {.key = "house_price_index",
                             .source = LIKE("FRED CSUSHPINSA"),
                             .rule = RULE_LAST_TUESDAY,
                             .calendar = BUSINESS_BANK,
                             .decimals = 3,
                             .lag = 2,
                             .second = AT(9, 0)},
    [SERIES_SENTIMENT] = {.key = "consumer_sentiment",
                          .source = LIKE("FRED UMCSENT"),
                          .rule = RULE_FOURTH_FRIDAY,
                          .calendar = BUSINESS_BANK,
                          .decimals = 1,
                          .second = AT(10, 0)},
    [SERIES_BAA_SPREAD] = {.key = "baa_spread",
                           .source = LIKE("FRED BAA10Y"),
                           .rule = RULE_DAILY,
                           .calendar = BUSINESS_BOND,
                           .decimals = 2,
                           .lag = 1,
                           .second = AT(16, 30)},
    [SERIES_HY_OAS] = {.key = "hy_oas",
                       .source = LIKE("FRED BAMLH0A0HYM2"),
                       .rule = RULE_DAILY,
                       .calendar = BUSINESS_BOND,
                       .decimals = 2,
                       .lag = 1,
                       .second = AT(9, 30)},
    [SERIES_CARD_DELINQUENCY] = {.key = "card_delinquency_rate",
                                 .source = LIKE("FRED DRCCLACBS"),
                                 .rule = RULE_QUARTER,
                                 .calendar = BUSINESS_BANK,
                                 .decimals = 2,
                                 .lag = 4,
                                 .second = AT(16, 0),
                                 .after = 52},
    [SERIES_DEBT_SERVICE] = {.key = "household_dsr",
                             .source = LIKE("FRED TDSP"),
                             .rule = RULE_QUARTER,
                             .calendar = BUSINESS_BANK,
                             .decimals = 2,
                             .lag = 5,
                             .second = AT(12, 0),
                             .after = 81},
    [SERIES_SP500_QUOTE] = {.key = "sp500_quote",
                            .source = LIKE("intraday S&P 500"),
                            .rule = RULE_QUOTE,
                            .calendar = BUSINESS_EXCHANGE,
                            .decimals = 2,
                            .base = SERIES_SP500},
    [SERIES_VIX_QUOTE] = {.key = "vix_quote",
                          .source = LIKE("intraday VIX"),
                          .rule = RULE_QUOTE,
                          .calendar = BUSINESS_EXCHANGE,
                          .decimals = 2,
                          .base = SERIES_VIX},
    [SERIES_TREASURY_10Y_QUOTE] = {.key = "treasury_10y_quote",
                                   .source = LIKE("intraday 10-year Treasury"),
                                   .rule = RULE_QUOTE,
                                   .calendar = BUSINESS_BOND,
                                   .decimals = 2,
                                   .base = SERIES_TREASURY_10Y},
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

/* One of the Tuesdays to Fridays among the `length` days from `first` on, which hold at least one.
 */
static int64_t midweek_day(enum market_series series, uint64_t seed, int month, int64_t first,
                           int length)
{
    int64_t days[7];
    unsigned count = 0;

    for (int64_t day = first; day < first + length; day++) {
        int weekday = civil_weekday(day);
        if (weekday >= 1 && weekday <= 4 && business_day(BUSINESS_BANK, day))
            days[count++] = day;
    }
    return days[(unsigned)(release_uniform(series, seed, month) * count)];
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
    case RULE_MID_MONTH:
        /* Six days in a row hold at least three of these weekdays, and at most one holiday. */
        *ret_day = midweek_day(SERIES_CPI, seed, released, market_month_day(released) + 9, 6);
        return true;
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
        *ret_day =
            midweek_day(series, seed, month, market_month_day(month + 3) - 1 + info->after, 6);
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
