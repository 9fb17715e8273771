/* waiting.h - what somebody waits for, and whether it is so, by a summary. */
#ifndef CREDD_ENGINE_WAITING_H
#define CREDD_ENGINE_WAITING_H

#include "engine/summary.h"

/* All of it has to be so. */
struct waiting {
    bool ready; /* there is a world, in a database that can be used */
    bool has_until, has_rows;
    world_time until; /* reached, and what was due by then is written */
    enum stream_id stream;
    int64_t rows;
    bool more;    /* `rows` beyond those of the first look */
    bool looked;  /* that was */
    int64_t base; /* and this many rows were there */
};

/* Looks; notes how many rows there are at the first look, and when a reset took them away. */
bool waiting_over(struct waiting *waiting, const struct summary *summary);
/* What is now, in a sentence, when it is over. */
void waiting_say(const struct waiting *waiting, const struct summary *summary, char *out,
                 size_t size);

#endif
