/* mem.h - allocation that ends the program when memory is gone, with checked products. */
#ifndef CREDD_BASE_MEM_H
#define CREDD_BASE_MEM_H

#include <stddef.h>

/* All of them return new memory to be released with free(), never NULL, not even for nothing. */
void *mem_zero(size_t count, size_t size);
/* At the begin of a line of the processor's cache; `size` is a multiple of MEM_LINE. */
void *mem_lines(size_t count, size_t size);
/* Takes `old` (may be NULL) and keeps what it held; what is added to it is not zeroed. */
void *mem_grow(void *old, size_t count, size_t size);
char *mem_text(const char *text);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define MEM_LINE 64

#define MEM_NEW(type)          ((type *)mem_zero(1, sizeof(type)))
#define MEM_ARRAY(type, count) ((type *)mem_zero((count), sizeof(type)))
#define MEM_LINES(type, count) ((type *)mem_lines((count), sizeof(type)))

#endif
