#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

static void release(struct target *target)
{
    free(target->path);
    free(target->neighbour);
    *target = (struct target){0};
}

/* An existing file keeps its mode; a new one gets what the umask leaves. */
static void set_mode(int fd, const char *path)
{
    struct stat there;
    mode_t mask = umask(0);
    (void)umask(mask);
    mode_t mode = stat(path, &there) == 0 ? there.st_mode & 0777 : 0666 & ~mask;
    (void)fchmod(fd, mode);
}

static int open_neighbour(struct target *target)
{
    int fd = mkostemp(target->neighbour, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    set_mode(fd, target->path);
    target->out = fdopen(fd, "w");
    if (target->out != NULL)
        return 0;
    int error = errno;
    (void)close(fd);
    (void)unlink(target->neighbour);
    return -error;
}

int target_open(const char *path, struct target *ret_target)
{
    struct target target = {.out = stdout};
    struct stat there;
    int r = 0;
    if (path != NULL && strcmp(path, "-") != 0) {
        /* A device or a pipe is written to as it is. */
        if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
            target.out = fopen(path, "we");
            r = target.out == NULL ? -errno : 0;
            target.path = mem_text(path);
        } else {
            target.path = realpath(path, NULL); /* a link stays, the file it names is replaced */
            if (target.path == NULL)
                target.path = mem_text(path);
            target.neighbour = mem_format("%s.XXXXXX", target.path);
            r = open_neighbour(&target);
        }
    }
    if (r < 0)
        release(&target);
    else
        *ret_target = target;
    return r;
}

/* An error may have come long before it is asked for: then only the descriptor can tell that the
 * reader has gone. */
static int flush(FILE *out)
{
    struct pollfd poll_of = {.fd = fileno(out), .events = POLLOUT};
    if (fflush(out) == 0 && !ferror(out))
        return 0;
    if (errno != EPIPE && poll(&poll_of, 1, 0) > 0 && (poll_of.revents & POLLERR) != 0)
        return -EPIPE;
    return errno != 0 ? -errno : -EIO;
}

static int sync_folder(const char *path)
{
    char *copy = mem_text(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;
    if (fd >= 0)
        (void)close(fd);
    free(copy);
    return r;
}

int target_finish(struct target *target)
{
    int r = flush(target->out);
    if (target->neighbour == NULL) {
        release(target);
        return r;
    }
    if (r == 0 && fsync(fileno(target->out)) < 0)
        r = -errno;
    if (fclose(target->out) != 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(target->neighbour, target->path) < 0)
        r = -errno;
    if (r < 0)
        (void)unlink(target->neighbour);
    else
        (void)sync_folder(target->path);
    release(target);
    return r;
}

void target_discard(struct target *target)
{
    if (target->neighbour != NULL) {
        (void)fclose(target->out);
        (void)unlink(target->neighbour);
    }
    release(target);
}
