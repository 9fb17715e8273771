#include "clock/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/calendar_spec.h"

#define EXPRESSION_MAX 4096

/* A word that stands for an expression. */
struct shorthand {
    const char *word;
    const char *expression;
};

static const struct shorthand shorthands[] = {
    {"minutely", "*-*-* *:*:00"},
    {"hourly", "*-*-* *:00:00"},
    {"daily", "*-*-* 00:00:00"},
    {"weekly", "Mon *-*-* 00:00:00"},
    {"monthly", "*-*-01 00:00:00"},
    {"quarterly", "*-01,04,07,10-01 00:00:00"},
    {"semiannually", "*-01,07-01 00:00:00"},
    {"semi-annually", "*-01,07-01 00:00:00"},
    {"biannually", "*-01,07-01 00:00:00"},
    {"bi-annually", "*-01,07-01 00:00:00"},
    {"yearly", "*-01-01 00:00:00"},
    {"annually", "*-01-01 00:00:00"},
    {"anually", "*-01-01 00:00:00"},
};

static const char *spelled_out(const char *text)
{
    for (size_t i = 0; i < sizeof shorthands / sizeof *shorthands; i++)
        if (strcasecmp(text, shorthands[i].word) == 0)
            return shorthands[i].expression;
    return text;
}

int calendar_dst(const struct zone *zone, const char *word)
{
    for (int dst = 0; dst <= 1 && zone != NULL && word != NULL; dst++) {
        const char *abbreviation = zone_abbreviation(zone, dst == 1);
        if (abbreviation != NULL && strcasecmp(word, abbreviation) == 0)
            return dst;
    }
    return -1;
}

/* Cuts a zone off the end of `text`, if there is one. */
static void take_zone(char *text, const struct zone *local, struct calendar *calendar)
{
    char *space = strrchr(text, ' ');
    if (space == NULL)
        return;
    calendar->utc = strcasecmp(space + 1, "UTC") == 0;
    int dst = calendar->utc ? -1 : calendar_dst(local, space + 1);
    if (dst >= 0)
        calendar->suffix = mem_text(zone_abbreviation(local, dst == 1));
    else if (!calendar->utc && zone_load(space + 1, &calendar->zone, NULL) == 0)
        calendar->suffix = mem_text(space + 1);
    if (calendar->utc || calendar->suffix != NULL)
        *space = '\0';
}

int calendar_parse(const char *text, struct calendar **ret_calendar, struct fault *fault)
{
    return calendar_parse_local(text, NULL, ret_calendar, fault);
}

int calendar_parse_local(const char *text, const struct zone *local, struct calendar **ret_calendar,
                         struct fault *fault)
{
    if (strlen(text) > EXPRESSION_MAX)
        return fault_set(fault, -EINVAL, "the calendar expression is longer than %d characters",
                         EXPRESSION_MAX);
    struct calendar *calendar = MEM_NEW(struct calendar);
    char *rest = mem_text(text);
    take_zone(rest, local, calendar);
    int result = calendar_read(spelled_out(rest), calendar, fault);
    if (result == 0)
        result = calendar_settle(calendar, fault);
    free(rest);
    if (result < 0) {
        calendar_free(calendar);
        fault_prefix(fault, "'%.200s' is not a calendar expression", text);
        return result;
    }
    *ret_calendar = calendar;
    return 0;
}

void calendar_free(struct calendar *calendar)
{
    if (calendar == NULL)
        return;
    for (int i = 0; i < CALENDAR_FIELDS; i++)
        free(calendar->fields[i].items);
    zone_free(calendar->zone);
    free(calendar->suffix);
    free(calendar);
}
