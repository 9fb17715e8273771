/* market_state.h - the market's hidden state and how it moves by one day; what a day and a month
 * leave to be published. Values are in ten-thousandths, already rounded to the decimals of their
 * series. */
#ifndef CREDD_WORLD_MARKET_STATE_H
#define CREDD_WORLD_MARKET_STATE_H

#include "world/market.h"
#include "world/market_series.h"

#define MARKET_CALENDARS 3

/* One calendar day as of its end. Of a daily series `value` is the day's observation (or the last
 * one before it), of all others the latest that is published by then. */
struct market_day {
    bool open[MARKET_CALENDARS]; /* by enum business_calendar */
    enum market_regime regime;
    double stress, tightness;
    double quote_sd[SERIES_COUNT - SERIES_PUBLISHED]; /* of the day's own changes, for its quotes */
    int64_t value[SERIES_PUBLISHED];
};

/* What was observed of one month, or of the quarter that begins with it; published later. */
struct market_month {
    uint32_t known; /* a bit for each series that was observed */
    int64_t value[SERIES_PUBLISHED];
};

enum policy_phase { POLICY_CUT = -1, POLICY_HOLD, POLICY_HIKE };
#define QUARTER_POINT  0.25
#define FUNDS_BELOW    0.12 /* of the effective rate under the upper end of its range, usually */
#define PRIME_ABOVE    3.0  /* of the prime rate over it */
#define POLICY_NEUTRAL 3.0  /* percent: the target that neither drives nor brakes; judged */
#define MARKET_CRASH   0.15 /* log of the index under its mean of half a year: a bad fall */

/* Rates in percent a year, spreads in points. */
struct market_rates {
    enum policy_phase phase;  /* of the next meeting: known to the market one meeting ahead */
    int target;               /* upper end of the funds target in force, in quarter points */
    int target_next;          /* from the next business day on */
    int held;                 /* meetings since the last move */
    int funds_below;          /* of the effective rate under the target, in hundredths */
    double funds_unsteady;    /* log, how much it moves within the range these years */
    double log_volatility;    /* shared by all rates … */
    double log_volatility_2y; /* … and the 2-year's own */
    double bill_3m, treasury_2y, treasury_10y;
    double ten_shocks[2]; /* the 10-year's last moves, newest first */
    double sofr_spread;
    double baa_spread, log_high_yield, high_yield_shock;
    double credit_tie; /* how closely high yield goes with equity now */
};

struct market_equity {
    double log_index, last_return;
    double over_value; /* log of the index over what it is worth */
    double log_peak;   /* of the index so far */
    double log_slow;   /* mean of its logarithm over half a year, lately more */
    double heat;       /* variance of the last days against what the VIX expected */
    double log_vix;    /* before the noise of its observation */
    double log_era;    /* what the VIX comes back to in these years, against other years */
    double log_unrest; /* of the moves of the VIX themselves */
};

struct market_mortgage {
    double rate_30y, spread_30y; /* spread_30y: slow deviation of the spread to the 10-year */
    double gap_15y;              /* rate_30y less rate_15y */
    double week_sum;             /* of the 10-year since the last survey */
    int week_days;
    double week_average, week_average_before;
};

struct market_economy {
    enum market_regime regime;
    int regime_months; /* so far */
    double lagged[2];  /* unemployment as arrears know it: smoothed once and twice */
    double stress, tightness;
    double natural;                        /* the unemployment to which expansions lead */
    double unemployment, unemployment_sum; /* now; over the months of the quarter so far */
    int unemployment_months;
    double unemployment_quarter; /* the mean of the quarter before */
    double log_cpi;
    double inflation;         /* percent a year, without what passes */
    double energy[12];        /* the last shocks that pass, percent a month, newest first */
    double energy_volatility; /* log, of these shocks */
    double inflation_year;    /* percent, as people feel it */
    double labour_trend;      /* change of unemployment a month, lately */
    double log_house, house_growth;
    double house_value; /* log of the price over what incomes bear */
    double depth;       /* of the present recession: unemployment a month */
    double house_bust;  /* how hard the present recession is on houses */
    double sentiment, sentiment_index, sentiment_unemployment; /* as of the last survey */
    double delinquency, delinquency_change;
    double debt_service, debt_service_change;
    double card_apr, auto_60m, personal_24m;
    double prime_survey, prime_survey_before;
};

struct market_state {
    int64_t day; /* the last day that was folded in */
    int month;
    struct market_rates rates;
    struct market_equity equity;
    struct market_mortgage mortgage;
    struct market_economy economy;
};

/* How far the index is under what it was in the last half year, as a logarithm; negative: over it.
 */
static inline double market_fall(const struct market_equity *equity)
{
    return equity->log_slow - equity->log_index;
}

/* Logarithms of the index levels at the start: the rest of the start is the same for every world.
 */
struct market_levels {
    double index, cpi, house;
};

void market_state_start(struct market_state *state, const struct market_levels *levels,
                        int64_t day);
/* Moves equity, rates and the mortgage survey over `day`; `out` comes in as a copy of the day
 * before, with `open` of `day`. */
void market_state_step(struct market_state *state, uint64_t seed, int64_t day,
                       struct market_day *out);

/* A meeting of the committee: the target from the next business day on, and what it announces. */
void market_policy_meeting(struct market_state *state, uint64_t seed, int64_t day);

/* The month's own moves: at its first day that is open for anyone. */
void market_economy_start(struct market_economy *economy, const struct market_levels *levels);
void market_economy_month(struct market_state *state, uint64_t seed, int month,
                          struct market_month *out);
/* A month of prices before the start, so that the change on a year is known from the start on. */
void market_economy_prices(struct market_economy *economy, double fall, uint64_t seed, int month,
                           struct market_month *out);
/* At the third month of a quarter; `regimes` are those of its months. */
void market_economy_quarter(struct market_state *state, uint64_t seed, int quarter,
                            const enum market_regime regimes[3], struct market_month *out);
/* The survey of bank rates in the middle of February, May, August and November. */
void market_economy_bank_survey(struct market_state *state, uint64_t seed, int month,
                                struct market_month *out);
void market_economy_sentiment(struct market_state *state, uint64_t seed, int month,
                              struct market_month *out);

/* The value as it is published. */
int64_t market_round(enum market_series series, double value);
void market_observe(struct market_month *month, enum market_series series, double value);

#endif
