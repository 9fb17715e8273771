/* grammar.h - the command line: the command table as the client sees it, and what was asked for. */
#ifndef CREDCTL_GRAMMAR_H
#define CREDCTL_GRAMMAR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <credd/commands.h>

struct command {
    enum credd_command id;
    const char *word;
    const char *method;
    enum credd_style style;
    bool changes; /* needs the right to operate */
    const char *help;
};
extern const struct command commands[CREDD_COMMAND_COUNT];
const struct command *command_find(const char *word);

struct argument {
    enum credd_command command;
    const char *name;
    const char *option; /* "": positional */
    enum credd_kind kind;
    enum credd_need need;
    const char *placeholder;
    const char *help;
};
/* The index-th argument of the command, NULL behind the last. */
const struct argument *argument_of(enum credd_command command, size_t index);
bool argument_takes_value(const struct argument *argument);

enum option_id {
#define CREDD_OPTION(id, option, placeholder, help) OPTION_##id,
#include "credd/commands.def"
#undef CREDD_OPTION
    OPTION_COUNT
};
struct option {
    const char *option, *placeholder, *help;
};
extern const struct option options[OPTION_COUNT];

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
