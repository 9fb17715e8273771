/* Any bytes as a connection's request: parsed, then read as the parameters of each command in turn.
 */
#include <stddef.h>
#include <stdint.h>

#include "control/parameters.h"
#include "control/wire_call.h"
#include "json/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct wire_call *request)
{
    for (int i = 0; i < CREDD_COMMAND_COUNT; i++) {
        struct parameters parameters;
        struct fault fault;
        char name[64];
        (void)parameters_read((enum credd_command)i, request->parameters, NULL, &parameters, name,
                              &fault);
    }
}

static void write_text(const uint8_t *data, size_t size)
{
    struct text copy = {0}, text = {0};
    text_add(&copy, (const char *)data, size);
    text_add(&copy, "", 1);
    text_string(&text, copy.bytes);
    json_t *json = json_loadb(text.bytes, text.length, JSON_DECODE_ANY, NULL);
    if (!json_is_string(json))
        __builtin_trap();
    json_decref(json);
    text_done(&text);
    text_done(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_call request;
    write_text(data, size);
    if (wire_call_parse((const char *)data, size, &request, NULL) < 0)
        return 0;
    if (request.method == NULL || request.method[0] == '\0')
        __builtin_trap();
    read_all(&request);
    wire_call_done(&request);
    return 0;
}
