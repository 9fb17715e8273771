#include "control/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/system.h"
#include "control/interface.h"
#include "control/metrics_calls.h"
#include "control/wire_call.h"
#include "mail/event_log.h"

#define DENIALS_TOLD      10 /* in DENIALS_PERIOD_US */
#define DENIALS_PERIOD_US INT64_C(60000000)

/* --- the service interface --- */

static void serve_info(struct call *call)
{
    call_reply(call, json_pack("{s:s, s:s, s:s, s:s, s:[s, s, s]}", "vendor", "credd", "product",
                               "credd", "version", CREDD_VERSION, "url", "man:credd(8)",
                               "interfaces", CREDD_VARLINK, CREDD_INTERFACE, METRICS_INTERFACE));
}

static void serve_description(struct call *call, const json_t *parameters)
{
    const char *name = json_string_value(json_object_get(parameters, "interface"));
    char *description = name != NULL ? interface_description(name) : NULL;
    if (name == NULL)
        call_invalid(call, "interface", "not the name of an interface");
    else if (description == NULL)
        call_error(call, CREDD_VARLINK ".InterfaceNotFound", json_pack("{s:s}", "interface", name));
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
        (void)snprintf(out, size,
                       "only root, the daemon's own user and members of group %s may operate credd",
                       context->group);
    else if (context->group[0] != '\0')
        (void)snprintf(
            out, size,
            "only root and the daemon's own user may operate credd; group %s (control.group) "
            "does not exist",
            context->group);
    else
        (void)snprintf(out, size, "only root and the daemon's own user may operate credd");
}

static void say_denial(struct call *call, const struct actor *peer, const char *who_may)
{
    struct call_context *context = call->context;
    char who[EVENT_LOG_WHO_MAX], more[64] = "";
    if (!tell_denial(context))
        return;
    if (context->denied_more > 0)
        (void)snprintf(more, sizeof more, "; %u more denials were not logged",
                       context->denied_more);
    context->denied_more = 0;
    event_log(context->host.journal, MESSAGE_CONTROL_DENIED,
              &(struct event_about){.peer = peer, .method = call->command->method},
              "%s may not %s: %s%s", event_log_who(peer, who), call->command->method, who_may,
              more);
}

static void deny(struct call *call)
{
    struct actor peer = call_actor(call);
    struct call_context *context = call->context;
    char who_may[320], join[320] = "", text[720];
    say_group(context, who_may, sizeof who_may);
    say_denial(call, &peer, who_may);
    if (context->has_group)
        (void)snprintf(join, sizeof join, " (run 'usermod -aG %s %s', then log in again)",
                       context->group, peer.user);
    (void)snprintf(text, sizeof text, "%s may only read: %s%s", peer.user, who_may, join);
    call_fail(call, CREDD_ERROR_DENIED, text);
}

/* --- by whom --- */

/* The zone of the world, which is the configuration's unless a change waits for the next reset. */
static const struct zone *world_zone_of(struct call *call, struct zone **ret_loaded)
{
    const struct config *config = call->context->host.config(call->context->host.context);
    struct summary summary;
    engine_summary(call->context->host.engine, &summary);
    if (summary.has_world && strcmp(summary.timezone, config->timezone) != 0 &&
        zone_load(summary.timezone, ret_loaded, NULL) == 0)
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
        call_error(call, CREDD_VARLINK ".ExpectedMore", json_object());
        return;
    }
    if (call->context->admit(call->context->control, call->connection, command, &fault) < 0) {
        call_fail(call, CREDD_ERROR_LIMIT, fault.text);
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
        member_of(CREDD_INTERFACE, method) != NULL || member_of(METRICS_INTERFACE, method) != NULL)
        call_error(call, CREDD_VARLINK ".MethodNotFound", json_pack("{s:s}", "method", method));
    else
        call_error(call, CREDD_VARLINK ".InterfaceNotFound",
                   json_pack("{s:s%}", "interface", method, (size_t)(dot - method)));
}

static void route(struct call *call, const struct wire_call *request)
{
    const char *own = member_of(CREDD_INTERFACE, request->method);
    const char *service = member_of(CREDD_VARLINK, request->method);
    const char *metrics = member_of(METRICS_INTERFACE, request->method);
    call->command = own != NULL       ? command_find(own)
                    : metrics != NULL ? metrics_call_find(metrics)
                                      : NULL;
    bool info = service != NULL && strcmp(service, "GetInfo") == 0;
    bool description = service != NULL && strcmp(service, "GetInterfaceDescription") == 0;
    if (call->command == NULL && !info && !description)
        not_found(call, request->method);
    else if (request->upgrade)
        call_error(call, CREDD_VARLINK ".MethodNotImplemented",
                   json_pack("{s:s}", "method", request->method));
    else if (info)
        serve_info(call);
    else if (description)
        serve_description(call, request->parameters);
    else
        serve(call, request->parameters);
}

bool dispatch(struct call_context *context, struct connection *connection, const char *text,
              size_t length)
{
    struct wire_call request;
    if (wire_call_parse(text, length, &request, NULL) < 0)
        return false;
    struct call *call = call_new(context, connection);
    call->more = request.more;
    call->oneway = request.oneway;
    route(call, &request);
    wire_call_done(&request);
    return true;
}
