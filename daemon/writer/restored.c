/* Writer: notices that a backup is being put back under the running daemon, and rests until all of
 * its tables are there: rows written in between would go with the table that comes next.
 *
 * A watermark that went back, or a table of credd's own that was made anew, begins a rest
 * (quiet_until), which goes on while tables are still to come. What was read until then may be of
 * two states (torn): once the rest is over the world is read as a whole, and work goes on. */
#include <string.h>

#include "writer/writer_parts.h"

/* How long to rest after the last sign of a restore. */
#define QUIET_US INT64_C(3000000)
/* If no table was made anew for so long, the restore is over although it left some out. */
#define LONGEST_US INT64_C(900000000)

static void rest(struct writer *writer)
{
    writer->quiet_until.us = writer_mono(writer).us + QUIET_US;
    writer->torn = true;
}

void restored_see(struct writer *writer)
{
    if (!writer->session.has_world)
        return;
    if (session_was_replaced(&writer->session, &writer->seen)) {
        rest(writer);
        writer->restored++;
    }
    writer->seen = session_extent_of(&writer->session);
}

bool restored_is_over(const struct writer *writer)
{
    return writer->torn && writer_mono(writer).us >= writer->quiet_until.us;
}

/* Some of the five tables are missing, or older than credd's own, which were made anew.
 */
static bool more_to_come(const struct store_ages *was, const struct store_ages *are)
{
    bool more = false;
    if (was->own == 0 || are->own == 0 || was->own == are->own)
        return false;
    for (unsigned i = 0; i < SCHEMA_TABLES; i++) {
        bool same = are->tables[i] == was->tables[i] && are->tables[i] < are->own - 1;
        more = more || same || are->tables[i] == 0;
    }
    return more;
}

void restored_begin(struct writer *writer)
{
    if (writer->ages.own == 0)
        writer->ages = writer->session.ages;
}

int restored_renewed(struct writer *writer, struct fault *fault)
{
    struct store_ages ages;
    int result = store_ages(writer->session.store, &ages, fault);
    if (result < 0)
        return result;
    writer->ages = writer->last_ages = ages;
    writer->session.made = writer->seen.made = ages.own;
    return 0;
}

int restored_look(struct writer *writer, struct fault *fault)
{
    struct store_ages ages;
    struct session *session = &writer->session;
    mono_time now = writer_mono(writer);
    int result = store_ages(session->store, &ages, fault);
    if (result < 0)
        return result;
    if (memcmp(&ages, &writer->last_ages, sizeof ages) != 0) {
        writer->last_ages = ages;
        writer->restoring_until.us = now.us + LONGEST_US;
    }
    writer->restoring = more_to_come(&writer->ages, &ages) && now.us < writer->restoring_until.us;
    if (ages.own != 0 && session->made != 0 && ages.own != session->made)
        rest(writer);
    if (ages.own != 0) /* else it is being made anew just now */
        session->made = writer->seen.made = ages.own;
    if (writer->restoring)
        rest(writer);
    else if (ages.own != 0)
        writer->ages = ages;
    return 0;
}
