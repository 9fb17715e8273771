#include "control/command.h"

#include <stddef.h>
#include <string.h>

const struct command commands[] = {
#define CREDD_COMMAND(id, word, method, access, style, help) \
    {CREDD_COMMAND_##id, #method, help, CREDD_ACCESS_##access, CREDD_STYLE_##style, serve_##method},
#include "credd/commands.def"
#undef CREDD_COMMAND
};

/* A command that says nothing of access would be open to all. */
#define CREDD_COMMAND(id, word, method, access, style, help) \
    _Static_assert(CREDD_ACCESS_##access > CREDD_ACCESS_NONE, word " needs an access level");
#include "credd/commands.def"
#undef CREDD_COMMAND

const struct command *command_find(const char *method)
{
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        if (strcmp(commands[i].method, method) == 0)
            return &commands[i];
    }
    return NULL;
}
