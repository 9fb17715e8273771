#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fault_set(struct fault *fault, int code, const char *format, ...)
{
    if (fault == NULL)
        return code;
    va_list args;
    va_start(args, format);
    fault->code = code;
    (void)vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    return code;
}

int fault_prefix(struct fault *fault, const char *format, ...)
{
    if (fault == NULL)
        return 0;
    char rest[FAULT_TEXT_MAX];
    memcpy(rest, fault->text, sizeof rest);
    va_list args;
    va_start(args, format);
    int used = vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof fault->text) {
        size_t room = sizeof fault->text - (size_t)used;
        int shown = room > 3 ? (int)room - 3 : 0; /* a text too long for it is cut */
        (void)snprintf(fault->text + used, room, ": %.*s", shown, rest);
    }
    return fault->code;
}
