/* The table of metrics and the samples that a summary gives. */
#include <ctype.h>

#include "metrics_checks.h"

#define SAMPLES_MAX 600

struct seen {
    char name[80], labels[160];
    int64_t number;
    bool millionths;
};

struct gathering {
    const struct metric *metric;
    size_t count;
    struct seen samples[SAMPLES_MAX];
};

static void gather(void *context, const struct metric_sample *sample)
{
    struct gathering *all = context;
    assert_true(all->count < SAMPLES_MAX);
    struct seen *seen = &all->samples[all->count++];
    *seen = (struct seen){.number = sample->number, .millionths = sample->millionths};
    (void)snprintf(seen->name, sizeof seen->name, "%s%s", all->metric->name, sample->suffix);
    for (unsigned i = 0; i < sample->label_count; i++) {
        size_t used = strlen(seen->labels);
        assert_non_null(sample->labels[i].value);
        (void)snprintf(seen->labels + used, sizeof seen->labels - used, "%s%s=%s", i > 0 ? "," : "",
                       sample->labels[i].name, sample->labels[i].value);
    }
}

/* To be freed. */
static struct gathering *gather_all(const struct summary *is)
{
    struct gathering *all = MEM_NEW(struct gathering);
    size_t count;
    const struct metric *table = metrics_table(&count);
    for (size_t i = 0; i < count; i++) {
        all->metric = &table[i];
        metrics_visit(&table[i], is, gather, all);
    }
    return all;
}

static const struct seen *find(const struct gathering *all, const char *name, const char *labels)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->samples[i].name, name) == 0 && strcmp(all->samples[i].labels, labels) == 0)
            return &all->samples[i];
    return NULL;
}

static int64_t number(const struct gathering *all, const char *name, const char *labels)
{
    const struct seen *seen = find(all, name, labels);
    if (seen == NULL)
        fail_msg("there is no %s{%s}", name, labels);
    return seen != NULL ? seen->number : -1;
}

static bool ends(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length > size + 1 && text[length - size - 1] == '_' &&
           strcmp(text + length - size, end) == 0;
}

static void check_name(const char *name)
{
    assert_true(islower((unsigned char)name[0]));
    for (const char *at = name; *at != '\0'; at++)
        assert_true(islower((unsigned char)*at) || *at == '_');
}

static void every_metric_is_named_as_prometheus_wants_it(void **state)
{
    size_t count;
    const struct metric *table = metrics_table(&count);
    (void)state;
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        const struct metric *metric = &table[i];
        size_t help = strlen(metric->help);
        check_name(metric->name);
        assert_false(ends(metric->name, "total") || ends(metric->name, "count"));
        assert_true(metric->unit[0] == '\0' || ends(metric->name, metric->unit));
        assert_true(metric->unit[0] != '\0' ||
                    !(ends(metric->name, "seconds") || ends(metric->name, "ratio")));
        assert_true(help > 20 && metric->help[help - 1] == '.');
        for (unsigned k = 0; k < 2 && metric_label_name(metric, k) != NULL; k++)
            check_name(metric_label_name(metric, k));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(metric->name, table[k].name);
    }
}

static void every_metric_has_samples_and_no_two_are_one(void **state)
{
    struct summary *is = full_summary();
    struct gathering *all = gather_all(is);
    size_t count;
    const struct metric *table = metrics_table(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct gathering *one = MEM_NEW(struct gathering);
        one->metric = &table[i];
        metrics_visit(&table[i], is, gather, one);
        if (one->count == 0)
            fail_msg("%s has no samples", table[i].name);
        free(one);
    }
    for (size_t i = 0; i < all->count; i++)
        assert_ptr_equal(find(all, all->samples[i].name, all->samples[i].labels), &all->samples[i]);
    free(all);
    free(is);
}

static void values_are_those_of_the_summary(void **state)
{
    struct summary *is = full_summary();
    is->streams[STREAM_MARKET_DATA].overdue = true;
    struct gathering *all = gather_all(is);
    (void)state;
    assert_int_equal(number(all, "up", ""), 1);
    assert_int_equal(number(all, "build_info", "version=" CREDD_VERSION), 1);
    assert_int_equal(number(all, "world_info", "world=w-1"), 1);
    assert_int_equal(number(all, "world_timestamp_seconds", ""), NOW_S);
    assert_int_equal(number(all, "world_origin_timestamp_seconds", ""), NOW_S - 86400);
    assert_int_equal(number(all, "job_running", "kind=advance"), 1);
    assert_int_equal(number(all, "job_running", "kind=reset"), 0);
    assert_int_equal(number(all, "job_progress_ratio", "kind=advance"), 333333);
    assert_true(find(all, "job_progress_ratio", "kind=advance")->millionths);
    assert_null(find(all, "job_progress_ratio", "kind=tick"));
    assert_int_equal(number(all, "stream_tempo_ratio", "stream=customers"), 1500000);
    assert_int_equal(number(all, "stream_overdue", "stream=market_data"), 1);
    assert_int_equal(number(all, "stream_overdue", "stream=customers"), 0);
    assert_int_equal(number(all, "stream_next_due_timestamp_seconds", "stream=customers"),
                     NOW_S + 30);
    assert_int_equal(number(all, "stream_written_to_timestamp_seconds", "stream=customers"),
                     NOW_S - 60);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        char labels[80];
        (void)snprintf(labels, sizeof labels, "stream=%s", stream_info((enum stream_id)i)->name);
        assert_int_equal(number(all, "rows_total", labels), 7 + i);
        assert_int_equal(number(all, "stream_rows", labels), 1000 + i);
        assert_int_equal(number(all, "stream_newest_row_timestamp_seconds", labels),
                         NOW_S - 70 - i);
        (void)snprintf(labels, sizeof labels, "stream=%s,reason=status_changed",
                       stream_info((enum stream_id)i)->name);
        assert_int_equal(number(all, "rows_skipped_total", labels), i);
    }
    free(all);
    free(is);
}

/* Where nothing is known nothing is claimed: a timestamp of 0 would be 1970. */
static void without_a_world_there_are_no_timestamps(void **state)
{
    struct summary *is = MEM_NEW(struct summary);
    is->verdict = VERDICT_NOT_READY;
    struct gathering *all = gather_all(is);
    (void)state;
    assert_int_equal(number(all, "up", ""), 0);
    assert_int_equal(number(all, "database_state", "state=connecting"), 1);
    assert_int_equal(number(all, "rows_total", "stream=customers"), 0);
    for (size_t i = 0; i < all->count; i++)
        if (strstr(all->samples[i].name, "timestamp") != NULL)
            fail_msg("%s is given", all->samples[i].name);
    assert_null(find(all, "stream_overdue", "stream=customers"));
    free(all);
    free(is);
}

static unsigned ones(const struct gathering *all, const char *name, const char *label, char set[40])
{
    unsigned found = 0;
    for (size_t i = 0; i < all->count; i++) {
        const struct seen *seen = &all->samples[i];
        if (strcmp(seen->name, name) != 0 || seen->number == 0)
            continue;
        assert_int_equal(seen->number, 1);
        assert_memory_equal(seen->labels, label, strlen(label));
        (void)snprintf(set, 40, "%s", seen->labels + strlen(label));
        found++;
    }
    return found;
}

static void of_states_exactly_one_is_set(void **state)
{
    struct summary *is = full_summary();
    char set[40];
    (void)state;
    for (int i = 0; i < DATABASE_STATES; i++) {
        is->database = (enum database_state)i;
        is->verdict = (enum verdict)(i % VERDICTS);
        struct gathering *all = gather_all(is);
        assert_int_equal(ones(all, "database_state", "state=", set), 1);
        assert_string_equal(set, database_state_name(is->database));
        assert_int_equal(ones(all, "verdict", "verdict=", set), 1);
        free(all);
    }
    free(is);
}

static void a_histogram_adds_up(void **state)
{
    struct summary *is = full_summary();
    static const int64_t took_us[] = {0, 1000, 1001, 30000000, 30000001, -5};
    is->counters.batches = (struct histogram){0};
    for (size_t i = 0; i < COUNT(took_us); i++)
        histogram_note(&is->counters.batches, counters_batch_bounds_us, took_us[i]);
    struct gathering *all = gather_all(is);
    (void)state;
    assert_int_equal(number(all, "batch_duration_seconds_bucket", "le=0.001"), 3);
    assert_int_equal(number(all, "batch_duration_seconds_bucket", "le=0.0025"), 4);
    assert_int_equal(number(all, "batch_duration_seconds_bucket", "le=5.0"), 4);
    assert_int_equal(number(all, "batch_duration_seconds_bucket", "le=30.0"), 5);
    assert_int_equal(number(all, "batch_duration_seconds_bucket", "le=+Inf"), 6);
    assert_int_equal(number(all, "batch_duration_seconds_count", ""), 6);
    assert_int_equal(number(all, "batch_duration_seconds_sum", ""), 60002002);
    assert_true(find(all, "batch_duration_seconds_sum", "")->millionths);
    assert_int_equal(number(all, "commit_delay_seconds_bucket", "stream=market_data,le=86400.0"),
                     1);
    free(all);
    free(is);
}

/* What counts is the daemon's, not the world's. */
static void a_reset_lowers_no_counter(void **state)
{
    struct summary *is = full_summary();
    struct gathering *before = gather_all(is);
    (void)state;
    (void)snprintf(is->world_id, sizeof is->world_id, "w-2");
    is->settings.origin = is->world_now;
    memset(is->streams, 0, sizeof is->streams);
    struct gathering *after = gather_all(is);
    for (size_t i = 0; i < before->count; i++) {
        const struct seen *was = &before->samples[i];
        if (strstr(was->name, "_total") != NULL || strstr(was->name, "_bucket") != NULL)
            assert_int_equal(number(after, was->name, was->labels), was->number);
    }
    assert_int_equal(number(after, "world_info", "world=w-2"), 1);
    assert_null(find(after, "world_info", "world=w-1"));
    free(before);
    free(after);
    free(is);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_is_named_as_prometheus_wants_it),
        cmocka_unit_test(every_metric_has_samples_and_no_two_are_one),
        cmocka_unit_test(values_are_those_of_the_summary),
        cmocka_unit_test(without_a_world_there_are_no_timestamps),
        cmocka_unit_test(of_states_exactly_one_is_set),
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(a_reset_lowers_no_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
