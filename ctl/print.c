#include "print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

bool print_may_colour(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fileno(file)) == 1 && (no_colour == NULL || no_colour[0] == '\0') &&
           term != NULL && strcmp(term, "dumb") != 0;
}

void print_coloured(FILE *out, bool coloured, enum colour colour, const char *text)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "",          [COLOUR_GOOD] = "\033[1;32m", [COLOUR_WARN] = "\033[1;33m",
        [COLOUR_BAD] = "\033[1;31m", [COLOUR_FAINT] = "\033[2m",   [COLOUR_BOLD] = "\033[1m",
    };
    bool use = coloured && colour != COLOUR_NONE;
    (void)fprintf(out, "%s%s%s", use ? codes[colour] : "", text, use ? "\033[0m" : "");
}

/* The length of the character at `at`; 0 if it is a control character (ASCII or C1). The text is
 * UTF-8. */
static size_t shown_length(const unsigned char *at)
{
    if (at[0] < 0x20 || at[0] == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0))
        return 0;
    size_t length = 1;
    while (at[0] >= 0xC0 && (at[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* The next character of a text as it may be shown, and where the one after it begins. */
static const char *show_next(const char *text, const char **ret_shown, size_t *ret_length)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = shown_length(at);
    *ret_shown = length > 0 ? text : *text == '\n' || *text == '\t' ? " " : "?";
    *ret_length = length > 0 ? length : 1;
    return text + (length > 0 ? length : *at == 0xC2 ? 2 : 1);
}

int print_safe(FILE *out, const char *text, size_t width)
{
    int shown = 0;
    for (text = text != NULL ? text : "?"; *text != '\0' && (width == 0 || (size_t)shown < width);
         shown++) {
        const char *as;
        size_t length;
        text = show_next(text, &as, &length);
        (void)fwrite(as, 1, length, out);
    }
    return shown;
}

/* What is shown is never longer. */
static void make_text_safe(json_t *string)
{
    const char *text = json_string_value(string);
    char *safe = mem_text(text);
    size_t used = 0;
    while (*text != '\0') {
        const char *as;
        size_t length;
        text = show_next(text, &as, &length);
        memcpy(safe + used, as, length);
        used += length;
    }
    (void)json_string_setn(string, safe, used);
    free(safe);
}

void print_make_safe(json_t *reply)
{
    const char *name;
    json_t *value;
    size_t i;
    if (json_is_string(reply))
        make_text_safe(reply);
    json_array_foreach(reply, i, value) print_make_safe(value);
    json_object_foreach(reply, name, value) print_make_safe(value);
}

const char *print_span(int64_t seconds, char buffer[PRINT_MAX])
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    uint64_t left = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    size_t i = 0;
    while (i < 3 && left < units[i].seconds)
        i++;
    int used =
        snprintf(buffer, PRINT_MAX, "%" PRIu64 " %s", left / units[i].seconds, units[i].name);
    uint64_t rest = left % units[i].seconds;
    /* Seconds beside minutes, and what follows many days, say nothing. */
    bool plain = i >= 2 || left / units[i].seconds >= 10;
    if (!plain && rest >= units[i + 1].seconds)
        (void)snprintf(buffer + used, PRINT_MAX - (size_t)used, " %" PRIu64 " %s",
                       rest / units[i + 1].seconds, units[i + 1].name);
    return buffer;
}

const char *print_count(int64_t count, char buffer[PRINT_MAX])
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)count);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        buffer[used++] = digits[i];
        size_t behind = length - 1 - i;
        if (behind > 0 && behind % 3 == 0 && digits[i] != '-')
            buffer[used++] = ',';
    }
    buffer[used] = '\0';
    return buffer;
}

const char *print_time(const char *text, char buffer[PRINT_MAX])
{
    (void)snprintf(buffer, PRINT_MAX, "%s", text != NULL ? text : "-");
    if (strlen(buffer) > 10 && buffer[10] == 'T')
        buffer[10] = ' ';
    return buffer;
}

const char *print_factor(double factor, char buffer[PRINT_MAX])
{
    int used = snprintf(buffer, PRINT_MAX, "%.6f", factor);
    if (used >= PRINT_MAX) { /* no factor of credd's */
        (void)snprintf(buffer, PRINT_MAX, "%g", factor);
        return buffer;
    }
    while (used > 1 && buffer[used - 1] == '0')
        buffer[--used] = '\0';
    if (buffer[used - 1] == '.')
        buffer[used - 1] = '\0';
    return buffer;
}

const char *member_text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

const char *member_or(const json_t *object, const char *name, const char *other)
{
    const char *text = member_text(object, name);
    return text != NULL && text[0] != '\0' ? text : other;
}

int64_t member_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool member_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}
