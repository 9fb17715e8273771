#include "metrics/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/millionths.h"
#include "engine/verdict.h"

/* --- labels --- */

enum labels { NOTHING, VERSION, VERDICT, DATABASE, JOB, WORLD, STREAM, STREAM_REASON, LABELS };

/* The last state has the name of the one before it. */
#define STATES_SHOWN DATABASE_READ_ONLY

static const struct {
    const char *names[2];
    unsigned count; /* of their values */
} label_sets[LABELS] = {
    [NOTHING] = {{NULL, NULL}, 1},
    [VERSION] = {{"version", NULL}, 1},
    [VERDICT] = {{"verdict", NULL}, VERDICTS},
    [DATABASE] = {{"state", NULL}, STATES_SHOWN},
    [JOB] = {{"kind", NULL}, JOB_KINDS},
    [WORLD] = {{"world", NULL}, 1},
    [STREAM] = {{"stream", NULL}, STREAM_COUNT},
    [STREAM_REASON] = {{"stream", "reason"}, STREAM_COUNT *SKIP_REASONS},
};

/* The value of the first label. */
static const char *label_value(enum labels labels, const struct summary *is, unsigned i)
{
    switch (labels) {
    case VERSION: return CREDD_VERSION;
    case VERDICT: return verdict_name((enum verdict)i);
    case DATABASE: return database_state_name((enum database_state)i);
    case JOB: return job_kind_name((enum job_kind)i);
    case WORLD: return is->world_id;
    case STREAM: return stream_info((enum stream_id)i)->name;
    case STREAM_REASON: return stream_info((enum stream_id)(i / SKIP_REASONS))->name;
    default: return NULL;
    }
}

static void add_label(struct metric_sample *sample, const char *name, const char *value)
{
    if (name != NULL)
        sample->labels[sample->label_count++] = (struct metric_label){name, value};
}

static void add_labels(struct metric_sample *sample, enum labels labels, const struct summary *is,
                       unsigned i)
{
    add_label(sample, label_sets[labels].names[0], label_value(labels, is, i));
    add_label(sample, label_sets[labels].names[1],
              skip_reason_name((enum skip_reason)(i % SKIP_REASONS)));
}

/* --- values --- */

static bool shows_as(enum database_state is, unsigned i)
{
    return strcmp(database_state_name(is), database_state_name((enum database_state)i)) == 0;
}

static bool has_progress(const struct summary *is, unsigned i)
{
    return is->has_job && i == (unsigned)is->job && is->job_total > 0;
}

/* In millionths. */
static int64_t progress_of(const struct summary *is)
{
    if (is->job_total == 0 || is->job_done >= is->job_total)
        return 1000000;
    return (int64_t)((double)is->job_done / (double)is->job_total * 1e6);
}

/* `i`, `is` and `of` are what the table's expressions are made of. */
#define METRIC(type, name, unit, labels, given, value, help)                         \
    static bool get_##name(const struct summary *is, unsigned i, int64_t *ret_value) \
    {                                                                                \
        const struct stream_summary *of = &is->streams[(labels) == STREAM ? i : 0];  \
        (void)of;                                                                    \
        *ret_value = (int64_t)(value);                                               \
        return (given);                                                              \
    }
#include "metrics/metrics.def"
#undef METRIC

#define HISTOGRAM(name, labels, bounds, counts, help)                               \
    static const struct histogram *get_##name(const struct summary *is, unsigned i) \
    {                                                                               \
        (void)i;                                                                    \
        return (counts);                                                            \
    }
#include "metrics/metrics.def"
#undef HISTOGRAM

/* --- the tables --- */

static const struct metric metrics[] = {
#define METRIC(type, name, unit, labels, given, value, help) {#name, METRIC_##type, unit, help},
#define HISTOGRAM(name, labels, bounds, counts, help)        {#name, METRIC_HISTOGRAM, "seconds", help},
#include "metrics/metrics.def"
#undef METRIC
#undef HISTOGRAM
};

/* Where the values come from, in the same order. */
static const struct source {
    enum labels labels;
    bool (*get)(const struct summary *is, unsigned i, int64_t *ret_value);
    const struct histogram *(*get_histogram)(const struct summary *is, unsigned i);
    const int64_t *bounds_us;
} sources[] = {
#define METRIC(type, name, unit, labels, given, value, help) {labels, get_##name, NULL, NULL},
#define HISTOGRAM(name, labels, bounds, counts, help)        {labels, NULL, get_##name, bounds},
#include "metrics/metrics.def"
#undef METRIC
#undef HISTOGRAM
};

const struct metric *metrics_table(size_t *ret_count)
{
    *ret_count = sizeof metrics / sizeof *metrics;
    return metrics;
}

const char *metric_label_name(const struct metric *metric, unsigned which)
{
    return label_sets[sources[metric - metrics].labels].names[which];
}

/* --- samples --- */

const char *metric_value(const struct metric_sample *sample, char ret[METRIC_VALUE_MAX])
{
    if (sample->millionths)
        return millionths_text(sample->number, ret);
    (void)snprintf(ret, METRIC_VALUE_MAX, "%" PRId64, sample->number);
    return ret;
}

/* "0.25", "60.0": with a point, as OpenMetrics wants it, and the same in both formats. */
static void bound_text(int64_t us, char out[METRIC_VALUE_MAX])
{
    (void)millionths_text(us, out);
    if (strchr(out, '.') == NULL)
        (void)snprintf(out + strlen(out), 3, ".0");
}

static void visit_histogram(const struct source *source, const struct summary *summary, unsigned i,
                            metric_visitor *visit, void *context)
{
    const struct histogram *histogram = source->get_histogram(summary, i);
    struct metric_sample sample = {.suffix = "_bucket"};
    char bound[METRIC_VALUE_MAX];
    add_labels(&sample, source->labels, summary, i);
    add_label(&sample, "le", bound);
    for (unsigned k = 0; k <= HISTOGRAM_BOUNDS; k++) {
        sample.number += (int64_t)histogram->buckets[k];
        if (k < HISTOGRAM_BOUNDS)
            bound_text(source->bounds_us[k], bound);
        else
            (void)snprintf(bound, sizeof bound, "+Inf");
        visit(context, &sample);
    }
    sample.label_count--;
    sample.suffix = "_count";
    visit(context, &sample);
    sample.suffix = "_sum";
    sample.number = histogram->sum_us;
    sample.millionths = true;
    visit(context, &sample);
}

void metrics_visit(const struct metric *metric, const struct summary *summary,
                   metric_visitor *visit, void *context)
{
    const struct source *source = &sources[metric - metrics];
    for (unsigned i = 0; i < label_sets[source->labels].count; i++) {
        struct metric_sample sample = {.suffix = metric->type == METRIC_COUNTER ? "_total" : "",
                                       .millionths = strcmp(metric->unit, "ratio") == 0};
        add_labels(&sample, source->labels, summary, i);
        if (metric->type == METRIC_HISTOGRAM)
            visit_histogram(source, summary, i, visit, context);
        else if (source->get(summary, i, &sample.number))
            visit(context, &sample);
    }
}
