/* act_parts.h - inside acts: the effects that their table names (act_effects.c). As act_apply(),
 * but on a state that may be left half changed where they fail. */
#ifndef CREDD_STATE_ACT_PARTS_H
#define CREDD_STATE_ACT_PARTS_H

#include "state/act.h"

/* The act counts from `at`, and is kept. */
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
