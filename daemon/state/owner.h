/* owner.h - which daemon looks after a world, and whether that one still lives. */
#ifndef CREDD_STATE_OWNER_H
#define CREDD_STATE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* This process: "HOST PID START", START its start time as the kernel counts it, so that a reused
 * pid is another. */
void owner_name(char ret_name[STORE_VALUE_MAX]);
/* True if `owner` is a process that lives, as far as can be told: on this host by its pid; on
 * another host, or if it is this one (whose name may be that of one before a reboot), if it was
 * seen within the last 10 s. */
bool owner_alive(const char *owner, const char *own, int64_t unseen_us);

#endif
