/* The key table, and the example file that is made from it. With CREDD_UPDATE set the example in
 * the tree is written anew instead of compared. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/text.h"
#include "service_checks.h"

#define EXAMPLE "packaging/credd.conf"

static void every_key_is_documented(void **state)
{
    (void)state;
    size_t count = 0;
    const struct config_key *keys = config_keys(&count);
    assert_true(count > 20);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(keys[i].section) > 0 && strlen(keys[i].name) > 0);
        assert_true(strlen(keys[i].type) > 0 && strlen(keys[i].preset) > 0);
        assert_true(strlen(keys[i].help) > 15);
        assert_int_equal(keys[i].help[strlen(keys[i].help) - 1], '.');
        assert_true(strcmp(keys[i].takes_effect, "at once") == 0 ||
                    strcmp(keys[i].takes_effect, "at the next reset") == 0 ||
                    strcmp(keys[i].takes_effect, "at a restart") == 0);
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(keys[i].section, keys[j].section) == 0 &&
                         strcmp(keys[i].name, keys[j].name) == 0);
    }
}

/* The greatest number of a key's range must stand in the words that say what is allowed. */
static void ranges_are_stated(void **state)
{
    (void)state;
    size_t count = 0;
    const struct config_key *keys = config_keys(&count);
    unsigned ranges = 0;
    for (size_t i = 0; i < count; i++) {
        char range[64];
        if (strncmp(keys[i].type, "a whole number", 14) != 0 &&
            strncmp(keys[i].type, "a factor", 8) != 0)
            continue;
        (void)snprintf(range, sizeof range, "from %lld to %lld", (long long)keys[i].min,
                       (long long)keys[i].max);
        if (strstr(keys[i].type, range) == NULL)
            fail_msg("%s.%s: \"%s\" does not say %s", keys[i].section, keys[i].name, keys[i].type,
                     range);
        ranges++;
    }
    assert_true(ranges >= 8);
}

/* Each default, written out, is what one gets without writing it. */
static void every_default_holds(void **state)
{
    (void)state;
    size_t count = 0;
    const struct config_key *keys = config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        char text[512];
        struct fault fault = {0};
        if (keys[i].preset[0] == '(')
            continue;
        (void)snprintf(text, sizeof text, "[%s%s]\n%s = %s\n", keys[i].section,
                       strstr("stream table", keys[i].section) != NULL ? " customers" : "",
                       keys[i].name, keys[i].preset);
        if (config_check_text("default", text, strlen(text), &fault) < 0)
            fail_msg("%s", fault.text);
    }
}

/* Takes the '#' from the lines that hold keys. Returns how many. */
static unsigned uncomment(char *text)
{
    unsigned count = 0;
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        bool begins = in == text || in[-1] == '\n';
        if (begins && in[0] == '#' && in[1] != ' ')
            count++;
        else
            *out++ = *in;
    }
    *out = '\0';
    return count;
}

struct pairs {
    char text[16384];
};

static void append(void *context, const char *section, const char *name, const char *value,
                   const char *source)
{
    struct pairs *pairs = context;
    size_t used = strlen(pairs->text);
    (void)source;
    (void)snprintf(pairs->text + used, sizeof pairs->text - used, "%s.%s = %s\n", section, name,
                   value);
}

static void show(const char *text, struct pairs *pairs)
{
    struct config *config = NULL;
    struct fault fault = {0};
    pairs->text[0] = '\0';
    if (config_from_text("example", text, strlen(text), &config, &fault) < 0)
        fail_msg("%s", fault.text);
    config_each(config, append, pairs);
    config_free(config);
}

static void the_example_is_the_default_commented_or_not(void **state)
{
    (void)state;
    static struct pairs expected, commented, uncommented;
    char *example = config_example();
    show("", &expected);
    show(example, &commented);
    assert_string_equal(commented.text, expected.text);
    assert_true(uncomment(example) >= 35);
    show(example, &uncommented);
    assert_string_equal(uncommented.text, expected.text);
    free(example);
}

static void the_example_in_the_tree_is_this_one(void **state)
{
    (void)state;
    char *example = config_example(), *text = NULL;
    size_t length = 0;
    if (getenv("CREDD_UPDATE") != NULL) {
        FILE *out = fopen(EXAMPLE, "we");
        assert_non_null(out);
        assert_true(fputs(example, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    assert_int_equal(text_read(EXAMPLE, &text, &length, NULL), 0);
    if (strcmp(text, example) != 0)
        fail_msg("%s is not what the key table gives: run this test with CREDD_UPDATE=1", EXAMPLE);
    free(text);
    free(example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_documented),
        cmocka_unit_test(ranges_are_stated),
        cmocka_unit_test(every_default_holds),
        cmocka_unit_test(the_example_is_the_default_commented_or_not),
        cmocka_unit_test(the_example_in_the_tree_is_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
