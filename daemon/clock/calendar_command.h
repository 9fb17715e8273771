/* calendar_command.h - what `credd --calendar EXPRESSION` prints: the next runs of an expression.
 */
#ifndef CREDD_CLOCK_CALENDAR_COMMAND_H
#define CREDD_CLOCK_CALENDAR_COMMAND_H

#include <stdio.h>

#include "base/fault.h"

/* Prints the next `count` runs after `from` (a time as in span.h, local to the zone; NULL: now),
 * one a line, in RFC 3339 UTC, with a fraction only where it is not zero; nothing for what never
 * elapses: `ret_printed` is how many there are. `timezone` is that of an expression without one;
 * NULL: UTC. -EINVAL, -ENOENT (no such zone). */
int calendar_command(const char *expression, int count, const char *from, const char *timezone,
                     FILE *out, int *ret_printed, struct fault *fault);

#endif
