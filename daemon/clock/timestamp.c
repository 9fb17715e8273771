#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"

#define SECOND_US  INT64_C(1000000)
#define EPOCH_MOST INT64_C(253402300799) /* the end of the year 9999 */

/* What a timestamp's text has been read as so far. */
struct stamp {
    struct civil local;
    int64_t fraction_us;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `digits` digits, of a value from `least` to `most`. */
static bool read_field(const char **text, int digits, int least, int most, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < digits; i++, (*text)++) {
        if (!is_digit(**text))
            return false;
        value = value * 10 + (**text - '0');
    }
    *ret_value = value;
    return value >= least && value <= most;
}

static bool read_char(const char **text, char expected)
{
    if (**text != expected)
        return false;
    (*text)++;
    return true;
}

/* ".5": digits beyond the sixth are dropped. */
static bool read_fraction(const char **text, int64_t *ret_us)
{
    int64_t unit = SECOND_US / 10;
    if (!read_char(text, '.'))
        return true;
    if (!is_digit(**text))
        return false;
    for (; is_digit(**text); (*text)++, unit /= 10)
        *ret_us += (**text - '0') * unit;
    return true;
}

static bool read_date(const char **text, struct civil_date *date)
{
    return read_field(text, 4, 1, 9999, &date->year) && read_char(text, '-') &&
           read_field(text, 2, 1, 12, &date->month) && read_char(text, '-') &&
           read_field(text, 2, 1, civil_month_length(date->year, date->month), &date->day);
}

static bool read_time(const char **text, struct stamp *stamp)
{
    struct civil *local = &stamp->local;
    if (!read_field(text, 2, 0, 23, &local->hour) || !read_char(text, ':') ||
        !read_field(text, 2, 0, 59, &local->minute))
        return false;
    return !read_char(text, ':') ||
           (read_field(text, 2, 0, 59, &local->second) && read_fraction(text, &stamp->fraction_us));
}

/* "2026-08-14", a "T" or spaces, a time; the time may be missing. */
static bool read_stamp(const char **text, struct stamp *stamp)
{
    if (!read_date(text, &stamp->local.date))
        return false;
    if (read_char(text, 'T') || read_char(text, 't'))
        return read_time(text, stamp);
    const char *after = *text + strspn(*text, " ");
    if (after == *text || !is_digit(*after))
        return true;
    *text = after;
    return read_time(text, stamp);
}

/* "+02:00", "+0200" or "+02" */
static bool read_offset(const char *text, int *ret_seconds)
{
    int hours, minutes = 0;
    int sign = *text == '-' ? -1 : 1;
    if (*text != '+' && *text != '-')
        return false;
    text++;
    if (!read_field(&text, 2, 0, 23, &hours))
        return false;
    if (*text != '\0') {
        (void)read_char(&text, ':');
        if (!read_field(&text, 2, 0, 59, &minutes) || *text != '\0')
            return false;
    }
    *ret_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int resolve(const struct stamp *stamp, const char *suffix, const struct zone *zone,
                   int64_t *ret_seconds, struct fault *fault)
{
    int offset = 0;
    struct zone *named = NULL;
    const char *name = suffix + strspn(suffix, " ");
    if (*name == '\0') {
        *ret_seconds =
            zone != NULL ? zone_instant(zone, stamp->local) : civil_seconds(stamp->local);
        return 0;
    }
    if (strcasecmp(name, "Z") == 0 || strcasecmp(name, "UTC") == 0 || read_offset(name, &offset)) {
        *ret_seconds = civil_seconds(stamp->local) - offset;
        return 0;
    }
    if (name == suffix)
        return fault_set(fault, -EINVAL, "unexpected '%.100s' after the time", suffix);
    if (zone_load(name, &named, fault) < 0)
        return -EINVAL;
    *ret_seconds = zone_instant(named, stamp->local);
    zone_free(named);
    return 0;
}

/* "@1786703712" */
static int parse_epoch(const char *text, int64_t *ret_us, struct fault *fault)
{
    int64_t seconds = 0, fraction = 0;
    const char *at = text + 1;
    for (; is_digit(*at) && seconds <= EPOCH_MOST; at++)
        seconds = seconds * 10 + (*at - '0');
    bool right = at > text + 1 && read_fraction(&at, &fraction) && *at == '\0';
    if (!right || seconds > EPOCH_MOST)
        return fault_set(fault, -EINVAL, "'%.100s' is not a number of seconds since 1970", text);
    *ret_us = seconds * SECOND_US + fraction;
    return 0;
}

int time_parse_us(const char *text, const struct zone *zone, int64_t *ret_utc_us,
                  struct fault *fault)
{
    struct stamp stamp = {0};
    int64_t seconds = 0;
    const char *at = text + strspn(text, " ");
    if (*at == '@')
        return parse_epoch(at, ret_utc_us, fault);
    if (!read_stamp(&at, &stamp))
        return fault_set(
            fault, -EINVAL,
            "'%.100s' is not a time (such as 2026-08-14T10:35:12Z or '2026-08-14 10:35')", text);
    if (resolve(&stamp, at, zone, &seconds, fault) < 0) {
        fault_prefix(fault, "the time '%.100s'", text);
        return -EINVAL;
    }
    *ret_utc_us = seconds * SECOND_US + stamp.fraction_us;
    return 0;
}

int time_parse(const char *text, const struct zone *zone, int64_t *ret_utc_seconds,
               struct fault *fault)
{
    int64_t us = 0;
    int result = time_parse_us(text, zone, &us, fault);
    if (result < 0)
        return result;
    *ret_utc_seconds = us / SECOND_US - (us % SECOND_US < 0 ? 1 : 0);
    return 0;
}

char *time_text(int64_t utc_seconds, char buffer[TIME_TEXT_MAX])
{
    struct civil at = civil_from_seconds(utc_seconds);
    (void)snprintf(buffer, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.date.year,
                   at.date.month, at.date.day, at.hour, at.minute, at.second);
    return buffer;
}

char *time_weekday_text(const struct zone *zone, int64_t utc_seconds, char buffer[TIME_TEXT_MAX])
{
    static const char days[][4] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    struct civil local = zone_civil(zone, utc_seconds);
    (void)snprintf(buffer, TIME_TEXT_MAX, "%s %02d:%02d",
                   days[civil_weekday(zone_day(zone, utc_seconds))], local.hour, local.minute);
    return buffer;
}
