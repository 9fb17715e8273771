/* Verify: the database against the promises. Each table is read once in key order beside the rows
 * that the model says it holds; what differs is a finding, or a note where others may well have
 * changed it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/verify_parts.h"
#include "base/mem.h"
#include "clock/span.h"

static int check_clock(struct audit *audit)
{
    const struct world_state *state = &audit->session->state;
    char time[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
    int result = 0;
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        if (world_before(audit->now, state->streams[i].watermark))
            result = verify_find(
                audit, "future", SCHEMA_STREAM, stream_info((enum stream_id)i)->name, false,
                "the watermark is %s, after world time %s",
                time_text(state->streams[i].watermark.s, time), time_text(audit->now.s, now));
    return result;
}

/* A stream that its table has stopped lacks rows, which nobody deleted. */
static int check_obstacles(struct audit *audit)
{
    int result = 0;
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++) {
        char time[TIME_TEXT_MAX];
        if (audit->job->obstacles[i][0] != '\0')
            result = verify_find(audit, "stopped", stream_info((enum stream_id)i)->name, "", false,
                                 "nothing is written after %s: %s",
                                 time_text(audit->session->state.streams[i].watermark.s, time),
                                 audit->job->obstacles[i]);
    }
    return result;
}

/* What the application made of the tables is its business: notes, whatever it is. What credd itself
 * could not write for it is told as an obstacle. */
static int note_difference(void *context, const struct store_difference *difference)
{
    struct audit *audit = context;
    if (difference->rows)
        return 0;
    const struct schema_table *table = schema_readable(difference->table);
    return verify_find(audit, "schema", table != NULL ? table->name : "", difference->part, true,
                       "%s", difference->text);
}

static int note_differences(struct audit *audit)
{
    return store_differences(audit->session->store, audit->job->rules.fills, note_difference, audit,
                             audit->fault);
}

static int note_model(struct audit *audit)
{
    if (audit->session->world != NULL)
        return 0;
    return verify_find(audit, "model", "", "", true,
                       "this world was made by model %" PRId64
                       ", not by model %d of this version: only the counts of its rows are "
                       "checked, not what they say",
                       audit->session->state.model, WORLD_MODEL);
}

/* A table without one of its columns, or that is away, cannot be read either: why is told already.
 */
static int check_table(struct audit *audit, enum stream_id stream)
{
    int result = verify_table(audit, stream);
    if (result != -EPROTO || audit->job->obstacles[stream][0] == '\0')
        return result;
    audit->unread |= 1u << stream;
    return 0;
}

int verify_world(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    struct session *session = reader_session(reader);
    struct audit *audit = MEM_NEW(struct audit);
    audit->reader = reader;
    audit->job = job;
    audit->fault = fault;
    audit->session = session;
    memcpy(audit->world_id, session->state.world_id, sizeof audit->world_id);
    int result = verify_read_time(audit);
    if (result == 0)
        result = check_clock(audit);
    if (result == 0)
        result = check_obstacles(audit);
    if (result == 0)
        result = note_model(audit);
    if (result == 0)
        result = note_differences(audit);
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        result = check_table(audit, (enum stream_id)i);
    bool steps = (audit->unread & 1u << STREAM_LOAN_APPLICATIONS) == 0;
    if (result == 0 && steps)
        result = verify_steps(audit);
    if (result == 0 && steps)
        result = verify_moves(audit);
    if (result == 0 && (audit->unread & 1u << STREAM_CUSTOMERS) == 0)
        result = verify_changes(audit);
    if (result == 0 && session_follow(session, fault) >= 0 &&
        strcmp(audit->world_id, session->state.world_id) != 0)
        result = verify_replaced(audit);
    key_index_done(&audit->customers);
    key_index_done(&audit->applications);
    key_index_done(&audit->statuses);
    model_updates_done(&audit->updates);
    model_updates_done(&audit->later);
    free(audit);
    return result;
}
