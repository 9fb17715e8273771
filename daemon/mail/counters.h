/* counters.h - what the writer has done since the daemon started: counts that only rise, whatever
 * becomes of the world. */
#ifndef CREDD_MAIL_COUNTERS_H
#define CREDD_MAIL_COUNTERS_H

#include "base/histogram.h"
#include "world/world.h"

/* Why something was left out. */
enum skip_reason {
    SKIP_ROW_REFUSED,    /* its key is there already, its customer is not, or a constraint of the
                            application's refuses it */
    SKIP_STATUS_CHANGED, /* the row is gone, or its status is not the one that credd left */
    SKIP_VALUE_CHANGED,  /* the row of an update is gone, or values are not those that credd left */
    SKIP_REASONS,
};
const char *skip_reason_name(enum skip_reason reason); /* for programs */

struct counters {
    int64_t rows[STREAM_COUNT];  /* inserted; without those of baselines */
    int64_t moves[STREAM_COUNT]; /* status changes */
    int64_t updates[STREAM_COUNT];
    int64_t skipped[STREAM_COUNT][SKIP_REASONS];
    struct histogram batches;              /* how long each took that was committed */
    struct histogram delays[STREAM_COUNT]; /* from when a run was due until it was committed */
};

extern const int64_t counters_batch_bounds_us[HISTOGRAM_BOUNDS];
extern const int64_t counters_delay_bounds_us[HISTOGRAM_BOUNDS];

#endif
