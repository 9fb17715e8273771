/* Reaching a server: a Unix socket, or hosts in turn. */
#include <errno.h>
#include <mysqld_error.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* Debian's. */
#define LOCAL_SOCKET "/run/mysqld/mysqld.sock"

/* MariaDB's own programs take this variable too. */
const char *maria_local_socket(void)
{
    const char *set = getenv("MYSQL_UNIX_PORT");
    return set != NULL && set[0] != '\0' ? set : LOCAL_SOCKET;
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
    maria_plug(maria, polls[0].fd);
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
        maria_plug(maria, -1);
        return r;
    }
    maria->mysql = mysql;
    maria_plug(maria, mysql_get_socket(mysql));
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

/* The first value; false with the server's error. */
static bool ask_value(struct maria *maria, const char *query, char *ret_value, size_t room)
{
    maria_asks(maria);
    if (mysql_real_query(maria->mysql, query, strlen(query)) != 0)
        return false;
    MYSQL_RES *result = mysql_store_result(maria->mysql);
    MYSQL_ROW row = result != NULL ? mysql_fetch_row(result) : NULL;
    (void)snprintf(ret_value, room, "%s", row != NULL && row[0] != NULL ? row[0] : "");
    mysql_free_result(result);
    return true;
}

/* Of several, one that only answers is passed over: a replica, or a cluster's node that is cut off
 * from the others, which shows at the first table. */
static int expect_writable(struct maria *maria, const char *where, struct fault *fault)
{
    char value[32];
    int r = 0;
    char *of_table = mem_format("SELECT 1 FROM `%s`." SCHEMA_META " LIMIT 0", maria->name);
    bool answers = ask_value(maria, "SELECT @@GLOBAL.read_only", value, sizeof value);
    if (answers && strcmp(value, "0") != 0)
        r = fault_set(fault, -ENOTCONN, "%s: is read-only", where);
    else if (!answers || (!ask_value(maria, of_table, value, sizeof value) &&
                          mysql_errno(maria->mysql) == ER_UNKNOWN_COM_ERROR))
        r = fault_set(fault, -ENOTCONN, "%s: %s (%u)", where, mysql_error(maria->mysql),
                      mysql_errno(maria->mysql));
    free(of_table);
    if (r != 0)
        maria_disconnect(maria);
    return r;
}

bool maria_has_choice(const struct maria *maria)
{
    return !maria->by_socket && maria->hosts != NULL && strpbrk(maria->hosts, ", \t") != NULL;
}

static int dial_hosts(struct maria *maria, struct fault *fault)
{
    char *list = mem_text(maria->hosts);
    char *rest = list;
    char *item = NULL;
    int r = fault_set(fault, -ENOTCONN, "database.host names no host");
    struct maria_text failures = {0};
    if (maria->local) {
        maria_text_add(&failures, "there is no ");
        maria_text_add(&failures, maria->socket);
    }
    while ((item = strsep(&rest, ", \t")) != NULL && maria->mysql == NULL) {
        if (*item == '\0')
            continue;
        unsigned port = maria->port;
        char where[300];
        (void)snprintf(where, sizeof where, "%s", item);
        struct fault one = {0};
        const char *host = split_host(item, &port);
        r = dial(maria, host, port, where, &one);
        if (r == 0 && maria_has_choice(maria))
            r = expect_writable(maria, where, &one);
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

/* The server of this machine may be installed, or started, after credd: looked for each time. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

int maria_dial(struct maria *maria, struct fault *fault)
{
    maria->by_socket = maria->socket != NULL && (!maria->local || is_there(maria->socket));
    if (maria->by_socket)
        return dial(maria, NULL, 0, maria->socket, fault);
    return dial_hosts(maria, fault);
}
