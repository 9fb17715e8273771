/* grammar.h - the command line: what was asked for. */
#ifndef CREDCTL_GRAMMAR_H
#define CREDCTL_GRAMMAR_H

#include <jansson.h>
#include <stdbool.h>

#include "command.h"

/* True if the word is an option, of the client or of any command, that takes the next word as its
 * value. */
bool option_takes_value(const char *word);

enum format { FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

struct invocation {
    const struct command *command; /* NULL: only help or version */
    bool help, version, json, yes;
    const char *socket, *instance, *file;
    bool has_timeout;
    int timeout_ms;
    enum format format;
    json_t *parameters;
};

/* Reads argv. On failure prints what is wrong to standard error and returns false. */
bool grammar_read(int argc, char **argv, struct invocation *ret_invocation);
void invocation_done(struct invocation *invocation);

#endif
