#include "base/socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Under the unit's system call filter no file may be given away, and none needs to be. */
static int give(int file, gid_t group)
{
    struct stat made;
    char self[32];
    if (fstat(file, &made) < 0)
        return -errno;
    if (!S_ISSOCK(made.st_mode))
        return -ENOTSOCK;
    if (made.st_gid != group && fchownat(file, "", (uid_t)-1, group, AT_EMPTY_PATH) < 0)
        return -EPERM;
    /* fchmod() takes no descriptor of a path alone. */
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file);
    return chmod(self, 0660) < 0 ? -errno : 0;
}

int socket_file_give(const char *path, gid_t group)
{
    int file = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return -errno;
    int result = give(file, group);
    (void)close(file);
    return result;
}
