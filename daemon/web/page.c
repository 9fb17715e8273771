#include "web/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define LIBRARY_MAX ((size_t)2 << 20)

void page_library_read(struct page_library *library, const char *path)
{
    FILE *file = fopen(path, "re");
    *library = (struct page_library){0};
    if (file == NULL)
        return;
    library->text = MEM_ARRAY(char, LIBRARY_MAX);
    library->length = fread(library->text, 1, LIBRARY_MAX, file);
    if (ferror(file) != 0 || library->length == LIBRARY_MAX)
        page_library_done(library);
    else
        library->text = mem_grow(library->text, library->length + 1, 1);
    (void)fclose(file);
}

void page_library_done(struct page_library *library)
{
    free(library->text);
    *library = (struct page_library){0};
}
