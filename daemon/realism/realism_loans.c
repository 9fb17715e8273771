/* Loan applications: when they come, what is asked for, who is approved, how long it takes. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "realism/realism_parts.h"
#include "world/real.h"

#define DAY          INT64_C(86400)
#define YEAR_DAYS    365.2425
#define YEARS_BEFORE 3   /* of applications before the origin, at most */
#define LEAST_BAND   600 /* decisions in a band from which on its approval is told */

static const char *const products[PRODUCT_COUNT] = {
    "Credit Card", "Auto", "Personal", "Student", "Mortgage", "Home Equity", "Business"};

static unsigned product_of(const struct cell *type)
{
    unsigned product = 0;
    while (product < PRODUCT_COUNT && !cell_is(type, products[product]))
        product++;
    return product;
}

/* The groups of the approval figures, from the best down. */
static unsigned grade(int score)
{
    static const int from[] = {800, 720, 660, 620, 580};
    unsigned i = 0;
    while (i < 5 && score < from[i])
        i++;
    return i;
}

/* The score of the month before, which a lender would have seen. */
static int score_before(const struct realism_person *person, int64_t day)
{
    int month = realism_month(day);
    for (int back = 1; back >= 0; back--) {
        int at = month - back;
        if (at <= person->last_month && at > person->last_month - REALISM_MONTHS) {
            int score = person->scores[at % REALISM_MONTHS];
            if (score != 0)
                return score;
        }
    }
    return 0;
}

static void note_time(struct realism *realism, const struct cell *cells, unsigned product)
{
    struct realism_loans *loans = &realism->loans;
    struct civil local = zone_civil(realism->zone, cells[8].number);
    int64_t day = civil_days(local.date);
    int month = realism_month(day);
    loans->hours[local.hour]++;
    loans->weekdays[civil_weekday(day)]++;
    loans->monthly[product][month % REALISM_CALENDAR]++;
}

static bool is_refinance(const struct cell *purpose)
{
    return purpose->length > 9 && memcmp(purpose->text + purpose->length - 9, "refinance", 9) == 0;
}

/* Cards have none. */
static double term_of(const struct cell *cells)
{
    return cells[4].kind == CELL_INTEGER ? (double)cells[4].number : 0;
}

static void note_amount(struct realism_loans *loans, const struct realism_person *person,
                        unsigned product, const struct cell *cells)
{
    double amount = (double)cells[3].number / 100, term = term_of(cells);
    int64_t dollars = cells[3].number / 100;
    spread_add(&loans->amounts[product], amount);
    if (product == PRODUCT_PERSONAL) {
        loans->thousands += dollars % 1000 == 0;
        loans->five_thousands += dollars % 5000 == 0;
        loans->term36 += term == 36;
        loans->debts += cell_is(&cells[5], "Debt consolidation");
        loans->cards += cell_is(&cells[5], "Credit card refinancing");
        double income = (double)realism_job_at(person, cells[8].number).income;
        if (income > 0)
            sums_add(&loans->income_amount, real_log(income + 1), real_log(amount + 1));
    } else if (product == PRODUCT_AUTO && cell_begins(&cells[5], "New")) {
        spread_add(&loans->new_cars, amount);
        sums_add(&loans->new_terms, term, 0);
    } else if (product == PRODUCT_AUTO && cell_begins(&cells[5], "Used")) {
        spread_add(&loans->used_cars, amount);
        sums_add(&loans->used_terms, term, 0);
    } else if (product == PRODUCT_MORTGAGE) {
        bool refinance = is_refinance(&cells[5]);
        spread_add(refinance ? &loans->refinancings : &loans->purchases, amount);
        loans->term360 += !refinance && term == 360;
    }
}

/* Years of 365 days around the origin: of a five-year life none has more than 32. */
static int year_of(const struct realism *realism, int64_t day)
{
    int64_t since = day - realism->origin_day + YEARS_BEFORE * INT64_C(365);
    return since < 0 || since >= 32 * 365 ? -1 : (int)(since / 365);
}

/* What a person did before tells what they may do now. */
static void note_person(struct realism *realism, struct realism_person *person, unsigned product,
                        const struct cell *cells)
{
    struct realism_loans *loans = &realism->loans;
    int32_t day = (int32_t)cells[7].number;
    int year = year_of(realism, day);
    bool denied = cell_is(&cells[6], "Denied");
    bool funded = cell_is(&cells[6], "Funded");
    uint32_t bit = year < 0 ? 0 : UINT32_C(1) << year;
    loans->first_day = loans->first_day == 0 ? day : loans->first_day;
    loans->last_day = day;
    person->asked |= bit;
    person->carded |= product == PRODUCT_CARD ? bit : 0;
    person->denied |= denied ? bit : 0;
    loans->each_denied += denied;
    loans->each_decided += denied || funded || cell_is(&cells[6], "Approved");
    if (product == PRODUCT_STUDENT) {
        bool first = cell_begins(&cells[5], "Undergraduate");
        loans->undergraduates += first;
        loans->backward += first && person->graduate;
        person->graduate = person->graduate || (funded && cell_begins(&cells[5], "Graduate"));
    }
    if (product != PRODUCT_MORTGAGE || !funded)
        return;
    bool home = cell_begins(&cells[5], "Home purchase");
    if (!cell_begins(&cells[5], "Investment") && !cell_begins(&cells[5], "Second") && !home) {
        loans->refinanced++;
        loans->again += person->mortgage_since != 0 && day - person->mortgage_since < 365;
    }
    person->moved = person->moved || (home && person->home_since != 0);
    person->home_since = home && person->home_since == 0 ? day : person->home_since;
    person->mortgage_since = day;
}

static void note_decision(struct realism_loans *loans, struct realism_person *person,
                          unsigned product, const struct cell *cells)
{
    bool approved = cell_is(&cells[6], "Approved") || cell_is(&cells[6], "Funded");
    bool withdrawn = cell_is(&cells[6], "Withdrawn");
    loans->withdrawn += product == PRODUCT_MORTGAGE && withdrawn;
    loans->closed += product == PRODUCT_MORTGAGE &&
                     (withdrawn || cell_is(&cells[6], "Funded") || cell_is(&cells[6], "Denied"));
    if (product == PRODUCT_AUTO && cell_is(&cells[6], "Funded") && person->auto_since == 0)
        person->auto_since = (int32_t)cells[7].number;
    if (!approved && !cell_is(&cells[6], "Denied"))
        return;
    if (product == PRODUCT_MORTGAGE) {
        bool refinance =
            cells[5].length > 9 && memcmp(cells[5].text + cells[5].length - 9, "refinance", 9) == 0;
        *(refinance ? &loans->refinance_decided : &loans->purchase_decided) += 1;
        *(refinance ? &loans->refinance_approved : &loans->purchase_approved) += approved;
    }
    int score = score_before(person, cells[7].number);
    if (score == 0)
        return;
    unsigned group = grade(score), band = realism_band(score);
    loans->decided[product][group]++;
    loans->approved[product][group] += approved;
    loans->band_decided[band]++;
    loans->band_approved[band] += approved;
}

/* Remembers an application until its steps come. Of too many, every second. */
static void follow(struct realism *realism, const struct realism_person *person, unsigned product,
                   const struct cell *cells)
{
    struct realism_loans *loans = &realism->loans;
    if (loans->rows % loans->step != 0 || cells[0].length < 2)
        return;
    if (loans->count == REALISM_LOANS_MOST) {
        for (size_t i = 0; 2 * i < loans->count; i++)
            loans->followed[i] = loans->followed[2 * i];
        loans->count /= 2;
        loans->step *= 2;
    }
    if (loans->count == loans->room) {
        loans->room = loans->room > 0 ? 2 * loans->room : 1024;
        loans->followed = mem_grow(loans->followed, loans->room, sizeof *loans->followed);
    }
    struct realism_loan *loan = &loans->followed[loans->count++];
    *loan = (struct realism_loan){
        .created = cells[8].number,
        .customer = (uint32_t)(person - realism->people.people),
        .product = (uint8_t)product,
    };
    memcpy(loan->lane, cells[0].text + cells[0].length - 2, 2);
}

void realism_loans_row(struct realism *realism, const struct cell *cells)
{
    struct realism_loans *loans = &realism->loans;
    struct realism_person *person = realism_person_of(realism, &cells[1]);
    unsigned product = product_of(&cells[2]);
    if (person == NULL || product == PRODUCT_COUNT)
        return;
    loans->rows++;
    loans->mix[product]++;
    if (product == PRODUCT_MORTGAGE && !is_refinance(&cells[5]))
        realism_lives_bought(person, cells[7].number);
    loans->minors += (double)(cells[7].number - person->birth_day) < 18 * YEAR_DAYS - 1;
    note_time(realism, cells, product);
    note_amount(loans, person, product, cells);
    note_decision(loans, person, product, cells);
    note_person(realism, person, product, cells);
    follow(realism, person, product, cells);
}

/* --- steps --- */

static int64_t stamp_of(const char *digits)
{
    int part[6] = {0};
    static const int widths[6] = {4, 2, 2, 2, 2, 2};
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < widths[i]; j++)
            part[i] = 10 * part[i] + (*digits++ - '0');
    return civil_seconds((struct civil){{part[0], part[1], part[2]}, part[3], part[4], part[5]});
}

/* LA-20260814103512-00000042-00: in the order of time, customer and lane. */
static struct realism_loan *followed(struct realism *realism, const struct cell *key)
{
    struct realism_loans *loans = &realism->loans;
    if (!stream_owns_key(STREAM_LOAN_APPLICATIONS, key->text, key->length))
        return NULL;
    struct cell customer = *key;
    customer.length -= 3;
    struct realism_person *person = realism_person_of(realism, &customer);
    if (person == NULL)
        return NULL;
    int64_t created = stamp_of(key->text + 3);
    uint32_t number = (uint32_t)(person - realism->people.people);
    size_t low = 0, high = loans->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct realism_loan *loan = &loans->followed[middle];
        if (loan->created < created || (loan->created == created && loan->customer < number))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < loans->count && loans->followed[low].created == created &&
           loans->followed[low].customer == number;
         low++)
        if (memcmp(loans->followed[low].lane, key->text + key->length - 2, 2) == 0)
            return &loans->followed[low];
    return NULL;
}

/* The score two months after a loan was funded, against that of the month before it was asked for.
 */
static void note_points(struct realism *realism, const struct realism_loan *loan, int64_t funded)
{
    const struct realism_person *person = &realism->people.people[loan->customer];
    int before = realism_month(loan->created / DAY) - 1, after = realism_month(funded / DAY) + 2;
    if (before <= person->last_month - REALISM_MONTHS || after > person->last_month)
        return;
    int from = person->scores[before % REALISM_MONTHS], to = person->scores[after % REALISM_MONTHS];
    if (from != 0 && to != 0)
        sums_add(&realism->loans.points, from - to, 0);
}

void realism_loans_step(struct realism *realism, const struct cell *cells)
{
    struct realism_loans *loans = &realism->loans;
    struct realism_loan *loan = followed(realism, &cells[0]);
    if (loan == NULL)
        return;
    int64_t took = cells[2].number - loan->created;
    bool decides = cell_is(&cells[1], "Approved") || cell_is(&cells[1], "Denied");
    loans->early += took < 0;
    if (decides && !loan->decided) {
        loan->decided = true;
        loans->overdue += took > 30 * DAY;
        loans->card_steps += loan->product == PRODUCT_CARD;
        loans->card_day += loan->product == PRODUCT_CARD && took <= DAY;
        loans->card_hour += loan->product == PRODUCT_CARD && took <= 3600;
        if (loan->product == PRODUCT_MORTGAGE)
            sums_add(&loans->mortgage_days, (double)took / DAY, 0);
    }
    if (cell_is(&cells[1], "Funded"))
        note_points(realism, loan, cells[2].number);
    if (cell_is(&cells[1], "Funded") && loan->product == PRODUCT_MORTGAGE)
        sums_add(&loans->closing, (double)took / DAY, 0);
}

/* --- figures --- */

static double distance(const uint64_t *counts, const double *percent, unsigned length, double all)
{
    double sum = 0;
    for (unsigned i = 0; i < length; i++) {
        double off = 100 * (double)counts[i] / all - percent[i];
        sum += off < 0 ? -off : off;
    }
    return sum / 2;
}

/* Each November and December against the months around them, as if people had come at an even pace;
 * August and September against the year of which they are the middle. */
static void put_seasons(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    const uint32_t *card = loans->monthly[PRODUCT_CARD], *student = loans->monthly[PRODUCT_STUDENT];
    struct sums ratio = {0};
    double cards = 0, autumn = 0, all = 0;
    for (int year = 0; 12 * year + 13 < REALISM_CALENDAR; year++) {
        const uint32_t *from = card + 12 * (size_t)year;
        if (from[0] > 0 && from[13] > 0) {
            double before = from[0] + from[1], after = from[12] + from[13];
            double usual = real_pow(before, 1.0 / 6) * real_pow(after, 5.0 / 6);
            sums_add(&ratio, (from[10] + from[11]) / usual, 0);
            cards += before;
        }
        from = student + 12 * (size_t)year + 2;
        if (from[0] == 0 || from[11] == 0)
            continue;
        for (unsigned i = 0; i < 12; i++)
            all += from[i];
        autumn += from[5] + from[6];
    }
    realism_put(realism, REALISM_SEASON_CARD, sums_mean(&ratio), cards);
    realism_put_share(realism, REALISM_SEASON_STUDENT, autumn, all);
}

static void put_times(struct realism *realism)
{
    static const double hours[24] = {1.2, .7,  .5,  .4,  .4,  .7,  1.6, 3.0, 5.0, 6.7, 7.9, 8.0,
                                     7.6, 7.2, 6.9, 6.5, 6.1, 5.6, 5.2, 5.0, 4.8, 4.2, 3.0, 1.8};
    static const double weekdays[7] = {17.0, 17.6, 16.8, 16.4, 14.6, 9.8, 7.8};
    const struct realism_loans *loans = &realism->loans;
    double all = (double)loans->rows;
    realism_put(realism, REALISM_HOURS, distance(loans->hours, hours, 24, all), all);
    realism_put(realism, REALISM_WEEKDAYS, distance(loans->weekdays, weekdays, 7, all), all);
    put_seasons(realism);
}

static void put_amounts(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    const struct {
        enum realism_id id;
        const struct spread_table *table;
    } medians[] = {
        {REALISM_AMOUNT_CARD, &loans->amounts[PRODUCT_CARD]},
        {REALISM_AMOUNT_NEW, &loans->new_cars},
        {REALISM_AMOUNT_USED, &loans->used_cars},
        {REALISM_AMOUNT_PERSONAL, &loans->amounts[PRODUCT_PERSONAL]},
        {REALISM_AMOUNT_STUDENT, &loans->amounts[PRODUCT_STUDENT]},
        {REALISM_AMOUNT_PURCHASE, &loans->purchases},
        {REALISM_AMOUNT_REFINANCE, &loans->refinancings},
        {REALISM_AMOUNT_BUSINESS, &loans->amounts[PRODUCT_BUSINESS]},
    };
    for (size_t i = 0; i < sizeof medians / sizeof *medians; i++)
        realism_put(realism, medians[i].id, spread_quantile(medians[i].table, .5),
                    medians[i].table->n);
    const struct spread_table *card = &loans->amounts[PRODUCT_CARD];
    const struct spread_table *personal = &loans->amounts[PRODUCT_PERSONAL];
    realism_put(realism, REALISM_SPREAD_CARD, sums_sd(&card->logs), card->n);
    realism_put(realism, REALISM_SPREAD_PERSONAL, sums_sd(&personal->logs), personal->n);
    realism_put(realism, REALISM_SPREAD_PURCHASE, sums_sd(&loans->purchases.logs),
                loans->purchases.n);
    realism_put_share(realism, REALISM_ROUND_1000, (double)loans->thousands, personal->n);
    realism_put_share(realism, REALISM_ROUND_5000, (double)loans->five_thousands, personal->n);
    realism_put_share(realism, REALISM_TERM_PERSONAL, (double)loans->term36, personal->n);
    realism_put_share(realism, REALISM_PURPOSE_DEBTS, (double)loans->debts, personal->n);
    realism_put_share(realism, REALISM_PURPOSE_CARDS, (double)loans->cards, personal->n);
    realism_put_share(realism, REALISM_TERM_PURCHASE, (double)loans->term360, loans->purchases.n);
    realism_put_share(realism, REALISM_PURPOSE_PURCHASE, loans->purchases.n,
                      loans->purchases.n + loans->refinancings.n);
    realism_put(realism, REALISM_TERM_NEW, sums_mean(&loans->new_terms), loans->new_terms.n);
    realism_put(realism, REALISM_TERM_USED, sums_mean(&loans->used_terms), loans->used_terms.n);
    realism_put(realism, REALISM_INCOME_LOAN_CORR, sums_correlation(&loans->income_amount),
                loans->income_amount.n);
}

static void put_approvals(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    double sums[PRODUCT_COUNT][2] = {{0}}, before = -1, rises = 0;
    bool enough = true;
    for (unsigned product = 0; product < PRODUCT_COUNT; product++)
        for (unsigned i = 0; i < 6; i++) {
            sums[product][0] += (double)loans->approved[product][i];
            sums[product][1] += (double)loans->decided[product][i];
        }
    for (unsigned i = 0; i < 6; i++) {
        realism_put_share(realism, (enum realism_id)(REALISM_CARD_800 + i),
                          (double)loans->approved[PRODUCT_CARD][i],
                          (double)loans->decided[PRODUCT_CARD][i]);
        realism_put_share(realism, (enum realism_id)(REALISM_PERSONAL_800 + i),
                          (double)loans->approved[PRODUCT_PERSONAL][i],
                          (double)loans->decided[PRODUCT_PERSONAL][i]);
    }
    for (unsigned i = 0; i < REALISM_BANDS; i++) {
        double share = (double)loans->band_approved[i] / ((double)loans->band_decided[i] + 1e-9);
        enough = enough && loans->band_decided[i] >= LEAST_BAND;
        rises += i > 0 && share > before;
        before = share;
    }
    realism_put(realism, REALISM_RISES, rises, enough);
    realism_put_share(realism, REALISM_DENIED_AUTO, sums[PRODUCT_AUTO][1] - sums[PRODUCT_AUTO][0],
                      sums[PRODUCT_AUTO][1]);
    realism_put_share(realism, REALISM_DENIED_PURCHASE,
                      (double)(loans->purchase_decided - loans->purchase_approved),
                      (double)loans->purchase_decided);
    realism_put_share(realism, REALISM_DENIED_REFINANCE,
                      (double)(loans->refinance_decided - loans->refinance_approved),
                      (double)loans->refinance_decided);
    realism_put_share(realism, REALISM_APPROVED_EQUITY, sums[PRODUCT_EQUITY][0],
                      sums[PRODUCT_EQUITY][1]);
}

/* Of those who were there in a whole year. */
static void put_lives(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    const struct realism_people *people = &realism->people;
    double there = 0, asked = 0, carded = 0, denied = 0, buyers = 0, movers = 0;
    int from = year_of(realism, loans->first_day + 364), to = year_of(realism, loans->last_day + 1);
    for (size_t i = 0; i < people->count; i++) {
        const struct realism_person *person = &people->people[i];
        int born = year_of(realism, person->born_day) + 1;
        buyers += person->home_since != 0;
        movers += person->moved;
        for (int year = born > from ? born : from; person->there && year < to; year++) {
            there++;
            asked += person->asked >> year & 1;
            carded += person->carded >> year & 1;
            denied += person->denied >> year & 1;
        }
    }
    realism_put_share(realism, REALISM_ASKS, asked, there);
    realism_put_share(realism, REALISM_ASKS_CARD, carded, there);
    realism_put_share(realism, REALISM_DENIED_PEOPLE, denied, asked);
    realism_put_share(realism, REALISM_DENIED_EACH, (double)loans->each_denied,
                      (double)loans->each_decided);
    realism_put_share(realism, REALISM_NEXT_HOMES, movers, buyers);
    realism_put_share(realism, REALISM_REFINANCED_SOON, (double)loans->again,
                      (double)loans->refinanced);
    realism_put(realism, REALISM_STUDIES_BACK, (double)loans->backward,
                (double)loans->undergraduates);
    realism_put(realism, REALISM_FUNDED_POINTS, sums_mean(&loans->points), loans->points.n);
}

static void put_delays(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    double steps = (double)loans->count;
    bool any = loans->card_steps > 0;
    realism_put(realism, REALISM_OVERDUE, (double)loans->overdue, any ? steps : 0);
    realism_put(realism, REALISM_EARLY, (double)loans->early, any ? steps : 0);
    realism_put_share(realism, REALISM_CARD_DAY, (double)loans->card_day,
                      (double)loans->card_steps);
    realism_put_share(realism, REALISM_CARD_HOUR, (double)loans->card_hour,
                      (double)loans->card_steps);
    realism_put(realism, REALISM_MORTGAGE_DAYS, sums_mean(&loans->mortgage_days),
                loans->mortgage_days.n);
    realism_put(realism, REALISM_CLOSING, sums_mean(&loans->closing), loans->closing.n);
    realism_put_share(realism, REALISM_WITHDRAWN, (double)loans->withdrawn, (double)loans->closed);
}

/* As if there were no seasons: a baseline holds half a year. */
static void put_mix(struct realism *realism)
{
    static const double seasons[PRODUCT_COUNT][12] = {
        [PRODUCT_CARD] = {.8914, .8535, .9898, .996, 1.014, 1.0025, 1.0345, 1.0487, .9798, 1.0119,
                          1.1064, 1.0715},
        [PRODUCT_AUTO] = {.8646, .9465, 1.1041, 1.0338, 1.0717, 1.0276, 1.0763, 1.0986, .9793,
                          .9514, .9085, .9376},
        [PRODUCT_PERSONAL] = {.7881, .681, .9234, 1.0199, 1.0489, 1.0807, 1.0824, 1.0968, .9362,
                              .9889, 1.172, 1.1818},
        [PRODUCT_STUDENT] = {.9149, .6889, .5646, .5347, .7139, .6924, .7057, 2.6399, 2.3508,
                             1.0698, .6443, .4802},
    };
    const struct realism_loans *loans = &realism->loans;
    double asked[PRODUCT_COUNT] = {0}, all = 0;
    for (unsigned product = 0; product < PRODUCT_COUNT; product++) {
        if (product == PRODUCT_MORTGAGE)
            continue;
        for (unsigned month = 0; month < REALISM_CALENDAR; month++) {
            double season = seasons[product][month % 12];
            asked[product] += loans->monthly[product][month] / (season > 0 ? season : 1);
        }
        all += asked[product];
    }
    for (unsigned product = 0; product < PRODUCT_COUNT; product++)
        if (product != PRODUCT_MORTGAGE)
            realism_put_share(realism, (enum realism_id)(REALISM_MIX_CARD + product),
                              asked[product], all);
}

void realism_loans_close(struct realism *realism)
{
    const struct realism_loans *loans = &realism->loans;
    double all = (double)loans->rows;
    put_mix(realism);
    realism_put(realism, REALISM_APPLICANTS_MINOR, (double)loans->minors, all);
    put_times(realism);
    put_amounts(realism);
    put_approvals(realism);
    put_delays(realism);
    put_lives(realism);
}

void realism_loans_done(struct realism *realism)
{
    free(realism->loans.followed);
}
