/* text_list.h - lists that grow in a buffer. */
#ifndef CREDD_BASE_TEXT_LIST_H
#define CREDD_BASE_TEXT_LIST_H

#include <stddef.h>

/* Adds a part to a list in `out`, with `between` before it unless it is the first; what has no room
 * is cut. */
void text_list_add(char *out, size_t size, const char *between, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
