/* token.h - random tokens, which tell one state of a database from every other. Never for rows: the
 * world has a generator of its own. */
#ifndef CREDD_BASE_TOKEN_H
#define CREDD_BASE_TOKEN_H

#include <stdint.h>

/* Where they come from: the system, or a test. */
struct token_source {
    int64_t (*next)(void *context); /* 1 to INT64_MAX */
    void *context;
};

extern const struct token_source token_system;

#endif
