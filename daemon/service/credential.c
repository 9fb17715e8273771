#include "service/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define CREDENTIAL_MAX  4096
#define CREDENTIAL_NAME "db-password"

static int check(int fd, const char *file, struct fault *fault)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return fault_set(fault, -errno, "password file %s: %s", file, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, -EINVAL, "password file %s: not a regular file", file);
    if ((status.st_mode & S_IRWXO) != 0)
        return fault_set(fault, -EACCES,
                         "password file %s: accessible to everybody (mode %04o); run 'chmod o= %s'",
                         file, (unsigned)(status.st_mode & 07777), file);
    if (status.st_size > CREDENTIAL_MAX)
        return fault_set(fault, -EFBIG, "password file %s: more than %d bytes", file,
                         CREDENTIAL_MAX);
    return 0;
}

/* Reads at most CREDENTIAL_MAX + 1 bytes and terminates them. Returns how many, or a negative
 * errno. */
static ssize_t read_all(int fd, char buffer[CREDENTIAL_MAX + 2])
{
    size_t used = 0;
    while (used < CREDENTIAL_MAX + 1) {
        ssize_t n = read(fd, buffer + used, CREDENTIAL_MAX + 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        used += (size_t)n;
    }
    buffer[used] = '\0';
    return (ssize_t)used;
}

static int first_line(char *buffer, size_t length, const char *file, char **ret_secret,
                      struct fault *fault)
{
    char *end = memchr(buffer, '\n', length);
    size_t line = end != NULL ? (size_t)(end - buffer) : length;
    if (line > 0 && buffer[line - 1] == '\r')
        line--;
    if (line == 0)
        return fault_set(fault, -EINVAL, "password file %s: its first line is empty", file);
    if (memchr(buffer, '\0', line) != NULL)
        return fault_set(fault, -EINVAL, "password file %s: a NUL byte in its first line", file);
    buffer[line] = '\0';
    *ret_secret = mem_text(buffer);
    return 0;
}

static int read_fd(int fd, const char *file, char **ret_secret, struct fault *fault)
{
    char buffer[CREDENTIAL_MAX + 2];
    int r = check(fd, file, fault);
    if (r < 0)
        return r;
    ssize_t length = read_all(fd, buffer);
    if (length < 0)
        r = fault_set(fault, (int)length, "password file %s: %s", file, strerror((int)-length));
    else if (length > CREDENTIAL_MAX)
        r = fault_set(fault, -EFBIG, "password file %s: more than %d bytes", file, CREDENTIAL_MAX);
    else
        r = first_line(buffer, (size_t)length, file, ret_secret, fault);
    explicit_bzero(buffer, sizeof buffer);
    return r;
}

/* `may_lack`: that it is not there is an answer too. */
static int read_file(const char *file, bool may_lack, char **ret_secret, struct fault *fault)
{
    /* O_NONBLOCK: a FIFO must not hold us before it is refused. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && may_lack) {
        *ret_secret = NULL;
        return 0;
    }
    if (fd < 0)
        return fault_set(fault, -errno, "password file %s: %s", file, strerror(errno));
    int r = read_fd(fd, file, ret_secret, fault);
    (void)close(fd);
    return r;
}

int credential_read(const char *file, char **ret_secret, struct fault *fault)
{
    if (file != NULL)
        return read_file(file, false, ret_secret, fault);
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] != '/') {
        *ret_secret = NULL;
        return 0;
    }
    char *path = mem_format("%s/%s", folder, CREDENTIAL_NAME);
    int r = read_file(path, true, ret_secret, fault);
    free(path);
    return r;
}

void credential_free(char *secret)
{
    if (secret == NULL)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}
