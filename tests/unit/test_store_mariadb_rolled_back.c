/* MariaDB when the server ends a transaction by itself: all of the batch comes, once. */
#include <errno.h>
#include <pthread.h>

#include "store_mariadb_proxy.h"
#include "store_mariadb_world.h"

#define ROWS 10

struct scene {
    struct server *server;
    char name[32];
    struct store *store;
    MYSQL *other; /* the application */
    struct change_list list;
    struct store_outcome outcome;
    int r;
};

static void say(struct scene *scene, const char *sql)
{
    char answer[2048];
    assert_string_equal(sql_on(scene->other, answer, sql), "");
}

static void begin_scene(struct scene *scene, void **state)
{
    *scene = (struct scene){.server = server_of(state)};
    server_database(scene->server, scene->name);
    struct store_config config = server_config(scene->server, scene->name);
    scene->store = claimed_store(&config);
    build_world(scene->store, "w1", "", ROWS);
    for (unsigned i = 0; i < ROWS; i++) {
        char key[40], parent[40];
        (void)snprintf(key, sizeof key, "F-%u", i);
        (void)snprintf(parent, sizeof parent, "C-%06u", i);
        add_row(&scene->list, "financial_records", key, parent, ORIGIN + i);
    }
    scene->other = server_root(scene->server);
    assert_non_null(scene->other);
    assert_int_equal(mysql_select_db(scene->other, scene->name), 0);
    /* Of two in a deadlock the one with fewer changes is the victim. */
    say(scene, "CREATE TABLE heavy (n INT PRIMARY KEY) ENGINE=InnoDB");
    say(scene, "START TRANSACTION");
    say(scene, "INSERT INTO heavy SELECT seq FROM seq_1_to_1000");
}

static void check(struct scene *scene)
{
    char answer[2048];
    struct fault fault = {0};
    struct store_description world = {0};
    assert_int_equal(scene->r, 0);
    assert_int_equal(scene->outcome.inserted, ROWS);
    assert_int_equal(scene->outcome.skipped, 0);
    assert_int_equal(store_load(scene->store, &world, &fault), 0);
    assert_int_equal(world.streams[1].watermark.s, ORIGIN + ROWS);
    assert_int_equal(world.streams[1].rows, ROWS);
    assert_string_equal(
        server_sql(scene->server, answer, "SELECT COUNT(*) FROM %s.financial_records", scene->name),
        "10");
    store_description_done(&world);
}

static void end_scene(struct scene *scene)
{
    check(scene);
    change_list_done(&scene->list);
    mysql_close(scene->other);
    store_free(scene->store);
}

static void *commit_batch(void *context)
{
    struct scene *scene = context;
    struct fault fault = {.text = ""};
    scene->r = put(scene->store, false, "w1", "financial_records", -1, ORIGIN + ROWS, &scene->list,
                   &scene->outcome, &fault);
    if (scene->r != 0)
        print_message("%s\n", fault.text);
    return NULL;
}

static void wait_for_lock(struct scene *scene)
{
    char answer[2048] = "";
    for (int tries = 0; strcmp(answer, "1") != 0 && tries < 1000; tries++) {
        (void)usleep(10000); /* nothing announces that a statement waits */
        (void)server_sql(scene->server, answer,
                         "SELECT COUNT(*) FROM information_schema.innodb_lock_waits");
    }
    assert_string_equal(answer, "1");
}

static void test_the_victim_of_a_deadlock(void **state)
{
    struct scene scene;
    pthread_t thread;
    begin_scene(&scene, state);
    say(&scene, "UPDATE customers SET city = 'X' WHERE customer_id = 'C-000005'");
    assert_int_equal(pthread_create(&thread, NULL, commit_batch, &scene), 0);
    wait_for_lock(&scene);
    say(&scene, "UPDATE customers SET city = 'Y' WHERE customer_id = 'C-000001'");
    say(&scene, "COMMIT");
    (void)pthread_join(thread, NULL);
    end_scene(&scene);
}

/* Another statement is in hand: the connection stays, and so do its other transactions. */
static void test_a_statement_that_an_operator_kills(void **state)
{
    struct scene scene;
    char answer[2048];
    pthread_t thread;
    begin_scene(&scene, state);
    say(&scene, "UPDATE customers SET city = 'X' WHERE customer_id = 'C-000005'");
    assert_int_equal(pthread_create(&thread, NULL, commit_batch, &scene), 0);
    wait_for_lock(&scene);
    assert_string_equal(
        server_sql(scene.server, answer,
                   "SET @id = (SELECT id FROM information_schema.processlist WHERE user = 'credd' "
                   "AND command <> 'Sleep' LIMIT 1); KILL QUERY @id"),
        "");
    (void)pthread_join(thread, NULL);
    say(&scene, "COMMIT");
    assert_int_equal(scene.r, -EBUSY);
    (void)commit_batch(&scene);
    end_scene(&scene);
}

/* At each statement in turn, until there is none any more. */
static void lose_each(void **state, bool bulk)
{
    struct scene scene;
    struct proxy proxy;
    begin_scene(&scene, state);
    say(&scene, "COMMIT");
    proxy_begin(&proxy, scene.server);
    struct store_config config = server_config(scene.server, scene.name);
    config.socket = proxy.path;
    config.no_bulk = !bulk;
    int lost = 0, at = 1;
    for (bool all = false; !all; at++) {
        char answer[2048];
        struct fault fault = {.text = ""};
        store_free(scene.store);
        assert_string_equal(
            server_sql(scene.server, answer,
                       "DELETE FROM %s.financial_records; UPDATE %s.credd_stream SET "
                       "watermark = 0, started = 0, row_count = 0 WHERE name = "
                       "'financial_records'",
                       scene.name, scene.name),
            "");
        atomic_store(&proxy.at, at);
        atomic_store(&proxy.loss, ROLL_BACK);
        scene.store = store_new(&config);
        assert_int_equal(store_connect(scene.store, &fault), 0);
        (void)commit_batch(&scene);
        lost += atomic_load(&proxy.loss) == LOSE_NOTHING;
        check(&scene);
        all = at > 40;
    }
    print_message("%d transactions lost\n", lost);
    assert_true(lost >= 4); /* by what the batch writes: watermark, rows, counts, COMMIT */
    end_scene(&scene);
    proxy_end(&proxy);
}

static void test_each_statement_in_bulk(void **state)
{
    lose_each(state, true);
}

static void test_each_statement_as_text(void **state)
{
    lose_each(state, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_victim_of_a_deadlock),
        cmocka_unit_test(test_a_statement_that_an_operator_kills),
        cmocka_unit_test(test_each_statement_in_bulk),
        cmocka_unit_test(test_each_statement_as_text),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
