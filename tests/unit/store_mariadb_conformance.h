/* store_mariadb_conformance.h - a private mariadbd as the state of conformance tests. */
#ifndef CREDD_TESTS_STORE_MARIADB_CONFORMANCE_H
#define CREDD_TESTS_STORE_MARIADB_CONFORMANCE_H

#include "store_conformance.h"
#include "store_mariadbd.h"

#define DATABASE "conformance"

struct mariadb_conformance {
    struct conformance conformance;
    struct server server;
    MYSQL *other; /* somebody else's connection */
    bool no_bulk;
};

static inline MYSQL *others_connection(struct mariadb_conformance *c)
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

static inline void others_disconnect(struct mariadb_conformance *c)
{
    if (c->other != NULL)
        mysql_close(c->other);
    c->other = NULL;
}

static inline void fresh_database(void *context)
{
    struct mariadb_conformance *c = context;
    char answer[2048];
    others_disconnect(c);
    (void)server_sql(&c->server, answer, "DROP DATABASE IF EXISTS " DATABASE);
    assert_string_equal(answer, "");
    server_database_named(&c->server, DATABASE);
}

static inline struct store *open_store(void *context)
{
    struct mariadb_conformance *c = context;
    struct store_config config = server_config(&c->server, DATABASE);
    config.no_bulk = c->no_bulk;
    return store_new(&config);
}

static inline int run_raw(void *context, const char *sql)
{
    char answer[2048];
    return strncmp(sql_on(others_connection(context), answer, sql), "error", 5) == 0 ? -1 : 0;
}

static inline int run_ask(void *context, const char *sql, char *ret, size_t room)
{
    char answer[2048];
    if (strncmp(sql_on(others_connection(context), answer, sql), "error", 5) == 0)
        return -1;
    (void)snprintf(ret, room, "%s", answer);
    return 0;
}

/* False where MariaDB is not installed. */
static inline bool mariadb_conformance_begin(struct mariadb_conformance *c)
{
    *c = (struct mariadb_conformance){.conformance = {.context = c,
                                                      .fresh = fresh_database,
                                                      .open = open_store,
                                                      .raw = run_raw,
                                                      .ask = run_ask}};
    return server_new(&c->server);
}

static inline void mariadb_conformance_end(struct mariadb_conformance *c)
{
    others_disconnect(c);
    server_free(&c->server);
}

static inline int mariadb_conformance_run(struct mariadb_conformance *c, const char *name,
                                          const struct CMUnitTest *tests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ((struct CMUnitTest *)&tests[i])->initial_state = &c->conformance;
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

#endif
