#include "world/loan_price.h"

/* Points over new cars: 2.6 to 5.7 by score in loan_rates_by_score.csv. */
#define USED_CARS_ABOVE 4.0
/* Over prime: credit lines 1, firms and students more (loan_products.csv). */
#define OTHERS_ABOVE 1.5
/* The most is what the market allows: apr_cap in loan_rules_elasticity.csv. */
#define RATE_LEAST 2.0
#define RATE_MOST  36.0

double loan_rate(enum loan_product product, const struct market_view *market)
{
    switch (product) {
    case LOAN_CARD: return market->card_apr;
    case LOAN_AUTO_NEW: return market->auto_60m;
    case LOAN_AUTO_USED: return market->auto_60m + USED_CARS_ABOVE;
    case LOAN_PERSONAL: return market->personal_24m;
    case LOAN_PURCHASE:
    case LOAN_REFINANCE: return market->mortgage_30y;
    default: return market->prime + OTHERS_ABOVE;
    }
}

/* What the borrower's score adds to it: Experian, LLPA grids (loan_rates_by_score.csv). */
static double score_points(enum loan_product product, int score)
{
    static const struct real_point points[] = {{500, 6.5}, {580, 4.6}, {640, 2.4},
                                               {700, .5},  {760, -.7}, {820, -1.3}};
    static const double times[LOAN_PRODUCTS] = {
        [LOAN_CARD] = .5,       [LOAN_AUTO_NEW] = 1.0,   [LOAN_AUTO_USED] = 1.25,
        [LOAN_PERSONAL] = 1.8,  [LOAN_STUDENT] = .5,     [LOAN_PURCHASE] = .35,
        [LOAN_REFINANCE] = .35, [LOAN_HOME_EQUITY] = .5, [LOAN_HOME_LINE] = .5,
        [LOAN_BUSINESS] = .8,
    };
    return times[product] * real_interpolate(points, sizeof points / sizeof *points, score);
}

/* What else moves it, in points: collateral, income and history (own), and that lenders differ.
 * With the score's part they correlate with it as apr_score_corr in loan_rates_by_score.csv. */
static const struct {
    double own, lender;
} shares[LOAN_PRODUCTS] = {
    [LOAN_CARD] = {1.6, 1.6},      [LOAN_AUTO_NEW] = {.55, .65},  [LOAN_AUTO_USED] = {1.2, 1.1},
    [LOAN_PERSONAL] = {1.4, 1.4},  [LOAN_STUDENT] = {.5, .7},     [LOAN_PURCHASE] = {.16, .20},
    [LOAN_REFINANCE] = {.16, .20}, [LOAN_HOME_EQUITY] = {.4, .5}, [LOAN_HOME_LINE] = {.4, .5},
    [LOAN_BUSINESS] = {1.2, 1.2},
};

int loan_borrower_rate(enum loan_product product, const struct market_view *market, int score,
                       double own, double lender)
{
    double percent = loan_rate(product, market) + score_points(product, score) +
                     shares[product].own * own + shares[product].lender * lender;
    return (int)real_round(100.0 * real_clip(percent, RATE_LEAST, RATE_MOST));
}

/* The annuity; a card's is 3% of a half-used limit. */
double loan_payment(enum loan_product product, double dollars, int months, double percent)
{
    if (product == LOAN_CARD)
        return .015 * dollars;
    double rate = percent / 1200.0;
    return dollars * rate / (1.0 - real_exp(-months * real_log(1.0 + rate)));
}
