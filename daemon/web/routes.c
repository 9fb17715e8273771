#include "web/routes.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

#include "engine/verdict.h"
#include "json/status.h"
#include "metrics/metrics_text.h"
#include "web/charts_json.h"

static void put_json(json_t *json, struct evbuffer *body)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (text != NULL)
        (void)evbuffer_add(body, text, strlen(text));
    (void)evbuffer_add(body, "\n", 1);
    free(text);
    json_decref(json);
}

static void fill_status(const struct web_question *question, struct evbuffer *body)
{
    put_json(status_json(question->summary), body);
}

/* Whoever asks wants to know whether the daemon answers: a paused world is no reason to start it
 * again. */
static void fill_health(const struct web_question *question, struct evbuffer *body)
{
    (void)evbuffer_add_printf(body, "%s\n", verdict_name(question->summary->verdict));
}

static void fill_metrics(const struct web_question *question, struct evbuffer *body)
{
    (void)metrics_write(question->summary, METRICS_TEXT, body);
}

static void fill_openmetrics(const struct web_question *question, struct evbuffer *body)
{
    (void)metrics_write(question->summary, METRICS_OPEN, body);
}

static void fill_charts(const struct web_question *question, struct evbuffer *body)
{
    put_json(question->charts != NULL ? charts_json(question->charts) : json_null(), body);
}

static const struct web_route routes[] = {
    {"/metrics", METRICS_OPEN_TYPE, metrics_wants_open, fill_openmetrics},
    {"/metrics", METRICS_TEXT_TYPE, NULL, fill_metrics},
    {"/status.json", "application/json", NULL, fill_status},
    {"/charts.json", "application/json", NULL, fill_charts},
    {"/healthz", "text/plain; charset=utf-8", NULL, fill_health},
};

const struct web_route *route_find(const struct web_head *head)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        bool wanted = routes[i].wanted == NULL || routes[i].wanted(head->accept);
        if (wanted && strcmp(routes[i].path, head->path) == 0)
            return &routes[i];
    }
    return NULL;
}
