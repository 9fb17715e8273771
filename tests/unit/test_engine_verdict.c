/* The verdict of a summary: a table of what is so, and what is said of it. */
#include <string.h>

#include "clock/clock.h"
#include "engine/verdict.h"
#include "engine_checks.h"

#define NOW  INT64_C(1786703712) /* 2026-08-14T10:35:12Z */
#define MANY INT64_C(100000)

/* All that was due is written, up to two seconds ago. */
static struct summary fresh(void)
{
    struct summary summary = {.has_world = true,
                              .database = DATABASE_READY,
                              .world_now = {NOW},
                              .wall_now = {NOW * 1000000},
                              .speed = CLOCK_SPEED_ONE,
                              .paused_by = "ann",
                              .timezone = "UTC"};
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        summary.streams[i] = (struct stream_summary){.name = stream_info((enum stream_id)i)->name,
                                                     .enabled = true,
                                                     .started = true,
                                                     .paused_by = "bob",
                                                     .lag_s = 2 + i};
    return summary;
}

static void is_fresh(struct summary *of)
{
    (void)of;
}

static void connecting(struct summary *of)
{
    of->database = DATABASE_CONNECTING;
    of->has_world = false;
}

static void read_only(struct summary *of)
{
    of->database = DATABASE_READ_ONLY;
    of->paused = true;
}

static void no_world(struct summary *of)
{
    of->has_world = false;
}

static void job(struct summary *of, enum job_kind kind)
{
    of->has_job = true;
    of->job = kind;
    of->job_done = 27;
    of->job_total = 100;
}

static void first_world(struct summary *of)
{
    of->has_world = false;
    job(of, JOB_RESET);
}

static void resetting(struct summary *of)
{
    job(of, JOB_RESET);
    of->paused = of->held = true;
}

static void held(struct summary *of)
{
    of->held = of->paused = true;
}

static void other_model(struct summary *of)
{
    held(of);
    of->model = WORLD_MODEL + 1;
    (void)strcpy(of->held_why, "this world was made by another");
}

static void paused(struct summary *of)
{
    of->paused = true;
    job(of, JOB_ADVANCE);
}

static void paused_for(struct summary *of)
{
    of->paused = true;
    (void)strcpy(of->reason, "a talk");
}

static void advancing(struct summary *of)
{
    job(of, JOB_ADVANCE);
    of->streams[0].late_s = of->streams[0].lag_s = MANY;
}

static void advancing_unknown(struct summary *of)
{
    job(of, JOB_ADVANCE);
    of->job_total = 0;
}

static void ticking(struct summary *of)
{
    job(of, JOB_TICK);
}

static void almost_late(struct summary *of)
{
    of->streams[3].late_s = of->streams[3].lag_s = 10;
}

static void late(struct summary *of)
{
    of->streams[0].late_s = of->streams[0].lag_s = 11;
    of->streams[3].late_s = 12;
    of->streams[3].lag_s = MANY;
}

static void catching_up(struct summary *of)
{
    late(of);
    job(of, JOB_TICK);
}

static void fast(struct summary *of)
{
    of->speed = 60 * CLOCK_SPEED_ONE;
    of->streams[0].late_s = of->streams[0].lag_s = INT64_C(10) * 60;
}

static void fast_late(struct summary *of)
{
    fast(of);
    of->streams[0].late_s++;
}

static void not_started(struct summary *of)
{
    of->streams[2].started = false;
}

static void still(struct summary *of)
{
    of->speed = 0;
}

static void set_back(struct summary *of)
{
    of->stands_until.us = (NOW + 8) * 1000000;
}

static void ended(struct summary *of)
{
    of->world_now = WORLD_TIME_LAST;
}

static void ended_late(struct summary *of)
{
    ended(of);
    late(of);
}

static void one_paused(struct summary *of)
{
    of->streams[3].paused = true;
}

static void one_disabled(struct summary *of)
{
    of->streams[3].enabled = of->streams[3].started = false;
}

static void two_still(struct summary *of)
{
    of->streams[3].paused = true;
    (void)strcpy(of->streams[4].held, "waits");
}

static void none_moves(struct summary *of)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        of->streams[i].paused = true;
}

static const struct sample {
    void (*make)(struct summary *of);
    enum verdict verdict;
    const char *text;
} samples[] = {
    {is_fresh, VERDICT_FRESH, "written up to 2 s ago"},
    {ticking, VERDICT_FRESH, "written up to 2 s ago"},
    {almost_late, VERDICT_FRESH, "written up to 2 s ago"},
    {fast, VERDICT_FRESH, "written up to 3 s ago in world time"},
    {still, VERDICT_FRESH, "written up to 2 s ago in world time; the clock is stopped (speed 0)"},
    {one_paused, VERDICT_FRESH, "written up to 2 s ago; market_data is paused by bob"},
    {one_disabled, VERDICT_FRESH, "written up to 2 s ago; market_data is disabled"},
    {two_still, VERDICT_FRESH, "written up to 2 s ago; 2 streams are paused, held or disabled"},
    {late, VERDICT_BEHIND, "market_data is 1 d 3 h behind"},
    {catching_up, VERDICT_BEHIND, "market_data is 1 d 3 h behind; catching up 27%"},
    {fast_late, VERDICT_BEHIND, "customers is 10 min behind"},
    {not_started, VERDICT_BEHIND, "nothing is written for loan_applications yet"},
    {ended_late, VERDICT_BEHIND, "market_data is 1 d 3 h behind"},
    {paused, VERDICT_PAUSED, "the world is paused by ann"},
    {paused_for, VERDICT_PAUSED, "the world is paused by ann: a talk"},
    {none_moves, VERDICT_PAUSED, "all streams are paused, held or disabled"},
    {held, VERDICT_HELD, "the clock is held until 'credctl resume'"},
    {other_model, VERDICT_HELD, "this world was made by another"},
    {set_back, VERDICT_HELD,
     "world time stands still until 2026-08-14T10:35:20Z: the wall clock was set back"},
    {ended, VERDICT_HELD,
     "world time ended at 2037-12-31T23:59:59Z; 'credctl reset' begins a new world"},
    {advancing, VERDICT_BUSY, "advancing 27%, at 2026-08-14"},
    {advancing_unknown, VERDICT_BUSY, "advancing, at 2026-08-14"},
    {resetting, VERDICT_BUSY,
     "resetting 27%; the old world stays in place until the new one is complete"},
    {connecting, VERDICT_NOT_READY, "the database is not connected yet"},
    {read_only, VERDICT_NOT_READY, "the database is read-only"},
    {no_world, VERDICT_NOT_READY, "there is no world yet"},
    {first_world, VERDICT_NOT_READY, "the first world is being built, 27%"},
};

static void each_state_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct summary summary = fresh();
        samples[i].make(&summary);
        verdict_find(&summary);
        assert_string_equal(summary.verdict_text, samples[i].text);
        assert_int_equal(summary.verdict, samples[i].verdict);
    }
}

static void the_line_begins_with_what_it_comes_to(void **state)
{
    char line[VERDICT_LINE_MAX];
    struct summary summary = fresh();
    (void)state;
    verdict_find(&summary);
    assert_string_equal(verdict_line(&summary, line), "fresh: written up to 2 s ago");
    advancing(&summary);
    verdict_find(&summary);
    assert_string_equal(verdict_line(&summary, line), "advancing 27%, at 2026-08-14");
}

static void every_verdict_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i < VERDICTS; i++)
        assert_non_null(verdict_name((enum verdict)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_has_its_verdict),
        cmocka_unit_test(the_line_begins_with_what_it_comes_to),
        cmocka_unit_test(every_verdict_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
