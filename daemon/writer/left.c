/* Writer: which streams a job did not bring up to where it was to, in words. */
#include <stdio.h>

#include "writer/writer_parts.h"

static const char *why(const struct writer *writer, enum stream_id stream)
{
    const struct stream_state *states = writer->session.state.streams;
    bool needs = stream_info(stream)->needs_customers;
    if (states[stream].paused)
        return "paused";
    if (writer->obstacles[stream].text[0] != '\0')
        return "its table rejects its rows";
    if (needs && states[STREAM_CUSTOMERS].paused)
        return "waits for customers, which is paused";
    if (needs && writer->obstacles[STREAM_CUSTOMERS].text[0] != '\0')
        return "waits for customers, which is stopped";
    return "not written yet";
}

void left_say(const struct writer *writer, const struct job *job, char *out, size_t size)
{
    const struct world_state *state = &writer->session.state;
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT && used < size; i++) {
        if (!(job->streams & 1u << i) || !world_before(state->streams[i].watermark, job->to))
            continue;
        used += (size_t)snprintf(
            out + used, size - used, "%s%s (%s)",
            used > 0 ? ", " : "still behind: ", stream_info((enum stream_id)i)->name,
            why(writer, (enum stream_id)i));
    }
}
