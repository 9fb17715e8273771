/* A look into an SQLite file that leaves no trace.
 *
 * Opening a file in write-ahead-log mode makes PATH-shm and PATH-wal, even for reading; immutable=1
 * does not, but it closes its file descriptor without regard to the POSIX locks that other
 * connections of this process hold on the same file, which then vanish. So the look goes through a
 * file system layer that says that there are no side files and shows the header of a
 * rollback-journal file; locks and closing stay SQLite's own. Where both side files exist, a
 * process has the file open or died with it: then they are used as any reader would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite.h"

struct peek_file {
    sqlite3_file base;
    sqlite3_file *real; /* in the memory that follows */
};

struct sqlite_peek {
    sqlite3_vfs layer;
    sqlite3_vfs *real;
    sqlite3 *db;
    bool registered;
    char name[48];
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct peek_file *)file)->real;
}

static int peek_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    return real->pMethods != NULL ? real->pMethods->xClose(real) : SQLITE_OK;
}

/* Bytes 18 and 19 of the header: 1 is a rollback journal, 2 a write-ahead log. */
static int peek_read(sqlite3_file *file, void *buffer, int amount, sqlite3_int64 offset)
{
    sqlite3_file *real = real_of(file);
    int rc = real->pMethods->xRead(real, buffer, amount, offset);
    for (sqlite3_int64 at = 18; at <= 19 && rc == SQLITE_OK; at++) {
        unsigned char *byte = (unsigned char *)buffer + (at - offset);
        if (at >= offset && at < offset + amount && *byte == 2)
            *byte = 1;
    }
    return rc;
}

static int peek_write(sqlite3_file *file, const void *buffer, int amount, sqlite3_int64 offset)
{
    (void)file, (void)buffer, (void)amount, (void)offset;
    return SQLITE_READONLY;
}

static int peek_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file, (void)size;
    return SQLITE_READONLY;
}

static int peek_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int peek_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int peek_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int peek_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int peek_reserved(sqlite3_file *file, int *ret)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int peek_control(sqlite3_file *file, int operation, void *argument)
{
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int peek_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int peek_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static const sqlite3_io_methods peek_methods = {
    .iVersion = 1,
    .xClose = peek_close,
    .xRead = peek_read,
    .xWrite = peek_write,
    .xTruncate = peek_truncate,
    .xSync = peek_sync,
    .xFileSize = peek_size,
    .xLock = peek_lock,
    .xUnlock = peek_unlock,
    .xCheckReservedLock = peek_reserved,
    .xFileControl = peek_control,
    .xSectorSize = peek_sector,
    .xDeviceCharacteristics = peek_characteristics,
};

static int layer_open(sqlite3_vfs *layer, const char *name, sqlite3_file *file, int flags,
                      int *ret_flags)
{
    struct sqlite_peek *peek = (struct sqlite_peek *)layer;
    struct peek_file *own = (struct peek_file *)file;
    own->real = (sqlite3_file *)(own + 1);
    own->base.pMethods = NULL;
    int rc = peek->real->xOpen(peek->real, name, own->real, flags, ret_flags);
    if (rc == SQLITE_OK)
        own->base.pMethods = &peek_methods;
    return rc;
}

static int layer_access(sqlite3_vfs *layer, const char *name, int flags, int *ret)
{
    (void)layer, (void)name, (void)flags;
    *ret = 0;
    return SQLITE_OK;
}

static int layer_delete(sqlite3_vfs *layer, const char *name, int sync)
{
    (void)layer, (void)name, (void)sync;
    return SQLITE_READONLY;
}

static bool side_file(const struct sqlite *self, const char *suffix)
{
    char *path = mem_format("%s%s", self->path, suffix);
    bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

/* The layer is registered under a name of its own for as long as the look takes. */
static const char *put_layer(struct sqlite_peek *peek)
{
    peek->real = sqlite3_vfs_find(NULL);
    peek->layer = *peek->real;
    peek->layer.szOsFile += (int)sizeof(struct peek_file);
    peek->layer.zName = peek->name;
    peek->layer.pNext = NULL;
    peek->layer.xOpen = layer_open;
    peek->layer.xAccess = layer_access;
    peek->layer.xDelete = layer_delete;
    (void)snprintf(peek->name, sizeof peek->name, "credd-peek-%p", (void *)peek);
    peek->registered = sqlite3_vfs_register(&peek->layer, 0) == SQLITE_OK;
    return peek->name;
}

void sqlite_peek_close(struct sqlite_peek *peek)
{
    if (peek == NULL)
        return;
    (void)sqlite3_close_v2(peek->db);
    if (peek->registered)
        (void)sqlite3_vfs_unregister(&peek->layer);
    free(peek);
}

int sqlite_peek_open(struct sqlite *self, struct sqlite_peek **ret, sqlite3 **ret_db,
                     struct fault *fault)
{
    struct sqlite_peek *peek = MEM_NEW(struct sqlite_peek);
    bool live = side_file(self, "-wal") && side_file(self, "-shm");
    int rc = sqlite3_open_v2(self->path, &peek->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
                             live ? NULL : put_layer(peek));
    if (rc == SQLITE_OK) {
        /* The last one to close a write-ahead log writes it back: not into a file that may not be
         * ours. */
        (void)sqlite3_db_config(peek->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        /* Half of a transaction may be in the file: what can be read of the schema is read. */
        (void)sqlite3_db_config(peek->db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
        (void)sqlite3_extended_result_codes(peek->db, 1);
        (void)sqlite3_busy_handler(peek->db, sqlite_busy, self);
        *ret = peek;
        *ret_db = peek->db;
        return 0;
    }
    int code = sqlite_error(self, peek->db, rc, "opening it for reading", fault);
    sqlite_peek_close(peek);
    return code;
}
