#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/millionths.h"
#include "clock/span.h"
#include "store/upgrade.h"

#define MILLION INT64_C(1000000)

/* What schema 2 has in the columns `stream`, `at` and `value`. */
enum field_kind {
    FIELD_NONE,
    FIELD_STREAM,  /* left out if it is "" */
    FIELD_FACTOR,  /* value: millionths */
    FIELD_SECONDS, /* value: a span in seconds, left out if it is 0 */
    FIELD_MICROS,  /* value: a span in microseconds */
    FIELD_END,     /* `value` seconds after `at` */
    FIELD_SEED,    /* value: the bits of an unsigned number */
    FIELD_FLAG,    /* value: 1, or left out */
    FIELD_UNTIL,   /* of a tempo that runs, else left out */
};

#define FIELDS_MAX 3

static const struct {
    const char *kind;
    struct {
        const char *name;
        enum field_kind kind;
    } fields[FIELDS_MAX];
} kinds[] = {
    {"pause", {{"streams", FIELD_STREAM}, {"for", FIELD_SECONDS}}},
    {"resume", {{"streams", FIELD_STREAM}, {"skip", FIELD_FLAG}}},
    {"speed", {{"factor", FIELD_FACTOR}}},
    {"tempo", {{"stream", FIELD_STREAM}, {"factor", FIELD_FACTOR}, {"until", FIELD_UNTIL}}},
    {"enable", {{"stream", FIELD_STREAM}}},
    {"disable", {{"stream", FIELD_STREAM}}},
    {"advance", {{"to", FIELD_END}}},
    {"stepped", {{"step", FIELD_MICROS}}},
    {"gap", {{"until", FIELD_END}}},
    {"reset", {{"seed", FIELD_SEED}}},
    {"adopt", {{"seed", FIELD_SEED}}},
};

#define VALUE_MAX SPAN_TEXT_MAX

static int64_t in_micros(int64_t seconds)
{
    int64_t us;
    if (__builtin_mul_overflow(seconds, MILLION, &us))
        us = seconds < 0 ? INT64_MIN : INT64_MAX;
    return us;
}

/* "20", "0.5": without zeros at its end. */
static world_time within(int64_t seconds)
{
    return world_earlier(world_later((world_time){seconds}, WORLD_TIME_FIRST), WORLD_TIME_LAST);
}

world_time upgrade_end(const struct upgrade_act *act)
{
    int64_t end;
    if (__builtin_add_overflow(act->at, act->value, &end))
        end = act->value < 0 ? INT64_MIN : INT64_MAX;
    return within(end);
}

/* False: the parameter is left out. */
static bool write_value(enum field_kind kind, const struct upgrade_act *act, world_time until,
                        char ret[VALUE_MAX])
{
    char text[TIME_TEXT_MAX];
    switch (kind) {
    case FIELD_NONE: return false;
    case FIELD_STREAM: (void)snprintf(ret, VALUE_MAX, "%s", act->stream); break;
    case FIELD_FACTOR: (void)millionths_text(act->value, ret); break;
    case FIELD_SECONDS: (void)span_exact_text(in_micros(act->value), ret); return act->value != 0;
    case FIELD_MICROS: (void)span_exact_text(act->value, ret); break;
    case FIELD_END:
        (void)snprintf(ret, VALUE_MAX, "%s", time_text(upgrade_end(act).s, text));
        break;
    case FIELD_SEED: (void)snprintf(ret, VALUE_MAX, "%" PRIu64, (uint64_t)act->value); break;
    case FIELD_FLAG: (void)snprintf(ret, VALUE_MAX, "yes"); return act->value == 1;
    case FIELD_UNTIL:
        (void)snprintf(ret, VALUE_MAX, "%s", time_text(within(until.s).s, text));
        return until.s != 0;
    }
    return ret[0] != '\0';
}

void upgrade_parameters(const struct upgrade_act *act, world_time until,
                        char ret[STORE_PARAMETERS_MAX])
{
    size_t used = 0;
    size_t kind = 0;
    ret[0] = '\0';
    while (kind < sizeof kinds / sizeof *kinds && strcmp(kinds[kind].kind, act->kind) != 0)
        kind++;
    for (size_t i = 0; kind < sizeof kinds / sizeof *kinds && i < FIELDS_MAX; i++) {
        char value[VALUE_MAX];
        if (write_value(kinds[kind].fields[i].kind, act, until, value))
            used += (size_t)snprintf(ret + used, STORE_PARAMETERS_MAX - used, "%s%s=%s",
                                     used > 0 ? " " : "", kinds[kind].fields[i].name, value);
    }
}
