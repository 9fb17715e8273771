#include "engine/tell.h"

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

static void add_peer(struct fields *fields, const struct engine_peer *peer)
{
    if (peer->uid < 0)
        return;
    add_number(fields, "CREDD_PEER_UID", peer->uid);
    add_number(fields, "CREDD_PEER_PID", peer->pid);
    add_text(fields, "CREDD_PEER_USER", peer->user);
}

static void make_fields(struct fields *fields, const struct tell *about)
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

void tell(struct journal *journal, enum message_id id, const struct tell *about, const char *format,
          ...)
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

char *tell_who(const struct engine_peer *peer, char out[TELL_WHO_MAX])
{
    const char *user = peer->user[0] != '\0' ? peer->user : "credd";
    if (peer->uid < 0)
        (void)snprintf(out, TELL_WHO_MAX, "%.39s", user);
    else
        (void)snprintf(out, TELL_WHO_MAX, "%.39s (uid %" PRId64 ", pid %" PRId64 ")", user,
                       peer->uid, peer->pid);
    return out;
}

/* --- operations --- */

static enum message_id message_of(enum operation_kind kind)
{
    switch (kind) {
    case OPERATION_PAUSE: return MESSAGE_PAUSED;
    case OPERATION_RESUME: return MESSAGE_RESUMED;
    case OPERATION_SPEED: return MESSAGE_SPEED_CHANGED;
    case OPERATION_TEMPO: return MESSAGE_TEMPO_CHANGED;
    case OPERATION_SWITCH: return MESSAGE_STREAM_SWITCHED;
    case OPERATION_ADVANCE: return MESSAGE_ADVANCED;
    case OPERATION_STEPPED: return MESSAGE_CLOCK_STEPPED;
    case OPERATION_RELOADED:
    case OPERATION_RESTARTED:
    case OPERATION_KINDS: break; /* told otherwise, or not at all */
    }
    return MESSAGE_COUNT;
}

static void say_streams(unsigned streams, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s", streams == 0 ? "the world" : "");
    const char *between = "";
    for (unsigned i = 0; i < STREAM_COUNT && used < size; i++)
        if (streams & 1u << i) {
            used += (size_t)snprintf(out + used, size - used, "%s%s", between,
                                     stream_info((enum stream_id)i)->name);
            between = ", ";
        }
}

/* What of it does not go without saying: factor, duration, a gap. */
static void say_how(const struct operation *operation, char factor[32], char more[96])
{
    char span[SPAN_TEXT_MAX];
    bool factored = operation->kind == OPERATION_SPEED || operation->kind == OPERATION_TEMPO;
    factor[0] = more[0] = '\0';
    if (factored)
        (void)snprintf(factor, 32, " times %g", (double)operation->value / 1e6);
    if (operation->until.us != 0)
        (void)snprintf(more, 96, ", for %s",
                       span_text(operation->until.us - operation->wall.us, span));
    else if (operation->kind == OPERATION_RESUME && operation->skip)
        (void)snprintf(more, 96, ", leaving a gap");
    else if (operation->kind == OPERATION_ADVANCE && operation->value == OPERATION_CLOCK_ONLY)
        (void)snprintf(more, 96, ", the clock only");
}

void tell_operation(struct journal *journal, const struct operation *operation,
                    const world_time *at)
{
    enum message_id id = message_of(operation->kind);
    char what[160], factor[32], more[96], who[TELL_WHO_MAX], time[TIME_TEXT_MAX] = "";
    const char *name = operation_name(operation->kind);
    bool advance = operation->kind == OPERATION_ADVANCE;
    if (id == MESSAGE_COUNT)
        return;
    if (operation->kind == OPERATION_SWITCH && operation->value == 0)
        name = "disable";
    say_streams(operation->streams, what, sizeof what);
    say_how(operation, factor, more);
    if (at != NULL)
        (void)time_text(at->s, time);
    tell(journal, id,
         &(struct tell){.streams = operation->streams,
                        .has_time = at != NULL,
                        .at = at != NULL ? *at : WORLD_TIME_FIRST,
                        .job = advance ? job_kind_name(JOB_ADVANCE) : NULL,
                        .peer = &operation->peer,
                        .reason = operation->reason},
         "%s: %s%s%s%s%s, by %s%s%s", name, what, factor,
         at == NULL ? ""
         : advance  ? " to "
                    : " at ",
         time, more, tell_who(&operation->peer, who), operation->reason[0] != '\0' ? ": " : "",
         operation->reason);
}
