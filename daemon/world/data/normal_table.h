/* normal_table.h - quantiles of the lower half of the normal distribution, for random_normal(). */
#ifndef CREDD_WORLD_DATA_NORMAL_TABLE_H
#define CREDD_WORLD_DATA_NORMAL_TABLE_H

extern const double normal_table[1665];

#endif
