/* reply.h - the reply to an act: one sentence that says what is now. Pure, from the summary after
 * it.
 */
#ifndef CREDD_CONTROL_REPLY_H
#define CREDD_CONTROL_REPLY_H

#include <stddef.h>

#include "engine/summary.h"
#include "state/act.h"

/* "loan_applications x20 until 10:54:12Z (in 30 min); next rows in 4 s" */
void reply_say(const struct act *act, const struct summary *summary, char *out, size_t size);

#endif
