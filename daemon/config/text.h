/* text.h - inside config/: the syntax of a configuration file, read strictly through inih. */
#ifndef CREDD_CONFIG_TEXT_H
#define CREDD_CONFIG_TEXT_H

#include <stddef.h>

#include "config/mistakes.h"

#define TEXT_LINE_MAX 190            /* bytes of a line */
#define TEXT_FILE_MAX (1024u * 1024) /* bytes of a file */

/* Called for each KEY = VALUE of a known section. Non-zero ends it; `fault` is to be filled. */
typedef int text_visitor(void *context, const char *section, const char *name, const char *value,
                         unsigned line, struct fault *fault);

/* Visits what stands in `length` bytes of `text`, called `name`. A fault of the visitor or of the
 * syntax gets "NAME:LINE: " before it, and ends it or is told as one of `mistakes` (may be NULL);
 * the keys of a section that is none are then passed over. */
int text_each(const char *name, const char *text, size_t length, text_visitor *visit, void *context,
              struct mistakes *mistakes, struct fault *fault);

/* The whole of a file, NUL-terminated, as new memory. -ENOENT if it is not there. */
int text_read(const char *file, char **ret_text, size_t *ret_length, struct fault *fault);

#endif
