/* virtual_wake.h - eventfd() without the kernel, which a run would ask some hundred times a second
 * otherwise. A program that links this has those of everything linked into it led through here. One
 * thread only. */
#ifndef CREDD_SIMULATION_VIRTUAL_WAKE_H
#define CREDD_SIMULATION_VIRTUAL_WAKE_H

#include <stdbool.h>

/* Whether a read would return something. -1 is none, and never set. */
bool virtual_wake_is_set(int fd);

#endif
