/* store_conformance_rows.h - conformance: batches, skips, the status log, pages, interruption. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_ROWS_H
#define CREDD_TESTS_STORE_CONFORMANCE_ROWS_H

#include <pthread.h>
#include <time.h>

#include "store_conformance.h"

static void a_batch_is_committed_exactly_once(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_outcome outcome = {.inserted = -1, .moved = -1, .skipped = -1};
    struct change_list list = {0};
    add_customer(&list, "K10");
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    works(store_commit(store, false, &batch, &outcome, &fault));
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.moved, 0);
    assert_int_equal(outcome.skipped, 0);
    outcome.inserted = -1;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    assert_int_equal(outcome.inserted, -1);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "4");
    assert_answer(c, "SELECT watermark FROM credd_stream WHERE name = 'customers'", "1700000010");
    assert_answer(c, "SELECT row_count FROM credd_stream WHERE name = 'customers'", "4");
    change_list_done(&list);
    store_free(store);
}

static void a_batch_must_know_where_the_stream_is(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_outcome outcome;
    struct change_list list = {0};
    add_customer(&list, "K10");
    const struct store_batch good = a_batch("w1", "customers", BASE, BASE + 10, &list);
    struct store_batch batch = good;
    batch.world_id = "w0";
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    batch = good;
    batch.generation = 2;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    batch = good;
    batch.from.s--;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    batch = good;
    batch.started = false;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    batch = a_batch("w1", "market_data", BASE, BASE + 10, NULL); /* has not started */
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
    assert_answer(c, "SELECT COUNT(*) FROM customers", "3");
    works(store_commit(store, false, &good, &outcome, &fault));
    change_list_done(&list);
    store_free(store);
}

/* A dump that is being put back makes them anew one by one: between two of them the stream is still
 * where it was. */
static void nothing_is_written_among_tables_that_were_made_anew(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_outcome outcome;
    struct store_ages ages;
    struct change_list list = {0};
    works(store_ages(store, &ages, &fault));
    if (ages.own != 0) {
        struct store_act act = an_act("act-1", "pause", 5);
        struct store_amendment amendment = {.world_id = "w1",
                                            .generation = 1,
                                            .next_generation = 2,
                                            .acts = &act,
                                            .act_count = 1,
                                            .made = ages.own - 1};
        add_customer(&list, "K10");
        struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
        batch.made = ages.own - 1;
        refuses(store_commit(store, false, &batch, &outcome, &fault), -ESTALE);
        refuses(store_amend(store, &amendment, &fault), -ESTALE);
        assert_answer(c, "SELECT COUNT(*) FROM customers", "3");
        assert_answer(c, "SELECT COUNT(*) FROM credd_act", "0");
        batch.made = amendment.made = ages.own;
        works(store_commit(store, false, &batch, &outcome, &fault));
        works(store_amend(store, &amendment, &fault));
    }
    change_list_done(&list);
    store_free(store);
}

static void a_batch_without_rows_moves_the_watermark(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, &list);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 0);
    batch = a_batch("w1", "market_data", BASE, BASE + 1, NULL);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 0);
    assert_answer(c, "SELECT watermark FROM credd_stream WHERE name = 'market_data'", "1700000001");
    change_list_done(&list);
    store_free(store);
}

static void what_others_did_skips_that_row_alone(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    raw(c, "DELETE FROM customers WHERE customer_id = 'K01'");
    raw(c,
        "INSERT INTO financial_records (record_id, customer_id, amount) VALUES ('R2', 'K00', 1)");
    add_record(&list, "R0", "K00", 100);
    add_record(&list, "R1", "K01", 100);
    add_record(&list, "R2", "K02", 100);
    add_record(&list, "R3", "K02", 100);
    struct store_batch batch = a_batch("w1", "financial_records", 0, BASE, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 2);
    assert_int_equal(outcome.skipped, 2);
    struct pages pages = page_of(store, "financial_records", NULL, 10, print_key);
    assert_string_equal(pages.text, "R0;R2;R3;");
    assert_answer(c, "SELECT amount + 0 = 1 FROM financial_records WHERE record_id = 'R2'", "1");
    assert_answer(c, "SELECT row_count FROM credd_stream WHERE name = 'financial_records'", "2");
    assert_answer(c, "SELECT skip_count FROM credd_stream WHERE name = 'financial_records'", "2");
    change_list_done(&list);
    store_free(store);
}

static void a_shadow_row_without_a_parent_is_skipped(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    works(store_shadow_begin(store, &world, &fault));
    add_customer(&list, "N00");
    struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
    assert_int_equal(commits(store, true, &batch, &list).inserted, 1);
    add_record(&list, "R0", "N00", 100);
    add_record(&list, "R1", "K00", 100); /* lives in the old world only */
    batch = a_batch("w2", "financial_records", 0, BASE, &list);
    struct store_outcome outcome = commits(store, true, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_answer(c, "SELECT COUNT(*) FROM financial_records", "0");
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

static void a_status_moves_only_from_where_it_is(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    add_application(&list, "A1", "K00", BASE);
    add_application(&list, "A2", "K00", BASE + 1);
    add_move(&list, "A1", "Pending", "Under Review", BASE + 5);
    add_move(&list, "A1", "Under Review", "Approved", BASE + 6);
    add_move(&list, "A2", "Under Review", "Denied", BASE + 6);
    add_move(&list, "A3", "Pending", "Denied", BASE + 7);
    struct store_batch batch = a_batch("w1", "loan_applications", 0, BASE + 10, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 2);
    assert_int_equal(outcome.moved, 2);
    assert_int_equal(outcome.skipped, 2);
    raw(c, "UPDATE loan_applications SET status = 'Denied' WHERE application_id = 'A2'");
    add_move(&list, "A2", "Pending", "Approved", BASE + 11);
    add_move(&list, "A1", "Approved", "Funded", BASE + 12);
    batch = a_batch("w1", "loan_applications", BASE + 10, BASE + 20, &list);
    outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.moved, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_answer(c, "SELECT status FROM loan_applications WHERE application_id = 'A1'", "Funded");
    assert_answer(c, "SELECT status FROM loan_applications WHERE application_id = 'A2'", "Denied");
    struct pages pages = page_of(store, SCHEMA_STATUS, NULL, 10, print_row);
    assert_string_equal(pages.text, "A1|Pending|2023-11-14 22:13:20;"
                                    "A1|Under Review|2023-11-14 22:13:25;"
                                    "A1|Approved|2023-11-14 22:13:26;"
                                    "A1|Funded|2023-11-14 22:13:32;"
                                    "A2|Pending|2023-11-14 22:13:21;");
    assert_string_equal(page_of(store, SCHEMA_STATUS, "A1|1700000005", 2, print_row).text,
                        "A1|Approved|2023-11-14 22:13:26;A1|Funded|2023-11-14 22:13:32;");
    assert_int_equal(page_of(store, SCHEMA_STATUS, "A1", 9, print_row).rows, 1);
    assert_int_equal(page_of(store, SCHEMA_STATUS, "A2|1700000001", 9, print_row).rows, 0);
    change_list_done(&list);
    store_free(store);
}

static void pages_are_in_key_order(void **state)
{
    static const char *const keys[] = {"M-10", "M-9", "M", "M-1", "MA", "L-5", "M-100"};
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        add_point(&list, keys[i], 1);
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, &list);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 7);
    struct pages pages = page_of(store, "market_data", NULL, 3, print_key);
    assert_string_equal(pages.text, "L-5;M;M-1;");
    pages = page_of(store, "market_data", pages.last, 3, print_key);
    assert_string_equal(pages.text, "M-10;M-100;M-9;");
    pages = page_of(store, "market_data", pages.last, 3, print_key);
    assert_string_equal(pages.text, "MA;");
    pages = page_of(store, "market_data", pages.last, 3, print_key);
    assert_int_equal(pages.rows, 0);
    change_list_done(&list);
    store_free(store);
}

static int stop_at_once(void *context, const struct cell *cells, unsigned count)
{
    (void)cells, (void)count;
    return *(int *)context;
}

static void a_visitor_can_stop_the_page(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    size_t count = 99;
    int say = -ECANCELED;
    assert_int_equal(store_page(store, "customers", NULL, 3, stop_at_once, &say, &count, NULL),
                     -ECANCELED);
    say = 1;
    assert_int_equal(store_page(store, "customers", NULL, 3, stop_at_once, &say, &count, NULL), 0);
    assert_int_equal(count, 1);
    assert_int_equal(page_of(store, "customers", NULL, 3, print_key).rows, 3);
    store_free(store);
}

/* What goes in comes out as the same exact cell. */
static void every_value_is_read_back_exactly(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    add_record(&list, "R0", "K00", 0);
    add_record(&list, "R1", "K00", -1);
    add_record(&list, "R2", "K00", INT64_C(999999999999));
    add_record(&list, "R3", "K00", INT64_C(-999999999999));
    add_record(&list, "R4", "K00", 123450);
    add_record(&list, "R5", "K00", 120000);
    add_record(&list, "R6", "K00", 29);
    struct store_batch batch = a_batch("w1", "financial_records", 0, BASE, &list);
    (void)commits(store, false, &batch, &list);
    struct pages pages = page_of(store, "financial_records", NULL, 99, print_row);
#define REST "|Salary|2023-11-14|2023-11-14 22:13:20;"
    assert_string_equal(pages.text, "R0|K00|income|0.00" REST "R1|K00|income|-0.01" REST
                                    "R2|K00|income|9999999999.99" REST
                                    "R3|K00|income|-9999999999.99" REST "R4|K00|income|1234.50" REST
                                    "R5|K00|income|1200.00" REST "R6|K00|income|0.29" REST);
#undef REST
    assert_answer(
        c, "SELECT SUM(amount) > 2434.77 AND SUM(amount) < 2434.79 FROM financial_records", "1");
    add_point(&list, "M0", INT64_C(9999999999));
    add_point(&list, "M1", -1);
    batch = a_batch("w1", "market_data", 0, BASE, &list);
    (void)commits(store, false, &batch, &list);
    pages = page_of(store, "market_data", NULL, 99, print_row);
    assert_string_equal(pages.text, "M0|treasury_10y|999999.9999|2023-11-14||2023-11-14 22:13:20;"
                                    "M1|treasury_10y|-0.0001|2023-11-14||2023-11-14 22:13:20;");
    pages = page_of(store, "customers", NULL, 1, print_row);
    assert_string_equal(pages.text,
                        "K00|Ann|Example|a@b.test|(555) 010-0100|1960-01-01|900-00-0000|1 Main St|"
                        "Springfield|IL|62701|Full-time|50000.50|2023-11-14 22:13:20;");
    change_list_done(&list);
    store_free(store);
}

struct expected_values {
    const struct change_list *list;
    size_t at;
};

static int compare_value(void *context, const struct cell *cells, unsigned count)
{
    struct expected_values *expected = context;
    const struct cell *wrote = expected->list->items[expected->at++].cells;
    (void)count;
    assert_int_equal(cells[2].kind, CELL_DECIMAL);
    assert_int_equal(cells[2].scale, 4);
    assert_int_equal(cells[2].number, wrote[2].number);
    return 0;
}

/* Numbers of all sizes, most of which no double holds. */
static void every_decimal_keeps_its_digits(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    struct expected_values expected = {&list, 0};
    struct store_outcome outcome;
    char key[32];
    size_t count = 0;
    for (int64_t i = 0; i < 5000; i++) {
        int64_t limit = i % 2 == 0 ? INT64_C(10000000000) : 100000;
        int64_t value = (i * INT64_C(7919191919) + 1) % limit;
        (void)snprintf(key, sizeof key, "M%05d", (int)i);
        add_point(&list, key, i % 3 == 0 ? -value : value);
    }
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, &list);
    works(store_commit(store, false, &batch, &outcome, &fault));
    assert_int_equal(outcome.inserted, 5000);
    works(store_page(store, "market_data", NULL, 9999, compare_value, &expected, &count, &fault));
    assert_int_equal(count, 5000);
    change_list_done(&list);
    store_free(store);
}

/* --- interruption --- */

struct cutter {
    struct store *store;
    unsigned after_ms;
};

static void *cut_later(void *context)
{
    struct cutter *cutter = context;
    struct timespec pause = {0, cutter->after_ms * INT64_C(1000000)};
    (void)nanosleep(&pause, NULL);
    store_interrupt(cutter->store);
    return NULL;
}

static void a_commit_that_waits_can_be_cut(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_outcome outcome;
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, NULL);
    struct cutter cutter = {store, 50};
    pthread_t thread;
    raw(c, "BEGIN");
    raw(c, "UPDATE credd_stream SET generation = generation + 1");
    assert_int_equal(pthread_create(&thread, NULL, cut_later, &cutter), 0);
    refuses(store_commit(store, false, &batch, &outcome, &fault), -EINTR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(store_connected(store));
    refuses(store_commit(store, false, &batch, &outcome, &fault), -ENOTCONN);
    raw(c, "ROLLBACK");
    works(store_connect(store, &fault));
    works(store_commit(store, false, &batch, &outcome, &fault));
    store_free(store);
}

/* --- two daemons --- */

struct racer {
    struct conformance *c;
    unsigned name, committed;
    int rc;
    struct fault fault;
};

#define RACE_STEPS 40

static int race_step(struct racer *racer, struct store *store, bool *ret_end)
{
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    char key[32];
    size_t count;
    struct store_outcome outcome;
    struct change_list list = {0};
    int rc = store_glance(store, id, streams, STORE_STREAMS_MAX, &count, &racer->fault);
    if (rc != 0)
        return rc;
    int64_t at = streams[0].watermark.s; /* customers */
    *ret_end = at >= BASE + RACE_STEPS;
    if (*ret_end)
        return 0;
    (void)snprintf(key, sizeof key, "X%03d-%u", (int)(at - BASE), racer->name);
    add_customer(&list, key);
    struct store_batch batch = a_batch("w1", "customers", at, at + 1, &list);
    rc = store_commit(store, false, &batch, &outcome, &racer->fault);
    racer->committed += rc == 0 ? 1 : 0;
    change_list_done(&list);
    return rc == -ESTALE || rc == -EBUSY ? 0 : rc;
}

static void *race(void *context)
{
    struct racer *racer = context;
    struct store *store = racer->c->open(racer->c->context);
    bool end = false;
    racer->rc = store_connect(store, &racer->fault);
    while (racer->rc == 0 && !end)
        racer->rc = race_step(racer, store, &end);
    store_free(store);
    return NULL;
}

static void daemons_that_commit_at_once_do_each_batch_once(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct racer racers[3] = {{.c = c, .name = 0}, {.c = c, .name = 1}, {.c = c, .name = 2}};
    pthread_t threads[3];
    unsigned committed = 0;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].rc != 0)
            fail_msg("%d %s", racers[i].rc, racers[i].fault.text);
        committed += racers[i].committed;
    }
    assert_int_equal(committed, RACE_STEPS);
    assert_answer(c, "SELECT COUNT(*) FROM customers WHERE customer_id LIKE 'X%'", "40");
    assert_answer(c, "SELECT row_count FROM credd_stream WHERE name = 'customers'", "43");
    store_free(store);
}

#define CONFORMANCE_ROWS_TESTS                                                                   \
    CONFORMANCE_TEST(a_batch_is_committed_exactly_once),                                         \
        CONFORMANCE_TEST(a_batch_must_know_where_the_stream_is),                                 \
        CONFORMANCE_TEST(nothing_is_written_among_tables_that_were_made_anew),                   \
        CONFORMANCE_TEST(a_batch_without_rows_moves_the_watermark),                              \
        CONFORMANCE_TEST(what_others_did_skips_that_row_alone),                                  \
        CONFORMANCE_TEST(a_shadow_row_without_a_parent_is_skipped),                              \
        CONFORMANCE_TEST(a_status_moves_only_from_where_it_is),                                  \
        CONFORMANCE_TEST(pages_are_in_key_order), CONFORMANCE_TEST(a_visitor_can_stop_the_page), \
        CONFORMANCE_TEST(every_value_is_read_back_exactly),                                      \
        CONFORMANCE_TEST(every_decimal_keeps_its_digits),                                        \
        CONFORMANCE_TEST(a_commit_that_waits_can_be_cut),                                        \
        CONFORMANCE_TEST(daemons_that_commit_at_once_do_each_batch_once)

#endif
