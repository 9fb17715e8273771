#include "service/notify.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

/* Every call is a no-op without a service manager, and a failure changes nothing for us. */

void notify_ready(void)
{
    (void)sd_notify(0, "READY=1");
}

void notify_status(const char *text)
{
    char line[512];
    (void)snprintf(line, sizeof line, "%s", text);
    /* A line break would begin another assignment. */
    for (char *c = line; *c != '\0'; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    (void)sd_notifyf(0, "STATUS=%s", line);
}

void notify_reloading(mono_time now)
{
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64, now.us);
}

void notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1");
}

void notify_extend(uint64_t us)
{
    (void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64, us);
}

void notify_watchdog(void)
{
    (void)sd_notify(0, "WATCHDOG=1");
}

uint64_t notify_watchdog_interval_us(void)
{
    uint64_t us = 0;
    return sd_watchdog_enabled(0, &us) > 0 ? us / 3 : 0;
}
