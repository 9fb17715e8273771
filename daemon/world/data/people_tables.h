/* people_tables.h - names and places with their frequencies. Cumulated weights are shares of 2^32.
 */
#ifndef CREDD_WORLD_DATA_PEOPLE_TABLES_H
#define CREDD_WORLD_DATA_PEOPLE_TABLES_H

#include <stdint.h>

#define FIRST_NAMES 600
#define SURNAMES    1022
#define PLACES      1362

struct weighted_name {
    uint32_t cumulated;
    const char *name;
};

/* A city with postal and area codes that belong to it, each list without separators. */
struct place {
    uint32_t cumulated;
    uint8_t zip_count, area_count;
    const char *city;
    char state[3];
    const char *areas; /* three digits each */
    const char *zips;  /* five digits each */
};

/* For the birth decades 1930 to 2000, women's and men's. */
extern const struct weighted_name first_names[16][FIRST_NAMES];
extern const struct weighted_name surnames[SURNAMES];
extern const struct place places[PLACES];

#endif
