/* command.h - the methods of the interface and who serves each: the command table as the daemon
 * sees it. */
#ifndef CREDD_CONTROL_COMMAND_H
#define CREDD_CONTROL_COMMAND_H

#include <credd/commands.h>
#include <credd/protocol.h>

struct call;

struct command {
    enum credd_command id;
    const char *method; /* without the interface */
    const char *help;
    enum credd_access access; /* what the peer needs */
    enum credd_style style;
    void (*serve)(struct call *call);
};

/* CREDD_COMMAND_COUNT of them, in the order of the table. */
extern const struct command commands[];

/* NULL if there is none of that name. */
const struct command *command_find(const char *method);

/* Each answers its call, now or later; parameters are checked against the table. */
#define CREDD_COMMAND(id, word, method, access, style, help) void serve_##method(struct call *call);
#include "credd/commands.def"
#undef CREDD_COMMAND

#endif
