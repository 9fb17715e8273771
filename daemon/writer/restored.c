/* Writer: notices that a backup is being put back under the running daemon, and rests until all of
 * its tables are there: rows written in between would go with the table that comes next. */
#include <string.h>

#include "writer/writer_parts.h"

/* Where an earlier state is all that can be seen, or the last table was just made. */
#define QUIET_US INT64_C(3000000)
/* A restore that left tables out is over at last. */
#define LONGEST_US INT64_C(900000000)

static bool went_back(const struct writer *writer)
{
    const struct session *session = &writer->session;
    bool back = false;
    if (strcmp(writer->seen.world_id, session->state.world_id) != 0)
        return false;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        back = back || world_before(session->stored[i], writer->seen.stored[i]);
    return back;
}

void restored_see(struct writer *writer)
{
    const struct session *session = &writer->session;
    if (!session->has_world)
        return;
    if (went_back(writer)) {
        writer->quiet_until.us = writer_mono(writer).us + QUIET_US;
        writer->torn = true;
        writer->restored++;
    }
    memcpy(writer->seen.world_id, session->state.world_id, sizeof writer->seen.world_id);
    memcpy(writer->seen.stored, session->stored, sizeof writer->seen.stored);
}

bool restored_is_over(const struct writer *writer)
{
    return writer->torn && writer_mono(writer).us >= writer->quiet_until.us;
}

/* Of the five tables, are some those from before that of the streams was made anew? */
static bool more_to_come(const struct store_ages *was, const struct store_ages *are)
{
    bool more = false;
    if (was->streams == 0 || are->streams == 0 || was->streams == are->streams)
        return false;
    for (unsigned i = 0; i < SCHEMA_TABLES; i++) {
        bool same = are->tables[i] == was->tables[i] && are->tables[i] < are->streams - 1;
        more = more || same || are->tables[i] == 0;
    }
    return more;
}

int restored_look(struct writer *writer, struct fault *fault)
{
    struct store_ages ages;
    mono_time now = writer_mono(writer);
    int result = store_ages(writer->session.store, &ages, fault);
    if (result < 0)
        return result;
    bool more = more_to_come(&writer->ages, &ages);
    if (more && writer->restoring_until.us == 0)
        writer->restoring_until.us = now.us + LONGEST_US;
    if (more && now.us < writer->restoring_until.us) {
        writer->quiet_until.us = now.us + QUIET_US;
        writer->torn = true;
        return 0;
    }
    writer->restoring_until.us = 0;
    if (ages.streams != 0 && writer->ages.streams != 0 && ages.streams != writer->ages.streams)
        writer->torn = true;
    if (ages.streams != 0) /* else it is being made anew just now */
        writer->ages = ages;
    return 0;
}
