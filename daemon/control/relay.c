#include "control/relay.h"

#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "control/reply.h"
#include "json/status.h"
#include "json/text.h"
#include "store/schema.h"

/* Rows of one reply: small enough that a slow reader holds up little, and far below
 * CREDD_REPLY_MAX. */
#define ROWS_BYTES ((size_t)65536)

struct request relay_request(const struct call *call, enum request_kind kind)
{
    struct request request = {.kind = kind, .by = call_actor(call)};
    (void)snprintf(request.reason, sizeof request.reason, "%s", call->parameters.text);
    return request;
}

/* --- rows --- */

static const char *type_of(const struct schema_table *table, const char *column)
{
    static const char *const types[] = {
        [CELL_NULL] = "text",       [CELL_TEXT] = "text", [CELL_INTEGER] = "integer",
        [CELL_DECIMAL] = "decimal", [CELL_DATE] = "date", [CELL_TIME] = "time",
    };
    for (unsigned i = 0; table != NULL && i < table->count; i++) {
        if (strcmp(table->columns[i].name, column) == 0)
            return types[table->columns[i].kind];
    }
    return table == NULL && strcmp(column, "at") == 0 ? types[CELL_TIME] : types[CELL_TEXT];
}

static void begin_rows(struct text *text, const struct news *news)
{
    const struct schema_table *table = schema_table(news->table);
    text_words(text, "{\"parameters\":{\"table\":");
    text_string(text, news->table);
    text_words(text, ",\"columns\":[");
    for (unsigned i = 0; i < news->columns; i++) {
        text_words(text, i > 0 ? "," : "");
        text_string(text, news->names[i]);
    }
    text_words(text, "],\"types\":[");
    for (unsigned i = 0; i < news->columns; i++) {
        text_words(text, i > 0 ? "," : "");
        text_string(text, type_of(table, news->names[i]));
    }
    text_words(text, "],\"rows\":[");
}

/* Which columns hold instants, a bit each. */
static unsigned time_columns(const struct news *news)
{
    const struct schema_table *table = schema_table(news->table);
    unsigned times = 0;
    for (unsigned i = 0; i < news->columns; i++)
        times |= strcmp(type_of(table, news->names[i]), "time") == 0 ? 1u << i : 0;
    return times;
}

/* An instant as the database spells it, "2026-08-14 10:35:12", goes out as RFC 3339 says; what
 * others put there in its stead stays as it is. */
static void add_time(struct text *text, const char *value)
{
    char time[TIME_TEXT_MAX];
    bool plain = value != NULL && strlen(value) == 19 && value[10] == ' ';
    if (plain)
        (void)snprintf(time, sizeof time, "%.10sT%.8sZ", value, value + 11);
    text_string(text, plain ? time : value);
}

static void add_row(struct text *text, const struct news *news, unsigned times, size_t row)
{
    text_words(text, "[");
    for (unsigned i = 0; i < news->columns; i++) {
        const char *value = news->texts[row * news->columns + i];
        text_words(text, i > 0 ? "," : "");
        if (times & 1u << i)
            add_time(text, value);
        else
            text_string(text, value);
    }
    text_words(text, "]");
}

/* An empty table is told as well, by its columns. */
static bool send_rows(struct call *call, const struct news *news)
{
    bool go_on = true;
    size_t row = 0;
    unsigned times = time_columns(news);
    struct text text = {0};
    do {
        text.length = 0;
        begin_rows(&text, news);
        for (size_t first = row; row < news->rows && text.length < ROWS_BYTES; row++) {
            text_words(&text, row > first ? "," : "");
            add_row(&text, news, times, row);
        }
        text_words(&text, "]},\"continues\":true}");
        go_on = call_continue_text(call, text.bytes, text.length);
    } while (row < news->rows);
    text_done(&text);
    call->rows += news->rows;
    return go_on;
}

/* --- other news --- */

static json_t *act_json(const struct news_act *act)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "wall",
                     time_json(act->wall.us / 1000000), "world", time_json(act->world.s), "kind",
                     text_json(act->kind), "stream", text_json(act->stream), "value",
                     text_json(act->value), "user", text_json(act->user), "uid",
                     (json_int_t)act->uid, "pid", (json_int_t)act->pid, "reason",
                     text_json(act->reason), "text", text_json(act->text));
}

/* History is asked for its last so many. */
static void keep_act(struct call *call, const struct news_act *act)
{
    (void)json_array_append_new(call->list, act_json(act));
    if (json_array_size(call->list) > (size_t)call->parameters.number)
        (void)json_array_remove(call->list, 0);
}

static json_t *progress_json(const struct news *news)
{
    return json_pack("{s:{s:o, s:I, s:I}}", "progress", "text", text_json(news->text), "done",
                     (json_int_t)news->done, "total", (json_int_t)news->total);
}

static json_t *finding_json(const struct news *news)
{
    return json_pack("{s:{s:o, s:o, s:o, s:o, s:b}}", "finding", "check", text_json(news->check),
                     "table", text_json(news->table), "key", text_json(news->key), "text",
                     text_json(news->text), "note", (int)news->note);
}

/* What cannot be told of so few rows is null. */
static json_t *figure_json(const struct news_figure *figure)
{
    return json_pack("{s:{s:s, s:f, s:o, s:f, s:s, s:s, s:s}}", "figure", "name", figure->name,
                     "reference", figure->reference, "here",
                     figure->count > 0 ? json_real(figure->here) : json_null(), "tolerance",
                     figure->tolerance, "verdict", figure->verdict, "source", figure->source, "why",
                     figure->why);
}

/* Of the tables that are to be adopted. */
static void keep_difference(struct call *call, const struct news *news)
{
    (void)json_array_append_new(call->list,
                                json_pack("{s:o, s:o, s:o, s:b}", "table", text_json(news->table),
                                          "part", text_json(news->key), "text",
                                          text_json(news->text), "in_the_way", (int)!news->note));
}

static bool on_news(void *context, const struct news *news)
{
    struct call *call = context;
    switch (news->kind) {
    case NEWS_QUEUED:
        return call_continue(call, json_pack("{s:o}", "queued", text_json(news->text)));
    case NEWS_PROGRESS: return call_continue(call, progress_json(news));
    case NEWS_ROWS: return send_rows(call, news);
    case NEWS_FINDING:
        if (call->command->id != CREDD_COMMAND_ADOPT)
            return call_continue(call, finding_json(news));
        keep_difference(call, news);
        break;
    case NEWS_DIGEST:
        return call_continue(call, json_pack("{s:{s:o, s:s}}", "digest", "table",
                                             text_json(news->table), "sha256", news->digest));
    case NEWS_FIGURE: return call_continue(call, figure_json(news->figure));
    case NEWS_CHARTS: break;
    case NEWS_ACT: keep_act(call, news->act); break;
    }
    return true;
}

/* --- the end --- */

/* Says what is now; the text of the engine, if there is one, comes in its place, or after the time
 * of an advance. */
static json_t *message_of(const struct call *call, const struct request_end *end,
                          const struct summary *summary)
{
    char text[sizeof end->text + 64] = "", time[TIME_TEXT_MAX];
    const char *said = text, *now = time_text(summary->world_now.s, time);
    switch (call->command->id) {
    case CREDD_COMMAND_REFRESH: (void)snprintf(text, sizeof text, "up to date at %s", now); break;
    case CREDD_COMMAND_RESET: said = "the new world is in place"; break;
    case CREDD_COMMAND_ADOPT:
        said = call->list != NULL ? "nothing was changed"
                                  : "tables adopted; the first world is in place";
        break;
    case CREDD_COMMAND_CANCEL: said = "cancelling; the job stops after the current batch"; break;
    case CREDD_COMMAND_ADVANCE:
        (void)snprintf(text, sizeof text, "world time is %s%s%s", now,
                       end->text[0] != '\0' ? "; " : "", end->text);
        return text_json(text);
    default: reply_say(&call->act, summary, text, sizeof text); break;
    }
    return text_json(end->text[0] != '\0' ? end->text : said);
}

static json_t *done_json(struct call *call, const struct request_end *end)
{
    struct summary summary;
    engine_summary(call->context->host.engine, &summary);
    switch (call->command->id) {
    case CREDD_COMMAND_PAUSE:
        return json_pack("{s:o, s:b, s:o}", "message", message_of(call, end, &summary),
                         "batch_in_hand", (int)end->batch_in_hand, "world",
                         summary.has_world ? time_json(summary.world_now.s) : json_null());
    case CREDD_COMMAND_REFRESH:
    case CREDD_COMMAND_RESET:
    case CREDD_COMMAND_ADVANCE:
        return json_pack("{s:o, s:I}", "message", message_of(call, end, &summary), "rows",
                         (json_int_t)end->rows);
    case CREDD_COMMAND_VERIFY:
        return json_pack("{s:I, s:o}", "findings", (json_int_t)end->findings, "message",
                         text_json(end->text));
    case CREDD_COMMAND_EXPORT: return json_pack("{s:I}", "total", (json_int_t)call->rows);
    case CREDD_COMMAND_WATCH: return json_pack("{s:I}", "dropped", (json_int_t)end->dropped);
    case CREDD_COMMAND_ADOPT: /* without --check there is no list */
        return json_pack("{s:o, s:O*}", "message", message_of(call, end, &summary), "differences",
                         call->list);
    case CREDD_COMMAND_HISTORY: return json_pack("{s:O}", "acts", call->list);
    default: return json_pack("{s:o}", "message", message_of(call, end, &summary));
    }
}

static void answer(struct call *call, const struct request_end *end)
{
    switch (end->result) {
    case RESULT_DONE: call_reply(call, done_json(call, end)); break;
    case RESULT_REFUSED: call_fail(call, CREDD_ERROR_REFUSED, end->text); break;
    case RESULT_FAILED: call_fail(call, CREDD_ERROR_FAILED, end->text); break;
    case RESULT_CANCELLED: call_fail(call, CREDD_ERROR_CANCELLED, end->text); break;
    case RESULT_INVALID: call_invalid(call, end->parameter, end->text); break;
    }
}

static void on_end(void *context, const struct request_end *end)
{
    struct call *call = context;
    call->request = NULL;
    if (call->asking) {
        call->ended = true;
        call->end = *end;
    } else {
        answer(call, end);
    }
}

void relay(struct call *call, const struct request *request)
{
    bool listens = call->more || call->list != NULL;
    const struct request_callbacks callbacks = {
        .news = listens ? on_news : NULL, .end = on_end, .context = call};
    if (request->kind == REQUEST_ACT)
        call->act = request->act;
    call->asking = true;
    struct open_request *open = engine_request(call->context->host.engine, request, &callbacks);
    call->asking = false;
    if (call->ended)
        answer(call, &call->end);
    else
        call->request = open;
}
