/* What a failure of SQLite means, in words that tell a person what to do. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite.h"

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
    return fault_set(fault, -EACCES, "%s cannot be opened: %s", self->path,
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
        "%s: credd gave this up because %s took too long to answer: see whether its disk "
        "hangs; credd tries again by itself",
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
