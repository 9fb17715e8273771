/* dispatch.h - finds who serves a request: the method's command, whether the peer may, its
 * parameters. */
#ifndef CREDD_CONTROL_DISPATCH_H
#define CREDD_CONTROL_DISPATCH_H

#include "control/call.h"

/* Serves a request of the connection. False: it is none. */
bool dispatch(struct call_context *context, struct connection *connection, const char *text,
              size_t length);

#endif
