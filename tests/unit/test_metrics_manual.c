/* The chapter METRICS of credd-metrics(7), made from the table. With CREDD_UPDATE set it is written
 * anew in the tree instead of compared. */
#include <stdbool.h>

#include "metrics_checks.h"

#define PAGE    "packaging/man/credd-metrics.7"
#define CHAPTER "\n.SH METRICS\n"

/* To be freed. */
static char *read_page(void)
{
    size_t room = 1 << 16, length;
    char *text = mem_grow(NULL, 1, room);
    FILE *in = fopen(PAGE, "re");
    assert_non_null(in);
    length = fread(text, 1, room - 1, in);
    assert_true(length < room - 1);
    assert_int_equal(fclose(in), 0);
    text[length] = '\0';
    return text;
}

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '-')
            (void)fputs("\\-", out);
        else if (*text == '\'')
            (void)fputs("\\(aq", out);
        else
            (void)fputc(*text, out);
}

static void put_metric(FILE *out, const struct metric *metric)
{
    static const char *const types[] = {
        [METRIC_GAUGE] = "gauge",
        [METRIC_COUNTER] = "counter",
        [METRIC_HISTOGRAM] = "histogram",
    };
    (void)fprintf(out, ".TP\n\\fBcredd_%s%s\\fR", metric->name,
                  metric->type == METRIC_COUNTER ? "_total" : "");
    for (unsigned i = 0; i < 2 && metric_label_name(metric, i) != NULL; i++)
        (void)fprintf(out, "%s\\fI%s\\fR", i == 0 ? "{" : ",", metric_label_name(metric, i));
    (void)fprintf(out, "%s (%s)\n", metric_label_name(metric, 0) != NULL ? "}" : "",
                  types[metric->type]);
    put_text(out, metric->help);
    (void)fputc('\n', out);
}

/* The page with its chapter made anew; to be freed. */
static char *make_page(const char *page)
{
    char *text = NULL;
    size_t size = 0, count;
    const struct metric *table = metrics_table(&count);
    const char *chapter = strstr(page, CHAPTER);
    assert_non_null(chapter);
    const char *from = chapter + strlen(CHAPTER);
    const char *rest = strncmp(from, ".SH ", 4) == 0 ? from : strstr(from, "\n.SH ");
    assert_non_null(rest);
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    (void)fwrite(page, 1, (size_t)(from - page), out);
    for (size_t i = 0; i < count; i++)
        put_metric(out, &table[i]);
    (void)fputs(*rest == '\n' ? rest + 1 : rest, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void the_chapter_in_the_tree_is_this_one(void **state)
{
    char *page = read_page(), *made = make_page(page);
    (void)state;
    if (getenv("CREDD_UPDATE") != NULL) {
        FILE *out = fopen(PAGE, "we");
        assert_non_null(out);
        assert_true(fputs(made, out) >= 0);
        assert_int_equal(fclose(out), 0);
    } else if (strcmp(page, made) != 0) {
        fail_msg("%s is not what the table gives: run this test with CREDD_UPDATE=1", PAGE);
    }
    free(made);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chapter_in_the_tree_is_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
