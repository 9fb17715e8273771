/* The commands that the engine carries out. */
#include <stdio.h>

#include "clock/clock.h"
#include "control/call.h"

#define HISTORY_DEFAULT 20
#define HISTORY_MAX     1000

/* A span of nothing would mean "for good" to the engine. */
static bool bad_span(struct call *call, const char *name)
{
    if (!call->parameters.has_span || call->parameters.span_us > 0)
        return false;
    call_invalid(call, name, "a time span of nothing");
    return true;
}

static bool bad_factor(struct call *call, int64_t largest)
{
    char text[64];
    if (call->parameters.factor <= largest)
        return false;
    (void)snprintf(text, sizeof text, "over %lld", (long long)(largest / 1000000));
    call_invalid(call, "factor", text);
    return true;
}

void serve_Pause(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_PAUSE);
    if (bad_span(call, "for"))
        return;
    call_ask(call, &ask);
}

void serve_Resume(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_RESUME);
    ask.skip = call->parameters.flag;
    call_ask(call, &ask);
}

void serve_Refresh(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_REFRESH);
    call_ask(call, &ask);
}

void serve_Reset(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_RESET);
    ask.has_seed = call->parameters.has_number;
    ask.seed = (uint64_t)call->parameters.number;
    ask.keep_clock = call->parameters.flag;
    if (call->parameters.has_span && ask.span_us == 0)
        ask.span_us = 1; /* one attempt; 0 would be the engine's default */
    call_ask(call, &ask);
}

void serve_Advance(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_ADVANCE);
    ask.has_to = call->parameters.has_time;
    ask.to_time = call->parameters.time;
    ask.clock_only = call->parameters.flag;
    call_ask(call, &ask);
}

void serve_Speed(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_SPEED);
    if (!bad_factor(call, CLOCK_SPEED_MAX))
        call_ask(call, &ask);
}

void serve_Tempo(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_TEMPO);
    if (!bad_span(call, "for") && !bad_factor(call, WORLD_TEMPO_MAX))
        call_ask(call, &ask);
}

void serve_Adopt(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_ADOPT);
    call_ask(call, &ask);
}

void serve_Cancel(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_CANCEL);
    call_ask(call, &ask);
}

void serve_Verify(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_VERIFY);
    ask.digest = call->parameters.flag;
    ask.realism = call->parameters.second_flag;
    call_ask(call, &ask);
}

void serve_Export(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_EXPORT);
    ask.has_since = call->parameters.has_time;
    ask.since = call->parameters.time;
    call_ask(call, &ask);
}

void serve_Watch(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_WATCH);
    call_ask(call, &ask);
}

void serve_History(struct call *call)
{
    struct engine_ask ask = call_ask_of(call, ENGINE_HISTORY);
    if (!call->parameters.has_number)
        call->parameters.number = HISTORY_DEFAULT;
    if (call->parameters.number < 1 || call->parameters.number > HISTORY_MAX) {
        call_invalid(call, "count", "not between 1 and 1000");
        return;
    }
    call->acts = json_array();
    call_ask(call, &ask);
}
