#include <errmsg.h>
#include <errno.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/system.h"
#include "store/mariadb.h"

enum meaning {
    OTHER,
    LOST,    /* the connection is of no more use */
    AGAIN,   /* the transaction may be done again at once */
    BUSY,    /* cut off by a limit or by a person */
    RIGHTS,  /* a right is missing */
    ACCOUNT, /* the user or the password is not known */
    NO_DATABASE,
    FULL,
    READ_ONLY,
};

static const struct {
    unsigned number;
    enum meaning meaning;
} meanings[] = {
    {CR_CONNECTION_ERROR, LOST},
    {CR_CONN_HOST_ERROR, LOST},
    {CR_IPSOCK_ERROR, LOST},
    {CR_UNKNOWN_HOST, LOST},
    {CR_SERVER_GONE_ERROR, LOST},
    {CR_SERVER_LOST, LOST},
    {CR_SERVER_HANDSHAKE_ERR, LOST},
    {CR_MALFORMED_PACKET, LOST},
    {CR_COMMANDS_OUT_OF_SYNC, LOST},
    {CR_SERVER_LOST_EXTENDED, LOST},
    {CR_SSL_CONNECTION_ERROR, LOST},
    {ER_CON_COUNT_ERROR, LOST},
    {ER_TOO_MANY_USER_CONNECTIONS, LOST},
    {ER_HOST_IS_BLOCKED, LOST},
    {ER_SERVER_SHUTDOWN, LOST},
    {ER_CONNECTION_KILLED, LOST},
    {ER_NEW_ABORTING_CONNECTION, LOST},
    {ER_NET_READ_ERROR, LOST},
    {ER_NET_READ_INTERRUPTED, LOST},
    {ER_NET_ERROR_ON_WRITE, LOST},
    {ER_NET_WRITE_INTERRUPTED, LOST},
    {ER_UNKNOWN_COM_ERROR, LOST},   /* a cluster's node that is cut off from the others says so, */
    {ER_ERROR_DURING_COMMIT, LOST}, /* and what it was doing may be done or not */
    {ER_LOCK_WAIT_TIMEOUT, BUSY},
    {ER_LOCK_DEADLOCK, AGAIN},
    {ER_CHECKREAD, AGAIN},
    {ER_TABLE_DEF_CHANGED, AGAIN},
    {ER_LOCK_TABLE_FULL, BUSY},
    {ER_QUERY_INTERRUPTED, BUSY},
    {ER_STATEMENT_TIMEOUT, BUSY},
    {ER_USER_LIMIT_REACHED, BUSY},
    {ER_DBACCESS_DENIED_ERROR, RIGHTS},
    {ER_TABLEACCESS_DENIED_ERROR, RIGHTS},
    {ER_COLUMNACCESS_DENIED_ERROR, RIGHTS},
    {ER_SPECIFIC_ACCESS_DENIED_ERROR, RIGHTS},
    {ER_PROCACCESS_DENIED_ERROR, RIGHTS},
    {ER_ACCESS_DENIED_ERROR, ACCOUNT},
    {ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ACCOUNT},
    {ER_HOST_NOT_PRIVILEGED, ACCOUNT},
    {ER_BAD_DB_ERROR, NO_DATABASE},
    {ER_DISK_FULL, FULL},
    {ER_RECORD_FILE_FULL, FULL},
    {ER_OPTION_PREVENTS_STATEMENT, READ_ONLY},
    {ER_READ_ONLY_MODE, READ_ONLY},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, READ_ONLY},
    {ER_OPEN_AS_READONLY, READ_ONLY},
};

static enum meaning meaning_of(unsigned number, const char *text)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].number == number)
            return meanings[i].meaning;
    }
    /* Where a storage engine or the file system refused, only the text holds the errno. */
    if (strstr(text, "rror 28 ") != NULL || strstr(text, "rrcode: 28 ") != NULL ||
        strstr(text, "o space left on device") != NULL)
        return FULL;
    return OTHER;
}

/* All that credd does; REFERENCES is asked for by MySQL alone. */
#define RIGHTS_NEEDED \
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, CREATE VIEW, SHOW VIEW, REFERENCES"

/* What the server said stands last: it may itself begin with the name of a statement. */
static int missing_rights(const struct maria *maria, const char *said, struct fault *fault)
{
    return fault_set(fault, -EACCES,
                     "the database user lacks rights or there is no such database; run as the "
                     "database's administrator: CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET "
                     "utf8mb4; GRANT " RIGHTS_NEEDED "%s ON `%s`.* TO %s; (the server said: %s)",
                     maria->name, maria->is_mariadb ? "" : ", TRIGGER", maria->name, maria->account,
                     said);
}

/* The server's text holds the account as it saw it: …user 'credd'@'10.0.0.7' (using password: YES).
 */
static void account_in(const char *said, const struct maria *maria, char *account, size_t room)
{
    const char *from = strchr(said, '\'');
    const char *at = from != NULL ? strstr(from, "'@'") : NULL;
    const char *end = at != NULL ? strchr(at + 3, '\'') : NULL;
    if (end != NULL && (size_t)(end + 1 - from) < room) {
        memcpy(account, from, (size_t)(end + 1 - from));
        account[end + 1 - from] = '\0';
    } else {
        (void)snprintf(account, room, "'%s'@'%s'", maria->user,
                       maria->by_socket ? "localhost" : "%");
    }
}

static int unknown_account(const struct maria *maria, const char *said, struct fault *fault)
{
    char account[160];
    account_in(said, maria, account, sizeof account);
    bool by_socket = maria->by_socket && maria->password == NULL && maria->is_self;
    return fault_set(
        fault, -EACCES,
        "the database knows no such user or password; look at database.user and at "
        "database.password_file or the credential db-password%s, or run as the database's "
        "administrator: CREATE USER IF NOT "
        "EXISTS %s; ALTER USER %s IDENTIFIED %s; CREATE DATABASE IF NOT EXISTS `%s` CHARACTER SET "
        "utf8mb4; GRANT " RIGHTS_NEEDED " ON `%s`.* TO %s; (the server said: %s)",
        by_socket ? "" : " (PASSWORD; a new credential comes with a restart)", account, account,
        by_socket ? "VIA unix_socket" : "BY 'PASSWORD'", maria->name, maria->name, account, said);
}

/* "Table 'name.credd_act' doesn't exist" */
static bool own_table(const char *said, struct fault *fault)
{
    const char *table = strstr(said, ".credd_");
    size_t length = table != NULL ? strcspn(++table, "'") : 0;
    if (length == 0 || !sql_is_own(table, length))
        return false;
    (void)fault_set(fault, -EUCLEAN, "the table %.*s is gone", (int)length, table);
    return true;
}

static int explain(const struct maria *maria, unsigned number, const char *said,
                   struct fault *fault)
{
    switch (meaning_of(number, said)) {
    case LOST:
        return fault_set(fault, -ENOTCONN, "the connection to the database was lost: %s (%u)", said,
                         number);
    case AGAIN:
    case BUSY: return fault_set(fault, -EBUSY, "the database is busy: %s (%u)", said, number);
    case RIGHTS:
    case NO_DATABASE: return missing_rights(maria, said, fault);
    case ACCOUNT: return unknown_account(maria, said, fault);
    case FULL:
        return fault_set(
            fault, -ENOSPC,
            "the database has no space left: %s (%u); make room, credd goes on by itself", said,
            number);
    case READ_ONLY:
        return fault_set(fault, -EROFS,
                         "the database is read-only: %s (%u); make it writable (SET GLOBAL "
                         "read_only = OFF, unless it is a replica), credd goes on by itself",
                         said, number);
    case OTHER: break;
    }
    if (number == ER_NO_SUCH_TABLE && own_table(said, fault))
        return -EUCLEAN;
    return fault_set(fault, -EPROTO, "the database answered: %s (%u)", said, number);
}

void maria_asks(struct maria *maria)
{
    maria->asked = system_time.mono(system_time.context);
}

static long long silent_s(const struct maria *maria)
{
    return (system_time.mono(system_time.context).us - maria->asked.us) / 1000000;
}

#define LOOK_AT \
    "see what it waits for (SHOW FULL PROCESSLIST, its disk); credd tries again by itself"

/* Who ended it, after how long, and what to do. */
static int explain_lost(const struct maria *maria, const char *said, struct fault *fault)
{
    long long silent = silent_s(maria);
    if (atomic_load(&maria->cut))
        return fault_set(fault, -EINTR,
                         "credd closed the connection to the database, which had not answered for "
                         "%lld s: " LOOK_AT,
                         silent);
    if (silent >= MARIA_ANSWER_S - 1)
        return fault_set(fault, -ENOTCONN,
                         "the database server did not answer for %lld s, so credd gave the "
                         "connection up: " LOOK_AT,
                         silent);
    return explain(maria, maria->error, said, fault);
}

int maria_fail(struct maria *maria, MYSQL_STMT *statement, struct fault *fault)
{
    char said[MYSQL_ERRMSG_SIZE];
    maria->error = statement != NULL ? mysql_stmt_errno(statement) : mysql_errno(maria->mysql);
    (void)snprintf(said, sizeof said, "%s",
                   statement != NULL ? mysql_stmt_error(statement) : mysql_error(maria->mysql));
    (void)snprintf(maria->said, sizeof maria->said, "%s", said);
    sql_living(maria->said);
    (void)snprintf(maria->sqlstate, sizeof maria->sqlstate, "%s",
                   statement != NULL ? mysql_stmt_sqlstate(statement)
                                     : mysql_sqlstate(maria->mysql));
    enum meaning meaning = meaning_of(maria->error, said);
    bool lost = meaning == LOST;
    if (lost || (meaning == READ_ONLY && maria_has_choice(maria)))
        maria_disconnect(maria);
    return lost ? explain_lost(maria, said, fault) : explain(maria, maria->error, said, fault);
}

int maria_refused(struct maria *maria, MYSQL *mysql, const char *where, struct fault *fault)
{
    maria->error = mysql_errno(mysql);
    if (atomic_load(&maria->cut))
        return fault_set(fault, -EINTR, "%s: credd gave up connecting after %lld s", where,
                         silent_s(maria));
    const char *said = mysql_error(mysql);
    bool lost = meaning_of(maria->error, said) == LOST;
    if (lost && silent_s(maria) >= MARIA_CONNECT_S - 1)
        return fault_set(fault, -ENOTCONN, "%s: no answer for %lld s; " LOOK_AT, where,
                         silent_s(maria));
    if (lost)
        return fault_set(fault, -ENOTCONN, "%s: %s (%u)", where, said, maria->error);
    return explain(maria, maria->error, said, fault);
}

int maria_rolled_back(struct maria *maria, struct fault *fault)
{
    maria->error = ER_LOCK_DEADLOCK;
    return fault_set(fault, -EBUSY, "the server rolled back the transaction");
}

bool maria_again(const struct maria *maria)
{
    return meaning_of(maria->error, "") == AGAIN;
}

bool maria_no_table(const struct maria *maria)
{
    return maria->error == ER_NO_SUCH_TABLE;
}
