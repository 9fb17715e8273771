#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* One request stays below a quarter of max_allowed_packet, and below this. */
#define REQUEST_MAX ((size_t)4 << 20)
#define TRIES       3

static char *copied(const char *text)
{
    return text != NULL ? mem_text(text) : NULL;
}

static char *process_user(void)
{
    char room[1024];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) != 0 || found == NULL)
        return mem_format("%u", (unsigned)geteuid());
    return mem_text(found->pw_name);
}

static void library_begin(void)
{
    (void)mysql_library_init(0, NULL, NULL);
}

static struct maria *new_one(const struct store_config *config)
{
    struct maria *maria = MEM_NEW(struct maria);
    maria->local = config->hosts == NULL && config->socket == NULL;
    maria->hosts = copied(maria->local ? MARIA_LOCAL_HOST : config->hosts);
    maria->port = config->port > 0 ? config->port : MARIADB_PORT;
    maria->socket = copied(maria->local ? maria_local_socket() : config->socket);
    maria->by_socket = maria->socket != NULL;
    maria->name = mem_text(config->name != NULL ? config->name : "");
    char *self = process_user();
    maria->user = mem_text(config->user != NULL ? config->user : self);
    maria->is_self = strcmp(maria->user, self) == 0;
    free(self);
    maria->password = copied(config->password);
    maria->tls_ca = copied(config->tls_ca);
    maria->no_bulk = config->no_bulk;
    maria->plug = -1;
    maria->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&maria->lock, NULL);
    (void)snprintf(maria->description, sizeof maria->description, "MariaDB at %s%s, database %s",
                   maria->socket != NULL ? maria->socket : maria->hosts,
                   maria->local ? " or " MARIA_LOCAL_HOST : "", maria->name);
    return maria;
}

struct maria *maria_new(const struct store_config *config)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, library_begin);
    struct maria *maria = new_one(config);
    maria->helper = new_one(config);
    return maria;
}

void maria_free(struct maria *maria)
{
    if (maria == NULL)
        return;
    maria_disconnect(maria);
    maria_free(maria->helper);
    if (maria->wake >= 0)
        (void)close(maria->wake);
    (void)pthread_mutex_destroy(&maria->lock);
    if (maria->password != NULL)
        explicit_bzero(maria->password, strlen(maria->password));
    free(maria->hosts);
    free(maria->socket);
    free(maria->name);
    free(maria->user);
    free(maria->password);
    free(maria->tls_ca);
    free(maria);
}

static const char *const session[] = {
    "SET SESSION time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1, unique_checks = 1, "
    "sql_quote_show_create = 1, sql_mode = "
    "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 2, lock_wait_timeout = 5",
    /* Each statement of a batch has to see what is committed now, and locks no gaps in which the
     * application would insert. Where reads must agree, a snapshot is asked for. */
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
};

/* Statement based binary logs accept no writes under READ COMMITTED. */
#define LOGS_STATEMENTS "SELECT @@log_bin = 1 AND @@binlog_format = 'STATEMENT'"

static int ask_server(struct maria *maria, struct fault *fault)
{
    char answer[160];
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof session / sizeof *session; i++)
        r = maria_run(maria, session[i], fault);
    if (r == 0)
        r = maria_value(maria, mem_text(LOGS_STATEMENTS), NULL, 0, answer, sizeof answer, fault);
    if (r == 0 && strcmp(answer, "1") == 0)
        r = maria_run(maria, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", fault);
    if (r == 0)
        r = maria_value(maria, mem_text("SELECT @@max_allowed_packet"), NULL, 0, answer,
                        sizeof answer, fault);
    if (r != 0)
        return r;
    unsigned long long packet = strtoull(answer, NULL, 10);
    maria->request_max = packet / 4 < REQUEST_MAX ? (size_t)(packet / 4) : REQUEST_MAX;
    /* Without it the first TIMESTAMP column of a table would change by itself; not every server
     * lets a session choose, and every created_at has its default spelt out. */
    if (maria_run(maria, "SET SESSION explicit_defaults_for_timestamp = 1", NULL) != 0 &&
        maria->mysql == NULL)
        return fault_set(fault, -ENOTCONN, "the connection to the database was lost");
    return maria_value(
        maria, mem_text("SELECT CONCAT('\\'', REPLACE(CURRENT_USER(), '@', '\\'@\\''), '\\'')"),
        NULL, 0, maria->account, sizeof maria->account, fault);
}

static void describe(struct maria *maria)
{
    const char *version = mysql_get_server_info(maria->mysql);
    const char *where = maria->by_socket ? maria->socket : mysql_get_host_info(maria->mysql);
    (void)snprintf(maria->description, sizeof maria->description, "%s %.*s at %s, database %s",
                   maria->is_mariadb ? "MariaDB" : "MySQL", (int)strcspn(version, "-"), version,
                   where, maria->name);
}

static bool can_bulk(const struct maria *maria)
{
    unsigned long more = 0;
    (void)mariadb_get_infov(maria->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &more);
    return !maria->no_bulk && maria->is_mariadb &&
           (more & (unsigned long)(MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

int maria_connect(struct maria *maria, struct fault *fault)
{
    uint64_t old = 0;
    maria_disconnect(maria);
    atomic_store(&maria->cut, false);
    while (read(maria->wake, &old, sizeof old) > 0)
        continue;
    int r = maria_dial(maria, fault);
    if (r != 0)
        return r;
    maria->is_mariadb = mariadb_connection(maria->mysql) != 0;
    maria->has_bulk = can_bulk(maria);
    r = ask_server(maria, fault);
    /* Chosen only now: where the database is missing, the account is known and can be named. */
    if (r == 0 && mysql_select_db(maria->mysql, maria->name) != 0)
        r = maria_fail(maria, NULL, fault);
    if (r == 0)
        describe(maria);
    else
        maria_disconnect(maria);
    return r;
}

int maria_still_begun(struct maria *maria, struct fault *fault)
{
    unsigned status = 0;
    if (!maria->begun)
        return 0;
    (void)mariadb_get_infov(maria->mysql, MARIADB_CONNECTION_SERVER_STATUS, &status);
    if ((status & SERVER_STATUS_IN_TRANS) != 0)
        return 0;
    mysql_free_result(mysql_store_result(maria->mysql)); /* the connection is still of use */
    return maria_rolled_back(maria, fault);
}

static int send_query(struct maria *maria, const char *sql, size_t length, struct fault *fault)
{
    maria->error = 0;
    if (maria->mysql == NULL)
        return fault_set(fault, -ENOTCONN, "there is no connection to the database");
    maria_asks(maria);
    if (mysql_real_query(maria->mysql, sql, length) != 0)
        return maria_fail(maria, NULL, fault);
    return maria_still_begun(maria, fault);
}

int maria_run(struct maria *maria, const char *sql, struct fault *fault)
{
    return send_query(maria, sql, strlen(sql), fault);
}

int maria_do(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
             struct fault *fault)
{
    size_t length = strlen(sql);
    char *text = maria->mysql != NULL && count > 0
                     ? maria_text_expand(maria->mysql, sql, cells, count, &length)
                     : NULL;
    int r = send_query(maria, text != NULL ? text : sql, length, fault);
    free(text);
    free(sql);
    return r;
}

int maria_ask(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
              MYSQL_RES **ret_result, struct fault *fault)
{
    int r = maria_do(maria, sql, cells, count, fault);
    if (r != 0)
        return r;
    MYSQL_RES *result = mysql_store_result(maria->mysql);
    if (result == NULL)
        return maria_fail(maria, NULL, fault);
    *ret_result = result;
    return 0;
}

int maria_value(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
                char *ret_value, size_t room, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    int r = maria_ask(maria, sql, cells, count, &result, fault);
    if (r != 0)
        return r;
    MYSQL_ROW row = mysql_fetch_row(result);
    if (row == NULL)
        r = fault_set(fault, -ENOENT, "the database has no such row");
    else
        (void)snprintf(ret_value, room, "%s", row[0] != NULL ? row[0] : "");
    mysql_free_result(result);
    return r;
}

int maria_find(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
               char *ret_value, size_t room, bool *ret_found, struct fault *fault)
{
    struct fault why = {0};
    int r = maria_value(maria, sql, cells, count, ret_value, room, &why);
    bool absent = r == -ENOENT || (r != 0 && maria_no_table(maria));
    if (r != 0 && !absent) {
        if (fault != NULL)
            *fault = why;
        return r;
    }
    *ret_found = !absent;
    return 0;
}

uint64_t maria_affected(const struct maria *maria)
{
    return mysql_affected_rows(maria->mysql);
}

static int commit(struct maria *maria, struct fault *fault)
{
    int r = maria_run(maria, "COMMIT", fault);
    if (r != -ENOTCONN)
        return r;
    if (fault != NULL)
        fault->code = -ECONNABORTED;
    (void)fault_prefix(fault, "during COMMIT");
    return -ECONNABORTED;
}

int maria_transaction(struct maria *maria, maria_body *body, void *context, struct fault *fault)
{
    for (int tries = 1;; tries++) {
        int r = maria_run(maria, "START TRANSACTION", fault);
        maria->begun = r == 0;
        if (r == 0)
            r = body(maria, context, fault);
        maria->begun = false;
        if (r == 0)
            r = commit(maria, fault);
        if (r == 0)
            return 0;
        bool again = r == -EBUSY && maria_again(maria) && tries < TRIES;
        if (maria->mysql != NULL && maria_run(maria, "ROLLBACK", NULL) != 0)
            maria_disconnect(maria);
        if (!again || maria->mysql == NULL)
            return r;
    }
}

int maria_begin_snapshot(struct maria *maria, struct fault *fault)
{
    int r = maria_run(maria, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", fault);
    if (r == 0)
        r = maria_run(maria, "START TRANSACTION WITH CONSISTENT SNAPSHOT", fault);
    return r;
}

int maria_end_snapshot(struct maria *maria, struct fault *fault)
{
    return maria_run(maria, "COMMIT", fault);
}
