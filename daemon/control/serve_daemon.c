/* The commands about the daemon itself: its configuration and its version. */
#include "control/call.h"
#include "json/text.h"

static void add_setting(void *context, const char *section, const char *name, const char *value,
                        const char *source)
{
    json_t *settings = context;
    (void)json_array_append_new(settings,
                                json_pack("{s:o, s:o, s:o, s:o}", "section", text_json(section),
                                          "key", text_json(name), "value", text_json(value),
                                          "source", text_json(source)));
}

void serve_Config(struct call *call)
{
    const struct control_host *host = &call->context->host;
    json_t *settings = json_array();
    config_each(host->config(host->context), add_setting, settings);
    call_reply(call, json_pack("{s:o}", "settings", settings));
}

void serve_Reload(struct call *call)
{
    const struct control_host *host = &call->context->host;
    const struct peer *peer = connection_peer(call->connection);
    char changed[1024] = "", pending[1024] = "";
    struct fault fault = {0};
    if (host->reload(host->context, (long long)peer->uid, (long long)peer->pid, peer->user, changed,
                     pending, &fault) < 0)
        call_fail(call, CREDD_ERROR_FAILED, fault.text);
    else
        call_reply(call, json_pack("{s:o, s:o}", "changed", text_json(changed), "pending",
                                   text_json(pending)));
}

void serve_Version(struct call *call)
{
    call_reply(call, json_pack("{s:s}", "version", CREDD_VERSION));
}
