#include "control/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/millionths.h"
#include "clock/clock.h"
#include "clock/span.h"

#define DAY_S INT64_C(86400)

struct line {
    char *out;
    size_t size, used;
};

static void add(struct line *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct line *line, const char *format, ...)
{
    va_list args;
    if (line->used >= line->size)
        return;
    va_start(args, format);
    line->used += (size_t)vsnprintf(line->out + line->used, line->size - line->used, format, args);
    va_end(args);
}

/* " until 10:54:12Z (in 30 min)"; with its date if that is not today's. */
static void add_until(struct line *line, int64_t until, int64_t now, const char *of)
{
    char text[TIME_TEXT_MAX], span[SPAN_TEXT_MAX];
    bool today = until / DAY_S == now / DAY_S;
    (void)time_text(until, text);
    add(line, " until %s (in %s%s)", today ? text + strlen("2026-08-14T") : text,
        span_words(until > now ? until - now : 0, span), of);
}

static const char *world_time_words(const struct summary *summary)
{
    return summary->speed == CLOCK_SPEED_ONE ? "" : " of world time";
}

/* How long it takes on the wall until world time is `next`. */
static const char *wait_words(const struct summary *summary, int64_t next,
                              char buffer[SPAN_TEXT_MAX])
{
    double world_s = (double)(next - summary->world_now.s);
    int64_t wall_s = (int64_t)(world_s * CLOCK_SPEED_ONE / (double)summary->speed);
    return wall_s > 0 ? span_words(wall_s, buffer) : "less than 1 s";
}

/* "; next rows in 4 s": wall time, of the first run of the streams given; or why there is none. */
static void add_next(struct line *line, const struct summary *summary, unsigned streams)
{
    char span[SPAN_TEXT_MAX];
    int64_t next = INT64_MAX;
    bool late = false;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_summary *stream = &summary->streams[i];
        if (streams & 1u << i && stream->has_next && stream->next_run.s < next)
            next = stream->next_run.s;
        late = late || (streams & 1u << i && stream->late_s > 0 && stream->enabled &&
                        !stream->paused && stream->held[0] == '\0' && stream->obstacle[0] == '\0');
    }
    if (summary->held)
        add(line, "; the clock is held until 'credctl resume'");
    else if (summary->paused)
        add(line, "; the world is paused by %s", summary->paused_by);
    else if (late)
        add(line, "; due rows are written now");
    else if (summary->speed == 0)
        add(line, "; the clock is stopped (speed 0), rows come with 'credctl advance'");
    else if (next != INT64_MAX)
        add(line, "; next rows in %s", wait_words(summary, next, span));
}

static void add_names(struct line *line, unsigned streams)
{
    char names[160];
    act_name_streams(streams, ", ", names, sizeof names);
    add(line, "%s %s", names, (streams & (streams - 1)) == 0 ? "is" : "are");
}

static void say_tempo(const struct act_tempo *tempo, const struct summary *summary,
                      struct line *line)
{
    const struct stream_summary *stream = &summary->streams[tempo->stream];
    char factor[MILLIONTHS_TEXT_MAX];
    add(line, "%s x%s", stream_info(tempo->stream)->name, millionths_text(tempo->factor, factor));
    if (stream->tempo_until.s != 0)
        add_until(line, stream->tempo_until.s, summary->world_now.s, world_time_words(summary));
    if (stream->paused)
        add(line, "; paused by %s", stream->paused_by);
    else if (tempo->factor == 0)
        add(line, "; no new rows");
    else
        add_next(line, summary, 1u << tempo->stream);
}

static void say_speed(const struct summary *summary, struct line *line)
{
    char text[TIME_TEXT_MAX], factor[MILLIONTHS_TEXT_MAX];
    if (summary->speed == 0) {
        add(line, "world time is stopped at %s; 'credctl advance' moves it",
            time_text(summary->world_now.s, text));
        return;
    }
    if (summary->speed == CLOCK_SPEED_ONE)
        add(line, "world time runs as fast as the wall clock");
    else
        add(line, "world time runs %s times as fast as the wall clock",
            millionths_text(summary->speed, factor));
    add_next(line, summary, ~0u);
}

static void say_pause(const struct act_pause *pause, const struct summary *summary,
                      struct line *line)
{
    char text[TIME_TEXT_MAX];
    int64_t resumes_us = summary->resumes_wall_us, now = summary->wall_now.us / 1000000;
    if (pause->streams != 0) {
        add_names(line, pause->streams);
        resumes_us = pause->for_us > 0 ? summary->wall_now.us + pause->for_us : 0;
        add(line, " paused");
    } else {
        add(line, "paused%s%s", summary->has_world ? " at " : "",
            summary->has_world ? time_text(summary->world_now.s, text) : "");
    }
    if (resumes_us != 0)
        add_until(line, resumes_us / 1000000, now, "");
    else
        add(line, " until 'credctl resume'");
}

static void say_resume(const struct act_resume *resume, const struct summary *summary,
                       struct line *line)
{
    char text[TIME_TEXT_MAX];
    if (resume->streams == 0) {
        add(line, "resumed%s%s", summary->has_world ? " at " : "",
            summary->has_world ? time_text(summary->world_now.s, text) : "");
    } else {
        add_names(line, resume->streams);
        add(line, " resumed");
    }
    add_next(line, summary, resume->streams != 0 ? resume->streams : ~0u);
}

void reply_say(const struct act *act, const struct summary *summary, char *out, size_t size)
{
    char text[STORE_PARAMETERS_MAX];
    struct line line = {out, size, 0};
    out[0] = '\0';
    switch (act->kind) {
    case ACT_TEMPO: say_tempo(&act->tempo, summary, &line); break;
    case ACT_SPEED: say_speed(summary, &line); break;
    case ACT_PAUSE: say_pause(&act->pause, summary, &line); break;
    case ACT_RESUME: say_resume(&act->resume, summary, &line); break;
    default: add(&line, "%s", act_say(act, text));
    }
}
