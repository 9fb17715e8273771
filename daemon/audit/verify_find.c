/* Verify: findings told, and the world time that they are judged by. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/verify_parts.h"

int verify_replaced(struct audit *audit)
{
    return fault_set(audit->fault, -EPERM, "the world was replaced while it was read; try again");
}

/* Rows of another world are no findings. */
static int same_world(struct audit *audit)
{
    char id[STORE_NAME_MAX];
    struct store_stream streams[STREAM_COUNT];
    size_t count = 0;
    int result =
        store_glance(audit->session->store, id, streams, STREAM_COUNT, &count, audit->fault);
    return result == 0 && strcmp(id, audit->world_id) != 0 ? verify_replaced(audit) : result;
}

int verify_find(struct audit *audit, const char *check, const char *table, const char *key,
                bool note, const char *format, ...)
{
    char text[512];
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
    if (audit->timed != 0 && audit->timed == audit->job->pages)
        return 0;
    int result = session_follow(audit->session, audit->fault);
    if (result < 0)
        return result;
    if (strcmp(audit->session->state.world_id, audit->world_id) != 0)
        return verify_replaced(audit);
    wall_time wall = reader_wall(audit->reader);
    audit->now = world_later(audit->now, clock_now(&audit->session->state.clock, wall));
    audit->latest = world_later(audit->now, (world_time){wall.us / 1000000});
    audit->timed = audit->job->pages;
    return 0;
}
