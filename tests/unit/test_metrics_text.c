/* What Prometheus reads. With "0.0.4" or "openmetrics" for an argument: prints it, for promtool. */
#include "metrics_checks.h"

static void expect_line(const char *text, const char *line)
{
    size_t length = strlen(line);
    for (const char *at = text; at != NULL && *at != '\0';) {
        if (strncmp(at, line, length) == 0 && at[length] == '\n')
            return;
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    fail_msg("there is no line '%s' in:\n%s", line, text);
}

static void a_family_is_one_block_in_either_format(void **state)
{
    struct summary *is = full_summary();
    char *text = text_of(is, METRICS_TEXT), *open = text_of(is, METRICS_OPEN);
    (void)state;
    expect_line(text, "# TYPE credd_rows_total counter");
    expect_line(text, "credd_rows_total{stream=\"customers\"} 7");
    expect_line(open, "# TYPE credd_rows counter");
    expect_line(open, "credd_rows_total{stream=\"customers\"} 7");
    expect_line(text, "# TYPE credd_up gauge");
    expect_line(text, "credd_up 1");
    expect_line(text, "credd_world_speed_ratio 1");
    expect_line(text, "credd_stream_tempo_ratio{stream=\"customers\"} 1.5");
    expect_line(text, "credd_job_progress_ratio{kind=\"advance\"} 0.333333");
    expect_line(text, "credd_rows_skipped_total{stream=\"customers\",reason=\"row_refused\"} 0");
    expect_line(text, "# TYPE credd_commit_delay_seconds histogram");
    expect_line(text, "credd_commit_delay_seconds_bucket{stream=\"customers\",le=\"+Inf\"} 1");
    expect_line(open, "# UNIT credd_commit_delay_seconds seconds");
    expect_line(open, "# UNIT credd_job_progress_ratio ratio");
    assert_null(strstr(text, "# UNIT"));
    assert_null(strstr(text, "# EOF"));
    assert_non_null(strstr(open, "\n# EOF\n"));
    assert_string_equal(strstr(open, "# EOF"), "# EOF\n");
    free(text);
    free(open);
    free(is);
}

/* A marker or a configuration may hold any text. */
static void a_label_cannot_break_out(void **state)
{
    struct summary *is = full_summary();
    (void)state;
    (void)snprintf(is->world_id, sizeof is->world_id, "a\"b\\c\nd");
    char *text = text_of(is, METRICS_TEXT);
    expect_line(text, "credd_world_info{world=\"a\\\"b\\\\c\\nd\"} 1");
    free(text);
    free(is);
}

static void numbers_are_exact(void **state)
{
    struct summary *is = full_summary();
    (void)state;
    is->counters.rows[0] = INT64_MAX;
    is->speed = INT64_C(1000000) * 1000000;
    char *text = text_of(is, METRICS_TEXT);
    expect_line(text, "credd_rows_total{stream=\"customers\"} 9223372036854775807");
    expect_line(text, "credd_world_speed_ratio 1000000");
    free(text);
    free(is);
}

static void openmetrics_is_for_those_who_ask(void **state)
{
    static const struct {
        const char *accept;
        bool open;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"*/*", false},
        {"text/html,application/xhtml+xml,*/*;q=0.8", false},
        {"text/plain", false},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text; version=1.0.0; charset=utf-8", true},
        {"APPLICATION/OPENMETRICS-TEXT", true},
        {"application/openmetrics-text;version=0.0.1", false},
        {"application/openmetrics-textual", false},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=x", false},
        {"application/openmetrics-text;q=0.3,text/plain;q=0.5", false},
        {"application/openmetrics-text;q=0.5,text/plain;q=0.5", true},
        {"text/plain;version=0.0.4;q=0.5 , application/openmetrics-text ; q=0.75", true},
        {",,;;,", false},
        {";q=", false},
        /* Of Prometheus 2.42, which Debian 12 has, and of 2.53. */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version="
         "0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (metrics_wants_open(cases[i].accept) != cases[i].open)
            fail_msg("wrong format for '%s'", cases[i].accept);
}

/* Cut anywhere, and with any byte in it; in memory of just that size, for the sanitizer's eyes. */
static void any_header_is_read_to_its_end_and_no_further(void **state)
{
    static const char header[] =
        "application/openmetrics-text;version=1.0.0;q=0.75, text/plain;q=1";
    (void)state;
    for (size_t length = 0; length < sizeof header; length++)
        for (int byte = 1; byte < 256; byte++) {
            char *accept = mem_grow(NULL, 1, length + 1);
            memcpy(accept, header, length);
            accept[length] = '\0';
            accept[length / 2] = length > 1 ? (char)byte : accept[length / 2];
            (void)metrics_wants_open(accept);
            free(accept);
        }
}

static int print(enum metrics_format format)
{
    struct summary *is = full_summary();
    char *text = text_of(is, format);
    int result = fputs(text, stdout) < 0;
    free(text);
    free(is);
    return result;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_family_is_one_block_in_either_format),
        cmocka_unit_test(a_label_cannot_break_out),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(openmetrics_is_for_those_who_ask),
        cmocka_unit_test(any_header_is_read_to_its_end_and_no_further),
    };
    if (argc > 1)
        return print(strcmp(argv[1], "openmetrics") == 0 ? METRICS_OPEN : METRICS_TEXT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
