/* store_conformance_types.h - conformance: columns of credd's of another type. What comes back as
 * it was written is written; what would come back changed ends the batch, though the database would
 * take it. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_TYPES_H
#define CREDD_TESTS_STORE_CONFORMANCE_TYPES_H

#include "store_conformance.h"

#define NOW "TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP"

/* Of a column whose definition begins with `was`, which is also what helps. */
static const struct type_case {
    const char *stream, *table, *column, *was;
    const char *mariadb, *sqlite; /* the type; NULL: not there */
    bool keeps;
} type_cases[] = {
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "DECIMAL(10,1)", NULL, false},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "INT", NULL, false},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "FLOAT", NULL, false},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "DOUBLE(20,2)", NULL, false},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "DOUBLE", "REAL", true},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "DECIMAL(30,6)", "NUMERIC", true},
    {"market_data", "market_data", "value", "DECIMAL(10,4)", "VARCHAR(20)", "TEXT", true},
    {"market_data", "market_data", "date_recorded", "DATE", "YEAR", NULL, false},
    {"market_data", "market_data", "date_recorded", "DATE", "TIME", NULL, false},
    {"market_data", "market_data", "date_recorded", "DATE", "DATETIME", "DATETIME", true},
    {"market_data", "market_data", "date_recorded", "DATE", "CHAR(10)", "INTEGER", true},
    {"market_data", "market_data", "created_at", NOW, "DATE NULL", NULL, false},
    {"market_data", "market_data", "created_at", NOW, "TIME NULL", NULL, false},
    {"market_data", "market_data", "created_at", "TIMESTAMP", "DATETIME(6) NULL", "TEXT", true},
    {"market_data", "market_data", "data_type", "VARCHAR(50)", "BINARY(60)", NULL, false},
    {"market_data", "market_data", "data_type", "VARCHAR(50)", "VARBINARY(60)", "BLOB", true},
    {"customers", "customers", "city", "VARCHAR(50)", "LONGTEXT", "CLOB", true},
    {"market_data", "market_data", "data_type", "VARCHAR(50)", "CHAR(60)", "INTEGER", true},
    {"market_data", "market_data", "data_type", "VARCHAR(50)", "ENUM('treasury_10y')", "", true},
    {"customers", "customers", "zip_code", "VARCHAR(10)", "INT", "INTEGER", false},
    {"customers", "customers", "zip_code", "VARCHAR(10)", "DECIMAL(9,0)", "STRING", false},
    {"customers", "customers", "zip_code", "VARCHAR(10)", "TINYTEXT", "TEXT", true},
    {"customers", "customers", "phone", "VARCHAR(20)", "VARCHAR(99)", "NUMERIC", true},
    {"loan_applications", "loan_applications", "term_months", "INTEGER", "YEAR", NULL, false},
    {"loan_applications", "loan_applications", "term_months", "INTEGER", "SMALLINT", "INT", true},
    {"loan_applications", "loan_applications", "term_months", "INTEGER", "FLOAT", "REAL", true},
    {"loan_applications", "credd_status", "at", "TIMESTAMP NOT NULL", "DATE NOT NULL", NULL, false},
    {"loan_applications", "credd_status", "at", "TIMESTAMP", "DATETIME NOT NULL", "TEXT", true},
};

static inline void retype(struct conformance *c, const struct type_case *one, const char *from,
                          const char *to)
{
    if (!c->sqlite)
        raw_own(c, mem_format("ALTER TABLE %s MODIFY %s %s", one->table, one->column, to));
    else
        raw_own(c, mem_format("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = "
                              "replace(sql, '%s %s', '%s %s') WHERE name = '%s'; PRAGMA "
                              "schema_version = %d; PRAGMA writable_schema = OFF",
                              one->column, from, one->column, to, one->table,
                              strcmp(from, one->was) == 0 ? 1000000 : 2000000));
}

static inline void add_row(struct change_list *list, const char *stream)
{
    if (strcmp(stream, "customers") == 0)
        add_customer(list, "K77");
    else if (strcmp(stream, "market_data") == 0)
        add_point(list, "P77", 12345678);
    else
        add_application(list, "L77", "K00", BASE);
}

/* What the row is read as: where nothing was altered, and then. */
static inline void retype_one(struct conformance *c, const struct type_case *one)
{
    struct store *store = store_with_world(c);
    struct store_outcome outcome = {.inserted = -1};
    struct change_list list = {0};
    struct fault why = {0};
    struct store_batch batch = a_batch("w1", one->stream, 0, BASE, &list);
    const char *type = c->sqlite ? one->sqlite : one->mariadb;
    if (strcmp(one->stream, "customers") == 0) {
        batch.started = true;
        batch.from.s = BASE;
        batch.to.s = BASE + 1;
    }
    retype(c, one, one->was, type);
    add_row(&list, one->stream);
    if (!one->keeps) {
        char *says = mem_format("the table %s rejects credd's rows: the column %s is ", one->table,
                                one->column);
        int rc = store_commit(store, false, &batch, &outcome, &why);
        if (rc != -EPROTOTYPE || strstr(why.text, says) == NULL ||
            strstr(why.text, one->was) == NULL)
            fail_msg("%s %s: %d %s", one->column, type, rc, why.text);
        free(says);
        retype(c, one, type, one->was);
    }
    assert_int_equal(commits(store, false, &batch, &list).inserted, 1);
    struct pages found = page_of(store, one->stream, NULL, 9, print_row);
    c->fresh(c->context);
    store_free(store);
    store = store_with_world(c);
    add_row(&list, one->stream);
    assert_int_equal(commits(store, false, &batch, &list).inserted, 1);
    struct pages expected = page_of(store, one->stream, NULL, 9, print_row);
    if (strcmp(found.text, expected.text) != 0)
        fail_msg("%s %s: %s", one->column, type, found.text);
    change_list_done(&list);
    store_free(store);
}

static void a_type_that_changes_values_ends_the_batch(void **state)
{
    struct conformance *c = conformance_of(state);
    for (size_t i = 0; i < sizeof type_cases / sizeof type_cases[0]; i++) {
        if (c->sqlite && type_cases[i].sqlite == NULL)
            continue;
        c->fresh(c->context);
        retype_one(c, &type_cases[i]);
    }
}

#define CONFORMANCE_TYPES_TESTS CONFORMANCE_TEST(a_type_that_changes_values_ends_the_batch)

#endif
