/* metrics_text.h - metrics as Prometheus reads them, in either of the two formats that it knows. */
#ifndef CREDD_METRICS_METRICS_TEXT_H
#define CREDD_METRICS_METRICS_TEXT_H

#include "engine/summary.h"

struct evbuffer;

enum metrics_format {
    METRICS_TEXT, /* the text format 0.0.4 of Prometheus */
    METRICS_OPEN, /* OpenMetrics 1.0.0 */
};

/* For the header Content-Type. */
#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Whether the header Accept asks for OpenMetrics; NULL: there is none. */
bool metrics_wants_open(const char *accept);
/* All metrics. -ENOMEM: `out` could not take them, and has a part of them. */
int metrics_write(const struct summary *summary, enum metrics_format format, struct evbuffer *out);

#endif
