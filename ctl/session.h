/* session.h - one command from its request to its exit status. */
#ifndef CREDCTL_SESSION_H
#define CREDCTL_SESSION_H

#include <credd/protocol.h>

#include "grammar.h"

/* Says on standard error what went wrong. */
enum credd_exit session_run(const struct invocation *invocation);

/* Gives `see` the parameters of each reply to one request, quietly, until it returns false. False
 * if none came, or an error in place of one. */
bool session_each(const struct invocation *invocation, const char *method, int timeout_ms,
                  bool (*see)(void *context, const json_t *parameters), void *context);

/* One request with one reply, quietly: its parameters (new), or NULL. For completion. */
json_t *session_ask(const struct invocation *invocation, const char *method, int timeout_ms);

#endif
