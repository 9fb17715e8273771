/* What values mean: numbers, sizes, growth, instants, lists. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/number.h"
#include "service_checks.h"

typedef int number_reader(const char *text, int64_t *ret);

struct number_case {
    number_reader *read;
    const char *text;
    int64_t number;
};

static void numbers_that_hold(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {number_whole, "0", 0},
        {number_whole, "007", 7},
        {number_whole, "9223372036854775807", INT64_MAX},
        {number_factor, "0", 0},
        {number_factor, "1", 1000000},
        {number_factor, "1.0", 1000000},
        {number_factor, "0.000001", 1},
        {number_factor, "20.25", 20250000},
        {number_factor, "1000000", INT64_C(1000000000000)},
        {number_size, "0", 0},
        {number_size, "4096", 4096},
        {number_size, "1K", 1024},
        {number_size, "64M", INT64_C(67108864)},
        {number_size, "1G", INT64_C(1073741824)},
        {number_size, "2T", INT64_C(2199023255552)},
        {number_growth, "2%/month", 20000},
        {number_growth, "0%/month", 0},
        {number_growth, "0.5%/month", 5000},
        {number_growth, "24%/year", 20002},  /* 24% * 30.44 / 365.25 = 2.00016% */
        {number_growth, "0.5%/week", 21743}, /* 0.5% * 30.44 / 7 = 2.174286% */
        {number_growth, "0.0001%/month", 1},
        {number_boolean, "yes", 1},
        {number_boolean, "TRUE", 1},
        {number_boolean, "on", 1},
        {number_boolean, "1", 1},
        {number_boolean, "no", 0},
        {number_boolean, "False", 0},
        {number_boolean, "off", 0},
        {number_boolean, "0", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t number = -1;
        if (cases[i].read(cases[i].text, &number) != 0)
            fail_msg("%s: refused", cases[i].text);
        if (number != cases[i].number)
            fail_msg("%s: %lld", cases[i].text, (long long)number);
    }
}

static void numbers_that_do_not_hold(void **state)
{
    (void)state;
    static const struct number_case cases[] = {
        {number_whole, "", 0},
        {number_whole, "+1", 0},
        {number_whole, "-1", 0},
        {number_whole, " 1", 0},
        {number_whole, "1 ", 0},
        {number_whole, "9223372036854775808", 0},
        {number_whole, "99999999999999999999999", 0},
        {number_factor, "1,5", 0},
        {number_factor, "9999999999999999", 0},
        {number_factor, "nan", 0},
        {number_factor, "inf", 0},
        {number_size, "M", 0},
        {number_size, "9223372036854775807K", 0},
        {number_size, "1 M", 0},
        {number_size, "1MM", 0},
        {number_growth, "2%", 0},
        {number_growth, "2/month", 0},
        {number_growth, "2%/months", 0},
        {number_growth, "9000000000000%/month", 0},
        {number_boolean, "", 0},
        {number_boolean, "yess", 0},
        {number_boolean, "2", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t number = -1;
        if (cases[i].read(cases[i].text, &number) >= 0)
            fail_msg("%s: accepted", cases[i].text);
        assert_int_equal(number, -1);
    }
}

static struct config *load(const char *text)
{
    struct config *config = NULL;
    struct fault fault = {0};
    if (config_from_text("FILE", text, strlen(text), &config, &fault) < 0)
        fail_msg("%s", fault.text);
    return config;
}

static void nothing_said_is_the_default(void **state)
{
    (void)state;
    struct config *config = load("");
    assert_string_equal(config->timezone, "America/New_York");
    assert_string_equal(zone_name(config->zone), "America/New_York");
    assert_int_equal(config->speed, 1000000);
    assert_true(config->start_now);
    assert_int_equal(config->catch_up, CATCH_UP_ALL);
    assert_int_equal(config->max_catch_up_s, 400 * 86400);
    assert_int_equal(config->settings.seed, 42);
    assert_int_equal(config->settings.customers, 1000);
    assert_int_equal(config->settings.customer_growth, 20000);
    assert_int_equal(config->settings.financial_records_per_customer, 5);
    assert_int_equal(config->settings.loan_applications_per_customer, 2);
    assert_int_equal(config->settings.market_data_points, 100);
    assert_int_equal(config->settings.credit_history_entries, 10);
    assert_false(config->database.mariadb);
    assert_string_equal(config->database.path, "/var/lib/credd/credd.sqlite");
    assert_string_equal(config->database.name, "credit_risk_analysis");
    assert_int_equal(config->database.port, 3306);
    assert_int_equal(config->database.min_free, 64 << 20);
    assert_null(config->database.hosts);
    assert_null(config->database.user);
    assert_null(config->database.password);
    assert_null(config->password_file);
    assert_string_equal(config->socket, "/run/credd/control");
    assert_string_equal(config->group, "credd");
    assert_string_equal(config->state_folder, "/var/lib/credd");
    static const char *const schedules[] = {"*:0/15", "*:0/15", "*:0/5", "*:0/5", "hourly"};
    for (int i = 0; i < STREAM_COUNT; i++) {
        assert_true(config->streams[i].enabled);
        assert_int_equal(config->streams[i].tempo, 1000000);
        assert_string_equal(schedule_text(config->streams[i].schedule), schedules[i]);
    }
    config_free(config);
}

static void everything_said_is_taken(void **state)
{
    (void)state;
    struct config *config = load("\xef\xbb\xbf# a comment\r\n; another\r\n"
                                 "[clock] ; the clock\r\n"
                                 "  timezone = Europe/Berlin\r\n"
                                 "speed=0\n"
                                 "start = 2026-08-14 10:35\n"
                                 "catch_up = 1d 12h\n"
                                 "max_catch_up\t=\t2y ; long\n"
                                 "[world]\nseed = 7\ncustomers = 25\ncustomer_growth = 0%/month\n"
                                 "[stream credit_history]\nenabled = off\nschedule = every 30s\n"
                                 "tempo = 0.5\n"
                                 "[database]\nhost = db1, db2 ,::1\nport = 3307\nuser = demo\n"
                                 "password_file = /etc/credd/password\ntls_ca = /etc/ssl/ca.pem\n"
                                 "min_free = 1G\n"
                                 "[control]\nsocket = /tmp/credd.sock\ngroup = 1000");
    assert_string_equal(config->timezone, "Europe/Berlin");
    assert_int_equal(config->speed, 0);
    assert_false(config->start_now);
    assert_int_equal(config->start_at.s, 1786696500); /* 08:35 UTC */
    assert_int_equal(config->catch_up, CATCH_UP_LIMIT);
    assert_int_equal(config->catch_up_limit_s, 36 * 3600);
    assert_int_equal(config->max_catch_up_s, 2 * 31557600);
    assert_int_equal(config->settings.seed, 7);
    assert_int_equal(config->settings.customers, 25);
    assert_int_equal(config->settings.customer_growth, 0);
    assert_false(config->streams[STREAM_CREDIT_HISTORY].enabled);
    assert_int_equal(config->streams[STREAM_CREDIT_HISTORY].tempo, 500000);
    assert_string_equal(schedule_text(config->streams[STREAM_CREDIT_HISTORY].schedule),
                        "every 30s");
    assert_true(config->database.mariadb);
    assert_string_equal(config->database.hosts, "db1,db2,::1");
    assert_int_equal(config->database.port, 3307);
    assert_string_equal(config->database.user, "demo");
    assert_string_equal(config->password_file, "/etc/credd/password");
    assert_string_equal(config->database.tls_ca, "/etc/ssl/ca.pem");
    assert_int_equal(config->database.min_free, 1 << 30);
    assert_string_equal(config->socket, "/tmp/credd.sock");
    assert_string_equal(config->group, "1000");
    config_free(config);
}

static void instants_say_their_zone_or_are_the_worlds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"[clock]\nstart = 2026-01-01T00:00:00Z", 1767225600},
        {"[clock]\nstart = 2026-01-01", 1767225600 + 5 * 3600},
        {"[clock]\nstart = 2026-01-01\ntimezone = UTC", 1767225600},
        {"[clock]\nstart = 2026-01-01 00:00 +02:00", 1767225600 - 2 * 3600},
        {"[clock]\nstart = 2037-12-31T23:59:59Z", 2145916799},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *config = load(cases[i].text);
        assert_int_equal(config->start_at.s, cases[i].seconds);
        config_free(config);
    }
}

static void a_server_implies_its_backend(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool mariadb;
        const char *hosts;
    } cases[] = {
        {"[database]\nhost = db1", true, "db1"},
        {"[database]\nname = demo", true, NULL},
        {"[database]\nname = demo\nport = 3307", true, "127.0.0.1"},
        {"[database]\nname = demo\nport = 3307\nsocket = /x", true, NULL},
        {"[database]\nsocket = /run/mysqld/mysqld.sock", true, NULL},
        {"[database]\nsocket = /run/mysqld/mysqld.sock\nhost = db1", true, NULL},
        {"[database]\nbackend = mariadb", true, NULL},
        {"[database]\nbackend = mariadb\npath = /tmp/x.sqlite", true, NULL},
        {"[database]\nbackend = sqlite\nname = demo\nuser = demo", false, NULL},
        {"[database]\nuser = demo\nport = 3307", false, NULL},
        {"[database]\nhost =\npath =\nsocket =", false, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config *config = load(cases[i].text);
        if (config->database.mariadb != cases[i].mariadb)
            fail_msg("%s", cases[i].text);
        if (cases[i].hosts == NULL)
            assert_null(config->database.hosts);
        else
            assert_string_equal(config->database.hosts, cases[i].hosts);
        config_free(config);
    }
}

static void paths_are_text(void **state)
{
    (void)state;
    static const char *const good[] = {"/x", "/a b/c", "/pr\xc3\xbc/x", "/\xe2\x82\xac",
                                       "/\xf0\x9f\x92\xb0"};
    static const char *const bad[] = {"/\xff",         "/\xc3",     "/\xc3(",
                                      "/\xed\xa0\x80", "/\xc0\xaf", "/\xf4\x90\x80\x80",
                                      "/a\x7f",        "/a\tb"};
    char text[64];
    for (size_t i = 0; i < COUNT(good); i++) {
        (void)snprintf(text, sizeof text, "[database]\npath = %s\n", good[i]);
        struct config *config = load(text);
        assert_string_equal(config->database.path, good[i]);
        config_free(config);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        (void)snprintf(text, sizeof text, "[database]\npath = %s\n", bad[i]);
        if (config_check_text("FILE", text, strlen(text), NULL) >= 0)
            fail_msg("accepted: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_that_hold),
        cmocka_unit_test(numbers_that_do_not_hold),
        cmocka_unit_test(nothing_said_is_the_default),
        cmocka_unit_test(everything_said_is_taken),
        cmocka_unit_test(instants_say_their_zone_or_are_the_worlds),
        cmocka_unit_test(a_server_implies_its_backend),
        cmocka_unit_test(paths_are_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
