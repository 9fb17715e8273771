/* masked.h - the summary as anybody may see it: without names of servers, users and operators, and
 * without what others wrote. */
#ifndef CREDD_WEB_MASKED_H
#define CREDD_WEB_MASKED_H

#include "engine/summary.h"

/* In place; the verdict's sentence is made anew. */
void masked(struct summary *summary);

#endif
