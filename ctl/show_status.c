/* status for people: one line that says whether the demo is fresh, then what it follows from. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "print.h"
#include "show.h"
#include "system.h"

#define SPAN_MOST 1e12 /* seconds: more is no speed of credd's */

static bool is_ready(const json_t *status)
{
    const char *state = member_text(json_object_get(status, "database"), "state");
    return state != NULL && strcmp(state, "ready") == 0;
}

/* NULL: not known. A database that may only be read is "full" to programs. */
static const char *database_word(const json_t *status)
{
    return member_true(status, "read_only")
               ? "read-only"
               : member_text(json_object_get(status, "database"), "state");
}

/* --- the verdict
 * ------------------------------------------------------------------------------------ */

static bool any_still(const json_t *status)
{
    size_t i;
    const json_t *stream;
    json_array_foreach(json_object_get(status, "streams"), i, stream)
    {
        if (member_true(stream, "paused") || !member_true(stream, "enabled"))
            return true;
    }
    return false;
}

static enum colour colour_of(const json_t *status, const char *verdict)
{
    const char *state = database_word(status);
    bool connecting = state == NULL || strcmp(state, "connecting") == 0;
    if (strcmp(verdict, "fresh") == 0)
        return any_still(status) ? COLOUR_WARN : COLOUR_GOOD;
    bool bad = strcmp(verdict, "held") == 0 || strcmp(verdict, "not-ready") == 0;
    return bad && !connecting ? COLOUR_BAD : COLOUR_WARN;
}

/* "FRESH  written up to 2 s ago", "ADVANCING 27%, at 2028-06-26" */
static void show_verdict(struct show *show, const json_t *status)
{
    const char *verdict = member_text(status, "verdict"),
               *text = member_text(status, "verdict_text");
    char word[16];
    bool busy = verdict != NULL && text != NULL && strcmp(verdict, "busy") == 0;
    size_t length = busy ? strspn(text, "abcdefghijklmnopqrstuvwxyz") : 0;
    (void)snprintf(word, sizeof word, "%.*s", busy ? (int)length : (int)sizeof word - 1,
                   busy              ? text
                   : verdict != NULL ? verdict
                                     : "unknown");
    for (char *at = word; *at != '\0'; at++)
        *at = (char)(*at == '-' ? ' ' : toupper((unsigned char)*at));
    print_coloured(show->out, show->colour, colour_of(status, verdict != NULL ? verdict : ""),
                   word);
    (void)fputs(busy ? "" : "  ", show->out);
    wrap_here(show->wrap);
    (void)print_safe(show->out, text != NULL ? text + length : "", 0);
    (void)fputc('\n', show->out);
}

/* --- the head
 * --------------------------------------------------------------------------------------- */

static void head(struct show *show, const char *name)
{
    char padded[16];
    (void)snprintf(padded, sizeof padded, "%9s  ", name);
    print_coloured(show->out, show->colour, COLOUR_FAINT, padded);
    wrap_here(show->wrap);
}

static void line(struct show *show, const char *name, const char *text)
{
    if (text == NULL)
        return;
    head(show, name);
    (void)print_safe(show->out, text, 0);
    (void)fputc('\n', show->out);
}

static void print_world(struct show *show, const json_t *world, bool ready)
{
    char time[PRINT_MAX];
    head(show, "world");
    if (!json_is_object(world)) {
        (void)fputs(ready ? "none yet\n" : "not known yet\n", show->out);
        return;
    }
    (void)fprintf(show->out, "seed %lld, live since %s, id ",
                  (long long)member_number(world, "seed"),
                  print_time(member_text(world, "origin"), time));
    (void)print_safe(show->out, member_text(world, "id"), 40);
    (void)fputc('\n', show->out);
}

static const char *offset_text(const json_t *clock, char buffer[PRINT_MAX])
{
    int64_t world, wall;
    char span[PRINT_MAX];
    if (!system_instant(member_text(clock, "world"), &world) ||
        !system_instant(member_text(clock, "wall"), &wall))
        return "";
    int64_t ahead = world - wall;
    if (ahead >= -2 && ahead <= 2)
        (void)snprintf(buffer, PRINT_MAX, ", same as the wall clock");
    else
        (void)snprintf(buffer, PRINT_MAX, ", %s %s the wall clock", print_span(ahead, span),
                       ahead > 0 ? "ahead of" : "behind");
    return buffer;
}

/* At other speeds than 1 a span of world time takes another time than it says. */
static bool runs_apart(const json_t *clock)
{
    return fabs(json_number_value(json_object_get(clock, "speed")) - 1) > 1e-9;
}

/* " until 2026-08-14 10:35:12Z, in 12 min", by the "wall" or the "world" of the clock */
static void print_until(struct show *show, const char *word, const char *until, const json_t *clock,
                        const char *by)
{
    int64_t now, then;
    char text[PRINT_MAX];
    (void)fprintf(show->out, "%s %s", word, print_time(until, text));
    if (system_instant(member_text(clock, by), &now) && system_instant(until, &then) && then > now)
        (void)fprintf(show->out, ", in %s%s", print_span(then - now, text),
                      strcmp(by, "world") == 0 && runs_apart(clock) ? " of world time" : "");
}

/* "by root: a talk; resumes at 2026-08-14 10:35:12Z, in 12 min" */
static void print_pause(struct show *show, const json_t *of, const json_t *clock)
{
    const char *reason = member_text(of, "reason");
    const char *until = member_text(of, "resumes_at");
    const char *who = member_text(of, "paused_by");
    (void)fputs(who != NULL ? "by " : "", show->out);
    (void)print_safe(show->out, who != NULL ? who : "", 0);
    if (reason != NULL && reason[0] != '\0') {
        (void)fputs(who != NULL ? ": " : "", show->out);
        (void)print_safe(show->out, reason, 0);
    }
    if (until != NULL)
        print_until(show, "; resumes at", until, clock, "wall");
}

/* Without a world and its database the daemon can only say what the wall says. */
static void print_time_of_world(struct show *show, const json_t *clock, bool known)
{
    char time[PRINT_MAX], offset[PRINT_MAX], factor[PRINT_MAX];
    double speed = json_number_value(json_object_get(clock, "speed"));
    head(show, "clock");
    if (!known || member_text(clock, "world") == NULL) {
        (void)fputs("not known yet\n", show->out);
        return;
    }
    (void)fprintf(show->out, "%s%s", print_time(member_text(clock, "world"), time),
                  offset_text(clock, offset));
    if (speed <= 0)
        (void)fputs("; stopped (speed 0)", show->out);
    else if (fabs(speed - 1) > 1e-9)
        (void)fprintf(show->out, "; speed %s", print_factor(speed, factor));
    (void)fputc('\n', show->out);
}

/* `held`: why the clock is, unless that is said already; or NULL. */
static void print_clock(struct show *show, const json_t *clock, const char *held, bool known)
{
    const char *zone = member_text(clock, "timezone");
    print_time_of_world(show, clock, known);
    if (member_true(clock, "paused")) {
        head(show, "paused");
        print_pause(show, clock, clock);
        (void)fputc('\n', show->out);
    }
    const char *stands = member_text(clock, "stands_until");
    if (stands != NULL) {
        head(show, "stopped");
        print_until(show, "until", stands, clock, "wall");
        (void)fputs(": the wall clock was set back\n", show->out);
    }
    line(show, "held", held);
    if (zone != NULL) {
        head(show, "zone");
        (void)print_safe(show->out, zone, 0);
        (void)fprintf(show->out, " (time zone database %s)\n",
                      member_or(clock, "zone_version", "unknown"));
    }
}

static void print_database(struct show *show, const json_t *status)
{
    const char *detail = member_text(json_object_get(status, "database"), "detail");
    head(show, "database");
    (void)print_safe(show->out, database_word(status), 0);
    (void)fputs(detail != NULL && detail[0] != '\0' ? ": " : "", show->out);
    (void)print_safe(show->out, detail != NULL ? detail : "", 0);
    (void)fputc('\n', show->out);
}

static void print_job(struct show *show, const json_t *status)
{
    const json_t *job = json_object_get(status, "job");
    const char *detail = member_text(job, "detail");
    int64_t done = member_number(job, "done"), total = member_number(job, "total");
    char first[PRINT_MAX], second[PRINT_MAX];
    if (json_is_object(job)) {
        head(show, "job");
        (void)fprintf(show->out, "%s%s", member_or(job, "kind", "?"), detail != NULL ? ": " : "");
        (void)print_safe(show->out, detail != NULL ? detail : "", 40);
        if (total > 0)
            (void)fprintf(show->out, ", %s of %s", print_count(done, first),
                          print_count(total, second));
        (void)fputc('\n', show->out);
    }
    int64_t queued = member_number(status, "queued");
    if (queued > 0) {
        head(show, "queued");
        (void)print_safe(show->out, member_text(status, "queued_kind"), 20);
        if (queued > 1)
            (void)fprintf(show->out, " and %s more", print_count(queued - 1, first));
        (void)fputc('\n', show->out);
    }
    line(show, "waiting", member_text(status, "waiting"));
}

/* --- the streams
 * ------------------------------------------------------------------------------------ */

/* How old the newest row is. */
static const char *age_text(const json_t *stream, const json_t *clock, char buffer[PRINT_MAX])
{
    int64_t now, newest;
    char span[PRINT_MAX];
    if (member_text(stream, "watermark") == NULL)
        return "nothing yet";
    if (!system_instant(member_text(stream, "newest_row"), &newest) ||
        !system_instant(member_text(clock, "world"), &now))
        return "-";
    (void)snprintf(buffer, PRINT_MAX, "%s ago", print_span(now - newest, span));
    return buffer;
}

static const char *next_text(const json_t *stream, const json_t *clock, char buffer[PRINT_MAX])
{
    int64_t now, next;
    char span[PRINT_MAX];
    if (!member_true(stream, "enabled"))
        return "disabled";
    if (member_true(stream, "paused"))
        return "paused";
    if (member_text(stream, "obstacle") != NULL)
        return "stopped";
    if (json_is_string(json_object_get(stream, "held")))
        return "held";
    if (!system_instant(member_text(stream, "next_run"), &next) ||
        !system_instant(member_text(clock, "world"), &now))
        return "-";
    if (member_true(stream, "overdue"))
        return "overdue";
    if (next <= now)
        return "now";
    (void)snprintf(buffer, PRINT_MAX, "in %s", print_span(next - now, span));
    return buffer;
}

static void print_remark(struct show *show, const char *word, const char *text)
{
    (void)fprintf(show->out, "    %s%s", word, text != NULL ? ": " : "");
    wrap_here(show->wrap);
    (void)print_safe(show->out, text != NULL ? text : "", 0);
    (void)fputc('\n', show->out);
}

/* "x20 until 2026-08-14 10:35:12Z, in 12 min, then x1" */
static void print_tempo_end(struct show *show, const json_t *stream, const json_t *clock)
{
    const char *until = member_text(stream, "tempo_until");
    char now[PRINT_MAX], later[PRINT_MAX];
    if (until == NULL)
        return;
    (void)fprintf(show->out, "    tempo x%s",
                  print_factor(json_number_value(json_object_get(stream, "tempo")), now));
    wrap_here(show->wrap);
    print_until(show, " until", until, clock, "world");
    (void)fprintf(show->out, ", then x%s\n",
                  print_factor(json_number_value(json_object_get(stream, "tempo_after")), later));
}

static void print_remarks(struct show *show, const json_t *stream, const json_t *clock)
{
    char count[PRINT_MAX], text[PRINT_MAX];
    if (member_true(stream, "paused")) {
        (void)fputs("    ", show->out);
        wrap_here(show->wrap);
        (void)fputs(member_text(stream, "paused_by") != NULL ? "paused " : "paused: ", show->out);
        print_pause(show, stream, clock);
        (void)fputc('\n', show->out);
    }
    if (member_text(stream, "obstacle") != NULL)
        print_remark(show, "stopped", member_text(stream, "obstacle"));
    if (member_text(stream, "held") != NULL)
        print_remark(show, "held", member_text(stream, "held"));
    if (member_text(stream, "closed") != NULL)
        print_remark(show, member_text(stream, "closed"), NULL);
    if (member_true(stream, "overdue") && member_text(stream, "watermark") != NULL) {
        (void)snprintf(text, sizeof text, "written up to %s ago",
                       print_span(member_number(stream, "lag_s"), count));
        print_remark(show, text, NULL);
    }
    print_tempo_end(show, stream, clock);
    if (member_number(stream, "skipped") > 0) {
        (void)snprintf(text, sizeof text, "%s row%s skipped",
                       print_count(member_number(stream, "skipped"), count),
                       member_number(stream, "skipped") == 1 ? "" : "s");
        print_remark(show, text, NULL);
    }
}

/* What the spans of the table mean where world time does not run as the wall does. */
static void print_span_note(struct show *show, const json_t *clock, bool known)
{
    char span[PRINT_MAX];
    double speed = json_number_value(json_object_get(clock, "speed"));
    if (!known || !runs_apart(clock))
        return;
    if (speed <= 0)
        (void)fputs("\n  Ages and next runs are in world time, which is stopped.\n", show->out);
    else
        (void)fprintf(
            show->out,
            "\n  Ages and next runs are in world time; a minute of wall time is %s of it.\n",
            print_span((int64_t)(60 * speed < SPAN_MOST ? 60 * speed : SPAN_MOST), span));
}

static void print_stream(struct show *show, const json_t *stream, const json_t *clock)
{
    char count[PRINT_MAX], age[PRINT_MAX], next[PRINT_MAX], tempo[PRINT_MAX];
    double factor = json_number_value(json_object_get(stream, "tempo"));
    const char *schedule = member_text(stream, "schedule");
    (void)fprintf(show->out, "  %-17s %11s  %-14s  %-11s  ", member_or(stream, "name", "?"),
                  print_count(member_number(stream, "rows"), count), age_text(stream, clock, age),
                  next_text(stream, clock, next));
    (void)print_safe(show->out, schedule != NULL ? schedule : "", 16);
    if (fabs(factor - 1) > 1e-9)
        (void)fprintf(show->out, " x%s", print_factor(factor, tempo));
    (void)fputc('\n', show->out);
    print_remarks(show, stream, clock);
}

static void show_whole(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *status = parameters;
    const json_t *stream;
    const json_t *clock = json_object_get(status, "clock");
    char daemon[PRINT_MAX];
    show_verdict(show, status);
    (void)fputc('\n', show->out);
    bool known = json_is_object(json_object_get(status, "world")) || is_ready(status);
    print_world(show, json_object_get(status, "world"), known);
    const char *held = member_text(clock, "held");
    bool said = held != NULL && strcmp(held, member_or(status, "verdict_text", "")) == 0;
    print_clock(show, clock, said ? NULL : held, known);
    print_database(show, status);
    print_job(show, status);
    line(show, "pending", member_text(status, "pending"));
    line(show, "last", member_text(status, "last_batch"));
    (void)snprintf(daemon, sizeof daemon, "credd %.20s, pid %lld",
                   member_or(status, "version", "?"), (long long)member_number(status, "pid"));
    line(show, "daemon", daemon);
    print_span_note(show, clock, known);
    print_coloured(show->out, show->colour, COLOUR_BOLD,
                   "\n  STREAM                   ROWS  NEWEST ROW      NEXT RUN     SCHEDULE\n");
    json_array_foreach(json_object_get(status, "streams"), i, stream)
        print_stream(show, stream, clock);
}

/* Whether one line is all that is wanted. On a terminal --watch draws over what it drew before. */
static bool in_short(const struct show *show)
{
    bool watched = invocation_has(show->invocation, "watch"), terminal = show->wrap != NULL;
    if (invocation_has(show->invocation, "check"))
        return true;
    if (watched && terminal)
        (void)fputs("\033[H\033[J", stdout);
    return watched && !terminal;
}

void show_status(struct show *show, const json_t *parameters)
{
    if (in_short(show))
        show_verdict(show, parameters);
    else
        show_whole(show, parameters);
}
