/* metrics_text.h - metrics as Prometheus reads them, in either of the two formats that it knows. */
#ifndef CREDD_METRICS_METRICS_TEXT_H
#define CREDD_METRICS_METRICS_TEXT_H

#include "engine/summary.h"

struct evbuffer;

enum metrics_format {
    METRICS_TEXT, /* the text format 0.0.4 of Prometheus */
    METRICS_OPEN, /* OpenMetrics 1.0.0 */
};

/* Which one is asked for by the header Accept; NULL: there is none. */
enum metrics_format metrics_asked(const char *accept);
/* For the header Content-Type. */
const char *metrics_content_type(enum metrics_format format);
/* All metrics. -ENOMEM: `out` could not take them, and has a part of them. */
int metrics_write(const struct summary *summary, enum metrics_format format, struct evbuffer *out);

#endif
