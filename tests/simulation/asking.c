/* Operators: what they ask for at random, what they are answered, and what that binds. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simulation/play.h"

/* Of the requests of a play, each asked by a pid of its own. */
#define NUMBER_FIRST INT64_C(1001)

/* --- promises: what was answered to have been paused does not move --- */

static bool overlaps(const struct promise *promise, unsigned streams)
{
    return streams == 0 ? promise->world : !promise->world && (promise->streams & streams) != 0;
}

/* A later word about the same is what counts. */
static void take_back(struct play *play, unsigned streams)
{
    for (size_t i = 0; i < play->promise_count; i++)
        if (overlaps(&play->promises[i], streams))
            play->promises[i].holds = false;
}

static void take_all_back(struct play *play)
{
    for (size_t i = 0; i < play->promise_count; i++)
        play->promises[i].holds = false;
}

/* A pause that waited for a batch may be answered after a later word. */
static bool is_overruled(const struct play *play, const struct asked *asked)
{
    unsigned streams = asked->request.act.pause.streams;
    for (const struct asked *later = asked + 1; later < play->asked + play->asked_count; later++) {
        const struct act *act = &later->request.act;
        bool is_act = later->reload == NULL && later->request.kind == REQUEST_ACT;
        unsigned theirs = !is_act                   ? 0
                          : act->kind == ACT_RESUME ? act->resume.streams
                          : act->kind == ACT_PAUSE  ? act->pause.streams
                                                    : 0;
        bool resumes = is_act && act->kind == ACT_RESUME;
        bool pauses = is_act && act->kind == ACT_PAUSE;
        if (!later->delivered || (!resumes && !pauses))
            continue;
        if ((resumes && theirs == 0) || (theirs & streams) != 0 || (theirs | streams) == 0)
            return true;
    }
    return false;
}

/* With two daemons the other one has to hear of it first: what the database says is looked at for
 * these. */
static void promise(struct play *play, struct asked *asked)
{
    const struct act_pause *pause = &asked->request.act.pause;
    bool unsaved = asked->end.text[0] != '\0';
    if (play->host_count > 1 || unsaved || asked->forgone || is_overruled(play, asked) ||
        asked->end.result != RESULT_DONE || (asked->end.batch_in_hand && !asked->listens))
        return;
    struct promise *made = &play->promises[play->promise_next++ % PROMISES];
    play->promise_count += play->promise_count < PROMISES;
    struct summary shown;
    engine_summary(asked->host->engine, &shown);
    /* It counts from when it was asked for, whatever the wall clock was set to since. */
    int64_t is = asked->host->time.wall_us, was = asked->wall_us;
    int64_t wall = was < is ? was : is;
    *made = (struct promise){
        .holds = true,
        .world = pause->streams == 0,
        .streams = pause->streams,
        .until_wall_us = pause->for_us > 0 ? wall - 20 * SECOND_US + pause->for_us : NEVER_US,
        .asked = asked,
        .world_s = asked->host->excused || asked->host->unsure ? INT64_MAX : shown.world_now.s,
    };
    memcpy(made->world_id, shown.world_id, sizeof made->world_id);
}

static void note_end(const struct play *play, struct promise *promise)
{
    if (promise->holds && play->wall_most_us >= promise->until_wall_us)
        promise->holds = false;
}

void asking_check_stands(struct play *play, const struct summary *is)
{
    for (size_t i = 0; i < play->promise_count; i++) {
        struct promise *one = &play->promises[i];
        note_end(play, one);
        bool here = one->asked->life == one->asked->host->life;
        if (one->holds && one->world && here && is->has_world &&
            strcmp(one->world_id, is->world_id) == 0 && is->world_now.s > one->world_s)
            play_fail(play, "pause",
                      "world time goes on to %" PRId64 " after the pause of request %" PRId64
                      " had been answered at %" PRId64,
                      is->world_now.s, one->asked->number, one->world_s);
    }
}

void asking_moved(struct play *play, const struct host *by, unsigned rows)
{
    (void)by;
    for (size_t i = 0; i < play->promise_count; i++) {
        struct promise *one = &play->promises[i];
        note_end(play, one);
        if (one->holds && (one->world || (one->streams & rows) != 0))
            play_fail(play, "pause",
                      "rows came (streams %#x) after the pause of request %" PRId64
                      " had been answered",
                      rows, one->asked->number);
    }
}

/* --- asking --- */

static bool heard(void *context, const struct news *news)
{
    (void)context, (void)news;
    return true;
}

static void answered(void *context, const struct request_end *end)
{
    struct asked *asked = context;
    struct play *play = asked->host->play;
    if (asked->ended)
        play_fail(play, "answer", "request %" PRId64 " ends twice", asked->number);
    asked->ended = true;
    asked->open = NULL;
    asked->end = *end;
    play_trace(play, "%s answers %" PRId64 ": %d %s", asked->host->owner, asked->number,
               (int)end->result, end->text);
    if (asked->request.kind == REQUEST_ACT && asked->request.act.kind == ACT_PAUSE)
        promise(play, asked);
    if (asked->request.kind == REQUEST_RESET && (strstr(end->text, "the world is '") != NULL ||
                                                 strstr(end->text, "others keep changing") != NULL))
        play_fail(play, "answer", "the reset %" PRId64 " is refused since another one came first",
                  asked->number);
}

static struct asked *note(struct play *play, struct host *host)
{
    /* Some places are kept for what is asked at the end. */
    size_t most = play->calm ? ASKED_MAX : ASKED_MAX - 8;
    if (play->asked_count >= most || host->inbox_count == INBOX_MAX)
        return NULL;
    struct asked *asked = &play->asked[play->asked_count++];
    *asked = (struct asked){.host = host,
                            .number = NUMBER_FIRST + (int64_t)play->asked_count - 1,
                            .since_us = play->now_us,
                            .wall_us = host->time.wall_us,
                            .life = host->life};
    host->inbox[host->inbox_count++] = asked;
    if (host->between)
        host->threads[0].until_us = play->now_us;
    return asked;
}

static const char *kind_of(const struct request *request)
{
    static const char *const names[REQUEST_KINDS] = {"act",   "refresh", "reset",  "advance",
                                                     "adopt", "cancel",  "verify", "export",
                                                     "watch", "history"};
    return request->kind == REQUEST_ACT ? act_info(request->act.kind)->name : names[request->kind];
}

struct asked *asking_put(struct play *play, struct host *host, const struct request *request)
{
    struct asked *asked = host->alive && host->engine != NULL ? note(play, host) : NULL;
    if (asked == NULL)
        return NULL;
    asked->request = *request;
    asked->request.by.pid = asked->number;
    char text[STORE_PARAMETERS_MAX] = "";
    if ((play->trace || play->trail != NULL) && request->kind == REQUEST_ACT)
        (void)act_parameters(&request->act, true, text);
    play_trace(play, "%s is asked %" PRId64 ": %s %s", host->owner, asked->number, kind_of(request),
               text);
    return asked;
}

void asking_reload(struct play *play, struct host *host, const struct config *config)
{
    struct asked *asked = host->alive && host->engine != NULL ? note(play, host) : NULL;
    if (asked == NULL)
        return;
    asked->reload = config;
    play_trace(play, "%s is to reload", host->owner);
}

static void reload(struct host *host, struct asked *asked)
{
    char changed[1024], pending[1024];
    const struct actor by = {.uid = 0, .pid = asked->number, .user = "root"};
    engine_reconfigure(host->engine, asked->reload, &by, changed, pending);
    host->config = asked->reload;
    asked->ended = true;
}

/* On the daemon's loop. */
void asking_deliver(struct host *host)
{
    struct play *play = host->play;
    struct asked *asked = host->inbox[0];
    memmove((void *)host->inbox, (void *)(host->inbox + 1), --host->inbox_count * sizeof(void *));
    asked->delivered = true;
    if (asked->reload != NULL) {
        reload(host, asked);
        return;
    }
    const struct request_callbacks callbacks = {asked->listens ? heard : NULL, answered, asked};
    const struct request *request = &asked->request;
    bool is_act = request->kind == REQUEST_ACT;
    if (is_act && request->act.kind == ACT_PAUSE)
        take_back(play, request->act.pause.streams);
    if (is_act && request->act.kind == ACT_RESUME && request->act.resume.streams == 0)
        take_all_back(play);
    else if (is_act && request->act.kind == ACT_RESUME)
        take_back(play, request->act.resume.streams);
    struct open_request *open = engine_request(host->engine, request, &callbacks);
    if (!asked->ended)
        asked->open = open;
}

void asking_lost(struct host *host)
{
    struct play *play = host->play;
    host->inbox_count = 0;
    for (size_t i = 0; i < play->asked_count; i++) {
        struct asked *asked = &play->asked[i];
        if (asked->host == host && !asked->ended) {
            asked->lost = true;
            asked->open = NULL;
        }
    }
}

/* --- at random --- */

static unsigned some_streams(struct dice *dice)
{
    if (dice_chance(dice, 1, 2))
        return 0;
    unsigned streams = 1u << dice_below(dice, STREAM_COUNT);
    return dice_chance(dice, 1, 4) ? streams | 1u << dice_below(dice, STREAM_COUNT) : streams;
}

static void random_act(struct play *play, struct act *act)
{
    static const enum act_kind kinds[] = {ACT_PAUSE, ACT_RESUME, ACT_SPEED,
                                          ACT_TEMPO, ACT_ENABLE, ACT_DISABLE};
    static const unsigned weights[] = {6, 6, 3, 4, 1, 1};
    static const int64_t speeds[] = {0, 1, 60, 100000};
    struct dice *dice = &play->events;
    act->kind = kinds[dice_choose(dice, weights, sizeof kinds / sizeof *kinds)];
    if (act->kind == ACT_PAUSE) {
        act->pause.streams = some_streams(dice);
        act->pause.for_us =
            dice_chance(dice, 1, 2) ? dice_size(dice, SECOND_US, 90 * SECOND_US) : 0;
    } else if (act->kind == ACT_RESUME) {
        act->resume.streams = some_streams(dice);
        act->resume.skip = dice_chance(dice, 1, 4);
    } else if (act->kind == ACT_SPEED) {
        act->speed.factor = CLOCK_SPEED_ONE * speeds[dice_below(dice, play->weather.fast ? 4 : 3)];
    } else if (act->kind == ACT_TEMPO) {
        act->tempo.stream = (enum stream_id)dice_below(dice, STREAM_COUNT);
        act->tempo.factor = dice_between(dice, 0, 8) * WORLD_TEMPO_ONE / 2;
        act->tempo.for_us =
            dice_chance(dice, 1, 2) ? dice_size(dice, SECOND_US, 60 * SECOND_US) : 0;
    } else {
        act->toggle.stream = (enum stream_id)dice_below(dice, STREAM_COUNT);
    }
}

/* Two operators who want the same at the same time, each through a daemon of its own; one of them
 * does something to the old world first. */
static void ask_others_too(struct play *play, const struct host *host,
                           const struct request *request)
{
    struct request act = {.kind = REQUEST_ACT, .by = {.user = "root"}};
    random_act(play, &act.act);
    for (size_t i = 0; i < play->host_count; i++) {
        if (&play->hosts[i] == host)
            continue;
        (void)asking_put(play, &play->hosts[i], &act);
        (void)asking_put(play, &play->hosts[i], request);
    }
}

static void random_advance(struct play *play, struct host *host, struct advance_job *advance)
{
    struct dice *dice = &play->events;
    advance->relative = dice_chance(dice, 2, 3);
    advance->span_s = dice_size(dice, 1, 3 * 86400);
    if (!advance->relative && play->sight.has_world)
        advance->to = world_plus(sight_now(play, host), advance->span_s - 600);
    advance->clock_only = dice_chance(dice, 1, 5);
    advance->if_later = dice_chance(dice, 1, 5);
}

void asking_advance(struct play *play, struct host *host)
{
    struct request request = {.kind = REQUEST_ADVANCE, .by = {.uid = 0, .user = "root"}};
    request.advance.relative = true;
    request.advance.span_s = dice_size(&play->events, 1, 16) * 86400;
    (void)asking_put(play, host, &request);
}

void asking_random(struct play *play, struct host *host)
{
    static const enum request_kind kinds[] = {REQUEST_ACT,     REQUEST_REFRESH, REQUEST_RESET,
                                              REQUEST_ADVANCE, REQUEST_CANCEL,  REQUEST_VERIFY,
                                              REQUEST_HISTORY};
    enum theme theme = play->weather.theme;
    unsigned resets = theme == THEME_RESETS ? 12 : play->weather.resets ? 3 : 0;
    unsigned jobs = theme == THEME_CLOCKS ? 3 : 1; /* advances, and cancels of these */
    const unsigned weights[] = {24, 4, resets, 6 * jobs, 3 * jobs, 1, 1};
    struct dice *dice = &play->events;
    struct request request = {.by = {.uid = 0, .user = "root"}};
    request.kind = kinds[dice_choose(dice, weights, sizeof kinds / sizeof *kinds)];
    if (request.kind == REQUEST_ACT)
        random_act(play, &request.act);
    else if (request.kind == REQUEST_HISTORY)
        request.audit.kind = AUDIT_HISTORY;
    else if (request.kind == REQUEST_REFRESH)
        request.refresh.streams = some_streams(dice);
    else if (request.kind == REQUEST_ADVANCE)
        random_advance(play, host, &request.advance);
    else if (request.kind == REQUEST_RESET)
        request.reset = (struct reset_job){.keep_clock = dice_chance(dice, 1, 60),
                                           .wait_us = dice_size(dice, SECOND_US, 60 * SECOND_US)};
    struct asked *asked = asking_put(play, host, &request);
    if (asked != NULL)
        asked->listens = dice_chance(dice, 1, 2) || request.kind >= REQUEST_VERIFY;
    if (request.kind == REQUEST_RESET && dice_chance(dice, 1, 2))
        ask_others_too(play, host, &request);
    if (request.kind == REQUEST_RESET && dice_chance(dice, 1, 2)) {
        play->crowd = 5;
        play->next_event_us = play->now_us + dice_size(dice, 1000, SECOND_US / 4);
    }
}

/* --- what became of it --- */

/* With a reset come the tempos and switches that the new world begins with. */
static size_t times_recorded(const struct play *play, const struct asked *asked)
{
    size_t count = 0, times = 0;
    const struct store_act *acts = memory_acts(play->db, &count);
    bool reset = asked->request.kind == REQUEST_RESET;
    for (size_t i = 0; i < count; i++)
        times += acts[i].pid == asked->number && acts[i].uid == 0 &&
                 (!reset || strcmp(acts[i].kind, act_info(ACT_RESET)->name) == 0);
    return times;
}

/* A resume is told when it is asked for, and another daemon may be first. */
static bool is_told_when_done(const struct asked *asked, enum message_id id)
{
    const struct request *request = &asked->request;
    return asked->reload == NULL && request->kind == REQUEST_ACT &&
           request->act.kind != ACT_RESUME && act_info(request->act.kind)->message == id;
}

void asking_told(struct play *play, int64_t number, enum message_id id)
{
    int64_t place = number - NUMBER_FIRST;
    if (place < 0 || place >= (int64_t)play->asked_count)
        return;
    struct asked *asked = &play->asked[place];
    if (is_told_when_done(asked, id))
        asked->told = true;
    else if (id == MESSAGE_CHANGE_LOST)
        asked->told = false;
}

unsigned asking_open_jobs(const struct host *host)
{
    const struct play *play = host->play;
    unsigned count = 0;
    for (size_t i = 0; i < play->asked_count; i++) {
        const struct asked *asked = &play->asked[i];
        enum request_kind kind = asked->request.kind;
        count += asked->host == host && asked->life == host->life && asked->open != NULL &&
                 (kind == REQUEST_REFRESH || kind == REQUEST_ADVANCE || kind == REQUEST_RESET);
    }
    return count;
}

/* Each pause that was answered is in the history once, whatever came between, and so is each act of
 * which the journal says that it was done; nothing is there twice. */
void asking_check_acts(struct play *play, bool last)
{
    for (size_t i = 0; i < play->asked_count; i++) {
        const struct asked *asked = &play->asked[i];
        const struct request *request = &asked->request;
        bool pause =
            asked->reload == NULL && request->kind == REQUEST_ACT && request->act.kind == ACT_PAUSE;
        bool kept = pause && asked->ended && asked->end.result == RESULT_DONE &&
                    asked->end.text[0] == '\0' && !asked->forgone && last;
        bool told = asked->told && !asked->forgone && !pause && last;
        size_t times = times_recorded(play, asked);
        bool once = request->kind == REQUEST_ACT || request->kind == REQUEST_ADVANCE ||
                    request->kind == REQUEST_RESET;
        if (asked->reload == NULL && once && times > 1)
            play_fail(play, "acts", "request %" PRId64 " is recorded %zu times", asked->number,
                      times);
        if (told && times == 0)
            play_fail(play, "acts", "the journal tells of act %" PRId64 ", which is not recorded",
                      asked->number);
        if (kept && times == 0)
            play_fail(play, "acts", "the pause %" PRId64 " was answered and is not recorded",
                      asked->number);
    }
}
