/* market_hours.h - when the exchange is open: on its days from 09:30 to the close, in the world's
 * zone. */
#ifndef CREDD_WORLD_MARKET_HOURS_H
#define CREDD_WORLD_MARKET_HOURS_H

#include "clock/instant.h"
#include "clock/zone.h"

/* True if it is closed at `now`; `ret_opens` is then its next open. */
bool market_closed(const struct zone *zone, world_time now, world_time *ret_opens);

#endif
