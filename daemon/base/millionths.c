#include "base/millionths.h"

#include <inttypes.h>
#include <stdio.h>

#define MILLION UINT64_C(1000000)

const char *millionths_text(int64_t millionths, char ret[MILLIONTHS_TEXT_MAX])
{
    uint64_t size = millionths < 0 ? 0 - (uint64_t)millionths : (uint64_t)millionths;
    int length = snprintf(ret, MILLIONTHS_TEXT_MAX, "%s%" PRIu64 ".%06" PRIu64,
                          millionths < 0 ? "-" : "", size / MILLION, size % MILLION);
    while (ret[length - 1] == '0')
        ret[--length] = '\0';
    if (ret[length - 1] == '.')
        ret[--length] = '\0';
    return ret;
}
