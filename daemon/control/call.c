#include "control/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json/text.h"

#define PRINT (JSON_COMPACT | JSON_REAL_PRECISION(15))

static const char *const error_names[] = {
#define X(id, name, status, text) CREDD_INTERFACE "." name,
    CREDD_ERRORS(X)
#undef X
};

struct call *call_new(struct call_context *context, struct connection *connection)
{
    struct call *call = MEM_NEW(struct call);
    call->context = context;
    call->connection = connection;
    connection_set_data(connection, call);
    return call;
}

struct actor call_actor(const struct call *call)
{
    const struct peer *peer = connection_peer(call->connection);
    struct actor actor = {.uid = peer->uid, .pid = peer->pid};
    (void)snprintf(actor.user, sizeof actor.user, "%s", peer->user);
    return actor;
}

static void release(struct call *call)
{
    json_decref(call->list);
    free(call);
}

void call_abandon(struct call *call)
{
    if (call == NULL)
        return;
    if (call->request != NULL)
        engine_withdraw(call->request);
    release(call);
}

static void finish(struct call *call)
{
    struct connection *connection = call->connection;
    release(call);
    connection_set_data(connection, NULL);
    connection_done(connection);
}

static const char too_long[] =
    "{\"error\":\"" CREDD_INTERFACE ".Failed\",\"parameters\":{\"message\":"
    "\"the reply is too long; ask for less\"}}";

static bool send_message(struct call *call, json_t *message)
{
    char *text = call->oneway ? NULL : json_dumps(message, PRINT);
    bool go_on = true;
    json_decref(message);
    if (text != NULL && strlen(text) > CREDD_REPLY_MAX)
        go_on = connection_send(call->connection, too_long, strlen(too_long));
    else if (text != NULL)
        go_on = connection_send(call->connection, text, strlen(text));
    free(text);
    return go_on;
}

bool call_continue(struct call *call, json_t *parameters)
{
    return send_message(call, json_pack("{s:o, s:b}", "parameters", parameters, "continues", 1));
}

bool call_continue_text(struct call *call, const char *text, size_t length)
{
    return call->oneway || connection_send(call->connection, text, length);
}

void call_reply(struct call *call, json_t *parameters)
{
    (void)send_message(call, json_pack("{s:o}", "parameters", parameters));
    finish(call);
}

void call_error(struct call *call, const char *name, json_t *parameters)
{
    (void)send_message(call, json_pack("{s:s, s:o}", "error", name, "parameters", parameters));
    finish(call);
}

void call_fail(struct call *call, enum credd_error error, const char *message)
{
    call_error(call, error_names[error], json_pack("{s:o}", "message", text_json(message)));
}

void call_invalid(struct call *call, const char *parameter, const char *message)
{
    call_error(
        call, CREDD_VARLINK ".InvalidParameter",
        json_pack("{s:o, s:o}", "parameter", text_json(parameter), "message", text_json(message)));
}
