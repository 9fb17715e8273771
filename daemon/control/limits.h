/* limits.h - how many connections a user may have and for what, so that operators can always get
 * through. Pure: the caller says what is open. */
#ifndef CREDD_CONTROL_LIMITS_H
#define CREDD_CONTROL_LIMITS_H

#include <stddef.h>

#include "base/fault.h"
#include "control/command.h"
#include "control/peer.h"

/* What a connection is used for, shortest use first. */
enum limits_use {
    LIMITS_ANSWER, /* idle, or a command that is answered at once */
    LIMITS_JOB,    /* a command that ends with its job */
    LIMITS_STREAM, /* a command that lasts until its reader leaves */
};

struct limits_open {
    const struct peer *peer;
    enum limits_use use;
};

/* The most that are ever open: those who only read, those who operate as members of the group, and,
 * each with a share of their own, root and the daemon's user. */
#define LIMITS_OPEN_MAX (2 * CREDD_CONNECTIONS_MAX + 2 * CREDD_CONNECTIONS_UID)

/* `command` may be NULL. */
enum limits_use limits_use_of(const struct command *command);
/* Whether `peer` may connect in addition to `open`. -EUSERS with the reason. */
int limits_connect(const struct limits_open *open, size_t count, uid_t self,
                   const struct peer *peer, struct fault *fault);
/* Whether `one` may be used as it says, in addition to `open`. -EUSERS with the reason. */
int limits_begin(const struct limits_open *open, size_t count, const struct limits_open *one,
                 struct fault *fault);

#endif
