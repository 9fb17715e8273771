#include "mail/counters.h"

const char *skip_reason_name(enum skip_reason reason)
{
    static const char *const names[SKIP_REASONS] = {
        [SKIP_ROW_REFUSED] = "row_refused",
        [SKIP_STATUS_CHANGED] = "status_changed",
        [SKIP_VALUE_CHANGED] = "value_changed",
    };
    return names[reason];
}

/* From 1 ms to 30 s. */
const int64_t counters_batch_bounds_us[HISTOGRAM_BOUNDS] = {
    1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000,
};

/* From 0.1 s to a day. */
const int64_t counters_delay_bounds_us[HISTOGRAM_BOUNDS] = {
    100000,   250000,   1000000,   2500000,    5000000,     10000000,
    30000000, 60000000, 300000000, 3600000000, 86400000000,
};
