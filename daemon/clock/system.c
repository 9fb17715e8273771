#include "clock/system.h"

#include <errno.h>
#include <stddef.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now = {0};
    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static wall_time system_wall(void *context)
{
    (void)context;
    return (wall_time){read_clock(CLOCK_REALTIME)};
}

static mono_time system_mono(void *context)
{
    (void)context;
    return (mono_time){read_clock(CLOCK_BOOTTIME)};
}

const struct time_source system_time = {system_wall, system_mono, NULL};

int wall_timer_new(void)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int wall_timer_arm(int fd, wall_time at)
{
    int64_t us = at.us > 0 ? at.us : 1; /* zero would disarm it */
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = us % 1000000 * 1000},
    };
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    return timerfd_settime(fd, flags, &when, NULL) < 0 ? -errno : 0;
}

int wall_timer_read(int fd)
{
    uint64_t times;
    ssize_t got;
    do
        got = read(fd, &times, sizeof times);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : -errno;
    return 1;
}
