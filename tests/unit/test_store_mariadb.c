/* What is particular to MariaDB: bulk execution, the order of moves, tables as designed, adoption.
 */
#include <errno.h>

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

#define STEPS 1000

/* 1,000 applications and as many steps, where the server accepts 16 KiB at a time. */
static void test_a_server_of_small_packets(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    struct fault fault = {.text = ""};
    server_database(server, name);
    (void)server_sql(server, answer, "SELECT @@GLOBAL.max_allowed_packet");
    char *usual = mem_text(answer);
    (void)server_sql(server, answer, "SET GLOBAL max_allowed_packet = 16384");
    for (int bulk = 0; bulk < 2; bulk++) {
        char key[40];
        struct store_config config = server_config(server, name);
        config.no_bulk = bulk == 0;
        struct store *store = bulk == 0 ? claimed_store(&config) : connected_store(&config);
        build_world(store, bulk == 0 ? "w1" : "w2", bulk == 0 ? "" : "w1", 300);
        change_list_clear(&list);
        for (int64_t i = 0; i < 2 * STEPS; i++) {
            (void)snprintf(key, sizeof key, "LA-20260814103512-%08d-00", (int)(i % STEPS));
            if (i < STEPS)
                add_row(&list, "loan_applications", key, "C-000001", ORIGIN + i);
            else
                add_move(&list, key, "Pending", "Under Review", ORIGIN + i);
        }
        if (put(store, false, bulk == 0 ? "w1" : "w2", "loan_applications", -1, ORIGIN + 2 * STEPS,
                &list, &outcome, &fault) != 0)
            fail_msg("%s", fault.text);
        assert_int_equal(outcome.inserted, STEPS);
        assert_int_equal(outcome.moved, STEPS);
        store_free(store);
    }
    (void)server_sql(server, answer, "SET GLOBAL max_allowed_packet = %s", usual);
    free(usual);
    change_list_done(&list);
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
    assert_int_equal(store_adopt(store, NULL, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "market_data.value is decimal(10,2) where credd has"));
    (void)server_sql(server, answer,
                     "USE %s; ALTER TABLE market_data MODIFY value DECIMAL(10,4); INSERT INTO "
                     "market_data (data_id) VALUES ('x')",
                     name);
    assert_int_equal(store_adopt(store, NULL, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "not empty"));
    (void)server_sql(server, answer, "DELETE FROM %s.market_data", name);
    assert_int_equal(store_adopt(store, NULL, &fault), 0);
    assert_int_equal(store_probe(store, &kind, &fault), 0);
    assert_int_equal(kind, STORE_CLAIMED);
    build_world(store, "w1", "", 3);
    assert_int_equal(store_probe(store, &kind, &fault), 0);
    assert_int_equal(kind, STORE_WORLD);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bulk_and_text_leave_the_same_rows),
        cmocka_unit_test(test_moves_keep_their_order),
        cmocka_unit_test(test_a_server_of_small_packets),
        cmocka_unit_test(test_bulk_is_fast),
        cmocka_unit_test(test_tables_are_as_designed),
        cmocka_unit_test(test_adoption_names_the_column),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
