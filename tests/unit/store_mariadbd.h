/* store_mariadbd.h - a private mariadbd for one test program. */
#ifndef CREDD_TESTS_STORE_MARIADBD_H
#define CREDD_TESTS_STORE_MARIADBD_H

#include <fcntl.h>
#include <ftw.h>
#include <mysql.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* cmocka.h wants these before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include "store/store.h"

struct server {
    char folder[128];
    char data[160], socket[160];
    pid_t pid;
    unsigned databases; /* made so far */
};

static inline pid_t server_spawn(const struct server *server, char *const argv[], const char *log)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", server->folder, log);
    int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out >= 0) {
        (void)dup2(out, STDOUT_FILENO);
        (void)dup2(out, STDERR_FILENO);
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        (void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
        (void)execvp(argv[0], argv);
    }
    _exit(127);
}

static inline MYSQL *server_root(const struct server *server)
{
    MYSQL *mysql = mysql_init(NULL);
    const unsigned protocol = MYSQL_PROTOCOL_SOCKET;
    (void)mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    if (mysql_real_connect(mysql, "localhost", "root", "", NULL, 0, server->socket,
                           CLIENT_MULTI_STATEMENTS) == NULL) {
        mysql_close(mysql);
        return NULL;
    }
    return mysql;
}

static inline bool server_start(struct server *server)
{
    char data[180];
    char socket[180];
    char temporary[180];
    (void)snprintf(temporary, sizeof temporary, "--tmpdir=%s", server->data);
    (void)snprintf(data, sizeof data, "--datadir=%s", server->data);
    (void)snprintf(socket, sizeof socket, "--socket=%s", server->socket);
    char *argv[] = {"mariadbd", "--no-defaults", data, socket, temporary, "--skip-networking",
                    "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M",
                    /* Processes are killed here, not the machine: what is written is kept. */
                    "--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync",
                    "--sync-frm=OFF", "--explicit-defaults-for-timestamp=OFF",
                    "--plugin-maturity=unknown", "--plugin-load-add=metadata_lock_info",
                    geteuid() == 0 ? "--user=root" : NULL, NULL};
    server->pid = server_spawn(server, argv, "server.log");
    for (int tries = 0; tries < 600; tries++) {
        MYSQL *mysql = server_root(server);
        if (mysql != NULL) {
            mysql_close(mysql);
            return true;
        }
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            return false;
        }
        /* There is nothing to wait on before the server listens. */
        (void)usleep(50000);
    }
    return false;
}

static inline void server_end(struct server *server, int signal_number)
{
    if (server->pid > 0) {
        (void)kill(server->pid, signal_number);
        (void)waitpid(server->pid, NULL, 0);
    }
    server->pid = 0;
}

/* Returns once all of its threads stand still: one that runs could still answer. */
static inline void server_freeze(const struct server *server)
{
    int status = 0;
    assert_int_equal(kill(server->pid, SIGSTOP), 0);
    assert_int_equal(waitpid(server->pid, &status, WUNTRACED), server->pid);
    assert_true(WIFSTOPPED(status));
}

static inline void server_thaw(const struct server *server)
{
    assert_int_equal(kill(server->pid, SIGCONT), 0);
}

static inline int server_remove_one(const char *path, const struct stat *status, int kind,
                                    struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* What it said last, for whoever reads why the tests did not run. */
static inline void server_tell(const struct server *server, const char *log)
{
    char path[200], line[400];
    (void)snprintf(path, sizeof path, "%s/%s", server->folder, log);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void)fprintf(stderr, "%s: %s", log, line);
    if (file != NULL)
        (void)fclose(file);
}

static inline bool server_try(struct server *server)
{
    char data[180], temporary[180];
    int status = 0;
    /* A server that starts clears up the temporary tables in its folder, others' too. */
    (void)snprintf(temporary, sizeof temporary, "--tmpdir=%s", server->folder);
    (void)snprintf(data, sizeof data, "--datadir=%s", server->data);
    char *argv[] = {"mariadb-install-db",
                    "--no-defaults",
                    data,
                    temporary,
                    "--skip-test-db",
                    "--force",
                    "--auth-root-authentication-method=normal",
                    geteuid() == 0 ? "--user=root" : NULL,
                    NULL};
    pid_t pid = server_spawn(server, argv, "install.log");
    if (waitpid(pid, &status, 0) == pid && status == 0 && server_start(server))
        return true;
    (void)fprintf(stderr, "mariadbd did not start (mariadb-install-db: wait status %d)\n", status);
    server_tell(server, "install.log");
    server_tell(server, "server.log");
    return false;
}

/* False where MariaDB is not installed. */
static inline bool server_new(struct server *server)
{
    const char *base = getenv("TMPDIR");
    *server = (struct server){0};
    (void)snprintf(server->folder, sizeof server->folder, "%s/credd-mariadb-XXXXXX",
                   base != NULL && strlen(base) < 60 ? base : "/tmp");
    if (mkdtemp(server->folder) == NULL)
        return false;
    (void)snprintf(server->data, sizeof server->data, "%s/data", server->folder);
    (void)snprintf(server->socket, sizeof server->socket, "%s/s", server->folder);
    if (server_try(server))
        return true;
    server_end(server, SIGKILL);
    (void)nftw(server->data, server_remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return server_try(server);
}

static inline void server_free(struct server *server)
{
    server_end(server, SIGTERM);
    if (server->folder[0] != '\0')
        (void)nftw(server->folder, server_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Runs statements on a connection; the first column of the last result's first row, or "". */
static inline const char *sql_on(MYSQL *mysql, char answer[2048], const char *sql)
{
    answer[0] = '\0';
    if (mysql_query(mysql, sql) != 0) {
        (void)snprintf(answer, 2048, "error %u: %s", mysql_errno(mysql), mysql_error(mysql));
        return answer;
    }
    do {
        MYSQL_RES *result = mysql_store_result(mysql);
        MYSQL_ROW row = result != NULL ? mysql_fetch_row(result) : NULL;
        unsigned last = result != NULL ? mysql_num_fields(result) - 1 : 0;
        if (row != NULL && row[last] != NULL)
            (void)snprintf(answer, 2048, "%s", row[last]);
        mysql_free_result(result);
    } while (mysql_next_result(mysql) == 0);
    if (mysql_errno(mysql) != 0)
        (void)snprintf(answer, 2048, "error %u: %s", mysql_errno(mysql), mysql_error(mysql));
    return answer;
}

/* The same as root; the last column of the last row read, or "error …". */
static inline const char *server_sql(const struct server *server, char answer[2048],
                                     const char *format, ...) __attribute__((format(printf, 3, 4)));
static inline const char *server_sql(const struct server *server, char answer[2048],
                                     const char *format, ...)
{
    char *sql = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&sql, format, args);
    va_end(args);
    assert_true(length >= 0);
    MYSQL *mysql = server_root(server);
    assert_non_null(mysql);
    (void)sql_on(mysql, answer, sql);
    mysql_close(mysql);
    free(sql);
    return answer;
}

/* A database with a user who has exactly the rights that credd asks for. */
static inline void server_database_named(const struct server *server, const char *name)
{
    char answer[2048];
    assert_string_equal(
        server_sql(server, answer,
                   "CREATE DATABASE %s CHARACTER SET utf8mb4; "
                   "CREATE USER IF NOT EXISTS 'credd'@'localhost' IDENTIFIED BY 'secret'; "
                   "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, CREATE VIEW, SHOW "
                   "VIEW, REFERENCES "
                   "ON %s.* TO 'credd'@'localhost'",
                   name, name),
        "");
}

/* A database of the test's own. */
static inline void server_database(struct server *server, char name[32])
{
    (void)snprintf(name, 32, "demo_%u", ++server->databases);
    server_database_named(server, name);
}

static inline struct store_config server_config(const struct server *server, const char *database)
{
    return (struct store_config){
        .mariadb = true,
        .socket = server->socket,
        .name = database,
        .user = "credd",
        .password = "secret",
    };
}

/* The group's server; tests are skipped where there is none. */
static inline struct server *server_of(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static inline int begin_server(void **state)
{
    static struct server server;
    if (server_new(&server))
        *state = &server;
    else
        server_free(&server);
    return 0;
}

static inline int end_server(void **state)
{
    if (*state != NULL)
        server_free(*state);
    return 0;
}

static inline int64_t now_ms(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

#endif
