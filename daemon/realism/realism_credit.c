/* Credit history: how scores are spread, how they move, how payments roll. */
#include <string.h>

#include "realism/realism_parts.h"

#define LANE_PLACES 2 /* of a key: which of a month's entries it is */
#define CLEAN       12

enum { STATE_CURRENT, STATE_30, STATE_60, STATE_90, STATE_OFF };

static const char *const state_names[REALISM_STATES] = {"Current", "30 Days Late", "60 Days Late",
                                                        "90 Days Late", "Charged Off"};
static const int horizons[4] = {1, 3, 6, 9};

static int16_t *score_at(struct realism_person *person, int month)
{
    return &person->scores[month % REALISM_MONTHS];
}

/* The score `months` before the entry of `month`; 0: there is none. */
static int before(struct realism_person *person, int month, int months)
{
    return *score_at(person, month - months);
}

static void note_level(struct realism *realism, const struct realism_person *person, int month,
                       int score, double use)
{
    struct realism_credit *credit = &realism->credit;
    unsigned band = realism_band(score);
    int bin = (score - 300) / 10;
    credit->bands[band]++;
    credit->histogram[bin < 0 ? 0 : bin > 55 ? 55 : bin]++;
    credit->top += score == 850;
    sums_add(&credit->score, score, 0);
    sums_add(&credit->with_use, use, score);
    sums_add(&credit->use_bands[band], use, 0);
    unsigned half = (unsigned)(person - realism->people.people) % 2;
    if (month == realism->origin_month + (half == 0 ? 11 : 59)) {
        samples_add(&credit->score_years, half, score);
        samples_add(&credit->use_years, half, (int64_t)(use * 10));
    }
}

static void note_change(struct realism_credit *credit, struct realism_person *person, int month,
                        int score)
{
    int last = before(person, month, 1), older = before(person, month, 2);
    for (unsigned i = 0; i < 4; i++) {
        int then = before(person, month, horizons[i]);
        if (then == 0)
            continue;
        credit->pairs[i]++;
        credit->moved[i] += score - then > 20 || then - score > 20;
    }
    if (last == 0)
        return;
    sums_add(&credit->lag1, last, score);
    if (last < 620)
        sums_add(&credit->low, score - last, 0);
    if (last > 760)
        sums_add(&credit->high, score - last, 0);
    if (older != 0)
        sums_add(&credit->changes, last - older, score - last);
}

static void note_year(struct realism_credit *credit, struct realism_person *person, int month,
                      int score)
{
    int then = before(person, month, 12);
    if (then == 0)
        return;
    int change = score - then;
    credit->year_pairs++;
    credit->down50 += change <= -50;
    credit->down20 += change <= -20;
    credit->up20 += change >= 20;
    credit->within10 += change >= -10 && change <= 10;
    credit->low_from += then < 500;
    credit->low_stay += then < 500 && score < 500;
    credit->high_from += then >= 800;
    credit->high_stay += then >= 800 && score >= 800;
    sums_add(&credit->lag12, then, score);
}

static void note_drop(struct realism_credit *credit, int last, int score)
{
    static const int levels[3] = {680, 720, 780};
    for (unsigned i = 0; i < 3; i++)
        if (last >= levels[i] - 15 && last < levels[i] + 15)
            sums_add(&credit->drops[i], last - score, 0);
}

static void note_state(struct realism *realism, struct realism_person *person, int month,
                       unsigned state, int score, int64_t at)
{
    struct realism_credit *credit = &realism->credit;
    unsigned from = person->state;
    int last = before(person, month, 1);
    credit->standing += state != STATE_OFF;
    credit->late += state != STATE_OFF && state != STATE_CURRENT;
    if (last == 0) {
        person->late_months = 0;
        person->clean_months = state == STATE_CURRENT;
        return;
    }
    credit->rolls[from][state]++;
    credit->jumps += state > from + 1 && !(from == STATE_90 && state == STATE_OFF);
    credit->exposed += from == STATE_CURRENT;
    if (from == STATE_CURRENT)
        realism_lives_exposed(realism, person, at, state == STATE_30);
    credit->first_late += from == STATE_CURRENT && state == STATE_30;
    if (from == STATE_90 && person->late_months > 0)
        credit->third[person->late_months < 3 ? person->late_months : 3][state]++;
    if (state == STATE_30 && person->clean_months >= CLEAN)
        note_drop(credit, last, score);
    bool begins = state == STATE_90 && from == STATE_60;
    bool goes_on = state == STATE_90 && from == STATE_90 && person->late_months > 0;
    person->late_months = begins ? 1 : goes_on ? (uint8_t)(person->late_months + 1) : 0;
    person->clean_months = state != STATE_CURRENT             ? 0
                           : person->clean_months < UINT8_MAX ? (uint8_t)(person->clean_months + 1)
                                                              : UINT8_MAX;
}

/* Forgets what lies a round of the ring before the months between the last entry and this one. */
static void turn(struct realism_person *person, int month)
{
    int gap = person->last_month == 0 ? REALISM_MONTHS : month - person->last_month;
    if (gap >= REALISM_MONTHS)
        memset(person->scores, 0, sizeof person->scores);
    else
        for (int i = 0; i < gap; i++)
            *score_at(person, month - i) = 0;
}

void realism_credit_row(struct realism *realism, const struct cell *cells)
{
    struct realism_credit *credit = &realism->credit;
    struct realism_person *person = realism_person_of(realism, &cells[1]);
    unsigned state = 0;
    if (person == NULL ||
        memcmp(cells[0].text + cells[0].length - LANE_PLACES, "00", LANE_PLACES) != 0)
        return;
    while (state < REALISM_STATES && !cell_is(&cells[3], state_names[state]))
        state++;
    int month = realism_month(cells[5].number), score = (int)cells[2].number;
    if (state == REALISM_STATES || month <= person->last_month || score < 300 || score > 850)
        return;
    credit->people += person->last_month == 0;
    credit->entries++;
    credit->month_ends += realism_month(cells[5].number + 1) != month;
    turn(person, month);
    note_level(realism, person, month, score, (double)cells[4].number / 100);
    sums_add(&credit->with_age, (double)(cells[5].number - person->birth_day), score);
    note_change(credit, person, month, score);
    note_year(credit, person, month, score);
    note_state(realism, person, month, state, score, cells[6].number);
    *score_at(person, month) = (int16_t)score;
    person->last_month = (int16_t)month;
    person->state = (uint8_t)state;
}

static void put_levels(struct realism *realism)
{
    const struct realism_credit *credit = &realism->credit;
    double people = (double)credit->people, entries = (double)credit->entries;
    for (unsigned i = 0; i < REALISM_BANDS; i++) {
        double share = entries > 0 ? (double)credit->bands[i] / entries : 0;
        realism_put(realism, (enum realism_id)(REALISM_BAND_300 + i), 100 * share, people);
        realism_put(realism, (enum realism_id)(REALISM_UTILIZATION_300 + i),
                    sums_mean(&credit->use_bands[i]), people * share);
    }
    realism_put(realism, REALISM_SCORE_MEAN, sums_mean(&credit->score), people);
    realism_put(realism, REALISM_SCORE_SD, sums_sd(&credit->score), people);
    realism_put(realism, REALISM_SCORE_850, entries > 0 ? 100 * (double)credit->top / entries : 0,
                people);
    realism_put(realism, REALISM_SCORE_AGE, sums_correlation(&credit->with_age), people);
    realism_put(realism, REALISM_UTILIZATION, sums_mean(&credit->with_use), people);
    realism_put(realism, REALISM_UTILIZATION_CORR, sums_correlation(&credit->with_use), people);
    bool years = credit->score_years.n[0] > 500 && credit->score_years.n[1] > 500;
    realism_put(realism, REALISM_SAME_SCORE, samples_p(&credit->score_years), years);
    realism_put(realism, REALISM_SAME_UTILIZATION, samples_p(&credit->use_years), years);
}

static void put_moves(struct realism *realism)
{
    const struct realism_credit *credit = &realism->credit;
    double people = (double)credit->people, year = (double)credit->year_pairs;
    for (unsigned i = 0; i < 4; i++) {
        double pairs = (double)credit->pairs[i];
        realism_put(realism, (enum realism_id)(REALISM_MOVE_1 + i),
                    pairs > 0 ? 100 * (double)credit->moved[i] / pairs : 0, pairs / horizons[i]);
    }
    realism_put(realism, REALISM_SCORE_1M, sums_correlation(&credit->lag1),
                credit->lag1.n > 0 ? people : 0);
    realism_put(realism, REALISM_SCORE_LAG, sums_correlation(&credit->changes),
                credit->changes.n / 2);
    realism_put(realism, REALISM_SCORE_12M, sums_correlation(&credit->lag12),
                year / 12 < people ? year / 12 : people);
    const struct {
        enum realism_id id;
        uint64_t part, of;
    } shares[] = {
        {REALISM_DOWN_50, credit->down50, credit->year_pairs},
        {REALISM_DOWN_20, credit->down20, credit->year_pairs},
        {REALISM_UP_20, credit->up20, credit->year_pairs},
        {REALISM_WITHIN_10, credit->within10, credit->year_pairs},
        {REALISM_STAY_LOW, credit->low_stay, credit->low_from},
        {REALISM_STAY_HIGH, credit->high_stay, credit->high_from},
    };
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        realism_put(realism, shares[i].id,
                    shares[i].of > 0 ? 100 * (double)shares[i].part / (double)shares[i].of : 0,
                    (double)shares[i].of / 12);
    realism_put(realism, REALISM_VOLATILE_LOW, sums_sd(&credit->low), credit->low.n / 4);
    realism_put(realism, REALISM_VOLATILE_HIGH, sums_sd(&credit->high), credit->high.n / 4);
    for (unsigned i = 0; i < 3; i++)
        realism_put(realism, (enum realism_id)(REALISM_DROP_680 + i), sums_mean(&credit->drops[i]),
                    credit->drops[i].n);
}

static double of_row(const uint64_t *row, double *ret_all)
{
    *ret_all = 0;
    for (unsigned i = 0; i < REALISM_STATES; i++)
        *ret_all += (double)row[i];
    return *ret_all;
}

static void put_rolls(struct realism *realism)
{
    const struct realism_credit *credit = &realism->credit;
    const struct {
        const uint64_t *row;
        enum realism_id id;
        unsigned to;
    } rolls[] = {
        {credit->rolls[STATE_CURRENT], REALISM_ROLL_CURRENT, STATE_30},
        {credit->rolls[STATE_30], REALISM_ROLL_30, STATE_60},
        {credit->rolls[STATE_30], REALISM_CURE_30, STATE_CURRENT},
        {credit->rolls[STATE_60], REALISM_ROLL_60, STATE_90},
        {credit->third[1], REALISM_ROLL_90, STATE_90},
        {credit->third[2], REALISM_ROLL_120, STATE_90},
        {credit->third[3], REALISM_ROLL_150, STATE_OFF},
    };
    double all;
    for (size_t i = 0; i < sizeof rolls / sizeof *rolls; i++) {
        (void)of_row(rolls[i].row, &all);
        realism_put_share(realism, rolls[i].id, (double)rolls[i].row[rolls[i].to], all);
    }
    double entries = (double)credit->entries, exposed = (double)credit->exposed;
    realism_put(realism, REALISM_LATE_STOCK,
                credit->standing > 0 ? 100 * (double)credit->late / (double)credit->standing : 0,
                entries / 3);
    realism_put(realism, REALISM_LATE_FLOW,
                exposed > 0 ? 1200 * (double)credit->first_late / exposed : 0, exposed / 12);
    (void)of_row(credit->rolls[STATE_CURRENT], &all);
    realism_put_share(realism, REALISM_MONTH_END, (double)credit->month_ends, entries);
    realism_put(realism, REALISM_JUMPS, (double)credit->jumps, all);
}

void realism_credit_close(struct realism *realism)
{
    put_levels(realism);
    put_moves(realism);
    put_rolls(realism);
}
