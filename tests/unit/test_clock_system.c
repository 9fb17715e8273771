/* The system's time and the timer on it. */
#include <poll.h>
#include <unistd.h>

#include "clock/system.h"
#include "clock_checks.h"

static void both_clocks_advance(void **state)
{
    (void)state;
    wall_time wall = system_time.wall(system_time.context);
    mono_time mono = system_time.mono(system_time.context);
    assert_true(wall.us > utc(2024, 1, 1, 0, 0) * 1000000);
    assert_true(mono.us > 0);
    mono_time later;
    do
        later = system_time.mono(system_time.context);
    while (later.us == mono.us);
    assert_true(later.us > mono.us);
}

static bool becomes_readable(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {fd, POLLIN, 0};
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

static void the_timer_wakes_at_an_instant(void **state)
{
    (void)state;
    int fd = wall_timer_new();
    assert_true(fd >= 0);
    assert_int_equal(wall_timer_read(fd), 0);
    int64_t now = system_time.wall(system_time.context).us;
    assert_int_equal(wall_timer_arm(fd, (wall_time){now + 3600000000}), 0);
    assert_false(becomes_readable(fd, 0));
    assert_int_equal(wall_timer_arm(fd, (wall_time){now + 20000}), 0);
    assert_true(becomes_readable(fd, 10000));
    assert_true(system_time.wall(system_time.context).us >= now + 20000);
    assert_int_equal(wall_timer_read(fd), 1);
    assert_int_equal(wall_timer_read(fd), 0);
    close(fd);
}

static void an_instant_that_is_over_comes_at_once(void **state)
{
    (void)state;
    static const int64_t over[] = {0, -5, 1, INT64_C(1000000000000000)};
    int fd = wall_timer_new();
    for (size_t i = 0; i < COUNT(over); i++) {
        assert_int_equal(wall_timer_arm(fd, (wall_time){over[i]}), 0);
        assert_true(becomes_readable(fd, 10000));
        assert_int_equal(wall_timer_read(fd), 1);
    }
    close(fd);
    assert_true(wall_timer_arm(-1, (wall_time){1}) < 0);
    assert_true(wall_timer_read(-1) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_clocks_advance),
        cmocka_unit_test(the_timer_wakes_at_an_instant),
        cmocka_unit_test(an_instant_that_is_over_comes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
