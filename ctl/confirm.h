/* confirm.h - asking on the terminal before what cannot be undone. */
#ifndef CREDCTL_CONFIRM_H
#define CREDCTL_CONFIRM_H

#include <stdbool.h>

#include <credd/protocol.h>

#include "grammar.h"

/* True for any command but a reset that was not agreed to; else why not, which has been said. */
bool confirm_reset(struct invocation *invocation, enum credd_exit *ret_status);

#endif
