#include <errno.h>
#include <string.h>

#include "clock/civil.h"
#include "clock/zone_table.h"

#define DAY_S     INT64_C(86400)
#define RULE_FROM 1900
#define RULE_LAST \
    2500 /* the table's own transitions end by 2100: 400 years of the rule are in it */

enum day_kind {
    DAY_OF_MONTH_WEEK, /* Mm.w.d: the w-th weekday d of month m, 5: the last */
    DAY_WITHOUT_LEAP,  /* Jn: 1 to 365, 29 February is never counted */
    DAY_OF_YEAR,       /* n: 0 to 365 */
};

struct rule_day {
    enum day_kind kind;
    int month, week, weekday; /* weekday 0 is Sunday here */
    int day;
    int second; /* of that local day, may lie outside it */
};

/* Reads 1 to 3 digits. -1 where there are none, or the value is over `most`. */
static int read_number(const char **text, int most)
{
    int value = 0, digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 3; (*text)++, digits++)
        value = value * 10 + (**text - '0');
    return digits > 0 && value <= most ? value : -1;
}

static bool read_char(const char **text, char expected)
{
    if (**text != expected)
        return false;
    (*text)++;
    return true;
}

/* [+-]hh[:mm[:ss]] */
static bool read_time(const char **text, int hours_most, int *ret_seconds)
{
    int sign = 1;
    if (read_char(text, '-'))
        sign = -1;
    else
        (void)read_char(text, '+');
    int hours = read_number(text, hours_most), minutes = 0, seconds = 0;
    if (read_char(text, ':')) {
        minutes = read_number(text, 59);
        if (read_char(text, ':'))
            seconds = read_number(text, 59);
    }
    if (hours < 0 || minutes < 0 || seconds < 0)
        return false;
    *ret_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_name_char(char c, bool quoted)
{
    return is_letter(c) || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
}

static bool read_name(const char **text, char name[ZONE_ABBREVIATION_MAX])
{
    bool quoted = read_char(text, '<');
    size_t length = 0;
    while (is_name_char(**text, quoted) && length + 1 < ZONE_ABBREVIATION_MAX)
        name[length++] = *(*text)++;
    name[length] = '\0';
    return length >= 3 && (!quoted || read_char(text, '>'));
}

static bool read_month_week(const char **text, struct rule_day *day)
{
    day->kind = DAY_OF_MONTH_WEEK;
    day->month = read_number(text, 12);
    if (day->month < 1 || !read_char(text, '.'))
        return false;
    day->week = read_number(text, 5);
    if (day->week < 1 || !read_char(text, '.'))
        return false;
    day->weekday = read_number(text, 6);
    return day->weekday >= 0;
}

static bool read_day(const char **text, struct rule_day *day)
{
    *day = (struct rule_day){.second = 2 * 3600};
    bool right;
    if (read_char(text, 'M')) {
        right = read_month_week(text, day);
    } else if (read_char(text, 'J')) {
        day->kind = DAY_WITHOUT_LEAP;
        day->day = read_number(text, 365);
        right = day->day >= 1;
    } else {
        day->kind = DAY_OF_YEAR;
        day->day = read_number(text, 365);
        right = day->day >= 0;
    }
    return right && (!read_char(text, '/') || read_time(text, 167, &day->second));
}

static int64_t rule_day_of(const struct rule_day *rule, int year)
{
    int64_t first = civil_days((struct civil_date){year, 1, 1});
    switch (rule->kind) {
    case DAY_OF_YEAR: return first + rule->day;
    case DAY_WITHOUT_LEAP:
        return first + rule->day - 1 +
               (rule->day >= 60 && civil_month_length(year, 2) == 29 ? 1 : 0);
    case DAY_OF_MONTH_WEEK: break;
    }
    int64_t month = civil_days((struct civil_date){year, rule->month, 1});
    int sunday_based = (civil_weekday(month) + 1) % 7;
    int day = (rule->weekday - sunday_based + 7) % 7 + 7 * (rule->week - 1);
    if (day >= civil_month_length(year, rule->month))
        day -= 7;
    return month + day;
}

static int64_t rule_instant(const struct rule_day *rule, int year, int offset)
{
    return rule_day_of(rule, year) * DAY_S + rule->second - offset;
}

static void add_later(struct zone_table *table, int64_t after, int64_t at, unsigned type)
{
    if (at > after)
        zone_table_add(table, at, type);
}

static void expand_years(struct zone_table *table, const struct zone_type types[2],
                         const struct rule_day days[2])
{
    unsigned standard = zone_table_type(table, &types[0]);
    unsigned daylight = zone_table_type(table, &types[1]);
    int64_t after = table->transition_count > 0 ? table->transitions[table->transition_count - 1].at
                                                : INT64_MIN;
    for (int year = RULE_FROM; year <= RULE_LAST; year++) {
        int64_t begin = rule_instant(&days[0], year, types[0].offset);
        int64_t end = rule_instant(&days[1], year, types[1].offset);
        if (begin < end)
            add_later(table, after, begin, daylight);
        add_later(table, after, end, standard);
        if (begin >= end)
            add_later(table, after, begin, daylight);
    }
    table->cyclic = true;
}

int zone_rule_expand(const char *rule, struct zone_table *table)
{
    struct zone_type types[2] = {{.dst = false}, {.dst = true}};
    struct rule_day days[2];
    const char *at = rule;
    int west;
    if (!read_name(&at, types[0].abbreviation) || !read_time(&at, 24, &west))
        return -EINVAL;
    types[0].offset = -west;
    if (*at == '\0') {
        unsigned only = zone_table_type(table, &types[0]);
        if (table->transition_count == 0 && only != 0)
            zone_table_add(table, INT64_MIN, only);
        return 0;
    }
    if (!read_name(&at, types[1].abbreviation))
        return -EINVAL;
    types[1].offset = types[0].offset + 3600;
    if (*at != ',') {
        if (!read_time(&at, 24, &west))
            return -EINVAL;
        types[1].offset = -west;
    }
    if (!read_char(&at, ',') || !read_day(&at, &days[0]) || !read_char(&at, ',') ||
        !read_day(&at, &days[1]) || *at != '\0')
        return -EINVAL;
    expand_years(table, types, days);
    return 0;
}
