#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "store_mariadb_world.h"

/* --- reading back --- */

struct dump {
    char *text;
    size_t used;
    unsigned rows;
    char last[64];
};

static int add_to_dump(void *context, const struct cell *cells, unsigned count)
{
    struct dump *dump = context;
    char print[CELL_PRINT_MAX + 1];
    dump->text = mem_grow(dump->text, dump->used + (CELL_PRINT_MAX + 1) * (size_t)count, 1);
    for (unsigned i = 0; i < count; i++) {
        (void)cell_print(&cells[i], print);
        dump->used +=
            (size_t)sprintf(dump->text + dump->used, "%s%s", print, i + 1 < count ? "," : ";");
    }
    (void)cell_print(&cells[0], print);
    (void)snprintf(dump->last, sizeof dump->last, "%.63s", print);
    dump->rows++;
    return 0;
}

/* All rows of a table, read in pages of `limit`. */
static char *dump_of(struct store *store, const char *table, size_t limit)
{
    struct dump dump = {.text = mem_text("")};
    struct fault fault = {0};
    size_t count = limit;
    while (count == limit) {
        if (store_page(store, table, dump.rows > 0 ? dump.last : NULL, limit, add_to_dump, &dump,
                       &count, &fault) != 0)
            fail_msg("%s", fault.text);
    }
    return dump.text;
}

/* --- rows --- */

/* 3,000 records of which every 100th has no parent and every 150th a key that is there. */
static void fill_with_refused(struct store *store, const char *id)
{
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    for (unsigned i = 0; i < 3000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "F-%06u", i % 150 == 149 ? i - 7 : i);
        add_row(&list, "financial_records", key, i % 100 == 99 ? "C-NONE" : "C-000003", ORIGIN + i);
    }
    assert_int_equal(
        put(store, false, id, "financial_records", -1, ORIGIN + 3000, &list, &outcome, &fault), 0);
    /* Every 300th is both. */
    assert_int_equal(outcome.skipped, 30 + 20 - 10);
    assert_int_equal(outcome.inserted, 3000 - outcome.skipped);
    change_list_done(&list);
}

static void test_bulk_and_text_leave_the_same_rows(void **state)
{
    struct server *server = server_of(state);
    char name[2][32];
    char *rows[2];
    for (int i = 0; i < 2; i++) {
        server_database(server, name[i]);
        struct store_config config = server_config(server, name[i]);
        config.no_bulk = i == 1;
        struct store *store = claimed_store(&config);
        build_world(store, "w1", "", 10);
        fill_with_refused(store, "w1");
        rows[i] = dump_of(store, "financial_records", 700);
        store_free(store);
    }
    assert_string_equal(rows[0], rows[1]);
    assert_non_null(
        strstr(rows[0], "F-000000,C-000003,NY,123.45,NY,2023-11-14,2023-11-14 22:13:20;"));
    free(rows[0]);
    free(rows[1]);
}

static void test_moves_keep_their_order(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    build_world(store, "w1", "", 10);
    add_row(&list, "loan_applications", "A-1", "C-000001", ORIGIN + 1);
    add_move(&list, "A-1", "Pending", "Under Review", ORIGIN + 2);
    add_row(&list, "loan_applications", "A-2", "C-000001", ORIGIN + 3);
    add_move(&list, "A-1", "Under Review", "Approved", ORIGIN + 4);
    add_move(&list, "A-2", "Under Review", "Denied", ORIGIN + 5);
    add_move(&list, "A-3", "Pending", "Denied", ORIGIN + 6);
    /* Moved before it is there: that is to be left out. */
    add_row(&list, "loan_applications", "A-3", "C-000001", ORIGIN + 7);
    add_row(&list, "loan_applications", "A-4", "C-GONE", ORIGIN + 8);
    assert_int_equal(
        put(store, false, "w1", "loan_applications", -1, ORIGIN + 9, &list, &outcome, &fault), 0);
    assert_int_equal(outcome.inserted, 3);
    assert_int_equal(outcome.moved, 2);
    assert_int_equal(outcome.skipped, 3);
    char *log = dump_of(store, SCHEMA_STATUS, 100);
    assert_string_equal(log, "A-1,Pending,2023-11-14 22:13:21;"
                             "A-1,Under Review,2023-11-14 22:13:22;"
                             "A-1,Approved,2023-11-14 22:13:24;"
                             "A-2,Pending,2023-11-14 22:13:23;"
                             "A-3,Pending,2023-11-14 22:13:27;");
    free(log);
    change_list_clear(&list);
    add_move(&list, "A-2", "Pending", "Withdrawn", ORIGIN + 10);
    add_move(&list, "A-1", "Approved", "Funded", ORIGIN + 11);
    assert_int_equal(put(store, false, "w1", "loan_applications", ORIGIN + 9, ORIGIN + 12, &list,
                         &outcome, &fault),
                     0);
    assert_int_equal(outcome.moved, 2);
    char answer[2048];
    assert_string_equal(
        server_sql(server, answer,
                   "SELECT GROUP_CONCAT(CONCAT(application_id, ' ', status) ORDER BY "
                   "application_id) FROM %s.loan_applications",
                   name),
        "A-1 Funded,A-2 Withdrawn,A-3 Pending");
    change_list_done(&list);
    store_free(store);
}

static void test_bulk_is_fast(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {0};
    const unsigned rows = 20000;
    build_world(store, "w1", "", 1000);
    int64_t spent = 0;
    for (unsigned batch = 0; batch < 3; batch++) {
        change_list_clear(&list);
        for (unsigned i = 0; i < rows; i++) {
            char key[32];
            char parent[32];
            (void)snprintf(key, sizeof key, "F-%09u", batch * rows + i);
            (void)snprintf(parent, sizeof parent, "C-%06u", i * 7919U % 1000);
            add_row(&list, "financial_records", key, parent, ORIGIN + batch * rows + i);
        }
        int64_t from = now_ms();
        assert_int_equal(put(store, false, "w1", "financial_records",
                             batch > 0 ? ORIGIN + batch * rows : -1, ORIGIN + (batch + 1) * rows,
                             &list, &outcome, &fault),
                         0);
        spent += now_ms() - from;
        assert_int_equal(outcome.inserted, rows);
    }
    print_message("%u rows in %d ms\n", rows * 3, (int)spent);
    /* A tenth of what an idle machine does. */
    assert_true(spent < 3 * rows / 10);
    change_list_done(&list);
    store_free(store);
}

/* --- tables --- */

static void test_tables_are_as_designed(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 1);
    (void)server_sql(server, answer, "SHOW CREATE TABLE %s.loan_applications", name);
    assert_non_null(strstr(answer, "`created_at` timestamp NULL DEFAULT current_timestamp(),"));
    assert_null(strstr(answer, "ON UPDATE"));
    assert_non_null(strstr(answer, "`requested_amount` decimal(12,2) DEFAULT NULL"));
    assert_non_null(strstr(answer, "REFERENCES `customers` (`customer_id`)"));
    assert_non_null(strstr(answer, "ENGINE=InnoDB"));
    assert_string_equal(
        server_sql(server, answer,
                   "SELECT GROUP_CONCAT(COLUMN_NAME) FROM information_schema.COLUMNS "
                   "WHERE TABLE_SCHEMA = '%s' AND EXTRA LIKE '%%update%%'",
                   name),
        "");
    /* An application's table with the default collation, and one in another character set. */
    assert_string_equal(
        server_sql(
            server, answer,
            "USE %s; CREATE TABLE notes (id VARCHAR(50) PRIMARY KEY, old VARCHAR(50) CHARACTER "
            "SET latin1, FOREIGN KEY (id) REFERENCES customers (customer_id)); "
            "INSERT INTO notes VALUES ('C-000000', 'C-000000'); "
            "CREATE TABLE tags (id VARCHAR(50) PRIMARY KEY); "
            "INSERT INTO tags VALUES ('C-000000'); "
            "SELECT COUNT(*) FROM customers c JOIN notes n ON c.customer_id = n.old JOIN tags t "
            "ON t.id = c.customer_id WHERE c.state = 'ny'",
            name),
        "1");
    struct fault fault = {0};
    assert_int_equal(store_swap_check(store, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "notes_ibfk_1"));
    store_free(store);
}

static void test_foreign_keys_follow_every_swap(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    char old[8] = "";
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    for (unsigned i = 0; i < 4; i++) {
        char id[8];
        char customers[8];
        (void)snprintf(id, sizeof id, "w%u", i);
        (void)snprintf(customers, sizeof customers, "%u", 5 + i);
        build_world(store, id, old, 5 + i);
        memcpy(old, id, sizeof id);
        assert_string_equal(server_sql(server, answer,
                                       "SELECT GROUP_CONCAT(DISTINCT REFERENCED_TABLE_NAME) FROM "
                                       "information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                                       "CONSTRAINT_SCHEMA = '%s'",
                                       name),
                            "customers");
        assert_string_equal(server_sql(server, answer, "SELECT COUNT(*) FROM %s.customers", name),
                            customers);
    }
    assert_string_equal(server_sql(server, answer,
                                   "SELECT GROUP_CONCAT(TABLE_NAME ORDER BY 1) FROM "
                                   "information_schema.TABLES WHERE TABLE_SCHEMA = '%s'",
                                   name),
                        "credd_act,credd_gap,credd_meta,credd_status,credd_stream,credd_world,"
                        "credit_history,customers,financial_records,loan_applications,market_data");
    assert_string_equal(
        server_sql(server, answer,
                   "SELECT GROUP_CONCAT(CONSTRAINT_NAME ORDER BY 1) FROM "
                   "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = '%s'",
                   name),
        "credit_history_ibfk_1,financial_records_ibfk_1,loan_applications_ibfk_1");
    store_free(store);
}

static void test_others_keys_and_triggers_are_named(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 1);
    assert_int_equal(store_swap_check(store, &fault), 0);
    assert_string_equal(
        server_sql(server, answer,
                   "CREATE TRIGGER %s.audit AFTER INSERT ON %s.market_data FOR EACH "
                   "ROW SET @seen = 1",
                   name, name),
        "");
    assert_int_equal(store_swap_check(store, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "trigger audit on market_data"));
    struct store_description world = world_of("w2");
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(store_swap(store, "w1", 0, &fault), -EPERM);
    assert_int_equal(store_sweep(store, &fault), 0);
    store_free(store);
}

static void test_adoption_names_the_column(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    struct fault fault = {0};
    enum store_kind kind = STORE_VACANT;
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = connected_store(&config);
    (void)server_sql(server, answer,
                     "USE %s; CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type "
                     "VARCHAR(50), value DECIMAL(10,2), date_recorded DATE, source VARCHAR(100), "
                     "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
                     name);
    assert_int_equal(store_probe(store, &kind, &fault), 0);
    assert_int_equal(kind, STORE_FOREIGN);
    assert_non_null(strstr(fault.text, "market_data"));
    assert_int_equal(store_claim(store, &fault), -EPERM);
    assert_int_equal(store_adopt(store, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "market_data.value is decimal(10,2) where credd has"));
    (void)server_sql(server, answer,
                     "USE %s; ALTER TABLE market_data MODIFY value DECIMAL(10,4); INSERT INTO "
                     "market_data (data_id) VALUES ('x')",
                     name);
    assert_int_equal(store_adopt(store, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "not empty"));
    (void)server_sql(server, answer, "DELETE FROM %s.market_data", name);
    assert_int_equal(store_adopt(store, &fault), 0);
    assert_int_equal(store_probe(store, &kind, &fault), 0);
    assert_int_equal(kind, STORE_CLAIMED);
    build_world(store, "w1", "", 3);
    assert_int_equal(store_probe(store, &kind, &fault), 0);
    assert_int_equal(kind, STORE_WORLD);
    store_free(store);
}

/* --- the swap among readers --- */

struct reader {
    const struct server *server;
    const char *database;
    atomic_bool *stop;
    pthread_t thread;
    int64_t worst_ms;
    unsigned rounds, failures;
    char first[200];
};

/* Transactions of some 20 ms over two tables, and then nothing for a few. */
static void *read_on(void *context)
{
    struct reader *reader = context;
    MYSQL *mysql = server_root(reader->server);
    char answer[2048];
    (void)mysql_select_db(mysql, reader->database);
    while (!atomic_load(reader->stop)) {
        static const char *const statements[] = {
            "START TRANSACTION", "SELECT COUNT(*) FROM customers", "DO SLEEP(0.02)",
            "SELECT COUNT(*) FROM financial_records f LEFT JOIN customers c USING (customer_id)",
            "COMMIT"};
        for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
            int64_t from = now_ms();
            (void)sql_on(mysql, answer, statements[i]);
            int64_t spent = now_ms() - from - (i == 2 ? 20 : 0);
            reader->worst_ms = spent > reader->worst_ms ? spent : reader->worst_ms;
            /* 1213 and 1412 are what a transaction open across a swap may get. */
            if (strncmp(answer, "error", 5) == 0 && strstr(answer, "1213") == NULL &&
                strstr(answer, "1412") == NULL && reader->failures++ == 0)
                (void)snprintf(reader->first, sizeof reader->first, "%.190s", answer);
        }
        reader->rounds++;
        (void)usleep(5000);
    }
    mysql_close(mysql);
    return NULL;
}

static void test_swap_under_eight_readers(void **state)
{
    struct server *server = server_of(state);
    struct reader readers[8] = {0};
    atomic_bool stop = false;
    char name[32];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w0", "", 50);
    for (int i = 0; i < 8; i++) {
        readers[i] = (struct reader){.server = server, .database = name, .stop = &stop};
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
    }
    unsigned attempts = 0;
    for (unsigned world = 1; world <= 5; world++) {
        char old[8];
        char id[8];
        (void)snprintf(old, sizeof old, "w%u", world - 1);
        (void)snprintf(id, sizeof id, "w%u", world);
        struct store_description description = world_of(id);
        assert_int_equal(store_shadow_begin(store, &description, &fault), 0);
        int r = -EBUSY;
        for (int tries = 0; r == -EBUSY && tries < 100; tries++, attempts++)
            r = store_swap(store, old, tries == 0 ? 0 : 80, &fault);
        if (r != 0)
            fail_msg("%d: %s", r, fault.text);
        assert_int_equal(store_sweep(store, &fault), 0);
    }
    atomic_store(&stop, true);
    int64_t worst = 0;
    for (int i = 0; i < 8; i++) {
        (void)pthread_join(readers[i].thread, NULL);
        assert_string_equal(readers[i].first, "");
        assert_true(readers[i].rounds > 1);
        worst = readers[i].worst_ms > worst ? readers[i].worst_ms : worst;
    }
    /* 100 ms is the promise; a machine under load is given more, a reader in a queue not. */
    assert_true(worst < 1000);
    print_message("5 swaps in %u attempts, a reader waited for %d ms at most\n", attempts,
                  (int)worst);
    store_free(store);
}

static void test_swap_gives_up_and_names_the_holder(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    char answer[2048];
    char who[40];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 5);
    struct store_description world = world_of("w2");
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    MYSQL *holder = server_root(server);
    (void)mysql_select_db(holder, name);
    (void)sql_on(holder, answer, "START TRANSACTION; SELECT COUNT(*) FROM market_data");
    (void)snprintf(who, sizeof who, "%lu", mysql_thread_id(holder));
    int64_t from = now_ms();
    assert_int_equal(store_swap(store, "w1", 0, &fault), -EBUSY);
    assert_true(now_ms() - from < 1000);
    from = now_ms();
    assert_int_equal(store_swap(store, "w1", 80, &fault), -EBUSY);
    assert_true(now_ms() - from >= 50 && now_ms() - from < 1000);
    print_message("%s\n", fault.text);
    assert_string_equal(server_sql(server, answer, "GRANT PROCESS ON *.* TO 'credd'@'localhost'"),
                        "");
    assert_int_equal(store_connect(store, &fault), 0);
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(store_swap(store, "w1", 0, &fault), -EBUSY);
    print_message("%s\n", fault.text);
    assert_non_null(strstr(fault.text, who));
    (void)sql_on(holder, answer, "COMMIT");
    mysql_close(holder);
    assert_int_equal(store_swap(store, "gone", 0, &fault), -ESTALE);
    assert_int_equal(store_swap(store, "w1", 0, &fault), 0);
    assert_int_equal(store_sweep(store, &fault), 0);
    assert_string_equal(
        server_sql(server, answer, "REVOKE PROCESS ON *.* FROM 'credd'@'localhost'"), "");
    store_free(store);
}

static void test_one_builder_at_a_time(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    struct fault fault = {0};
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    struct store *other = claimed_store(&config);
    struct store_description world = world_of("w1");
    assert_int_equal(store_shadow_begin(store, &world, &fault), 0);
    assert_int_equal(store_shadow_begin(other, &world, &fault), -EBUSY);
    assert_int_equal(store_sweep(other, &fault), 0);
    assert_int_equal(store_swap(store, "", 0, &fault), 0);
    store_free(store);
    assert_int_equal(store_shadow_begin(other, &world, &fault), 0);
    assert_int_equal(store_sweep(other, &fault), 0);
    store_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bulk_and_text_leave_the_same_rows),
        cmocka_unit_test(test_moves_keep_their_order),
        cmocka_unit_test(test_bulk_is_fast),
        cmocka_unit_test(test_tables_are_as_designed),
        cmocka_unit_test(test_foreign_keys_follow_every_swap),
        cmocka_unit_test(test_others_keys_and_triggers_are_named),
        cmocka_unit_test(test_adoption_names_the_column),
        cmocka_unit_test(test_swap_under_eight_readers),
        cmocka_unit_test(test_swap_gives_up_and_names_the_holder),
        cmocka_unit_test(test_one_builder_at_a_time),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
