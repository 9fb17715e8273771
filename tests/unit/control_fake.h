/* control_fake.h - an engine, a configuration and a journal that do what a test says, in place of
 * the real ones. */
#ifndef CREDD_TEST_CONTROL_FAKE_H
#define CREDD_TEST_CONTROL_FAKE_H

#include <stdio.h>
#include <string.h>

#include "control_checks.h"
#include "engine/engine.h"
#include "engine/verdict.h"
#include "service/journal.h"

struct open_request {
    struct request_callbacks callbacks;
};

static struct {
    struct request ask;
    struct open_request open;
    struct request_end end;
    bool keeps; /* the ask goes on until fake_end() */
    int asks, withdrawn, mores, said;
    enum message_id last_message;
    char last_text[512];
    struct summary report;
} fake;

struct open_request *engine_request(struct engine *engine, const struct request *asked,
                                    const struct request_callbacks *callbacks)
{
    (void)engine;
    fake.asks++;
    fake.ask = *asked;
    fake.open.callbacks = *callbacks;
    if (fake.keeps)
        return &fake.open;
    callbacks->end(callbacks->context, &fake.end);
    return NULL;
}

void engine_withdraw(struct open_request *request)
{
    assert_ptr_equal(request, &fake.open);
    fake.withdrawn++;
}

void engine_more(struct open_request *request)
{
    assert_ptr_equal(request, &fake.open);
    fake.mores++;
}

void engine_summary(const struct engine *engine, struct summary *ret_summary)
{
    (void)engine;
    *ret_summary = fake.report;
}

size_t engine_schedule(const struct engine *engine, enum stream_id stream, world_time *ret_runs,
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

const char *verdict_name(enum verdict verdict)
{
    return verdict == VERDICT_BEHIND ? "behind" : "fresh";
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

static inline bool fake_news(const struct news *news)
{
    assert_non_null(fake.open.callbacks.news);
    return fake.open.callbacks.news(fake.open.callbacks.context, news);
}

static inline void fake_end(enum request_result result, const char *text)
{
    fake.end.result = result;
    (void)snprintf(fake.end.text, sizeof fake.end.text, "%s", text);
    fake.open.callbacks.end(fake.open.callbacks.context, &fake.end);
}

#endif
