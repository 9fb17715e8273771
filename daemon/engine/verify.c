/* Verify: the database against the promises. Each table is read once in key order beside the rows
 * that the model says it holds; what differs is a finding, or a note where others may well have
 * changed it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "engine/verify_parts.h"

static int replaced(struct audit *audit)
{
    return fault_set(audit->fault, -EPERM, "the world was replaced while it was read: ask again");
}

/* Rows of another world are no findings. */
static int same_world(struct audit *audit)
{
    char id[STORE_NAME_MAX];
    struct store_stream streams[STREAM_COUNT];
    size_t count = 0;
    int result =
        store_glance(audit->session->store, id, streams, STREAM_COUNT, &count, audit->fault);
    return result == 0 && strcmp(id, audit->world_id) != 0 ? replaced(audit) : result;
}

int verify_find(struct audit *audit, const char *check, const char *table, const char *key,
                bool note, const char *format, ...)
{
    char text[400];
    size_t i = 0;
    while (i < VERIFY_CHECKS_MAX - 1 && audit->told[i].check != NULL &&
           strcmp(audit->told[i].check, check) != 0)
        i++;
    audit->told[i].check = check;
    if (audit->told[i].count++ >= FINDINGS_TOLD_MAX && !note) {
        audit->job->findings++;
        return reader_alive(audit->reader, audit->job);
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    int result = same_world(audit);
    return result < 0
               ? result
               : reader_finding(audit->reader, audit->job, check, table, key, note, "%s", text);
}

int verify_read_time(struct audit *audit)
{
    int result = session_follow(audit->session, audit->fault);
    if (result < 0)
        return result;
    if (strcmp(audit->session->record.world_id, audit->world_id) != 0)
        return replaced(audit);
    wall_time wall = reader_wall(audit->reader);
    audit->now = world_later(audit->now, clock_now(&audit->session->record.clock, wall));
    audit->latest = world_later(audit->now, (world_time){wall.us / 1000000});
    return 0;
}

static int check_clock(struct audit *audit)
{
    const struct record *record = &audit->session->record;
    char time[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
    int result = 0;
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        if (world_before(audit->now, record->streams[i].watermark))
            result = verify_find(
                audit, "future", SCHEMA_STREAM, stream_info((enum stream_id)i)->name, false,
                "the watermark is at %s, world time at %s",
                time_text(record->streams[i].watermark.s, time), time_text(audit->now.s, now));
    return result;
}

int verify_world(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    struct session *session = reader_session(reader);
    struct audit *audit = MEM_NEW(struct audit);
    audit->reader = reader;
    audit->job = job;
    audit->fault = fault;
    audit->session = session;
    memcpy(audit->world_id, session->record.world_id, sizeof audit->world_id);
    int result = verify_read_time(audit);
    if (result == 0)
        result = check_clock(audit);
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++)
        result = verify_table(audit, (enum stream_id)i);
    if (result == 0)
        result = verify_steps(audit);
    if (result == 0)
        result = verify_moves(audit);
    if (result == 0 && session_follow(session, fault) >= 0 &&
        strcmp(audit->world_id, session->record.world_id) != 0)
        result = replaced(audit);
    roster_done(&audit->customers);
    roster_done(&audit->applications);
    roster_done(&audit->statuses);
    free(audit);
    return result;
}
