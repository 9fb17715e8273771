/* relay.h - forwards a request to the engine, and the engine's news of it back to the peer. */
#ifndef CREDD_CONTROL_RELAY_H
#define CREDD_CONTROL_RELAY_H

#include "control/call.h"

/* Of the call's peer, with the reason that was given; its parameters are still to be set. */
struct request relay_request(const struct call *call, enum request_kind kind);
/* Answers the call with what the engine says, now or later. */
void relay(struct call *call, const struct request *request);

#endif
