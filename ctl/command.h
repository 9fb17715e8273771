/* command.h - the command table as the client sees it: commands, their arguments, the client's
 * options. */
#ifndef CREDCTL_COMMAND_H
#define CREDCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <credd/commands.h>

struct command {
    enum credd_command id;
    const char *word;
    const char *method;
    enum credd_style style;
    bool changes; /* needs the right to operate: the daemon decides, the client only says so */
    const char *help;
};
extern const struct command commands[CREDD_COMMAND_COUNT];
/* NULL if there is none of that word. */
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

#endif
