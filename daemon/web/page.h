/* page.h - the files of the page, which are part of the program; and the chart library, which is
 * Debian's. */
#ifndef CREDD_WEB_PAGE_H
#define CREDD_WEB_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;

struct page_file {
    const char *path, *type;
    const unsigned char *bytes;
    size_t length;
};
#define PAGE_FILES 3
extern const struct page_file page_files[PAGE_FILES];

/* The library is read once, at the start; empty if it is not installed. */
#define PAGE_LIBRARY "/chart.js"
struct page_library {
    char *text;
    size_t length;
};
void page_library_read(struct page_library *library, const char *path);
void page_library_done(struct page_library *library);

#endif
