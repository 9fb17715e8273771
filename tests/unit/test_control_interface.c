#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/command.h"
#include "control/interface.h"
#include "control_checks.h"

/* The grammar of a Varlink interface definition, as the specification gives it; comments are taken
 * out before. */
struct scan {
    const char *at;
    const char *whole;
};

static void pass_blanks(struct scan *scan)
{
    while (isspace((unsigned char)*scan->at))
        scan->at++;
}

static bool take(struct scan *scan, const char *token)
{
    pass_blanks(scan);
    size_t length = strlen(token);
    if (strncmp(scan->at, token, length) != 0)
        return false;
    scan->at += length;
    return true;
}

static bool word(struct scan *scan, bool upper)
{
    pass_blanks(scan);
    if (upper ? !isupper((unsigned char)*scan->at) : !isalpha((unsigned char)*scan->at))
        return false;
    while (isalnum((unsigned char)*scan->at) || (!upper && *scan->at == '_'))
        scan->at++;
    return true;
}

static bool known_type(struct scan *scan)
{
    const char *from = scan->at;
    char declared[64];
    if (!word(scan, true))
        return false;
    (void)snprintf(declared, sizeof declared, "type %.*s (", (int)(scan->at - from), from);
    return strstr(scan->whole, declared) != NULL;
}

static bool type(struct scan *scan)
{
    static const char *const plain[] = {"bool", "int", "float", "string", "object", "any"};
    (void)take(scan, "?");
    (void)take(scan, "[]");
    for (size_t i = 0; i < COUNT(plain); i++) {
        if (take(scan, plain[i]))
            return true;
    }
    pass_blanks(scan);
    return known_type(scan);
}

static bool structure(struct scan *scan)
{
    if (!take(scan, "("))
        return false;
    if (take(scan, ")"))
        return true;
    do {
        if (!word(scan, false) || !take(scan, ":") || !type(scan))
            return false;
    } while (take(scan, ","));
    return take(scan, ")");
}

/* "(counter, gauge)" */
static bool enumeration(struct scan *scan)
{
    if (!take(scan, "("))
        return false;
    do {
        if (!word(scan, false))
            return false;
    } while (take(scan, ","));
    return take(scan, ")");
}

static bool member(struct scan *scan)
{
    if (take(scan, "method"))
        return word(scan, true) && structure(scan) && take(scan, "->") && structure(scan);
    if ((!take(scan, "type") && !take(scan, "error")) || !word(scan, true))
        return false;
    const struct scan before = *scan;
    if (structure(scan))
        return true;
    *scan = before;
    return enumeration(scan);
}

static void remove_comments(char *text)
{
    char *out = text;
    for (bool comment = false; *text != '\0'; text++) {
        comment = *text == '#' || (comment && *text != '\n');
        if (!comment)
            *out++ = *text;
    }
    *out = '\0';
}

static void check_grammar(const char *name, int members)
{
    char *text = interface_description(name);
    assert_non_null(text);
    remove_comments(text);
    struct scan scan = {text, text};
    assert_true(take(&scan, "interface"));
    assert_true(take(&scan, name));
    for (pass_blanks(&scan); *scan.at != '\0'; pass_blanks(&scan), members--) {
        if (!member(&scan))
            fail_msg("not Varlink: %.80s", scan.at);
    }
    assert_true(members <= 0);
    free(text);
}

static void all_follow_the_grammar(void **state)
{
    (void)state;
    check_grammar("io.credd.Control", CREDD_COMMAND_COUNT + 5);
    check_grammar("org.varlink.service", 8);
    check_grammar("io.systemd.Metrics", 4);
    assert_null(interface_description("io.credd.Other"));
    assert_null(interface_description(""));
}

static void every_command_is_described(void **state)
{
    char *text = interface_description(CREDD_INTERFACE);
    char wanted[64];
    (void)state;
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        (void)snprintf(wanted, sizeof wanted, "\nmethod %s(", commands[i].method);
        assert_non_null(strstr(text, wanted));
        assert_non_null(strstr(text, commands[i].help));
    }
#define X(id, name, status, meaning) \
    assert_non_null(strstr(text, "\nerror " name " (message: string)"));
    CREDD_ERRORS(X)
#undef X
    free(text);
}

static void parameters_are_those_of_the_table(void **state)
{
    char *text = interface_description(CREDD_INTERFACE);
    (void)state;
    assert_non_null(
        strstr(text, "method Pause(streams: ?[]string, for: ?string, reason: ?string)"));
    assert_non_null(
        strstr(text, "method Tempo(stream: string, factor: float, for: ?string, reason: ?string)"));
    assert_non_null(strstr(text, "method Reset(seed: ?int, at_world_now: ?bool, start: ?string, "
                                 "plain: ?bool, wait: ?string, reason: ?string)"));
    assert_non_null(strstr(text, "method Export(tables: ?[]string, since: ?string)"));
    assert_non_null(strstr(text, "method Status()"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_follow_the_grammar),
        cmocka_unit_test(every_command_is_described),
        cmocka_unit_test(parameters_are_those_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
