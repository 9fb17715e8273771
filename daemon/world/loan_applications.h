/* loan_applications.h - what the stream of loan applications keeps of a world: the model of the
 * applications, when they come, the loans that became of them, and the steps that are due. */
#ifndef CREDD_WORLD_LOAN_APPLICATIONS_H
#define CREDD_WORLD_LOAN_APPLICATIONS_H

#include "world/stream.h"

struct move;

struct loans {
    struct world *world;
    struct loan_model *model;
    struct arrivals *arrivals;
    struct loan_book *book;
    world_time first; /* no rows at or before it */
    /* A heap of the moves after `asked` of the applications at or before it; the last change given
     * was at `given`. Asking on from anywhere in between needs nothing else. */
    struct move *moves;
    size_t count, room;
    int64_t given, asked;
    bool ready;
};

#endif
