/* system.h - time as the client needs it: how long something takes, and what a reply's times mean.
 */
#ifndef CREDCTL_SYSTEM_H
#define CREDCTL_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* Monotonic milliseconds: only differences mean anything. */
int64_t system_ms(void);
/* Seconds since 1970 of "2026-08-14T10:35:12Z". */
bool system_instant(const char *text, int64_t *ret_seconds);

#endif
