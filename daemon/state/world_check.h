/* world_check.h - inside state: what the numbers of credd's own tables can be, each by itself and
 * beside the others. What credd could not have written is damage: -EUCLEAN, with the value's name.
 */
#ifndef CREDD_STATE_WORLD_CHECK_H
#define CREDD_STATE_WORLD_CHECK_H

#include "state/world_state.h"

#define WORLD_CHECK_LAST_US (WORLD_TIME_LAST_S * INT64_C(1000000))
/* The end of the year 9999: no wall says more, and differences do not overflow. */
#define WORLD_CHECK_WALL_LAST_US INT64_C(253402300799000000)

/* `state` has the rows of credd_world. */
int world_check_clock(const struct world_state *state, struct fault *fault);
int world_check_stream(const struct world_state *state, const struct store_stream *row,
                       struct fault *fault);
/* `before`: seq of the row before it; 0: it is the first. */
int world_check_act(const struct world_state *state, const struct store_act *row, int64_t before,
                    struct fault *fault);
int world_check_gap(const struct store_gap *row, struct fault *fault);

#endif
