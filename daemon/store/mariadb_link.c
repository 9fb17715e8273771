#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/* Users are found by their name in the database; without one, by the name of the process's user. */
static char *user_name(const char *configured)
{
    if (configured != NULL)
        return mem_text(configured);
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
    maria->hosts = copied(config->hosts != NULL ? config->hosts : "localhost");
    maria->port = config->port > 0 ? config->port : MARIADB_PORT;
    maria->socket = copied(config->socket);
    maria->name = mem_text(config->name != NULL ? config->name : "");
    maria->user = user_name(config->user);
    maria->password = copied(config->password);
    maria->tls_ca = copied(config->tls_ca);
    maria->no_bulk = config->no_bulk;
    maria->plug = -1;
    maria->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&maria->lock, NULL);
    (void)snprintf(maria->description, sizeof maria->description, "MariaDB at %s, database %s",
                   maria->socket != NULL ? maria->socket : maria->hosts, maria->name);
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

/* The library closes its socket when it pleases, and another thread may be given the number at
 * once: store_interrupt() therefore works on a duplicate, which only we close. */
static void plug_in(struct maria *maria, int socket_of)
{
    (void)pthread_mutex_lock(&maria->lock);
    if (maria->plug >= 0)
        (void)close(maria->plug);
    maria->plug = socket_of >= 0 ? fcntl(socket_of, F_DUPFD_CLOEXEC, 3) : -1;
    if (maria->plug >= 0 && atomic_load(&maria->cut))
        (void)shutdown(maria->plug, SHUT_RDWR);
    (void)pthread_mutex_unlock(&maria->lock);
}

void maria_interrupt(struct maria *maria)
{
    const uint64_t one = 1;
    (void)pthread_mutex_lock(&maria->lock);
    atomic_store(&maria->cut, true);
    if (maria->plug >= 0)
        (void)shutdown(maria->plug, SHUT_RDWR);
    (void)pthread_mutex_unlock(&maria->lock);
    ssize_t put = write(maria->wake, &one, sizeof one);
    (void)put;
    if (maria->helper != NULL)
        maria_interrupt(maria->helper);
}

void maria_disconnect(struct maria *maria)
{
    if (maria->helper != NULL)
        maria_disconnect(maria->helper);
    maria->building = false;
    if (maria->mysql == NULL)
        return;
    mysql_close(maria->mysql);
    maria->mysql = NULL;
    plug_in(maria, -1);
}

static MYSQL *new_handle(const struct maria *maria, bool by_socket)
{
    const unsigned connect_s = MARIA_CONNECT_S;
    const unsigned read_s = MARIA_ANSWER_S;
    const unsigned write_s = MARIA_ANSWER_S;
    const unsigned off = 0;
    const unsigned protocol = by_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    const my_bool no = 0;
    const my_bool yes = 1;
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL)
        abort();
    (void)mysql_options(mysql, MYSQL_OPT_NONBLOCK, NULL);
    (void)mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    (void)mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_s);
    (void)mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &write_s);
    (void)mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    (void)mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
    (void)mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    (void)mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* What goes through a Unix socket stays on this machine. */
    bool secure = maria->tls_ca != NULL && !by_socket;
    if (secure) {
        (void)mysql_options(mysql, MYSQL_OPT_SSL_CA, maria->tls_ca);
        (void)mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
    }
    (void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, secure ? &yes : &no);
    return mysql;
}

static int wait_for(struct maria *maria, MYSQL *mysql, int wanted)
{
    struct pollfd polls[2] = {{.fd = mysql_get_socket(mysql)},
                              {.fd = maria->wake, .events = POLLIN}};
    polls[0].events = (short)(((wanted & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
                              ((wanted & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0) |
                              ((wanted & MYSQL_WAIT_EXCEPT) != 0 ? POLLPRI : 0));
    int timeout = (wanted & MYSQL_WAIT_TIMEOUT) != 0 ? (int)mysql_get_timeout_value_ms(mysql)
                                                     : (int)(MARIA_CONNECT_S * 1000);
    plug_in(maria, polls[0].fd);
    int ready = poll(polls, 2, timeout);
    if (ready < 0 && errno == EINTR)
        return 0;
    if (ready <= 0 || polls[1].revents != 0)
        return MYSQL_WAIT_TIMEOUT;
    /* An error or a hang-up is found by whatever was to be done. */
    return wanted & ~MYSQL_WAIT_TIMEOUT;
}

/* Connector/C closes a Unix socket that nobody answers twice, and the second time it may well be
 * another thread's descriptor: it must not get to try. */
static int knock(const struct maria *maria, struct fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(maria->socket);
    if (length >= sizeof address.sun_path)
        return fault_set(fault, -ENOTCONN, "database.socket %.80s… is too long a path",
                         maria->socket);
    memcpy(address.sun_path, maria->socket, length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = 0;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (error == 0 || error == EAGAIN || error == EINPROGRESS)
        return 0;
    return fault_set(fault, -ENOTCONN, "no database server answers at %s: %s", maria->socket,
                     strerror(error));
}

/* Connects without blocking, the one call that is made so: until it returns there is no other way
 * to learn the socket that store_interrupt() needs. */
static int dial(struct maria *maria, const char *host, unsigned port, const char *where,
                struct fault *fault)
{
    int answered = host == NULL ? knock(maria, fault) : 0;
    if (answered < 0)
        return answered;
    MYSQL *mysql = new_handle(maria, host == NULL);
    MYSQL *done = NULL;
    maria_asks(maria);
    int wanted =
        mysql_real_connect_start(&done, mysql, host != NULL ? host : "localhost", maria->user,
                                 maria->password != NULL ? maria->password : "", NULL, port,
                                 host != NULL ? NULL : maria->socket, CLIENT_FOUND_ROWS);
    while (wanted != 0) {
        int got = wait_for(maria, mysql, wanted);
        if (got != 0)
            wanted = mysql_real_connect_cont(&done, mysql, got);
    }
    if (done == NULL) {
        int r = maria_refused(maria, mysql, where, fault);
        mysql_close(mysql);
        plug_in(maria, -1);
        return r;
    }
    maria->mysql = mysql;
    plug_in(maria, mysql_get_socket(mysql));
    return 0;
}

/* Takes "host", "host:port", "[v6]:port" or a bare v6 address apart, in place. */
static char *split_host(char *text, unsigned *port)
{
    char *colon = NULL;
    if (*text == '[' && strchr(text, ']') != NULL) {
        char *end = strchr(text, ']');
        *end = '\0';
        text++;
        colon = end[1] == ':' ? end + 1 : NULL;
    } else if (strchr(text, ':') == strrchr(text, ':')) {
        colon = strchr(text, ':');
    }
    if (colon != NULL) {
        *colon = '\0';
        unsigned long given = strtoul(colon + 1, NULL, 10);
        if (given > 0 && given <= 65535)
            *port = (unsigned)given;
    }
    return text;
}

static int dial_hosts(struct maria *maria, struct fault *fault)
{
    char *list = mem_text(maria->hosts);
    char *rest = list;
    char *item = NULL;
    int r = fault_set(fault, -ENOTCONN, "database.host names no host");
    struct maria_text failures = {0};
    while ((item = strsep(&rest, ", \t")) != NULL && maria->mysql == NULL) {
        if (*item == '\0')
            continue;
        unsigned port = maria->port;
        char where[300];
        (void)snprintf(where, sizeof where, "%s", item);
        struct fault one = {0};
        r = dial(maria, split_host(item, &port), port, where, &one);
        if (r != 0 && r != -ENOTCONN) {
            if (fault != NULL)
                *fault = one;
            break;
        }
        maria_text_add(&failures, failures.used > 0 ? "; " : "");
        maria_text_add(&failures, one.text);
    }
    if (r == -ENOTCONN && failures.used > 0)
        (void)fault_set(fault, r, "no database server can be reached: %s", failures.bytes);
    free(failures.bytes);
    free(list);
    return r;
}

static const char *const session[] = {
    "SET SESSION time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1, unique_checks = 1, "
    "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
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
    const char *where = maria->socket != NULL ? maria->socket : mysql_get_host_info(maria->mysql);
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
    int r = maria->socket != NULL ? dial(maria, NULL, 0, maria->socket, fault)
                                  : dial_hosts(maria, fault);
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

static int send_query(struct maria *maria, const char *sql, size_t length, struct fault *fault)
{
    maria->error = 0;
    if (maria->mysql == NULL)
        return fault_set(fault, -ENOTCONN, "there is no connection to the database");
    maria_asks(maria);
    if (mysql_real_query(maria->mysql, sql, length) != 0)
        return maria_fail(maria, NULL, fault);
    return 0;
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
        if (r == 0)
            r = body(maria, context, fault);
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
