/* A new world's tables made after the living ones, in what MariaDB alone has: names in two cases,
 * names of foreign keys, types of time, what the server takes with a warning. */
#include <errno.h>

#include "store_mariadb_world.h"

/* The world w1 of five customers, after `sql` in its database. */
static struct store *world_after(struct server *server, char name[32], const char *sql)
{
    char answer[2048];
    server_database(server, name);
    struct store_config config = server_config(server, name);
    struct store *store = claimed_store(&config);
    build_world(store, "w1", "", 5);
    assert_string_equal(server_sql(server, answer, "USE %s; %s", name, sql), "");
    return store;
}

static int begin(struct store *store, bool plain, struct fault *fault)
{
    struct store_description world = world_of("w2");
    world.plain = plain;
    return store_shadow_begin(store, &world, fault);
}

static void assert_refused(struct store *store, const char *one, const char *two)
{
    struct fault fault = {0};
    assert_int_equal(begin(store, false, &fault), -EPERM);
    if (strstr(fault.text, one) == NULL || strstr(fault.text, two) == NULL)
        fail_msg("%s", fault.text);
    print_message("%s\n", fault.text);
}

static void assert_resets(struct store *store)
{
    struct fault fault = {0};
    if (begin(store, false, &fault) != 0 || swap_soon(store, "w1", &fault) != 0 ||
        store_sweep(store, &fault) != 0)
        fail_msg("%s", fault.text);
}

static void test_a_name_in_another_case_is_another_table(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct store_ages ages;
    struct fault fault = {0};
    struct store *store =
        world_after(server, name,
                    "RENAME TABLE market_data TO Market_Data; INSERT INTO Market_Data (data_id) "
                    "VALUES ('P9'); CREATE TRIGGER theirs AFTER INSERT ON Market_Data FOR EACH ROW "
                    "SET @x = 1; CREATE TABLE notes (id VARCHAR(50), FOREIGN KEY (id) REFERENCES "
                    "Market_Data (data_id))");
    assert_int_equal(store_ages(store, &ages, &fault), 0);
    assert_int_equal(ages.tables[3], 0);
    assert_resets(store);
    assert_string_equal(server_sql(server, answer, "SELECT data_id FROM %s.Market_Data", name),
                        "P9");
    assert_string_equal(server_sql(server, answer, "SELECT COUNT(*) FROM %s.market_data", name),
                        "0");
    store_free(store);
    store = world_after(server, name, "RENAME TABLE customers TO Customers");
    assert_refused(store, "foreign key", "REFERENCES `Customers`");
    store_free(store);
}

static void test_a_name_that_a_new_key_needs_is_refused(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct store *store = world_after(
        server, name,
        "CREATE TABLE kinds (kind VARCHAR(50) PRIMARY KEY); ALTER TABLE financial_records ADD "
        "about VARCHAR(50), ADD FOREIGN KEY (about) REFERENCES customers (customer_id), DROP "
        "FOREIGN KEY financial_records_ibfk_1, ADD CONSTRAINT own FOREIGN KEY (customer_id) "
        "REFERENCES customers (customer_id); CREATE TABLE notes (kind VARCHAR(50), CONSTRAINT "
        "financial_records_ibfk_1 FOREIGN KEY (kind) REFERENCES kinds (kind))");
    assert_refused(store, "ALTER TABLE notes DROP FOREIGN KEY financial_records_ibfk_1",
                   "give it another");
    assert_string_equal(
        server_sql(server, answer,
                   "ALTER TABLE %s.notes DROP FOREIGN KEY financial_records_ibfk_1, ADD CONSTRAINT "
                   "another FOREIGN KEY (kind) REFERENCES kinds (kind)",
                   name),
        "");
    assert_resets(store);
    store_free(store);
}

/* Its name begins as those of credd's own do. */
static void test_another_table_with_credds_prefix_is_the_applications(void **state)
{
    struct server *server = server_of(state);
    char name[32];
    struct fault fault = {0};
    struct store *store = world_after(server, name,
                                      "CREATE TABLE credd_notes (customer VARCHAR(50), FOREIGN KEY "
                                      "(customer) REFERENCES customers (customer_id))");
    assert_int_equal(store_swap_check(store, &fault), -EPERM);
    assert_non_null(strstr(fault.text, "credd_notes on customers"));
    store_free(store);
}

static void test_what_was_taken_with_a_warning_is_made_again(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct store *store = world_after(server, name,
                                      "SET innodb_strict_mode = 0; ALTER TABLE market_data "
                                      "ROW_FORMAT = FIXED; ALTER TABLE customers ROW_FORMAT = "
                                      "DYNAMIC KEY_BLOCK_SIZE = 8");
    assert_resets(store);
    assert_string_equal(server_sql(server, answer,
                                   "SELECT CREATE_OPTIONS FROM information_schema.TABLES WHERE "
                                   "TABLE_SCHEMA = '%s' AND TABLE_NAME = 'market_data'",
                                   name),
                        "row_format=FIXED");
    store_free(store);
}

/* --- wider types of time --- */

static int expect_kinds(void *context, const struct cell *cells, unsigned count)
{
    const struct schema_table *table = context;
    for (unsigned i = 0; i < count; i++)
        if (table->columns[i].kind == CELL_DATE || table->columns[i].kind == CELL_TIME)
            assert_int_equal(cells[i].kind, table->columns[i].kind);
    return 0;
}

static int expect_text(void *context, const struct cell *cells, unsigned count)
{
    (void)context;
    assert_int_equal(cells[count - 1].kind, CELL_TEXT);
    return 0;
}

static int count_blocking(void *context, const struct store_difference *difference)
{
    *(unsigned *)context += difference->blocks && !difference->rows ? 1 : 0;
    return 0;
}

static void test_wider_times_hold_what_credd_wrote(void **state)
{
    struct server *server = server_of(state);
    char name[32], answer[2048];
    struct fault fault = {0};
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    size_t count = 0;
    unsigned blocking = 0;
    struct schema_table customers = schema_tables[0];
    struct store *store = world_after(
        server, name,
        "ALTER TABLE customers MODIFY date_of_birth DATETIME(3), MODIFY created_at TIMESTAMP(6) "
        "NULL DEFAULT CURRENT_TIMESTAMP(6); ALTER TABLE financial_records MODIFY record_date "
        "DATETIME, MODIFY created_at DATETIME(6) DEFAULT NOW(6); ALTER TABLE credd_status MODIFY "
        "at DATETIME NOT NULL");
    add_row(&list, "financial_records", "F-1", "C-000001", ORIGIN + 5);
    assert_int_equal(
        put(store, false, "w1", "financial_records", -1, ORIGIN + 10, &list, &outcome, &fault), 0);
    assert_int_equal(store_differences(store, NULL, count_blocking, &blocking, &fault), 0);
    assert_int_equal(blocking, 0);
    assert_int_equal(
        store_page(store, "customers", NULL, 9, expect_kinds, &customers, &count, &fault), 0);
    assert_int_equal(count, 5);
    struct schema_table records = schema_tables[1];
    assert_int_equal(
        store_page(store, "financial_records", NULL, 9, expect_kinds, &records, &count, &fault), 0);
    assert_int_equal(count, 1);
    /* A part of a second is not what credd wrote. */
    assert_string_equal(server_sql(server, answer,
                                   "UPDATE %s.financial_records SET created_at = created_at + "
                                   "INTERVAL 1 MICROSECOND",
                                   name),
                        "");
    assert_int_equal(
        store_page(store, "financial_records", NULL, 9, expect_text, NULL, &count, &fault), 0);
    change_list_done(&list);
    store_free(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_in_another_case_is_another_table),
        cmocka_unit_test(test_a_name_that_a_new_key_needs_is_refused),
        cmocka_unit_test(test_another_table_with_credds_prefix_is_the_applications),
        cmocka_unit_test(test_what_was_taken_with_a_warning_is_made_again),
        cmocka_unit_test(test_wider_times_hold_what_credd_wrote),
    };
    return cmocka_run_group_tests(tests, begin_server, end_server);
}
