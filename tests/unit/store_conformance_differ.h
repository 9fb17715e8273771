/* store_conformance_differ.h - conformance: what is other in the tables than credd makes them, and
 * what of it is in the way of adopting them. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_DIFFER_H
#define CREDD_TESTS_STORE_CONFORMANCE_DIFFER_H

#include "store_conformance.h"
#include "store_conformance_fill.h"

/* A line for each: "customers.city blocks: is missing". */
struct told {
    char text[4096];
    unsigned blocks;
};

static inline int tell_difference(void *context, const struct store_difference *difference)
{
    struct told *told = context;
    size_t used = strlen(told->text);
    if (difference->rows)
        return 0;
    told->blocks += difference->blocks ? 1 : 0;
    (void)snprintf(told->text + used, sizeof told->text - used, "%s.%s%s: %s\n", difference->table,
                   difference->part, difference->blocks ? " blocks" : "", difference->text);
    return 0;
}

static inline struct told differences_of(struct store *store, const struct fill *fills)
{
    struct told told = {.text = ""};
    works(store_differences(store, fills, tell_difference, &told, &fault));
    return told;
}

static void a_world_of_credds_own_differs_in_nothing(void **state)
{
    struct store *store = store_with_world(conformance_of(state));
    assert_string_equal(differences_of(store, NULL).text, "");
    store_free(store);
}

/* Done to a world's tables; with what is told then. */
static const struct difference_case {
    const char *mariadb, *sqlite; /* NULL: not there */
    const char *says;
} difference_cases[] = {
    {"ALTER TABLE customers ADD tenant INT", "ALTER TABLE customers ADD COLUMN tenant INT",
     "customers.tenant: was added: "},
    {"ALTER TABLE customers ADD tenant INT NOT NULL DEFAULT 7",
     "ALTER TABLE customers ADD COLUMN tenant INT NOT NULL DEFAULT 7", ", with the default 7\n"},
    {"ALTER TABLE customers ADD tenant INT NOT NULL", NULL,
     "customers.tenant blocks: must have a value and has no default: give it one, or a constant "
     "with fill = tenant:... in the section [table customers] of credd's configuration\n"},
    {"ALTER TABLE credd_status ADD tenant INT NOT NULL",
     "DROP TABLE credd_status; CREATE TABLE credd_status (application_id VARCHAR(50) NOT NULL, "
     "status VARCHAR(20) NOT NULL, at TIMESTAMP NOT NULL, tenant INT NOT NULL, PRIMARY KEY "
     "(application_id, at))",
     "credd_status.tenant blocks: must have a value and has no default: give it one\n"},
    {"ALTER TABLE market_data DROP PRIMARY KEY, ADD UNIQUE (data_id), ADD id BIGINT AUTO_INCREMENT "
     "PRIMARY KEY",
     "DROP TABLE market_data; CREATE TABLE market_data (id integer NOT NULL PRIMARY KEY "
     "AUTOINCREMENT, data_id VARCHAR(50) UNIQUE, data_type VARCHAR(50), value DECIMAL(10,4), "
     "date_recorded DATE, source VARCHAR(100), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
     ", numbered\n"},
    {"ALTER TABLE customers ADD tenant INT AS (7)",
     "ALTER TABLE customers ADD COLUMN tenant INT AS (7)",
     "customers.tenant: was added: generated"},
    {"ALTER TABLE market_data ENGINE = MyISAM", NULL,
     "market_data. blocks: is not of the engine InnoDB"},
    {"ALTER TABLE customers DROP COLUMN phone", "ALTER TABLE customers DROP COLUMN phone",
     "customers.phone blocks: is missing; credd's is VARCHAR(20)\n"},
    {"ALTER TABLE customers MODIFY phone VARCHAR(19)", NULL,
     "customers.phone blocks: is varchar(19) where credd has VARCHAR(20)\n"},
    {"ALTER TABLE customers MODIFY phone VARCHAR(21)", NULL,
     "customers.phone: is varchar(21) where credd has VARCHAR(20)\n"},
    {"ALTER TABLE customers MODIFY phone TEXT", NULL,
     "customers.phone: is text where credd has VARCHAR(20)\n"},
    {"ALTER TABLE market_data MODIFY source INT", NULL, "market_data.source blocks: is int"},
    {"ALTER TABLE customers MODIFY address VARCHAR(200)", NULL, "customers.address blocks: is"},
    {"ALTER TABLE customers MODIFY address LONGTEXT", NULL, "customers.address: is longtext"},
    {"ALTER TABLE customers MODIFY annual_income DECIMAL(14,4)", NULL,
     "customers.annual_income: is decimal(14,4) where credd has DECIMAL(12,2)\n"},
    {"ALTER TABLE customers MODIFY annual_income DECIMAL(12,3)", NULL,
     "customers.annual_income blocks: is decimal(12,3)"},
    {"ALTER TABLE customers MODIFY annual_income DOUBLE", NULL, "annual_income blocks: is double"},
    {"ALTER TABLE loan_applications MODIFY term_months BIGINT", NULL,
     "loan_applications.term_months: is bigint"},
    {"ALTER TABLE loan_applications MODIFY term_months SMALLINT", NULL,
     "loan_applications.term_months blocks: is smallint"},
    {"ALTER TABLE loan_applications MODIFY created_at DATETIME", NULL,
     "loan_applications.created_at: is datetime"},
    {"ALTER TABLE loan_applications MODIFY created_at TIMESTAMP(6) NULL", NULL,
     "loan_applications.created_at: is timestamp(6) where credd has TIMESTAMP"},
    {"ALTER TABLE customers MODIFY date_of_birth DATETIME", NULL,
     "customers.date_of_birth: is datetime where credd has DATE"},
    {"ALTER TABLE financial_records MODIFY record_date TIMESTAMP NULL", NULL,
     "financial_records.record_date blocks: is timestamp"},
    {"ALTER TABLE loan_applications MODIFY created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON "
     "UPDATE CURRENT_TIMESTAMP",
     NULL, "loan_applications.created_at blocks: changes whenever its row is changed\n"},
    {"ALTER TABLE customers MODIFY city VARCHAR(50) NOT NULL DEFAULT 'x'", NULL,
     "customers.city: must have a value; credd's may be NULL\n"},
    {"ALTER TABLE customers ALTER city SET DEFAULT 'x'", NULL,
     "customers.city: has the default 'x'; credd's has none\n"},
    {"CREATE INDEX theirs ON customers (city, state)",
     "CREATE INDEX theirs ON customers (city, state)",
     "customers.theirs: was added: an index on (city, state)\n"},
    {"CREATE UNIQUE INDEX theirs ON customers (email, customer_id)",
     "CREATE UNIQUE INDEX theirs ON customers (email, customer_id)",
     "customers.theirs: was added: a UNIQUE index on (email, customer_id)\n"},
    {"DROP INDEX credd_series ON market_data", "DROP INDEX credd_series",
     "market_data.credd_series: is missing: an index on (data_type, date_recorded)\n"},
    {"ALTER TABLE customers ADD CONSTRAINT theirs CHECK (city <> 'x')", NULL,
     "customers.theirs: was added: a CHECK\n"},
    {"ALTER TABLE credd_status ADD note INT", "ALTER TABLE credd_status ADD COLUMN note INT",
     "credd_status.note: was added: "},
    {NULL, "CREATE TRIGGER theirs AFTER INSERT ON customers BEGIN SELECT 1; END",
     "customers.theirs: was added: a trigger\n"},
    {"CREATE TRIGGER theirs AFTER INSERT ON customers FOR EACH ROW SET @x = 1", NULL,
     ". blocks: foreign keys or triggers that credd did not make are in the way of a new world: "},
    {"CREATE TABLE orders (customer_id VARCHAR(50), FOREIGN KEY (customer_id) REFERENCES customers "
     "(customer_id))",
     "CREATE TABLE orders (customer_id VARCHAR(50) REFERENCES customers (customer_id))",
     ". blocks: foreign keys "},
    {"ALTER TABLE market_data ADD theirs VARCHAR(50), ADD FOREIGN KEY (theirs) REFERENCES "
     "customers "
     "(customer_id)",
     "ALTER TABLE market_data ADD COLUMN theirs VARCHAR(50) REFERENCES customers (customer_id)",
     ": was added: a foreign key from (theirs) to customers\n"},
};

static void what_differs_is_told(void **state)
{
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof difference_cases / sizeof difference_cases[0]; i++) {
        const char *sql = c->sqlite ? difference_cases[i].sqlite : difference_cases[i].mariadb;
        if (sql == NULL)
            continue;
        c->fresh(c->context);
        struct store *store = store_with_world(c);
        raw(c, sql);
        struct told told = differences_of(store, NULL);
        if (strstr(told.text, difference_cases[i].says) == NULL)
            fail_msg("%s: '%s' is not in: %s", sql, difference_cases[i].says, told.text);
        store_free(store);
    }
}

static void what_is_filled_is_told(void **state)
{
    struct conformance *c = conformance_of(state);
    struct store *store = store_with_world(c);
    const struct fill fills[SCHEMA_TABLES] = {a_fill("tenant:'x', other:7")};
    raw(c, c->sqlite ? "ALTER TABLE customers ADD COLUMN tenant TEXT NOT NULL DEFAULT 'y'"
                     : "ALTER TABLE customers ADD COLUMN tenant TEXT NOT NULL");
    struct told told = differences_of(store, fills);
    assert_int_equal(told.blocks, 0);
    assert_non_null(strstr(told.text, "filled with 'x'\n"));
    assert_non_null(strstr(told.text, "customers.other: is not there, and fill in the section "
                                      "[table customers] of the configuration names it: rows are "
                                      "written without it\n"));
    store_free(store);
}

/* --- adopting --- */

/* In another order, wider, with every kind of column that needs no word of credd's. */
static const char *const adoptable[] = {
    "CREATE TABLE customers (tenant INT NOT NULL DEFAULT 7, created_at TIMESTAMP DEFAULT "
    "CURRENT_TIMESTAMP, customer_id VARCHAR(60) PRIMARY KEY, first_name VARCHAR(100), last_name "
    "VARCHAR(50), full_name VARCHAR(200) AS (first_name), email VARCHAR(100), phone VARCHAR(20), "
    "date_of_birth DATE, ssn VARCHAR(11), address TEXT, city VARCHAR(50), state VARCHAR(2), "
    "zip_code VARCHAR(10), employment_type TEXT, annual_income DECIMAL(20,4), note VARCHAR(9))",
    "CREATE TABLE financial_records (record_id VARCHAR(50) PRIMARY KEY, customer_id VARCHAR(60), "
    "company INT NOT NULL, record_type VARCHAR(50), amount DECIMAL(12,2), description TEXT, "
    "record_date DATE, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
    "CREATE INDEX theirs ON customers (city)",
};

static void tables_that_were_added_to_are_adopted(void **state)
{
    struct conformance *c = conformance_of(state);
    struct change_list list = {0};
    const struct fill fills[SCHEMA_TABLES] = {[1] = a_fill("company:8")};
    for (size_t i = 0; i < sizeof adoptable / sizeof adoptable[0]; i++)
        raw(c, adoptable[i]);
    struct store *store = connected_store(c);
    assert_int_equal(differences_of(store, NULL).blocks, 1);
    refuses(store_adopt(store, NULL, &fault), -EPERM);
    assert_int_equal(differences_of(store, fills).blocks, 0);
    assert_int_equal(kind_of(store), STORE_FOREIGN);
    works(store_adopt(store, fills, &fault));
    build(store, "w1", "", 2);
    works(store_sweep(store, &fault));
    assert_answer(c, "SELECT COUNT(*) FROM customers WHERE tenant = 7 AND full_name = 'Ann'", "2");
    add_record(&list, "R0", "K00", 100);
    add_record(&list, "R1", "nobody", 100);
    struct store_batch batch = a_batch("w1", "financial_records", 0, BASE, &list);
    batch.fill = &fills[1];
    struct store_outcome outcome = commits(store, false, &batch, &list);
    assert_int_equal(outcome.inserted, 1);
    assert_int_equal(outcome.skipped, 1);
    assert_answer(c, "SELECT company FROM financial_records", "8");
    struct told told = differences_of(store, fills);
    assert_int_equal(told.blocks, 0);
    assert_non_null(strstr(told.text, "customers.theirs: was added: an index on (city)\n"));
    assert_null(strstr(told.text, "is missing"));
    change_list_done(&list);
    store_free(store);
}

/* All of it is told by the check, and the first by who is refused; neither leaves a trace. */
static void all_that_is_in_the_way_is_told(void **state)
{
    struct conformance *c = conformance_of(state);
    struct fault fault = {0};
    raw(c, "CREATE TABLE customers (id INTEGER PRIMARY KEY, customer_id INT NOT NULL)");
    raw(c, "CREATE TABLE market_data (data_id VARCHAR(50) PRIMARY KEY, data_type VARCHAR(50), "
           "value DECIMAL(10,4), date_recorded DATE, tenant INT NOT NULL, created_at TIMESTAMP "
           "DEFAULT CURRENT_TIMESTAMP)");
    raw(c, "CREATE VIEW credit_history AS SELECT 1");
    struct store *store = connected_store(c);
    struct told told = differences_of(store, NULL);
    static const char *const says[] = {
        "customers.customer_id blocks: is int",
        "customers.email blocks: is missing",
        "customers.customer_id blocks: is not the PRIMARY KEY, nor does an index begin with it",
        "market_data.tenant blocks: must have a value",
        "market_data.source blocks: is missing; credd's is VARCHAR(100)",
        "credit_history. blocks: is a view, not a table",
    };
    for (size_t i = 0; i < sizeof says / sizeof says[0]; i++)
        if (strcasestr(told.text, says[i]) == NULL)
            fail_msg("'%s' is not in: %s", says[i], told.text);
    assert_int_equal(store_adopt(store, NULL, &fault), -EPERM);
    if (strstr(fault.text, "cannot be adopted: customers.customer_id ") == NULL ||
        strstr(fault.text, " more; 'credctl adopt --check' tells all of it") == NULL)
        fail_msg("%s", fault.text);
    assert_no_table(c, "credd_meta");
    store_free(store);
}

#define CONFORMANCE_DIFFER_TESTS                                                          \
    CONFORMANCE_TEST(a_world_of_credds_own_differs_in_nothing),                           \
        CONFORMANCE_TEST(what_differs_is_told), CONFORMANCE_TEST(what_is_filled_is_told), \
        CONFORMANCE_TEST(tables_that_were_added_to_are_adopted),                          \
        CONFORMANCE_TEST(all_that_is_in_the_way_is_told)

#endif
