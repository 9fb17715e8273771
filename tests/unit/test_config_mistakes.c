/* Each mistake of tests/system/data/config_mistakes.txt, with the very words that answer it. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "service_checks.h"

#define LIST       "tests/system/data/config_mistakes.txt"
#define INPUT_MAX  8192
#define SETS_MAX   4
#define ANY_WORDS  "<...>"
#define ARROW      " => "
#define NO_FILE    "/nonexistent/credd.conf"
#define LEAST_SIZE 60

/* "{190x}" as in the list. Returns how many letters of `text` it takes, 0 if it is none. */
static size_t repetition(const char *text, size_t *ret_count)
{
    char *end = NULL;
    if (text[0] != '{' || !isdigit((unsigned char)text[1]))
        return 0;
    *ret_count = strtoul(text + 1, &end, 10);
    return strncmp(end, "x}", 2) == 0 ? (size_t)(end + 2 - text) : 0;
}

/* A file's text: '|' ends a line, \0 and \x1b are bytes, {190x} are so many letters. */
static size_t expand(const char *input, char text[INPUT_MAX])
{
    size_t used = 0;
    while (*input != '\0') {
        size_t count = 0, length = repetition(input, &count);
        assert_true(used + count + 2 < INPUT_MAX);
        if (length > 0) {
            memset(text + used, 'x', count);
            used += count;
            input += length;
        } else if (strncmp(input, "\\0", 2) == 0) {
            text[used++] = '\0';
            input += 2;
        } else if (strncmp(input, "\\x1b", 4) == 0) {
            text[used++] = '\x1b';
            input += 4;
        } else {
            text[used++] = *input == '|' ? '\n' : *input;
            input++;
        }
    }
    text[used++] = '\n';
    return used;
}

static int load_text(const char *input, struct config **ret_config, struct fault *fault)
{
    char text[INPUT_MAX];
    size_t length = expand(input, text);
    return config_from_text("FILE", text, length, ret_config, fault);
}

static int load_environment(const char *input, struct config **ret_config, struct fault *fault)
{
    const struct config_source source = {.check_only = true};
    char *assignment = strdup(input);
    char *value = strchr(assignment, '=');
    *value = '\0';
    (void)setenv(assignment, value + 1, 1);
    int r = config_load_from(&source, NO_FILE, ret_config, fault);
    (void)unsetenv(assignment);
    free(assignment);
    return r;
}

static int load_sets(const char *input, struct config **ret_config, struct fault *fault)
{
    static const char option[] = "--set ";
    const char *sets[SETS_MAX];
    struct config_source source = {.sets = sets, .check_only = true};
    char *copy = strdup(input), *at = copy;
    while (at != NULL) {
        at += strlen(option);
        sets[source.set_count++] = at;
        at = strstr(at, " --set ");
        if (at != NULL)
            *at++ = '\0';
    }
    int r = config_load_from(&source, NO_FILE, ret_config, fault);
    free(copy);
    return r;
}

static int load(const char *input, struct fault *fault)
{
    struct config *config = NULL;
    int r;
    if (strncmp(input, "--set ", 6) == 0)
        r = load_sets(input, &config, fault);
    else if (strncmp(input, "DB_", 3) == 0)
        r = load_environment(input, &config, fault);
    else
        r = load_text(input, &config, fault);
    config_free(config);
    return r;
}

/* ANY_WORDS stands for what another room says of the value. */
static bool agrees(const char *expected, const char *text)
{
    const char *any = strstr(expected, ANY_WORDS);
    if (any == NULL)
        return strcmp(expected, text) == 0;
    const char *rest = any + strlen(ANY_WORDS);
    size_t before = (size_t)(any - expected), behind = strlen(rest), length = strlen(text);
    return length > before + behind && strncmp(expected, text, before) == 0 &&
           strcmp(text + length - behind, rest) == 0;
}

static void check(const char *line, unsigned number)
{
    const char *arrow = strstr(line, ARROW);
    char input[INPUT_MAX];
    struct fault fault = {0};
    assert_non_null(arrow);
    (void)snprintf(input, sizeof input, "%.*s", (int)(arrow - line), line);
    int r = load(input, &fault);
    if (r >= 0)
        fail_msg("%s:%u: accepted: %s", LIST, number, input);
    assert_int_equal(fault.code, r);
    assert_null(strchr(fault.text, '\n'));
    if (!agrees(arrow + strlen(ARROW), fault.text))
        fail_msg("%s:%u: %s\n  says     %s\n  expected %s", LIST, number, input, fault.text,
                 arrow + strlen(ARROW));
}

static void each_mistake_is_answered_in_the_very_words(void **state)
{
    (void)state;
    char line[INPUT_MAX];
    unsigned number = 0, count = 0;
    FILE *file = fopen(LIST, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || strncmp(line, "# ", 2) == 0)
            continue;
        check(line, number);
        count++;
    }
    (void)fclose(file);
    assert_true(count >= LEAST_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_answered_in_the_very_words),
    };
    (void)setenv("HOME", "/nonexistent", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
