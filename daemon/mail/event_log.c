#include "mail/event_log.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"

#define NUMBER_MAX 24
#define NAME_MAX   48
#define TEXT_MAX   1200
#define FIELDS_MAX (2 * STREAM_COUNT + 10) /* the last one ends the list */
static_assert(FIELDS_MAX - 1 <= JOURNAL_FIELDS_MAX, "no field of a message is left out");

struct fields {
    struct journal_field list[FIELDS_MAX];
    unsigned count;
    char numbers[STREAM_COUNT + 3][NUMBER_MAX];
    unsigned numbers_used;
    char names[STREAM_COUNT][NAME_MAX];
    char time[TIME_TEXT_MAX];
};

static void add_text(struct fields *fields, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        fields->list[fields->count++] = (struct journal_field){name, value};
}

static void add_number(struct fields *fields, const char *name, int64_t value)
{
    char *text = fields->numbers[fields->numbers_used++];
    (void)snprintf(text, NUMBER_MAX, "%" PRId64, value);
    add_text(fields, name, text);
}

static void add_streams(struct fields *fields, unsigned streams)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i)
            add_text(fields, "CREDD_STREAM", stream_info((enum stream_id)i)->name);
}

static void add_rows_of(struct fields *fields, const int64_t *rows)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        char *name = fields->names[i];
        (void)snprintf(name, NAME_MAX, "CREDD_ROWS_%s", stream_info((enum stream_id)i)->name);
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        add_number(fields, name, rows[i]);
    }
}

static void add_peer(struct fields *fields, const struct actor *peer)
{
    if (peer->uid < 0)
        return;
    add_number(fields, "CREDD_PEER_UID", peer->uid);
    add_number(fields, "CREDD_PEER_PID", peer->pid);
    add_text(fields, "CREDD_PEER_USER", peer->user);
}

static void make_fields(struct fields *fields, const struct event_about *about)
{
    fields->count = fields->numbers_used = 0;
    if (about->has_time)
        add_text(fields, "CREDD_WORLD_TIME", time_text(about->at.s, fields->time));
    add_streams(fields, about->streams);
    if (about->has_rows)
        add_number(fields, "CREDD_ROWS", about->rows);
    if (about->rows_of != NULL)
        add_rows_of(fields, about->rows_of);
    add_text(fields, "CREDD_JOB", about->job);
    if (about->peer != NULL)
        add_peer(fields, about->peer);
    add_text(fields, "CREDD_REASON", about->reason);
    add_text(fields, "CREDD_WORLD", about->world_id);
    add_text(fields, "CREDD_METHOD", about->method);
    fields->list[fields->count] = (struct journal_field){NULL, NULL};
}

void event_log(struct journal *journal, enum message_id id, const struct event_about *about,
               const char *format, ...)
{
    struct fields fields;
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    make_fields(&fields, about);
    journal_say(journal, id, fields.list, "%s", text);
}

char *event_log_who(const struct actor *peer, char out[EVENT_LOG_WHO_MAX])
{
    const char *user = peer->user[0] != '\0' ? peer->user : "credd";
    if (peer->uid < 0)
        (void)snprintf(out, EVENT_LOG_WHO_MAX, "%.39s", user);
    else
        (void)snprintf(out, EVENT_LOG_WHO_MAX, "%.39s (uid %" PRId64 ", pid %" PRId64 ")", user,
                       peer->uid, peer->pid);
    return out;
}

void event_log_act(struct journal *journal, const struct act *act, const world_time *at)
{
    const struct act_info *info = act_info(act->kind);
    char text[STORE_PARAMETERS_MAX], who[EVENT_LOG_WHO_MAX], time[TIME_TEXT_MAX] = "";
    if (info->message == MESSAGE_COUNT)
        return;
    (void)act_say(act, text);
    if (at != NULL)
        (void)time_text(at->s, time);
    bool said = strstr(text, time) != NULL; /* as of an advance; "" is in every text */
    event_log(
        journal, info->message,
        &(struct event_about){.streams = act_streams(act),
                              .has_time = at != NULL,
                              .at = at != NULL ? *at : WORLD_TIME_FIRST,
                              .job = act->kind == ACT_ADVANCE ? job_kind_name(JOB_ADVANCE) : NULL,
                              .peer = &act->by,
                              .reason = act->reason},
        "%s%s%s, by %s%s%s", text, said ? "" : " at ", said ? "" : time,
        event_log_who(&act->by, who), act->reason[0] != '\0' ? ": " : "", act->reason);
}
