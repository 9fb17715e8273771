/* request.h - one Varlink request: from the bytes between two NULs to its checked parts. Pure. */
#ifndef CREDD_CONTROL_REQUEST_H
#define CREDD_CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct request {
    json_t *root; /* owns what the others point into */
    const char *method;
    json_t *parameters; /* an object, or NULL for none */
    bool more, oneway, upgrade;
};

/* -EBADMSG with a fault for anything that is no request: the connection is to be ended. */
int request_parse(const char *text, size_t length, struct request *ret_request,
                  struct fault *fault);
void request_done(struct request *request);

#endif
