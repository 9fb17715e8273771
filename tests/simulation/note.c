#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/event_log.h"
#include "simulation/play.h"

static void keep(struct play *play, const char *line)
{
    size_t length = strlen(line);
    if (play->trace) {
        (void)puts(line);
        return;
    }
    if (play->trail_used + length + 2 > TRAIL_MAX) {
        size_t half = TRAIL_MAX / 2;
        const char *at = memchr(play->trail + half, '\n', play->trail_used - half);
        size_t from = at != NULL ? (size_t)(at - play->trail) + 1 : play->trail_used;
        memmove(play->trail, play->trail + from, play->trail_used - from);
        play->trail_used -= from;
    }
    memcpy(play->trail + play->trail_used, line, length);
    play->trail[play->trail_used + length] = '\n';
    play->trail_used += length + 1;
    play->trail[play->trail_used] = '\0';
}

void play_trace(struct play *play, const char *format, ...)
{
    char line[700];
    va_list args;
    if (!play->trace && play->trail == NULL)
        return;
    size_t used = (size_t)snprintf(line, sizeof line, "%9.3f ", (double)play->now_us / 1e6);
    va_start(args, format);
    (void)vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    keep(play, line);
}

void play_fail(struct play *play, const char *check, const char *format, ...)
{
    va_list args;
    if (play->failed)
        return;
    play->failed = true;
    (void)snprintf(play->check, sizeof play->check, "%s", check);
    va_start(args, format);
    (void)vsnprintf(play->why, sizeof play->why, format, args);
    va_end(args);
}

/* --- the journal of a daemon: its lines are counted --- */

static int64_t peer_of(const struct journal_field *fields)
{
    for (; fields != NULL && fields->name != NULL; fields++)
        if (strcmp(fields->name, "CREDD_PEER_PID") == 0 && fields->value != NULL)
            return strtoll(fields->value, NULL, 10);
    return 0;
}

void __wrap_journal_say(struct journal *journal, enum message_id id,
                        const struct journal_field *fields, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void __wrap_journal_say(struct journal *journal, enum message_id id,
                        const struct journal_field *fields, const char *format, ...)
{
    struct host *host = (struct host *)(void *)journal; /* as host_start() gave it */
    char text[400];
    va_list args;
    host->lines++;
    asking_told(host->play, peer_of(fields), id);
    if (!host->play->trace && host->play->trail == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    play_trace(host->play, "%s says: %.300s", host->owner, text);
}
