/* call.h - one request from its method to its last reply: who may, with which parameters, served by
 * whom. */
#ifndef CREDD_CONTROL_CALL_H
#define CREDD_CONTROL_CALL_H

#include <jansson.h>
#include <stdbool.h>

#include "control/command.h"
#include "control/connection.h"
#include "control/control.h"
#include "control/parameters.h"
#include "engine/engine.h"

/* What all calls share. */
struct call_context {
    struct control_host host;
    const char *group; /* control.group, and whether there is such a group */
    bool has_group;
    int64_t denied_until_us; /* monotonic: denials are told to the journal so often and no more */
    unsigned denied_told, denied_more;
};

struct call {
    struct call_context *context;
    struct connection *connection;
    const struct command *command; /* NULL: of the service interface */
    struct parameters parameters;
    bool more, oneway;
    /* ask.c's */
    struct engine_ticket *ticket;
    bool asking, ended;
    struct engine_end end; /* if it came while asking */
    uint64_t rows;
    json_t *acts;
};

/* Serves a request of the connection. False: it is none. */
bool call_begin(struct call_context *context, struct connection *connection, const char *text,
                size_t length);
/* The peer went away: nothing more is asked for it or told to it. */
void call_abandon(struct call *call);

/* For those who serve. The last reply releases the call; parameters are taken. */
bool call_continue(struct call *call, json_t *parameters); /* false: more than enough is queued */
bool call_continue_text(struct call *call, const char *text, size_t length);
void call_reply(struct call *call, json_t *parameters);
void call_fail(struct call *call, enum credd_error error, const char *message);
void call_invalid(struct call *call, const char *parameter, const char *message);

/* Asks the engine and answers with what it says. */
struct engine_ask call_ask_of(const struct call *call, enum engine_verb verb);
void call_ask(struct call *call, const struct engine_ask *ask);
/* Releases what call_ask() holds. */
void call_ask_done(struct call *call);

#endif
