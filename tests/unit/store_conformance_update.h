/* store_conformance_update.h - conformance: values of rows that change, and what is noted of it. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_UPDATE_H
#define CREDD_TESTS_STORE_CONFORMANCE_UPDATE_H

#include "store_conformance.h"

/* The work of add_customer()'s. */
#define CENTS INT64_C(5000050)

static void updates_come_from_what_is_expected(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    const struct place other = {"2 Elm St", "Austin", "TX", "73301", NULL};
    add_customer(&list, "K10");
    add_place(&list, "K10", &home, &other, BASE + 5);
    add_place(&list, "K10", &other, &home, BASE + 6);
    add_work(&list, "K10", "Full-time", CENTS, "Full-time", CENTS + 100, BASE + 6);
    add_work(&list, "K00", "Full-time", CENTS, NULL, -1, BASE + 7);
    add_work(&list, "K00", NULL, -1, "Retired", 200000, BASE + 8);
    add_work(&list, "K00", "Retired", 200000, "Retired", 200000, BASE + 9);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.updated, 6);
    assert_int_equal(outcome.moved, 0);
    assert_int_equal(outcome.skipped, 0);
    assert_answer(c, "SELECT row_count FROM credd_stream WHERE name = 'customers'", "4");
    assert_answer(c, "SELECT watermark FROM credd_stream WHERE name = 'customers'", "1700000010");
    struct pages pages = page_of(store, "customers", NULL, 1, print_row);
    assert_string_equal(pages.text,
                        "K00|Ann|Example|a@b.test|(555) 010-0100|1960-01-01|900-00-0000|1 Main St|"
                        "Springfield|IL|62701|Retired|2000.00|2023-11-14 22:13:20;");
    pages = page_of(store, "customers", "K02", 1, print_row);
    assert_string_equal(pages.text,
                        "K10|Ann|Example|a@b.test|(555) 010-0100|1960-01-01|900-00-0000|1 Main St|"
                        "Springfield|IL|62701|Full-time|50001.50|2023-11-14 22:13:20;");
    pages = page_of(store, SCHEMA_CHANGE, NULL, 20, print_row);
    assert_string_equal(pages.text, "customers|K00|2023-11-14 22:13:27|annual_income|;"
                                    "customers|K00|2023-11-14 22:13:27|employment_type|;"
                                    "customers|K00|2023-11-14 22:13:28|annual_income|2000.00;"
                                    "customers|K00|2023-11-14 22:13:28|employment_type|Retired;"
                                    "customers|K10|2023-11-14 22:13:25|address|2 Elm St;"
                                    "customers|K10|2023-11-14 22:13:25|city|Austin;"
                                    "customers|K10|2023-11-14 22:13:25|phone|;"
                                    "customers|K10|2023-11-14 22:13:25|state|TX;"
                                    "customers|K10|2023-11-14 22:13:25|zip_code|73301;"
                                    "customers|K10|2023-11-14 22:13:26|address|1 Main St;"
                                    "customers|K10|2023-11-14 22:13:26|annual_income|50001.50;"
                                    "customers|K10|2023-11-14 22:13:26|city|Springfield;"
                                    "customers|K10|2023-11-14 22:13:26|phone|(555) 010-0100;"
                                    "customers|K10|2023-11-14 22:13:26|state|IL;"
                                    "customers|K10|2023-11-14 22:13:26|zip_code|62701;");
    change_list_done(&list);
    store_free(store);
}

static void a_page_of_changes_begins_anywhere(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    size_t count = 0;
    add_work(&list, "K00", "Full-time", CENTS, "Student", 1, BASE + 7);
    add_work(&list, "K01", "Full-time", CENTS, "Student", 2, BASE + 6);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    (void)commits(store, false, &batch, &list);
    assert_string_equal(
        page_of(store, SCHEMA_CHANGE, "K00|1700000007|annual_income", 2, print_row).text,
        "customers|K00|2023-11-14 22:13:27|employment_type|Student;"
        "customers|K01|2023-11-14 22:13:26|annual_income|0.02;");
    assert_int_equal(page_of(store, SCHEMA_CHANGE, "K00|1700000006|zip", 9, print_row).rows, 4);
    assert_int_equal(page_of(store, SCHEMA_CHANGE, "K00", 9, print_row).rows, 2);
    assert_int_equal(page_of(store, SCHEMA_CHANGE, "K01", 9, print_row).rows, 0);
    refuses(store_page(store, SCHEMA_CHANGE, "K01|x", 9, print_row, NULL, &count, &fault), -EPROTO);
    change_list_done(&list);
    store_free(store);
}

static void what_others_changed_is_theirs(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    const struct place one = {"2 Elm St", "Austin", "TX", "73301", "1"};
    const struct place two = {"3 Oak St", "Boise", "ID", "83701", "2"};
    raw(c, "UPDATE customers SET city = 'Theirs' WHERE customer_id = 'K00'");
    raw(c, "DELETE FROM customers WHERE customer_id = 'K01'");
    add_place(&list, "K00", &home, &one, BASE + 1);
    add_place(&list, "K01", &home, &one, BASE + 2); /* gone */
    add_place(&list, "K00", &one, &two, BASE + 3);
    add_work(&list, "K00", "Full-time", CENTS, "Student", 1, BASE + 4);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.updated, 1);
    assert_int_equal(outcome.skipped, 2);
    /* As credd would have it now, and yet theirs. */
    raw(c, "UPDATE customers SET address = '3 Oak St', city = 'Boise', state = 'ID', zip_code = "
           "'83701', phone = '2' WHERE customer_id = 'K00'");
    add_place(&list, "K00", &two, &home, BASE + 11);
    add_work(&list, "K00", "Student", 1, "Other", 2, BASE + 12);
    batch = a_batch("w1", "customers", BASE + 10, BASE + 20, &list);
    outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.updated, 1);
    assert_int_equal(outcome.skipped, 0);
    assert_answer(c, "SELECT city FROM customers WHERE customer_id = 'K00'", "Boise");
    assert_answer(c, "SELECT skip_count FROM credd_stream WHERE name = 'customers'", "2");
    struct pages pages = page_of(store, SCHEMA_CHANGE, NULL, 20, print_row);
    assert_string_equal(pages.text, "customers|K00|2023-11-14 22:13:21|place|;"
                                    "customers|K00|2023-11-14 22:13:24|annual_income|0.01;"
                                    "customers|K00|2023-11-14 22:13:24|employment_type|Student;"
                                    "customers|K00|2023-11-14 22:13:32|annual_income|0.02;"
                                    "customers|K00|2023-11-14 22:13:32|employment_type|Other;");
    change_list_done(&list);
    store_free(store);
}

static void a_null_of_others_is_another_value(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    raw(c, "UPDATE customers SET annual_income = NULL WHERE customer_id = 'K00'");
    raw(c, "UPDATE customers SET employment_type = 'full-time' WHERE customer_id = 'K01'");
    raw(c, "UPDATE customers SET annual_income = 50000.51 WHERE customer_id = 'K02'");
    add_work(&list, "K00", "Full-time", CENTS, "Student", 1, BASE + 1);
    add_work(&list, "K01", "Full-time", CENTS, "Student", 1, BASE + 1);
    add_work(&list, "K02", "Full-time", CENTS, "Student", 1, BASE + 1);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.updated, 0);
    assert_int_equal(outcome.skipped, 3);
    assert_answer(c, "SELECT COUNT(*) FROM credd_change WHERE column_name = 'work'", "3");
    change_list_done(&list);
    store_free(store);
}

static void a_reset_carries_no_change_over(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    raw(c, "UPDATE customers SET annual_income = 1 WHERE customer_id = 'K01'");
    add_work(&list, "K00", "Full-time", CENTS, "Student", 1, BASE + 1);
    add_work(&list, "K01", "Full-time", CENTS, "Student", 1, BASE + 1);
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    (void)commits(store, false, &batch, &list);
    works(store_shadow_begin(store, &world, &fault));
    add_customer(&list, "K00");
    add_customer(&list, "K01");
    add_work(&list, "K01", "Full-time", CENTS, "Retired", 7, BASE - 1);
    batch = a_batch("w2", "customers", 0, BASE, &list);
    struct store_outcome outcome = commits(store, true, &batch, &list);
    assert_int_equal(outcome.inserted, 2);
    assert_int_equal(outcome.updated, 1);
    assert_int_equal(page_of(store, SCHEMA_CHANGE, NULL, 9, print_row).rows, 3);
    works(store_swap_check(store, &fault));
    works(store_swap(store, "w1", 5000, &fault));
    assert_string_equal(page_of(store, SCHEMA_CHANGE, NULL, 9, print_row).text,
                        "customers|K01|2023-11-14 22:13:19|annual_income|0.07;"
                        "customers|K01|2023-11-14 22:13:19|employment_type|Retired;");
    works(store_sweep(store, &fault));
    assert_no_table(c, "credd_old_change");
    assert_no_table(c, "credd_new_change");
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

static void many_updates_are_one_batch(void **state)
{
    enum { PEOPLE = 2500 };
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    char key[16];
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)snprintf(key, sizeof key, "N%04u", i);
        add_customer(&list, key);
        add_work(&list, key, "Full-time", CENTS, "Full-time", CENTS + i, BASE + 1);
        if (i % 2 == 0)
            add_work(&list, key, "Full-time", CENTS + i, "Retired", 100, BASE + 2);
    }
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, PEOPLE);
    assert_int_equal(outcome.updated, PEOPLE + PEOPLE / 2);
    assert_int_equal(outcome.skipped, 0);
    assert_answer(c, "SELECT COUNT(*) FROM customers WHERE employment_type = 'Retired'", "1250");
    assert_answer(c, "SELECT COUNT(*) FROM customers WHERE annual_income > 50000.50", "1250");
    assert_answer(c, "SELECT COUNT(*) FROM credd_change",
                  "4999"); /* one was not changed at first */
    change_list_done(&list);
    store_free(store);
}

/* --- what the application makes of the columns --- */

struct hindrance {
    const char *mariadb, *sqlite; /* statements with "; " between them */
    const char *says[3];
    bool of_value; /* with skips_refused the row alone is left out */
};

static const struct hindrance hindrances[] = {
    {"ALTER TABLE customers DROP COLUMN city",
     "ALTER TABLE customers DROP COLUMN city",
     {"customers", "city", "missing"},
     false},
    {"ALTER TABLE customers ADD CONSTRAINT east CHECK (state <> 'TX')",
     "CREATE TRIGGER east BEFORE UPDATE ON customers WHEN NEW.state = 'TX' BEGIN SELECT "
     "RAISE(ABORT, 'east only')/ END",
     {"customers", "east", "K00"},
     true},
    {"ALTER TABLE customers MODIFY city VARCHAR(12); UPDATE customers SET city = 'Springfield'",
     "CREATE TRIGGER silent BEFORE UPDATE ON customers WHEN NEW.state = 'TX' BEGIN SELECT "
     "RAISE(IGNORE)/ END",
     {"customers", "", "K00"},
     false},
};

static void hinder(struct conformance *c, const struct hindrance *one)
{
    char *statements = mem_text(c->sqlite ? one->sqlite : one->mariadb), *rest = statements;
    for (char *next; rest != NULL; rest = next) {
        next = strstr(rest, "; ");
        if (next != NULL) {
            *next = '\0';
            next += 2;
        }
        for (char *slash = rest; (slash = strstr(slash, "/ ")) != NULL;)
            *slash = ';';
        raw(c, rest);
    }
    free(statements);
}

static void what_a_table_refuses_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    const struct place far = {"2 Elm St", "A town of more than twelve", "TX", "73301", "1"};
    for (size_t i = 0; i < sizeof hindrances / sizeof *hindrances; i++) {
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        struct change_list list = {0};
        struct store_outcome outcome = {0};
        struct fault fault = {.text = ""};
        hinder(c, &hindrances[i]);
        add_place(&list, "K00", &home, &far, BASE + 1);
        struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
        int rc = store_commit(store, false, &batch, &outcome, &fault);
        for (unsigned k = 0; k < 3; k++)
            if (rc != -EPROTOTYPE || strstr(fault.text, hindrances[i].says[k]) == NULL)
                fail_msg("%d, '%s' instead of '%s'", rc, fault.text, hindrances[i].says[k]);
        assert_answer(c, "SELECT COUNT(*) FROM credd_change", "0");
        batch.skips_refused = true;
        rc = store_commit(store, false, &batch, &outcome, &fault);
        if (hindrances[i].of_value) {
            assert_int_equal(rc, 0);
            assert_int_equal(outcome.updated, 0);
            assert_int_equal(outcome.skipped, 1);
            assert_answer(c, "SELECT COUNT(*) FROM credd_change", "0");
        }
        change_list_done(&list);
        store_free(store);
    }
}

static void without_its_table_a_world_is_damaged(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = {0};
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    size_t count;
    raw(c, "DROP TABLE credd_change");
    int rc = store_load(store, &world, &(struct fault){0});
    assert_true(rc == -EUCLEAN || rc == -EPROTO);
    rc = store_glance(store, id, streams, STORE_STREAMS_MAX, &count, &(struct fault){0});
    assert_true(rc == -EUCLEAN || rc == -EPROTO);
    store_description_done(&world);
    store_free(store);
}

#define CONFORMANCE_UPDATE_TESTS                               \
    CONFORMANCE_TEST(updates_come_from_what_is_expected),      \
        CONFORMANCE_TEST(a_page_of_changes_begins_anywhere),   \
        CONFORMANCE_TEST(what_others_changed_is_theirs),       \
        CONFORMANCE_TEST(a_null_of_others_is_another_value),   \
        CONFORMANCE_TEST(a_reset_carries_no_change_over),      \
        CONFORMANCE_TEST(many_updates_are_one_batch),          \
        CONFORMANCE_TEST(what_a_table_refuses_ends_the_batch), \
        CONFORMANCE_TEST(without_its_table_a_world_is_damaged)

#endif
