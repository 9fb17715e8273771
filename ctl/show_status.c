/* status for people: one line that says whether the demo is fresh, then what it follows from. */
#include <math.h>
#include <string.h>

#include "print.h"
#include "show.h"
#include "system.h"

#define STILL_MAX 64
#define LATE_S    90 /* wall seconds: what is late for longer is not just happening */

enum mood { MOOD_GOOD, MOOD_WARN, MOOD_BAD };

struct verdict {
    enum mood mood;
    const char *word;
    char text[160];
};

static int64_t late_after(const json_t *clock)
{
    double speed = json_number_value(json_object_get(clock, "speed"));
    return (int64_t)(LATE_S * (speed > 1 ? speed : 1));
}

/* Rows that a run should have written have been missing for too long. */
static bool is_late(const json_t *stream, const json_t *clock)
{
    return member_text(stream, "watermark") == NULL ||
           member_number(stream, "late_s") > late_after(clock);
}

static const json_t *find_late(const json_t *status)
{
    size_t i;
    const json_t *stream;
    const json_t *clock = json_object_get(status, "clock");
    json_array_foreach(json_object_get(status, "streams"), i, stream)
    {
        if (is_late(stream, clock))
            return stream;
    }
    return NULL;
}

static bool is_still(const json_t *stream)
{
    return member_true(stream, "paused") || json_is_string(json_object_get(stream, "held")) ||
           !member_true(stream, "enabled");
}

/* "; market_data stands still" */
static void say_still(const json_t *status, char out[STILL_MAX])
{
    size_t i;
    int still = 0;
    const json_t *stream;
    json_array_foreach(json_object_get(status, "streams"), i, stream)
    {
        if (is_still(stream) && still++ == 0)
            (void)snprintf(out, STILL_MAX, "; %.40s stands still", member_text(stream, "name"));
    }
    if (still > 1)
        (void)snprintf(out, STILL_MAX, "; %d streams stand still", still);
}

static int64_t newest(const json_t *status)
{
    size_t i;
    const json_t *stream;
    int64_t least = INT64_MAX;
    json_array_foreach(json_object_get(status, "streams"), i, stream)
    {
        if (member_text(stream, "watermark") != NULL && member_number(stream, "lag_s") < least)
            least = member_number(stream, "lag_s");
    }
    return least == INT64_MAX ? 0 : least;
}

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

static struct verdict verdict_of_database(const json_t *status)
{
    const char *state = database_word(status);
    struct verdict verdict = {MOOD_BAD, "NOT READY", ""};
    if (state == NULL || strcmp(state, "connecting") == 0)
        verdict.mood = MOOD_WARN;
    (void)snprintf(verdict.text, sizeof verdict.text, "the database is %s, see below",
                   state == NULL                      ? "unknown"
                   : strcmp(state, "foreign") == 0    ? "not credd's"
                   : strcmp(state, "connecting") == 0 ? "not connected yet"
                   : strcmp(state, "refused") == 0    ? "refusing credd"
                                                      : state);
    return verdict;
}

static struct verdict verdict_of_streams(const json_t *status)
{
    const json_t *late = find_late(status);
    struct verdict verdict = {MOOD_GOOD, "FRESH", ""};
    char span[PRINT_MAX], still[STILL_MAX] = "";
    if (late != NULL) {
        verdict.mood = MOOD_WARN;
        verdict.word = "BEHIND";
        (void)snprintf(verdict.text, sizeof verdict.text, "%s is %s behind",
                       member_text(late, "name"), print_span(member_number(late, "lag_s"), span));
    } else {
        say_still(status, still);
        (void)snprintf(verdict.text, sizeof verdict.text, "written up to %s ago%s",
                       print_span(newest(status), span), still);
        if (still[0] != '\0')
            verdict.mood = MOOD_WARN;
    }
    return verdict;
}

static struct verdict verdict_saying(enum mood mood, const char *word, const char *text)
{
    struct verdict verdict = {mood, word, ""};
    (void)snprintf(verdict.text, sizeof verdict.text, "%s", text);
    return verdict;
}

static struct verdict verdict_of(const json_t *status)
{
    const json_t *clock = json_object_get(status, "clock");
    const char *job = member_text(json_object_get(status, "job"), "kind");
    if (!is_ready(status))
        return verdict_of_database(status);
    bool building = job != NULL && strcmp(job, "reset") == 0;
    if (!json_is_object(json_object_get(status, "world")))
        return verdict_saying(MOOD_WARN, "NOT READY",
                              building ? "the first world is being built"
                                       : "there is no world yet");
    if (building)
        return verdict_saying(MOOD_WARN, "RESETTING",
                              "a new world is being built; the old one stays until it is whole");
    if (json_is_string(json_object_get(clock, "held")))
        return (struct verdict){MOOD_BAD, "HELD", "the clock waits for credctl resume"};
    if (member_true(clock, "paused"))
        return (struct verdict){MOOD_WARN, "PAUSED", "numbers do not move"};
    return verdict_of_streams(status);
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

static void print_verdict(struct show *show, const json_t *status)
{
    static const enum colour colours[] = {COLOUR_GOOD, COLOUR_WARN, COLOUR_BAD};
    struct verdict verdict = verdict_of(status);
    print_coloured(show->out, show->colour, colours[verdict.mood], verdict.word);
    (void)fputs("  ", show->out);
    wrap_here(show->wrap);
    (void)print_safe(show->out, verdict.text, 0);
    (void)fputs("\n\n", show->out);
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

/* " until 2026-08-14 10:35:12Z, in 12 min" */
static void print_until(struct show *show, const char *word, const char *until, const json_t *clock)
{
    int64_t wall, then;
    char text[PRINT_MAX];
    (void)fprintf(show->out, "%s %s", word, print_time(until, text));
    if (system_instant(member_text(clock, "wall"), &wall) && system_instant(until, &then) &&
        then > wall)
        (void)fprintf(show->out, ", in %s", print_span(then - wall, text));
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
        print_until(show, "; resumes at", until, clock);
}

/* Without a world and its database the daemon can only say what the wall says. */
static void print_time_of_world(struct show *show, const json_t *clock, bool known)
{
    char time[PRINT_MAX], offset[PRINT_MAX], factor[PRINT_MAX];
    double speed = json_number_value(json_object_get(clock, "speed"));
    head(show, "clock");
    if (!known) {
        (void)fputs("not known yet\n", show->out);
        return;
    }
    (void)fprintf(show->out, "%s%s", print_time(member_text(clock, "world"), time),
                  offset_text(clock, offset));
    if (speed <= 0)
        (void)fputs("; stands still (speed 0)", show->out);
    else if (fabs(speed - 1) > 1e-9)
        (void)fprintf(show->out, "; speed %s", print_factor(speed, factor));
    (void)fputc('\n', show->out);
}

static void print_clock(struct show *show, const json_t *clock, bool known)
{
    const char *zone = member_text(clock, "timezone");
    print_time_of_world(show, clock, known);
    if (member_true(clock, "paused")) {
        head(show, "paused");
        print_pause(show, clock, clock);
        (void)fputc('\n', show->out);
    }
    line(show, "held", member_text(clock, "held"));
    if (zone != NULL) {
        head(show, "zone");
        (void)print_safe(show->out, zone, 0);
        (void)fprintf(show->out, " (time zone database %s)\n", member_text(clock, "zone_version"));
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
        (void)fprintf(show->out, "%s%s", member_text(job, "kind"), detail != NULL ? ": " : "");
        (void)print_safe(show->out, detail != NULL ? detail : "", 40);
        if (total > 0)
            (void)fprintf(show->out, ", %s of %s", print_count(done, first),
                          print_count(total, second));
        (void)fputc('\n', show->out);
    }
    if (member_number(status, "queued") > 0) {
        head(show, "queued");
        (void)fprintf(show->out, "%s\n", print_count(member_number(status, "queued"), first));
    }
}

/* --- the streams
 * ------------------------------------------------------------------------------------ */

static const char *age_text(const json_t *stream, char buffer[PRINT_MAX])
{
    char span[PRINT_MAX];
    if (member_text(stream, "watermark") == NULL)
        return "nothing yet";
    (void)snprintf(buffer, PRINT_MAX, "%s ago", print_span(member_number(stream, "lag_s"), span));
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
    if (json_is_string(json_object_get(stream, "held")))
        return "held";
    if (!system_instant(member_text(stream, "next_run"), &next) ||
        !system_instant(member_text(clock, "world"), &now))
        return "-";
    if (is_late(stream, clock))
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
    print_until(show, " until", until, clock);
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
    if (member_text(stream, "held") != NULL)
        print_remark(show, "held", member_text(stream, "held"));
    print_tempo_end(show, stream, clock);
    if (member_number(stream, "skipped") > 0) {
        (void)snprintf(text, sizeof text, "%s rows skipped",
                       print_count(member_number(stream, "skipped"), count));
        print_remark(show, text, NULL);
    }
}

static void print_stream(struct show *show, const json_t *stream, const json_t *clock)
{
    char count[PRINT_MAX], age[PRINT_MAX], next[PRINT_MAX], tempo[PRINT_MAX];
    double factor = json_number_value(json_object_get(stream, "tempo"));
    const char *schedule = member_text(stream, "schedule");
    (void)fprintf(show->out, "  %-17s %11s  %-14s  %-11s  ", member_text(stream, "name"),
                  print_count(member_number(stream, "rows"), count), age_text(stream, age),
                  next_text(stream, clock, next));
    (void)print_safe(show->out, schedule != NULL ? schedule : "", 16);
    if (fabs(factor - 1) > 1e-9)
        (void)fprintf(show->out, " x%s", print_factor(factor, tempo));
    (void)fputc('\n', show->out);
    print_remarks(show, stream, clock);
}

void show_status(struct show *show, const json_t *parameters)
{
    size_t i;
    const json_t *status = parameters;
    const json_t *stream;
    const json_t *clock = json_object_get(status, "clock");
    char daemon[PRINT_MAX];
    print_verdict(show, status);
    bool known = json_is_object(json_object_get(status, "world")) || is_ready(status);
    print_world(show, json_object_get(status, "world"), known);
    print_clock(show, clock, known);
    print_database(show, status);
    print_job(show, status);
    line(show, "pending", member_text(status, "pending"));
    line(show, "last", member_text(status, "last_batch"));
    (void)snprintf(daemon, sizeof daemon, "credd %.20s, pid %lld", member_text(status, "version"),
                   (long long)member_number(status, "pid"));
    line(show, "daemon", daemon);
    print_coloured(show->out, show->colour, COLOUR_BOLD,
                   "\n  STREAM                   ROWS  WRITTEN TO      NEXT RUN     SCHEDULE\n");
    json_array_foreach(json_object_get(status, "streams"), i, stream)
        print_stream(show, stream, clock);
}
