/* usage.h - help and complaints about the command line, made from the command table. */
#ifndef CREDCTL_USAGE_H
#define CREDCTL_USAGE_H

#include <stdio.h>

#include "grammar.h"

/* `command` may be NULL: all of them. */
void usage_help(FILE *out, const struct command *command);
/* What there is to say beyond the table, in whole lines; maybe nothing. */
const char *usage_note(const struct command *command);
/* Say what is wrong on standard error; always false, so that a caller can `return usage_wrong(…)`.
 */
bool usage_wrong(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool usage_unknown(const char *word);

#endif
