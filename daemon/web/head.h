/* head.h - the head of a request, read strictly and from its text alone: what HTTP leaves open is
 * refused. */
#ifndef CREDD_WEB_HEAD_H
#define CREDD_WEB_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#define HEAD_MAX       8192
#define HEAD_LINES_MAX 64

struct web_head {
    bool only_head;     /* HEAD: the answer without its body */
    const char *path;   /* "/status.json": without the query */
    const char *host;   /* "" if an HTTP/1.0 client sends none */
    const char *origin; /* NULL: none */
    const char *accept; /* "" if it says nothing */
};

/* `text` has `length` bytes, the empty line included, and a NUL after them; it is cut to pieces
 * that the head points to. 0, or the status that refuses it: 400, 405, 413, 431 or 505. */
int head_parse(char *text, size_t length, struct web_head *ret_head);

#define AUTHORITY_MAX 256
/* "Demo.example.org:8137" gives "demo.example.org", "[::1]:80" gives "::1". False: it is no host
 * with or without a port. */
bool authority_host(const char *authority, char ret_host[AUTHORITY_MAX]);

#endif
