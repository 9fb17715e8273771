/* io.systemd.Metrics on the control socket: each family is described, each sample is of a family.
 */
#include "control/interface.h"
#include "control/metrics_calls.h"
#include "control_wire.h"
#include "metrics/metrics.h"

#define METRICS(method, rest) "{\"method\":\"io.systemd.Metrics." method "\"" rest "}"
#define MORE                  ",\"more\":true"

/* The replies to a call that wants more: all but the last say that another follows. To be
 * released. */
static json_t *replies(const char *call)
{
    json_t *all = json_array(), *one;
    bool follows = true;
    say(call);
    while (follows && (one = reply()) != NULL) {
        follows = json_is_true(json_object_get(one, "continues"));
        (void)json_array_append(all, json_object_get(one, "parameters"));
        json_decref(one);
    }
    assert_false(follows);
    assert_null(reply());
    return all;
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

/* A family's description, or NULL. */
static const json_t *family(const json_t *families, const char *name)
{
    for (size_t i = 0; i < json_array_size(families); i++)
        if (strcmp(text(json_array_get(families, i), "name"), name) == 0)
            return json_array_get(families, i);
    return NULL;
}

static void put_world(void)
{
    fake.report.has_world = true;
    (void)snprintf(fake.report.world_id, sizeof fake.report.world_id, "w-1");
    fake.report.world_now.s = 1786703712;
    fake.report.speed = 2500000;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        fake.report.streams[i].started = true;
        fake.report.streams[i].watermark.s = 1786703000 + i;
        fake.report.counters.rows[i] = 10 + i;
    }
    fake.report.counters.skipped[STREAM_MARKET_DATA][SKIP_ROW_REFUSED] = 3;
}

static void each_family_is_described_once(void **state)
{
    size_t count;
    const struct metric *table = metrics_table(&count);
    json_t *families = replies(METRICS("Describe", MORE));
    (void)state;
    for (size_t i = 0; i < json_array_size(families); i++) {
        const json_t *one = json_array_get(families, i);
        assert_ptr_equal(family(families, text(one, "name")), one);
        assert_memory_equal(text(one, "name"), METRICS_PREFIX ".", strlen(METRICS_PREFIX "."));
        assert_true(strlen(text(one, "description")) > 20);
        assert_int_equal(json_object_size(one), 3);
    }
    for (size_t i = 0; i < count; i++) {
        char name[96];
        bool gauge = table[i].type == METRIC_GAUGE, counter = table[i].type == METRIC_COUNTER;
        (void)snprintf(name, sizeof name, METRICS_PREFIX ".%s%s", table[i].name,
                       gauge     ? ""
                       : counter ? "_total"
                                 : "_bucket");
        assert_string_equal(text(family(families, name), "type"), gauge ? "gauge" : "counter");
        assert_string_equal(text(family(families, name), "description"), table[i].help);
    }
    json_decref(families);
}

static void each_sample_is_of_a_family(void **state)
{
    put_world();
    json_t *families = replies(METRICS("Describe", MORE));
    json_t *samples = replies(METRICS("List", MORE));
    (void)state;
    assert_true(json_array_size(samples) > 100);
    for (size_t i = 0; i < json_array_size(samples); i++) {
        const json_t *one = json_array_get(samples, i);
        const json_t *fields = json_object_get(one, "fields");
        const char *key;
        json_t *value;
        assert_non_null(family(families, text(one, "name")));
        assert_true(json_is_number(json_object_get(one, "value")));
        json_object_foreach((json_t *)fields, key, value) assert_true(json_is_string(value));
    }
    json_decref(samples);
    json_decref(families);
}

static void expect_sample(const json_t *samples, const char *wanted)
{
    json_t *wants = json_loads(wanted, 0, NULL);
    bool found = false;
    assert_non_null(wants);
    for (size_t i = 0; i < json_array_size(samples) && !found; i++)
        found = json_equal(json_array_get(samples, i), wants);
    json_decref(wants);
    if (!found)
        fail_msg("there is no %s", wanted);
}

static void values_are_those_of_the_summary(void **state)
{
    put_world();
    json_t *samples = replies(METRICS("List", MORE));
    (void)state;
    expect_sample(samples, "{\"name\":\"io.credd.world_timestamp_seconds\",\"value\":1786703712}");
    expect_sample(samples, "{\"name\":\"io.credd.world_speed_ratio\",\"value\":2.5}");
    expect_sample(samples,
                  "{\"name\":\"io.credd.rows_total\",\"object\":\"customers\",\"value\":10}");
    expect_sample(samples, "{\"name\":\"io.credd.rows_skipped_total\",\"object\":\"market_data\","
                           "\"fields\":{\"reason\":\"row_refused\"},\"value\":3}");
    expect_sample(samples, "{\"name\":\"io.credd.verdict\",\"fields\":{\"verdict\":\"behind\"},"
                           "\"value\":0}");
    expect_sample(samples, "{\"name\":\"io.credd.batch_duration_seconds_bucket\",\"fields\":{"
                           "\"le\":\"+Inf\"},\"value\":0}");
    assert_int_equal(fake.asks, 0);
    json_decref(samples);
}

static void without_more_there_is_nothing(void **state)
{
    (void)state;
    say(METRICS("List", ""));
    expect("{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}");
    say(METRICS("Describe", ""));
    expect_error("org.varlink.service.ExpectedMore");
    say(METRICS("Nope", MORE));
    expect("{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":"
           "\"io.systemd.Metrics.Nope\"}}");
    say(METRICS("List", MORE ",\"parameters\":{\"pattern\":\"*\"}"));
    expect_error("org.varlink.service.InvalidParameter");
    say(METRICS("List", ",\"upgrade\":true"));
    expect_error("org.varlink.service.MethodNotImplemented");
}

/* Whoever watches the daemon is answered, however many streams the same user reads. */
static void readers_may_ask_whatever_else_is_open(void **state)
{
    static const struct peer same = {.uid = 1000};
    (void)state;
    connection_free(connection);
    (void)close(peer_fd);
    open_as(CREDD_ACCESS_READ);
    for (other_count = 0; other_count < CREDD_STREAMS_UID; other_count++)
        others[other_count] = (struct limits_open){&same, LIMITS_STREAM};
    json_t *samples = replies(METRICS("List", MORE));
    assert_true(json_array_size(samples) > 50);
    json_decref(samples);
}

static void the_definition_is_that_of_systemd(void **state)
{
    static const char *const parts[] = {
        "\ninterface io.systemd.Metrics\n",
        "\ntype MetricFamilyType (counter, gauge, string)\n",
        "\nmethod List() -> (name: string, value: any, object: ?string, fields: ?object)\n",
        "\nmethod Describe() -> (name: string, description: string, type: MetricFamilyType)\n",
        "\nerror NoSuchMetric ()\n",
    };
    char *definition = interface_description(METRICS_INTERFACE);
    (void)state;
    assert_non_null(definition);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_non_null(strstr(definition, parts[i]));
    free(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_family_is_described_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_sample_is_of_a_family, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_those_of_the_summary, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_more_there_is_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(readers_may_ask_whatever_else_is_open, set_up, tear_down),
        cmocka_unit_test(the_definition_is_that_of_systemd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
