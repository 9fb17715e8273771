/* wrap.h - lines that are broken at words where a terminal is too narrow for them, and nowhere
 * else. */
#ifndef CREDCTL_WRAP_H
#define CREDCTL_WRAP_H

#include <stdio.h>

struct wrap;

/* NULL: `file` is no terminal. The others take that as well. */
struct wrap *wrap_new(FILE *file);
void wrap_free(struct wrap *wrap);
/* Where to write what goes to `file`: the wrap's stream, or the file itself. */
FILE *wrap_stream(struct wrap *wrap, FILE *file);
/* The columns of the terminal; 0: as many as one likes. */
unsigned wrap_width(const struct wrap *wrap);
/* Where this line is too long it goes on below this column. */
void wrap_here(struct wrap *wrap);

#endif
