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
    const struct command *command; /* NULL: only help or version; of help, what it is about */
    bool help, version, json;
    char wrong[512];  /* what is, after a failure */
    json_t *switches; /* those that are given, by name */
    const char *socket, *instance, *file;
    bool folder; /* `file` is one: a file a table goes there */
    bool has_timeout;
    int timeout_ms;
    enum format format;
    json_t *parameters;
};

/* Whether a switch or a flag (CREDD_KIND_SWITCH, CREDD_KIND_FLAG) of its command is given. */
bool invocation_has(const struct invocation *invocation, const char *name);

/* Says what is wrong with it; always false, so that a caller can `return invocation_wrong(…)`. */
bool invocation_wrong(struct invocation *invocation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads argv. On failure `wrong` says why, and what else is there is as far as it got: `json`
 * always. */
bool grammar_read(int argc, char **argv, struct invocation *ret_invocation);
void invocation_done(struct invocation *invocation);

#endif
