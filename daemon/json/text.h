/* text.h - JSON text built piece by piece, for rows that must stay exact and come in bulk; and
 * texts of others (databases, files, applications) made fit for JSON. */
#ifndef CREDD_JSON_TEXT_H
#define CREDD_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

struct text {
    char *bytes;
    size_t length, room;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_words(struct text *text, const char *words);
/* A JSON string, or null for NULL; bytes that are no UTF-8 become U+FFFD. */
void text_string(struct text *text, const char *value);
void text_done(struct text *text);

/* The same as a JSON value. */
json_t *text_json(const char *value);
/* null for an empty text as well. */
json_t *text_json_or_null(const char *value);

#endif
