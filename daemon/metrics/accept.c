/* Which format a request wants, by its header Accept (RFC 9110, section 12.5.1). */
#include <string.h>
#include <strings.h>

#include "metrics/metrics_text.h"

#define QUALITY_MOST 1000 /* of 1, in thousandths */

/* A part of a text, without the blanks around it. */
struct part {
    const char *from;
    size_t length;
};

/* Takes the next part out of `list`, up to a separator. False: there is none. */
static bool next_part(struct part *list, char separator, struct part *ret_part)
{
    const char *end = memchr(list->from, separator, list->length);
    size_t length = end != NULL ? (size_t)(end - list->from) : list->length;
    if (list->length == 0)
        return false;
    *ret_part = (struct part){list->from, length};
    list->from += length + (end != NULL ? 1 : 0);
    list->length -= length + (end != NULL ? 1 : 0);
    while (ret_part->length > 0 && strchr(" \t", *ret_part->from) != NULL)
        *ret_part = (struct part){ret_part->from + 1, ret_part->length - 1};
    while (ret_part->length > 0 && strchr(" \t", ret_part->from[ret_part->length - 1]) != NULL)
        ret_part->length--;
    return true;
}

static bool is_word(const struct part *part, const char *word)
{
    return part->length == strlen(word) && strncasecmp(part->from, word, part->length) == 0;
}

/* Of a parameter such as "q=0.5": its value. False: it has another name. */
static bool takes(const struct part *part, const char *name, struct part *ret_value)
{
    size_t length = strlen(name);
    if (part->length < length || strncasecmp(part->from, name, length) != 0)
        return false;
    *ret_value = (struct part){part->from + length, part->length - length};
    return true;
}

/* "0.75" in thousandths; what is no quality counts as 0. */
static int quality_of(const struct part *part)
{
    int quality = 0, scale = QUALITY_MOST;
    for (size_t i = 0; i < part->length; i++) {
        char c = part->from[i];
        if (i == 1 ? c != '.' : c < '0' || c > '9')
            return 0;
        if (i == 1)
            continue;
        quality += (c - '0') * scale;
        scale /= 10;
    }
    return quality < QUALITY_MOST ? quality : QUALITY_MOST;
}

/* One range of media, such as "text/plain;version=0.0.4;q=0.5". */
struct range {
    bool open, text;
    bool version; /* is one that there is */
    int quality;
};

static struct range read_range(struct part text)
{
    struct part part = {0};
    struct range range = {.version = true, .quality = QUALITY_MOST};
    (void)next_part(&text, ';', &part);
    range.open = is_word(&part, "application/openmetrics-text");
    range.text = is_word(&part, "text/plain") || is_word(&part, "text/*");
    while (next_part(&text, ';', &part)) {
        struct part value;
        if (takes(&part, "version=", &value))
            range.version = is_word(&value, range.open ? "1.0.0" : "0.0.4");
        else if (takes(&part, "q=", &value))
            range.quality = quality_of(&value);
    }
    return range;
}

/* The older format is what everybody reads: the other one is given only where it is named, and
 * wanted no less. */
bool metrics_wants_open(const char *accept)
{
    struct part list = {accept != NULL ? accept : "", accept != NULL ? strlen(accept) : 0}, part;
    int open = 0, text = 0;
    while (next_part(&list, ',', &part)) {
        const struct range range = read_range(part);
        if (range.open && range.version && range.quality > open)
            open = range.quality;
        if (range.text && range.version && range.quality > text)
            text = range.quality;
    }
    return open > 0 && open >= text;
}
