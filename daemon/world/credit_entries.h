/* credit_entries.h - which entries of credit_history a day has. */
#ifndef CREDD_WORLD_CREDIT_ENTRIES_H
#define CREDD_WORLD_CREDIT_ENTRIES_H

#include "world/credit_fold.h"

struct credit_day {
    int64_t day;
    int64_t open; /* the instant of CREDIT_OPEN */
    int month;
    unsigned of_month;    /* 1 to 31 */
    unsigned slot, slots; /* the first one that has its step on the day, and how many: 0 at times */
    uint64_t settled;     /* people who were there before the day's first entry */
    uint64_t people;      /* and before its last one */
};

struct credit_day credit_day_of(struct credit_cache *cache, int64_t day);
unsigned credit_day_lanes(const struct credit_cache *cache, const struct credit_day *day);
/* The length in seconds of the stretches in which the day should be listed, to bound memory. */
uint32_t credit_stretch(const struct credit_day *day, unsigned lanes);
/* Fills `entries` with those of seconds [from, to) in order of (at, key). */
void credit_list(struct credit_cache *cache, const struct credit_day *day, unsigned lanes,
                 uint32_t from, uint32_t to);

#endif
