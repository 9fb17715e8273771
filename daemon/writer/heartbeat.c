/* Writer: the clock as the database has it, noted again every few seconds, so that a kill takes
 * world time back by no more than that and another daemon sees that somebody looks after the world.
 */
#include <errno.h>

#include "writer/writer_parts.h"

#define BEAT_US INT64_C(3000000)

/* A waiting act takes effect as of when it was requested: no later clock is saved before it. */
bool heartbeat_may(struct writer *writer)
{
    writer_lock(writer);
    bool result = writer->tends && writer->acts.first == NULL;
    writer_unlock(writer);
    return result && world_state_can_go_on(&writer->session.state);
}

/* The wall is read before the queue: a step whose act is queued in between is not in it yet. */
int heartbeat_now(struct writer *writer, struct fault *fault)
{
    wall_time wall = writer_wall(writer);
    return heartbeat_may(writer) ? session_heartbeat(&writer->session, wall, fault) : 0;
}

bool heartbeat_is_due(struct writer *writer)
{
    mono_time now = writer_mono(writer);
    if (now.us < writer->beat_at.us)
        return false;
    writer->beat_at.us = now.us + BEAT_US;
    return true;
}

int heartbeat_in_job(struct writer *writer, struct fault *fault)
{
    if (!writer->session.has_world || writer_is_quiet(writer) || !heartbeat_is_due(writer))
        return 0;
    int result = heartbeat_now(writer, fault);
    if (result == 0 && heartbeat_may(writer))
        writer_waits(writer, NULL);
    return result == -ESTALE || result == -EBUSY ? 0 : result; /* the job meets it too */
}
