#include "metrics/metrics_text.h"

#include <errno.h>
#include <event2/buffer.h>
#include <string.h>

#include "metrics/metrics.h"

struct writing {
    struct evbuffer *out;
    enum metrics_format format;
    const struct metric *metric;
    bool failed;
};

static void add(struct writing *writing, const char *words)
{
    writing->failed = writing->failed || evbuffer_add(writing->out, words, strlen(words)) < 0;
}

/* A backslash, a quotation mark and the end of a line are escaped; in a help text of 0.0.4 a
 * quotation mark stands for itself. */
static void add_escaped(struct writing *writing, const char *words, bool quotes)
{
    for (const char *at = words; *at != '\0'; at++) {
        const char plain[] = {*at, '\0'};
        bool escaped = *at == '\\' || (quotes && *at == '"');
        add(writing, escaped ? "\\" : "");
        add(writing, *at == '\n' ? "\\n" : plain);
    }
}

/* The suffix of a counter is part of its family's name in the older format. */
static void add_comment(struct writing *writing, const char *word)
{
    const struct metric *metric = writing->metric;
    bool suffixed = metric->type == METRIC_COUNTER && writing->format == METRICS_TEXT;
    add(writing, "# ");
    add(writing, word);
    add(writing, " credd_");
    add(writing, metric->name);
    add(writing, suffixed ? "_total " : " ");
}

static void add_header(struct writing *writing)
{
    static const char *const types[] = {
        [METRIC_GAUGE] = "gauge\n",
        [METRIC_COUNTER] = "counter\n",
        [METRIC_HISTOGRAM] = "histogram\n",
    };
    const struct metric *metric = writing->metric;
    bool open = writing->format == METRICS_OPEN;
    add_comment(writing, "HELP");
    add_escaped(writing, metric->help, open);
    add(writing, "\n");
    add_comment(writing, "TYPE");
    add(writing, types[metric->type]);
    if (!open || metric->unit[0] == '\0')
        return;
    add_comment(writing, "UNIT");
    add(writing, metric->unit);
    add(writing, "\n");
}

static void add_sample(void *context, const struct metric_sample *sample)
{
    struct writing *writing = context;
    char value[METRIC_VALUE_MAX];
    add(writing, "credd_");
    add(writing, writing->metric->name);
    add(writing, sample->suffix);
    for (unsigned i = 0; i < sample->label_count; i++) {
        add(writing, i == 0 ? "{" : ",");
        add(writing, sample->labels[i].name);
        add(writing, "=\"");
        add_escaped(writing, sample->labels[i].value, true);
        add(writing, "\"");
    }
    add(writing, sample->label_count > 0 ? "} " : " ");
    add(writing, metric_value(sample, value));
    add(writing, "\n");
}

int metrics_write(const struct summary *summary, enum metrics_format format, struct evbuffer *out)
{
    struct writing writing = {.out = out, .format = format};
    size_t count;
    const struct metric *table = metrics_table(&count);
    for (size_t i = 0; i < count; i++) {
        writing.metric = &table[i];
        add_header(&writing);
        metrics_visit(&table[i], summary, add_sample, &writing);
    }
    add(&writing, format == METRICS_OPEN ? "# EOF\n" : "");
    return writing.failed ? -ENOMEM : 0;
}
