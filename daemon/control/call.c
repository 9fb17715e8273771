#include "control/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/system.h"
#include "control/interface.h"
#include "control/request.h"
#include "control/text.h"
#include "engine/tell.h"

#define DENIALS_TOLD      10 /* in DENIALS_PERIOD_US */
#define DENIALS_PERIOD_US INT64_C(60000000)
#define PRINT             (JSON_COMPACT | JSON_REAL_PRECISION(15))

static const char *const error_names[] = {
#define X(id, name, status, text) CREDD_INTERFACE "." name,
    CREDD_ERRORS(X)
#undef X
};

/* --- replies --- */

static void finish(struct call *call)
{
    struct connection *connection = call->connection;
    call_ask_done(call);
    free(call);
    connection_set_data(connection, NULL);
    connection_done(connection);
}

static const char too_long[] =
    "{\"error\":\"" CREDD_INTERFACE ".Failed\",\"parameters\":{\"message\":"
    "\"the answer is too long: ask for less\"}}";

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

static void fail(struct call *call, const char *name, json_t *parameters)
{
    (void)send_message(call, json_pack("{s:s, s:o}", "error", name, "parameters", parameters));
    finish(call);
}

void call_fail(struct call *call, enum credd_error error, const char *message)
{
    fail(call, error_names[error], json_pack("{s:o}", "message", text_json(message)));
}

void call_invalid(struct call *call, const char *parameter, const char *message)
{
    fail(call, CREDD_VARLINK ".InvalidParameter",
         json_pack("{s:o, s:o}", "parameter", text_json(parameter), "message", text_json(message)));
}

/* --- the service interface --- */

static void serve_info(struct call *call)
{
    call_reply(call, json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "vendor", "credd", "product",
                               "credd", "version", CREDD_VERSION, "url", "man:credd(8)",
                               "interfaces", CREDD_VARLINK, CREDD_INTERFACE));
}

static void serve_description(struct call *call, const json_t *parameters)
{
    const char *name = json_string_value(json_object_get(parameters, "interface"));
    char *description = name != NULL ? interface_description(name) : NULL;
    if (name == NULL)
        call_invalid(call, "interface", "not a string with the name of an interface");
    else if (description == NULL)
        fail(call, CREDD_VARLINK ".InterfaceNotFound", json_pack("{s:s}", "interface", name));
    else
        call_reply(call, json_pack("{s:s}", "description", description));
    free(description);
}

/* --- who may --- */

/* A peer that asks again and again must not fill the journal. */
static bool tell_denial(struct call_context *context)
{
    int64_t now = system_time.mono(system_time.context).us;
    if (now >= context->denied_until_us) {
        context->denied_until_us = now + DENIALS_PERIOD_US;
        context->denied_told = 0;
    }
    if (context->denied_told >= DENIALS_TOLD) {
        context->denied_more++;
        return false;
    }
    context->denied_told++;
    return true;
}

static void say_group(const struct call_context *context, char *out, size_t size)
{
    if (context->has_group)
        (void)snprintf(out, size, "members of the group %s operate", context->group);
    else if (context->group[0] != '\0')
        (void)snprintf(out, size,
                       "there is no group %s (control.group) whose members could operate, only "
                       "root and the daemon's own user do",
                       context->group);
    else
        (void)snprintf(out, size, "only root and the daemon's own user operate");
}

static void say_denial(struct call *call, const struct engine_peer *peer, const char *who_may)
{
    struct call_context *context = call->context;
    char who[TELL_WHO_MAX], more[64] = "";
    if (!tell_denial(context))
        return;
    if (context->denied_more > 0)
        (void)snprintf(more, sizeof more, "; %u more denials were not told", context->denied_more);
    context->denied_more = 0;
    tell(context->host.journal, MESSAGE_CONTROL_DENIED,
         &(struct tell){.peer = peer, .method = call->command->method}, "%s may not %s: %s%s",
         tell_who(peer, who), call->command->method, who_may, more);
}

static void deny(struct call *call)
{
    struct engine_peer peer = call_ask_of(call, ENGINE_CANCEL).peer;
    struct call_context *context = call->context;
    char who_may[320], join[320] = "", text[720];
    say_group(context, who_may, sizeof who_may);
    say_denial(call, &peer, who_may);
    if (context->has_group)
        (void)snprintf(join, sizeof join, " (usermod -aG %s %s, then log in again)", context->group,
                       peer.user);
    (void)snprintf(text, sizeof text, "%s may only read: %s%s", peer.user, who_may, join);
    call_fail(call, CREDD_ERROR_DENIED, text);
}

/* --- dispatch --- */

/* The zone of the world, which is the configuration's unless a change waits for the next reset. */
static const struct zone *world_zone_of(struct call *call, struct zone **ret_loaded)
{
    const struct config *config = call->context->host.config(call->context->host.context);
    struct report report;
    engine_report(call->context->host.engine, &report);
    if (report.has_world && strcmp(report.timezone, config->timezone) != 0 &&
        zone_load(report.timezone, ret_loaded, NULL) == 0)
        return *ret_loaded;
    return config->zone;
}

static void serve(struct call *call, const json_t *parameters)
{
    struct fault fault = {0};
    struct zone *loaded = NULL;
    char name[64] = "";
    const struct command *command = call->command;
    if (connection_peer(call->connection)->access < command->access) {
        deny(call);
        return;
    }
    if (command->style == CREDD_STYLE_STREAM && !call->more) {
        fail(call, CREDD_VARLINK ".ExpectedMore", json_object());
        return;
    }
    int r = parameters_read(command->id, parameters, world_zone_of(call, &loaded),
                            &call->parameters, name, &fault);
    zone_free(loaded);
    if (r < 0) {
        call_invalid(call, name, fault.text);
        return;
    }
    command->serve(call);
}

/* The part of `method` behind "INTERFACE.", or NULL if it is not of that interface. */
static const char *member_of(const char *interface, const char *method)
{
    size_t length = strlen(interface);
    bool same = strncmp(method, interface, length) == 0 && method[length] == '.' &&
                strchr(method + length + 1, '.') == NULL;
    return same ? method + length + 1 : NULL;
}

static void not_found(struct call *call, const char *method)
{
    const char *dot = strrchr(method, '.');
    if (dot == NULL || member_of(CREDD_VARLINK, method) != NULL ||
        member_of(CREDD_INTERFACE, method) != NULL)
        fail(call, CREDD_VARLINK ".MethodNotFound", json_pack("{s:s}", "method", method));
    else
        fail(call, CREDD_VARLINK ".InterfaceNotFound",
             json_pack("{s:s%}", "interface", method, (size_t)(dot - method)));
}

static void dispatch(struct call *call, const struct request *request)
{
    const char *own = member_of(CREDD_INTERFACE, request->method);
    const char *service = member_of(CREDD_VARLINK, request->method);
    call->command = own != NULL ? command_find(own) : NULL;
    bool info = service != NULL && strcmp(service, "GetInfo") == 0;
    bool description = service != NULL && strcmp(service, "GetInterfaceDescription") == 0;
    if (call->command == NULL && !info && !description)
        not_found(call, request->method);
    else if (request->upgrade)
        fail(call, CREDD_VARLINK ".MethodNotImplemented",
             json_pack("{s:s}", "method", request->method));
    else if (info)
        serve_info(call);
    else if (description)
        serve_description(call, request->parameters);
    else
        serve(call, request->parameters);
}

bool call_begin(struct call_context *context, struct connection *connection, const char *text,
                size_t length)
{
    struct request request;
    if (request_parse(text, length, &request, NULL) < 0)
        return false;
    struct call *call = MEM_NEW(struct call);
    *call = (struct call){.context = context,
                          .connection = connection,
                          .more = request.more,
                          .oneway = request.oneway};
    connection_set_data(connection, call);
    dispatch(call, &request);
    request_done(&request);
    return true;
}

void call_abandon(struct call *call)
{
    if (call == NULL)
        return;
    if (call->ticket != NULL)
        engine_withdraw(call->ticket);
    call_ask_done(call);
    free(call);
}
