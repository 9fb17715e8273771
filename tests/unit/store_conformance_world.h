/* store_conformance_world.h - conformance: whose database it is, and the description of its world.
 */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_WORLD_H
#define CREDD_TESTS_STORE_CONFORMANCE_WORLD_H

#include <pthread.h>

#include "store_conformance.h"

/* --- whose --- */

static void a_vacant_database_is_claimed_once_and_for_all(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_VACANT);
    works(store_claim(store, &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    works(store_claim(store, &fault));
    works(store_connect(store, &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'marker'", SCHEMA_MARKER);
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'schema'", SCHEMA_VERSION);
    assert_answer(c, "SELECT COUNT(*) FROM credd_meta", "2");
    store_free(store);
}

static void tables_of_other_names_do_not_matter(void **state)
{
    struct conformance *c = conformance_of(state);
    raw(c, "CREATE TABLE orders (id INTEGER PRIMARY KEY)");
    raw(c, "INSERT INTO orders VALUES (7)");
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_VACANT);
    works(store_claim(store, &fault));
    build(store, "w1", "", 2);
    works(store_sweep(store, &fault));
    assert_int_equal(kind_of(store), STORE_WORLD);
    assert_answer(c, "SELECT id FROM orders", "7");
    store_free(store);
}

static void a_foreign_database_is_left_alone(void **state)
{
    struct conformance *c = conformance_of(state);
    raw(c, "CREATE TABLE market_data (x INTEGER)");
    raw(c, "INSERT INTO market_data VALUES (5)");
    struct store *store = connected_store(c);
    struct fault why = {0};
    struct store_description world = a_world("w1");
    struct store_batch batch = a_batch("w1", "customers", 0, BASE, NULL);
    struct store_outcome outcome;
    enum store_kind kind;
    assert_int_equal(store_probe(store, &kind, &why), 0);
    assert_int_equal(kind, STORE_FOREIGN);
    assert_non_null(strstr(why.text, "market_data"));
    refuses(store_claim(store, &fault), -EPERM);
    refuses(store_adopt(store, NULL, &fault), -EPERM);
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    assert_int_not_equal(store_swap(store, "", 0, NULL), 0);
    assert_int_not_equal(store_commit(store, false, &batch, &outcome, NULL), 0);
    assert_int_equal(store_sweep(store, NULL), 0);
    assert_no_table(c, "credd_meta");
    assert_no_table(c, "credd_new_customers");
    assert_answer(c, "SELECT x FROM market_data", "5");
    store_description_done(&world);
    store_free(store);
}

static void empty_tables_that_match_are_adopted(void **state)
{
    struct conformance *c = conformance_of(state);
    raw_own(c, sql_create(&schema_tables[0], "customers", "customers", ""));
    raw_own(c, sql_create(&schema_tables[2], "loan_applications", "customers", ""));
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_FOREIGN);
    works(store_adopt(store, NULL, &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    works(store_adopt(store, NULL, &fault));
    build(store, "w1", "", 2);
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT COUNT(*) FROM customers", "2");
    assert_answer(c, "SELECT COUNT(*) FROM market_data", "0");
    assert_no_table(c, "credd_old_customers");
    store_free(store);
}

static void tables_with_rows_are_not_adopted(void **state)
{
    struct conformance *c = conformance_of(state);
    raw_own(c, sql_create(&schema_tables[0], "customers", "customers", ""));
    raw(c, "INSERT INTO customers (customer_id) VALUES ('theirs')");
    struct store *store = connected_store(c);
    refuses(store_adopt(store, NULL, &fault), -EPERM);
    assert_int_equal(kind_of(store), STORE_FOREIGN);
    assert_answer(c, "SELECT customer_id FROM customers", "theirs");
    assert_no_table(c, "credd_meta");
    store_free(store);
}

/* Between the adoption and the first swap they are somebody's again: before and after the world was
 * built beside them. */
static void rows_put_into_adopted_tables_are_left_alone(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store_description world = a_world("w1");
    raw_own(c, sql_create(&schema_tables[0], "customers", "customers", ""));
    struct store *store = connected_store(c);
    works(store_adopt(store, NULL, &fault));
    works(store_shadow_begin(store, &world, &fault));
    raw(c, "INSERT INTO customers (customer_id) VALUES ('theirs')");
    refuses(store_swap(store, "", 0, &fault), -EPERM);
    works(store_sweep(store, &fault));
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    assert_answer(c, "SELECT customer_id FROM customers", "theirs");
    store_description_done(&world);
    store_free(store);
}

/* It is not a database that waits for its first world. */
static void parts_of_a_world_are_no_beginning(void **state)
{
    static const struct {
        const char *damage, *told;
    } cases[] = {
        {"DELETE FROM credd_world WHERE name = 'id'", "has no row 'id'"},
        {"DROP TABLE credd_world", "credd_world is gone"},
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum store_kind kind = STORE_VACANT;
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        raw(c, cases[i].damage);
        struct fault why = {.text = ""};
        assert_int_equal(store_probe(store, &kind, &why), -EUCLEAN);
        assert_non_null(strstr(why.text, cases[i].told));
        store_free(store);
    }
}

static void values_of_another_kind_are_damage(void **state)
{
    static const char *const cases[] = {
        "UPDATE credd_stream SET started = 7 WHERE name = 'customers'",
        "UPDATE credd_stream SET paused = -1 WHERE name = 'customers'",
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_description read = {0};
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        raw(c, cases[i]);
        refuses(store_load(store, &read, &fault), -EUCLEAN);
        store_free(store);
    }
}

static void tables_of_another_shape_are_not_adopted(void **state)
{
    static const char *const shapes[] = {
        "CREATE TABLE credit_history (history_id VARCHAR(50) PRIMARY KEY)",
        "CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type INTEGER, "
        "value DECIMAL(10,4), date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP)",
        "CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), "
        "value DECIMAL(10,4), date_recorded DATE, origin VARCHAR(100), created_at TIMESTAMP)",
        "CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), "
        "value DECIMAL(10,4), date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP, "
        "more INTEGER NOT NULL)",
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        c->fresh(c->context);
        raw(c, shapes[i]);
        struct store *store = connected_store(c);
        refuses(store_adopt(store, NULL, &fault), -EPERM);
        assert_no_table(c, "credd_meta");
        store_free(store);
    }
}

static void *claim_at_once(void *context)
{
    struct conformance *c = context;
    struct store *store = c->open(c->context);
    struct fault fault = {0};
    int rc = store_connect(store, &fault);
    if (rc == 0)
        rc = store_claim(store, &fault);
    if (rc != 0)
        (void)fprintf(stderr, "claim: %d %s\n", rc, fault.text);
    store_free(store);
    return (void *)(intptr_t)rc;
}

static void daemons_that_claim_at_once_all_succeed(void **state)
{
    struct conformance *c = conformance_of(state);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_at_once, c), 0);
    for (size_t i = 0; i < 4; i++) {
        void *rc;
        assert_int_equal(pthread_join(threads[i], &rc), 0);
        assert_null(rc);
    }
    assert_answer(c, "SELECT COUNT(*) FROM credd_meta", "2");
}

static void without_the_marker_nothing_is_destroyed(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    works(store_shadow_begin(store, &world, &fault));
    raw(c, "DELETE FROM credd_meta WHERE name = 'marker'");
    refuses(store_swap(store, "w1", 1000, &fault), -EPERM);
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    assert_int_not_equal(store_sweep(store, NULL), 1);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "3");
    assert_answer(c, "SELECT COUNT(*) FROM credd_new_customers", "0");
    store_description_done(&world);
    store_free(store);
}

/* Neither connected to nor claimed, whatever else is in it. */
static void what_an_unknown_version_made_is_left_alone(void **state)
{
    static const char *const changes[] = {
        "UPDATE credd_meta SET value = '999' WHERE name = 'schema'",
        "UPDATE credd_meta SET value = 'credd 999' WHERE name = 'marker'",
        "UPDATE credd_meta SET value = 'credd' WHERE name = 'marker'",
        "DELETE FROM credd_meta WHERE name = 'schema'",
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        c->fresh(c->context);
        struct store *store = connected_store(c);
        works(store_claim(store, &fault));
        store_free(store);
        raw(c, changes[i]);
        store = c->open(c->context);
        struct fault why = {0};
        enum store_kind kind;
        int rc = store_connect(store, &why);
        if (rc == 0)
            rc = store_probe(store, &kind, &why);
        assert_int_equal(rc, -EPERM);
        assert_non_null(strstr(why.text, "was made by another version of credd"));
        assert_int_not_equal(store_claim(store, NULL), 0);
        assert_int_not_equal(store_adopt(store, NULL, NULL), 0);
        assert_int_not_equal(store_upgrade(store, "me", NULL), 0);
        store_free(store);
    }
}

/* --- the description --- */

static void there_is_nothing_to_load_before_the_first_world(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    struct store_description world = {0};
    works(store_claim(store, &fault));
    refuses(store_load(store, &world, &fault), -ENOENT);
    assert_null(world.pairs);
    store_free(store);
}

static void assert_same_stream(const struct store_stream *a, const struct store_stream *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->generation, b->generation);
    assert_int_equal(a->watermark.s, b->watermark.s);
    assert_int_equal(a->started, b->started);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->skipped, b->skipped);
    assert_int_equal(a->not_before.s, b->not_before.s);
    assert_int_equal(a->paused, b->paused);
    assert_int_equal(a->paused_at.s, b->paused_at.s);
    assert_int_equal(a->paused_wall_us, b->paused_wall_us);
    assert_int_equal(a->resumes_wall_us, b->resumes_wall_us);
    assert_string_equal(a->paused_by, b->paused_by);
    assert_string_equal(a->reason, b->reason);
}

/* Every field of every part away from its default. */
static struct store_description full_world(void)
{
    struct store_description world = a_world("w9");
    world.streams[3] = (struct store_stream){
        .generation = INT64_MAX,
        .watermark = {BASE + 5},
        .started = true,
        .rows = 11,
        .skipped = 12,
        .not_before = {BASE + 6},
        .paused = true,
        .paused_at = {BASE + 4},
        .paused_wall_us = 13,
        .resumes_wall_us = INT64_C(4102444800000000),
    };
    (void)snprintf(world.streams[3].name, STORE_NAME_MAX, "market_data");
    (void)snprintf(world.streams[3].paused_by, STORE_NAME_MAX, "anna");
    (void)snprintf(world.streams[3].reason, STORE_VALUE_MAX, "it's a \"demo\" \\ Z\xc3\xbcrich");
    world.acts = MEM_ARRAY(struct store_act, 2);
    world.act_count = 2;
    world.acts[0] = an_act("b", "tempo", 2000);
    world.acts[1] = an_act("a", "pause", 1000);
    world.acts[0].seq = 2;
    world.acts[1].seq = 1;
    world.acts[0].uid = 4294967294;
    world.acts[0].pid = 99;
    memset(world.acts[0].parameters, 'p', STORE_PARAMETERS_MAX - 1);
    world.acts[0].parameters[STORE_PARAMETERS_MAX - 1] = '\0';
    (void)snprintf(world.acts[0].world_id, STORE_NAME_MAX, "w8");
    (void)snprintf(world.acts[0].user, STORE_NAME_MAX, "anna");
    (void)snprintf(world.acts[0].reason, STORE_VALUE_MAX, "why");
    world.gaps = MEM_ARRAY(struct store_gap, 2);
    world.gap_count = 2;
    world.gaps[0] = (struct store_gap){"customers", {BASE + 10}, {BASE + 20}, 2};
    world.gaps[1] = (struct store_gap){"market_data", {BASE}, {BASE + 20}, 1};
    memset(world.pairs[1].value, 'v', STORE_VALUE_MAX - 1);
    world.pairs[1].value[STORE_VALUE_MAX - 1] = '\0';
    return world;
}

static void a_description_is_read_back_as_written(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    struct store_description wrote = full_world();
    struct store_description read = {0};
    works(store_claim(store, &fault));
    works(store_shadow_begin(store, &wrote, &fault));
    works(store_swap(store, "", 1000, &fault));
    works(store_load(store, &read, &fault));
    assert_string_equal(read.world_id, "w9");
    assert_int_equal(read.stream_count, SCHEMA_TABLES);
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        assert_same_stream(&read.streams[i], &wrote.streams[i]);
    assert_int_equal(read.pair_count, 2);
    assert_string_equal(read.pairs[0].name, "id");
    assert_string_equal(read.pairs[1].name, "seed");
    assert_string_equal(read.pairs[1].value, wrote.pairs[1].value);
    assert_int_equal(read.act_count, 2);
    assert_string_equal(read.acts[0].id, "a");
    assert_memory_equal(&read.acts[1], &wrote.acts[0], sizeof read.acts[1]);
    assert_int_equal(read.gap_count, 2);
    assert_string_equal(read.gaps[0].stream, "market_data");
    assert_int_equal(read.gaps[0].from.s, BASE);
    assert_int_equal(read.gaps[1].from.s, BASE + 10);
    assert_int_equal(read.gaps[1].until.s, BASE + 20);
    assert_int_equal(read.gaps[1].seq, 2);
    store_description_done(&read);
    store_description_done(&wrote);
    store_free(store);
}

/* Each with the number that it is given: two with the same id, or the same number, are a mistake.
 */
static void a_description_says_each_act_once(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    struct store_description world = full_world();
    works(store_claim(store, &fault));
    world.acts[1].seq = 2;
    refuses(store_shadow_begin(store, &world, &fault), -EPROTO);
    world.acts[1].seq = 1;
    (void)snprintf(world.acts[1].id, STORE_NAME_MAX, "%s", world.acts[0].id);
    refuses(store_shadow_begin(store, &world, &fault), -EPROTO);
    store_description_done(&world);
    store_free(store);
}

#define CONFORMANCE_WORLD_TESTS                                            \
    CONFORMANCE_TEST(a_vacant_database_is_claimed_once_and_for_all),       \
        CONFORMANCE_TEST(tables_of_other_names_do_not_matter),             \
        CONFORMANCE_TEST(a_foreign_database_is_left_alone),                \
        CONFORMANCE_TEST(empty_tables_that_match_are_adopted),             \
        CONFORMANCE_TEST(tables_with_rows_are_not_adopted),                \
        CONFORMANCE_TEST(rows_put_into_adopted_tables_are_left_alone),     \
        CONFORMANCE_TEST(parts_of_a_world_are_no_beginning),               \
        CONFORMANCE_TEST(values_of_another_kind_are_damage),               \
        CONFORMANCE_TEST(tables_of_another_shape_are_not_adopted),         \
        CONFORMANCE_TEST(daemons_that_claim_at_once_all_succeed),          \
        CONFORMANCE_TEST(without_the_marker_nothing_is_destroyed),         \
        CONFORMANCE_TEST(what_an_unknown_version_made_is_left_alone),      \
        CONFORMANCE_TEST(there_is_nothing_to_load_before_the_first_world), \
        CONFORMANCE_TEST(a_description_is_read_back_as_written),           \
        CONFORMANCE_TEST(a_description_says_each_act_once)

#endif
