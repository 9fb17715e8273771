/* histogram.h - how long things took, counted by bounds that are fixed. */
#ifndef CREDD_BASE_HISTOGRAM_H
#define CREDD_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 11

struct histogram {
    /* Up to each bound and above the one before it; the last: above all bounds. */
    uint64_t buckets[HISTOGRAM_BOUNDS + 1];
    int64_t sum_us;
};

/* `bounds_us` rise. What is negative counts as 0. */
void histogram_note(struct histogram *histogram, const int64_t bounds_us[HISTOGRAM_BOUNDS],
                    int64_t us);

#endif
