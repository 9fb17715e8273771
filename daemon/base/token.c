#include "base/token.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

static int64_t system_next(void *context)
{
    (void)context;
    uint64_t bits = 0;
    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        abort(); /* a kernel without random numbers: nothing could be told apart */
    bits &= INT64_MAX;
    return bits != 0 ? (int64_t)bits : 1;
}

const struct token_source token_system = {system_next, NULL};
