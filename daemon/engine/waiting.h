/* waiting.h - the conditions of `credctl wait`, checked against a summary. */
#ifndef CREDD_ENGINE_WAITING_H
#define CREDD_ENGINE_WAITING_H

#include "engine/summary.h"

/* All conditions that are set have to hold. */
struct waiting {
    bool ready; /* there is a world, in a database that can be used */
    bool has_until, has_rows;
    world_time until; /* reached, and what was due by then is written */
    enum stream_id stream;
    int64_t rows;
    bool more;    /* `rows` beyond those of the first look */
    bool looked;  /* the first look is over, */
    int64_t base; /* and found this many rows */
};

/* Whether the conditions hold. Counts `more` from the first look, or from a reset after it. */
bool waiting_over(struct waiting *waiting, const struct summary *summary);
/* Says what is now, once they hold. */
void waiting_say(const struct waiting *waiting, const struct summary *summary, char *out,
                 size_t size);

#endif
