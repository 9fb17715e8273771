/* The credit model against the figures that it is fitted to: credit_score_bands.csv,
 * credit_score_dynamics.csv, delinquency_roll_rates.csv. Tolerances are those of the references, or
 * four standard errors if wider. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/credit.h"
#include "world/customers.h"
#include "world_checks.h"

#define PEOPLE 20000
#define MONTHS 36
#define ALL    (PEOPLE * 2)

struct panel {
    int16_t score[ALL][MONTHS]; /* 0: no entry */
    uint16_t utilization[ALL][MONTHS];
    uint8_t state[ALL][MONTHS];
    int first_month;
};

static struct world *world;
static struct panel *panel;

static void note_entry(const struct change *change, void *context)
{
    struct panel *to = (struct panel *)context;
    uint64_t customer = strtoull(change->cells[0].text + 18, NULL, 10);
    struct civil_date date = civil_from_days(change->cells[5].number);
    int month = date.year * 12 + date.month - to->first_month;
    static const char first[] = "C369"; /* of the texts; "Charged Off" begins with C too */

    if (month < 0 || month >= MONTHS || customer >= ALL)
        return;
    const char *text = change->cells[3].text;
    to->score[customer][month] = (int16_t)change->cells[2].number;
    to->utilization[customer][month] = (uint16_t)change->cells[4].number;
    to->state[customer][month] =
        text[1] == 'h' ? PAY_CHARGED_OFF : (uint8_t)(strchr(first, text[0]) - first);
}

/* Three years that begin a month after the origin. */
static int build_panel(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    settings.seed = 20260814;
    world = test_world(&settings);
    panel = MEM_NEW(struct panel);
    struct civil_date date = civil_from_days(zone_day(test_zone(), TEST_ORIGIN));
    panel->first_month = date.year * 12 + date.month + 1;
    struct tape tape = {.hash = 1, .look = note_entry, .context = panel};
    tape_run(&tape, world, STREAM_CREDIT_HISTORY, TEST_ORIGIN, TEST_ORIGIN + 38 * 31 * TEST_DAY, 0);
    return 0;
}

static int free_panel(void **state)
{
    (void)state;
    free(panel);
    world_free(world);
    return 0;
}

static bool both(int customer, int month, int later)
{
    return panel->score[customer][month] && panel->score[customer][later];
}

static void check(const char *what, double value, double expected, double error)
{
    printf("    %-44s %9.4f  (%.4f +- %.4f)\n", what, value, expected, error);
    if (!(fabs(value - expected) <= error))
        fail_msg("%s is %g, not %g", what, value, expected);
}

static void scores_are_distributed_as_those_of_the_us(void **state)
{
    (void)state;
    static const double share[8] = {3.5, 5.5, 8.0, 8.5, 11.0, 15.5, 24.0, 24.0};
    static const double within[8] = {1.5, 1.5, 2.0, 2.0, 2.0, 2.0, 2.5, 2.5};
    double sum = 0, square = 0, count = 0, band[8] = {0};

    for (int c = 0; c < PEOPLE; c++)
        for (int m = 0; m < MONTHS; m += 5) {
            int score = panel->score[c][m];
            if (!score)
                continue;
            sum += score;
            square += (double)score * score;
            count++;
            band[score < 500 ? 0 : score >= 800 ? 7 : (score - 450) / 50]++;
        }
    double mean = sum / count;
    check("mean score", mean, 715, 6);
    check("sd of scores", sqrt(square / count - mean * mean), 102, 5);
    for (int b = 0; b < 8; b++) {
        char what[32];
        snprintf(what, sizeof what, "band %d, percent", b);
        check(what, 100 * band[b] / count, share[b], within[b]);
    }
}

static double correlation(int month, int later)
{
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = 0;

    for (int c = 0; c < PEOPLE; c++) {
        if (!both(c, month, later))
            continue;
        double a = panel->score[c][month], b = panel->score[c][later];
        x += a, y += b, xx += a * a, yy += b * b, xy += a * b, n++;
    }
    return (xy / n - x / n * y / n) / sqrt((xx / n - x / n * x / n) * (yy / n - y / n * y / n));
}

static void scores_last(void **state)
{
    (void)state;
    check("correlation over 1 month", correlation(3, 4), 0.99, 0.005);
    check("correlation over 3 months", correlation(3, 6), 0.984, 0.008);
    check("correlation over 12 months", correlation(3, 15), 0.945, 0.025);
}

static void scores_move(void **state)
{
    (void)state;
    static const struct {
        int months;
        double share, error;
    } moved[] = {{1, 12, 2}, {3, 24, 2.5}, {6, 33.5, 3}, {9, 43, 4}};

    for (size_t i = 0; i < sizeof moved / sizeof *moved; i++) {
        double far = 0, count = 0;
        for (int c = 0; c < PEOPLE; c++)
            for (int m = 0; m + moved[i].months < MONTHS; m += 5)
                if (both(c, m, m + moved[i].months)) {
                    far += abs(panel->score[c][m + moved[i].months] - panel->score[c][m]) > 20;
                    count++;
                }
        char what[48];
        snprintf(what, sizeof what, "moved more than 20 in %d months, percent", moved[i].months);
        check(what, 100 * far / count, moved[i].share, moved[i].error);
    }
    double same = 0, square = 0, worse = 0, years = 0;
    for (int c = 0; c < PEOPLE; c++) {
        for (int m = 2; m < MONTHS; m++)
            if (both(c, m - 2, m)) {
                double a = panel->score[c][m - 1] - panel->score[c][m - 2];
                double b = panel->score[c][m] - panel->score[c][m - 1];
                same += a * b;
                square += a * a;
            }
        for (int m = 0; m + 12 < MONTHS; m += 6)
            if (both(c, m, m + 12)) {
                worse += panel->score[c][m + 12] - panel->score[c][m] <= -50;
                years++;
            }
    }
    check("autocorrelation of monthly changes", same / square, -0.25, 0.15);
    check("lost 50 or more in a year, percent", 100 * worse / years, 8, 1.8);
}

static void delinquency_rolls(void **state)
{
    (void)state;
    double at[PAY_COUNT] = {0}, to[PAY_COUNT][PAY_COUNT] = {{0}}, all = 0;

    for (int c = 0; c < PEOPLE; c++)
        for (int m = 0; m + 1 < MONTHS; m++)
            if (both(c, m, m + 1)) {
                at[panel->state[c][m]]++;
                to[panel->state[c][m]][panel->state[c][m + 1]]++;
                all++;
            }
    check("late, percent", 100 * (at[PAY_30] + at[PAY_60] + at[PAY_90]) / all, 3.0, 0.6);
    check("first late payment in a month, percent", 100 * to[PAY_CURRENT][PAY_30] / at[PAY_CURRENT],
          0.85, 0.2);
    check("30 rolls to 60", to[PAY_30][PAY_60] / at[PAY_30], 0.73, 0.03);
    check("60 rolls to 90", to[PAY_60][PAY_90] / at[PAY_60], 0.864, 0.03);
    check("charged off, percent", 100 * at[PAY_CHARGED_OFF] / all, 6.1, 1.3);
    assert_true(to[PAY_CURRENT][PAY_60] + to[PAY_CURRENT][PAY_90] == 0);
    assert_true(to[PAY_CURRENT][PAY_CHARGED_OFF] + to[PAY_30][PAY_90] == 0);
}

static void late_payments_cost(void **state)
{
    (void)state;
    static const struct {
        int score;
        double points;
    } costs[] = {{680, 70}, {720, 80}, {780, 100}};

    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        double lost = 0, count = 0;
        for (int c = 0; c < PEOPLE; c++)
            for (int m = 13; m < MONTHS; m++) {
                bool clean = panel->state[c][m] == PAY_30 && both(c, m - 13, m);
                for (int back = 1; back <= 13; back++)
                    clean = clean && panel->state[c][m - back] == PAY_CURRENT;
                if (clean && abs(panel->score[c][m - 1] - costs[i].score) <= 15) {
                    lost += panel->score[c][m - 1] - panel->score[c][m];
                    count++;
                }
            }
        char what[48];
        snprintf(what, sizeof what, "points of a first late payment at %d", costs[i].score);
        assert_true(count > 30);
        check(what, lost / count, costs[i].points, 14);
    }
}

static void utilization_goes_with_the_score(void **state)
{
    (void)state;
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = 0;

    for (int c = 0; c < PEOPLE; c++)
        for (int m = 0; m < MONTHS; m += 6)
            if (panel->score[c][m]) {
                double a = panel->score[c][m], b = panel->utilization[c][m] / 100.0;
                x += a, y += b, xx += a * a, yy += b * b, xy += a * b, n++;
            }
    check("mean utilization, percent", y / n, 35, 2.5);
    check("correlation of utilization and score",
          (xy / n - x / n * y / n) / sqrt((xx / n - x / n * x / n) * (yy / n - y / n * y / n)),
          -0.70, 0.08);
}

static void age_goes_with_the_score(void **state)
{
    (void)state;
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0, n = 0;

    for (int c = 0; c < PEOPLE; c++) {
        double a = -(double)customer_person(world, (uint64_t)c).birth_day, b = panel->score[c][12];
        if (b > 0)
            x += a, y += b, xx += a * a, yy += b * b, xy += a * b, n++;
    }
    check("correlation of age and score",
          (xy / n - x / n * y / n) / sqrt((xx / n - x / n * x / n) * (yy / n - y / n * y / n)),
          0.27, 0.07);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_distributed_as_those_of_the_us),
        cmocka_unit_test(scores_last),
        cmocka_unit_test(scores_move),
        cmocka_unit_test(delinquency_rolls),
        cmocka_unit_test(late_payments_cost),
        cmocka_unit_test(utilization_goes_with_the_score),
        cmocka_unit_test(age_goes_with_the_score),
    };
    return cmocka_run_group_tests(tests, build_panel, free_panel);
}
