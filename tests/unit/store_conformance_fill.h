/* store_conformance_fill.h - conformance: constants for columns of the application's. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_FILL_H
#define CREDD_TESTS_STORE_CONFORMANCE_FILL_H

#include "store_conformance.h"

static inline struct fill a_fill(const char *text)
{
    struct fill fill = {0};
    works(fill_parse(text, &fill, &fault));
    return fill;
}

/* Commits one point of market data with that fill; the bits of the columns that are not there. */
static inline unsigned fills_point(struct store *store, bool shadow, struct store_batch *batch,
                                   const char *key, const struct fill *fill)
{
    struct change_list list = {0};
    add_point(&list, key, 12500);
    batch->changes = &list;
    batch->fill = fill;
    struct store_outcome outcome = commits(store, shadow, batch, &list);
    assert_int_equal(outcome.inserted, 1);
    change_list_done(&list);
    batch->started = true;
    batch->from = batch->to;
    batch->to.s++;
    return outcome.lacks;
}

static inline void assert_filled(struct conformance *c, const char *key)
{
    char *sql = mem_format("SELECT COUNT(*) FROM market_data WHERE data_id = '%s' AND theirs = 7 "
                           "AND rate = '1.50' AND note = '%s'",
                           key, c->sqlite ? "it''s (?, ?) `\\` ü" : "it''s (?, ?) `\\\\` ü");
    assert_answer(c, sql, "1");
    free(sql);
}

static void columns_are_filled_as_soon_as_they_are_there(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, NULL);
    const struct fill fill = a_fill("theirs:7, RATE : 1.50,note:'it''s (?, ?) `\\` ü',nothing:0");
    const unsigned all = 15, nothing = 8;
    assert_int_equal(fills_point(store, false, &batch, "P0", NULL), 0);
    assert_int_equal(fills_point(store, false, &batch, "P1", &fill), all);
    raw(c, "ALTER TABLE market_data ADD COLUMN rate VARCHAR(9)");
    raw(c, "ALTER TABLE market_data ADD COLUMN note VARCHAR(90)");
    raw(c, "ALTER TABLE market_data ADD COLUMN theirs INT NOT NULL DEFAULT 1");
    assert_int_equal(fills_point(store, false, &batch, "P2", &fill), nothing);
    assert_filled(c, "P2");
    assert_int_equal(fills_point(store, false, &batch, "P3", NULL), 0);
    assert_answer(c, "SELECT theirs FROM market_data WHERE data_id = 'P3'", "1");
    const struct fill other = a_fill("theirs:-8");
    assert_int_equal(fills_point(store, false, &batch, "P4", &other), 0);
    assert_answer(c, "SELECT theirs FROM market_data WHERE data_id = 'P4'", "-8");
    assert_answer(c, "SELECT COUNT(*) FROM market_data WHERE data_id = 'P4' AND note IS NULL", "1");
    assert_int_equal(fills_point(store, false, &batch, "P5", &fill), nothing);
    assert_filled(c, "P5");
    raw(c, "ALTER TABLE market_data DROP COLUMN theirs");
    assert_int_equal(fills_point(store, false, &batch, "P6", &fill), nothing | 1);
    assert_answer(c, "SELECT COUNT(*) FROM market_data", "7");
    store_free(store);
}

/* Rows with a parent are inserted by another statement there on SQLite. */
static void columns_are_filled_in_a_world_that_is_built(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    const struct fill fill = a_fill("theirs:7");
    works(store_shadow_begin(store, &world, &fault));
    raw(c, "ALTER TABLE credd_new_customers ADD COLUMN theirs INT");
    raw(c, "ALTER TABLE credd_new_financial_records ADD COLUMN theirs INT");
    add_customer(&list, "K00");
    struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
    batch.fill = &fill;
    struct store_outcome outcome = commits(store, true, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.lacks, 0);
    add_record(&list, "R0", "K00", 100);
    add_record(&list, "R1", "nobody", 100);
    batch = a_batch("w2", "financial_records", 0, BASE, &list);
    batch.fill = &fill;
    outcome = commits(store, true, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_answer(c, "SELECT theirs FROM credd_new_customers", "7");
    assert_answer(c, "SELECT theirs FROM credd_new_financial_records", "7");
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

/* Each with a value that the column rejects. */
static const struct fill_refusal {
    const char *mariadb, *sqlite, *fill;
    const char *says;
} fill_refusals[] = {
    {"theirs INT", "theirs INT", "theirs:'demo'", "the column theirs rejects 'demo'"},
    {"theirs DECIMAL(5,2)", "theirs DECIMAL(5,2)", "theirs:'x'", "theirs rejects 'x'"},
    {"theirs INT AS (1)", "theirs INT AS (1)", "theirs:7", "the column theirs rejects 7,"},
    {"theirs VARCHAR(3)", NULL, "theirs:'demo'", "the column theirs rejects 'demo'"},
    {"theirs TINYINT", NULL, "theirs:1000", "the column theirs rejects 1000,"},
    {"theirs INT", "theirs INT", "theirs:'0x10'", "the column theirs rejects '0x10'"},
    {"theirs DOUBLE", "theirs DOUBLE", "theirs:'inf'", "the column theirs rejects 'inf'"},
    {"theirs INT", NULL, "theirs:1.5", "the column theirs rejects 1.5,"},
    {"theirs DECIMAL(9,1)", NULL, "theirs:-1.250", "the column theirs rejects -1.250,"},
    {"theirs ENUM('a', 'b')", NULL, "theirs:'c'", "the column theirs rejects 'c'"},
    {"theirs DATE", NULL, "theirs:'2026-02-30'", "the column theirs rejects '2026-02-30'"},
};

static inline void refuse_fill(struct conformance *c, const struct fill_refusal *one)
{
    struct store *store = store_with_world(c);
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, NULL);
    struct store_outcome outcome = {.inserted = -1};
    struct change_list list = {0};
    struct fault fault = {0};
    const struct fill fill = a_fill(one->fill);
    raw_own(c, mem_format("ALTER TABLE market_data ADD COLUMN %s",
                          c->sqlite ? one->sqlite : one->mariadb));
    add_point(&list, "P0", 12500);
    add_point(&list, "P1", 12600);
    batch.changes = &list;
    batch.fill = &fill;
    batch.skips_refused = true;
    int rc = store_commit(store, false, &batch, &outcome, &fault);
    if (rc != -EPROTOTYPE || strstr(fault.text, one->says) == NULL ||
        strstr(fault.text, "fill in the section [table market_data]") == NULL)
        fail_msg("%s: %d %s", one->fill, rc, fault.text);
    assert_answer(c, "SELECT COUNT(*) FROM market_data", "0");
    batch.fill = NULL;
    assert_int_equal(commits(store, false, &batch, &list).inserted, 2);
    change_list_done(&list);
    store_free(store);
}

static void a_value_that_its_column_rejects_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof fill_refusals / sizeof fill_refusals[0]; i++) {
        if (c->sqlite && fill_refusals[i].sqlite == NULL)
            continue;
        c->fresh(c->context);
        refuse_fill(c, &fill_refusals[i]);
    }
}

#define CONFORMANCE_FILL_TESTS                                         \
    CONFORMANCE_TEST(columns_are_filled_as_soon_as_they_are_there),    \
        CONFORMANCE_TEST(columns_are_filled_in_a_world_that_is_built), \
        CONFORMANCE_TEST(a_value_that_its_column_rejects_ends_the_batch)

#endif
