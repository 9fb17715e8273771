#include "config/number.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define MILLION INT64_C(1000000)

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int number_digits(const char **text, int64_t *ret)
{
    const char *c = *text;
    int64_t number = 0;
    if (!is_digit(*c))
        return -EINVAL;
    for (; is_digit(*c); c++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *c - '0', &number))
            return -ERANGE;
    *text = c;
    *ret = number;
    return 0;
}

int number_decimal(const char **text, int64_t *ret_millionths)
{
    const char *c = *text;
    int64_t whole = 0, fraction = 0, unit = MILLION;
    int r = number_digits(&c, &whole);
    if (r < 0)
        return r;
    if (*c == '.') {
        c++;
        if (!is_digit(*c))
            return -EINVAL;
        for (; is_digit(*c); c++) {
            if (unit == 1)
                return -E2BIG;
            unit /= 10;
            fraction += (*c - '0') * unit;
        }
    }
    if (__builtin_mul_overflow(whole, MILLION, &whole) ||
        __builtin_add_overflow(whole, fraction, &whole))
        return -ERANGE;
    *text = c;
    *ret_millionths = whole;
    return 0;
}

int number_whole(const char *text, int64_t *ret)
{
    int64_t number = 0;
    int r = number_digits(&text, &number);
    if (r == 0 && *text != '\0')
        r = -EINVAL;
    if (r == 0)
        *ret = number;
    return r;
}

int number_factor(const char *text, int64_t *ret_millionths)
{
    int64_t number = 0;
    int r = number_decimal(&text, &number);
    if (r == 0 && *text != '\0')
        r = -EINVAL;
    if (r == 0)
        *ret_millionths = number;
    return r;
}

int number_size(const char *text, int64_t *ret_bytes)
{
    static const char units[] = "KMGT";
    int64_t number = 0;
    int r = number_digits(&text, &number);
    if (r < 0)
        return r;
    if (*text != '\0') {
        const char *unit = strchr(units, *text);
        if (unit == NULL || text[1] != '\0')
            return -EINVAL;
        int64_t scale = INT64_C(1024) << (10 * (unit - units));
        if (__builtin_mul_overflow(number, scale, &number))
            return -ERANGE;
    }
    *ret_bytes = number;
    return 0;
}

int number_growth(const char *text, int64_t *ret_millionths)
{
    /* A month has 30.44 days, a year 365.25. */
    static const struct {
        const char *name;
        int64_t days; /* hundredths */
    } units[] = {{"%/month", 3044}, {"%/year", 36525}, {"%/week", 700}};
    const int64_t percent = 100;
    int64_t number = 0;
    int r = number_decimal(&text, &number);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text, units[i].name) != 0)
            continue;
        int64_t divisor = percent * units[i].days;
        if (__builtin_mul_overflow(number, 3044, &number) ||
            __builtin_add_overflow(number, divisor / 2, &number))
            return -ERANGE;
        *ret_millionths = number / divisor;
        return 0;
    }
    return -EINVAL;
}

int number_boolean(const char *text, int64_t *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *ret = (int64_t)(i % 2);
            return 0;
        }
    return -EINVAL;
}
