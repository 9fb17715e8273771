/* store_conformance_swap.h - conformance: a new world built beside the old and swapped in. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_SWAP_H
#define CREDD_TESTS_STORE_CONFORMANCE_SWAP_H

#include <pthread.h>
#include <stdatomic.h>

#include "store_conformance.h"

static void assert_swept(struct conformance *c)
{
    char name[SQL_NAME_MAX];
    for (size_t i = 0; i < SQL_SWAPPED; i++) {
        assert_no_table(c, sql_name(SQL_SHADOW, sql_swapped(i), name));
        assert_no_table(c, sql_name(SQL_OLD, sql_swapped(i), name));
    }
}

static void a_world_is_swapped_whole(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct store_description read = {0};
    struct change_list list = {0};
    assert_swept(c);
    works(store_shadow_begin(store, &world, &fault));
    add_customer(&list, "N00");
    struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
    (void)commits(store, true, &batch, &list);
    add_application(&list, "A1", "N00", BASE);
    add_move(&list, "A1", "Pending", "Approved", BASE + 1);
    batch = a_batch("w2", "loan_applications", 0, BASE, &list);
    assert_int_equal(commits(store, true, &batch, &list).moved, 1);
    assert_int_equal(page_of(store, "customers", NULL, 9, print_key).rows, 3);
    assert_int_equal(page_of(store, SCHEMA_STATUS, NULL, 9, print_key).rows, 0);
    works(store_swap(store, "w1", 1000, &fault));
    assert_string_equal(page_of(store, "customers", NULL, 9, print_key).text, "N00;");
    assert_int_equal(page_of(store, SCHEMA_STATUS, NULL, 9, print_key).rows, 2);
    works(store_load(store, &read, &fault));
    assert_string_equal(read.world_id, "w2");
    assert_int_equal(stream_of(&read, "customers")->rows, 1);
    store_description_done(&read);
    works(store_load_replaced(store, &read, &fault));
    assert_string_equal(read.world_id, "w1");
    assert_int_equal(stream_of(&read, "customers")->rows, 3);
    store_description_done(&read);
    works(store_sweep(store, &fault));
    assert_swept(c);
    refuses(store_load_replaced(store, &read, &fault), -ENOENT);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "1");
    store_description_done(&read);
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

/* Several in a row: what one leaves (names of indexes and constraints) must not be in the way of
 * the next, and parents are still asked for. */
static void worlds_follow_each_other(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    build(store, "w2", "w1", 2);
    build(store, "w3", "w2", 4);
    works(store_sweep(store, &fault));
    build(store, "w4", "w3", 5);
    works(store_sweep(store, &fault));
    assert_swept(c);
    add_record(&list, "R0", "K04", 100);
    add_record(&list, "R1", "K99", 100);
    struct store_batch batch = a_batch("w4", "financial_records", 0, BASE, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_int_not_equal(c->raw(c->context, "DELETE FROM customers WHERE customer_id = 'K04'"), 0);
    change_list_done(&list);
    store_free(store);
}

static void a_batch_of_the_old_world_is_refused_after_a_swap(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store *other = connected_store(c);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, NULL);
    struct store_outcome outcome;
    struct change_list list = {0};
    works(store_commit(other, false, &batch, &outcome, &fault));
    build(store, "w2", "w1", 1);
    batch.from.s = BASE;
    refuses(store_commit(other, false, &batch, &outcome, &fault), -ESTALE);
    batch = a_batch("w2", "customers", BASE, BASE + 1, NULL);
    works(store_commit(other, false, &batch, &outcome, &fault));
    change_list_done(&list);
    store_free(other);
    store_free(store);
}

static void a_swap_needs_the_world_it_was_built_for(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    works(store_shadow_begin(store, &world, &fault));
    refuses(store_swap(store, "", 1000, &fault), -ESTALE);
    refuses(store_swap(store, "w0", 1000, &fault), -ESTALE);
    raw(c, "UPDATE credd_world SET value = 'wx' WHERE name = 'id'");
    refuses(store_swap(store, "w1", 1000, &fault), -ESTALE);
    raw(c, "UPDATE credd_world SET value = 'w1' WHERE name = 'id'");
    works(store_swap(store, "w1", 1000, &fault));
    refuses(store_swap(store, "w2", 1000, &fault), -ESTALE);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'id'", "w2");
    store_description_done(&world);
    store_free(store);
}

/* A backup that was taken while it was built, and put back before its swap, has less of it. */
static void a_swap_needs_the_world_as_it_was_built(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    world.built.s = BASE + 1;
    works(store_shadow_begin(store, &world, &fault));
    for (size_t i = 0; i < world.stream_count; i++) {
        struct store_batch batch = a_batch("w2", world.streams[i].name, 0, world.built.s, &list);
        refuses(store_swap(store, "w1", 1000, &fault), -ESTALE);
        (void)commits(store, true, &batch, &list);
    }
    raw(c, "UPDATE credd_new_stream SET watermark = watermark - 1 WHERE name = 'customers'");
    refuses(store_swap(store, "w1", 1000, &fault), -ESTALE);
    raw(c, "UPDATE credd_new_stream SET watermark = watermark + 1 WHERE name = 'customers'");
    raw(c, "UPDATE credd_new_world SET value = 'wx' WHERE name = 'id'");
    refuses(store_swap(store, "w1", 1000, &fault), -ESTALE);
    raw(c, "UPDATE credd_new_world SET value = 'w2' WHERE name = 'id'");
    works(store_swap(store, "w1", 1000, &fault));
    store_description_done(&world);
    store_free(store);
}

static void one_builds_at_a_time(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store *other = connected_store(c);
    struct store_description world = a_world("w2");
    struct store_description theirs = a_world("w3");
    works(store_shadow_begin(store, &world, &fault));
    refuses(store_shadow_begin(other, &theirs, &fault), -EBUSY);
    works(store_sweep(other, &fault));
    assert_answer(c, "SELECT COUNT(*) FROM credd_new_customers", "0");
    works(store_connect(store, &fault)); /* which ends the older connection and its lock */
    works(store_shadow_begin(other, &theirs, &fault));
    assert_int_not_equal(store_swap(store, "w1", 100, NULL), 0);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'id'", "w1");
    works(store_swap(other, "w1", 1000, &fault));
    works(store_sweep(other, &fault));
    works(store_shadow_begin(store, &world, &fault));
    store_description_done(&theirs);
    store_description_done(&world);
    store_free(other);
    store_free(store);
}

/* Acts that came while it was built are still to be carried over from there. */
static void what_another_reset_left_is_not_dropped(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store *other = connected_store(c);
    struct store_description world = a_world("w2");
    struct store_description theirs = a_world("w3");
    (void)snprintf(world.replaces, sizeof world.replaces, "w1");
    (void)snprintf(theirs.replaces, sizeof theirs.replaces, "w1");
    works(store_shadow_begin(other, &theirs, &fault));
    works(store_swap(other, "w1", 1000, &fault));
    works(store_connect(other, &fault)); /* which lets the lock go */
    refuses(store_shadow_begin(store, &world, &fault), -ESTALE);
    assert_answer(c, "SELECT COUNT(*) FROM credd_old_customers", "3");
    (void)snprintf(world.replaces, sizeof world.replaces, "w3");
    works(store_shadow_begin(store, &world, &fault));
    works(store_swap(store, "w3", 1000, &fault));
    store_description_done(&theirs);
    store_description_done(&world);
    store_free(other);
    store_free(store);
}

/* The lock was lost with the connection, and another daemon began a world of its own since. */
static void only_the_world_that_was_begun_is_swapped_in(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store *other = connected_store(c);
    struct store_description world = a_world("w2");
    struct store_description theirs = a_world("w3");
    works(store_shadow_begin(store, &world, &fault));
    works(store_connect(store, &fault));
    works(store_shadow_begin(other, &theirs, &fault));
    works(store_connect(other, &fault));
    refuses(store_swap(store, "w1", 1000, &fault), -ESTALE);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'id'", "w1");
    store_description_done(&theirs);
    store_description_done(&world);
    store_free(other);
    store_free(store);
}

static void what_a_killed_builder_left_is_no_obstacle(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    works(store_shadow_begin(store, &world, &fault));
    add_customer(&list, "N00");
    struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
    (void)commits(store, true, &batch, &list);
    store_free(store);

    store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_WORLD);
    assert_int_equal(page_of(store, "customers", NULL, 9, print_key).rows, 3);
    build(store, "w3", "w1", 1);
    store_free(store); /* swapped, not swept */

    store = connected_store(c);
    assert_int_equal(kind_of(store), STORE_WORLD);
    assert_int_equal(page_of(store, "customers", NULL, 9, print_key).rows, 1);
    build(store, "w4", "w3", 2);
    store_free(store);

    store = connected_store(c);
    works(store_sweep(store, &fault));
    assert_swept(c);
    assert_int_equal(page_of(store, "customers", NULL, 9, print_key).rows, 2);
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

static void a_sweep_abandons_what_was_being_built(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    works(store_sweep(store, &fault));
    works(store_shadow_begin(store, &world, &fault));
    works(store_sweep(store, &fault));
    assert_swept(c);
    refuses(store_swap(store, "w1", 0, &fault), -ESTALE);
    assert_int_equal(page_of(store, "customers", NULL, 9, print_key).rows, 3);
    store_description_done(&world);
    store_free(store);
}

static void a_sweep_drops_large_tables(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    char key[32];
    for (int i = 0; i < 4500; i++) {
        (void)snprintf(key, sizeof key, "M%05d", i);
        add_point(&list, key, i);
    }
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, &list);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 4500);
    build(store, "w2", "w1", 1);
    works(store_sweep(store, &fault));
    assert_swept(c);
    change_list_done(&list);
    store_free(store);
}

/* `make` puts something of others on our tables, `name` must be in the refusal. */
static void refused_because_of(struct conformance *c, struct store *store, const char *make,
                               const char *name)
{
    struct store_description world = a_world("w2");
    struct fault why = {0};
    works(store_shadow_begin(store, &world, &fault));
    works(store_swap_check(store, &fault));
    raw(c, make);
    assert_int_equal(store_swap_check(store, &why), -EPERM);
    if (strstr(why.text, name) == NULL)
        fail_msg("%s does not name %s", why.text, name);
    refuses(store_swap(store, "w1", 1000, &fault), -EPERM);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'id'", "w1");
    store_description_done(&world);
}

/* SQLite's are carried over; on a server they would have to be made anew with the rights of others.
 */
static void triggers_of_others_follow_or_refuse_a_swap(void **state)
{
    static const char make[] =
        "CREATE TRIGGER their_audit AFTER INSERT ON market_data FOR EACH ROW "
        "BEGIN INSERT INTO audit VALUES (1); END";
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    raw(c, "CREATE TABLE audit (x INTEGER)");
    if (!c->sqlite) {
        refused_because_of(c, store, make, "their_audit");
        raw(c, "DROP TRIGGER their_audit");
        works(store_swap(store, "w1", 1000, &fault));
    } else {
        works(store_shadow_begin(store, &world, &fault));
        raw(c, make);
        works(store_swap_check(store, &fault));
        works(store_swap(store, "w1", 1000, &fault));
        raw(c, "INSERT INTO market_data (data_id) VALUES ('P1')");
        assert_answer(c, "SELECT COUNT(*) FROM audit", "1");
        works(store_sweep(store, &fault));
        assert_answer(c, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'", "1");
    }
    raw(c, "DROP TABLE audit");
    store_description_done(&world);
    store_free(store);
}

static void foreign_keys_of_others_refuse_a_swap(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    refused_because_of(c, store,
                       "CREATE TABLE their_notes (id INTEGER PRIMARY KEY, customer VARCHAR(50), "
                       "FOREIGN KEY (customer) REFERENCES customers (customer_id))",
                       "their_notes");
    raw(c, "DROP TABLE their_notes");
    works(store_swap(store, "w1", 1000, &fault));
    store_free(store);
}

/* Begins w2, does something to the tables of w1, and swaps. */
static int swap_after(struct conformance *c, struct store *store, bool plain, const char *made)
{
    struct store_description world = a_world("w2");
    world.plain = plain;
    works(store_shadow_begin(store, &world, &fault));
    raw(c, made);
    int rc = store_swap(store, "w1", 1000, NULL);
    store_description_done(&world);
    return rc;
}

static void what_was_added_is_in_the_new_world(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    raw(c, "ALTER TABLE customers ADD COLUMN tenant INTEGER DEFAULT 7");
    raw(c, "ALTER TABLE customers ADD COLUMN note VARCHAR(9)");
    raw(c, "CREATE UNIQUE INDEX their_index ON customers (note)");
    for (unsigned i = 2; i < 5; i++) {
        char id[] = {'w', (char)('0' + i), '\0'}, was[] = {'w', (char)('0' + i - 1), '\0'};
        build(store, id, was, 1);
        works(store_sweep(store, &fault));
        assert_answer(c, "SELECT tenant FROM customers", "7");
        raw(c, c->sqlite ? "REINDEX their_index" : "ANALYZE TABLE customers");
        raw(c, "INSERT INTO customers (customer_id, note) VALUES ('X', 'same')");
        assert_int_not_equal(c->raw(c->context, "INSERT INTO customers (customer_id, note) VALUES "
                                                "('Y', 'same')"),
                             0);
    }
    raw(c, c->sqlite ? "DROP INDEX their_index" : "DROP INDEX their_index ON customers");
    store_free(store);
}

static void a_plain_world_has_nothing_of_it(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    raw(c, "CREATE INDEX their_index ON customers (email)");
    works(swap_after(c, store, true, "ALTER TABLE customers ADD COLUMN tenant INTEGER"));
    assert_int_not_equal(c->raw(c->context, "UPDATE customers SET tenant = 1"), 0);
    raw(c, "CREATE INDEX their_index ON customers (email)");
    works(store_sweep(store, &fault));
    store_free(store);
}

static void a_swap_needs_the_tables_as_they_were(void **state)
{
    static const char *const changes[] = {"ALTER TABLE customers ADD COLUMN tenant INTEGER",
                                          "CREATE INDEX their_index ON market_data (source)",
                                          "ALTER TABLE credd_status ADD COLUMN note VARCHAR(9)"};
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        assert_int_equal(swap_after(c, store, false, changes[i]), -ESTALE);
    assert_answer(c, "SELECT value FROM credd_world WHERE name = 'id'", "w1");
    works(swap_after(c, store, false, "INSERT INTO market_data (data_id) VALUES ('P9')"));
    raw(c, "UPDATE credd_status SET note = ''");
    store_free(store);
}

static void foreign_keys_to_others_refuse_a_world(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct fault why = {0};
    raw(c, "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY)");
    raw(c, c->sqlite ? "ALTER TABLE market_data ADD COLUMN theirs VARCHAR(100) REFERENCES sources "
                       "(name)"
                     : "ALTER TABLE market_data ADD COLUMN theirs VARCHAR(100), ADD FOREIGN KEY "
                       "(theirs) REFERENCES sources (name)");
    assert_int_equal(store_shadow_begin(store, &world, &why), -EPERM);
    if (strstr(why.text, "market_data") == NULL || strstr(why.text, "sources") == NULL)
        fail_msg("%s", why.text);
    world.plain = true;
    works(store_shadow_begin(store, &world, &fault));
    works(store_swap(store, "w1", 1000, &fault));
    works(store_sweep(store, &fault));
    raw(c, "DROP TABLE sources");
    store_description_done(&world);
    store_free(store);
}

static void views_of_others_follow(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    raw(c, "CREATE VIEW names AS SELECT customer_id FROM customers");
    assert_answer(c, "SELECT COUNT(*) FROM names", "3");
    build(store, "w2", "w1", 1);
    assert_answer(c, "SELECT COUNT(*) FROM names", "1");
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT COUNT(*) FROM names", "1");
    raw(c, "DROP VIEW names");
    store_free(store);
}

static void a_swap_gives_up_when_others_hold_on(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    works(store_shadow_begin(store, &world, &fault));
    raw(c, "BEGIN");
    raw(c, "UPDATE customers SET first_name = 'Bob' WHERE customer_id = 'K00'");
    refuses(store_swap(store, "w1", 0, &fault), -EBUSY);
    refuses(store_swap(store, "w1", 60, &fault), -EBUSY);
    raw(c, "COMMIT");
    assert_answer(c, "SELECT first_name FROM customers WHERE customer_id = 'K00'", "Bob");
    works(store_swap(store, "w1", 60, &fault));
    store_description_done(&world);
    store_free(store);
}

/* --- readers across swaps --- */

struct watcher {
    struct store *store;
    atomic_bool stop;
    unsigned pages;
    int rc;
    struct fault fault;
};

static void *watch_pages(void *context)
{
    struct watcher *watcher = context;
    while (!atomic_load(&watcher->stop) && watcher->rc == 0) {
        struct pages seen = {.text = ""};
        size_t count = 0;
        watcher->rc = store_page(watcher->store, "customers", NULL, 99, print_key, &seen, &count,
                                 &watcher->fault);
        if (watcher->rc == 0 && count != 3 && count != 5)
            watcher->rc = fault_set(&watcher->fault, -EPROTO, "%zu rows: %s", count, seen.text);
        watcher->pages++;
    }
    return NULL;
}

static void a_reader_sees_the_old_world_or_the_new(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct watcher watcher = {.store = connected_store(c)};
    pthread_t thread;
    char old_id[32] = "w1";
    char new_id[32];
    atomic_init(&watcher.stop, false);
    assert_int_equal(pthread_create(&thread, NULL, watch_pages, &watcher), 0);
    for (unsigned i = 2; i < 12; i++) {
        (void)snprintf(new_id, sizeof new_id, "w%u", i);
        build(store, new_id, old_id, i % 2 == 0 ? 5 : 3);
        works(store_sweep(store, &fault));
        memcpy(old_id, new_id, sizeof old_id);
    }
    atomic_store(&watcher.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (watcher.rc != 0)
        fail_msg("%d %s", watcher.rc, watcher.fault.text);
    assert_true(watcher.pages > 0);
    store_free(watcher.store);
    store_free(store);
}

#define CONFORMANCE_SWAP_TESTS                                                              \
    CONFORMANCE_TEST(a_world_is_swapped_whole), CONFORMANCE_TEST(worlds_follow_each_other), \
        CONFORMANCE_TEST(a_batch_of_the_old_world_is_refused_after_a_swap),                 \
        CONFORMANCE_TEST(a_swap_needs_the_world_it_was_built_for),                          \
        CONFORMANCE_TEST(a_swap_needs_the_world_as_it_was_built),                           \
        CONFORMANCE_TEST(one_builds_at_a_time),                                             \
        CONFORMANCE_TEST(what_another_reset_left_is_not_dropped),                           \
        CONFORMANCE_TEST(only_the_world_that_was_begun_is_swapped_in),                      \
        CONFORMANCE_TEST(what_a_killed_builder_left_is_no_obstacle),                        \
        CONFORMANCE_TEST(a_sweep_abandons_what_was_being_built),                            \
        CONFORMANCE_TEST(a_sweep_drops_large_tables),                                       \
        CONFORMANCE_TEST(triggers_of_others_follow_or_refuse_a_swap),                       \
        CONFORMANCE_TEST(foreign_keys_of_others_refuse_a_swap),                             \
        CONFORMANCE_TEST(what_was_added_is_in_the_new_world),                               \
        CONFORMANCE_TEST(a_plain_world_has_nothing_of_it),                                  \
        CONFORMANCE_TEST(a_swap_needs_the_tables_as_they_were),                             \
        CONFORMANCE_TEST(foreign_keys_to_others_refuse_a_world),                            \
        CONFORMANCE_TEST(views_of_others_follow),                                           \
        CONFORMANCE_TEST(a_swap_gives_up_when_others_hold_on),                              \
        CONFORMANCE_TEST(a_reader_sees_the_old_world_or_the_new)

#endif
