#include "web/rows.h"

#include <stdbool.h>
#include <string.h>

#include "json/text.h"
#include "store/schema.h"
#include "world/world.h"

#define SHOWN_MAX 6

static const struct shown {
    const char *table;
    enum stream_id stream; /* whose keys its rows have */
    unsigned key;          /* the column that has it */
    const char *columns[SHOWN_MAX];
} shown[] = {
    {"customers", STREAM_CUSTOMERS, 0, {"city", "state", "employment_type", "annual_income"}},
    {"financial_records", STREAM_FINANCIAL_RECORDS, 0, {"record_type", "amount", "description"}},
    {"loan_applications",
     STREAM_LOAN_APPLICATIONS,
     0,
     {"loan_type", "requested_amount", "term_months", "purpose", "status"}},
    {"market_data", STREAM_MARKET_DATA, 0, {"data_type", "value", "date_recorded"}},
    {"credit_history",
     STREAM_CREDIT_HISTORY,
     0,
     {"credit_score", "payment_history", "credit_utilization"}},
    {SCHEMA_STATUS, STREAM_LOAN_APPLICATIONS, 0, {"status"}},
    {SCHEMA_CHANGE, STREAM_CUSTOMERS, 1, {"column_name", "value"}},
};
/* What is told of the values of a change; a change of place is its city. */
static const char *const told[] = {"city", "employment_type", "annual_income"};
#define CHANGE_COLUMN 3

static const struct shown *find_shown(const char *table)
{
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        if (strcmp(shown[i].table, table) == 0)
            return &shown[i];
    return NULL;
}

static bool is_shown(const struct shown *of, const char *column)
{
    for (size_t i = 0; i < SHOWN_MAX && of->columns[i] != NULL; i++)
        if (strcmp(of->columns[i], column) == 0)
            return true;
    return false;
}

static bool is_told(const struct shown *of, const char *const *values)
{
    if (strcmp(of->table, SCHEMA_CHANGE) != 0)
        return true;
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (values[CHANGE_COLUMN] != NULL && strcmp(values[CHANGE_COLUMN], told[i]) == 0)
            return true;
    return false;
}

/* "2026-08-14 10:35:12" as RFC 3339 says it. */
static json_t *instant_json(const char *value)
{
    if (strlen(value) != 19 || value[10] != ' ')
        return json_null();
    return json_sprintf("%.10sT%.8sZ", value, value + 11);
}

json_t *row_json(const struct news *news, size_t row)
{
    const struct shown *of = find_shown(news->table);
    const char *const *values = &news->texts[row * news->columns];
    const char *key = of != NULL && news->columns > of->key ? values[of->key] : NULL;
    if (key == NULL || !stream_owns_key(of->stream, key, strlen(key)) || !is_told(of, values))
        return NULL;
    json_t *json = json_object();
    (void)json_object_set_new(json, "table", text_json(news->table));
    (void)json_object_set_new(json, "key", text_json(key));
    for (unsigned i = 1; i < news->columns; i++) {
        bool instant =
            strcmp(news->names[i], "created_at") == 0 || strcmp(news->names[i], "at") == 0;
        if (instant && values[i] != NULL)
            (void)json_object_set_new(json, "at", instant_json(values[i]));
        else if (is_shown(of, news->names[i]))
            (void)json_object_set_new(json, news->names[i], text_json(values[i]));
    }
    return json;
}
