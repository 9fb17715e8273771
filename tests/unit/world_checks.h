/* world_checks.h - what the unit tests of world/ share: worlds to ask, and tapes of what they
 * answered. */
#ifndef CREDD_TEST_WORLD_CHECKS_H
#define CREDD_TEST_WORLD_CHECKS_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "world/world.h"

#define assert_near(value, expected, error)                                        \
    do {                                                                           \
        double near_value = (value), near_expected = (expected);                   \
        double near_by = near_value - near_expected;                               \
        if (!(near_by <= (error) && -near_by <= (error)))                          \
            fail_msg("%s is %.17g, not %.17g", #value, near_value, near_expected); \
    } while (0)

/* What a stream gave, as a running hash of every change's printed form, and its checks of order. */
struct tape {
    uint64_t hash, rows, moves;
    int64_t last;
    char last_key[64];
    int disorder; /* changes that were not in the order of (at, key) */
    void (*look)(const struct change *change, void *context); /* may be NULL */
    void *context;
};

static inline void tape_mix(struct tape *tape, const void *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    for (size_t i = 0; i < length; i++)
        tape->hash = (tape->hash ^ p[i]) * UINT64_C(0x100000001b3);
}

static inline int tape_sink(void *context, const struct change *change)
{
    struct tape *tape = (struct tape *)context;
    char key[64] = "";
    for (unsigned i = 0; i < change->count; i++) {
        char text[CELL_PRINT_MAX + 1];
        unsigned length = cell_print(&change->cells[i], text);
        tape_mix(tape, text, length + 1);
        if (i == 0)
            memcpy(key, text, length < sizeof key ? length + 1 : sizeof key - 1);
    }
    tape_mix(tape, &change->at, sizeof change->at);
    int order = strcmp(key, tape->last_key);
    if (change->at < tape->last || (change->at == tape->last && order < 0))
        tape->disorder++;
    memcpy(tape->last_key, key, sizeof key);
    tape->last = change->at;
    tape->rows += change->kind == CHANGE_INSERT;
    tape->moves += change->kind == CHANGE_MOVE;
    if (tape->look)
        tape->look(change, tape->context);
    return 0;
}

/* Everything in (from, to], asked with `limit` again and again. */
static inline void tape_run(struct tape *tape, struct world *world, enum stream_id stream,
                            int64_t from, int64_t to, size_t limit)
{
    world_time at = {from}, end = {to}, reached = {0};
    while (at.s < to) {
        assert_int_equal(world_changes(world, stream, at, end, limit, tape_sink, tape, &reached),
                         0);
        assert_true(reached.s > at.s && reached.s <= to && reached.s >= tape->last);
        at = reached;
    }
}

static inline struct tape tape_of(struct world *world, enum stream_id stream, int64_t from,
                                  int64_t to, size_t limit)
{
    struct tape tape = {.hash = 1};
    tape_run(&tape, world, stream, from, to, limit);
    assert_int_equal(tape.disorder, 0);
    return tape;
}

static inline const struct zone *test_zone(void)
{
    static struct zone *zone;
    struct fault fault;
    if (!zone && zone_load("America/New_York", &zone, &fault) < 0)
        fail_msg("%s", fault.text);
    return zone;
}

/* 2026-08-14T14:35:12Z, in the middle of an hour, a day and a month. */
#define TEST_ORIGIN INT64_C(1786718112)
#define TEST_DAY    INT64_C(86400)

static inline struct world_settings test_settings(int64_t customers)
{
    return (struct world_settings){
        .seed = 42,
        .origin = {TEST_ORIGIN},
        .customers = customers,
        .customer_growth = 20000,
        .financial_records_per_customer = 5,
        .loan_applications_per_customer = 2,
        .market_data_points = 100,
        .credit_history_entries = 10,
    };
}

static inline struct world *test_world(const struct world_settings *settings)
{
    struct world *world = NULL;
    struct fault fault;
    if (world_new(settings, test_zone(), &world, &fault) < 0)
        fail_msg("%s", fault.text);
    return world;
}

/* A year after the origin in one go, again after going back, with limits, by the hour, and in
 * random pieces with a new object at each: all the same. Returns the rows. */
static inline uint64_t assert_any_slicing(const struct world_settings *settings,
                                          enum stream_id stream, size_t limit)
{
    const int64_t start = TEST_ORIGIN - 2 * 365 * TEST_DAY, end = TEST_ORIGIN + 365 * TEST_DAY;
    struct world *world = test_world(settings);
    struct tape whole = tape_of(world, stream, 0, end, 0);
    assert_true(tape_of(world, stream, 0, end, 0).hash == whole.hash);
    assert_true(tape_of(world, stream, 0, end, limit).hash == whole.hash);
    struct tape hours = tape_of(world, stream, 0, TEST_ORIGIN, 0);
    for (int64_t at = TEST_ORIGIN; at < end; at += 3600)
        tape_run(&hours, world, stream, at, at + 3600, 0);
    assert_true(hours.hash == whole.hash);
    world_free(world);

    struct tape pieces = {.hash = 1};
    uint32_t random = 1;
    for (int64_t at = 0; at < end;) {
        random = random * 1664525 + 1013904223;
        int64_t to = at < start ? start : at + 1 + random % 5000000;
        to = to < end ? to : end;
        struct world *fresh = test_world(settings);
        tape_run(&pieces, fresh, stream, at, to, 0);
        world_free(fresh);
        at = to;
    }
    assert_true(pieces.hash == whole.hash);
    assert_int_equal(pieces.rows, whole.rows);
    return whole.rows;
}

#endif
