/* What daemons say of themselves, against what is so; and how much they do when there is nothing to
 * do. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/verdict.h"
#include "simulation/play.h"

/* An earlier state that was restored is seen, rested after and gone on from by then. */
#define RESTORE_US  INT64_C(8000000)
#define DOUBT_US    INT64_C(4000000)
#define BOUND_US    INT64_C(35000000) /* what is due is served by then */
#define LATE_MOST_S INT64_C(10)       /* of the wall: longer is no longer called fresh */
#define NOTED_S     5 /* the clock is noted every 3 s of the wall, and a call takes its time */

/* --- questions change nothing --- */

static void ask(struct host *host, struct summary *ret_summary)
{
    world_time runs[4];
    uint64_t lines = host->lines, wakes = host->wakes;
    (void)heap_use(host->heap);
    size_t pieces = heap_pieces(host->heap);
    int64_t wake = engine_next_wake(host->engine);
    engine_summary(host->engine, ret_summary);
    (void)engine_schedule(host->engine, (enum stream_id)(host->turns % STREAM_COUNT), runs, 4);
    if (host->lines != lines || host->wakes != wakes || heap_pieces(host->heap) != pieces ||
        engine_next_wake(host->engine) != wake)
        play_fail(host->play, "question", "a question changed something");
    (void)heap_use(NULL);
}

/* --- world time does not go back --- */

/* After a kill: not behind what is recorded. */
static void check_recorded(struct host *host, const struct summary *is)
{
    struct play *play = host->play;
    const struct world_state *state = &play->sight.state;
    if (is->world_now.s < play->sight.last_act)
        play_fail(play, "world time", "%s shows %" PRId64 ", an act was recorded at %" PRId64,
                  host->owner, is->world_now.s, play->sight.last_act);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (state->streams[i].started && is->world_now.s < state->streams[i].watermark.s)
            play_fail(play, "world time", "%s shows %" PRId64 ", %s is written up to %" PRId64,
                      host->owner, is->world_now.s, stream_info((enum stream_id)i)->name,
                      state->streams[i].watermark.s);
}

/* After a kill: the clock was noted not long before. What was shown before a last change may have
 * been of a state that was replaced. */
static void check_noted(struct host *host, const struct summary *is)
{
    struct play *play = host->play;
    const struct shown *then = &host->then;
    int64_t speed_s = play->sight.state.clock.speed / CLOCK_SPEED_ONE;
    if (host->killed_us == play->trouble_us && play->amended_us < host->killed_us && then->known &&
        then->amended_us == play->amended_us && strcmp(then->world_id, is->world_id) == 0 &&
        then->life + 1 == host->life &&
        is->world_now.s < then->world_s - NOTED_S * (speed_s > 0 ? speed_s : 1))
        play_fail(play, "world time", "%s shows %" PRId64 " after a kill at %" PRId64, host->owner,
                  is->world_now.s, then->world_s);
    host->killed_us = 0;
}

/* Another daemon's act is heard of a moment later, by one that has a connection. */
static bool hears_all(const struct play *play, const struct summary *is)
{
    if (is->database != DATABASE_READY)
        return false;
    int64_t since_us = play->trouble_us > play->amended_us ? play->trouble_us : play->amended_us;
    return play->now_us - since_us > 3 * SECOND_US;
}

static void check_forward(struct host *host, const struct summary *is)
{
    struct shown *was = &host->shown;
    const struct world_state *state = &host->play->sight.state;
    bool heard = host->play->host_count == 1 || hears_all(host->play, is);
    bool same = was->known && is->has_world && strcmp(was->world_id, is->world_id) == 0 &&
                was->life == host->life && was->heard && heard &&
                (host->play->host_count == 1 || was->amended_us == host->play->amended_us);
    bool back = same && is->world_now.s < was->world_s - host->slack_s;
    if (host->excused) /* until it must have seen the earlier state that was restored */
        host->excused = host->play->now_us - host->play->trouble_us < RESTORE_US;
    else if (back)
        play_fail(host->play, "world time", "%s shows %" PRId64 " after %" PRId64, host->owner,
                  is->world_now.s, was->world_s);
    bool here =
        is->has_world && host->play->sight.has_world && strcmp(state->world_id, is->world_id) == 0;
    bool still = host->play->now_us - host->play->amended_us >
                 SECOND_US; /* no change is still to be heard of */
    if (!host->excused)
        asking_check_stands(host->play, is);
    if (!was->known && here && still && host->play->host_count == 1 && !host->excused)
        check_recorded(host, is);
    if (here && host->killed_us != 0 && !host->excused)
        check_noted(host, is);
    *was = (struct shown){.known = here,
                          .heard = heard,
                          .life = host->life,
                          .world_s = is->world_now.s,
                          .amended_us = host->play->amended_us,
                          .counters = is->counters};
    memcpy(was->world_id, is->world_id, sizeof was->world_id);
}

/* What it was asked for is in hand, or waits, and that is to be seen. */
static void check_jobs(struct host *host, const struct summary *is)
{
    unsigned open = asking_open_jobs(host), shown = is->queued + (is->has_job ? 1 : 0);
    if (open > shown)
        play_fail(host->play, "status", "%s shows %u jobs and was asked for %u", host->owner, shown,
                  open);
}

/* The verdict agrees with the rest of what it says. */
static void check_word(struct host *host, const struct summary *is)
{
    int64_t speed_s = is->speed > CLOCK_SPEED_ONE ? is->speed / CLOCK_SPEED_ONE : 1;
    bool late = false, overdue = false;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        late = late || is->streams[i].late_s > LATE_MOST_S * speed_s;
    bool moves = is->verdict == VERDICT_FRESH || is->verdict == VERDICT_BEHIND;
    bool stands = is->paused || is->held || is->database != DATABASE_READY;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        overdue = overdue || is->streams[i].overdue || is->streams[i].late_s > 0 ||
                  is->streams[i].obstacle[0] != '\0';
    if (is->verdict == VERDICT_BEHIND && !overdue)
        play_fail(host->play, "verdict", "%s says that it is behind, and nothing is overdue: %s",
                  host->owner, is->verdict_text);
    if (is->verdict_text[0] == '\0' || (moves && stands) || (is->verdict == VERDICT_FRESH && late))
        play_fail(host->play, "verdict", "%s says that it is %s: %s", host->owner,
                  verdict_name(is->verdict), is->verdict_text);
}

static uint64_t all_of(const struct histogram *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++)
        count += histogram->buckets[i];
    return count;
}

/* As long as it lives, whatever becomes of the world. */
static void check_counters(struct host *host, const struct summary *is)
{
    const struct counters *was = &host->shown.counters, *now = &is->counters;
    bool lower = all_of(&now->batches) < all_of(&was->batches);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        lower = lower || now->rows[i] < was->rows[i] || now->moves[i] < was->moves[i] ||
                all_of(&now->delays[i]) < all_of(&was->delays[i]);
        for (unsigned k = 0; k < SKIP_REASONS; k++)
            lower = lower || now->skipped[i][k] < was->skipped[i][k] || now->skipped[i][k] < 0;
    }
    if (lower && host->shown.life == host->life)
        play_fail(host->play, "counters", "a counter of %s went back", host->owner);
    host->shown.counters = *now;
}

void saying_look(struct host *host)
{
    struct summary summary;
    bool news = host->shown.life != host->life; /* a daemon's first answers count most */
    if (!host_asks(host) || (!news && !dice_chance(&host->play->order, 1, 5)))
        return;
    ask(host, &summary);
    check_counters(host, &summary);
    check_forward(host, &summary);
    check_word(host, &summary);
    check_jobs(host, &summary);
}

world_time saying_now(struct host *host)
{
    struct summary summary;
    if (!host_asks(host))
        return WORLD_TIME_FIRST;
    ask(host, &summary);
    return summary.world_now;
}

/* --- with nothing in the way --- */

static bool nothing_asked(const struct play *play)
{
    for (size_t i = play->asked_count; i-- > 0;) {
        const struct asked *asked = &play->asked[i];
        if (!asked->ended && !asked->lost)
            return false;
        if (asked->since_us + 3 * SECOND_US > play->now_us)
            return false;
    }
    return true;
}

/* A daemon that has not heard of a change yet is wrong for a moment: only what lasts is a failure.
 */
static void doubt(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void doubt(struct play *play, const char *format, ...)
{
    char text[sizeof play->why];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    play->doubts = true;
    int64_t since_us = play->doubt_us > play->amended_us ? play->doubt_us : play->amended_us;
    if (play->doubt_us != 0 && play->now_us - since_us >= DOUBT_US)
        play_fail(play, "status", "%s", text);
}

/* What another daemon wrote is seen at the next look. */
static void check_stream(struct host *host, const struct summary *is, unsigned i)
{
    struct play *play = host->play;
    const struct stream_state *of = &play->sight.state.streams[i];
    const struct stream_summary *said = &is->streams[i];
    const char *name = stream_info((enum stream_id)i)->name;
    bool alone = play->host_count == 1;
    /* Nothing is tried meanwhile. */
    bool stands = of->paused || is->paused || is->held || said->held[0] != '\0' ||
                  !world_before(of->watermark, is->world_now);
    if (said->obstacle[0] != '\0' && !stands && !memory_refuses(play->db, name))
        doubt(play, "%s says of %s: %s", host->owner, name, said->obstacle);
    world_time least = alone ? of->watermark : play->sampled[i];
    if (said->paused != of->paused)
        doubt(play, "%s says that %s is %spaused", host->owner, name, said->paused ? "" : "not ");
    if (world_before(said->watermark, least) ||
        (alone && (said->rows != of->rows || said->skipped != of->skipped)))
        doubt(play,
              "%s says of %s: %" PRId64 ", %" PRId64 " rows, %" PRId64 " skipped; it is %" PRId64
              ", %" PRId64 ", %" PRId64,
              host->owner, name, said->watermark.s, said->rows, said->skipped, of->watermark.s,
              of->rows, of->skipped);
}

/* A stream is late by what the database and the schedule say. */
static void check_verdict(struct host *host, const struct summary *is, const struct zone *zone,
                          unsigned i)
{
    const struct world_state *state = &host->play->sight.state;
    const struct stream_state *of = &state->streams[i];
    const struct stream_summary *said = &is->streams[i];
    bool needs = stream_info((enum stream_id)i)->needs_customers;
    bool stopped = is->streams[STREAM_CUSTOMERS].obstacle[0] != '\0';
    bool stands = of->paused || (needs && (state->streams[STREAM_CUSTOMERS].paused || stopped));
    world_time at = world_later(is->world_now, of->watermark), run;
    if (said->watermark.s != of->watermark.s)
        return;
    bool due = !stands && world_state_enabled(state, (enum stream_id)i, at) &&
               schedule_next(host->config->streams[i].schedule, zone, of->watermark, &run) == 0;
    bool late = due && world_before(run, is->world_now);
    if (said->has_due != due || (due && said->next_due.s != run.s))
        doubt(host->play, "%s says that %s is due at %" PRId64 "; it is at %" PRId64, host->owner,
              stream_info((enum stream_id)i)->name, said->has_due ? said->next_due.s : 0,
              due ? run.s : 0);
    if (said->late_s != (late ? is->world_now.s - run.s : 0))
        doubt(host->play, "%s says that %s is late by %" PRId64 " s; it is by %" PRId64,
              host->owner, stream_info((enum stream_id)i)->name, said->late_s,
              late ? is->world_now.s - run.s : 0);
}

static void check_verdicts(struct host *host, const struct summary *is)
{
    struct zone *zone = NULL;
    if (zone_load(host->play->sight.state.timezone, &zone, NULL) < 0)
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        check_verdict(host, is, zone, i);
    zone_free(zone);
}

static void check_status(struct host *host, const struct summary *is)
{
    struct play *play = host->play;
    const struct world_state *state = &play->sight.state;
    const struct clock_state *clock = &state->clock;
    if (is->database != DATABASE_READY)
        doubt(play, "%s says that the database is %s: %s", host->owner,
              database_state_name(is->database), is->database_detail);
    else if (!is->has_world || strcmp(is->world_id, state->world_id) != 0)
        doubt(play, "%s shows another world, or none", host->owner);
    else if (is->speed != clock->speed || is->paused != clock->paused || is->held != clock->held)
        doubt(play, "%s says: speed %" PRId64 "%s%s; it is %" PRId64 "%s%s", host->owner, is->speed,
              is->paused ? ", paused" : "", is->held ? ", held" : "", clock->speed,
              clock->paused ? ", paused" : "", clock->held ? ", held" : "");
    else if (is->waiting[0] != '\0')
        doubt(play, "%s waits for nothing: %s", host->owner, is->waiting);
    else if (is->queued > 0 || (is->has_job && is->job != JOB_TICK))
        doubt(play, "%s says that it has a job, or %u to come", host->owner, is->queued);
    else
        check_verdicts(host, is);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        check_stream(host, is, i);
}

/* The stream's table takes no rows, or that of the customers, and it is said: that is why. */
static bool is_stopped(const struct play *play, const struct summary *is, unsigned i)
{
    const unsigned by[] = {i,
                           stream_info((enum stream_id)i)->needs_customers ? STREAM_CUSTOMERS : i};
    for (size_t k = 0; k < 2; k++)
        if (memory_refuses(play->db, stream_info((enum stream_id)by[k])->name) &&
            is->streams[by[k]].obstacle[0] != '\0')
            return true;
    return false;
}

/* What was due when the sample was taken. */
static void check_due(struct host *host, const struct summary *is)
{
    struct play *play = host->play;
    const struct world_state *state = &play->sight.state;
    struct zone *zone = NULL;
    if (state->clock.paused || state->clock.held || zone_load(state->timezone, &zone, NULL) < 0)
        return;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_state *of = &state->streams[i];
        bool waits = stream_info((enum stream_id)i)->needs_customers &&
                     state->streams[STREAM_CUSTOMERS].paused;
        world_time run;
        if (of->paused || waits || is_stopped(play, is, i))
            continue;
        if (schedule_next(host->config->streams[i].schedule, zone,
                          world_later(of->watermark, of->not_before), &run) == 0 &&
            !world_before(play->sample[host->place], run))
            play_fail(play, "due",
                      "%s: the run at %" PRId64 " is not served, it was %" PRId64 " %d s ago",
                      stream_info((enum stream_id)i)->name, run.s, play->sample[host->place].s,
                      (int)(BOUND_US / SECOND_US));
    }
    zone_free(zone);
}

static bool in_order(const struct play *play)
{
    for (size_t i = 0; i < play->host_count; i++)
        if (!host_asks(&play->hosts[i]))
            return false;
    return play->sight.has_world && nothing_asked(play);
}

/* What a call does is not known to whoever made it before it returns. */
static bool in_a_call(const struct play *play)
{
    for (size_t i = 0; i < play->host_count; i++)
        for (size_t k = 0; k < play->hosts[i].thread_count; k++)
            if (!play->hosts[i].threads[k].ended && play->hosts[i].threads[k].calls)
                return true;
    return false;
}

/* Nothing was in the way for so long, and nothing is. */
void saying_check_quiet(struct play *play)
{
    struct summary summary;
    int64_t calm_us = play->now_us - play->trouble_us;
    if (calm_us < 20 * SECOND_US || !in_order(play)) {
        play->sample_us = play->doubt_us = 0;
        return;
    }
    if (play->sample_us != 0 && play->now_us - play->sample_us < BOUND_US)
        return;
    if (play->doubt_us != 0 && play->now_us - play->doubt_us < DOUBT_US)
        return;
    if (in_a_call(play))
        return;
    bool sampled = play->sample_us != 0;
    for (unsigned i = 0; i < STREAM_COUNT && !sampled; i++)
        play->sampled[i] = WORLD_TIME_FIRST;
    play->doubts = false;
    for (size_t i = 0; i < play->host_count; i++) {
        struct host *host = &play->hosts[i];
        ask(host, &summary);
        check_status(host, &summary);
        if (sampled)
            check_due(host, &summary);
        play->next_sample[i] = summary.world_now;
    }
    play->doubt_us = !play->doubts ? 0 : play->doubt_us != 0 ? play->doubt_us : play->now_us;
    if (play->doubts)
        return;
    memcpy(play->sample, play->next_sample, sizeof play->sample);
    play->sample_us = play->now_us;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        play->sampled[i] = play->sight.state.streams[i].watermark;
    if (!play->failed)
        tables_check(play);
}

/* --- how much they do --- */

void saying_check_rates(struct play *play)
{
    int64_t span = play->now_us - play->rate_us;
    if (span < 5 * SECOND_US)
        return;
    for (size_t i = 0; i < play->host_count; i++) {
        struct host *host = &play->hosts[i];
        uint64_t turns = host->turns - host->turns_then, calls = host->calls - host->calls_then;
        uint64_t done = host->commits - host->commits_then;
        uint64_t most = (uint64_t)(span / SECOND_US) * 60 + 200 + 3 * done;
        if (turns > most || calls > 4 * most)
            play_fail(play, "hot", "%s took %" PRIu64 " turns and made %" PRIu64 " calls in %.1f s",
                      host->owner, turns, calls, (double)span / 1e6);
        host->turns_then = host->turns;
        host->calls_then = host->calls;
        host->commits_then = host->commits;
    }
    play->rate_us = play->now_us;
}
