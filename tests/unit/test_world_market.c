#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/holidays.h"
#include "world/market.h"
#include "world/market_series.h"
#include "world_checks.h"

#define YEAR (365 * TEST_DAY)

static void any_slicing_same_rows(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    assert_true(assert_any_slicing(&settings, STREAM_MARKET_DATA, 997) > 60000);
}

struct counts {
    uint64_t rows[SERIES_COUNT];
};

static enum market_series series_of(const struct change *change)
{
    const struct cell *key = &change->cells[0];
    return (enum market_series)strtoul(key->text + key->length - 3, NULL, 10);
}

static void count_series(const struct change *change, void *context)
{
    ((struct counts *)context)->rows[series_of(change)]++;
}

static void baseline_has_as_many_points(void **state)
{
    (void)state;
    const int64_t points[] = {0, 1, 100, 500, 1000};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        for (int64_t shift = 0; shift < 4; shift++) {
            struct world_settings settings = test_settings(1);
            settings.market_data_points = points[i];
            settings.seed = 7 + (uint64_t)i;
            settings.origin.s += shift * (TEST_DAY + 5 * 3600);
            struct world *world = test_world(&settings);
            struct counts counts = {0};
            struct tape tape = {.hash = 1, .look = count_series, .context = &counts};
            tape_run(&tape, world, STREAM_MARKET_DATA, 0, settings.origin.s, 0);
            for (int s = 0; s < SERIES_PUBLISHED; s++)
                if (series_is_daily((enum market_series)s))
                    assert_int_equal(counts.rows[s], points[i]);
                else if (points[i] >= 100)
                    assert_true(counts.rows[s] >= 1);
            if (points[i] == 0)
                assert_int_equal(tape.rows, 0);
            else
                assert_in_range(counts.rows[SERIES_SP500_QUOTE], 1, 79);
            world_free(world);
        }
    }
}

/* What is published, and when: dates, calendars, the closing quote, the prime rate's rule. */
struct watch {
    int64_t day_value[SERIES_COUNT], day[SERIES_COUNT], last_quote[SERIES_COUNT];
    int64_t quote_day[SERIES_COUNT];
    int64_t last_observed[SERIES_COUNT];
    int64_t cpi[64];
    unsigned cpi_count, closes, yearly;
};

static void watch_series(const struct change *change, void *context)
{
    struct watch *watch = (struct watch *)context;
    enum market_series series = series_of(change);
    const struct series_info *info = &market_series_table[series];
    int64_t value = change->cells[2].number, observed = change->cells[3].number;
    int64_t today = zone_day(test_zone(), change->at);
    static const int64_t unit[] = {10000, 1000, 100, 10, 1};

    assert_int_equal(change->count, 6);
    assert_int_equal(change->cells[1].length, strlen(info->key));
    assert_true(
        stream_owns_key(STREAM_MARKET_DATA, change->cells[0].text, change->cells[0].length));
    assert_non_null(strstr(info->source, "Synthetic"));
    assert_true(observed <= today);
    assert_int_equal(change->cells[5].number, change->at);
    assert_int_equal(value % unit[info->decimals], 0);
    assert_true(value < 10000000000 && value > -1000000);
    if (info->rule == RULE_QUOTE) {
        assert_int_equal(observed, today);
        assert_true(business_day(BUSINESS_EXCHANGE, today));
        watch->last_quote[series] = value;
        watch->quote_day[series] = today;
        return;
    }
    if (series_is_daily(series))
        assert_true(business_day(info->calendar, observed) && business_day(info->calendar, today));
    assert_true(observed > watch->last_observed[series]);
    watch->last_observed[series] = observed;
    for (int quote = SERIES_PUBLISHED; quote < SERIES_COUNT; quote++)
        if (market_series_table[quote].base == series && watch->quote_day[quote] == observed) {
            assert_int_equal(watch->last_quote[quote], value);
            watch->closes++;
        }
    watch->day_value[series] = value;
    watch->day[series] = observed;
    if (series == SERIES_PRIME && watch->day[SERIES_FUNDS] == observed) {
        int64_t upper = (watch->day_value[SERIES_FUNDS] + 2499) / 2500 * 2500;
        assert_int_equal(value, upper + 30000);
    }
    if (series == SERIES_CPI)
        watch->cpi[watch->cpi_count++ % 64] = value;
    if (series == SERIES_CPI_YOY && watch->cpi_count > 12) {
        double ratio = (double)watch->cpi[(watch->cpi_count - 1) % 64] /
                       (double)watch->cpi[(watch->cpi_count - 13) % 64];
        assert_near((double)value / 10000, 100 * (ratio - 1), 0.0500001);
        watch->yearly++;
    }
}

static void rows_keep_their_rules(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *world = test_world(&settings);
    struct watch watch = {0};
    struct tape tape = {.hash = 1, .look = watch_series, .context = &watch};

    tape_run(&tape, world, STREAM_MARKET_DATA, 0, TEST_ORIGIN + 8 * YEAR, 0);
    assert_int_equal(tape.disorder, 0);
    assert_true(watch.closes > 3 * 240 * 8);
    assert_true(watch.yearly > 80);
    world_free(world);
}

/* Funds move at meetings only, from the next business day on, in quarters of a point. */
static void target_moves_at_meetings(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *world = test_world(&settings);
    int64_t day = zone_day(test_zone(), TEST_ORIGIN) - 700, meeting = 0;
    double before = market_view(world, day).prime;
    unsigned moves = 0;

    for (; day < 24000; day++) {
        double prime = market_view(world, day).prime;
        if (prime != before) {
            assert_int_equal(day, business_day_step(BUSINESS_BANK, meeting, 1));
            assert_near((prime - before) * 4, (double)(int)((prime - before) * 4), 1e-9);
            moves++;
        }
        if (fomc_day(day))
            meeting = day;
        before = prime;
    }
    assert_true(moves > 5);
    world_free(world);
}

/* The view does not depend on the order of questions, and says what the rows say. */
static void view_is_a_function(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *ahead = test_world(&settings), *back = test_world(&settings);
    int64_t today = zone_day(test_zone(), TEST_ORIGIN);

    for (int64_t i = 0; i < 3000; i++)
        (void)market_view(ahead, today + i);
    for (int64_t i = 2999; i >= 0; i -= 7) {
        struct market_view a = market_view(ahead, today + i), b = market_view(back, today + i);
        assert_memory_equal(&a.treasury_10y, &b.treasury_10y, sizeof a.treasury_10y);
        assert_true(a.mortgage_30y == b.mortgage_30y && a.stress == b.stress);
        assert_true(a.regime == b.regime && a.card_apr == b.card_apr);
        assert_true(a.stress >= 0.85 && a.stress <= 2.0);
        assert_true(a.tightness >= 0 && a.tightness <= 1 && a.tightness == b.tightness);
    }
    world_free(ahead);
    world_free(back);
}

static void count_quotes(const struct change *change, void *context)
{
    if (series_of(change) >= SERIES_PUBLISHED)
        ++*(uint64_t *)context;
}

static uint64_t quotes(struct world *world, int64_t from, int64_t to, struct tape *tape)
{
    uint64_t count = 0;
    *tape = (struct tape){.hash = 1, .look = count_quotes, .context = &count};
    tape_run(tape, world, STREAM_MARKET_DATA, from, to, 0);
    assert_int_equal(tape->disorder, 0);
    return count;
}

static void tempo_multiplies_quotes_only(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *world = test_world(&settings);
    int64_t from = TEST_ORIGIN + TEST_DAY, to = from + 28 * TEST_DAY;
    struct tape tape;
    uint64_t plain = quotes(world, from, to, &tape), published = tape.rows - plain;
    const struct {
        int64_t tempo;
        double factor;
    } cases[] = {{2000000, 2}, {500000, 0.5}, {7000000, 7}, {1000000000, 300}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world_act act = {.kind = WORLD_ACT_TEMPO,
                                .stream = STREAM_MARKET_DATA,
                                .at = {from},
                                .value = cases[i].tempo};
        world_set_acts(world, &act, 1);
        uint64_t count = quotes(world, from, to, &tape);
        assert_int_equal(tape.rows - count, published);
        assert_near((double)count / (double)plain / cases[i].factor, 1, 0.05);
    }
    struct world_act none = {.kind = WORLD_ACT_TEMPO, .stream = STREAM_MARKET_DATA, .at = {from}};
    world_set_acts(world, &none, 1);
    quotes(world, from, to, &tape);
    assert_int_equal(tape.rows, 0);
    world_free(world);
}

/* An act in the middle of a session leaves alone what came at or before it, however it is asked. */
static void acts_leave_the_past(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    struct world *world = test_world(&settings), *sliced = test_world(&settings);
    /* 2026-08-18 is a Tuesday: 11:02:03 in New York. */
    int64_t from = TEST_ORIGIN, act_at = INT64_C(1787065323), to = act_at + 3 * TEST_DAY;
    struct world_act acts[] = {
        {.kind = WORLD_ACT_TEMPO, .stream = STREAM_MARKET_DATA, .at = {act_at}, .value = 12345678},
        {.kind = WORLD_ACT_TEMPO,
         .stream = STREAM_MARKET_DATA,
         .at = {act_at + 1000},
         .value = 300000},
        {.kind = WORLD_ACT_GAP,
         .stream = STREAM_MARKET_DATA,
         .at = {act_at + 5000},
         .until = {act_at + 9000}},
    };
    struct tape before, after;

    quotes(world, from, act_at, &before);
    struct tape whole;
    quotes(world, from, to, &whole);
    world_set_acts(world, acts, 3);
    quotes(world, from, act_at, &after);
    assert_true(before.hash == after.hash);
    struct tape changed;
    quotes(world, from, to, &changed);
    assert_true(changed.hash != whole.hash);

    struct tape pieces = {.hash = 1};
    tape_run(&pieces, sliced, STREAM_MARKET_DATA, from, act_at, 50);
    for (int i = 1; i <= 3; i++) {
        world_set_acts(sliced, acts, (size_t)i);
        tape_run(&pieces, sliced, STREAM_MARKET_DATA, acts[i - 1].at.s, i < 3 ? acts[i].at.s : to,
                 50);
    }
    assert_true(pieces.hash == changed.hash);
    world_free(world);
    world_free(sliced);
}

static void releases_come_on_their_days(void **state)
{
    (void)state;
    int64_t day = 0;
    /* July 2026: the jobs report moves before Independence Day; January 2027 begins on a Friday. */
    assert_true(series_release_day(SERIES_UNEMPLOYMENT, 1, 2026 * 12 + 5, &day));
    assert_int_equal(day, civil_days((struct civil_date){2026, 7, 2}));
    assert_true(series_release_day(SERIES_UNEMPLOYMENT, 1, 2026 * 12 + 11, &day));
    assert_int_equal(day, civil_days((struct civil_date){2027, 1, 8}));
    assert_true(series_release_day(SERIES_HOUSE_PRICES, 1, 2026 * 12 + 4, &day));
    assert_int_equal(day, civil_days((struct civil_date){2026, 7, 28}));
    assert_true(series_release_day(SERIES_SENTIMENT, 1, 2026 * 12 + 7, &day));
    assert_int_equal(day, civil_days((struct civil_date){2026, 8, 28}));
    assert_true(series_release_day(SERIES_CARD_APR, 1, 2026 * 12 + 4, &day));
    assert_int_equal(day, civil_days((struct civil_date){2026, 7, 7}));
    assert_false(series_release_day(SERIES_CARD_APR, 1, 2026 * 12 + 5, &day));
    assert_false(series_release_day(SERIES_GDP, 1, 2026 * 12 + 4, &day));
    /* Thanksgiving's survey comes on the Wednesday. */
    assert_true(series_survey_day(civil_days((struct civil_date){2026, 11, 25})));
    assert_false(series_survey_day(civil_days((struct civil_date){2026, 11, 26})));
    for (int month = 2020 * 12; month < 2038 * 12; month++)
        for (int s = 0; s < SERIES_PUBLISHED; s++)
            if (series_release_day((enum market_series)s, 9, month, &day)) {
                assert_true(business_day(BUSINESS_BANK, day));
                assert_int_equal(market_month_of(day), month + market_series_table[s].lag);
                /* Nothing is out before the quarter's figures can be there. */
                if (market_series_table[s].rule == RULE_QUARTER)
                    assert_in_range(day - market_month_day(month + 3) + 1,
                                    market_series_table[s].after, market_series_table[s].after + 5);
            }
}

static void time_ends(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1);
    settings.origin.s = WORLD_TIME_LAST.s - 3 * TEST_DAY;
    struct world *world = test_world(&settings);
    struct tape whole = tape_of(world, STREAM_MARKET_DATA, 0, WORLD_TIME_LAST.s, 0);
    assert_true(whole.last > settings.origin.s && whole.last <= WORLD_TIME_LAST.s);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_ends),
        cmocka_unit_test(any_slicing_same_rows),
        cmocka_unit_test(baseline_has_as_many_points),
        cmocka_unit_test(rows_keep_their_rules),
        cmocka_unit_test(target_moves_at_meetings),
        cmocka_unit_test(view_is_a_function),
        cmocka_unit_test(tempo_multiplies_quotes_only),
        cmocka_unit_test(acts_leave_the_past),
        cmocka_unit_test(releases_come_on_their_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
