/* What acts answer: a table of what was asked for, what is so after it, and the sentence. */
#include <string.h>

#include "clock/clock.h"
#include "control/reply.h"
#include "control_checks.h"

#define NOW    INT64_C(1786703712) /* 2026-08-14T10:35:12Z */
#define SECOND INT64_C(1000000)

static struct summary running(void)
{
    struct summary summary = {.has_world = true,
                              .world_now = {NOW},
                              .wall_now = {NOW * SECOND},
                              .speed = CLOCK_SPEED_ONE,
                              .paused_by = "ann"};
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        summary.streams[i].has_next = true;
        summary.streams[i].next_run.s = NOW + 240 * (i + 1);
    }
    return summary;
}

static void nothing(struct summary *of)
{
    (void)of;
}

static void for_a_while(struct summary *of)
{
    of->streams[STREAM_LOAN_APPLICATIONS].tempo_until.s = NOW + 1800;
    of->resumes_wall_us = (NOW + 1800) * SECOND;
}

static void until_tomorrow(struct summary *of)
{
    of->resumes_wall_us = (NOW + 86400) * SECOND;
}

static void fast(struct summary *of)
{
    for_a_while(of);
    of->speed = 60 * CLOCK_SPEED_ONE;
}

static void very_fast(struct summary *of)
{
    of->speed = 3600 * CLOCK_SPEED_ONE;
}

static void still(struct summary *of)
{
    of->speed = 0;
}

static void paused(struct summary *of)
{
    of->paused = true;
}

static void stream_paused(struct summary *of)
{
    of->streams[STREAM_LOAN_APPLICATIONS].paused = true;
    (void)strcpy(of->streams[STREAM_LOAN_APPLICATIONS].paused_by, "bob");
}

static void late(struct summary *of)
{
    of->streams[STREAM_MARKET_DATA].late_s = 86400;
    of->streams[STREAM_MARKET_DATA].enabled = true;
}

static void late_and_still(struct summary *of)
{
    late(of);
    still(of);
}

static void late_and_stopped(struct summary *of)
{
    late(of);
    (void)strcpy(of->streams[STREAM_MARKET_DATA].obstacle, "the table market_data is missing");
}

static void no_world(struct summary *of)
{
    of->has_world = false;
}

#define TEMPO(value)                                                                         \
    {                                                                                        \
        .kind = ACT_TEMPO, .tempo = {.stream = STREAM_LOAN_APPLICATIONS, .factor = (value) } \
    }
#define LOANS_AND_MARKET (1u << STREAM_LOAN_APPLICATIONS | 1u << STREAM_MARKET_DATA)

static const struct sample {
    struct act act;
    void (*make)(struct summary *of);
    const char *text;
} samples[] = {
    {TEMPO(20 * SECOND), for_a_while,
     "loan_applications x20 until 11:05:12Z (in 30 min); next rows in 12 min"},
    {TEMPO(1500000), nothing, "loan_applications x1.5; next rows in 12 min"},
    {TEMPO(20 * SECOND), fast,
     "loan_applications x20 until 11:05:12Z (in 30 min of world time); next rows in 12 s"},
    {TEMPO(0), nothing, "loan_applications x0; no new rows"},
    {TEMPO(2 * SECOND), still,
     "loan_applications x2; the clock is stopped (speed 0), rows come with 'credctl advance'"},
    {TEMPO(2 * SECOND), paused, "loan_applications x2; the world is paused by ann"},
    {TEMPO(2 * SECOND), stream_paused, "loan_applications x2; paused by bob"},
    {{.kind = ACT_SPEED}, nothing, "world time runs as fast as the wall clock; next rows in 4 min"},
    {{.kind = ACT_SPEED},
     fast,
     "world time runs 60 times as fast as the wall clock; next rows in 4 s"},
    {{.kind = ACT_SPEED},
     very_fast,
     "world time runs 3600 times as fast as the wall clock; next rows in less than 1 s"},
    {{.kind = ACT_SPEED},
     still,
     "world time is stopped at 2026-08-14T10:35:12Z; 'credctl advance' moves it"},
    {{.kind = ACT_PAUSE}, nothing, "paused at 2026-08-14T10:35:12Z until 'credctl resume'"},
    {{.kind = ACT_PAUSE},
     for_a_while,
     "paused at 2026-08-14T10:35:12Z until 11:05:12Z (in 30 min)"},
    {{.kind = ACT_PAUSE},
     until_tomorrow,
     "paused at 2026-08-14T10:35:12Z until 2026-08-15T10:35:12Z (in 1 d)"},
    {{.kind = ACT_PAUSE}, no_world, "paused until 'credctl resume'"},
    {{.kind = ACT_PAUSE, .pause = {.streams = LOANS_AND_MARKET, .for_us = 90 * SECOND}},
     nothing,
     "loan_applications, market_data are paused until 10:36:42Z (in 1 min)"},
    {{.kind = ACT_RESUME}, nothing, "resumed at 2026-08-14T10:35:12Z; next rows in 4 min"},
    {{.kind = ACT_RESUME, .resume = {.streams = 1u << STREAM_MARKET_DATA}},
     nothing,
     "market_data is resumed; next rows in 16 min"},
    {{.kind = ACT_RESUME, .resume = {.streams = 1u << STREAM_MARKET_DATA}},
     paused,
     "market_data is resumed; the world is paused by ann"},
    {{.kind = ACT_RESUME, .resume = {.streams = 1u << STREAM_MARKET_DATA}},
     late,
     "market_data is resumed; due rows are written now"},
    {{.kind = ACT_RESUME},
     late_and_still,
     "resumed at 2026-08-14T10:35:12Z; due rows are written now"},
    {{.kind = ACT_RESUME, .resume = {.streams = 1u << STREAM_CUSTOMERS}},
     late,
     "customers is resumed; next rows in 4 min"},
    {{.kind = ACT_RESUME, .resume = {.streams = 1u << STREAM_MARKET_DATA}},
     late_and_stopped,
     "market_data is resumed; next rows in 16 min"},
};

static void each_act_says_what_is_now(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        char text[512];
        struct summary summary = running();
        samples[i].make(&summary);
        reply_say(&samples[i].act, &summary, text, sizeof text);
        assert_string_equal(text, samples[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_act_says_what_is_now)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
