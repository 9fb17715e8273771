/* The health of the database: what each thing that happens makes of it, as a table. */
#include <errno.h>
#include <string.h>

#include "writer/health.h"
#include "writer_checks.h"

#define SECOND INT64_C(1000000)

struct step {
    int64_t at_s;
    enum health_event event;
    int code;
    /* What it is then. */
    enum database_state state, shown;
    bool told;
    int64_t rest_ms; /* until the next try; -1: not looked at */
};

#define STEPS_MAX 8

static const struct course {
    const char *name;
    struct step steps[STEPS_MAX];
} courses[] = {
    {"a start",
     {{0, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, true, -1},
      {1, HEALTH_WROTE, 0, DATABASE_READY, DATABASE_READY, false, -1},
      {2, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, false, -1}}},
    {"a server that is away is told once, and tried less and less often",
     {{0, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, true, 200},
      {1, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, false, 400},
      {2, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, false, 800},
      {3, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, false, 1600},
      {5, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, false, 3200},
      {9, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, false, 5000},
      {15, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, true, -1},
      {16, HEALTH_FAILED, -ENOTCONN, DATABASE_DOWN, DATABASE_DOWN, true, 200}}},
    {"a full disk is over when rows found their place again",
     {{0, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, true, -1},
      {1, HEALTH_FAILED, -ENOSPC, DATABASE_FULL, DATABASE_FULL, true, 200},
      {2, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_FULL, false, -1},
      {3, HEALTH_FAILED, -ENOSPC, DATABASE_FULL, DATABASE_FULL, false, 400},
      {4, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_FULL, false, -1},
      {5, HEALTH_WROTE, 0, DATABASE_READY, DATABASE_READY, true, -1}}},
    {"or when nothing failed for a while",
     {{0, HEALTH_FAILED, -ENOSPC, DATABASE_FULL, DATABASE_FULL, true, 200},
      {1, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_FULL, false, -1},
      {2, HEALTH_QUIET, 0, DATABASE_READY, DATABASE_FULL, false, -1},
      {13, HEALTH_QUIET, 0, DATABASE_READY, DATABASE_READY, true, -1}}},
    {"tables that were spoilt are not ready because a watermark could be written",
     {{0, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, true, -1},
      {1, HEALTH_FAILED, -EPROTO, DATABASE_DOWN, DATABASE_DOWN, true, 200},
      {2, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_DOWN, false, -1},
      {3, HEALTH_WROTE, 0, DATABASE_READY, DATABASE_DOWN, false, -1},
      {4, HEALTH_RENEWED, 0, DATABASE_READY, DATABASE_READY, true, -1}}},
    {"rights, a foreign database, a disk that is read-only",
     {{0, HEALTH_FAILED, -EACCES, DATABASE_REFUSED, DATABASE_REFUSED, true, 200},
      {1, HEALTH_FAILED, -EPERM, DATABASE_FOREIGN, DATABASE_FOREIGN, true, 400},
      {2, HEALTH_FAILED, -EROFS, DATABASE_READ_ONLY, DATABASE_READ_ONLY, true, 800},
      {3, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READ_ONLY, false, -1},
      {4, HEALTH_WROTE, 0, DATABASE_READY, DATABASE_READY, true, -1}}},
    {"another daemon that builds is no failure",
     {{0, HEALTH_WAITS, -EBUSY, DATABASE_CONNECTING, DATABASE_CONNECTING, false, 200},
      {1, HEALTH_WAITS, -EBUSY, DATABASE_CONNECTING, DATABASE_CONNECTING, false, 200},
      {2, HEALTH_OPENED, 0, DATABASE_READY, DATABASE_READY, true, -1}}},
    {"a wall clock that was never set is not the database's fault, and told once",
     {{0, HEALTH_FAILED, -EDOM, DATABASE_READY, DATABASE_READY, true, 200},
      {1, HEALTH_FAILED, -EDOM, DATABASE_READY, DATABASE_READY, false, 400}}},
};

static void test_courses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        struct health health = health_start();
        const struct step *step = courses[i].steps;
        for (size_t j = 0; j < STEPS_MAX; j++) {
            if (j > 0 && step[j].at_s == 0)
                break;
            mono_time now = {1000 * SECOND + step[j].at_s * SECOND};
            bool told = health_step(&health, step[j].event, step[j].code, "text", now);
            if (health.state != step[j].state || health.shown != step[j].shown ||
                told != step[j].told)
                fail_msg("%s, step %zu: state %d, shown %d, told %d", courses[i].name, j,
                         (int)health.state, (int)health.shown, told);
            if (step[j].rest_ms >= 0)
                assert_int_equal(health.retry_at.us - now.us, step[j].rest_ms * 1000);
            assert_int_equal(health.open,
                             step[j].event != HEALTH_FAILED && step[j].event != HEALTH_WAITS);
        }
    }
}

static void test_losses_are_the_connections(void **state)
{
    (void)state;
    assert_true(health_is_loss(-ENOTCONN) && health_is_loss(-ECONNABORTED) &&
                health_is_loss(-EINTR));
    assert_false(health_is_loss(-EPROTO) || health_is_loss(-EBUSY) || health_is_loss(0));
    struct health health = health_start();
    (void)health_step(&health, HEALTH_FAILED, -EUCLEAN, "a row is gone", (mono_time){1});
    assert_true(health.damaged);
    assert_string_equal(health.detail, "a row is gone");
    (void)health_step(&health, HEALTH_OPENED, 0, "SQLite", (mono_time){2});
    assert_false(health.damaged);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_courses),
        cmocka_unit_test(test_losses_are_the_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
