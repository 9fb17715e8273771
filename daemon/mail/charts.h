/* charts.h - what the page's charts are drawn from: sums over a bounded number of the newest rows
 * that credd wrote. No row and no key is in it. */
#ifndef CREDD_MAIL_CHARTS_H
#define CREDD_MAIL_CHARTS_H

#include <stdbool.h>

#include "clock/instant.h"

#define CHART_SERIES    6
#define CHART_POINTS    100
#define CHART_STRETCHES 16
#define CHART_HOURS     48
#define CHART_DAYS      31
#define CHART_STATUSES  7
#define CHART_BANDS     8
#define CHART_MONTHS    12
#define CHART_STATES    5

/* A day's value, in ten thousandths. Days count from 1970-01-01 in the world's zone. */
struct chart_point {
    int64_t day, value;
};
struct chart_series {
    const char *name;
    unsigned count;
    struct chart_point points[CHART_POINTS]; /* in the order of the days */
};
/* Days on which the model's economy was in a slowdown or a recession. */
struct chart_stretch {
    int64_t from, to;
    const char *what;
};

struct charts {
    world_time at;  /* world time as far as it was written */
    bool cut_short; /* there were more rows than are read: older ones are left out */
    struct chart_series series[CHART_SERIES];
    struct chart_stretch stretches[CHART_STRETCHES];
    unsigned stretch_count;
    int64_t first_hour, first_day;  /* since 1970 */
    int first_month;                /* year * 12 + month - 1 */
    double references[CHART_BANDS]; /* the share of each score band in the reference, in percent */
    /* Applications by the status that they have now. */
    unsigned hours[CHART_HOURS][CHART_STATUSES], days[CHART_DAYS][CHART_STATUSES];
    /* People of each score band, by their entries of the last month; entries by the state of
     * payments. */
    unsigned bands[CHART_BANDS], months[CHART_MONTHS][CHART_STATES];
};

extern const char *const chart_statuses[CHART_STATUSES];
extern const char *const chart_states[CHART_STATES];
extern const int chart_bands[CHART_BANDS]; /* the lowest score of each */

#endif
