#include "web/live.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/system.h"
#include "engine/engine.h"
#include "json/status.h"
#include "json/text.h"
#include "web/masked.h"
#include "web/rows.h"
#include "web/summing.h"

#define BEAT_US      500000
#define STATUS_MAX   10 /* beats between two, if only its clocks moved */
#define STATUS_LEAST 2
#define ROWS_KEPT    20

struct live {
    struct engine *engine;
    struct event *beat;
    struct web_client *clients[LIVE_MAX];
    size_t count;
    struct open_request *watch;
    bool sampling;     /* a job floods the watch: one post a beat will do */
    bool held_back;    /* and the watch waits for the next beat */
    unsigned beats;    /* since the last status */
    char *told;        /* that status, without its clocks */
    char world_id[40]; /* whose rows are kept */
    json_t *kept;      /* the last rows */
    json_t *fresh;     /* those of them that nobody was told yet */
    uint64_t more;     /* rows that are not among them */
    struct summing summing;
};

/* --- telling --- */

/* NULL: to everybody. */
static void tell(const struct live *live, struct web_client *to, const char *event,
                 const json_t *data)
{
    char *json = json_dumps(data, JSON_COMPACT);
    char *text = mem_format("event: %s\ndata: %s\n\n", event, json != NULL ? json : "null");
    size_t length = strlen(text);
    for (size_t i = 0; i < live->count; i++)
        if (to == NULL || to == live->clients[i])
            client_send(live->clients[i], text, length);
    free(text);
    free(json);
}

static void tell_new(const struct live *live, struct web_client *to, const char *event,
                     json_t *data)
{
    tell(live, to, event, data);
    json_decref(data);
}

/* They are fetched. */
static void tell_charts(const struct live *live, struct web_client *to)
{
    const struct charts *charts = live->summing.charts;
    json_t *at = charts != NULL ? time_json(charts->at.s) : json_null();
    tell_new(live, to, "charts", json_pack("{s:o}", "at", at));
}

static void on_charts(void *context)
{
    tell_charts(context, NULL);
}

/* --- the status --- */

/* What of it does not change by itself. */
static char *without_clocks(const struct summary *summary)
{
    struct summary *still = MEM_NEW(struct summary);
    *still = *summary;
    still->world_now = (world_time){0};
    still->wall_now = (wall_time){0};
    still->verdict_text[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        still->streams[i].lag_s = still->streams[i].late_s = 0;
    json_t *json = status_json(still);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    free(still);
    return text;
}

static void forget_rows(struct live *live)
{
    (void)json_array_clear(live->kept);
    (void)json_array_clear(live->fresh);
    live->more = 0;
}

static struct summary *look(struct live *live)
{
    struct summary *summary = MEM_NEW(struct summary);
    engine_summary(live->engine, summary);
    masked(summary);
    live->sampling = summary->has_job && summary->job != JOB_TICK;
    if (strcmp(live->world_id, summary->world_id) != 0)
        forget_rows(live);
    memcpy(live->world_id, summary->world_id, sizeof live->world_id);
    return summary;
}

static void tell_status(struct live *live, const struct summary *summary)
{
    char *still = without_clocks(summary);
    bool news = still == NULL || live->told == NULL || strcmp(still, live->told) != 0;
    if (news || live->beats >= STATUS_MAX) {
        tell_new(live, NULL, "status", status_json(summary));
        live->beats = 0;
    }
    free(live->told);
    live->told = still;
}

/* --- rows --- */

static void keep_row(struct live *live, json_t *row)
{
    (void)json_array_append(live->kept, row);
    (void)json_array_append_new(live->fresh, row);
    if (json_array_size(live->kept) > ROWS_KEPT)
        (void)json_array_remove(live->kept, 0);
    if (json_array_size(live->fresh) <= ROWS_KEPT)
        return;
    (void)json_array_remove(live->fresh, 0);
    live->more++;
}

static bool on_news(void *context, const struct news *news)
{
    struct live *live = context;
    size_t first = news->rows > ROWS_KEPT ? news->rows - ROWS_KEPT : 0;
    live->summing.commits = true;
    live->more += first;
    for (size_t i = first; i < news->rows; i++) {
        json_t *row = row_json(news, i);
        if (row != NULL)
            keep_row(live, row);
    }
    live->held_back = live->sampling;
    return !live->held_back;
}

static void on_watch_end(void *context, const struct request_end *end)
{
    struct live *live = context;
    (void)end;
    live->watch = NULL;
}

static void watch(struct live *live)
{
    const struct request request = {.kind = REQUEST_WATCH,
                                    .by = {.uid = -1, .user = "credd"},
                                    .watch = STREAMS_ALL | SCHEMA_STATUS_BIT | SCHEMA_CHANGE_BIT};
    const struct request_callbacks callbacks = {
        .news = on_news, .end = on_watch_end, .context = live};
    if (live->watch == NULL)
        live->watch = engine_request(live->engine, &request, &callbacks);
}

static json_t *rows_json(json_t *rows, uint64_t more)
{
    return json_pack("{s:O, s:I}", "rows", rows, "more", (json_int_t)more);
}

static void tell_rows(struct live *live)
{
    if (json_array_size(live->fresh) > 0 || live->more > 0)
        tell_new(live, NULL, "rows", rows_json(live->fresh, live->more));
    (void)json_array_clear(live->fresh);
    live->more = 0;
    if (live->held_back && live->watch != NULL)
        engine_more(live->watch);
    live->held_back = false;
}

/* --- the beat --- */

static void arm(struct live *live)
{
    const struct timeval after = {.tv_usec = BEAT_US};
    (void)event_add(live->beat, &after);
}

static void on_beat(evutil_socket_t fd, short what, void *context)
{
    struct live *live = context;
    (void)fd, (void)what;
    if (live->count == 0)
        return;
    watch(live);
    live->beats++;
    if (live->beats % STATUS_LEAST == 0) {
        struct summary *summary = look(live);
        tell_status(live, summary);
        summing_look(&live->summing, summary, system_time.mono(NULL));
        free(summary);
    }
    tell_rows(live);
    arm(live);
}

const struct charts *live_charts(const struct live *live)
{
    return live->summing.charts;
}

/* --- who listens --- */

struct live *live_new(struct event_base *base, struct engine *engine)
{
    struct live *live = MEM_NEW(struct live);
    live->engine = engine;
    live->summing = (struct summing){.engine = engine, .made = on_charts, .context = live};
    live->kept = json_array();
    live->fresh = json_array();
    live->beat = evtimer_new(base, on_beat, live);
    if (live->beat != NULL)
        return live;
    live_free(live);
    return NULL;
}

static void rest(struct live *live)
{
    if (live->watch != NULL)
        engine_withdraw(live->watch);
    live->watch = NULL;
    live->held_back = false;
    forget_rows(live);
    (void)event_del(live->beat);
}

void live_free(struct live *live)
{
    if (live == NULL)
        return;
    if (live->beat != NULL) {
        rest(live);
        event_free(live->beat);
    }
    summing_done(&live->summing);
    json_decref(live->kept);
    json_decref(live->fresh);
    free(live->told);
    free(live);
}

bool live_join(struct live *live, struct web_client *client, struct evbuffer *opening)
{
    if (live->count == LIVE_MAX)
        return false;
    (void)evbuffer_add_printf(opening, "retry: 2000\n\n");
    live->clients[live->count++] = client;
    client_listen(client, opening);
    struct summary *summary = look(live);
    tell_new(live, client, "status", status_json(summary));
    summing_look(&live->summing, summary, system_time.mono(NULL));
    free(summary);
    if (live->summing.charts != NULL)
        tell_charts(live, client);
    if (json_array_size(live->kept) > 0)
        tell_new(live, client, "rows", rows_json(live->kept, 0));
    if (live->count == 1) {
        watch(live);
        arm(live);
    }
    return true;
}

void live_leave(struct live *live, const struct web_client *client)
{
    for (size_t i = 0; i < live->count; i++)
        if (live->clients[i] == client) {
            live->clients[i] = live->clients[--live->count];
            if (live->count == 0)
                rest(live);
            return;
        }
}
