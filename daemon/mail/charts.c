#include "mail/charts.h"

const char *const chart_statuses[CHART_STATUSES] = {
    "Pending", "Under Review", "Conditional", "Approved", "Denied", "Withdrawn", "Funded"};

const char *const chart_states[CHART_STATES] = {"Current", "30 Days Late", "60 Days Late",
                                                "90 Days Late", "Charged Off"};

const int chart_bands[CHART_BANDS] = {300, 500, 550, 600, 650, 700, 750, 800};
