/* What operators ask for: one function for each kind of request. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/span.h"
#include "engine/engine_parts.h"

#define JOBS_MAX    64     /* that wait for the writer */
#define PROGRESS_US 100000 /* between two lines of progress */

static void end_now(struct open_request *request, enum request_result result, const char *parameter,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

static void end_now(struct open_request *request, enum request_result result, const char *parameter,
                    const char *format, ...)
{
    struct request_end end = {.result = result, .parameter = parameter};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(end.text, sizeof end.text, format, args);
    va_end(args);
    request_end(request, &end);
}

static void tell(struct open_request *request, enum news_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct open_request *request, enum news_kind kind, const char *format, ...)
{
    struct news news = {.kind = kind};
    va_list args;
    if (request->withdrawn || request->callbacks.news == NULL)
        return;
    va_start(args, format);
    (void)vsnprintf(news.text, sizeof news.text, format, args);
    va_end(args);
    (void)request->callbacks.news(request->callbacks.context, &news);
}

/* Refuses what the database or the world's state do not allow now. */
static bool usable(struct open_request *request)
{
    const struct engine *engine = request->engine;
    bool ready = engine->snapshot.state == DATABASE_READY;
    if (ready && engine->has_world)
        return true;
    end_now(request, RESULT_REFUSED, NULL, "the database is not available: %s",
            ready ? "there is no world yet" : engine->snapshot.detail);
    return false;
}

static const char *held_by(const struct world_state *shown)
{
    return world_state_can_go_on(shown) ? "the clock is held: " : "";
}

static bool running(struct open_request *request)
{
    const struct world_state *shown = &request->engine->shown;
    if (!shown->clock.paused && !shown->clock.held)
        return true;
    if (shown->clock.held)
        end_now(request, RESULT_REFUSED, NULL, "%s%s", held_by(shown), shown->held_why);
    else
        end_now(request, RESULT_REFUSED, NULL,
                "the world is paused by %s%s%s; run 'credctl resume' first", shown->paused_by,
                shown->reason[0] != '\0' ? ": " : "", shown->reason);
    return false;
}

/* --- acts --- */

static bool is_draining(const struct open_request *request)
{
    const struct snapshot *snapshot = &request->engine->snapshot;
    return snapshot->in_batch && (request_streams(&request->asked) & snapshot->batch_streams) != 0;
}

/* Takes effect at once, whatever the database does. An asker who hears news is answered when the
 * batch in progress has ended. */
static void answer_pause(struct open_request *request, const struct act_taken *taken)
{
    shown_look(request->engine);
    struct request_end end = {.result = RESULT_DONE, .batch_in_hand = is_draining(request)};
    if (taken->unsaved)
        (void)snprintf(end.text, sizeof end.text, "paused, but a crash would lose the pause: %s",
                       taken->why.text);
    if (request->callbacks.news == NULL || !end.batch_in_hand) {
        request_end(request, &end);
        return;
    }
    request->draining = true;
    memcpy(request->drained, end.text, sizeof request->drained);
    tell(request, NEWS_PROGRESS, "paused; waiting for the batch in progress");
}

/* Why streams that are not paused stand all the same; "" if they do not. */
static void say_still(const struct world_state *shown, char *out, size_t size)
{
    out[0] = '\0';
    if (shown->clock.held)
        (void)snprintf(out, size, "%s%s", held_by(shown), shown->held_why);
    else if (shown->clock.paused)
        (void)snprintf(out, size, "the world is paused by %s%s%s", shown->paused_by,
                       shown->reason[0] != '\0' ? ": " : "", shown->reason);
}

static void end_not_resumed(struct open_request *request)
{
    char why[400];
    say_still(&request->engine->shown, why, sizeof why);
    end_now(request, RESULT_DONE, NULL, "%s%s",
            why[0] == '\0' ? "nothing was paused" : "no stream was paused; ", why);
}

static void answer_resume(struct open_request *request, const struct act_taken *taken)
{
    char names[160], why[400];
    unsigned streams = request->asked.act.resume.streams;
    bool one = (streams & (streams - 1)) == 0;
    bool building = request->engine->snapshot.state == DATABASE_READY;
    act_name_streams(streams, ", ", names, sizeof names);
    say_still(&request->engine->shown, why, sizeof why);
    if (!request->engine->has_world)
        end_now(request, RESULT_DONE, NULL, "resumes once %s%s",
                building ? "the first world is built" : "the database can be used: ",
                building ? "" : request->engine->snapshot.detail);
    else if (!taken->changes)
        end_not_resumed(request);
    else if (taken->unsaved)
        end_now(request, RESULT_DONE, NULL, "resumed, but a crash would restore the pause: %s",
                taken->why.text);
    else if (streams != 0 && why[0] != '\0')
        end_now(request, RESULT_DONE, NULL, "%s %s with the world; %s", names,
                one ? "resumes" : "resume", why);
    else
        end_now(request, RESULT_DONE, NULL, "%s", "");
}

/* Answers an act that takes effect without the database, or changes nothing; the others get their
 * text from control. */
static void answer_act(struct open_request *request, const struct act_taken *taken)
{
    switch (request->asked.act.kind) {
    case ACT_PAUSE: answer_pause(request, taken); break;
    case ACT_RESUME: answer_resume(request, taken); break;
    default: end_now(request, RESULT_DONE, NULL, "%s", taken->changes ? "" : "nothing to change");
    }
}

/* Whether the database has to answer: nothing is paused here, but another daemon may have paused it
 * a moment ago. */
static bool asks_database(const struct engine *engine, const struct act *act)
{
    const struct world_state *shown = &engine->shown;
    unsigned streams = act->resume.streams;
    bool found = streams == 0 && (shown->clock.paused || shown->clock.held);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        found = found || ((streams == 0 || streams & 1u << i) && shown->streams[i].paused);
    return !found && engine->phase == ENGINE_RUNS && engine->has_world &&
           engine->snapshot.state == DATABASE_READY;
}

static void end_refused(struct open_request *request, const struct fault *fault)
{
    const struct act_info *info = act_info(request->asked.act.kind);
    bool senseless = fault->code == -EINVAL || fault->code == -ERANGE;
    if (senseless && info->value != NULL)
        end_now(request, RESULT_INVALID, info->value, "%s", fault->text);
    else
        end_now(request, RESULT_REFUSED, NULL, "%s", fault->text);
}

static void begin_act(struct open_request *request)
{
    struct engine *engine = request->engine;
    struct act act = request->asked.act;
    struct act_taken taken;
    struct fault fault;
    bool outlives = act_info(act.kind)->outlives_kill, resumes = act.kind == ACT_RESUME;
    if (!outlives && !usable(request))
        return;
    bool waits = !outlives || (resumes && asks_database(engine, &act));
    act.by = request->asked.by;
    act.wall = engine->now.wall;
    memcpy(act.reason, request->asked.reason, sizeof act.reason);
    const struct act_how how = {.request = waits ? request->id : 0, .insist = resumes};
    if (act_take(engine, &act, &how, &taken, &fault) < 0)
        end_refused(request, &fault);
    else if (!waits || taken.number == 0)
        answer_act(request, &taken);
}

void request_act_done(struct open_request *request, const struct request_end *end, bool changed)
{
    bool resumes = request->asked.act.kind == ACT_RESUME;
    if (end->result == RESULT_DONE && resumes && !changed)
        end_not_resumed(request);
    else
        request_end(request, end);
}

void request_drained(struct engine *engine)
{
    struct open_request *next;
    for (struct open_request *one = engine->requests; one != NULL; one = next) {
        next = one->next;
        if (one->draining && !is_draining(one))
            end_now(one, RESULT_DONE, NULL, "%s", one->drained);
    }
}

/* --- jobs --- */

static void say_queue(struct open_request *request, unsigned others)
{
    const struct snapshot *snapshot = &request->engine->snapshot;
    char more[40] = "";
    if (!snapshot->has_job && others == 0)
        return;
    if (others > 0)
        (void)snprintf(more, sizeof more, "%u %s%s", others, snapshot->has_job ? "other " : "",
                       others == 1 ? "request" : "requests");
    tell(request, NEWS_QUEUED, "waiting for %s%s%s%s", snapshot->has_job ? "the running " : "",
         snapshot->has_job ? job_kind_name(snapshot->job) : "",
         snapshot->has_job && others > 0 ? " and " : "", more);
}

/* Hands a job to the writer and says so if it has to wait for others. */
static void submit(struct open_request *request, struct writer_job *job)
{
    const char *first;
    shown_look(request->engine);
    unsigned others = request_queued(request->engine, &first);
    if (others >= JOBS_MAX) {
        end_now(request, RESULT_REFUSED, NULL, "too many jobs are waiting (%u)", others);
        return;
    }
    job->request = request->id;
    job->by = request->asked.by;
    memcpy(job->reason, request->asked.reason, sizeof job->reason);
    request->queued = true;
    say_queue(request, others);
    (void)writer_submit(request->engine->writer, job);
}

static void begin_refresh(struct open_request *request)
{
    const struct engine *engine = request->engine;
    if (!usable(request) || !running(request))
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_state *state = &engine->shown.streams[i];
        if (request->asked.refresh.streams & 1u << i && state->paused) {
            end_now(request, RESULT_REFUSED, NULL,
                    "%s is paused by %s%s%s; run 'credctl resume' first",
                    stream_info((enum stream_id)i)->name, state->paused_by,
                    state->reason[0] != '\0' ? ": " : "", state->reason);
            return;
        }
    }
    submit(request, &(struct writer_job){.task = TASK_REFRESH,
                                         .refresh.streams = request_streams(&request->asked)});
}

static void begin_advance(struct open_request *request)
{
    const struct advance_job *asked = &request->asked.advance;
    char text[TIME_TEXT_MAX];
    if (!usable(request) || !running(request))
        return;
    world_time to =
        asked->relative ? world_plus(moment_world(request->engine), asked->span_s) : asked->to;
    if (world_before(WORLD_TIME_LAST, to)) {
        end_now(request, RESULT_INVALID, asked->relative ? "by" : "to", "world time ends at %s",
                time_text(WORLD_TIME_LAST.s, text));
        return;
    }
    submit(request, &(struct writer_job){.task = TASK_ADVANCE, .advance = *asked});
}

/* Has ended a request for a world that cannot begin when it was asked to. */
static bool ended_for_start(struct open_request *request)
{
    const struct reset_job *asked = &request->asked.reset;
    bool possible = !world_before(asked->start, WORLD_ORIGIN_FIRST) &&
                    !world_before(WORLD_TIME_LAST, asked->start);
    if (!asked->has_start || (possible && !asked->keep_clock))
        return false;
    end_now(request, RESULT_REFUSED, NULL, "%s",
            asked->keep_clock ? "a world begins at --start or at world time now, not at both"
                              : "a world begins between 2000-01-01 and 2037-12-31");
    return true;
}

static void begin_reset(struct open_request *request)
{
    if (ended_for_start(request))
        return;
    const struct engine *engine = request->engine;
    bool mends = engine->snapshot.broken && engine->has_world; /* tables that others spoilt */
    if (mends || usable(request))
        submit(request, &(struct writer_job){.task = TASK_RESET, .reset = request->asked.reset});
}

static void begin_adopt(struct open_request *request)
{
    const struct snapshot *snapshot = &request->engine->snapshot;
    if (snapshot->state != DATABASE_FOREIGN)
        end_now(request, RESULT_REFUSED, NULL, "there is nothing to adopt: %s",
                snapshot->state == DATABASE_READY ? "the database already belongs to credd"
                                                  : snapshot->detail);
    else
        submit(request, &(struct writer_job){.task = TASK_ADOPT, .reset = request->asked.reset});
}

static void begin_cancel(struct open_request *request)
{
    if (writer_cancel(request->engine->writer, &request->asked.by))
        end_now(request, RESULT_DONE, NULL, "%s", "");
    else
        end_now(request, RESULT_REFUSED, NULL, "%s",
                request->engine->has_world && request->engine->snapshot.has_job &&
                        request->engine->snapshot.job == JOB_RESET
                    ? "too late to cancel: the new world is being swapped in"
                    : "there is nothing to cancel");
}

/* --- the reader's, and watching --- */

static void begin_read(struct open_request *request)
{
    const struct engine *engine = request->engine;
    if (usable(request) && reader_submit(engine->reader, request->id, &request->asked.audit,
                                         engine->snapshot.obstacles) < 0)
        end_now(request, RESULT_REFUSED, NULL,
                "too many verify, export and history requests are running; try again later");
}

static void begin_watch(struct open_request *request)
{
    request_watching(request->engine);
}

/* It is looked at when the turn ends. */
static void begin_wait(struct open_request *request)
{
    (void)request;
}

/* --- beginning --- */

static const struct {
    void (*begin)(struct open_request *request); /* ends it sooner or later */
    bool needs_world;
} kinds[REQUEST_KINDS] = {
    [REQUEST_ACT] = {begin_act, true}, /* unless it outlives a kill */
    [REQUEST_REFRESH] = {begin_refresh, true}, [REQUEST_RESET] = {begin_reset, true},
    [REQUEST_ADVANCE] = {begin_advance, true}, [REQUEST_ADOPT] = {begin_adopt, false},
    [REQUEST_CANCEL] = {begin_cancel, false},  [REQUEST_VERIFY] = {begin_read, true},
    [REQUEST_EXPORT] = {begin_read, true},     [REQUEST_WATCH] = {begin_watch, false},
    [REQUEST_HISTORY] = {begin_read, true},    [REQUEST_WAIT] = {begin_wait, false},
    [REQUEST_CHARTS] = {begin_read, true},
};

static bool needs_world(const struct request *asked)
{
    bool at_once = asked->kind == REQUEST_ACT && act_info(asked->act.kind)->outlives_kill;
    return kinds[asked->kind].needs_world && !at_once;
}

/* Whether a moment's wait gives a better answer: the database answers or may do so soon, and its
 * world is not known yet; or acts that were just made are not in the history yet. */
static bool is_early(const struct engine *engine, const struct request *asked)
{
    const struct snapshot *snapshot = &engine->snapshot;
    bool ready = snapshot->state == DATABASE_READY;
    if (engine->phase != ENGINE_RUNS)
        return needs_world(asked) && (ready || snapshot->state == DATABASE_CONNECTING);
    return asked->kind == REQUEST_HISTORY && engine->pending.count > 0 && ready &&
           snapshot->waiting[0] == '\0';
}

void request_begin(struct open_request *request)
{
    request->parked = is_early(request->engine, &request->asked);
    if (!request->parked)
        kinds[request->asked.kind].begin(request);
}

void request_parked(struct engine *engine)
{
    struct open_request *next;
    for (struct open_request *one = engine->requests; one != NULL; one = next) {
        next = one->next;
        if (one->parked)
            request_begin(one);
    }
}

/* --- on the way --- */

void request_waiting(struct engine *engine)
{
    struct open_request *next;
    struct summary *summary = NULL;
    for (struct open_request *one = engine->requests; one != NULL; one = next) {
        next = one->next;
        if (one->asked.kind != REQUEST_WAIT)
            continue;
        if (summary == NULL)
            engine_summary(engine, summary = MEM_NEW(struct summary));
        if (!waiting_over(&one->asked.waiting, summary))
            continue;
        struct request_end end = {.result = RESULT_DONE};
        waiting_say(&one->asked.waiting, summary, end.text, sizeof end.text);
        request_end(one, &end);
    }
    free(summary);
}

/* The writer tells those whose act or job waits; a pause waits for whatever is in hand. */
static void tell_waiting(struct engine *engine)
{
    bool locked = engine->snapshot.waiting[0] != '\0';
    for (struct open_request *one = engine->requests; one != NULL; one = one->next) {
        if ((one->draining || one->parked) && locked && !one->told_waiting)
            tell(one, NEWS_QUEUED, "waiting for the database: %s", engine->snapshot.waiting);
        one->told_waiting = locked;
    }
}

void request_progress(struct engine *engine)
{
    const struct snapshot *snapshot = &engine->snapshot;
    struct open_request *request =
        snapshot->has_job ? request_find(engine, snapshot->request) : NULL;
    tell_waiting(engine);
    if (request == NULL || request->withdrawn || request->callbacks.news == NULL ||
        (snapshot->done == engine->told_done && snapshot->total == engine->told_total) ||
        engine->now.mono.us - engine->told_at.us < PROGRESS_US)
        return;
    engine->told_done = snapshot->done;
    engine->told_total = snapshot->total;
    engine->told_at = engine->now.mono;
    struct news news = {.kind = NEWS_PROGRESS, .done = snapshot->done, .total = snapshot->total};
    (void)snprintf(news.text, sizeof news.text, "%s", snapshot->job_detail);
    (void)request->callbacks.news(request->callbacks.context, &news);
}
