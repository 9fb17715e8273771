/* store_conformance_views.h - conformance: the views for analysts. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_VIEWS_H
#define CREDD_TESTS_STORE_CONFORMANCE_VIEWS_H

#include "store_conformance.h"
#include "store_conformance_differ.h"

#define NOTES "SELECT COUNT(*) FROM " SCHEMA_META " WHERE name LIKE 'view %'"

static inline void assert_views(struct conformance *c, unsigned expected)
{
    char number[8];
    (void)snprintf(number, sizeof number, "%u", expected);
    assert_answer(c,
                  c->sqlite ? "SELECT COUNT(*) FROM sqlite_master WHERE type = 'view'"
                            : "SELECT COUNT(*) FROM information_schema.VIEWS WHERE TABLE_SCHEMA = "
                              "DATABASE()",
                  number);
}

static inline struct store *store_with_views(struct conformance *c)
{
    struct store *store = store_with_world(c);
    works(store_views(store, true, &fault));
    assert_views(c, SCHEMA_VIEWS);
    return store;
}

static void views_follow_the_world(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_views(c);
    assert_answer(c, "SELECT COUNT(*) FROM credd_customers_now", "3");
    build(store, "w2", "w1", 5);
    assert_answer(c, "SELECT COUNT(*) FROM credd_customers_now", "5");
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT customer_since FROM credd_customers_now", "2023-11-14 22:13:20");
    assert_answer(c, "SELECT new_rows FROM credd_daily WHERE day = '2023-11-14'", "5");
    assert_answer(c, "SELECT COUNT(*) FROM credd_applications", "0");
    assert_answer(c, "SELECT COUNT(*) FROM credd_market_wide", "0");
    assert_string_equal(differences_of(store, NULL).text, "");
    assert_int_equal(kind_of(store), STORE_WORLD);
    works(store_views(store, false, &fault));
    assert_views(c, 0);
    assert_answer(c, NOTES, "0");
    works(store_views(store, false, &fault));
    store_free(store);
}

/* Instants are in UTC, whatever the zone of whoever asks. */
static void an_application_shows_how_it_was_decided(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_views(c);
    struct change_list list = {0};
    add_application(&list, "A1", "K01", BASE + 60);
    add_move(&list, "A1", "Pending", "Approved", BASE + 3600);
    add_move(&list, "A1", "Approved", "Funded", BASE + 7200);
    struct store_batch batch = a_batch("w1", "loan_applications", 0, BASE + 9000, &list);
    (void)commits(store, false, &batch, &list);
    raw(c, "INSERT INTO credit_history (history_id, customer_id, credit_score, created_at) VALUES "
           "('H1', 'K01', 700, '2023-11-14 20:00:00'), ('H2', 'K01', 710, '2023-11-14 22:14:20'), "
           "('H3', 'K01', 720, '2023-11-14 23:00:00')");
    if (!c->sqlite)
        raw(c, "SET time_zone = '+05:30'");
    assert_answer(c, "SELECT applied_at FROM credd_applications", "2023-11-14 22:14:20");
    assert_answer(c, "SELECT credit_score FROM credd_applications", "710");
    assert_answer(c, "SELECT decision FROM credd_applications", "Approved");
    assert_answer(c, "SELECT decided_at FROM credd_applications", "2023-11-14 23:13:20");
    assert_answer(c, "SELECT funded_at FROM credd_applications", "2023-11-15 00:13:20");
    assert_answer(c, "SELECT credit_score FROM credd_customers_now WHERE customer_id = 'K01'",
                  "720");
    assert_answer(c, "SELECT day FROM credd_daily WHERE stream = 'loan_applications'",
                  "2023-11-14");
    if (!c->sqlite)
        raw(c, "SET time_zone = '+00:00'");
    change_list_done(&list);
    store_free(store);
}

static const char *const others_names[] = {
    "CREATE VIEW credd_daily AS SELECT 7 AS theirs",
    "CREATE TABLE credd_daily (theirs INT); INSERT INTO credd_daily VALUES (7)",
};

static void what_others_have_under_such_a_name_stays(void **state)
{
    struct conformance *c = conformance_of(state);
    for (unsigned i = 0; i < sizeof others_names / sizeof others_names[0]; i++) {
        const unsigned theirs = i == 0 ? 1 : 0; /* that are views */
        struct fault why = {.text = ""};
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        raw(c, others_names[i]);
        assert_int_equal(store_views(store, true, &why), -EEXIST);
        assert_non_null(strstr(why.text, "credd_daily was created or changed outside credd"));
        assert_views(c, SCHEMA_VIEWS - 1U + theirs);
        build(store, "w2", "w1", 1);
        works(store_sweep(store, &fault));
        assert_answer(c, "SELECT theirs FROM credd_daily", "7");
        works(store_views(store, false, &fault));
        assert_views(c, theirs);
        assert_answer(c, "SELECT theirs FROM credd_daily", "7");
        store_free(store);
    }
}

static void a_view_that_others_changed_is_theirs(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_views(c);
    raw(c, "DROP VIEW credd_daily");
    works(store_views(store, true, &fault));
    assert_views(c, SCHEMA_VIEWS);
    raw(c, "DROP VIEW credd_daily");
    raw(c, others_names[0]);
    refuses(store_views(store, true, &fault), -EEXIST);
    works(store_views(store, false, &fault));
    assert_answer(c, "SELECT theirs FROM credd_daily", "7");
    assert_views(c, 1);
    store_free(store);
}

/* What a version with another text left, or a daemon that was killed, is made anew; where a backup
 * brought no note of it, a view is known by its text. */
static const char *const earlier_notes[] = {
    "UPDATE " SCHEMA_META " SET value = REPLACE(value, SUBSTR(value, 1, 16), '0123456789abcdef') "
    "WHERE name = 'view credd_daily'",
    "UPDATE " SCHEMA_META " SET value = '0123456789abcdef being made' WHERE name = 'view "
    "credd_daily'",
    "DELETE FROM " SCHEMA_META " WHERE name = 'view credd_daily'",
};

static void views_of_an_earlier_daemon_are_brought_up_to_date(void **state)
{
    struct conformance *c = conformance_of(state);
    char note[STORE_VALUE_MAX];
    struct store *store = store_with_views(c);
    const char *ask = "SELECT value FROM " SCHEMA_META " WHERE name = 'view credd_daily'";
    assert_int_equal(c->ask(c->context, ask, note, sizeof note), 0);
    for (size_t i = 0; i < sizeof earlier_notes / sizeof earlier_notes[0]; i++) {
        raw(c, earlier_notes[i]);
        works(store_views(store, true, &fault));
        assert_answer(c, ask, note);
        assert_views(c, SCHEMA_VIEWS);
    }
    works(store_views(store, false, &fault));
    assert_views(c, 0);
    store_free(store);
}

static void without_the_marker_there_are_no_views(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    raw(c, "DROP TABLE " SCHEMA_META);
    assert_int_not_equal(store_views(store, true, NULL), 0);
    assert_views(c, 0);
    store_free(store);
}

#define CONFORMANCE_VIEWS_TESTS                                              \
    CONFORMANCE_TEST(views_follow_the_world),                                \
        CONFORMANCE_TEST(an_application_shows_how_it_was_decided),           \
        CONFORMANCE_TEST(what_others_have_under_such_a_name_stays),          \
        CONFORMANCE_TEST(a_view_that_others_changed_is_theirs),              \
        CONFORMANCE_TEST(views_of_an_earlier_daemon_are_brought_up_to_date), \
        CONFORMANCE_TEST(without_the_marker_there_are_no_views)

#endif
