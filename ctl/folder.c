#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

static void note(struct folder *folder, int error)
{
    if (folder->error == 0)
        folder->error = error;
}

int folder_open(const char *path, struct folder *ret_folder)
{
    struct folder folder = {.path = mem_text(path)};
    struct stat there;
    mode_t mask = umask(0);
    (void)umask(mask);
    for (size_t length = strlen(path); length > 1 && folder.path[length - 1] == '/'; length--)
        folder.path[length - 1] = '\0';
    int r = stat(folder.path, &there) == 0 && !S_ISDIR(there.st_mode) ? -ENOTDIR : 0;
    folder.neighbour = mem_format("%s.XXXXXX", folder.path);
    if (r == 0 && mkdtemp(folder.neighbour) == NULL)
        r = -errno;
    if (r < 0) {
        free(folder.path);
        free(folder.neighbour);
        return r;
    }
    (void)chmod(folder.neighbour, 0777 & ~mask);
    *ret_folder = folder;
    return 0;
}

static void end_file(struct folder *folder)
{
    if (folder->file == NULL)
        return;
    if (fflush(folder->file) != 0 || ferror(folder->file) || fsync(fileno(folder->file)) < 0)
        note(folder, errno != 0 ? -errno : -EIO);
    if (fclose(folder->file) != 0)
        note(folder, -errno);
    folder->file = NULL;
}

FILE *folder_next(struct folder *folder, const char *name)
{
    char *path = mem_format("%s/%s", folder->neighbour, name);
    end_file(folder);
    folder->file = fopen(path, "wxe");
    if (folder->file == NULL)
        note(folder, -errno);
    free(path);
    return folder->file;
}

/* Each file of the neighbour: to its place, or away. */
static void empty(struct folder *folder, bool keep)
{
    DIR *files = opendir(folder->neighbour);
    const struct dirent *entry;
    while (files != NULL && (entry = readdir(files)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *from = mem_format("%s/%s", folder->neighbour, entry->d_name);
        char *to = mem_format("%s/%s", folder->path, entry->d_name);
        if (keep && rename(from, to) < 0)
            note(folder, -errno);
        else if (!keep)
            (void)unlink(from);
        free(from);
        free(to);
    }
    if (files != NULL)
        (void)closedir(files);
}

static void release(struct folder *folder)
{
    free(folder->path);
    free(folder->neighbour);
    *folder = (struct folder){0};
}

void folder_discard(struct folder *folder)
{
    end_file(folder);
    empty(folder, false);
    (void)rmdir(folder->neighbour);
    release(folder);
}

static void sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

int folder_finish(struct folder *folder)
{
    struct stat there;
    end_file(folder);
    bool is_there = stat(folder->path, &there) == 0;
    if (folder->error == 0 && is_there)
        empty(folder, true);
    else if (folder->error == 0 && rename(folder->neighbour, folder->path) < 0)
        note(folder, -errno);
    int error = folder->error;
    if (error == 0)
        sync_folder(folder->path);
    if (error < 0 || is_there)
        folder_discard(folder);
    else
        release(folder);
    return error;
}
