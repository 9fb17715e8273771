/* pay.h - on which days people are paid: kinds of schedules, and who follows which. */
#ifndef CREDD_WORLD_PAY_H
#define CREDD_WORLD_PAY_H

#include "world/customers.h"

enum pay_schedule {
    PAY_WEEKLY,
    PAY_BIWEEKLY_EVEN,
    PAY_BIWEEKLY_ODD,
    PAY_SEMIMONTHLY,
    PAY_MONTHLY,
    PAY_SECOND_WEDNESDAY, /* Social Security, by day of birth */
    PAY_THIRD_WEDNESDAY,
    PAY_FOURTH_WEDNESDAY,
    PAY_FIRST_OF_MONTH,
    PAY_INVOICES, /* and the following: irregular days of the self-employed */
    PAY_SCHEDULES = PAY_INVOICES + 8,
};

struct pay_calendar;
struct zone;
/* Of local days from `first_day` to `last_day`. */
struct pay_calendar *pay_calendar_new(uint64_t seed, const struct zone *zone, int64_t first_day,
                                      int64_t last_day);
void pay_calendar_free(struct pay_calendar *calendar);
/* Pay that is due on a day without banks comes on the business day before. False for days that the
 * calendar does not know. */
bool pay_day(const struct pay_calendar *calendar, enum pay_schedule schedule, int64_t day);

enum pay_schedule pay_schedule_of(uint64_t seed, uint64_t customer, const struct person *person);
/* What of the income, before taxes, reaches the person's account in a year: after what is withheld
 * and what is paid for insurance and pensions. Of the unemployed it is what benefits would come to
 * if they were paid for all of it. */
double pay_net(uint64_t seed, uint64_t customer, const struct person *person);
/* How many times a year, on average. */
double pay_times(enum pay_schedule schedule);

#endif
