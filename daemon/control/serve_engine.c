/* The commands that the engine carries out. */
#include <stddef.h>
#include <stdio.h>

#include "clock/clock.h"
#include "control/relay.h"

#define HISTORY_DEFAULT 20
#define HISTORY_MAX     1000

/* --- acts: a command's parameters are those of its act --- */

#define FIELDS_MAX 4

/* A parameter of a kind, and where it goes. */
struct act_field {
    const char *name;
    enum credd_kind kind;
    size_t offset; /* in struct act */
    int64_t most;  /* FACTOR: in millionths */
};

static const struct act_command {
    enum credd_command command;
    enum act_kind kind;
    struct act_field fields[FIELDS_MAX];
} act_commands[] = {
    {CREDD_COMMAND_PAUSE,
     ACT_PAUSE,
     {{"streams", CREDD_KIND_STREAMS, offsetof(struct act, pause.streams), 0},
      {"for", CREDD_KIND_SPAN, offsetof(struct act, pause.for_us), 0}}},
    {CREDD_COMMAND_RESUME,
     ACT_RESUME,
     {{"streams", CREDD_KIND_STREAMS, offsetof(struct act, resume.streams), 0},
      {"skip", CREDD_KIND_FLAG, offsetof(struct act, resume.skip), 0}}},
    {CREDD_COMMAND_SPEED,
     ACT_SPEED,
     {{"factor", CREDD_KIND_FACTOR, offsetof(struct act, speed.factor), CLOCK_SPEED_MAX}}},
    {CREDD_COMMAND_TEMPO,
     ACT_TEMPO,
     {{"stream", CREDD_KIND_STREAM, offsetof(struct act, tempo.stream), 0},
      {"factor", CREDD_KIND_FACTOR, offsetof(struct act, tempo.factor), WORLD_TEMPO_MAX},
      {"for", CREDD_KIND_SPAN, offsetof(struct act, tempo.for_us), 0}}},
};

static enum stream_id only_stream(unsigned streams)
{
    unsigned i = 0;
    while (i + 1 < STREAM_COUNT && !(streams & 1u << i))
        i++;
    return (enum stream_id)i;
}

/* False if what was given makes no sense; `ret_wrong` says why. */
static bool fill(const struct act_field *field, const struct parameters *given, struct act *act,
                 char ret_wrong[64])
{
    void *to = (char *)act + field->offset;
    bool fine = true;
    switch (field->kind) {
    case CREDD_KIND_STREAMS: *(unsigned *)to = given->streams; break;
    case CREDD_KIND_STREAM: *(enum stream_id *)to = only_stream(given->streams); break;
    case CREDD_KIND_FLAG: *(bool *)to = given->flag; break;
    case CREDD_KIND_TIME: *(world_time *)to = given->time; break;
    case CREDD_KIND_NUMBER: *(int64_t *)to = given->number; break;
    case CREDD_KIND_SPAN: /* 0 would mean for good */
        *(int64_t *)to = given->span_us;
        fine = !given->has_span || given->span_us > 0;
        (void)snprintf(ret_wrong, 64, "must be longer than zero");
        break;
    case CREDD_KIND_FACTOR:
        *(int64_t *)to = given->factor;
        fine = given->factor <= field->most;
        (void)snprintf(ret_wrong, 64, "must be at most %lld", (long long)(field->most / 1000000));
        break;
    default: break;
    }
    return fine;
}

static void serve_act(struct call *call)
{
    struct request request = relay_request(call, REQUEST_ACT);
    const struct act_command *command = act_commands;
    char wrong[64];
    while (command->command != call->command->id)
        command++;
    request.act = (struct act){.kind = command->kind};
    for (size_t i = 0; i < FIELDS_MAX && command->fields[i].name != NULL; i++)
        if (!fill(&command->fields[i], &call->parameters, &request.act, wrong)) {
            call_invalid(call, command->fields[i].name, wrong);
            return;
        }
    relay(call, &request);
}

#define SERVE_ACT(method)                  \
    void serve_##method(struct call *call) \
    {                                      \
        serve_act(call);                   \
    }
SERVE_ACT(Pause)
SERVE_ACT(Resume)
SERVE_ACT(Speed)
SERVE_ACT(Tempo)

/* --- jobs --- */

void serve_Refresh(struct call *call)
{
    struct request request = relay_request(call, REQUEST_REFRESH);
    request.refresh.streams = call->parameters.streams;
    relay(call, &request);
}

void serve_Reset(struct call *call)
{
    const struct parameters *given = &call->parameters;
    struct request request = relay_request(call, REQUEST_RESET);
    request.reset = (struct reset_job){.has_seed = given->has_number,
                                       .seed = (uint64_t)given->number,
                                       .keep_clock = given->flag,
                                       .has_start = given->has_time,
                                       .start = given->time,
                                       .plain = given->second_flag,
                                       .wait_us = given->span_us};
    if (given->has_span && given->span_us == 0)
        request.reset.wait_us = 1; /* one attempt; 0 would be the engine's default */
    relay(call, &request);
}

void serve_Advance(struct call *call)
{
    const struct parameters *given = &call->parameters;
    struct request request = relay_request(call, REQUEST_ADVANCE);
    request.advance = (struct advance_job){.relative = !given->has_time,
                                           .span_s = given->span_us / 1000000,
                                           .to = given->time,
                                           .clock_only = given->flag,
                                           .if_later = given->second_flag};
    relay(call, &request);
}

void serve_Adopt(struct call *call)
{
    struct request request = relay_request(call, REQUEST_ADOPT);
    request.reset.check_only = call->parameters.flag;
    if (call->parameters.flag)
        call->list = json_array();
    relay(call, &request);
}

void serve_Cancel(struct call *call)
{
    struct request request = relay_request(call, REQUEST_CANCEL);
    relay(call, &request);
}

/* --- what only reads --- */

void serve_Verify(struct call *call)
{
    struct request request = relay_request(call, REQUEST_VERIFY);
    request.audit = (struct audit_task){.kind = AUDIT_VERIFY,
                                        .digest = call->parameters.flag,
                                        .realism = call->parameters.second_flag};
    relay(call, &request);
}

void serve_Export(struct call *call)
{
    struct request request = relay_request(call, REQUEST_EXPORT);
    request.audit = (struct audit_task){.kind = AUDIT_EXPORT,
                                        .streams = call->parameters.streams,
                                        .has_since = call->parameters.has_time,
                                        .since = call->parameters.time};
    relay(call, &request);
}

void serve_Watch(struct call *call)
{
    struct request request = relay_request(call, REQUEST_WATCH);
    request.watch = call->parameters.streams;
    relay(call, &request);
}

void serve_Wait(struct call *call)
{
    const struct parameters *given = &call->parameters;
    struct request request = relay_request(call, REQUEST_WAIT);
    bool rows = given->has_number, more = given->has_second_number;
    if (rows == more && given->streams != 0) {
        call_invalid(call, "stream",
                     rows ? "--rows and --new cannot be combined" : "needs --rows N or --new N");
        return;
    }
    if (given->streams == 0 && (rows || more)) {
        call_invalid(call, rows ? "rows" : "new", "needs a STREAM");
        return;
    }
    bool any = given->has_time || rows || more;
    request.waiting = (struct waiting){.ready = given->flag || !any,
                                       .has_until = given->has_time,
                                       .until = given->time,
                                       .has_rows = rows || more,
                                       .stream = only_stream(given->streams),
                                       .rows = more ? given->second_number : given->number,
                                       .more = more};
    relay(call, &request);
}

void serve_History(struct call *call)
{
    struct request request = relay_request(call, REQUEST_HISTORY);
    request.audit.kind = AUDIT_HISTORY;
    if (!call->parameters.has_number)
        call->parameters.number = HISTORY_DEFAULT;
    if (call->parameters.number < 1 || call->parameters.number > HISTORY_MAX) {
        call_invalid(call, "count", "must be between 1 and 1000");
        return;
    }
    call->list = json_array();
    relay(call, &request);
}
