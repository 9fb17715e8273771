/* holidays.h - which days are business days, for whom; the US federal, exchange and bond-market
 * calendars. */
#ifndef CREDD_CLOCK_HOLIDAYS_H
#define CREDD_CLOCK_HOLIDAYS_H

#include <stdbool.h>
#include <stdint.h>

enum business_calendar {
    BUSINESS_BANK, /* Federal Reserve Banks: 11 holidays, Sunday moves to Monday, Saturday does not
                      move */
    BUSINESS_EXCHANGE, /* NYSE: Good Friday closed; Columbus and Veterans Day open */
    BUSINESS_BOND,     /* SIFMA full closes: as banks, and Good Friday */
};

/* Days are since 1970-01-01, local to the world's zone. Source: market_release_calendar in the
 * reference. */
bool business_day(enum business_calendar calendar, int64_t day);
/* The count-th business day after (count > 0) or before (count < 0) `day`; 0: the day itself or the
 * next. */
int64_t business_day_step(enum business_calendar calendar, int64_t day, int count);
/* The last second of trading on an exchange day, local: 57600 (16:00), 46800 (13:00) on an early
 * close. */
int exchange_close_second(int64_t day);
/* The second day of a scheduled FOMC meeting: tabled where published, by rule for other years. */
bool fomc_day(int64_t day);

#endif
