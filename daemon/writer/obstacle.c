/* Writer: streams whose table rejects their rows: they stand at their watermark, and with
 * them those that need them, until it does. The others go on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "mail/event_log.h"
#include "writer/writer_parts.h"

#define AGAIN_US INT64_C(5000000) /* between two tries */

static struct event_about about(const struct writer *writer, enum stream_id stream)
{
    const struct session *session = &writer->session;
    return (struct event_about){
        .streams = 1u << stream, .has_time = true, .at = session->state.streams[stream].watermark};
}

static void show(struct writer *writer, enum stream_id stream)
{
    writer_lock(writer);
    memcpy(writer->shown.obstacles[stream], writer->obstacles[stream].text,
           sizeof writer->shown.obstacles[stream]);
    writer_unlock(writer);
    mailbox_put_snapshot(writer->mailbox);
}

static bool is_met(const struct writer *writer, enum stream_id stream)
{
    return writer->obstacles[stream].text[0] != '\0';
}

void obstacle_meet(struct writer *writer, enum stream_id stream, const struct fault *fault)
{
    struct obstacle *obstacle = &writer->obstacles[stream];
    const struct world_state *state = &writer->session.state;
    char time[TIME_TEXT_MAX];
    bool news = strcmp(obstacle->text, fault->text) != 0;
    obstacle->at = state->streams[stream].watermark;
    obstacle->again.us = writer_mono(writer).us + AGAIN_US;
    obstacle->tries = false;
    memcpy(obstacle->world_id, state->world_id, sizeof obstacle->world_id);
    memcpy(obstacle->text, fault->text, sizeof obstacle->text);
    if (!news)
        return;
    show(writer, stream);
    const struct event_about of = about(writer, stream);
    event_log(writer->journal, MESSAGE_STREAM_STOPPED, &of,
              "%s is stopped at %s: %s; credd keeps retrying", stream_info(stream)->name,
              time_text(obstacle->at.s, time), obstacle->text);
}

/* What lay behind the watermark was written, or is not to be written any more. */
void obstacle_look(struct writer *writer)
{
    const struct world_state *state = &writer->session.state;
    for (unsigned i = 0; i < STREAM_COUNT && writer->session.has_world; i++) {
        struct obstacle *obstacle = &writer->obstacles[i];
        bool same = strcmp(obstacle->world_id, state->world_id) == 0;
        if (same) /* the clock or a backup may have taken it back */
            obstacle->at = world_earlier(obstacle->at, state->streams[i].watermark);
        if (!is_met(writer, (enum stream_id)i) ||
            (same && !world_before(obstacle->at, state->streams[i].watermark)))
            continue;
        *obstacle = (struct obstacle){.text = ""};
        show(writer, (enum stream_id)i);
        const struct event_about of = about(writer, (enum stream_id)i);
        event_log(writer->journal, MESSAGE_STREAM_GOES_ON, &of,
                  "%s continues: its table accepts rows again",
                  stream_info((enum stream_id)i)->name);
    }
}

/* `streams` and, if customers is among them, those that need it. */
static unsigned with_dependents(unsigned streams)
{
    for (unsigned i = 0; streams & 1u << STREAM_CUSTOMERS && i < STREAM_COUNT; i++)
        if (stream_info((enum stream_id)i)->needs_customers)
            streams |= 1u << i;
    return streams;
}

unsigned obstacle_stopped(const struct writer *writer)
{
    unsigned met = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        met |= is_met(writer, (enum stream_id)i) ? 1u << i : 0;
    return with_dependents(met);
}

bool obstacle_waits(const struct writer *writer, enum stream_id stream)
{
    const struct obstacle *obstacle = &writer->obstacles[stream];
    return is_met(writer, stream) && !obstacle->tries &&
           writer_mono(writer).us < obstacle->again.us;
}

unsigned obstacle_leaves(const struct writer *writer, unsigned streams)
{
    const struct stream_state *states = writer->session.state.streams;
    bool customers = obstacle_waits(writer, STREAM_CUSTOMERS);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        bool behind = stream_info((enum stream_id)i)->needs_customers && customers &&
                      !world_before(states[i].watermark, states[STREAM_CUSTOMERS].watermark);
        if (behind || obstacle_waits(writer, (enum stream_id)i))
            streams &= ~(1u << i);
    }
    return streams;
}

void obstacle_owe(struct writer *writer, unsigned streams, world_time to)
{
    streams &= obstacle_stopped(writer);
    if (streams == 0)
        return;
    writer->owed_to = writer->owed != 0 ? world_later(writer->owed_to, to) : to;
    writer->owed |= streams;
}

void obstacle_try(struct writer *writer)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        writer->obstacles[i].tries = true;
}

/* What is owed comes as soon as it can, whether a run is due or not. */
void obstacle_retry(struct writer *writer)
{
    mono_time now = writer_mono(writer);
    unsigned again = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct obstacle *obstacle = &writer->obstacles[i];
        if (!is_met(writer, (enum stream_id)i) || now.us < obstacle->again.us)
            continue;
        obstacle->tries = true;
        obstacle->again.us = now.us + AGAIN_US;
        again |= 1u << i;
    }
    unsigned free = writer->owed & ~obstacle_stopped(writer);
    unsigned due = free | (with_dependents(again) & writer->owed);
    writer->owed &= ~free;
    if (due != 0)
        writer_add_due(writer, due, writer->owed_to);
}

int obstacle_fault(const struct writer *writer, unsigned streams, world_time to,
                   struct fault *fault)
{
    unsigned stopped = obstacle_stopped(writer) & streams;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_state *of = &writer->session.state.streams[i];
        if (!(stopped & 1u << i) || of->paused || !world_before(of->watermark, to))
            continue;
        enum stream_id by =
            is_met(writer, (enum stream_id)i) ? (enum stream_id)i : STREAM_CUSTOMERS;
        return fault_set(fault, -EPROTOTYPE, "%s", writer->obstacles[by].text);
    }
    return 0;
}
