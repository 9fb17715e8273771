/* mistakes.h - inside config/: what becomes of a mistake: the first one ends the reading, or each
 * is told and passed over. */
#ifndef CREDD_CONFIG_MISTAKES_H
#define CREDD_CONFIG_MISTAKES_H

#include "config/config.h"

struct mistakes {
    config_mistake *tell; /* NULL: the first ends the reading */
    void *context;
    unsigned count; /* that were told */
};

/* `result` with its fault, or 0 if that was told. `mistakes` may be NULL. */
int mistakes_take(struct mistakes *mistakes, int result, const struct fault *fault);
/* -EINVAL if any was told. */
int mistakes_end(const struct mistakes *mistakes);

#endif
