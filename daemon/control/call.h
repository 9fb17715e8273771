/* call.h - one call of a method, from the request to the last reply. */
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
    /* Checks the limits for running the command on this connection. Negative with the reason. */
    int (*admit)(void *control, const struct connection *connection, const struct command *command,
                 struct fault *fault);
    void *control;
    int64_t denied_until_us; /* monotonic; limits how many denials are logged */
    unsigned denied_told, denied_more;
};

struct call {
    struct call_context *context;
    struct connection *connection;
    const struct command *command; /* NULL: of the service interface */
    struct parameters parameters;
    bool more, oneway;
    /* Of what the engine was asked for: see relay.h. */
    struct open_request *request;
    bool asking, ended;
    struct request_end end; /* if it came while asking */
    struct act act;         /* asked for, if that is what it is */
    uint64_t rows;
    json_t *list; /* acts or differences, gathered for the reply */
};

/* Kept with the connection until the last reply, or until call_abandon(). */
struct call *call_new(struct call_context *context, struct connection *connection);
/* The peer disconnected: drops the call. */
void call_abandon(struct call *call);

/* Who calls. */
struct actor call_actor(const struct call *call);

/* For those who serve. The last reply releases the call; parameters are taken. */
bool call_continue(struct call *call, json_t *parameters); /* false: more than enough is queued */
bool call_continue_text(struct call *call, const char *text, size_t length);
void call_reply(struct call *call, json_t *parameters);
/* `name` with its interface. */
void call_error(struct call *call, const char *name, json_t *parameters);
void call_fail(struct call *call, enum credd_error error, const char *message);
void call_invalid(struct call *call, const char *parameter, const char *message);

#endif
