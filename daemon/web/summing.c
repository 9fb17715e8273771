#include "web/summing.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LEAST_US INT64_C(60000000) /* between two */

static bool on_news(void *context, const struct news *news)
{
    struct summing *summing = context;
    if (news->kind != NEWS_CHARTS)
        return true;
    if (summing->charts == NULL)
        summing->charts = MEM_NEW(struct charts);
    *summing->charts = *news->charts;
    summing->made(summing->context);
    return true;
}

/* One that failed is asked for again after a minute. */
static void on_end(void *context, const struct request_end *end)
{
    struct summing *summing = context;
    summing->request = NULL;
    if (end->result != RESULT_DONE)
        summing->commits = true;
}

static int64_t rows_of(const struct summary *summary)
{
    int64_t rows = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        rows += summary->streams[i].rows;
    return rows;
}

static void ask(struct summing *summing)
{
    const struct request request = {.kind = REQUEST_CHARTS,
                                    .by = {.uid = -1, .user = "credd"},
                                    .audit = {.kind = AUDIT_CHARTS}};
    const struct request_callbacks callbacks = {.news = on_news, .end = on_end, .context = summing};
    summing->request = engine_request(summing->engine, &request, &callbacks);
}

void summing_look(struct summing *summing, const struct summary *summary, mono_time now)
{
    bool usable = summary->database == DATABASE_READY && summary->has_world;
    bool other = strcmp(summing->world_id, summary->world_id) != 0;
    bool due = !summing->asked || now.us - summing->asked_at.us >= LEAST_US;
    bool news = other || summing->commits || summing->rows != rows_of(summary);
    if (usable && other && summing->charts != NULL) {
        free(summing->charts);
        summing->charts = NULL;
        summing->made(summing->context);
    }
    if (!usable || !due || !news || summing->request != NULL)
        return;
    summing->asked = true;
    summing->asked_at = now;
    summing->commits = false;
    summing->rows = rows_of(summary);
    memcpy(summing->world_id, summary->world_id, sizeof summing->world_id);
    ask(summing);
}

void summing_done(struct summing *summing)
{
    if (summing->request != NULL)
        engine_withdraw(summing->request);
    free(summing->charts);
    *summing = (struct summing){0};
}
