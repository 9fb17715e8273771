/* act_parts.h - inside acts: the functions of their table (act_effects.c). They work as
 * act_apply(), but may leave the state half changed if they fail. */
#ifndef CREDD_STATE_ACT_PARTS_H
#define CREDD_STATE_ACT_PARTS_H

#include "state/act.h"

/* Records the act with effect from `at`. */
void act_record(struct act *act, world_time at, struct act_effect *effect);

int act_apply_pause(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault);
int act_apply_resume(struct act *act, struct world_state *state, struct act_effect *effect,
                     struct fault *fault);
int act_apply_speed(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault);
int act_apply_tempo(struct act *act, struct world_state *state, struct act_effect *effect,
                    struct fault *fault);
int act_apply_toggle(struct act *act, struct world_state *state, struct act_effect *effect,
                     struct fault *fault);
int act_apply_advance(struct act *act, struct world_state *state, struct act_effect *effect,
                      struct fault *fault);
int act_apply_stepped(struct act *act, struct world_state *state, struct act_effect *effect,
                      struct fault *fault);
int act_apply_gap(struct act *act, struct world_state *state, struct act_effect *effect,
                  struct fault *fault);
struct world_act act_model_tempo(const struct act *act);
struct world_act act_model_toggle(const struct act *act);

#endif
