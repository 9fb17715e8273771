#include "clock/span.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SECOND    INT64_C(1000000)
#define MINUTE    (60 * SECOND)
#define HOUR      (60 * MINUTE)
#define DAY       (24 * HOUR)
#define WEEK      (7 * DAY)
#define MONTH     (INT64_C(2629800) * SECOND)  /* 30.4375 days */
#define YEAR      (INT64_C(31557600) * SECOND) /* 365.25 days */
#define SPAN_MOST (100 * YEAR)

struct unit {
    const char *name;
    int64_t us;
};

static const struct unit units[] = {
    {"seconds", SECOND}, {"second", SECOND}, {"sec", SECOND},   {"s", SECOND},
    {"minutes", MINUTE}, {"minute", MINUTE}, {"min", MINUTE},   {"m", MINUTE},
    {"hours", HOUR},     {"hour", HOUR},     {"hr", HOUR},      {"h", HOUR},
    {"days", DAY},       {"day", DAY},       {"d", DAY},        {"weeks", WEEK},
    {"week", WEEK},      {"w", WEEK},        {"months", MONTH}, {"month", MONTH},
    {"M", MONTH},        {"years", YEAR},    {"year", YEAR},    {"y", YEAR},
    {"msec", 1000},      {"ms", 1000},       {"usec", 1},       {"us", 1},
    {"\xC2\xB5s", 1},    {"\xCE\xBCs", 1},
};

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\n\r");
}

/* The longest unit that the text begins with, or NULL. */
static const struct unit *find_unit(const char *text)
{
    const struct unit *found = NULL;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0 &&
            (found == NULL || strlen(units[i].name) > strlen(found->name)))
            found = &units[i];
    return found;
}

/* Digits, saturating far beyond every limit. */
static const char *read_digits(const char *text, int64_t *ret_value)
{
    int64_t value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value < INT64_C(1) << 56 ? value * 10 + (*text - '0') : value;
    *ret_value = value;
    return text;
}

static int64_t fraction_of(const char *digits, const char *end, int64_t unit)
{
    int64_t sum = 0;
    for (; digits < end && unit > 0; digits++) {
        unit /= 10;
        sum += (*digits - '0') * unit;
    }
    return sum;
}

/* One number with its unit. Returns where it ends, NULL where there is none. */
static const char *read_term(const char *text, int64_t *ret_us)
{
    int64_t whole;
    const char *end = read_digits(text, &whole);
    const char *fraction = NULL, *fraction_end = NULL;
    bool has_whole = end > text;
    if (*end == '.') {
        int64_t ignored;
        fraction = end + 1;
        end = fraction_end = read_digits(fraction, &ignored);
    }
    if (fraction == fraction_end && (fraction != NULL || !has_whole))
        return NULL;
    const struct unit *unit = find_unit(skip_space(end));
    int64_t size = unit != NULL ? unit->us : SECOND;
    if (unit != NULL)
        end = skip_space(end) + strlen(unit->name);
    else if (*end != '\0' && skip_space(end) == end)
        return NULL;
    *ret_us = whole > SPAN_MOST / size ? SPAN_MOST + 1
                                       : whole * size + fraction_of(fraction, fraction_end, size);
    return end;
}

int span_parse(const char *text, int64_t *ret_us, struct fault *fault)
{
    int64_t sum = 0;
    const char *at = skip_space(text);
    if (*at == '\0')
        return fault_set(fault, -EINVAL, "missing time span, such as '1h 30min'");
    while (*at != '\0') {
        int64_t term;
        if (*at == '-')
            return fault_set(fault, -ERANGE, "the time span '%.100s' is negative", text);
        at = read_term(at, &term);
        if (at == NULL)
            return fault_set(fault, -EINVAL, "'%.100s' is not a time span such as '1h 30min'",
                             text);
        sum += term;
        if (sum > SPAN_MOST)
            return fault_set(fault, -ERANGE, "the time span '%.100s' is longer than 100 years",
                             text);
        at = skip_space(at);
    }
    *ret_us = sum;
    return 0;
}

char *span_text(int64_t us, char buffer[SPAN_TEXT_MAX])
{
    static const struct unit printed[] = {
        {"y", YEAR / SECOND}, {"month", MONTH / SECOND},
        {"d", 86400},         {"h", 3600},
        {"min", 60},          {"s", 1},
    };
    const char *sign = us < 0 ? "-" : "";
    uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    uint64_t rest = (size + SECOND / 2) / SECOND;
    size_t used = 0;
    int terms = 0;
    (void)snprintf(buffer, SPAN_TEXT_MAX, "0s");
    for (size_t i = 0; i < sizeof printed / sizeof *printed && terms < 2; i++) {
        uint64_t unit = (uint64_t)printed[i].us;
        if (rest < unit)
            continue;
        int length =
            snprintf(buffer + used, SPAN_TEXT_MAX - used, "%s%llu%s", terms == 0 ? sign : " ",
                     (unsigned long long)(rest / unit), printed[i].name);
        used += (size_t)length;
        rest %= unit;
        terms++;
    }
    return buffer;
}

char *span_words(int64_t seconds, char buffer[SPAN_TEXT_MAX])
{
    static const struct {
        const char *name;
        uint64_t seconds;
    } printed[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    uint64_t left = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    size_t i = 0;
    while (i < 3 && left < printed[i].seconds)
        i++;
    uint64_t whole = left / printed[i].seconds;
    uint64_t rest = left % printed[i].seconds;
    int used = snprintf(buffer, SPAN_TEXT_MAX, "%" PRIu64 " %s", whole, printed[i].name);
    /* Seconds beside minutes, and what follows many days, say nothing. */
    if (i < 2 && whole < 10 && rest >= printed[i + 1].seconds)
        (void)snprintf(buffer + used, SPAN_TEXT_MAX - (size_t)used, " %" PRIu64 " %s",
                       rest / printed[i + 1].seconds, printed[i + 1].name);
    return buffer;
}

char *span_exact_text(int64_t us, char buffer[SPAN_TEXT_MAX])
{
    static const struct unit printed[] = {
        {"d", DAY}, {"h", HOUR}, {"min", MINUTE}, {"s", SECOND}, {"ms", 1000}, {"us", 1},
    };
    uint64_t rest = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    size_t used = us < 0 ? 1 : 0;
    (void)snprintf(buffer, SPAN_TEXT_MAX, "%s", us < 0 ? "-" : "0s");
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        uint64_t unit = (uint64_t)printed[i].us;
        if (rest >= unit)
            used += (size_t)snprintf(buffer + used, SPAN_TEXT_MAX - used, "%" PRIu64 "%s",
                                     rest / unit, printed[i].name);
        rest %= unit;
    }
    return buffer;
}
