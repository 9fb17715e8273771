/* mem.h - allocation that ends the program when memory is gone. */
#ifndef CREDCTL_MEM_H
#define CREDCTL_MEM_H

#include <stddef.h>

void *mem_grow(void *old, size_t count, size_t size);
char *mem_text(const char *text);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
