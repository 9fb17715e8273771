#include "service/notify.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

/* With its advice at the end, a refusal is long; the manager takes 4096 bytes in all. */
#define STATUS_MAX 1600

/* Every call is a no-op without a service manager, and a failure changes nothing for us.
 * sd_notify() itself waits for a manager that does not read; nothing here may ever wait. */
static bool say(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path != NULL ? strlen(path) : 0;
    if (length == 0 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return true;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    bool sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
                       (struct sockaddr *)&address, size) >= 0;
    (void)close(fd);
    return sent;
}

bool notify_is_wanted(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    return path != NULL && path[0] != '\0';
}

void notify_ready(void)
{
    (void)say("READY=1");
}

/* Half a character at the end would make the manager throw the whole away. */
static void end_whole(char *line)
{
    size_t length = strlen(line);
    while (length > 0 && ((unsigned char)line[length - 1] & 0x80) != 0)
        line[--length] = '\0';
}

bool notify_status(const char *text)
{
    char line[sizeof "STATUS=" - 1 + STATUS_MAX];
    if (snprintf(line, sizeof line, "STATUS=%s", text) >= (int)sizeof line)
        end_whole(line);
    /* A line break would begin another assignment. */
    for (char *c = line; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    return say(line);
}

void notify_reloading(mono_time now)
{
    char line[80];
    (void)snprintf(line, sizeof line, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64, now.us);
    (void)say(line);
}

void notify_stopping(void)
{
    (void)say("STOPPING=1");
}

void notify_watchdog(void)
{
    (void)say("WATCHDOG=1");
}

uint64_t notify_watchdog_interval_us(void)
{
    uint64_t us = 0;
    return sd_watchdog_enabled(0, &us) > 0 ? us / 3 : 0;
}
