/* complain.h - what went wrong: a sentence on standard error, or with --json an object on standard
 * output. */
#ifndef CREDCTL_COMPLAIN_H
#define CREDCTL_COMPLAIN_H

#include <credd/protocol.h>

#include "grammar.h"

/* Returns `status`. Of the client's own errors each exit status has a name. */
enum credd_exit complain(const struct invocation *invocation, enum credd_exit status,
                         const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same of an error that the daemon names. */
enum credd_exit complain_named(const struct invocation *invocation, enum credd_exit status,
                               const char *error, const char *message);
/* Of `invocation->wrong`, with what would be right. */
enum credd_exit complain_usage(const struct invocation *invocation);

#endif
