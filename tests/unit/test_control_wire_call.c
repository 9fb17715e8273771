#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/wire_call.h"
#include "control_checks.h"

static void takes_all_members(void **state)
{
    const char *text =
        "{\"method\":\"a.b.C\",\"parameters\":{\"x\":[1,{\"y\":null}]},\"more\":true,"
        "\"oneway\":false,\"upgrade\":true}";
    struct wire_call request;
    (void)state;
    assert_int_equal(wire_call_parse(text, strlen(text), &request, NULL), 0);
    assert_string_equal(request.method, "a.b.C");
    assert_true(json_is_object(request.parameters));
    assert_true(request.more && !request.oneway && request.upgrade);
    wire_call_done(&request);
}

static void needs_only_a_method(void **state)
{
    static const char *const texts[] = {"{\"method\":\"x\"}", " {\"method\" : \"x\"}\n",
                                        "{\"method\":\"x\",\"parameters\":null}"};
    struct wire_call request;
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_int_equal(wire_call_parse(texts[i], strlen(texts[i]), &request, NULL), 0);
        assert_null(request.parameters);
        assert_false(request.more || request.oneway || request.upgrade);
        wire_call_done(&request);
    }
}

static void refuses_what_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "x",
        "null",
        "[]",
        "\"method\"",
        "{}",
        "{\"method\":}",
        "{\"method\":1}",
        "{\"method\":null}",
        "{\"method\":\"\"}",
        "{\"method\":[\"x\"]}",
        "{\"Method\":\"x\"}",
        "{\"method\":\"x\"",
        "{\"method\":\"x\"}}",
        "{\"method\":\"x\"}{}",
        "{\"method\":\"x\"} y",
        "{\"method\":\"x\",}",
        "{'method':'x'}",
        "{method:\"x\"}",
        "{\"method\":\"x\",\"method\":\"x\"}",
        "{\"method\":\"x\",\"parameters\":{\"a\":1,\"a\":1}}",
        "{\"method\":\"x\",\"parameters\":[]}",
        "{\"method\":\"x\",\"parameters\":1}",
        "{\"method\":\"x\",\"more\":1}",
        "{\"method\":\"x\",\"more\":null}",
        "{\"method\":\"x\",\"more\":\"true\"}",
        "{\"method\":\"x\",\"oneway\":0}",
        "{\"method\":\"x\",\"upgrade\":{}}",
        "{\"method\":\"x\",\"more\":true,\"oneway\":true}",
        "{\"method\":\"x\",\"id\":1}",
        "{\"method\":\"x\",\"parameters\":{\"a\":01}}",
        "{\"method\":\"x\",\"parameters\":{\"a\":1e999}}",
        "{\"method\":\"x\",\"parameters\":{\"a\":99999999999999999999}}",
        "{\"method\":\"x\",\"parameters\":{\"a\":NaN}}",
        "{\"method\":\"x\",\"parameters\":{\"a\":\"\\ud800\"}}",
        "{\"method\":\"x\",\"parameters\":{\"a\":\"\\u0000\"}}",
        "{\"method\":\"x\\u0000\"}",
        "{\"method\":\"\xff\"}",
        "{\"method\":\"\xc0\xaf\"}",
        "{\"method\":\"\xed\xa0\x80\"}",
        "{\"method\":\"a\nb\"}",
        "\xef\xbb\xbf{\"method\":\"x\"}",
        "{\"method\":\"x\"} // c",
    };
    struct wire_call request = {.method = "untouched"};
    struct fault fault;
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        fault.text[0] = '\0';
        if (wire_call_parse(texts[i], strlen(texts[i]), &request, &fault) != -EBADMSG)
            fail_msg("taken: %s", texts[i]);
        assert_true(fault.text[0] != '\0');
        assert_string_equal(request.method, "untouched");
    }
}

static int parse_nested(int depth, const char *open, const char *close)
{
    char text[512];
    struct wire_call request;
    int used = snprintf(text, sizeof text, "{\"method\":\"x\",\"parameters\":{\"a\":");
    for (int i = 0; i < depth; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s", open);
    used += snprintf(text + used, sizeof text - (size_t)used, "1");
    for (int i = 0; i < depth; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s", close);
    (void)snprintf(text + used, sizeof text - (size_t)used, "}}");
    int r = wire_call_parse(text, strlen(text), &request, NULL);
    if (r == 0)
        wire_call_done(&request);
    return r;
}

static void bounds_the_depth(void **state)
{
    (void)state;
    assert_int_equal(parse_nested(14, "[", "]"), 0);
    assert_int_equal(parse_nested(15, "[", "]"), -EBADMSG);
    assert_int_equal(parse_nested(14, "{\"k\":", "}"), 0);
    assert_int_equal(parse_nested(15, "{\"k\":", "}"), -EBADMSG);
}

static void counts_no_brackets_in_strings(void **state)
{
    const char *text = "{\"method\":\"[[[[[[[[[[[[[[[[[[[[\\\"{{{{{{{{{{{{{{{{{{{{\"}";
    struct wire_call request;
    (void)state;
    assert_int_equal(wire_call_parse(text, strlen(text), &request, NULL), 0);
    wire_call_done(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_members),
        cmocka_unit_test(needs_only_a_method),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(counts_no_brackets_in_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
