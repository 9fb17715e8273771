#include "base/mem.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *kept(void *memory)
{
    if (memory == NULL) {
        (void)fputs("<2>out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *mem_zero(size_t count, size_t size)
{
    return kept(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *mem_lines(size_t count, size_t size)
{
    size_t bytes = 0;
    bool fits = !__builtin_mul_overflow(count > 0 ? count : 1, size, &bytes);
    void *memory = kept(fits ? aligned_alloc(MEM_LINE, bytes) : NULL);
    memset(memory, 0, bytes);
    return memory;
}

void *mem_grow(void *old, size_t count, size_t size)
{
    return kept(reallocarray(old, count > 0 ? count : 1, size > 0 ? size : 1));
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
