#include "control/metrics_calls.h"

#include <string.h>

#include "control/call.h"
#include "json/text.h"
#include "metrics/metrics.h"

/* `any`, a value of any kind but null, is a type that came with that tag too. */
const char metrics_interface[] =
    "# What credd measures, as systemd v260 asks for it. Needs \"more\": a reply is one value, or "
    "one family.\n"
    "interface " METRICS_INTERFACE "\n"
    "\n"
    "# A counter only rises while the daemon runs, a gauge goes up and down.\n"
    "type MetricFamilyType (counter, gauge, string)\n"
    "\n"
    "# The values. name: of the family, such as " METRICS_PREFIX ".rows_total; object: the stream; "
    "fields: other labels.\n"
    "method List() -> (name: string, value: any, object: ?string, fields: ?object)\n"
    "\n"
    "# The families.\n"
    "method Describe() -> (name: string, description: string, type: MetricFamilyType)\n"
    "\n"
    "# There is no value at all; credd has some at any time.\n"
    "error NoSuchMetric ()\n";

/* Each reply but the last says that another follows: one is kept back. */
struct listing {
    struct call *call;
    const struct metric *metric;
    json_t *last;
};

static void add(struct listing *listing, json_t *reply)
{
    if (listing->last != NULL)
        (void)call_continue(listing->call, listing->last); /* all of them fit into the queue */
    listing->last = reply;
}

/* False: the call is answered with an error, and gone. */
static bool wants_more(struct call *call)
{
    bool more = call->more;
    if (!more)
        call_error(call, CREDD_VARLINK ".ExpectedMore", json_object());
    return more;
}

static json_t *name_json(const struct metric *metric, const char *suffix)
{
    return json_sprintf(METRICS_PREFIX ".%s%s", metric->name, suffix);
}

static void add_sample(void *context, const struct metric_sample *sample)
{
    struct listing *listing = context;
    json_t *fields = NULL, *object = NULL;
    for (unsigned i = 0; i < sample->label_count; i++) {
        const struct metric_label *label = &sample->labels[i];
        if (strcmp(label->name, "stream") == 0) {
            object = text_json(label->value);
            continue;
        }
        fields = fields != NULL ? fields : json_object();
        (void)json_object_set_new(fields, label->name, text_json(label->value));
    }
    json_t *value =
        sample->millionths ? json_real((double)sample->number / 1e6) : json_integer(sample->number);
    add(listing,
        json_pack("{s:o, s:o, s:o*, s:o*}", "name", name_json(listing->metric, sample->suffix),
                  "value", value, "object", object, "fields", fields));
}

static void serve_list(struct call *call)
{
    struct listing listing = {.call = call};
    struct summary summary;
    size_t count;
    const struct metric *table = metrics_table(&count);
    if (!wants_more(call))
        return;
    engine_summary(call->context->host.engine, &summary);
    for (size_t i = 0; i < count; i++) {
        listing.metric = &table[i];
        metrics_visit(&table[i], &summary, add_sample, &listing);
    }
    call_reply(call, listing.last);
}

/* The interface knows no histograms: their three parts are families, and rise. */
static void add_family(struct listing *listing, const struct metric *metric)
{
    static const char *const suffixes[][4] = {
        [METRIC_GAUGE] = {"", NULL},
        [METRIC_COUNTER] = {"_total", NULL},
        [METRIC_HISTOGRAM] = {"_bucket", "_count", "_sum", NULL},
    };
    for (const char *const *suffix = suffixes[metric->type]; *suffix != NULL; suffix++)
        add(listing,
            json_pack("{s:o, s:s, s:s}", "name", name_json(metric, *suffix), "description",
                      metric->help, "type", metric->type == METRIC_GAUGE ? "gauge" : "counter"));
}

static void serve_describe(struct call *call)
{
    struct listing listing = {.call = call};
    size_t count;
    const struct metric *table = metrics_table(&count);
    if (!wants_more(call))
        return;
    for (size_t i = 0; i < count; i++)
        add_family(&listing, &table[i]);
    call_reply(call, listing.last);
}

/* They stand in no list of commands, and take no parameters. They are answered at once, whatever
 * else is open. */
static const struct command calls[] = {
    {CREDD_COMMAND_COUNT, "List", "", CREDD_ACCESS_READ, CREDD_STYLE_ONCE, serve_list},
    {CREDD_COMMAND_COUNT, "Describe", "", CREDD_ACCESS_READ, CREDD_STYLE_ONCE, serve_describe},
};

const struct command *metrics_call_find(const char *method)
{
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (strcmp(calls[i].method, method) == 0)
            return &calls[i];
    return NULL;
}
