/* wanted.h - the world that a configuration asks for, and how the present one differs from it, in
 * words. Pure. */
#ifndef CREDD_STATE_WANTED_H
#define CREDD_STATE_WANTED_H

#include "config/config.h"
#include "state/next_world.h"
#include "state/world_state.h"

struct wanted wanted_now(const struct config *config);
/* What the next reset would change: "seed 42 -> 7, customers 100 -> 200"; "" if nothing. */
void wanted_at_reset(const struct world_state *state, const struct config *config, char *out,
                     size_t size);
/* Adds to `changed` how the streams differ from an older configuration. */
void wanted_streams(const struct config *old, const struct config *config, char changed[1024]);

#endif
