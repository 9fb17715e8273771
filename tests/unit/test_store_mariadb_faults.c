/* MariaDB when something goes wrong: connections lost, servers that hang or die, rights, locks. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store_mariadb_proxy.h"
#include "store_mariadb_world.h"

static void ten_records(struct change_list *list, int64_t from)
{
    change_list_clear(list);
    for (unsigned i = 0; i < 10; i++) {
        char key[40];
        (void)snprintf(key, sizeof key, "F-%d-%u", (int)(from - ORIGIN), i);
        add_row(list, "financial_records", key, "C-000001", from + i);
    }
}

/* One batch through the proxy, then what is true afterwards, asked without it; returns what came of
 * it. */
static int lose_once(struct server *server, const char *name, struct proxy *proxy,
                     int64_t *watermark)
{
    struct store_config config = server_config(server, name);
    struct store *direct = connected_store(&config);
    config.socket = proxy->path;
    struct store *through = store_new(&config);
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    struct store_description world = {0};
    int64_t from = *watermark;
    int64_t start = from >= 0 ? from : ORIGIN;
    ten_records(&list, start);
    int r = store_connect(through, &fault);
    if (r == 0)
        r = put(through, false, "w1", "financial_records", from, start + 10, &list, &outcome,
                &fault);
    if (r != 0)
        assert_false(store_connected(through));
    assert_int_equal(store_load(direct, &world, &fault), 0);
    bool done = world.streams[1].started && world.streams[1].watermark.s == start + 10;
    if (r == 0)
        assert_true(done);
    else if (r != -ECONNABORTED)
        assert_false(done);
    /* Doing it again does it exactly once. */
    assert_int_equal(
        put(direct, false, "w1", "financial_records", from, start + 10, &list, &outcome, &fault),
        done ? -ESTALE : 0);
    *watermark = start + 10;
    store_description_done(&world);
    change_list_done(&list);
    store_free(through);
    store_free(direct);
    return r;
}

static void test_connection_lost_at_every_message(void **state)
{
    struct server *server = server_of(state);
    struct proxy proxy;
    char name[32];
    char answer[2048];
    char wanted[32];
    int64_t watermark = -1;
    unsigned batches = 0;
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    store_free(store);
    proxy_begin(&proxy, server);
    for (int loss = LOSE_REQUEST; loss <= LOSE_REPLY; loss++) {
        atomic_store(&proxy.loss, loss);
        atomic_store(&proxy.at, 0);
        assert_int_equal(lose_once(server, name, &proxy, &watermark), -ECONNABORTED);
        batches++;
        int r = -1;
        for (int at = 1; r != 0 && at < 60; at++, batches++) {
            atomic_store(&proxy.at, at);
            r = lose_once(server, name, &proxy, &watermark);
            assert_true(r == 0 || r == -ENOTCONN || r == -ECONNABORTED);
        }
        assert_int_equal(r, 0);
    }
    proxy_end(&proxy);
    (void)snprintf(wanted, sizeof wanted, "%u", batches * 10);
    assert_string_equal(
        server_sql(server, answer, "SELECT COUNT(*) FROM %s.financial_records", name), wanted);
    assert_string_equal(
        server_sql(server, answer,
                   "SELECT row_count FROM %s.credd_stream WHERE name = 'financial_records'", name),
        wanted);
}

/* --- a server that dies or hangs --- */

static void test_server_killed_between_operations(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    ten_records(&list, ORIGIN);
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault), 0);
    server_end(server, SIGKILL);
    assert_int_equal(put(store, false, "w1", "financial_records", ORIGIN + 10, ORIGIN + 20, &list,
                         &outcome, &fault),
                     -ENOTCONN);
    assert_false(store_connected(store));
    assert_int_equal(store_connect(store, &fault), -ENOTCONN);
    assert_non_null(strstr(fault.text, server->socket));
    assert_true(server_start(server));
    assert_int_equal(store_connect(store, &fault), 0);
    ten_records(&list, ORIGIN + 10);
    assert_int_equal(put(store, false, "w1", "financial_records", ORIGIN + 10, ORIGIN + 20, &list,
                         &outcome, &fault),
                     0);
    assert_int_equal(outcome.inserted, 10);
    change_list_done(&list);
    store_free(store);
}

struct hung {
    struct store *store;
    const struct change_list *list;
    bool connects;
    int r;
    atomic_bool over;
    int64_t ended_ms;
};

static void *work_on_hung_server(void *context)
{
    struct hung *hung = context;
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    if (hung->connects)
        hung->r = store_connect(hung->store, &fault);
    else
        hung->r = put(hung->store, false, "w1", "financial_records", -1, ORIGIN + 10, hung->list,
                      &outcome, &fault);
    hung->ended_ms = now_ms();
    atomic_store(&hung->over, true);
    return NULL;
}

static void test_a_hung_server_can_be_cut(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    struct change_list list = {0};
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    ten_records(&list, ORIGIN);
    for (int connects = 0; connects < 2; connects++) {
        struct hung hung = {.store = store, .list = &list, .connects = connects != 0};
        pthread_t thread;
        server_freeze(server);
        assert_int_equal(pthread_create(&thread, NULL, work_on_hung_server, &hung), 0);
        (void)usleep(200000);
        assert_false(atomic_load(&hung.over));
        int64_t from = now_ms();
        store_interrupt(store);
        (void)pthread_join(thread, NULL);
        server_thaw(server);
        assert_int_equal(hung.r, -EINTR);
        assert_true(hung.ended_ms - from < 100);
        assert_false(store_connected(store));
        assert_int_equal(store_connect(store, &fault), 0);
    }
    /* Between two operations: the next fails, the one after a new connection works. */
    struct store_description world = {0};
    store_interrupt(store);
    assert_int_equal(store_load(store, &world, &fault), -EINTR);
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_load(store, &world, &fault), 0);
    store_description_done(&world);
    change_list_done(&list);
    store_free(store);
}

/* A test that failed half way leaves no frozen server to the next. */
static int thaw_after(void **state)
{
    server_thaw(server_of(state));
    return 0;
}

/* It takes KILL QUERY, and does not end the statement. What came of that is asked, not assumed. */
static void test_a_server_that_hangs_in_a_rename_is_given_up(void **state)
{
    struct server *server = server_of(state);
    struct proxy proxy;
    char name[32];
    struct fault fault = {0};
    struct store_description world = world_of("w2"), read = {0};
    server_database(server, name);
    proxy_begin(&proxy, server);
    struct store_config config = server_config(server, name);
    config.socket = proxy.path;
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    atomic_store(&proxy.loss, HANG_IN_RENAME);
    int64_t from = now_ms();
    assert_int_equal(store_swap(store, "w1", 60, &fault), -ECONNABORTED);
    assert_true(now_ms() - from < 15000);
    assert_non_null(strstr(fault.text, "did not end its RENAME TABLE"));
    assert_false(store_connected(store));
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_load(store, &read, &fault), 0);
    assert_string_equal(read.world_id, "w2");
    assert_int_equal(store_sweep(store, &fault), 0);
    store_description_done(&read);
    store_free(store);
    proxy_end(&proxy);
}

/* --- rights --- */

/* Runs what the fault says an administrator should run. */
static void obey(const struct server *server, const struct fault *fault)
{
    char answer[2048];
    const char *sql = strstr(fault->text, "administrator: ");
    assert_non_null(sql);
    char *text = mem_text(sql + strlen("administrator: "));
    char *end = strrchr(text, ';');
    assert_non_null(end);
    end[1] = '\0';
    char *word = strstr(text, "'PASSWORD'");
    if (word != NULL)
        memcpy(word + 1, "passwort", sizeof "passwort" - 1);
    print_message("%s\n", text);
    assert_string_equal(server_sql(server, answer, "%s", text), "");
    free(text);
}

static void test_faults_say_which_rights_to_grant(void **state)
{
    struct server *server = server_of(state);
    char answer[2048];
    struct fault fault = {0};
    struct store_config config = server_config(server, "by_the_book");
    config.user = "newcomer";
    config.password = "passwort";
    struct store *store = store_new(&config);
    assert_int_equal(store_connect(store, &fault), -EACCES);
    assert_null(strstr(fault.text, "passwort"));
    obey(server, &fault);
    assert_int_equal(store_connect(store, &fault), 0);
    assert_string_equal(server_sql(server, answer,
                                   "DROP DATABASE by_the_book; REVOKE ALL PRIVILEGES, GRANT OPTION "
                                   "FROM 'newcomer'@'localhost'"),
                        "");
    assert_int_equal(store_connect(store, &fault), -EACCES);
    obey(server, &fault);
    assert_string_equal(
        server_sql(server, answer,
                   "REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'newcomer'@'localhost'; "
                   "GRANT SELECT ON by_the_book.* TO 'newcomer'@'localhost'"),
        "");
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_claim(store, &fault), -EACCES);
    obey(server, &fault);
    /* Nor does it matter that the user is there, with another password. */
    assert_string_equal(
        server_sql(server, answer, "ALTER USER 'newcomer'@'localhost' IDENTIFIED BY 'other'"), "");
    assert_int_equal(store_connect(store, &fault), -EACCES);
    obey(server, &fault);
    /* They are enough for all that credd does. */
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_claim(store, &fault), 0);
    build_world(store, "w1", "", 3);
    build_world(store, "w2", "w1", 3);
    store_free(store);
}

static void test_a_world_goes_on_without_the_right_to_make_views(void **state)
{
    struct server *server = server_of(state);
    char answer[2048], name[32];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    assert_string_equal(server_sql(server, answer,
                                   "REVOKE CREATE VIEW, SHOW VIEW ON %s.* FROM 'credd'@'localhost'",
                                   name),
                        "");
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_views(store, true, &fault), -EACCES);
    assert_int_equal(store_views(store, false, NULL), 0);
    build_world(store, "w2", "w1", 3);
    assert_int_equal(store_views(store, true, &fault), -EACCES);
    obey(server, &fault);
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_views(store, true, &fault), 0);
    assert_string_equal(
        server_sql(server, answer, "SELECT COUNT(*) FROM %s.credd_customers_now", name), "3");
    store_free(store);
}

/* The server's socket lets in by the name of the process's user, and by no other. */
static void test_who_needs_a_password_is_told_so(void **state)
{
    struct server *server = server_of(state);
    struct fault fault = {0};
    struct store_config config = server_config(server, "by_the_book");
    config.user = "somebody-else";
    config.password = NULL;
    struct store *store = store_new(&config);
    assert_int_equal(store_connect(store, &fault), -EACCES);
    assert_non_null(strstr(fault.text, "(PASSWORD; "));
    assert_null(strstr(fault.text, "unix_socket"));
    store_free(store);
}

static void test_a_read_only_server_is_told(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    struct fault fault = {0};
    struct store_outcome outcome = {0};
    struct change_list list = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    ten_records(&list, ORIGIN);
    (void)server_sql(server, answer, "SET GLOBAL read_only = 1");
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault),
        -EROFS);
    assert_non_null(strstr(fault.text, "make it writable"));
    (void)server_sql(server, answer, "SET GLOBAL read_only = 0");
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault), 0);
    change_list_done(&list);
    store_free(store);
}

static void test_every_host_is_tried_and_named(void **state)
{
    struct store_config config = {
        .mariadb = true, .hosts = "127.0.0.1:1, [::1]:2,127.0.0.1", .port = 3, .name = "x"};
    struct fault fault = {0};
    (void)state;
    struct store *store = store_new(&config);
    assert_int_equal(store_connect(store, &fault), -ENOTCONN);
    print_message("%s\n", fault.text);
    assert_non_null(strstr(fault.text, "127.0.0.1:1: "));
    assert_non_null(strstr(fault.text, "[::1]:2: "));
    assert_non_null(strstr(fault.text, "; 127.0.0.1: "));
    struct store_description world = {0};
    assert_int_equal(store_load(store, &world, &fault), -ENOTCONN);
    store_free(store);
}

/* Looked for at each connect: the server may come after credd. */
static void test_the_server_of_this_machine(void **state)
{
    struct server *server = server_of(state);
    char name[32], link[sizeof server->folder + 8];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    config.socket = NULL;
    config.hosts = NULL;
    config.port = 1;
    (void)snprintf(link, sizeof link, "%s/local", server->folder);
    (void)setenv("MYSQL_UNIX_PORT", link, 1);
    struct store *store = store_new(&config);
    (void)unsetenv("MYSQL_UNIX_PORT");
    assert_non_null(strstr(store_describe(store), "local or 127.0.0.1"));
    assert_int_equal(store_connect(store, &fault), -ENOTCONN);
    print_message("%s\n", fault.text);
    assert_non_null(strstr(fault.text, "there is no "));
    assert_non_null(strstr(fault.text, "/local; 127.0.0.1: "));
    assert_int_equal(symlink(server->socket, link), 0);
    assert_int_equal(store_connect(store, &fault), 0);
    assert_non_null(strstr(store_describe(store), link));
    assert_int_equal(unlink(link), 0);
    store_free(store);
}

/* A lock that others hold for a moment delays a batch; one for long refuses it, whole. */
static void test_locks_of_others(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    struct fault fault = {0};
    struct store_outcome outcome = {0};
    struct change_list list = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 3);
    ten_records(&list, ORIGIN);
    MYSQL *holder = server_root(server);
    (void)mysql_select_db(holder, name);
    (void)sql_on(
        holder, answer,
        "START TRANSACTION; UPDATE customers SET city = 'X' WHERE customer_id = 'C-000001'; "
        "UPDATE customers SET customer_id = 'C-9' WHERE customer_id = 'C-000001'");
    int64_t from = now_ms();
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault),
        -EBUSY);
    assert_true(now_ms() - from < 15000);
    (void)sql_on(holder, answer, "COMMIT");
    mysql_close(holder);
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault), 0);
    assert_int_equal(outcome.skipped, 10);
    change_list_done(&list);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connection_lost_at_every_message),
        cmocka_unit_test(test_server_killed_between_operations),
        cmocka_unit_test_teardown(test_a_hung_server_can_be_cut, thaw_after),
        cmocka_unit_test(test_a_server_that_hangs_in_a_rename_is_given_up),
        cmocka_unit_test(test_faults_say_which_rights_to_grant),
        cmocka_unit_test(test_a_world_goes_on_without_the_right_to_make_views),
        cmocka_unit_test(test_who_needs_a_password_is_told_so),
        cmocka_unit_test(test_a_read_only_server_is_told),
        cmocka_unit_test(test_every_host_is_tried_and_named),
        cmocka_unit_test(test_the_server_of_this_machine),
        cmocka_unit_test(test_locks_of_others),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
