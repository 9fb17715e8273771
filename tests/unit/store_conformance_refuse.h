/* store_conformance_refuse.h - conformance: what the application makes of the tables: rows that are
 * refused by their own fault are left out, and what a table refuses by its definition ends the
 * batch. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_REFUSE_H
#define CREDD_TESTS_STORE_CONFORMANCE_REFUSE_H

#include "store_conformance.h"

#define REBUILT(columns)                                                                  \
    "DROP TABLE market_data; CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, " \
    "data_type VARCHAR(50), " columns ", source VARCHAR(100), created_at TIMESTAMP)"
#define VALUES "value DECIMAL(10,4), date_recorded DATE"

/* Each on an empty market_data, with one row to be inserted and, if not the table refuses all,
 * another before it that it takes. */
static const struct refusal_case {
    const char *name;
    const char *mariadb, *sqlite; /* statements with "; " between them; NULL: not there */
    const char *says[3];          /* the parts of the sentence, beside the table's name */
    bool of_value;                /* with skips_refused the row alone is left out */
    bool some;                    /* another row is taken */
} refusal_cases[] = {
    {"a column without a default",
     "ALTER TABLE market_data ADD tenant INT NOT NULL",
     REBUILT(VALUES ", tenant INT NOT NULL"),
     {"the column tenant", "DEFAULT ..."},
     false,
     false},
    {"a column of credd's is dropped",
     "ALTER TABLE market_data DROP COLUMN source",
     "ALTER TABLE market_data DROP COLUMN source",
     {"the column source is missing", "ADD COLUMN source VARCHAR(100)"},
     false,
     false},
    {"a column of credd's is renamed",
     "ALTER TABLE market_data CHANGE value price DECIMAL(10,4)",
     "ALTER TABLE market_data RENAME COLUMN value TO price",
     {"the column value is missing"},
     false,
     false},
    {"the table is renamed away",
     "RENAME TABLE market_data TO elsewhere",
     "ALTER TABLE market_data RENAME TO elsewhere",
     {"the table market_data is missing"},
     false,
     false},
    {"the table is dropped",
     "DROP TABLE market_data",
     "DROP TABLE market_data",
     {"the table market_data is missing"},
     false,
     false},
    {"a column of credd's is narrowed",
     "ALTER TABLE market_data MODIFY data_type VARCHAR(4)",
     NULL,
     {"the column data_type", "MODIFY data_type VARCHAR(50)", "P12"},
     false,
     true},
    {"a column of credd's is of another type",
     "ALTER TABLE market_data MODIFY data_type INT",
     "DROP TABLE market_data; CREATE TABLE market_data (data_id TEXT PRIMARY KEY, data_type INT, "
     "value REAL, date_recorded TEXT, source TEXT, created_at TEXT) STRICT",
     {"the column data_type", "VARCHAR(50)"},
     false,
     false},
    {"a number's range is narrowed",
     "ALTER TABLE market_data MODIFY value DECIMAL(2,0)",
     NULL,
     {"the column value", "MODIFY value DECIMAL(10,4)"},
     false,
     false},
    {"a column of credd's is generated",
     "ALTER TABLE market_data DROP COLUMN source; "
     "ALTER TABLE market_data ADD source VARCHAR(100) AS (data_type)",
     "DROP TABLE market_data; CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type "
     "VARCHAR(50), " VALUES ", source VARCHAR(100) AS (data_type), created_at TIMESTAMP)",
     {"the column source is generated"},
     false,
     false},
    {"a CHECK",
     "ALTER TABLE market_data ADD CONSTRAINT low CHECK (data_type <> 'vix_quote')",
     REBUILT(
         "value DECIMAL(10,4) CONSTRAINT low CHECK (data_type <> 'vix_quote'), date_recorded DATE"),
     {"CHECK low", "refuse = skip", "P12"},
     true,
     true},
    {"a UNIQUE key",
     "ALTER TABLE market_data ADD UNIQUE one_source (source)",
     "CREATE UNIQUE INDEX one_source ON market_data (source)",
     {"UNIQUE key", "source", "P12"},
     true,
     true},
    {"a trigger that raises",
     "CREATE TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW BEGIN IF NEW.data_type = "
     "'vix_quote' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'/ END IF/ END",
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(ABORT, 'not this one')/ END",
     {"a trigger", "not this one", "P12"},
     true,
     true},
    {"a trigger that fails without undoing",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(FAIL, 'not this one')/ END",
     {"a trigger", "not this one", "P12"},
     true,
     true},
    {"a trigger that says nothing",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(IGNORE)/ END",
     {"a trigger", "RAISE(IGNORE)", "P12"},
     true,
     true},
    {"a trigger that rolls back",
     NULL,
     "CREATE TRIGGER no BEFORE INSERT ON market_data WHEN NEW.data_type = 'vix_quote' BEGIN SELECT "
     "RAISE(ROLLBACK, 'none at all')/ END",
     {"rolls the whole transaction back", "none at all"},
     false,
     true},
    {"a trigger whose table is gone",
     "CREATE TABLE audit (id INT); CREATE TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW "
     "INSERT INTO audit VALUES (1); DROP TABLE audit",
     "CREATE TABLE audit (id INT); CREATE TRIGGER no BEFORE INSERT ON market_data BEGIN INSERT "
     "INTO "
     "audit VALUES (1)/ END; DROP TABLE audit",
     {"audit"},
     false,
     false},
    {"a partition that is missing",
     "ALTER TABLE market_data PARTITION BY RANGE COLUMNS (data_id) (PARTITION p0 VALUES LESS THAN "
     "('P12'))",
     NULL,
     {"no partition for its value", "ALTER TABLE market_data ADD PARTITION", "P12"},
     false,
     true},
    {"a function that is missing",
     "CREATE FUNCTION slug (v VARCHAR(99)) RETURNS VARCHAR(99) DETERMINISTIC RETURN v; CREATE "
     "TRIGGER no BEFORE INSERT ON market_data FOR EACH ROW SET NEW.source = slug(NEW.source); "
     "DROP FUNCTION slug",
     "CREATE TRIGGER no BEFORE INSERT ON market_data BEGIN SELECT slug(NEW.source)/ END",
     {"function slug, which is not", "slug"},
     false,
     false},
    {"a foreign key of the application's",
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); ALTER TABLE market_data ADD CONSTRAINT "
     "known_source FOREIGN KEY (source) REFERENCES sources (name)",
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); DROP TABLE market_data; CREATE TABLE "
     "market_data (data_id VARCHAR(50) "
     "PRIMARY KEY, data_type VARCHAR(50), " VALUES ", source VARCHAR(100) REFERENCES sources "
     "(name), created_at TIMESTAMP)",
     {"a", "foreign key"},
     false,
     false},
    {"a foreign key that is looked at at COMMIT",
     NULL,
     "CREATE TABLE sources (name VARCHAR(100) PRIMARY KEY); DROP TABLE market_data; CREATE TABLE "
     "market_data (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), " VALUES
     ", source VARCHAR(100) REFERENCES sources (name) DEFERRABLE INITIALLY DEFERRED, created_at "
     "TIMESTAMP)",
     {"a foreign key"},
     false,
     false},
};

/* In a statement '/' stands for the ';' within it. */
static inline void raw_all(struct conformance *c, const char *statements)
{
    char *rest = mem_text(statements), *at = rest;
    while (at != NULL) {
        char *end = strstr(at, "; ");
        if (end != NULL)
            *end = '\0';
        for (char *slash = at; (slash = strchr(slash, '/')) != NULL;)
            *slash = ';';
        raw(c, at);
        at = end != NULL ? end + 2 : NULL;
    }
    free(rest);
}

static inline void add_quote(struct change_list *list, const char *key, const char *type)
{
    struct change change = {.kind = CHANGE_INSERT, .at = BASE, .count = 6};
    struct cell cells[] = {
        c_text(key),
        c_text(type),
        c_number(CELL_DECIMAL, 1234567, 4),
        c_number(CELL_DATE, BASE / 86400, 0),
        c_text("synthetic"),
        c_number(CELL_TIME, BASE, 0),
    };
    memcpy(change.cells, cells, sizeof cells);
    change_list_add(list, &change);
}

/* The batch is refused as a whole, with the sentence. It names no section of the configuration that
 * is not there. */
static inline void assert_table_refuses(struct store *store, const struct store_batch *batch,
                                        const char *name, const char *const says[3])
{
    struct store_outcome outcome = {.inserted = -1, .moved = -1, .skipped = -1};
    struct fault fault = {0};
    int rc = store_commit(store, false, batch, &outcome, &fault);
    if (rc != -EPROTOTYPE || fault.code != rc || outcome.inserted != -1)
        fail_msg("%s: %d %s", name, rc, fault.text);
    for (size_t i = 0; i < 3; i++)
        if (says[i] != NULL && strstr(fault.text, says[i]) == NULL)
            fail_msg("%s: '%s' is not in: %s", name, says[i], fault.text);
    if (strstr(fault.text, " rejects credd's row") == NULL ||
        strstr(fault.text, "[table credd_status]") != NULL)
        fail_msg("%s: %s", name, fault.text);
    assert_true(store_connected(store));
}

static inline void refuse_one(struct conformance *c, const struct refusal_case *one)
{
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    struct store_batch batch = a_batch("w1", "market_data", 0, BASE, &list);
    add_quote(&list, "P00", "vix");
    assert_int_equal(commits(store, false, &batch, &list).inserted, 1);
    raw(c, "DELETE FROM market_data");
    raw_all(c, c->sqlite ? one->sqlite : one->mariadb);
    batch = a_batch("w1", "market_data", BASE, BASE + 1, &list);
    add_quote(&list, "P11", "vix");
    add_quote(&list, "P12", "vix_quote");
    assert_table_refuses(store, &batch, one->name, one->says);
    assert_answer(c, "SELECT watermark FROM credd_stream WHERE name = 'market_data'", "1700000000");
    if (one->some)
        assert_answer(c, "SELECT COUNT(*) FROM market_data", "0");
    batch.skips_refused = true;
    if (!one->of_value) {
        assert_table_refuses(store, &batch, one->name, one->says);
    } else {
        struct store_outcome outcome = commits(store, false, &batch, &list);
        assert_int_equal(outcome.inserted, 1);
        assert_int_equal(outcome.skipped, 1);
        assert_answer(c, "SELECT data_id FROM market_data", "P11");
    }
    change_list_done(&list);
    store_free(store);
}

static void a_table_that_refuses_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof refusal_cases / sizeof refusal_cases[0]; i++) {
        if ((c->sqlite ? refusal_cases[i].sqlite : refusal_cases[i].mariadb) == NULL)
            continue;
        c->fresh(c->context);
        refuse_one(c, &refusal_cases[i]);
    }
}

/* The key that is there, and the customer who is gone, are the row's fault, whatever else the
 * application demands. */
static void a_key_or_a_parent_is_the_rows_fault(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    raw(c, "CREATE UNIQUE INDEX one_amount ON financial_records (amount)");
    raw(c,
        "INSERT INTO financial_records (record_id, customer_id, amount) VALUES ('R1', 'K00', 5)");
    raw(c, "DELETE FROM customers WHERE customer_id = 'K01'");
    add_record(&list, "R1", "K00", 100);
    add_record(&list, "R2", "K01", 200);
    add_record(&list, "R3", "K02", 300);
    struct store_batch batch = a_batch("w1", "financial_records", 0, BASE, &list);
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.skipped, 2);
    batch = a_batch("w1", "financial_records", BASE, BASE + 1, &list);
    add_record(&list, "R4", "K02", 300);
    const char *const says[3] = {"financial_records", "UNIQUE key", "R4"};
    assert_table_refuses(store, &batch, "a UNIQUE key", says);
    raw(c, c->sqlite ? "DROP INDEX one_amount" : "DROP INDEX one_amount ON financial_records");
    assert_int_equal(commits(store, false, &batch, &list).inserted, 1);
    change_list_done(&list);
    store_free(store);
}

static inline void moves_pending(struct change_list *list)
{
    add_move(list, "L0", "Pending", "Under Review", BASE + 10);
    add_move(list, "L1", "Pending", "Denied", BASE + 11);
}

/* What holds for a new row holds for a status that moves. */
static void a_move_that_is_refused_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    add_application(&list, "L0", "K00", BASE);
    add_application(&list, "L1", "K00", BASE);
    struct store_batch batch = a_batch("w1", "loan_applications", 0, BASE, &list);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 2);
    raw_all(c, c->sqlite
                   ? "CREATE TRIGGER no BEFORE UPDATE ON loan_applications WHEN NEW.status = "
                     "'Denied' BEGIN SELECT RAISE(ABORT, 'nobody')/ END"
                   : "CREATE TRIGGER no BEFORE UPDATE ON loan_applications FOR EACH ROW BEGIN "
                     "IF NEW.status = 'Denied' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT "
                     "= 'nobody'/ END IF/ END");
    batch = a_batch("w1", "loan_applications", BASE, BASE + 20, &list);
    moves_pending(&list);
    const char *const says[3] = {"loan_applications", "nobody", "L1"};
    assert_table_refuses(store, &batch, "a trigger", says);
    assert_answer(c, "SELECT COUNT(*) FROM credd_status WHERE status <> 'Pending'", "0");
    batch.skips_refused = true;
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.moved, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_answer(c, "SELECT application_id FROM credd_status WHERE status <> 'Pending'", "L0");
    change_list_done(&list);
    store_free(store);
}

/* And for the table that keeps the steps, which the application may have built on. No section of
 * the configuration is for it, and no row moves without its step. */
static void a_step_that_is_refused_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct change_list list = {0};
    add_application(&list, "L0", "K00", BASE);
    raw_all(c, c->sqlite ? "CREATE TRIGGER no BEFORE INSERT ON credd_status BEGIN SELECT "
                           "RAISE(ABORT, 'nobody')/ END"
                         : "CREATE TRIGGER no BEFORE INSERT ON credd_status FOR EACH ROW SIGNAL "
                           "SQLSTATE '45000' SET MESSAGE_TEXT = 'nobody'");
    struct store_batch batch = a_batch("w1", "loan_applications", 0, BASE, &list);
    const char *const says[3] = {"credd_status", "nobody"};
    for (int skips = 0; skips < 2; skips++) {
        batch.skips_refused = skips == 1;
        assert_table_refuses(store, &batch, "a trigger", says);
        assert_answer(c, "SELECT COUNT(*) FROM loan_applications", "0");
    }
    raw(c, "DROP TRIGGER no");
    assert_int_equal(commits(store, false, &batch, &list).inserted, 1);
    raw(c, "DROP TABLE credd_status");
    batch = a_batch("w1", "loan_applications", BASE, BASE + 1, &list);
    add_application(&list, "L1", "K00", BASE);
    struct store_outcome outcome;
    refuses(store_commit(store, false, &batch, &outcome, &fault), -EUCLEAN);
    change_list_done(&list);
    store_free(store);
}

/* A world that is built is told about by the names that its tables will have. */
static void a_refusal_names_the_living_tables(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    struct store_description world = a_world("w2");
    struct change_list list = {0};
    struct store_outcome outcome;
    struct fault why = {0};
    raw_all(c, c->sqlite ? "CREATE UNIQUE INDEX one_source ON market_data (source)"
                         : "ALTER TABLE financial_records ADD about VARCHAR(50) NOT NULL DEFAULT "
                           "'nobody', ADD FOREIGN KEY (about) REFERENCES customers (customer_id); "
                           "ALTER TABLE market_data ADD UNIQUE one_source (source)");
    works(store_shadow_begin(store, &world, &fault));
    add_customer(&list, "K00");
    struct store_batch batch = a_batch("w2", "customers", 0, BASE, &list);
    (void)commits(store, true, &batch, &list);
    batch = a_batch("w2", "market_data", 0, BASE, &list);
    add_quote(&list, "P11", "vix");
    add_quote(&list, "P12", "vix");
    assert_int_equal(store_commit(store, true, &batch, &outcome, &why), -EPROTOTYPE);
    if (strstr(why.text, "credd_new") != NULL || strstr(why.text, "source") == NULL)
        fail_msg("%s", why.text);
    change_list_clear(&list);
    batch = a_batch("w2", "financial_records", 0, BASE, &list);
    add_record(&list, "R1", "K00", 100);
    if (!c->sqlite) {
        assert_int_equal(store_commit(store, true, &batch, &outcome, &why), -EPROTOTYPE);
        if (strstr(why.text, "credd_new") != NULL ||
            strstr(why.text, "DROP FOREIGN KEY financial_records_ibfk_") == NULL)
            fail_msg("%s", why.text);
    }
    change_list_done(&list);
    store_description_done(&world);
    store_free(store);
}

#define CONFORMANCE_REFUSE_TESTS                                 \
    CONFORMANCE_TEST(a_table_that_refuses_ends_the_batch),       \
        CONFORMANCE_TEST(a_key_or_a_parent_is_the_rows_fault),   \
        CONFORMANCE_TEST(a_move_that_is_refused_ends_the_batch), \
        CONFORMANCE_TEST(a_step_that_is_refused_ends_the_batch), \
        CONFORMANCE_TEST(a_refusal_names_the_living_tables)

#endif
