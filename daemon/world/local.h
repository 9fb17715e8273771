/* local.h - local days of a world's zone, remembered: the model asks for the same ones again and
 * again. */
#ifndef CREDD_WORLD_LOCAL_H
#define CREDD_WORLD_LOCAL_H

#include "clock/civil.h"
#include "clock/instant.h"
#include "clock/zone.h"

struct local_days;
struct local_days *local_days_new(const struct zone *zone);
void local_days_free(struct local_days *days);

struct local {
    int64_t day; /* since 1970-01-01 */
    int second;  /* of the day, as clocks show it */
};
struct local local_at(struct local_days *days, int64_t utc);
struct civil_date local_date(struct local_days *days, int64_t day);
/* As zone_day_instant(); `second` is below 86400. */
int64_t local_instant(struct local_days *days, int64_t day, int second);

/* The date of UTC at `utc`, after 1970 began, in eight digits. */
void local_stamp(struct local_days *days, int64_t utc, char text[8]);

#endif
