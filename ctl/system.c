#include "system.h"

#include <stddef.h>
#include <time.h>

int64_t system_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool system_instant(const char *text, int64_t *ret_seconds)
{
    struct tm parts = {0};
    const char *end = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts) : NULL;
    if (end == NULL || *end != '\0')
        return false;
    *ret_seconds = timegm(&parts);
    return true;
}
