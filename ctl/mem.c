#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *kept(void *memory)
{
    if (memory == NULL) {
        (void)fputs("credctl: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    return kept(reallocarray(old, count, size));
}

char *mem_text(const char *text)
{
    return kept(strdup(text));
}

char *mem_format(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return kept(length < 0 ? NULL : text);
}
