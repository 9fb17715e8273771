#include "world/loan_life.h"

#include <string.h>

#define YEAR      31556952.0
#define HALF_YEAR INT64_C(15778476)
#define NOBODY    100.0 /* years */

/* What is over for so long counts for nothing: neither steps nor points come of it any more. */
#define OVER_AFTER (INT64_C(400) * 86400)

static bool is_over(const struct loan_held *loan, world_time at)
{
    int64_t last = loan->applied;
    if (loan->at != 0)
        last =
            loan->ended ? (int64_t)loan->ended : (int64_t)loan->at + loan->term * INT64_C(2630016);
    return (loan->at == 0 || loan->product != LOAN_CARD) ? last + OVER_AFTER < at.s
                                                         : (int64_t)loan->at + OVER_AFTER < at.s;
}

/* Something that is over, else the oldest that never became a loan, else the oldest card or loan
 * but that on a home. */
static unsigned least_of(const struct loan_life *life, world_time at)
{
    for (unsigned i = 0; i < life->count; i++)
        if (is_over(&life->loans[i], at))
            return i;
    for (unsigned i = 0; i < life->count; i++)
        if (life->loans[i].at == 0)
            return i;
    for (unsigned i = 0; i < life->count; i++)
        if (life->loans[i].product != LOAN_PURCHASE && life->loans[i].product != LOAN_REFINANCE)
            return i;
    return 0;
}

struct loan_held *loan_life_add(struct loan_life *life, const struct loan_held *loan, world_time at)
{
    if (life->count == LIFE_LOANS) {
        unsigned least = least_of(life, at);
        life->count--;
        memmove(life->loans + least, life->loans + least + 1,
                (life->count - least) * sizeof *life->loans);
        life->whole = (uint32_t)at.s;
    }
    struct loan_held *place = &life->loans[life->count++];
    *place = *loan;
    return place;
}

const struct loan_held *loan_life_find(const struct loan_life *life, world_time applied,
                                       uint16_t lane)
{
    for (unsigned i = life->count; i-- > 0;)
        if (life->loans[i].applied == applied.s && life->loans[i].lane == lane)
            return &life->loans[i];
    return NULL;
}

/* Taken, or being decided on with success. */
static bool is_taken(const struct loan_held *loan, world_time at)
{
    if (loan->at == 0 || (loan->ended != 0 && loan->ended <= at.s))
        return false;
    return loan->at > at.s || loan_is_open(loan, at);
}

static void sheet_add(struct loan_sheet *sheet, const struct loan_held *loan, world_time at)
{
    double age = (double)(at.s - (int64_t)loan->at) / YEAR;
    double payment = loan->payment / 100.0, *youngest = NULL;
    age = age > 0 ? age : 0;
    switch ((enum loan_product)loan->product) {
    case LOAN_PURCHASE:
    case LOAN_REFINANCE:
        sheet->moving = sheet->moving || loan->at > at.s;
        if (loan->second) {
            sheet->seconds++;
            sheet->other_payments += payment;
            return;
        }
        if (sheet->home && sheet->home->at > loan->at)
            return;
        sheet->home = loan;
        sheet->home_left =
            loan_held_balance(loan, loan->at > at.s ? 0 : loan_held_months(loan, at));
        sheet->home_payment = payment;
        return;
    case LOAN_CARD:
        sheet->card_age = age < sheet->card_age ? age : sheet->card_age;
        return; /* their minimum goes by the utilization */
    case LOAN_AUTO_NEW:
    case LOAN_AUTO_USED:
        sheet->autos++;
        youngest = &sheet->auto_age;
        break;
    case LOAN_STUDENT:
        sheet->students++;
        youngest = &sheet->student_age;
        break;
    case LOAN_PERSONAL: youngest = &sheet->personal_age; break;
    case LOAN_BUSINESS: youngest = &sheet->business_age; break;
    case LOAN_HOME_EQUITY:
    case LOAN_HOME_LINE:
    case LOAN_PRODUCTS: youngest = &sheet->equity_age; break;
    }
    *youngest = age < *youngest ? age : *youngest;
    if (loan->product == LOAN_BUSINESS)
        return; /* the firm's own */
    sheet->other_payments += payment;
    if (youngest != &sheet->equity_age)
        sheet->instalments += payment;
}

void loan_life_sheet(const struct loan_life *life, world_time at, struct loan_sheet *sheet)
{
    *sheet = (struct loan_sheet){.auto_age = NOBODY,
                                 .personal_age = NOBODY,
                                 .student_age = NOBODY,
                                 .equity_age = NOBODY,
                                 .business_age = NOBODY,
                                 .card_age = NOBODY};
    for (unsigned i = 0; i < life->count; i++) {
        const struct loan_held *loan = &life->loans[i];
        sheet->inquiries += !loan->old && (int64_t)loan->applied + HALF_YEAR > at.s;
        if (is_taken(loan, at))
            sheet_add(sheet, loan, at);
    }
}
