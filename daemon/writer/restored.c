/* Writer: notices that a backup is being put back under the running daemon, and rests until all of
 * its tables are there: rows written in between would go with the table that comes next. */
#include "writer/writer_parts.h"

/* Where an earlier state is all that can be seen, or the last table was just made. */
#define QUIET_US  INT64_C(3000000)
#define LONGEST_S 900 /* since it began */

void restored_see(struct writer *writer)
{
    if (!writer->session.has_world)
        return;
    if (session_was_replaced(&writer->session, &writer->seen)) {
        writer->quiet_until.us = writer_mono(writer).us + QUIET_US;
        writer->torn = true;
        writer->restored++;
    }
    writer->seen = session_extent_of(&writer->session);
}

bool restored_is_over(const struct writer *writer)
{
    return writer->torn && writer_mono(writer).us >= writer->quiet_until.us;
}

/* The marker is older than all tables that credd makes: where one is older than that, the marker
 * was put back and the table is still to be. A restore that left tables out is over at last. */
static bool more_to_come(const struct store_ages *ages)
{
    bool more = false;
    if (ages->marker == 0 || ages->now - ages->marker > LONGEST_S)
        return false;
    for (unsigned i = 0; i < SCHEMA_TABLES; i++)
        more = more || (ages->tables[i] != 0 && ages->tables[i] < ages->marker - 1);
    return more;
}

int restored_look(struct writer *writer, struct fault *fault)
{
    struct store_ages ages;
    int result = store_ages(writer->session.store, &ages, fault);
    if (result < 0)
        return result;
    writer->restoring = more_to_come(&ages);
    if (writer->restoring)
        writer->quiet_until.us = writer_mono(writer).us + QUIET_US;
    if (writer->restoring || ages.streams != writer->session.made)
        writer->torn = true;
    return 0;
}
