/* session.h - one command from its request to its exit status. */
#ifndef CREDCTL_SESSION_H
#define CREDCTL_SESSION_H

#include <credd/protocol.h>

#include "grammar.h"

/* Says on standard error what went wrong. */
enum credd_exit session_run(const struct invocation *invocation);

/* One request with one reply, quietly: its parameters (new), or NULL. For completion. */
json_t *session_ask(const struct invocation *invocation, const char *method, int timeout_ms);

#endif
