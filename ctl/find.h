/* find.h - where the daemon's socket is: what was said, else the places in their order. */
#ifndef CREDCTL_FIND_H
#define CREDCTL_FIND_H

#include "grammar.h"

#define PLACES_MAX 3

/* Paths to be tried in turn; new memory each. */
struct places {
    char *paths[PLACES_MAX];
    int count;
};

struct places places_of(const struct invocation *invocation);
void places_done(struct places *places);

#endif
