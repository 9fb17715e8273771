/* wire_call.h - one Varlink request: from the bytes between two NULs to its checked parts. Pure. */
#ifndef CREDD_CONTROL_WIRE_CALL_H
#define CREDD_CONTROL_WIRE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct wire_call {
    json_t *root; /* owns what the others point into */
    const char *method;
    json_t *parameters; /* an object, or NULL for none */
    bool more, oneway, upgrade;
};

/* -EBADMSG with a fault for anything that is no request: the connection is to be ended. */
int wire_call_parse(const char *text, size_t length, struct wire_call *ret_request,
                    struct fault *fault);
void wire_call_done(struct wire_call *request);

#endif
