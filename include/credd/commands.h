/* commands.h - the words in which commands.def describes commands, arguments and options. */
#ifndef CREDD_COMMANDS_H
#define CREDD_COMMANDS_H

enum credd_command {
#define CREDD_COMMAND(id, word, method, access, style, help) CREDD_COMMAND_##id,
#include "credd/commands.def"
#undef CREDD_COMMAND
    CREDD_COMMAND_COUNT
};

/* How a method answers. */
enum credd_style {
    CREDD_STYLE_ONCE,     /* one reply */
    CREDD_STYLE_PROGRESS, /* the last reply counts; what leads to it comes before under "more" */
    CREDD_STYLE_STREAM,   /* many replies: "more" is needed */
};

enum credd_kind {
    CREDD_KIND_FLAG,
    CREDD_KIND_TEXT,
    CREDD_KIND_SPAN,   /* a systemd time span */
    CREDD_KIND_TIME,   /* a world time */
    CREDD_KIND_NUMBER, /* a whole number from 0 on */
    CREDD_KIND_FACTOR, /* a decimal number from 0 on, at most six digits after the point */
    CREDD_KIND_STREAM,
    CREDD_KIND_STREAMS, /* repeats */
    CREDD_KIND_TABLES,  /* the same, credd_status and credd_change */
    /* These stay in the client: */
    CREDD_KIND_SWITCH, /* a flag */
    CREDD_KIND_FORMAT,
    CREDD_KIND_FILE,
    CREDD_KIND_COUNT
};
#define CREDD_KIND_REPEATS(kind) ((kind) == CREDD_KIND_STREAMS || (kind) == CREDD_KIND_TABLES)
#define CREDD_KIND_LOCAL(kind)   ((kind) >= CREDD_KIND_SWITCH)

enum credd_need {
    CREDD_NEED_OPTIONAL,
    CREDD_NEED_REQUIRED,
    CREDD_NEED_EITHER, /* exactly one of those of the command that are so marked */
};

#endif
