/* An SQLite file whose tables are defined so that they cannot simply be renamed, or with what only
 * the application's connections know: a new world has all of it, or a plain one is the way out.
 */
#include "sqlite_file.h"
#include "store/sqlite.h"

/* As Django and others make a table again. */
#define REBUILT(table, more)                                                               \
    "PRAGMA foreign_keys = OFF; BEGIN; " more "; INSERT INTO rebuilt SELECT * FROM " table \
    "; DROP TABLE " table "; ALTER TABLE rebuilt RENAME TO " table "; COMMIT; "            \
    "PRAGMA foreign_keys = ON"
#define CUSTOMERS                                                                         \
    "CREATE TABLE rebuilt (customer_id VARCHAR(50) PRIMARY KEY, first_name VARCHAR(50), " \
    "last_name VARCHAR(50), email VARCHAR(100), phone VARCHAR(20), date_of_birth DATE, "  \
    "ssn VARCHAR(11), address TEXT, city VARCHAR(50), state VARCHAR(2), "                 \
    "zip_code VARCHAR(10), employment_type VARCHAR(20), annual_income DECIMAL(12,2), "    \
    "created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP"

static const char *const additions[] = {
    REBUILT("customers", CUSTOMERS ", CHECK (\"rebuilt\".\"annual_income\" >= 0))"),
    REBUILT("customers",
            CUSTOMERS ", CHECK (rebuilt.city <> 'customers.city' /* customers.x */ AND "
                      "rebuilt . state > '' AND main.[rebuilt].phone > ' ' AND 1.5 > 1))"),
    "CREATE INDEX their_part ON customers (email) WHERE customers.city IS NOT NULL",
    "CREATE UNIQUE INDEX \"their own\" ON `customers` (lower(email), customer_id) WHERE "
    "\"customers\".email > ''",
    "ALTER TABLE customers ADD COLUMN customers TEXT CHECK (customers.customers IS NULL OR "
    "customers > '')",
    "CREATE TABLE theirs (a); CREATE INDEX credd_new_index_0 ON theirs (a); CREATE INDEX "
    "credd_old_index_0 ON theirs (a); CREATE INDEX Credd_New_Index_2 ON customers (email)",
    "CREATE TABLE theirs (a TEXT COLLATE theirs); CREATE INDEX sorted ON theirs (a)",
    "CREATE TABLE theirs (a TEXT); CREATE INDEX sorted ON theirs (a COLLATE theirs); CREATE "
    "TRIGGER theirs_too AFTER INSERT ON credd_world BEGIN SELECT 1; END",
    "CREATE VIEW names AS SELECT customers.city FROM customers ORDER BY 1 COLLATE theirs",
    "PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF; ALTER TABLE market_data RENAME TO "
    "was; ALTER TABLE was RENAME TO \"Market_Data\"; PRAGMA foreign_keys = ON",
};

static int in_their_order(void *context, int a_length, const void *a, int b_length, const void *b)
{
    (void)context;
    int length = a_length < b_length ? a_length : b_length;
    int order = memcmp(b, a, (size_t)length); /* backwards */
    return order != 0 ? order : b_length - a_length;
}

static void fingerprint(struct conformance *c, char *ret, size_t room)
{
    assert_int_equal(c->ask(c->context,
                            "SELECT group_concat(type || ' ' || name || ' ' || tbl_name || ' ' || "
                            "coalesce(sql, ''), ';') FROM (SELECT * FROM sqlite_master ORDER BY "
                            "type, name)",
                            ret, room),
                     0);
    assert_true(strlen(ret) > 1000 && strlen(ret) < room - 1);
}

static void in_their_way(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    sqlite3_result_value(context, values[0]);
}

/* A world of schema as credd makes it, to which `made` was done. */
static struct store *store_after(struct conformance *c, const char *made)
{
    c->fresh(c->context);
    struct store *store = store_with_world(c);
    assert_int_equal(sqlite3_create_collation(sqlite_file_other(file_of(c)), "theirs", SQLITE_UTF8,
                                              NULL, in_their_order),
                     SQLITE_OK);
    assert_int_equal(sqlite3_create_function(sqlite_file_other(file_of(c)), "slug", 1,
                                             SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, in_their_way,
                                             NULL, NULL),
                     SQLITE_OK);
    raw(c, made);
    return store;
}

static void swap_plain(struct store *store, const char *id, const char *was)
{
    struct store_description world = a_world(id);
    world.plain = true;
    works(store_shadow_begin(store, &world, &fault));
    works(store_swap(store, was, 1000, &fault));
    works(store_sweep(store, &fault));
    store_description_done(&world);
}

static void a_new_world_is_defined_word_for_word_as_the_old(void **state)
{
    static char before[8192], after[8192];
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof additions / sizeof *additions; i++) {
        struct store *store = store_after(c, additions[i]);
        fingerprint(c, before, sizeof before);
        build(store, "w2", "w1", 2);
        assert_answer(c, "PRAGMA integrity_check", "ok");
        works(store_sweep(store, &fault));
        build(store, "w3", "w2", 4);
        works(store_sweep(store, &fault));
        fingerprint(c, after, sizeof after);
        assert_string_equal(before, after);
        assert_answer(c, "PRAGMA integrity_check", "ok");
        assert_answer(c, "SELECT COUNT(*) FROM customers", "4");
        swap_plain(store, "w4", "w3");
        swap_plain(store, "w5", "w4");
        assert_answer(c, "PRAGMA integrity_check", "ok");
        assert_answer(c,
                      "SELECT COUNT(*) FROM sqlite_master WHERE tbl_name = 'customers' COLLATE "
                      "NOCASE AND name NOT IN ('customers', 'sqlite_autoindex_customers_1')",
                      "0");
        store_free(store);
    }
}

/* What sorts rows in a way that credd does not know is named, and a plain world has none of it. */
static void a_collation_of_the_applications_refuses_a_world_by_name(void **state)
{
    static const char *const made[][2] = {
        {"CREATE INDEX sorted ON customers (email COLLATE theirs)", "the index sorted"},
        {"ALTER TABLE customers ADD COLUMN more TEXT COLLATE theirs", "the table customers"},
        {"CREATE INDEX sorted ON credd_status (status COLLATE theirs)", "the index sorted"},
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct store *store = store_after(c, made[i][0]);
        struct store_description world = a_world("w2");
        struct fault why = {0};
        assert_int_equal(store_shadow_begin(store, &world, &why), -EPERM);
        if (strstr(why.text, made[i][1]) == NULL || strstr(why.text, "theirs") == NULL)
            fail_msg("%s", why.text);
        swap_plain(store, "w2", "w1");
        assert_answer(c, "PRAGMA integrity_check", "ok");
        build(store, "w3", "w2", 2);
        works(store_sweep(store, &fault));
        store_description_done(&world);
        store_free(store);
    }
}

static void a_key_that_is_numbered_goes_on_from_its_own_number(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_after(
        c, "DROP TABLE market_data; CREATE TABLE market_data (number INTEGER PRIMARY KEY "
           "AUTOINCREMENT, data_id VARCHAR(50) UNIQUE, data_type VARCHAR(50), value DECIMAL(10,4), "
           "date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP); INSERT INTO "
           "market_data (number) VALUES (70)");
    struct change_list list = {0};
    struct store_description world = a_world("w2");
    works(store_shadow_begin(store, &world, &fault));
    add_point(&list, "P0", 1);
    struct store_batch batch = a_batch("w2", "market_data", 0, BASE, &list);
    (void)commits(store, true, &batch, &list);
    works(store_swap(store, "w1", 1000, &fault));
    assert_answer(c, "SELECT seq FROM sqlite_sequence WHERE name = 'market_data'", "1");
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT group_concat(name) FROM sqlite_sequence", "market_data");
    store_description_done(&world);
    change_list_done(&list);
    store_free(store);
}

/* A full-text table is no table that credd could make again. */
static void a_plain_world_takes_the_place_of_a_virtual_table(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store =
        store_after(c, "DROP TABLE market_data; CREATE VIRTUAL TABLE market_data USING fts5(a)");
    struct store_description world = a_world("w2");
    refuses(store_shadow_begin(store, &world, &fault), -EPERM);
    swap_plain(store, "w2", "w1");
    assert_answer(c,
                  "SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'market\\_data%' ESCAPE "
                  "'\\'",
                  "1");
    assert_answer(c, "PRAGMA integrity_check", "ok");
    store_description_done(&world);
    store_free(store);
}

/* Of the five to one another: whether what the default refers to is there is seen at the swap. */
static void a_key_of_the_applications_holds_in_the_new_world(void **state)
{
    static const struct {
        const char *made, *names;
    } keys[] = {
        {"ALTER TABLE customers ADD COLUMN of VARCHAR(50) DEFAULT 'K01' REFERENCES customers "
         "(customer_id)",
         NULL},
        {"ALTER TABLE customers ADD COLUMN of VARCHAR(50) DEFAULT 'K09' REFERENCES customers "
         "(customer_id)",
         "customers.of to customers"},
        {"ALTER TABLE customers ADD COLUMN of VARCHAR(50) DEFAULT 'A1' REFERENCES "
         "loan_applications",
         "customers.of to loan_applications"},
        {"ALTER TABLE customers ADD COLUMN of VARCHAR(50) DEFAULT 'A1' REFERENCES customers "
         "(email)",
         "foreign key mismatch"},
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        struct store_description world = a_world("w2");
        struct change_list list = {0};
        struct fault why = {0};
        raw(c, "PRAGMA foreign_keys = OFF");
        raw(c, keys[i].made);
        raw(c, "PRAGMA foreign_keys = ON");
        works(store_shadow_begin(store, &world, &fault));
        add_customer(&list, "K00");
        add_customer(&list, "K01");
        struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
        (void)commits(store, true, &batch, &list);
        assert_int_equal(store_swap(store, "w1", 1000, &why), keys[i].names != NULL ? -EPERM : 0);
        if (keys[i].names != NULL && strstr(why.text, keys[i].names) == NULL)
            fail_msg("%s", why.text);
        assert_answer(c, "SELECT COUNT(*) FROM customers", keys[i].names != NULL ? "3" : "2");
        swap_plain(store, "w3", keys[i].names != NULL ? "w1" : "w2");
        change_list_done(&list);
        store_description_done(&world);
        store_free(store);
    }
}

/* What stops a stream there is told with what helps. */
static void what_only_the_application_knows_is_told_by_name(void **state)
{
    static const struct {
        const char *made, *says[2];
    } needs[] = {
        {"CREATE INDEX by_slug ON customers (slug(city))",
         {"INDEX by_slug needs the function slug", "to fix it: DROP INDEX \"by_slug\""}},
        {"CREATE INDEX sorted ON customers (city COLLATE theirs)",
         {"INDEX sorted needs the collation theirs", "DROP INDEX \"sorted\""}},
        {"CREATE TABLE audit (a); CREATE TRIGGER their_audit AFTER INSERT ON customers BEGIN "
         "INSERT INTO audit VALUES (slug(NEW.city)); END",
         {"TRIGGER their_audit needs the function slug", "DROP TRIGGER \"their_audit\""}},
        {"CREATE TRIGGER their_audit AFTER INSERT ON customers BEGIN INSERT INTO audit VALUES (1); "
         "END",
         {"TRIGGER their_audit needs the table audit", "DROP TRIGGER \"their_audit\""}},
        {"ALTER TABLE customers ADD COLUMN more INT CHECK (slug(city) > '')",
         {"its definition, or what a trigger of it does, needs the function slug",
          "make the table again without it"}},
        {"CREATE UNIQUE INDEX \"their.own\" ON customers (lower(city))",
         {"the UNIQUE key their.own has its value", "drop the unique index"}},
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        struct store *store = store_after(c, "DELETE FROM customers");
        struct change_list list = {0};
        struct store_outcome outcome;
        struct fault why = {0};
        raw(c, needs[i].made);
        add_customer(&list, "K10");
        add_customer(&list, "K11");
        struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 1, &list);
        assert_int_equal(store_commit(store, false, &batch, &outcome, &why), -EPROTOTYPE);
        for (size_t j = 0; j < 2; j++)
            if (strstr(why.text, needs[i].says[j]) == NULL)
                fail_msg("%s", why.text);
        change_list_done(&list);
        store_free(store);
    }
}

/* Tables and indexes that are being built have names that nobody gave them. */
static void a_new_world_is_told_of_by_names_that_people_know(void **state)
{
    static const char *const made[][2] = {
        {"CREATE UNIQUE INDEX their_own ON customers (lower(city))", "UNIQUE key their_own has"},
        {"CREATE UNIQUE INDEX their_own ON customers (city)", "failed: customers.city"},
        {"ALTER TABLE customers DROP COLUMN city", "said: table customers has no column"},
    };
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct store *store = store_after(c, "DELETE FROM customers");
        struct store_description world = a_world("w2");
        struct store_outcome outcome;
        struct change_list list = {0};
        struct fault why = {0};
        raw(c, made[i][0]);
        works(store_shadow_begin(store, &world, &fault));
        add_customer(&list, "K10");
        add_customer(&list, "K11");
        struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
        assert_int_equal(store_commit(store, true, &batch, &outcome, &why), -EPROTOTYPE);
        if (strstr(why.text, made[i][1]) == NULL || strstr(why.text, "credd_new") != NULL)
            fail_msg("%s", why.text);
        change_list_done(&list);
        store_description_done(&world);
        store_free(store);
    }
}

int main(void)
{
    struct sqlite_file file;
    struct conformance conformance = sqlite_conformance(&file);
    struct CMUnitTest tests[] = {
        CONFORMANCE_TEST(a_new_world_is_defined_word_for_word_as_the_old),
        CONFORMANCE_TEST(a_collation_of_the_applications_refuses_a_world_by_name),
        CONFORMANCE_TEST(a_key_that_is_numbered_goes_on_from_its_own_number),
        CONFORMANCE_TEST(a_key_of_the_applications_holds_in_the_new_world),
        CONFORMANCE_TEST(what_only_the_application_knows_is_told_by_name),
        CONFORMANCE_TEST(a_new_world_is_told_of_by_names_that_people_know),
        CONFORMANCE_TEST(a_plain_world_takes_the_place_of_a_virtual_table),
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &conformance;
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    sqlite_file_done(&file);
    return rc;
}
