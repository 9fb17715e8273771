/* What others do to the tables in the midst of a swap on MariaDB: it is undone, or what was lost is
 * told before the old tables go. */
#include <errno.h>
#include <pthread.h>

#include "store_mariadb_world.h"

#define ADD_THEIRS  "ALTER TABLE market_data ADD COLUMN theirs INT DEFAULT 7"
#define ADD_TRIGGER "CREATE TRIGGER theirs AFTER INSERT ON market_data FOR EACH ROW SET @x = 1"

struct alter {
    const struct server *server;
    const char *database, *sql, *use; /* `use`: on the new tables, behind the RENAME */
    MYSQL *holder;                    /* reads the table: the ALTER waits for it */
    MYSQL *user;
    char answer[2048], used[2048];
};

static void *alter_points(void *context)
{
    struct alter *alter = context;
    MYSQL *mysql = server_root(alter->server);
    (void)mysql_select_db(mysql, alter->database);
    (void)sql_on(mysql, alter->answer, alter->sql);
    mysql_close(mysql);
    return NULL;
}

static bool has_waiters(const struct server *server, const char *count)
{
    char answer[2048] = "";
    for (int i = 0; i < 500 && strcmp(answer, count) != 0; i++) {
        (void)usleep(10000);
        (void)server_sql(server, answer,
                         "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE LIKE "
                         "'Waiting for table metadata%%'");
    }
    return strcmp(answer, count) == 0;
}

static void *use_tables(void *context)
{
    struct alter *alter = context;
    (void)sql_on(alter->user, alter->used, alter->use);
    return NULL;
}

/* Once the RENAME waits behind the ALTER, and whoever uses the new tables behind the RENAME. */
static void *let_go(void *context)
{
    struct alter *alter = context;
    char answer[2048];
    pthread_t using;
    bool queued = has_waiters(alter->server, "2");
    bool used =
        queued && alter->use != NULL && pthread_create(&using, NULL, use_tables, alter) == 0;
    if (used)
        queued = has_waiters(alter->server, "3");
    (void)sql_on(alter->holder, answer, "COMMIT");
    if (used)
        (void)pthread_join(using, NULL);
    return queued ? context : NULL;
}

#define SWAP_WAIT_MS 6000

/* The world w1, and a swap to w2 whose RENAME queues behind the statement: whether there was one
 * shows only after both. */
static struct store *swap_behind(struct alter *alter, int *ret_swapped)
{
    char answer[2048];
    pthread_t altering, letting;
    void *queued = NULL;
    struct fault fault = {0};
    struct store_config config = server_config(alter->server, alter->database);
    struct store *store = claimed_store(&config);
    struct store_description world = world_of("w2");
    alter->holder = server_root(alter->server);
    build_world(store, "w1", "", 5);
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    (void)mysql_select_db(alter->holder, alter->database);
    (void)sql_on(alter->holder, answer, "START TRANSACTION");
    (void)sql_on(alter->holder, answer, "SELECT COUNT(*) FROM market_data");
    assert_int_equal(pthread_create(&altering, NULL, alter_points, alter), 0);
    assert_true(has_waiters(alter->server, "1"));
    assert_int_equal(pthread_create(&letting, NULL, let_go, alter), 0);
    *ret_swapped = store_swap(store, "w1", SWAP_WAIT_MS, &fault);
    assert_int_equal(pthread_join(letting, &queued), 0);
    assert_int_equal(pthread_join(altering, NULL), 0);
    assert_non_null(queued);
    assert_string_equal(alter->answer, "");
    assert_string_equal(server_sql(alter->server, answer,
                                   "SELECT value FROM %s.credd_world WHERE name = 'id'",
                                   alter->database),
                        *ret_swapped == 0 ? "w2" : "w1");
    mysql_close(alter->holder);
    return store;
}

static void test_an_alter_that_comes_first_is_not_lost(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct fault fault = {0};
    struct store_description world = world_of("w2");
    server_database(server, name);
    struct alter alter = {.server = server, .database = name, .sql = ADD_THEIRS};
    int swapped = 1;
    struct store *store = swap_behind(&alter, &swapped);
    assert_int_equal(swapped, -ERESTART);
    assert_string_equal(
        server_sql(server, answer, "SELECT COUNT(theirs) FROM %s.market_data", name), "0");
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(store_swap(store, "w1", 0, &fault), 0);
    assert_string_equal(
        server_sql(server, answer, "SELECT COUNT(theirs) FROM %s.market_data", name), "0");
    assert_int_equal(store_sweep(store, &fault), 0);
    store_free(store);
}

/* MariaDB 10.11 may empty a trigger that is made while a RENAME waits for its table ("Query was
 * empty"): no statement takes the table then, so that the old world cannot be put back. */
static void test_a_trigger_that_comes_first_is_not_lost_unsaid(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    int swapped = 1;
    struct fault fault = {0};
    struct store_loss loss;
    server_database(server, name);
    struct alter alter = {.server = server, .database = name, .sql = ADD_TRIGGER};
    struct store *store = swap_behind(&alter, &swapped);
    if (swapped == 0) {
        assert_int_equal(store_lost(store, &loss, &fault), 0);
        assert_non_null(strstr(loss.text, "trigger theirs"));
        store_free(store);
        return;
    }
    assert_int_equal(swapped, -ERESTART);
    assert_string_equal(server_sql(server, answer,
                                   "SELECT EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS "
                                   "WHERE TRIGGER_SCHEMA = '%s'",
                                   name),
                        "market_data");
    assert_int_equal(store_swap(store, "w1", 0, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "trigger theirs on market_data"));
    store_free(store);
}

/* --- where it is not undone --- */

/* It is told until a sweep has noted it, and what shows it stays as long. */
static void assert_lost(struct store *store, const char *one, const char *two)
{
    struct store_loss loss;
    struct fault fault = {0};
    struct store_description world = world_of("w3");
    assert_int_equal(store_shadow_begin(store, &world, &fault), -ESTALE);
    assert_non_null(strstr(fault.text, one));
    assert_int_equal(store_lost(store, &loss, &fault), 0);
    if (loss.told || strstr(loss.text, one) == NULL || strstr(loss.text, two) == NULL)
        fail_msg("%d %s", loss.told, loss.text);
    assert_int_equal(store_sweep(store, &fault), 0);
    assert_int_equal(store_lost(store, &loss, &fault), 0);
    assert_true(loss.told && strstr(loss.text, one) != NULL);
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(swap_soon(store, "w2", &fault), 0);
    assert_int_equal(store_lost(store, &loss, &fault), 0);
    assert_string_equal(loss.text, "");
    assert_int_equal(store_sweep(store, &fault), 0);
}

static void test_an_alter_is_told_if_others_hold_the_new_tables(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    server_database(server, name);
    struct alter alter = {.server = server,
                          .database = name,
                          .sql = ADD_THEIRS ", DROP COLUMN source, COMMENT = 'of theirs'",
                          .use = "START TRANSACTION; SELECT COUNT(*) FROM customers",
                          .user = server_root(server)};
    (void)mysql_select_db(alter.user, name);
    int swapped = 1;
    struct store *store = swap_behind(&alter, &swapped);
    assert_int_equal(swapped, 0);
    (void)sql_on(alter.user, answer, "COMMIT");
    mysql_close(alter.user);
    assert_lost(store, "table market_data: added `theirs` int(11) DEFAULT 7",
                "removed `source` varchar(100)");
    store_free(store);
}

/* Whoever wrote it would lose it, as the first world's ALTER is lost otherwise. */
static void test_what_was_written_to_the_new_world_is_not_taken_back(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    server_database(server, name);
    struct alter alter = {.server = server,
                          .database = name,
                          .sql = ADD_THEIRS,
                          .use = "START TRANSACTION; INSERT INTO market_data (data_id) VALUES "
                                 "('P9'); DO SLEEP(0.3); COMMIT",
                          .user = server_root(server)};
    (void)mysql_select_db(alter.user, name);
    int swapped = 1;
    struct store *store = swap_behind(&alter, &swapped);
    assert_int_equal(swapped, 0);
    mysql_close(alter.user);
    assert_string_equal(alter.used, "");
    assert_string_equal(server_sql(server, answer, "SELECT data_id FROM %s.market_data", name),
                        "P9");
    assert_lost(store, "table market_data: added `theirs`", "");
    store_free(store);
}

/* As a daemon leaves it that was killed, or lost its connection, between the RENAME and its look at
 * the old tables. */
static void test_whoever_comes_next_tells(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct fault fault = {0};
    struct store_loss loss;
    struct store_description world = world_of("w2");
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 5);
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(swap_soon(store, "w1", &fault), 0);
    store_free(store);
    store = connected_store(&config);
    assert_int_equal(store_lost(store, &loss, &fault), 0);
    assert_string_equal(loss.text, "");
    (void)server_sql(server, answer,
                     "USE %s; ALTER TABLE credd_old_customers ADD INDEX theirs (email); CREATE "
                     "TRIGGER audit AFTER INSERT ON credd_old_market_data FOR EACH ROW SET @x = 1",
                     name);
    assert_string_equal(answer, "");
    assert_lost(store, "table customers: added KEY `theirs` (`email`)", "trigger audit");
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_alter_that_comes_first_is_not_lost),
        cmocka_unit_test(test_a_trigger_that_comes_first_is_not_lost_unsaid),
        cmocka_unit_test(test_an_alter_is_told_if_others_hold_the_new_tables),
        cmocka_unit_test(test_what_was_written_to_the_new_world_is_not_taken_back),
        cmocka_unit_test(test_whoever_comes_next_tells),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
