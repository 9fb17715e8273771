/* status.h - the engine's summary as a JSON object: what `credctl status --json` prints, and the
 * page shows. */
#ifndef CREDD_JSON_STATUS_H
#define CREDD_JSON_STATUS_H

#include <jansson.h>

#include "engine/summary.h"

/* New; its members are those of status.def. */
json_t *status_json(const struct summary *is);

/* An instant as RFC 3339 has it. */
json_t *time_json(int64_t seconds);

#endif
