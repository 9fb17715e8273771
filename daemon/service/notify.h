/* notify.h - what the service manager is told: READY, STATUS, RELOADING, STOPPING, the watchdog. */
#ifndef CREDD_SERVICE_NOTIFY_H
#define CREDD_SERVICE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/instant.h"

/* Whether a service manager started this process and wants to be told. */
bool notify_is_wanted(void);
void notify_ready(void);
/* False: the manager takes nothing now, to be said again. */
bool notify_status(const char *text);
/* RELOADING=1 with MONOTONIC_USEC; notify_ready() ends it. The manager only asks that the time is
 * not before its own CLOCK_MONOTONIC, which CLOCK_BOOTTIME never is. */
void notify_reloading(mono_time now);
void notify_stopping(void);
void notify_watchdog(void);
/* The interval at which to call notify_watchdog() (a third of WatchdogSec=), 0 if the manager wants
 * none. */
uint64_t notify_watchdog_interval_us(void);

#endif
