/* credit_model.h - one person's credit from month to month, without a world: hidden quality,
 * transient noise, damage of late payments, stage of delinquency; and what of it is seen.
 *
 * The latent y = quality + transient - damage becomes a score by a fixed table h(y), computed by
 * data/make_score_table.c so that the scores of a portfolio are distributed as those of the US. */
#ifndef CREDD_WORLD_CREDIT_MODEL_H
#define CREDD_WORLD_CREDIT_MODEL_H

#include <stdint.h>

#include "world/credit.h"

#define SCORE_LOW            300
#define SCORE_HIGH           850
#define SCORE_KNOTS          193
#define SCORE_KNOT_0         (-7.0) /* the latent at the first knot; 16 knots for each unit */
#define SCORE_KNOTS_PER_UNIT 16.0

enum credit_stage {
    STAGE_CURRENT,
    STAGE_30,
    STAGE_60,
    STAGE_90,
    STAGE_120,
    STAGE_150,
    STAGE_CHARGED_OFF
};

struct credit_model {
    double score[SCORE_KNOTS];
    double hazard[SCORE_HIGH - SCORE_LOW + 1];      /* of a first late payment, by score */
    double utilization[SCORE_HIGH - SCORE_LOW + 1]; /* centre of its latent, by score */
};

/* A person's state after a month. */
struct credit_state {
    double quality; /* slow part, unit variance */
    double damage, recovery;
    double standing; /* constant part of the latent: what age brings */
    double trait;    /* constant habit of utilization */
    int16_t score;
    uint8_t stage; /* enum credit_stage */
};

/* What a month brings besides the state. */
struct credit_month {
    double transient; /* in units of its own deviation */
    double utilization_noise;
};

void credit_model_init(struct credit_model *model, const double score[SCORE_KNOTS]);
/* The part of the latent that goes with an age in years: older people score higher. */
double credit_standing(double age);
/* The person before `month`: quality from its stationary law, damage from a crude one that
 * CREDIT_BURN_IN months of steps make right. */
#define CREDIT_BURN_IN 24
void credit_state_start(const struct credit_model *model, uint64_t seed, uint64_t customer,
                        double standing, struct credit_state *ret_state);
/* Moves the person through `month`; `stress` multiplies the hazard of a first late payment. */
struct credit_month credit_state_step(const struct credit_model *model, uint64_t seed,
                                      uint64_t customer, int month, double stress,
                                      struct credit_state *state);
/* The month's noise again, for a state that is already there. */
struct credit_month credit_month_of(uint64_t seed, uint64_t customer, int month);
struct credit_view credit_state_view(const struct credit_model *model,
                                     const struct credit_month *month,
                                     const struct credit_state *state);
/* The latent of a state that a month brought: for the calibration. */
double credit_latent(const struct credit_state *state, const struct credit_month *month);

#endif
