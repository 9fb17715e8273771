#include "simulation/virtual_wake.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#define FIRST     (1 << 24) /* above all that a kernel gives */
#define WAKES_MAX 64

/* The linker's --wrap makes calls of NAME arrive at __wrap_NAME. */
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
int __real_close(int fd);

int __wrap_eventfd(unsigned count, int flags);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
int __wrap_close(int fd);

static struct {
    uint64_t count;
    bool open;
} wakes[WAKES_MAX];

bool virtual_wake_is_set(int fd)
{
    assert(fd < 0 || (fd >= FIRST && fd < FIRST + WAKES_MAX));
    return fd >= 0 && wakes[fd - FIRST].count > 0;
}

int __wrap_eventfd(unsigned count, int flags)
{
    (void)flags;
    for (int i = 0; i < WAKES_MAX; i++)
        if (!wakes[i].open) {
            wakes[i].open = true;
            wakes[i].count = count;
            return FIRST + i;
        }
    errno = EMFILE;
    return -1;
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
    if (fd < FIRST)
        return __real_read(fd, buffer, size);
    uint64_t count = wakes[fd - FIRST].count;
    assert(size == sizeof count);
    wakes[fd - FIRST].count = 0;
    if (count == 0) {
        errno = EAGAIN;
        return -1;
    }
    memcpy(buffer, &count, sizeof count);
    return (ssize_t)sizeof count;
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
    uint64_t more;
    if (fd < FIRST)
        return __real_write(fd, buffer, size);
    assert(size == sizeof more);
    memcpy(&more, buffer, sizeof more);
    wakes[fd - FIRST].count += more;
    return (ssize_t)sizeof more;
}

int __wrap_close(int fd)
{
    if (fd < FIRST)
        return __real_close(fd);
    wakes[fd - FIRST].open = false;
    return 0;
}
