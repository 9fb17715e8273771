/* The head of a request, and by which names it may ask. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control_checks.h"
#include "web/head.h"
#include "web/hosts.h"

#define OK "GET / HTTP/1.1\r\nHost: localhost\r\n"

static int parse(const char *text, struct web_head *head, char **ret_copy)
{
    size_t length = strlen(text);
    char *copy = test_malloc(length + 1);
    memcpy(copy, text, length + 1);
    *ret_copy = copy;
    return head_parse(copy, length, head);
}

static void a_plain_request_is_read(void **state)
{
    struct web_head head;
    char *copy;
    (void)state;
    assert_int_equal(
        parse("HEAD /status.json?x=/../y HTTP/1.1\r\nhOST:\t localhost:8137 \r\nAccept: "
              "text/html\r\nOrigin: http://localhost:8137\r\nCookie: \xc3\xa9\r\n\r\n",
              &head, &copy),
        0);
    assert_true(head.only_head);
    assert_string_equal(head.path, "/status.json");
    assert_string_equal(head.host, "localhost:8137");
    assert_string_equal(head.accept, "text/html");
    assert_string_equal(head.origin, "http://localhost:8137");
    test_free(copy);
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &head, &copy), 0);
    assert_string_equal(head.host, "");
    assert_null(head.origin);
    test_free(copy);
}

static void what_http_leaves_open_is_refused(void **state)
{
    static const struct {
        const char *text;
        int status;
    } heads[] = {
        {OK "\r\n", 0},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {OK "Host: localhost\r\n\r\n", 400},
        {OK "Origin: a\r\nOrigin: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: localhost\n\n", 400},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 505},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"GET\r\nHost: a\r\n\r\n", 400},
        {"\r\n\r\n", 400},
        {"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
        {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {OK "Content-Length: 5\r\n\r\n", 413},
        {OK "Content-Length: 0\r\n\r\n", 0},
        {OK "Transfer-Encoding: chunked\r\n\r\n", 413},
        {OK " folded\r\n\r\n", 400},
        {OK "Name : x\r\n\r\n", 400},
        {OK ": x\r\n\r\n", 400},
        {OK "No colon\r\n\r\n", 400},
        {OK "X: a\rb\r\n\r\n", 400},
        {OK "X: a\x7f\r\n\r\n", 400},
        {OK "X: a", 400},
        {"", 400},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct web_head head;
        char *copy;
        int status = parse(heads[i].text, &head, &copy);
        if (status != heads[i].status)
            fail_msg("%s: %d, not %d", heads[i].text, status, heads[i].status);
        test_free(copy);
    }
}

static void a_nul_ends_nothing(void **state)
{
    char text[] = OK "X: a\0b\r\n\r\n";
    struct web_head head;
    (void)state;
    assert_int_equal(head_parse(text, sizeof text - 1, &head), 400);
}

static void there_are_not_too_many_lines(void **state)
{
    char text[HEAD_MAX] = OK;
    size_t length = strlen(text);
    struct web_head head;
    (void)state;
    for (int i = 0; i <= HEAD_LINES_MAX; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s",
                                   i < HEAD_LINES_MAX ? "X: y\r\n" : "\r\n");
    assert_int_equal(head_parse(text, length, &head), 431);
}

static void only_its_own_names_are_answered(void **state)
{
    static const struct {
        const char *host;
        bool allowed;
    } hosts[] = {
        {"localhost", true},
        {"LOCALHOST:8137", true},
        {"127.0.0.1", true},
        {"127.0.0.1:1", true},
        {"demo.example.org:443", true},
        {"Other", true},
        {"", false},
        {":80", false},
        {"evil.example", false},
        {"localhost.evil.example", false},
        {"evil.example#localhost", false},
        {"localhost:80:80", false},
        {"localhost:x", false},
        {"localhost:123456", false},
        {"user@localhost", false},
        {"127.0.0.2", false},
        {"[::1]", false},
        {"[::1", false},
        {"demo.example.org.", false},
        {"demo.example.org,other", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++)
        if (hosts_allow("demo.example.org,other", "127.0.0.1", hosts[i].host) != hosts[i].allowed)
            fail_msg("%s", hosts[i].host);
    assert_true(hosts_allow(NULL, "::1", "[::1]:8137"));
    assert_false(hosts_allow(NULL, "::1", "[::1]x"));
    assert_false(hosts_allow(NULL, "", "127.0.0.1"));
    assert_true(hosts_allow(NULL, "", "localhost"));
}

static void an_origin_is_that_of_the_page(void **state)
{
    struct web_head head = {.host = "localhost:8137"};
    (void)state;
    assert_true(hosts_same_origin(&head));
    head.origin = "http://LOCALHOST:8137";
    assert_true(hosts_same_origin(&head));
    static const char *const others[] = {"null",
                                         "",
                                         "http://localhost",
                                         "http://localhost:3000",
                                         "http://evil.example",
                                         "file://localhost:8137",
                                         "http://localhost:8137/",
                                         "http://localhost:8137.evil"};
    for (size_t i = 0; i < COUNT(others); i++) {
        head.origin = others[i];
        if (hosts_same_origin(&head))
            fail_msg("%s", others[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_request_is_read),
        cmocka_unit_test(what_http_leaves_open_is_refused),
        cmocka_unit_test(a_nul_ends_nothing),
        cmocka_unit_test(there_are_not_too_many_lines),
        cmocka_unit_test(only_its_own_names_are_answered),
        cmocka_unit_test(an_origin_is_that_of_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
