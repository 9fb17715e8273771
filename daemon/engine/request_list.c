#include <stdlib.h>

#include "base/mem.h"
#include "engine/engine_parts.h"

unsigned request_streams(const struct request *asked)
{
    unsigned streams = 0;
    switch (asked->kind) {
    case REQUEST_ACT: streams = act_streams(&asked->act); break;
    case REQUEST_REFRESH: streams = asked->refresh.streams; break;
    case REQUEST_EXPORT: streams = asked->audit.streams; break;
    case REQUEST_WATCH: streams = asked->watch; break;
    default: break;
    }
    return streams != 0 ? streams : STREAMS_ALL;
}

struct open_request *request_new(struct engine *engine, const struct request *asked,
                                 const struct request_callbacks *callbacks)
{
    struct open_request *request = MEM_NEW(struct open_request), **link = &engine->requests;
    request->engine = engine;
    request->id = ++engine->last_id;
    request->asked = *asked;
    request->callbacks = *callbacks;
    while (*link != NULL)
        link = &(*link)->next;
    *link = request;
    return request;
}

struct open_request *request_find(struct engine *engine, uint64_t id)
{
    struct open_request *request = engine->requests;
    while (request != NULL && request->id != id)
        request = request->next;
    return request;
}

void request_watching(struct engine *engine)
{
    unsigned streams = 0;
    if (engine->writer == NULL) /* at the end */
        return;
    for (struct open_request *one = engine->requests; one != NULL; one = one->next)
        if (one->asked.kind == REQUEST_WATCH)
            streams |= request_streams(&one->asked);
    if (streams & SCHEMA_STATUS_BIT)
        streams |= 1u << STREAM_LOAN_APPLICATIONS;
    if (streams & SCHEMA_CHANGE_BIT)
        streams |= 1u << STREAM_CUSTOMERS;
    writer_watch(engine->writer, streams);
}

void request_end(struct open_request *request, const struct request_end *end)
{
    struct engine *engine = request->engine;
    struct open_request **link = &engine->requests;
    bool watched = request->asked.kind == REQUEST_WATCH;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    if (!request->withdrawn)
        request->callbacks.end(request->callbacks.context, end);
    free(request);
    if (watched)
        request_watching(engine);
}

unsigned request_queued(const struct engine *engine, const char **ret_kind)
{
    static const char *const names[REQUEST_KINDS] = {
        [REQUEST_REFRESH] = "refresh",
        [REQUEST_RESET] = "reset",
        [REQUEST_ADVANCE] = "advance",
        [REQUEST_ADOPT] = "adopt",
    };
    unsigned count = 0;
    *ret_kind = NULL;
    for (const struct open_request *one = engine->requests; one != NULL; one = one->next) {
        bool in_hand = engine->snapshot.has_job && engine->snapshot.request == one->id;
        bool waits = one->queued || one->parked;
        if (!waits || in_hand || names[one->asked.kind] == NULL)
            continue;
        if (count++ == 0)
            *ret_kind = names[one->asked.kind];
    }
    return count;
}

int64_t request_waited_for(const struct engine *engine, int64_t most)
{
    world_time now = moment_world(engine);
    for (const struct open_request *one = engine->requests; one != NULL; one = one->next) {
        const struct waiting *waiting = &one->asked.waiting;
        wall_time at;
        if (one->asked.kind != REQUEST_WAIT || !waiting->has_until || !engine->has_world ||
            !world_before(now, waiting->until) ||
            !clock_wall_of(&engine->shown.clock, waiting->until, engine->now.wall, &at))
            continue;
        int64_t left = at.us - engine->now.wall.us;
        most = left < most ? left : most;
    }
    return most;
}

/* What changes nothing is done only for whoever listens; acts and jobs go on without. */
void engine_withdraw(struct open_request *request)
{
    enum request_kind kind = request->asked.kind;
    bool watches = kind == REQUEST_WATCH || kind == REQUEST_WAIT;
    bool reads = kind == REQUEST_VERIFY || kind == REQUEST_EXPORT || kind == REQUEST_HISTORY ||
                 kind == REQUEST_CHARTS;
    request->withdrawn = true;
    if (watches || (reads && request->parked))
        request_end(request, &(struct request_end){.result = RESULT_CANCELLED});
    else
        reader_withdraw(request->engine->reader, request->id);
}

void engine_more(struct open_request *request)
{
    request->wait = false;
    reader_more(request->engine->reader, request->id);
    request_watching(request->engine);
}
