#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* --- the system's --- */

static int read_on(int file, char **ret_text, size_t *ret_length)
{
    size_t used = 0, room = 4096;
    char *text = mem_grow(NULL, room, 1);
    ssize_t got;
    while ((got = read(file, text + used, room - used - 1)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            int error = errno;
            free(text);
            return -error;
        }
        used += (size_t)got;
        if (used + 1 == room)
            text = mem_grow(text, room *= 2, 1);
    }
    text[used] = '\0';
    *ret_text = text;
    *ret_length = used;
    return 0;
}

static int system_read(void *context, const char *path, char **ret_text, size_t *ret_length)
{
    (void)context;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -errno;
    int rc = read_on(file, ret_text, ret_length);
    (void)close(file);
    return rc;
}

static int system_create(void *context, const char *path, int *ret_file)
{
    (void)context;
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return -errno;
    *ret_file = file;
    return 0;
}

static int system_write(void *context, int file, const char *bytes, size_t length,
                        size_t *ret_written)
{
    (void)context;
    ssize_t put;
    do
        put = write(file, bytes, length);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return -errno;
    *ret_written = (size_t)put;
    return 0;
}

static int system_sync(void *context, int file)
{
    (void)context;
    return fsync(file) < 0 ? -errno : 0;
}

static int system_close(void *context, int file)
{
    (void)context;
    return close(file) < 0 ? -errno : 0;
}

static int system_rename(void *context, const char *from, const char *to)
{
    (void)context;
    return rename(from, to) < 0 ? -errno : 0;
}

static int system_sync_folder(void *context, const char *path)
{
    (void)context;
    char *folder = mem_text(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    int file = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = file < 0 || fsync(file) < 0 ? -errno : 0;
    if (file >= 0)
        (void)close(file);
    free(folder);
    return rc;
}

static int system_remove(void *context, const char *path)
{
    (void)context;
    return unlink(path) < 0 ? -errno : 0;
}

static const struct disk_ops system_ops = {
    .read = system_read,
    .create = system_create,
    .write = system_write,
    .sync = system_sync,
    .close = system_close,
    .rename = system_rename,
    .sync_folder = system_sync_folder,
    .remove = system_remove,
};

const struct disk system_disk = {&system_ops, NULL};

/* --- on any disk --- */

int disk_read(const struct disk *disk, const char *path, char **ret_text, size_t *ret_length)
{
    return disk->ops->read(disk->context, path, ret_text, ret_length);
}

static int write_all(const struct disk *disk, int file, const char *text, size_t length)
{
    int rc = 0;
    for (size_t at = 0, put = 0; rc == 0 && at < length; at += put) {
        rc = disk->ops->write(disk->context, file, text + at, length - at, &put);
        if (rc == 0 && put == 0)
            rc = -EIO;
    }
    return rc;
}

/* Writes and syncs a file that nobody reads yet. */
static int write_beside(const struct disk *disk, const char *beside, const char *text,
                        size_t length)
{
    int file = -1;
    int rc = disk->ops->create(disk->context, beside, &file);
    if (rc != 0)
        return rc;
    rc = write_all(disk, file, text, length);
    if (rc == 0)
        rc = disk->ops->sync(disk->context, file);
    int closed = disk->ops->close(disk->context, file);
    return rc != 0 ? rc : closed;
}

int disk_replace(const struct disk *disk, const char *path, const char *text, size_t length,
                 struct fault *fault)
{
    char *beside = mem_format("%s.new", path);
    int rc = write_beside(disk, beside, text, length);
    if (rc == 0)
        rc = disk->ops->rename(disk->context, beside, path);
    if (rc != 0) /* a full disk needs its bytes back */
        (void)disk->ops->remove(disk->context, beside);
    if (rc == 0)
        rc = disk->ops->sync_folder(disk->context, path);
    free(beside);
    return rc == 0 ? 0 : fault_set(fault, rc, "%s cannot be written: %s", path, strerror(-rc));
}
