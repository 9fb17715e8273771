#include "command.h"

#include <string.h>

#include <credd/protocol.h>

const struct command commands[CREDD_COMMAND_COUNT] = {
#define CREDD_COMMAND(id, word, method, access, style, help) \
    {CREDD_COMMAND_##id,                                     \
     word,                                                   \
     #method,                                                \
     CREDD_STYLE_##style,                                    \
     CREDD_ACCESS_##access == CREDD_ACCESS_OPERATE,          \
     help},
#include "credd/commands.def"
#undef CREDD_COMMAND
};

static const struct argument arguments[] = {
#define CREDD_ARGUMENT(id, name, option, kind, need, placeholder, help) \
    {CREDD_COMMAND_##id, name, option, CREDD_KIND_##kind, CREDD_NEED_##need, placeholder, help},
#include "credd/commands.def"
#undef CREDD_ARGUMENT
};
#define ARGUMENT_COUNT (sizeof arguments / sizeof arguments[0])

const struct option options[OPTION_COUNT] = {
#define CREDD_OPTION(id, option, placeholder, help) {option, placeholder, help},
#include "credd/commands.def"
#undef CREDD_OPTION
};

const struct command *command_find(const char *word)
{
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        if (strcmp(commands[i].word, word) == 0)
            return &commands[i];
    }
    return NULL;
}

const struct argument *argument_of(enum credd_command command, size_t index)
{
    for (size_t i = 0; i < ARGUMENT_COUNT; i++) {
        if (arguments[i].command == command && index-- == 0)
            return &arguments[i];
    }
    return NULL;
}

bool argument_takes_value(const struct argument *argument)
{
    return argument->kind != CREDD_KIND_FLAG && argument->kind != CREDD_KIND_SWITCH;
}
