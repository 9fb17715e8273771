/* metrics_calls.h - the interface io.systemd.Metrics, as the tag v260 of systemd has it: the first
 * that does. Its client, systemd-report(1), asks each socket in /run/systemd/report/. */
#ifndef CREDD_CONTROL_METRICS_CALLS_H
#define CREDD_CONTROL_METRICS_CALLS_H

#include "control/command.h"

#define METRICS_INTERFACE "io.systemd.Metrics"
/* What the names begin with; the socket in /run/systemd/report/ has to be called so. */
#define METRICS_PREFIX "io.credd"

extern const char metrics_interface[]; /* its definition */
/* A method of it; NULL if there is none of that name. */
const struct command *metrics_call_find(const char *method);

#endif
