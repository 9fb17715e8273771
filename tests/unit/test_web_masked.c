/* What the page is shown: nothing by which a person, a server or an operator could be known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_checks.h"
#include "json/status.h"
#include "store/schema.h"
#include "web/masked.h"
#include "web/rows.h"

#define SECRET     "db7.acme.example"
#define PUT(field) (void)snprintf((field), sizeof(field), "%s", SECRET)

static char *shown(const struct summary *summary)
{
    json_t *json = status_json(summary);
    char *text = json_dumps(json, 0);
    json_decref(json);
    return text;
}

/* Each text of the summary that others may have written, in each state that its verdict may tell.
 */
static void no_name_comes_through(void **state)
{
    (void)state;
    for (int i = 0; i < 64; i++) {
        struct summary summary = {.has_world = true, .backend = "mariadb", .paused = i & 1};
        summary.database = i & 2 ? DATABASE_READY : DATABASE_REFUSED;
        summary.has_job = i & 4;
        summary.job = i & 8 ? JOB_RESET : JOB_ADVANCE;
        PUT(summary.reason);
        PUT(summary.paused_by);
        PUT(summary.database_detail);
        PUT(summary.waiting);
        PUT(summary.job_detail);
        for (unsigned s = 0; s < STREAM_COUNT; s++) {
            struct stream_summary *stream = &summary.streams[s];
            stream->name = stream_info((enum stream_id)s)->name;
            stream->started = stream->enabled = true;
            stream->paused = i & 16;
            PUT(stream->reason);
            PUT(stream->paused_by);
            if (i & 32)
                PUT(stream->obstacle);
        }
        masked(&summary);
        char *text = shown(&summary);
        if (strstr(text, SECRET) != NULL)
            fail_msg("%d: %s", i, text);
        if (i & 1)
            assert_non_null(strstr(text, "an operator"));
        free(text);
    }
}

static void what_nobody_wrote_stays_empty(void **state)
{
    struct summary summary = {.backend = "sqlite"};
    (void)state;
    for (unsigned s = 0; s < STREAM_COUNT; s++)
        summary.streams[s].name = stream_info((enum stream_id)s)->name;
    masked(&summary);
    char *text = shown(&summary);
    assert_null(strstr(text, "an operator"));
    assert_null(strstr(text, "credctl status"));
    free(text);
}

/* --- rows --- */

static json_t *row_of(const char *table, const char *key)
{
    const struct schema_table *schema = schema_readable(table);
    const char *names[20], *values[20];
    for (unsigned i = 0; i < schema->count; i++) {
        names[i] = schema->columns[i].name;
        values[i] = i == 0                                ? key
                    : strcmp(names[i], "created_at") == 0 ? "2026-08-14 10:35:12"
                                                          : names[i];
    }
    const struct news news = {
        .table = table, .names = names, .columns = schema->count, .rows = 1, .texts = values};
    return row_json(&news, 0);
}

static void people_are_not_to_be_known(void **state)
{
    static const char *const hidden[] = {"first_name", "last_name", "email",    "phone",
                                         "ssn",        "address",   "zip_code", "date_of_birth"};
    (void)state;
    json_t *row = row_of("customers", "CU-20260814103512-00000001");
    assert_non_null(row);
    for (size_t i = 0; i < COUNT(hidden); i++)
        assert_null(json_object_get(row, hidden[i]));
    assert_string_equal(json_string_value(json_object_get(row, "city")), "city");
    assert_string_equal(json_string_value(json_object_get(row, "at")), "2026-08-14T10:35:12Z");
    json_decref(row);
}

static void only_what_credd_made_is_shown(void **state)
{
    (void)state;
    assert_null(row_of("customers", "C-1"));
    assert_null(row_of("loan_applications", "CU-20260814103512-00000001"));
    assert_null(row_of("credd_status", "17"));
    json_t *row = row_of("credd_status", "LA-20260814103512-00000001-00");
    assert_non_null(row);
    json_decref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_name_comes_through),
        cmocka_unit_test(what_nobody_wrote_stays_empty),
        cmocka_unit_test(people_are_not_to_be_known),
        cmocka_unit_test(only_what_credd_made_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
