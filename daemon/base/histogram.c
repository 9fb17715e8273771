#include "base/histogram.h"

void histogram_note(struct histogram *histogram, const int64_t bounds_us[HISTOGRAM_BOUNDS],
                    int64_t us)
{
    unsigned bucket = 0;
    int64_t took = us > 0 ? us : 0;
    while (bucket < HISTOGRAM_BOUNDS && took > bounds_us[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum_us += took;
}
