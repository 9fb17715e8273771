#include "control/wire_call.h"

#include <errno.h>
#include <string.h>

#include <credd/protocol.h>

/* jansson's own limit is two thousand levels and not to be changed at run time. */
static bool too_deep(const char *text, size_t length)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > CREDD_JSON_DEPTH)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static bool take_flag(const json_t *value, bool *flag)
{
    *flag = json_is_true(value);
    return json_is_boolean(value);
}

static bool take_member(struct wire_call *request, const char *name, json_t *value)
{
    if (strcmp(name, "method") == 0) {
        request->method = json_string_value(value);
        return request->method != NULL && request->method[0] != '\0';
    }
    if (strcmp(name, "parameters") == 0) {
        request->parameters = json_is_object(value) ? value : NULL;
        return json_is_object(value) || json_is_null(value);
    }
    if (strcmp(name, "more") == 0)
        return take_flag(value, &request->more);
    if (strcmp(name, "oneway") == 0)
        return take_flag(value, &request->oneway);
    if (strcmp(name, "upgrade") == 0)
        return take_flag(value, &request->upgrade);
    return false;
}

static int take_members(struct wire_call *request, struct fault *fault)
{
    const char *name;
    json_t *value;
    if (!json_is_object(request->root))
        return fault_set(fault, -EBADMSG, "the request is not a JSON object");
    json_object_foreach(request->root, name, value)
    {
        if (!take_member(request, name, value))
            return fault_set(fault, -EBADMSG, "unknown or invalid member \"%.40s\" in the request",
                             name);
    }
    if (request->method == NULL)
        return fault_set(fault, -EBADMSG, "the request names no method");
    if (request->more && request->oneway)
        return fault_set(fault, -EBADMSG, "a request cannot be both oneway and more");
    return 0;
}

int wire_call_parse(const char *text, size_t length, struct wire_call *ret_request,
                    struct fault *fault)
{
    json_error_t error;
    if (too_deep(text, length))
        return fault_set(fault, -EBADMSG, "nested deeper than %d levels", CREDD_JSON_DEPTH);
    struct wire_call request = {.root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error)};
    if (request.root == NULL)
        return fault_set(fault, -EBADMSG, "not JSON: %s", error.text);
    int r = take_members(&request, fault);
    if (r < 0) {
        wire_call_done(&request);
        return r;
    }
    *ret_request = request;
    return 0;
}

void wire_call_done(struct wire_call *request)
{
    json_decref(request->root);
    *request = (struct wire_call){0};
}
