/* usage.h - help, made from the command table. */
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
void usage_synopsis(FILE *out, const struct command *command);
/* The command whose word begins like this one; NULL: none. */
const struct command *usage_near(const char *word);

#endif
