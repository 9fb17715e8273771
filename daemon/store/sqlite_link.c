/* Opening an SQLite file, and waiting for who else has it locked. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "store/sqlite.h"

/* Applications hold the write lock for some 20 ms at a time: short naps find the gaps between them.
 */
int sqlite_busy(void *context, int count)
{
    struct sqlite *self = context;
    if (count == 0) {
        self->waited_ms = 0;
        self->waits = 0;
    }
    if (atomic_load(&self->cut) || self->waited_ms >= self->wait_ms)
        return 0;
    unsigned nap = self->waits++ < 10 ? 1 : 1 + self->waits % 4;
    if (nap > self->wait_ms - self->waited_ms)
        nap = self->wait_ms - self->waited_ms;
    (void)poll(NULL, 0, (int)nap);
    self->waited_ms += nap;
    return 1;
}

int sqlite_usable(struct sqlite *self, struct fault *fault)
{
    if (atomic_load(&self->cut))
        return fault_set(fault, -ENOTCONN, "credd interrupted its work on %s", self->path);
    if (!self->connected)
        return fault_set(fault, -ENOTCONN, "%s is not open", self->path);
    if (self->db == NULL)
        return fault_set(fault, -EPERM, "%s does not carry credd's marker", self->path);
    return 0;
}

void sqlite_link_close(struct sqlite *self)
{
    for (unsigned side = 0; side < SQL_SIDES; side++)
        for (unsigned i = 0; i < SQL_TEXTS; i++)
            (void)sqlite3_finalize(self->texts[side][i]);
    for (unsigned side = 0; side < 2; side++) {
        for (unsigned i = 0; i < SCHEMA_TABLES; i++) {
            (void)sqlite3_finalize(self->inserts[side][i]);
            (void)sqlite3_finalize(self->moves[side][i]);
        }
        for (unsigned i = 0; i < CHANGE_GROUPS; i++)
            (void)sqlite3_finalize(self->updates[side][i]);
    }
    memset(self->texts, 0, sizeof self->texts);
    memset(self->inserts, 0, sizeof self->inserts);
    memset(self->moves, 0, sizeof self->moves);
    memset(self->updates, 0, sizeof self->updates);
    (void)pthread_mutex_lock(&self->guard);
    sqlite3 *db = self->db;
    self->db = NULL;
    (void)pthread_mutex_unlock(&self->guard);
    (void)sqlite3_close_v2(db);
}

int sqlite_link_open(struct sqlite *self, bool create, struct fault *fault)
{
    sqlite3 *db = NULL;
    struct stat status;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    int rc = sqlite3_open_v2(self->path, &db, flags, NULL);
    int code = rc != SQLITE_OK ? sqlite_error(self, db, rc, "opening it", fault) : 0;
    if (code == 0 && sqlite3_db_readonly(db, "main") == 1)
        code = sqlite_error(self, db, SQLITE_READONLY, "opening it for writing", fault);
    if (code == 0 && stat(self->path, &status) != 0)
        code = fault_set(fault, -ENOTCONN, "%s: %s", self->path, strerror(errno));
    if (code != 0) {
        (void)sqlite3_close_v2(db);
        return code;
    }
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_handler(db, sqlite_busy, self);
    /* Renames at a swap are to leave the application's views and our references as they read. */
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
    self->foreign_keys = true;
    self->device = status.st_dev;
    self->inode = status.st_ino;
    memset(self->sides, 0, sizeof self->sides);
    (void)pthread_mutex_lock(&self->guard);
    self->db = db;
    (void)pthread_mutex_unlock(&self->guard);
    return 0;
}

static int use_log(struct sqlite *self, char *ret_mode, size_t room, struct fault *fault)
{
    sqlite3_stmt *statement;
    int rc = sqlite_prepare(self, "PRAGMA journal_mode = WAL", &statement, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_one_text(self, statement, ret_mode, room, fault);
    (void)sqlite3_finalize(statement);
    return rc;
}

#define LOG_TRIES  50
#define LOG_NAP_MS 10

/* Two that change the mode at once would wait for each other: SQLite refuses one without a wait. */
static int use_log_at_last(struct sqlite *self, char *ret_mode, size_t room, struct fault *fault)
{
    int rc = 0;
    for (int i = 0; i == 0 || (rc == -EBUSY && i < LOG_TRIES && self->waited_ms == 0); i++) {
        (void)poll(NULL, 0, i > 0 ? LOG_NAP_MS : 0);
        self->waited_ms = 0;
        rc = use_log(self, ret_mode, room, fault);
    }
    return rc;
}

/* synchronous=FULL: an act that was acknowledged and a reset that was reported survive a power cut
 * too. It costs one flush for each transaction, and credd's transactions are few and large. (With
 * NORMAL, a power cut could only take the last batches together with their watermarks, and the same
 * rows would come again.) */
int sqlite_link_own(struct sqlite *self, struct fault *fault)
{
    char mode[16];
    int rc = sqlite_run(self, "PRAGMA synchronous = FULL", fault);
    if (rc == 0)
        rc = use_log_at_last(self, mode, sizeof mode, fault);
    if (rc != 0)
        return rc;
    if (strcmp(mode, "wal") != 0)
        return fault_set(fault, -EPROTO,
                         "%s: the file system does not allow a write-ahead log (journal_mode is "
                         "%s), without which readers would be held up",
                         self->path, mode);
    /* The log, then empty, and its index stay when the file is closed: a reader without write
     * access needs them and cannot create them. */
    if (self->reads)
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int keep = 1;
    (void)sqlite3_file_control(self->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    return sqlite_run(self, "PRAGMA journal_size_limit = 67108864", fault);
}
