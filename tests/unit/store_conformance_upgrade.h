/* store_conformance_upgrade.h - conformance: a database of schema 2 is brought to schema 3. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_UPGRADE_H
#define CREDD_TESTS_STORE_CONFORMANCE_UPGRADE_H

#include <pthread.h>

#include "store_older_world.h"

static void a_world_of_schema_2_is_upgraded(void **state)
{
    struct conformance *c = conformance_of(state);
    older_world(c);
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_OLDER);
    works(store_upgrade(store, "me", &fault));
    int64_t generation = upgraded_world(c, store);
    assert_true(generation > UINT32_MAX);
    works(store_upgrade(store, "me", &fault)); /* nothing is left to do */
    assert_true(upgraded_world(c, store) == generation);

    struct store_act act = an_act("new-1", "reload", 1);
    struct store_amendment amendment = {.world_id = OLDER_WORLD,
                                        .generation = generation,
                                        .next_generation = 5,
                                        .acts = &act,
                                        .act_count = 1};
    works(store_amend(store, &amendment, &fault));
    assert_answer(c, "SELECT seq FROM credd_act WHERE id = 'new-1'", "18");
    struct store_batch batch = a_batch(OLDER_WORLD, "customers", BASE + 100, BASE + 101, NULL);
    struct store_outcome outcome;
    batch.generation = 5;
    works(store_commit(store, false, &batch, &outcome, &fault));
    build(store, "w2", OLDER_WORLD, 2);
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT COUNT(*) FROM customers", "2");
    store_free(store);
}

/* Before it is upgraded nothing is written, and a claim is none. */
static void a_world_of_schema_2_is_not_written_to(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store_pair pair = a_pair("heartbeat", "1");
    struct store_batch batch = a_batch(OLDER_WORLD, "customers", BASE + 100, BASE + 101, NULL);
    struct store_amendment amendment = {
        .world_id = OLDER_WORLD, .generation = 36, .next_generation = 5};
    struct store_description world = a_world("w2");
    struct store_outcome outcome;
    older_world(c);
    struct store *store = connected_store(c);
    batch.generation = 36;
    refuses(store_claim(store, &fault), -EPERM);
    refuses(store_adopt(store, NULL, &fault), -EPERM);
    refuses(store_note(store, OLDER_WORLD, 36, &pair, 1, &fault), -EPERM);
    refuses(store_commit(store, false, &batch, &outcome, &fault), -EPERM);
    refuses(store_amend(store, &amendment, &fault), -EPERM);
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    assert_answer(c, "SELECT MAX(watermark) FROM credd_stream", "1700000100");
    assert_answer(c, "SELECT value FROM credd_new_world", "w00000000000");
    works(store_upgrade(store, "me", &fault));
    (void)upgraded_world(c, store);
    store_description_done(&world);
    store_free(store);
}

static void a_claim_of_schema_2_becomes_one_of_this(void **state)
{
    struct conformance *c = conformance_of(state);
    older_claim(c);
    older_side(c, "credd_new_");
    struct store *store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_OLDER);
    works(store_upgrade(store, "me", &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    assert_no_table(c, "credd_new_act");
    assert_no_table(c, "credd_act");
    build(store, "w1", "", 2);
    assert_int_equal(kind_of(store), STORE_WORLD);
    store_free(store);
}

/* Nothing is changed if something makes no sense, not even the marker. */
static void what_can_not_be_upgraded_stays(void **state)
{
    static const char *const changes[] = {
        "UPDATE credd_world SET value = 'fast' WHERE name = 'clock_speed'",
        "DELETE FROM credd_stream",
        "DROP TABLE credd_gap",
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < COUNT(changes); i++) {
        c->fresh(c->context);
        older_world(c);
        raw(c, changes[i]);
        struct store *store = connected_store(c);
        refuses(store_upgrade(store, "me", &fault), -EUCLEAN);
        assert_int_equal(kind_of(store), STORE_OLDER);
        assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'marker'", SCHEMA_MARKER_2);
        assert_answer(c, "SELECT COUNT(*) FROM credd_act WHERE value = 42", "1");
        assert_answer(c, "SELECT value FROM credd_new_world", "w00000000000");
        store_free(store);
    }
}

static void only_what_is_older_is_upgraded(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = connected_store(c);
    refuses(store_upgrade(store, "me", &fault), -EPERM);
    works(store_claim(store, &fault));
    works(store_upgrade(store, "me", &fault));
    assert_int_equal(kind_of(store), STORE_CLAIMED);
    store_free(store);
}

static void *upgrade_at_once(void *context)
{
    struct conformance *c = context;
    struct store *store = c->open(c->context);
    struct fault fault = {0};
    int rc = store_connect(store, &fault);
    for (unsigned tries = 0; rc == 0 || (rc == -EBUSY && tries < 100); tries++) {
        enum store_kind kind = STORE_FOREIGN;
        rc = store_probe(store, &kind, &fault);
        if (rc == 0 && kind == STORE_WORLD)
            break;
        rc = store_upgrade(store, "one of many", &fault);
    }
    if (rc != 0)
        (void)fprintf(stderr, "upgrade: %d %s\n", rc, fault.text);
    store_free(store);
    return (void *)(intptr_t)rc;
}

static void daemons_that_upgrade_at_once_all_find_it_done(void **state)
{
    struct conformance *c = conformance_of(state);
    pthread_t threads[4];
    older_world(c);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, upgrade_at_once, c), 0);
    for (size_t i = 0; i < 4; i++) {
        void *rc;
        assert_int_equal(pthread_join(threads[i], &rc), 0);
        assert_null(rc);
    }
    struct store *store = connected_store(c);
    (void)upgraded_world(c, store);
    store_free(store);
}

#define CONFORMANCE_UPGRADE_TESTS                                  \
    CONFORMANCE_TEST(a_world_of_schema_2_is_upgraded),             \
        CONFORMANCE_TEST(a_world_of_schema_2_is_not_written_to),   \
        CONFORMANCE_TEST(a_claim_of_schema_2_becomes_one_of_this), \
        CONFORMANCE_TEST(what_can_not_be_upgraded_stays),          \
        CONFORMANCE_TEST(only_what_is_older_is_upgraded),          \
        CONFORMANCE_TEST(daemons_that_upgrade_at_once_all_find_it_done)

#endif
