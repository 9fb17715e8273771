/* What the threads have posted. */
#include <string.h>

#include "engine/engine_parts.h"

static void take_end(struct engine *engine, const struct post *post)
{
    struct open_request *request = request_find(engine, post->request);
    struct request_end end = post->end;
    if (post->act != 0)
        act_dealt_with(engine, post, request != NULL && !request->withdrawn);
    if (request != NULL) {
        end.dropped = request->dropped;
        if (post->act != 0)
            request_act_done(request, &end, post->recorded);
        else
            request_end(request, &end);
    }
    if (post->act != 0 && post->act == engine->gap && engine->phase == ENGINE_SETTLES)
        settled(engine);
    engine_changed(engine);
}

/* The steps of applications, and changes of customers, come with these or alone. */
static bool watches(const struct request *asked, const struct post *post)
{
    const char *table = post->news.table != NULL ? post->news.table : "";
    unsigned alone = strcmp(table, SCHEMA_STATUS) == 0   ? SCHEMA_STATUS_BIT
                     : strcmp(table, SCHEMA_CHANGE) == 0 ? SCHEMA_CHANGE_BIT
                                                         : 0;
    return (request_streams(asked) & (post->streams | alone)) != 0;
}

static void tell_watchers(struct engine *engine, const struct post *post)
{
    for (struct open_request *one = engine->requests; one != NULL; one = one->next) {
        if (one->asked.kind != REQUEST_WATCH || one->withdrawn || !watches(&one->asked, post))
            continue;
        if (one->wait || post->lost > 0)
            one->dropped += post->news.rows + post->lost;
        else if (!one->callbacks.news(one->callbacks.context, &post->news))
            one->wait = true;
    }
}

static void take_news(struct engine *engine, const struct post *post)
{
    if (post->request == 0) {
        tell_watchers(engine, post);
        return;
    }
    struct open_request *request = request_find(engine, post->request);
    bool more = request == NULL || request->withdrawn || request->callbacks.news == NULL ||
                request->callbacks.news(request->callbacks.context, &post->news);
    reader_delivered(engine->reader, post->request, !more);
}

/* Notes what is known of the world and the database; true if it was something else before. */
static bool note_known(struct engine *engine)
{
    const struct snapshot *snapshot = &engine->snapshot;
    const struct world_state *shown = &engine->shown;
    unsigned stopped = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        stopped |= snapshot->obstacles[i][0] != '\0' ? 1u << i : 0;
    bool other = engine->has_world && engine->known.model != shown->model;
    bool same = engine->known.stopped == stopped && engine->known.has_world == engine->has_world &&
                engine->known.has_job == snapshot->has_job &&
                engine->known.state == snapshot->shown &&
                engine->known.generation == shown->generation &&
                strcmp(engine->known.world_id, shown->world_id) == 0;
    engine->known.has_world = engine->has_world;
    engine->known.has_job = snapshot->has_job;
    engine->known.state = snapshot->shown;
    engine->known.stopped = stopped;
    engine->known.generation = shown->generation;
    engine->known.model = shown->model;
    if (other && !world_state_can_go_on(shown))
        act_tell_held(engine, shown);
    memcpy(engine->known.world_id, shown->world_id, sizeof engine->known.world_id);
    return !same;
}

static void take_snapshot(struct engine *engine)
{
    shown_look(engine);
    settle(engine);
    request_progress(engine);
    request_drained(engine);
    request_parked(engine);
    if (note_known(engine))
        engine_changed(engine);
}

/* The snapshot is taken before an act's end is told, so that it includes the act's effect. */
static bool needs_snapshot(const struct post *post)
{
    for (; post != NULL; post = post->next)
        if (post->kind == POST_SNAPSHOT || (post->kind == POST_END && post->act != 0))
            return true;
    return false;
}

void mail_take(struct engine *engine)
{
    struct post *post = mailbox_take(&engine->mailbox);
    if (needs_snapshot(post))
        take_snapshot(engine);
    while (post != NULL) {
        struct post *next = post->next;
        if (post->kind == POST_NEWS)
            take_news(engine, post);
        else if (post->kind == POST_END)
            take_end(engine, post);
        post_free(post);
        post = next;
    }
    request_parked(engine);
}
