/* print.h - words for people: safe on a terminal, with colours only where they belong. */
#ifndef CREDCTL_PRINT_H
#define CREDCTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_WARN, COLOUR_BAD, COLOUR_FAINT, COLOUR_BOLD };

/* True if `file` is a terminal that may be coloured (NO_COLOR and TERM=dumb say no). */
bool print_may_colour(FILE *file);
void print_coloured(FILE *out, bool coloured, enum colour colour, const char *text);
/* Whatever a reply holds must not be a terminal's orders: control characters in its texts become
 * blanks or '?', wherever they are printed. */
void print_make_safe(json_t *reply);
/* What others wrote, without control characters. At most `width` characters if that is not 0.
 * Returns how many. */
int print_safe(FILE *out, const char *text, size_t width);

#define PRINT_MAX 64
/* "12 s", "2 min", "3 h 20 min", "5 d 3 h". */
const char *print_span(int64_t seconds, char buffer[PRINT_MAX]);
/* "1,234,567" */
const char *print_count(int64_t count, char buffer[PRINT_MAX]);
/* "2026-08-14 10:35:12Z" of an RFC 3339 text. */
const char *print_time(const char *text, char buffer[PRINT_MAX]);
/* A factor without needless zeros: "1", "0.5". */
const char *print_factor(double factor, char buffer[PRINT_MAX]);

/* Members of an object, with what a missing or wrong one counts as. */
const char *member_text(const json_t *object, const char *name); /* NULL */
/* The same, `other` for one that is missing or empty. */
const char *member_or(const json_t *object, const char *name, const char *other);
int64_t member_number(const json_t *object, const char *name); /* 0 */
bool member_true(const json_t *object, const char *name);      /* false */

#endif
