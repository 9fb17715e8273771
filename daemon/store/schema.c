#include "store/schema.h"

#include <string.h>

#define TEXT(column, size)                           \
    {                                                \
        (column), CELL_TEXT, "VARCHAR(" #size ")", 0 \
    }
#define LONG_TEXT(column)              \
    {                                  \
        (column), CELL_TEXT, "TEXT", 0 \
    }
#define INTEGER(column)                      \
    {                                        \
        (column), CELL_INTEGER, "INTEGER", 0 \
    }
#define DECIMAL(column, precision, digits)                                      \
    {                                                                           \
        (column), CELL_DECIMAL, "DECIMAL(" #precision "," #digits ")", (digits) \
    }
#define DATE(column)                   \
    {                                  \
        (column), CELL_DATE, "DATE", 0 \
    }
#define CREATED                                 \
    {                                           \
        "created_at", CELL_TIME, "TIMESTAMP", 0 \
    }

static const struct schema_column customers[] = {
    TEXT("customer_id", 50),
    TEXT("first_name", 50),
    TEXT("last_name", 50),
    TEXT("email", 100),
    TEXT("phone", 20),
    DATE("date_of_birth"),
    TEXT("ssn", 11),
    LONG_TEXT("address"),
    TEXT("city", 50),
    TEXT("state", 2),
    TEXT("zip_code", 10),
    TEXT("employment_type", 50),
    DECIMAL("annual_income", 12, 2),
    CREATED,
};

static const struct schema_column financial_records[] = {
    TEXT("record_id", 50),
    TEXT("customer_id", 50),
    TEXT("record_type", 50),
    DECIMAL("amount", 12, 2),
    LONG_TEXT("description"),
    DATE("record_date"),
    CREATED,
};

static const struct schema_column loan_applications[] = {
    TEXT("application_id", 50),
    TEXT("customer_id", 50),
    TEXT("loan_type", 50),
    DECIMAL("requested_amount", 12, 2),
    INTEGER("term_months"),
    TEXT("purpose", 100),
    TEXT("status", 20),
    DATE("application_date"),
    CREATED,
};

static const struct schema_column market_data[] = {
    TEXT("data_id", 50),   TEXT("data_type", 50), DECIMAL("value", 10, 4),
    DATE("date_recorded"), TEXT("source", 100),   CREATED,
};

static const struct schema_column credit_history[] = {
    TEXT("history_id", 50),
    TEXT("customer_id", 50),
    INTEGER("credit_score"),
    TEXT("payment_history", 50),
    DECIMAL("credit_utilization", 5, 2),
    DATE("record_date"),
    CREATED,
};

#define COUNT(columns) ((unsigned)(sizeof(columns) / sizeof((columns)[0])))

const struct schema_table schema_tables[SCHEMA_TABLES] = {
    {"customers", customers, COUNT(customers), -1, -1, 13},
    {"financial_records", financial_records, COUNT(financial_records), 1, -1, 6},
    {"loan_applications", loan_applications, COUNT(loan_applications), 1, 6, 8},
    {"market_data", market_data, COUNT(market_data), -1, -1, 5},
    {"credit_history", credit_history, COUNT(credit_history), 1, -1, 6},
};

static const struct schema_column status_columns[] = {
    TEXT("application_id", 50),
    TEXT("status", 20),
    {"at", CELL_TIME, "TIMESTAMP", 0},
};

const struct schema_table schema_status = {
    SCHEMA_STATUS, status_columns, COUNT(status_columns), -1, -1, 2};

static const struct schema_column change_columns[] = {
    TEXT("table_name", 40),  TEXT("row_key", 50), {"at", CELL_TIME, "TIMESTAMP", 0},
    TEXT("column_name", 40), LONG_TEXT("value"),
};

const struct schema_table schema_change = {
    SCHEMA_CHANGE, change_columns, COUNT(change_columns), -1, -1, 2};

struct schema_keys schema_keys(const struct schema_table *table)
{
    if (table == &schema_status)
        return (struct schema_keys){2, {0, 2}};
    if (table == &schema_change)
        return (struct schema_keys){3, {1, 2, 3}};
    return (struct schema_keys){1, {0}};
}

size_t schema_place(const char *name)
{
    size_t place = 0;
    while (place < SCHEMA_TABLES && strcmp(schema_tables[place].name, name) != 0)
        place++;
    return place;
}

const struct schema_table *schema_table(const char *name)
{
    size_t place = schema_place(name);
    return place < SCHEMA_TABLES ? &schema_tables[place] : NULL;
}

const struct schema_table *schema_readable(const char *name)
{
    return strcmp(name, SCHEMA_STATUS) == 0   ? &schema_status
           : strcmp(name, SCHEMA_CHANGE) == 0 ? &schema_change
                                              : schema_table(name);
}

/* An application asks for one person's rows or for one series' curve. Rows by time alone are found
 * by key, which sorts in time order within its table. */
const struct schema_index schema_indexes[SCHEMA_INDEXES] = {
    {"credd_records_of_customer", "financial_records", "customer_id, created_at"},
    {"credd_applications_of_customer", "loan_applications", "customer_id, created_at"},
    {"credd_history_of_customer", "credit_history", "customer_id, created_at"},
    {"credd_series", "market_data", "data_type, date_recorded"},
};

enum schema_age schema_age(const char *marks)
{
    static const struct {
        const char *marks;
        enum schema_age age;
    } ages[] = {
        {SCHEMA_MARKER "/" SCHEMA_VERSION, SCHEMA_CURRENT},
        {SCHEMA_MARKER_2 "/" SCHEMA_VERSION_2, SCHEMA_OLDER},
        {SCHEMA_MARKER_UPGRADING "/" SCHEMA_VERSION_2, SCHEMA_OLDER},
    };
    for (size_t i = 0; i < COUNT(ages); i++)
        if (strcmp(ages[i].marks, marks) == 0)
            return ages[i].age;
    return marks[0] == '/' ? SCHEMA_NONE : SCHEMA_OTHER;
}

const struct schema_own schema_meta = {
    SCHEMA_META,
    "name VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(256) NOT NULL",
};

/* Instants are seconds (at, watermark) or microseconds (…_us) since 1970; those of credd_status and
 * credd_change are for people and read like created_at; no two steps of one application have the
 * same, nor two changes of one value. */
const struct schema_own schema_own[SCHEMA_OWN] = {
    {SCHEMA_WORLD, "name VARCHAR(40) NOT NULL PRIMARY KEY, value VARCHAR(256) NOT NULL"},
    {SCHEMA_STREAM,
     "name VARCHAR(40) NOT NULL PRIMARY KEY, world_id VARCHAR(40) NOT NULL, "
     "generation BIGINT NOT NULL, watermark BIGINT NOT NULL, started SMALLINT NOT NULL, "
     "row_count BIGINT NOT NULL, skip_count BIGINT NOT NULL, not_before BIGINT NOT NULL, "
     "paused SMALLINT NOT NULL, paused_at BIGINT NOT NULL, paused_wall_us BIGINT NOT NULL, "
     "resumes_wall_us BIGINT NOT NULL, paused_by VARCHAR(40) NOT NULL, "
     "reason VARCHAR(256) NOT NULL"},
    {SCHEMA_ACT,
     "seq BIGINT NOT NULL PRIMARY KEY, world_id VARCHAR(40) NOT NULL, "
     "id VARCHAR(40) NOT NULL UNIQUE, kind VARCHAR(40) NOT NULL, at BIGINT NOT NULL, "
     "wall_us BIGINT NOT NULL, parameters VARCHAR(512) NOT NULL, uid BIGINT NOT NULL, "
     "pid BIGINT NOT NULL, user_name VARCHAR(40) NOT NULL, reason VARCHAR(256) NOT NULL"},
    {SCHEMA_GAP, "stream VARCHAR(40) NOT NULL, from_at BIGINT NOT NULL, until_at BIGINT NOT NULL, "
                 "seq BIGINT NOT NULL, PRIMARY KEY (stream, from_at, until_at)"},
    {SCHEMA_STATUS, "application_id VARCHAR(50) NOT NULL, status VARCHAR(20) NOT NULL, "
                    "at TIMESTAMP NOT NULL, PRIMARY KEY (application_id, at)"},
    {SCHEMA_CHANGE, "table_name VARCHAR(40) NOT NULL, row_key VARCHAR(50) NOT NULL, "
                    "at TIMESTAMP NOT NULL, column_name VARCHAR(40) NOT NULL, value TEXT, "
                    "PRIMARY KEY (row_key, at, column_name)"},
};
