/* When the exchange is open, over weekends, holidays, early closes and a change of the clocks. */
#include "clock/span.h"
#include "world/market_hours.h"
#include "world_checks.h"

static const struct sample {
    const char *now, *opens; /* local; NULL: it is open */
} samples[] = {
    {"2026-08-14 09:29:59", "2026-08-14 09:30"}, /* a Friday */
    {"2026-08-14 09:30:00", NULL},
    {"2026-08-14 16:00:00", NULL},
    {"2026-08-14 16:00:01", "2026-08-17 09:30"},
    {"2026-08-15 12:00:00", "2026-08-17 09:30"},
    {"2026-09-04 17:00:00", "2026-09-08 09:30"}, /* Labor Day */
    {"2026-11-27 13:00:01", "2026-11-30 09:30"}, /* closes early */
    {"2026-10-31 12:00:00", "2026-11-02 09:30"}, /* clocks are set back on Sunday */
};

static void it_opens_on_its_days(void **state)
{
    struct zone *zone = NULL;
    (void)state;
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        world_time now, wanted, opens;
        assert_int_equal(time_parse(samples[i].now, zone, &now.s, NULL), 0);
        assert_int_equal(market_closed(zone, now, &opens), samples[i].opens != NULL);
        if (samples[i].opens == NULL)
            continue;
        assert_int_equal(time_parse(samples[i].opens, zone, &wanted.s, NULL), 0);
        assert_int_equal(opens.s, wanted.s);
    }
    zone_free(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_opens_on_its_days)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
