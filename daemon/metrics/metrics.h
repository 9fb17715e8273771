/* metrics.h - the engine's summary as metrics: a table of what there is, and the samples of one
 * moment. Pure. */
#ifndef CREDD_METRICS_METRICS_H
#define CREDD_METRICS_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/summary.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_HISTOGRAM };

/* The names have "credd_" before them for Prometheus, and "io.credd." over Varlink. */
struct metric {
    const char *name; /* of a counter without "_total" */
    enum metric_type type;
    const char *unit; /* "seconds", "ratio", or "" */
    const char *help;
};

/* All of them; no two have one name. */
const struct metric *metrics_table(size_t *ret_count);
/* The name of its first (0) or second (1) label, without a histogram's "le"; NULL: it has none. */
const char *metric_label_name(const struct metric *metric, unsigned which);

#define METRIC_LABELS_MAX 2
struct metric_label {
    const char *name, *value;
};
struct metric_sample {
    const char *suffix; /* "", "_total", "_bucket", "_count", "_sum" */
    struct metric_label labels[METRIC_LABELS_MAX];
    unsigned label_count;
    int64_t number;
    bool millionths; /* are what it counts; else whole */
};
#define METRIC_VALUE_MAX 32
/* In decimal, exact. Returns `ret`. */
const char *metric_value(const struct metric_sample *sample, char ret[METRIC_VALUE_MAX]);

typedef void metric_visitor(void *context, const struct metric_sample *sample);
/* The samples of one metric; none where nothing can be told. */
void metrics_visit(const struct metric *metric, const struct summary *summary,
                   metric_visitor *visit, void *context);

#endif
