/* score_table.h - the score at each knot of the latent: see credit_model.h. */
#ifndef CREDD_WORLD_DATA_SCORE_TABLE_H
#define CREDD_WORLD_DATA_SCORE_TABLE_H

#include "world/credit_model.h"

extern const double score_table[SCORE_KNOTS];

#endif
