#include "writer/newest.h"

#include <stdio.h>
#include <string.h>

#include "base/change.h"

/* How far back it is looked for, a step at a time: most streams have a row in the first. */
static const int64_t windows[] = {INT64_C(600), INT64_C(6) * 3600, INT64_C(5) * 86400,
                                  INT64_C(60) * 86400};

void newest_note(struct newest *newest, enum stream_id stream, const struct change_list *changes)
{
    for (size_t i = changes->count; i-- > 0;)
        if (changes->items[i].kind == CHANGE_INSERT) {
            newest->streams[stream].at.s = changes->items[i].at;
            break;
        }
}

void newest_reach(struct newest *newest, enum stream_id stream, world_time upto)
{
    newest->streams[stream].upto = upto;
}

void newest_born(struct newest *newest, const char *world_id, world_time origin)
{
    (void)snprintf(newest->world_id, sizeof newest->world_id, "%s", world_id);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        newest->streams[i].known = true;
        newest->streams[i].upto = origin;
    }
}

static int note(void *context, const struct change *change)
{
    world_time *at = context;
    if (change->kind == CHANGE_INSERT)
        at->s = change->at;
    return 0;
}

/* The last in (from, to]; 0: none, or the model fails, which whoever writes will hear. */
static world_time ask(struct session *session, enum stream_id stream, world_time from,
                      world_time to)
{
    world_time at = {0}, reached;
    if (world_changes(session->world, stream, from, to, 0, note, &at, &reached) != 0)
        at.s = 0;
    return at;
}

static void find(struct newest *newest, struct session *session, enum stream_id stream)
{
    world_time to = session->state.streams[stream].watermark, at = {0};
    bool goes_on = newest->streams[stream].known && !world_before(to, newest->streams[stream].upto);
    if (goes_on && to.s == newest->streams[stream].upto.s)
        return;
    if (goes_on) {
        at = ask(session, stream, newest->streams[stream].upto, to);
        at = at.s != 0 ? at : newest->streams[stream].at;
    }
    for (size_t i = 0; !goes_on && at.s == 0 && i < sizeof windows / sizeof windows[0]; i++)
        at = ask(session, stream, world_later(WORLD_TIME_FIRST, world_plus(to, -windows[i])), to);
    newest->streams[stream].known = true;
    newest->streams[stream].at = at;
    newest->streams[stream].upto = to;
}

void newest_find(struct newest *newest, struct session *session)
{
    if (!session->has_world)
        return;
    if (session->world == NULL || strcmp(newest->world_id, session->state.world_id) != 0)
        *newest = (struct newest){0};
    memcpy(newest->world_id, session->state.world_id, sizeof newest->world_id);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (session->state.streams[i].started && session->world != NULL)
            find(newest, session, (enum stream_id)i);
}
