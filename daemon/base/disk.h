/* disk.h - small files that survive a crash: read whole, replaced whole. */
#ifndef CREDD_BASE_DISK_H
#define CREDD_BASE_DISK_H

#include <stddef.h>

#include "base/fault.h"

/* The steps that a replacement consists of: the system's, or a test's that can stop between any
 * two. All return 0 or a negative errno. */
struct disk_ops {
    /* The whole file as new memory, with a NUL after its `ret_length` bytes. -ENOENT. */
    int (*read)(void *context, const char *path, char **ret_text, size_t *ret_length);
    /* An empty file for writing, mode 0600, in place of one of that name. */
    int (*create)(void *context, const char *path, int *ret_file);
    /* Writes some of the bytes. */
    int (*write)(void *context, int file, const char *bytes, size_t length, size_t *ret_written);
    int (*sync)(void *context, int file);
    int (*close)(void *context, int file);
    int (*rename)(void *context, const char *from, const char *to);
    int (*sync_folder)(void *context, const char *path); /* the folder that holds `path` */
    int (*remove)(void *context, const char *path);
};

struct disk {
    const struct disk_ops *ops;
    void *context;
};

extern const struct disk system_disk;

/* Reads a file; -ENOENT if there is none. `ret_text` is new memory, NUL-terminated. */
int disk_read(const struct disk *disk, const char *path, char **ret_text, size_t *ret_length);

/* Writes the text beside the file, as `path`.new, and renames that over it: whoever reads finds the
 * old text or the new one, also after a power cut, and once this returned 0 the new one. After a
 * failure it may be either. */
int disk_replace(const struct disk *disk, const char *path, const char *text, size_t length,
                 struct fault *fault);

#endif
