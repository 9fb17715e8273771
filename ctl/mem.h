/* mem.h - allocation that ends the program when memory is gone. The client links none of the
 * daemon's rooms, and tells people, not a journal: so it has its own. */
#ifndef CREDCTL_MEM_H
#define CREDCTL_MEM_H

#include <stddef.h>

/* Both return new memory, to be released with free(); mem_grow() takes `old`, and does not zero
 * what is added. */
void *mem_grow(void *old, size_t count, size_t size);
char *mem_text(const char *text);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
