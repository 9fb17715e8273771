/* connect.h - reaching the daemon, and what to say where there is none. */
#ifndef CREDCTL_CONNECT_H
#define CREDCTL_CONNECT_H

#include <credd/protocol.h>

#include "grammar.h"
#include "link.h"

/* Tries the places in their order; says why none of them answers. */
enum credd_exit connect_any(const struct invocation *invocation, int64_t deadline,
                            struct link *ret_link);
/* The same without a word. */
bool connect_quietly(const struct invocation *invocation, int64_t deadline, struct link *ret_link);
/* The connection was closed before anything came. */
enum credd_exit connect_unanswered(const struct invocation *invocation);

#endif
