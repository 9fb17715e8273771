/* bank_days.h - bank business days by number, so that stepping over many of them costs one look. */
#ifndef CREDD_WORLD_BANK_DAYS_H
#define CREDD_WORLD_BANK_DAYS_H

#include <stdint.h>

struct bank_days;
struct zone;

/* For local days from `first` to `last`. */
struct bank_days *bank_days_new(const struct zone *zone, int64_t first, int64_t last);
void bank_days_free(struct bank_days *days);
/* The count-th business day after `day`; count 0: the day itself or the next. Past the last known
 * day it is that. */
int64_t bank_days_step(const struct bank_days *days, int64_t day, int count);

#endif
