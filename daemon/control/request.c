#include "control/request.h"

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

static bool take_member(struct request *request, const char *name, json_t *value)
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

static int take_members(struct request *request, struct fault *fault)
{
    const char *name;
    json_t *value;
    if (!json_is_object(request->root))
        return fault_set(fault, -EBADMSG, "a request is a JSON object");
    json_object_foreach(request->root, name, value)
    {
        if (!take_member(request, name, value))
            return fault_set(fault, -EBADMSG, "no request has such a member \"%.40s\"", name);
    }
    if (request->method == NULL)
        return fault_set(fault, -EBADMSG, "the request names no method");
    if (request->more && request->oneway)
        return fault_set(fault, -EBADMSG, "a request can not be both oneway and more");
    return 0;
}

int request_parse(const char *text, size_t length, struct request *ret_request, struct fault *fault)
{
    json_error_t error;
    if (too_deep(text, length))
        return fault_set(fault, -EBADMSG, "nested deeper than %d levels", CREDD_JSON_DEPTH);
    struct request request = {.root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error)};
    if (request.root == NULL)
        return fault_set(fault, -EBADMSG, "not JSON: %s", error.text);
    int r = take_members(&request, fault);
    if (r < 0) {
        request_done(&request);
        return r;
    }
    *ret_request = request;
    return 0;
}

void request_done(struct request *request)
{
    json_decref(request->root);
    *request = (struct request){0};
}
