/* The log of an SQLite file and the log's index: which ones are a connection's own, and what
 * becomes of them when another file is put in the place of the one that they belong to. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite.h"

static const char *const side_files[SQLITE_SIDE_FILES] = {"-wal", "-shm"};

/* 0: there is none. */
static ino_t side_inode(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_ino : 0;
}

void sqlite_sides_note(struct sqlite *self)
{
    for (size_t i = 0; i < SQLITE_SIDE_FILES && self->sides[i] == 0; i++) {
        char *path = mem_format("%s%s", self->path, side_files[i]);
        self->sides[i] = side_inode(path);
        free(path);
    }
}

void sqlite_sides_drop(const struct sqlite *self)
{
    for (size_t i = 0; i < SQLITE_SIDE_FILES; i++) {
        char *path = mem_format("%s%s", self->path, side_files[i]);
        if (self->sides[i] != 0 && side_inode(path) == self->sides[i])
            (void)unlink(path);
        free(path);
    }
}
