/* usage.h - help and complaints about the command line, made from the command table. */
#ifndef CREDCTL_USAGE_H
#define CREDCTL_USAGE_H

#include <stdio.h>

#include "command.h"

/* `command` may be NULL: all of them. */
void usage_help(FILE *out, const struct command *command);
/* What there is to say beyond the table, in whole lines; maybe nothing. */
const char *usage_note(const struct command *command);
/* The arguments of a command as its synopsis shows them, up to the end of the line. */
typedef void usage_argument(FILE *out, const struct argument *argument);
void usage_arguments(FILE *out, const struct command *command, usage_argument *print);
/* Say what is wrong on standard error; always false, so that a caller can `return usage_wrong(…)`.
 */
bool usage_wrong(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool usage_unknown(const char *word);

#endif
