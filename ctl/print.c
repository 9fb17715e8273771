#include "print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int print_safe(FILE *out, const char *text, size_t width)
{
    const unsigned char *at = (const unsigned char *)(text != NULL ? text : "?");
    int shown = 0;
    while (*at != '\0' && (width == 0 || (size_t)shown < width)) {
        size_t length = shown_length(at);
        if (length == 0)
            (void)fputc(*at == '\n' || *at == '\t' ? ' ' : '?', out);
        else
            (void)fwrite(at, 1, length, out);
        at += length > 0 ? length : *at == 0xC2 ? 2 : 1;
        shown++;
    }
    return shown;
}

const char *print_span(int64_t seconds, char buffer[PRINT_MAX])
{
    static const struct {
        const char *name;
        int64_t seconds;
    } units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    int64_t left = seconds < 0 ? -seconds : seconds;
    size_t i = 0;
    while (i < 3 && left < units[i].seconds)
        i++;
    int used =
        snprintf(buffer, PRINT_MAX, "%lld %s", (long long)(left / units[i].seconds), units[i].name);
    int64_t rest = left % units[i].seconds;
    /* Seconds beside minutes, and what follows many days, say nothing. */
    bool plain = i >= 2 || left / units[i].seconds >= 10;
    if (!plain && rest >= units[i + 1].seconds)
        (void)snprintf(buffer + used, PRINT_MAX - (size_t)used, " %lld %s",
                       (long long)(rest / units[i + 1].seconds), units[i + 1].name);
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

int64_t member_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool member_true(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}
