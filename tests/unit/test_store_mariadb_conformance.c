/* MariaDB does what every store must do, with bulk execute and without. */
#include "store_conformance_rows.h"
#include "store_conformance_swap.h"
#include "store_conformance_world.h"
#include "store_mariadbd.h"

#define DATABASE "conformance"

struct mariadb_conformance {
    struct conformance conformance;
    struct server server;
    MYSQL *other; /* somebody else's connection */
    bool no_bulk;
};

static MYSQL *others_connection(struct mariadb_conformance *c)
{
    if (c->other == NULL) {
        c->other = server_root(&c->server);
        assert_non_null(c->other);
        assert_int_equal(mysql_query(c->other, "SET time_zone = '+00:00', lock_wait_timeout = 5"),
                         0);
        (void)mysql_select_db(c->other, DATABASE);
    }
    return c->other;
}

static void fresh_database(void *context)
{
    struct mariadb_conformance *c = context;
    char answer[2048];
    if (c->other != NULL)
        mysql_close(c->other);
    c->other = NULL;
    (void)server_sql(&c->server, answer, "DROP DATABASE IF EXISTS " DATABASE);
    assert_string_equal(answer, "");
    server_database_named(&c->server, DATABASE);
}

static struct store *open_store(void *context)
{
    struct mariadb_conformance *c = context;
    struct store_config config = server_config(&c->server, DATABASE);
    config.no_bulk = c->no_bulk;
    return store_new(&config);
}

static int run_raw(void *context, const char *sql)
{
    char answer[2048];
    return strncmp(sql_on(others_connection(context), answer, sql), "error", 5) == 0 ? -1 : 0;
}

static int run_ask(void *context, const char *sql, char *ret, size_t room)
{
    char answer[2048];
    if (strncmp(sql_on(others_connection(context), answer, sql), "error", 5) == 0)
        return -1;
    (void)snprintf(ret, room, "%s", answer);
    return 0;
}

static int run_group(struct mariadb_conformance *c, const char *name,
                     const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((struct CMUnitTest *)&tests[i])->initial_state = &c->conformance;
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

int main(void)
{
    struct mariadb_conformance c = {
        .conformance = {
            .fresh = fresh_database, .open = open_store, .raw = run_raw, .ask = run_ask}};
    const struct CMUnitTest all[] = {CONFORMANCE_WORLD_TESTS, CONFORMANCE_ROWS_TESTS,
                                     CONFORMANCE_SWAP_TESTS};
    const struct CMUnitTest rows[] = {CONFORMANCE_ROWS_TESTS};
    int failed = 0;
    c.conformance.context = &c;
    if (server_new(&c.server)) {
        failed = run_group(&c, "with bulk execute", all, sizeof all / sizeof *all);
        c.no_bulk = true;
        failed += run_group(&c, "without", rows, sizeof rows / sizeof *rows);
    }
    if (c.other != NULL)
        mysql_close(c.other);
    server_free(&c.server);
    return failed;
}
