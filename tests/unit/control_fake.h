/* control_fake.h - an engine, a configuration and a journal that do what a test says, in place of
 * the real ones. */
#ifndef CREDD_TEST_CONTROL_FAKE_H
#define CREDD_TEST_CONTROL_FAKE_H

#include <stdio.h>
#include <string.h>

#include "control_checks.h"
#include "engine/engine.h"
#include "service/journal.h"

struct engine_ticket {
    struct engine_callbacks callbacks;
};

static struct {
    struct engine_ask ask;
    struct engine_ticket ticket;
    struct engine_end end;
    bool keeps; /* the ask goes on until fake_end() */
    int asks, withdrawn, mores, said;
    enum message_id last_message;
    char last_text[512];
    struct report report;
} fake;

struct engine_ticket *engine_ask(struct engine *engine, const struct engine_ask *ask,
                                 const struct engine_callbacks *callbacks)
{
    (void)engine;
    fake.asks++;
    fake.ask = *ask;
    fake.ticket.callbacks = *callbacks;
    if (fake.keeps)
        return &fake.ticket;
    callbacks->end(callbacks->context, &fake.end);
    return NULL;
}

void engine_withdraw(struct engine_ticket *ticket)
{
    assert_ptr_equal(ticket, &fake.ticket);
    fake.withdrawn++;
}

void engine_more(struct engine_ticket *ticket)
{
    assert_ptr_equal(ticket, &fake.ticket);
    fake.mores++;
}

void engine_report(struct engine *engine, struct report *ret_report)
{
    (void)engine;
    *ret_report = fake.report;
}

size_t engine_schedule(struct engine *engine, enum stream_id stream, world_time *ret_runs,
                       size_t count)
{
    (void)engine;
    for (size_t i = 0; i < count; i++)
        ret_runs[i] = (world_time){(int64_t)(stream + 1) * 3600 + (int64_t)i * 60};
    return count;
}

const char *database_state_name(enum database_state state)
{
    return state == DATABASE_READY ? "ready" : "down";
}

const char *job_kind_name(enum job_kind kind)
{
    return kind == JOB_ADVANCE ? "advance" : "tick";
}

void config_each(const struct config *config, config_visitor *visit, void *context)
{
    (void)config;
    visit(context, "world", "seed", "42", "default");
}

void journal_say(struct journal *journal, enum message_id id, const struct journal_field *fields,
                 const char *format, ...)
{
    va_list args;
    (void)journal, (void)fields;
    fake.said++;
    fake.last_message = id;
    va_start(args, format);
    (void)vsnprintf(fake.last_text, sizeof fake.last_text, format, args);
    va_end(args);
}

static inline bool fake_news(const struct engine_news *news)
{
    assert_non_null(fake.ticket.callbacks.news);
    return fake.ticket.callbacks.news(fake.ticket.callbacks.context, news);
}

static inline void fake_end(enum engine_result result, const char *text)
{
    fake.end.result = result;
    (void)snprintf(fake.end.text, sizeof fake.end.text, "%s", text);
    fake.ticket.callbacks.end(fake.ticket.callbacks.context, &fake.end);
}

#endif
