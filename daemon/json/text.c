#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void text_add(struct text *text, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    if (text->room - text->length < length) {
        text->room = 2 * text->room + length + 256;
        text->bytes = mem_grow(text->bytes, text->room, 1);
    }
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

void text_words(struct text *text, const char *words)
{
    text_add(text, words, strlen(words));
}

/* The length of the UTF-8 sequence at `at` of at most `left` bytes, 0 if it is none (RFC 3629,
 * table 3-7 of Unicode: no surrogates, nothing overlong, nothing above U+10FFFF). */
static size_t sequence(const unsigned char *at, size_t left)
{
    size_t length = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (length == 0 || at[0] > 0xF4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    }
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

static void escape(struct text *text, unsigned char byte)
{
    char code[8];
    if (byte == '"' || byte == '\\') {
        (void)snprintf(code, sizeof code, "\\%c", byte);
    } else {
        (void)snprintf(code, sizeof code, "\\u%04x", byte);
    }
    text_words(text, code);
}

void text_string(struct text *text, const char *value)
{
    if (value == NULL) {
        text_words(text, "null");
        return;
    }
    const unsigned char *at = (const unsigned char *)value;
    size_t left = strlen(value);
    text_words(text, "\"");
    while (left > 0) {
        size_t length = sequence(at, left);
        size_t taken = length > 0 ? length : 1;
        if (length == 0)
            text_words(text, "\xEF\xBF\xBD");
        else if (at[0] < 0x20 || at[0] == '"' || at[0] == '\\')
            escape(text, at[0]);
        else
            text_add(text, (const char *)at, length);
        at += taken;
        left -= taken;
    }
    text_words(text, "\"");
}

void text_done(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}

json_t *text_json(const char *value)
{
    if (value == NULL)
        return json_null();
    json_t *json = json_string(value);
    if (json != NULL)
        return json;
    struct text text = {0};
    text_string(&text, value);
    json = json_loadb(text.bytes, text.length, JSON_DECODE_ANY, NULL);
    text_done(&text);
    return json;
}

json_t *text_json_or_null(const char *value)
{
    return text_json(value == NULL || value[0] == '\0' ? NULL : value);
}
