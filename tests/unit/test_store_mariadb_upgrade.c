/* MariaDB's upgrade from schema 2: cut off at every message, among others who use the database. */
#include <pthread.h>
#include <stdatomic.h>

#include "store_mariadb_conformance.h"
#include "store_mariadb_proxy.h"
#include "store_older_world.h"

static struct mariadb_conformance *mariadb_of(void **state)
{
    return conformance_of(state)->context;
}

/* Whatever of it has happened, version 0.1.0 either goes on with tables as it knows them, or sees
 * that the marker is not its own. */
static void assert_safe_from_older(struct conformance *c)
{
    char marker[64];
    assert_int_equal(c->ask(c->context, "SELECT value FROM credd_meta WHERE name = 'marker'",
                            marker, sizeof marker),
                     0);
    if (strcmp(marker, SCHEMA_MARKER_2) == 0) {
        assert_answer(c, "SELECT value FROM credd_act WHERE kind = 'adopt'", "42");
        assert_answer(c, "SELECT tempo FROM credd_stream WHERE name = 'market_data'", "50000");
        assert_answer(c, "SELECT COUNT(*) FROM credd_gap", "2");
    }
}

/* One attempt through the proxy, then another daemon's. Returns what came of the first. */
static int cut_and_go_on(struct conformance *c, struct proxy *proxy, int64_t generation)
{
    struct mariadb_conformance *maria = c->context;
    struct store_config config = server_config(&maria->server, DATABASE);
    config.socket = proxy->path;
    struct store *through = store_new(&config);
    struct fault why = {0};
    int rc = store_connect(through, &why);
    if (rc == 0)
        rc = store_upgrade(through, "the first", &why);
    store_free(through);
    assert_safe_from_older(c);
    struct store *store = connected_store(c);
    enum store_kind kind = kind_of(store);
    assert_true(kind == STORE_OLDER || kind == STORE_WORLD);
    works(store_upgrade(store, "the second", &fault));
    assert_true(upgraded_world(c, store) == generation);
    store_free(store);
    return rc;
}

static void an_upgrade_can_be_cut_off_at_every_message(void **state)
{
    struct conformance *c = conformance_of(state);
    struct proxy proxy;
    unsigned cuts = 0;
    older_world(c);
    struct store *store = connected_store(c);
    works(store_upgrade(store, "me", &fault));
    int64_t generation = upgraded_world(c, store);
    store_free(store);
    proxy_begin(&proxy, &mariadb_of(state)->server);
    /* What the server did is done; that its answer is lost is all that the daemon knows. */
    atomic_store(&proxy.loss, LOSE_REPLY);
    int rc = -1;
    for (int at = 1; rc != 0; at++, cuts++) {
        c->fresh(c->context);
        older_world(c);
        atomic_store(&proxy.at, at);
        rc = cut_and_go_on(c, &proxy, generation);
        assert_true(rc == 0 || rc == -ENOTCONN || rc == -ECONNABORTED);
        assert_true(at < 500);
    }
    proxy_end(&proxy);
    print_message("cut off %u times\n", cuts);
    assert_true(cuts > 50);
}

/* --- others --- */

struct attempt {
    struct store *store;
    struct fault fault;
    int rc;
};

static void *attempt_upgrade(void *context)
{
    struct attempt *attempt = context;
    attempt->rc = store_upgrade(attempt->store, "me", &attempt->fault);
    return NULL;
}

/* Until somebody waits for a table. */
static void await_waiting(struct conformance *c)
{
    char waiting[16] = "0";
    for (int tries = 0; tries < 400 && strcmp(waiting, "0") == 0; tries++) {
        char answer[2048];
        (void)snprintf(waiting, sizeof waiting, "%s",
                       server_sql(&((struct mariadb_conformance *)c->context)->server, answer,
                                  "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE "
                                  "STATE LIKE 'Waiting for table metadata lock%%'"));
        (void)usleep(10000);
    }
    assert_string_equal(waiting, "1");
}

/* A batch of version 0.1.0 that has looked at the marker already is waited for, and kept. */
static void a_batch_under_way_is_kept(void **state)
{
    struct conformance *c = conformance_of(state);
    older_world(c);
    struct attempt attempt = {.store = connected_store(c)};
    pthread_t thread;
    raw(c, "START TRANSACTION");
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'marker'", SCHEMA_MARKER_2);
    assert_int_equal(pthread_create(&thread, NULL, attempt_upgrade, &attempt), 0);
    await_waiting(c);
    raw(c, "UPDATE credd_stream SET watermark = 1700000200 WHERE name = 'customers' AND "
           "generation = 36");
    raw(c, "INSERT INTO customers (customer_id) VALUES ('K01')");
    raw(c, "COMMIT");
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (attempt.rc != 0)
        fail_msg("%d %s", attempt.rc, attempt.fault.text);
    assert_answer(c, "SELECT watermark FROM credd_stream WHERE name = 'customers'", "1700000200");
    assert_int_equal(kind_of(attempt.store), STORE_WORLD);
    store_free(attempt.store);
}

/* Who reads credd's tables for long holds the upgrade up, and does not break it. */
static void a_reader_may_be_in_the_way(void **state)
{
    struct conformance *c = conformance_of(state);
    older_world(c);
    struct store *store = connected_store(c);
    raw(c, "START TRANSACTION");
    assert_answer(c, "SELECT COUNT(*) FROM credd_gap", "2");
    struct fault why = {0};
    assert_int_equal(store_upgrade(store, "me", &why), -EBUSY);
    assert_non_null(strstr(why.text, "upgrading database " DATABASE " from schema 2: "));
    raw(c, "COMMIT");
    assert_int_equal(kind_of(store), STORE_OLDER);
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'owner'", "me");
    works(store_upgrade(store, "me", &fault));
    (void)upgraded_world(c, store);
    store_free(store);
}

static void who_is_at_it_is_named(void **state)
{
    struct conformance *c = conformance_of(state);
    struct fault why = {0};
    older_world(c);
    struct store *store = connected_store(c);
    assert_answer(c, "SELECT GET_LOCK('credd:" DATABASE "', 1)", "1");
    assert_int_equal(store_upgrade(store, "me", &why), -EBUSY);
    assert_non_null(strstr(why.text, "is building a world"));
    raw(c, "INSERT INTO credd_meta VALUES ('owner', 'host 12 34')");
    assert_int_equal(store_upgrade(store, "me", &why), -EBUSY);
    assert_non_null(strstr(why.text, "another credd (host 12 34) is upgrading"));
    assert_answer(c, "SELECT value FROM credd_meta WHERE name = 'marker'", SCHEMA_MARKER_2);
    assert_answer(c, "SELECT RELEASE_LOCK('credd:" DATABASE "')", "1");
    works(store_upgrade(store, "me", &fault));
    (void)upgraded_world(c, store);
    store_free(store);
}

/* The lock is let go: others may build at once. */
static void the_lock_is_let_go(void **state)
{
    struct conformance *c = conformance_of(state);
    older_world(c);
    struct store *store = connected_store(c);
    works(store_upgrade(store, "me", &fault));
    assert_answer(c, "SELECT IS_FREE_LOCK('credd:" DATABASE "')", "1");
    assert_answer(c,
                  "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM information_schema.TABLES "
                  "WHERE TABLE_SCHEMA = '" DATABASE "' AND TABLE_NAME LIKE 'credd%' AND "
                  "TABLE_COLLATION = 'utf8mb4_bin' AND ENGINE = 'InnoDB'",
                  "credd_act,credd_change,credd_gap,credd_stream,credd_world");
    store_free(store);
}

int main(void)
{
    struct mariadb_conformance c;
    const struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(an_upgrade_can_be_cut_off_at_every_message),
        CONFORMANCE_TEST(a_batch_under_way_is_kept),
        CONFORMANCE_TEST(a_reader_may_be_in_the_way),
        CONFORMANCE_TEST(who_is_at_it_is_named),
        CONFORMANCE_TEST(the_lock_is_let_go),
    };
    int failed = 0;
    if (mariadb_conformance_begin(&c))
        failed = mariadb_conformance_run(&c, "upgrade", tests, sizeof tests / sizeof *tests);
    mariadb_conformance_end(&c);
    return failed;
}
