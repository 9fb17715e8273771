#include "engine/verdict.h"

#include <stdarg.h>
#include <stdio.h>

#include "clock/clock.h"
#include "clock/span.h"

#define LATE_S INT64_C(10) /* wall seconds: writing what is due takes less */

const char *verdict_name(enum verdict verdict)
{
    static const char *const names[VERDICTS] = {
        [VERDICT_FRESH] = "fresh", [VERDICT_BEHIND] = "behind", [VERDICT_PAUSED] = "paused",
        [VERDICT_HELD] = "held",   [VERDICT_BUSY] = "busy",     [VERDICT_NOT_READY] = "not-ready",
    };
    return names[verdict];
}

const char *verdict_line(const struct summary *summary, char buffer[VERDICT_LINE_MAX])
{
    bool job = summary->verdict == VERDICT_BUSY;
    (void)snprintf(buffer, VERDICT_LINE_MAX, "%s%s%s", job ? "" : verdict_name(summary->verdict),
                   job ? "" : ": ", summary->verdict_text);
    return buffer;
}

static void say(struct summary *summary, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void say(struct summary *summary, enum verdict verdict, const char *format, ...)
{
    va_list args;
    summary->verdict = verdict;
    va_start(args, format);
    (void)vsnprintf(summary->verdict_text, sizeof summary->verdict_text, format, args);
    va_end(args);
}

#define PART_MAX 128 /* of a sentence */

/* " 27%"; "" if it is not known. */
static void percent_of(const struct summary *summary, char out[PART_MAX])
{
    out[0] = '\0';
    if (summary->has_job && summary->job_total > 0 && summary->job_done <= summary->job_total)
        (void)snprintf(out, PART_MAX, " %d%%",
                       (int)((double)summary->job_done * 100 / (double)summary->job_total));
}

static bool runs(const struct summary *summary, enum job_kind kind)
{
    return summary->has_job && summary->job == kind;
}

/* --- what comes before the streams --- */

static void say_database(struct summary *summary)
{
    static const char *const states[DATABASE_STATES] = {
        [DATABASE_CONNECTING] = "is not connected yet",
        [DATABASE_READY] = "is ready",
        [DATABASE_DOWN] = "is down",
        [DATABASE_REFUSED] = "refuses access to credd",
        [DATABASE_FOREIGN] = "does not belong to credd",
        [DATABASE_FULL] = "is full",
        [DATABASE_READ_ONLY] = "is read-only",
    };
    say(summary, VERDICT_NOT_READY, "the database %s", states[summary->database]);
}

static void say_paused(struct summary *summary)
{
    say(summary, VERDICT_PAUSED, "the world is paused by %s%s%s", summary->paused_by,
        summary->reason[0] != '\0' ? ": " : "", summary->reason);
}

static void say_advancing(struct summary *summary)
{
    char percent[PART_MAX], at[TIME_TEXT_MAX];
    percent_of(summary, percent);
    say(summary, VERDICT_BUSY, "advancing%s, at %.10s", percent,
        time_text(summary->world_now.s, at));
}

static void say_building(struct summary *summary)
{
    char percent[PART_MAX];
    percent_of(summary, percent);
    if (!summary->has_world && !summary->has_job)
        say(summary, VERDICT_NOT_READY, "there is no world yet");
    else if (!summary->has_world)
        say(summary, VERDICT_NOT_READY, "the first world is being built%s%s",
            percent[0] != '\0' ? "," : "", percent);
    else
        say(summary, VERDICT_BUSY,
            "resetting%s; the old world stays in place until the new one is complete", percent);
}

/* --- the streams --- */

static bool is_still(const struct stream_summary *stream)
{
    return !stream->enabled || stream->paused || stream->held[0] != '\0';
}

static void judge_streams(struct summary *summary)
{
    int64_t speed = summary->speed > CLOCK_SPEED_ONE ? summary->speed : CLOCK_SPEED_ONE;
    int64_t most = LATE_S * (speed / CLOCK_SPEED_ONE);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct stream_summary *stream = &summary->streams[i];
        stream->overdue = (!stream->started && stream->enabled) || stream->late_s > most;
    }
}

/* The stream whose rows have been missing for the longest, and for too long; NULL: none. */
static const struct stream_summary *find_late(const struct summary *summary)
{
    const struct stream_summary *latest = NULL;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_summary *stream = &summary->streams[i];
        if (stream->overdue && (latest == NULL || stream->late_s > latest->late_s))
            latest = stream;
    }
    return latest;
}

/* Its table rejects its rows: waiting does not help. */
static const struct stream_summary *find_stopped(const struct summary *summary)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (summary->streams[i].obstacle[0] != '\0')
            return &summary->streams[i];
    return NULL;
}

static void say_late(struct summary *summary, const struct stream_summary *late)
{
    char span[SPAN_TEXT_MAX], percent[PART_MAX];
    const char *catching_up = runs(summary, JOB_TICK) ? "; catching up" : "";
    percent_of(summary, percent);
    if (!late->started)
        say(summary, VERDICT_BEHIND, "nothing is written for %s yet", late->name);
    else
        say(summary, VERDICT_BEHIND, "%s is %s behind%s%s", late->name,
            span_words(late->lag_s, span), catching_up, catching_up[0] != '\0' ? percent : "");
}

/* How many streams do not move on their own account, and which: "; market_data is paused by ann" */
static unsigned find_still(const struct summary *summary, char out[PART_MAX])
{
    unsigned still = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_summary *stream = &summary->streams[i];
        if (is_still(stream) && still++ == 0)
            (void)snprintf(out, PART_MAX, "; %s is %s%s", stream->name,
                           !stream->enabled ? "disabled"
                           : stream->paused ? "paused by "
                                            : "held",
                           stream->enabled && stream->paused ? stream->paused_by : "");
    }
    if (still > 1)
        (void)snprintf(out, PART_MAX, "; %u streams are paused, held or disabled", still);
    return still;
}

static int64_t newest(const struct summary *summary)
{
    int64_t least = INT64_MAX;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (summary->streams[i].started && summary->streams[i].lag_s < least)
            least = summary->streams[i].lag_s;
    return least == INT64_MAX ? 0 : least;
}

static void say_fresh(struct summary *summary)
{
    char span[SPAN_TEXT_MAX], still[PART_MAX];
    bool other = summary->speed != CLOCK_SPEED_ONE;
    if (find_still(summary, still) == STREAM_COUNT) {
        say(summary, VERDICT_PAUSED, "all streams are paused, held or disabled");
        return;
    }
    say(summary, VERDICT_FRESH, "written up to %s ago%s%s%s", span_words(newest(summary), span),
        other ? " in world time" : "",
        summary->speed == 0 ? "; the clock is stopped (speed 0)" : "", still);
}

static void say_streams(struct summary *summary)
{
    char text[TIME_TEXT_MAX];
    const struct stream_summary *late = find_late(summary), *stopped = find_stopped(summary);
    if (stopped != NULL)
        say(summary, VERDICT_BEHIND, "%s is stopped: %s", stopped->name, stopped->obstacle);
    else if (late != NULL)
        say_late(summary, late);
    else if (!world_before(summary->world_now, WORLD_TIME_LAST))
        say(summary, VERDICT_HELD, "world time ended at %s; 'credctl reset' begins a new world",
            time_text(WORLD_TIME_LAST.s, text));
    else if (summary->stands_until.us != 0)
        say(summary, VERDICT_HELD, "world time stands still until %s: the wall clock was set back",
            time_text(summary->stands_until.us / 1000000, text));
    else
        say_fresh(summary);
}

void verdict_find(struct summary *summary)
{
    judge_streams(summary);
    if (summary->database != DATABASE_READY)
        say_database(summary);
    else if (!summary->has_world || runs(summary, JOB_RESET))
        say_building(summary);
    else if (summary->held && summary->model != 0 && summary->model != WORLD_MODEL)
        say(summary, VERDICT_HELD, "%s", summary->held_why);
    else if (summary->held)
        say(summary, VERDICT_HELD, "the clock is held until 'credctl resume'");
    else if (summary->paused)
        say_paused(summary);
    else if (runs(summary, JOB_ADVANCE))
        say_advancing(summary);
    else
        say_streams(summary);
}
