#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
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

static int refused(struct sqlite *self, int errnum, const char *message, struct fault *fault)
{
    if (errnum == EROFS)
        return fault_set(
            fault, -EROFS,
            "%s is on a file system that is mounted read-only: make it writable (as a "
            "service outside of /var/lib/credd with ReadWritePaths=), then restart credd",
            self->path);
    if (errnum == EACCES || errnum == EPERM)
        return fault_set(fault, -EACCES,
                         "%s may not be written by this user (uid %ld): the file, its -wal and "
                         "-shm and their folder have to be writable",
                         self->path, (long)geteuid());
    return fault_set(fault, -EACCES, "%s can not be opened: %s", self->path,
                     errnum != 0 ? strerror(errnum) : message);
}

/* SQLite does not always keep the errno of what was refused: asks again. */
static int refusal(const struct sqlite *self, sqlite3 *db)
{
    int errnum = db != NULL ? sqlite3_system_errno(db) : 0;
    if (errnum == EROFS || errnum == EACCES || errnum == EPERM)
        return errnum;
    if (faccessat(AT_FDCWD, self->path, R_OK | W_OK, AT_EACCESS) != 0 && errno != ENOENT)
        return errno;
    char *folder = mem_text(self->path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *(slash > folder ? slash : slash + 1) = '\0';
    errnum = faccessat(AT_FDCWD, slash != NULL ? folder : ".", W_OK | X_OK, AT_EACCESS) != 0
                 ? errno
                 : errnum;
    free(folder);
    return errnum;
}

static int io_error(struct sqlite *self, sqlite3 *db, const char *what, const char *message,
                    struct fault *fault)
{
    int errnum = db != NULL ? sqlite3_system_errno(db) : 0;
    if (errnum == ENOSPC || errnum == EDQUOT)
        return fault_set(fault, -ENOSPC,
                         "the disk under %s is full (%s); make room, credd goes on by itself",
                         self->path, what);
    if (errnum == EROFS)
        return refused(self, errnum, message, fault);
    return fault_set(fault, -EPROTO, "%s: %s: %s (%s)", self->path, what, message,
                     errnum != 0 ? strerror(errnum) : "no errno");
}

static int cut_off(const struct sqlite *self, const char *what, struct fault *fault)
{
    return fault_set(
        fault, -EINTR,
        "%s: credd broke this off, because %s took too long to answer: see whether its "
        "disk hangs; credd tries again by itself",
        what, self->path);
}

int sqlite_error(struct sqlite *self, sqlite3 *db, int rc, const char *what, struct fault *fault)
{
    const char *message = db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    if (atomic_load(&self->cut))
        return cut_off(self, what, fault);
    if (rc == SQLITE_READONLY_DBMOVED)
        return fault_set(fault, -ENOTCONN, "%s was moved or removed while it was open", self->path);
    switch (rc & 0xff) {
    case SQLITE_INTERRUPT: return cut_off(self, what, fault);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fault_set(
            fault, -EBUSY,
            "%s: another connection holds %s locked (waited %u ms; SQLite does not tell "
            "whose it is)",
            what, self->path, self->waited_ms);
    case SQLITE_FULL:
        return fault_set(fault, -ENOSPC,
                         "the disk under %s is full (%s); make room, credd goes on by itself",
                         self->path, what);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: {
        int errnum = refusal(self, db);
        if (errnum == 0 && (rc & 0xff) == SQLITE_READONLY)
            return fault_set(fault, -EROFS,
                             "%s: %s: %s: make the file, its -wal and -shm and their folder "
                             "writable, credd goes on by itself",
                             self->path, what, message);
        return refused(self, errnum, message, fault);
    }
    case SQLITE_IOERR: return io_error(self, db, what, message, fault);
    case SQLITE_NOTADB:
        return fault_set(fault, -EPROTO, "%s is not an SQLite database (or is encrypted)",
                         self->path);
    case SQLITE_CORRUPT:
        return fault_set(fault, -EPROTO,
                         "%s is damaged (%s): move it away or restore a copy; credd makes the same "
                         "world again from its seed",
                         self->path, message);
    default: break;
    }
    static const char none[] = "no such table: ";
    const char *table = strstr(message, none);
    table = table != NULL ? table + strlen(none) : "";
    table += strncmp(table, "main.", 5) == 0 ? 5 : 0;
    if (sql_is_own(table, strlen(table)))
        return fault_set(fault, -EUCLEAN, "%s: the table %s is gone", self->path, table);
    /* Those beside the world come and go. */
    if (strstr(message, "no such table: credd_") != NULL)
        return fault_set(fault, -ESTALE, "%s: %s: the world is gone", what, message);
    return fault_set(fault, -EPROTO, "%s: %s: %s", self->path, what, message);
}

int sqlite_usable(struct sqlite *self, struct fault *fault)
{
    if (atomic_load(&self->cut))
        return fault_set(fault, -ENOTCONN, "credd broke the work with %s off", self->path);
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
    }
    memset(self->texts, 0, sizeof self->texts);
    memset(self->inserts, 0, sizeof self->inserts);
    memset(self->moves, 0, sizeof self->moves);
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
    (void)pthread_mutex_lock(&self->guard);
    self->db = db;
    (void)pthread_mutex_unlock(&self->guard);
    return 0;
}

/* synchronous=FULL: an act that was acknowledged and a reset that was reported survive a power cut
 * too. It costs one flush for each transaction, and credd's transactions are few and large. (With
 * NORMAL, a power cut could only take the last batches together with their watermarks, and the same
 * rows would come again.) */
int sqlite_link_own(struct sqlite *self, struct fault *fault)
{
    sqlite3_stmt *statement;
    char mode[16];
    int rc = sqlite_run(self, "PRAGMA synchronous = FULL", fault);
    if (rc == 0)
        rc = sqlite_prepare(self, "PRAGMA journal_mode = WAL", &statement, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_one_text(self, statement, mode, sizeof mode, fault);
    (void)sqlite3_finalize(statement);
    if (rc != 0)
        return rc;
    if (strcmp(mode, "wal") != 0)
        return fault_set(fault, -EPROTO,
                         "%s: the file system does not allow a write-ahead log (journal_mode is "
                         "%s), without which readers would be held up",
                         self->path, mode);
    return sqlite_run(self, "PRAGMA journal_size_limit = 67108864", fault);
}
