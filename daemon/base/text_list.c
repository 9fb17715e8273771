#include "base/text_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_list_add(char *out, size_t size, const char *between, const char *format, ...)
{
    size_t used = strlen(out);
    if (used > 0)
        used += (size_t)snprintf(out + used, size - used, "%s", between);
    if (used >= size)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + used, size - used, format, args);
    va_end(args);
}
