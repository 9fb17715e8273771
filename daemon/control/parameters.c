#include "control/parameters.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock/span.h"
#include "store/schema.h"
#include "world/world.h"

#define FACTOR_MAX INT64_C(1000000)

static const struct parameter table[] = {
#define CREDD_ARGUMENT(id, name, option, kind, need, placeholder, help) \
    {CREDD_COMMAND_##id, name, CREDD_KIND_##kind, CREDD_NEED_##need},
#include "credd/commands.def"
#undef CREDD_ARGUMENT
};
#define TABLE_COUNT (sizeof table / sizeof table[0])

const struct parameter *parameters_table(size_t *ret_count)
{
    *ret_count = TABLE_COUNT;
    return table;
}

static int read_digits(const char **text, int64_t limit, unsigned *ret_count, int64_t *ret_value)
{
    int64_t value = 0;
    unsigned count = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, count++) {
        value = 10 * value + (**text - '0');
        if (value > limit)
            return -ERANGE;
    }
    *ret_count = count;
    *ret_value = value;
    return 0;
}

int decimal_read(const char *text, int64_t *ret_millionths)
{
    unsigned before, after = 0;
    int64_t whole, fraction = 0;
    if (read_digits(&text, FACTOR_MAX, &before, &whole) < 0)
        return -ERANGE;
    if (*text == '.') {
        const char *start = ++text;
        text += strspn(text, "0123456789");
        const char *end = text;
        while (end > start + 6 && end[-1] == '0')
            end--;
        if (end > start + 6)
            return -ERANGE;
        for (; after < 6; after++)
            fraction = 10 * fraction + (start + after < end ? start[after] - '0' : 0);
        after = (unsigned)(text - start);
        if (after == 0)
            return -EINVAL;
    }
    if (before == 0 || *text != '\0')
        return -EINVAL;
    int64_t millionths = whole * 1000000 + fraction;
    if (millionths > FACTOR_MAX * 1000000)
        return -ERANGE;
    *ret_millionths = millionths;
    return 0;
}

static int read_factor(const json_t *value, struct parameters *parameters, struct fault *fault)
{
    char text[40] = "";
    if (json_is_string(value) && json_string_length(value) < sizeof text)
        (void)snprintf(text, sizeof text, "%s", json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        (void)snprintf(text, sizeof text, "%.9f", json_real_value(value));
    int r = decimal_read(text, &parameters->factor);
    if (r == -ERANGE)
        return fault_set(fault, r, "%s is not between 0 and %d with at most six decimals", text,
                         (int)FACTOR_MAX);
    if (r < 0)
        return fault_set(fault, r, "not a non-negative number such as 1, 0.5 or 20");
    parameters->has_factor = true;
    return 0;
}

static int read_span(const json_t *value, struct parameters *parameters, struct fault *fault)
{
    if (!json_is_string(value))
        return fault_set(fault, -EINVAL, "not a time span in a string, such as \"90s\" or \"30d\"");
    parameters->has_span = true;
    const char *text = json_string_value(value);
    if (text[0] > '0' && text[0] <= '9' && text[strspn(text, "0123456789.")] == '\0')
        return fault_set(fault, -EINVAL, "%.20s has no unit: write %.20ss, %.20smin or %.20sd",
                         text, text, text, text);
    return span_parse(json_string_value(value), &parameters->span_us, fault);
}

static int read_time(const json_t *value, const struct zone *zone, struct parameters *parameters,
                     struct fault *fault)
{
    if (!json_is_string(value))
        return fault_set(fault, -EINVAL,
                         "not a time in a string, such as \"2026-08-14T10:35:12Z\"");
    parameters->has_time = true;
    return time_parse(json_string_value(value), zone, &parameters->time.s, fault);
}

/* It is shown on terminals and in the journal: one line, no control characters (C1 ones are C2 80
 * to C2 9F). */
static int read_text(const json_t *value, struct parameters *parameters, struct fault *fault)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        return fault_set(fault, -EINVAL, "not a string");
    if (json_string_length(value) > PARAMETER_TEXT_MAX)
        return fault_set(fault, -EINVAL, "longer than %d bytes", PARAMETER_TEXT_MAX);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F || (at[0] == 0xC2 && at[1] < 0xA0))
            return fault_set(fault, -EINVAL, "contains a control character");
    }
    parameters->has_text = true;
    (void)snprintf(parameters->text, sizeof parameters->text, "%s", text);
    return 0;
}

static int unknown_stream(const char *name, bool tables, struct fault *fault)
{
    char known[256] = "";
    size_t used = 0;
    for (int i = 0; i < STREAM_COUNT && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 stream_info((enum stream_id)i)->name);
    return fault_set(fault, -EINVAL, "unknown %s \"%.40s\"; expected one of %s%s",
                     tables ? "table" : "stream", name, known, tables ? ", " SCHEMA_STATUS : "");
}

static int read_stream(const json_t *value, bool tables, struct parameters *parameters,
                       struct fault *fault)
{
    enum stream_id stream;
    if (!json_is_string(value))
        return fault_set(fault, -EINVAL, "not the name of a %s", tables ? "table" : "stream");
    if (stream_by_name(json_string_value(value), &stream) < 0)
        return unknown_stream(json_string_value(value), tables, fault);
    parameters->streams |= 1u << stream;
    return 0;
}

static int read_streams(const struct parameter *parameter, const json_t *value,
                        struct parameters *parameters, struct fault *fault)
{
    if (!json_is_array(value))
        return fault_set(fault, -EINVAL, "not an array of names");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *name = json_string_value(json_array_get(value, i));
        bool tables = parameter->kind == CREDD_KIND_TABLES;
        unsigned log = 0;
        if (tables && name != NULL)
            log = strcmp(name, SCHEMA_STATUS) == 0   ? SCHEMA_STATUS_BIT
                  : strcmp(name, SCHEMA_CHANGE) == 0 ? SCHEMA_CHANGE_BIT
                                                     : 0;
        parameters->streams |= log;
        int r = log != 0 ? 0 : read_stream(json_array_get(value, i), tables, parameters, fault);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The second flag or number of a command stands right behind the first. */
static bool is_second(const struct parameter *parameter)
{
    return parameter > table && parameter[-1].command == parameter->command &&
           parameter[-1].kind == parameter->kind;
}

static int read_flag(const struct parameter *parameter, const json_t *value,
                     struct parameters *parameters, struct fault *fault)
{
    *(is_second(parameter) ? &parameters->second_flag : &parameters->flag) = json_is_true(value);
    return json_is_boolean(value) ? 0 : fault_set(fault, -EINVAL, "not true or false");
}

static int read_number(const struct parameter *parameter, const json_t *value,
                       struct parameters *parameters, struct fault *fault)
{
    bool second = is_second(parameter);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return fault_set(fault, -EINVAL, "not a non-negative whole number");
    *(second ? &parameters->has_second_number : &parameters->has_number) = true;
    *(second ? &parameters->second_number : &parameters->number) = json_integer_value(value);
    return 0;
}

static int read_one(const struct parameter *parameter, const json_t *value, const struct zone *zone,
                    struct parameters *parameters, struct fault *fault)
{
    switch (parameter->kind) {
    case CREDD_KIND_FLAG: return read_flag(parameter, value, parameters, fault);
    case CREDD_KIND_TEXT: return read_text(value, parameters, fault);
    case CREDD_KIND_SPAN: return read_span(value, parameters, fault);
    case CREDD_KIND_TIME: return read_time(value, zone, parameters, fault);
    case CREDD_KIND_NUMBER: return read_number(parameter, value, parameters, fault);
    case CREDD_KIND_FACTOR: return read_factor(value, parameters, fault);
    case CREDD_KIND_STREAM: return read_stream(value, false, parameters, fault);
    case CREDD_KIND_STREAMS:
    case CREDD_KIND_TABLES: return read_streams(parameter, value, parameters, fault);
    case CREDD_KIND_SWITCH:
    case CREDD_KIND_FORMAT:
    case CREDD_KIND_FILE:
    case CREDD_KIND_COUNT: break;
    }
    return fault_set(fault, -EINVAL, "not a parameter of the daemon");
}

static const struct parameter *find(enum credd_command command, const char *name)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (table[i].command == command && !CREDD_KIND_LOCAL(table[i].kind) &&
            strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static bool is_given(const json_t *given, const char *name)
{
    const json_t *value = json_object_get(given, name);
    return value != NULL && !json_is_null(value);
}

/* What must be there is there. */
static int check_needs(enum credd_command command, const json_t *given, char ret_name[64],
                       struct fault *fault)
{
    const char *either = NULL;
    int eithers = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (table[i].command != command)
            continue;
        bool there = is_given(given, table[i].name);
        if (table[i].need == CREDD_NEED_REQUIRED && !there) {
            (void)snprintf(ret_name, 64, "%s", table[i].name);
            return fault_set(fault, -EINVAL, "missing");
        }
        if (table[i].need == CREDD_NEED_EITHER) {
            either = table[i].name;
            eithers += there;
        }
    }
    if (either == NULL || eithers == 1)
        return 0;
    (void)snprintf(ret_name, 64, "%s", either);
    return fault_set(fault, -EINVAL,
                     eithers == 0 ? "missing, as is its alternative"
                                  : "cannot be combined with its alternative");
}

int parameters_read(enum credd_command command, const json_t *given, const struct zone *zone,
                    struct parameters *ret_parameters, char ret_name[64], struct fault *fault)
{
    struct parameters parameters = {0};
    void *at = json_object_iter((json_t *)given);
    for (; at != NULL; at = json_object_iter_next((json_t *)given, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *value = json_object_iter_value(at);
        const struct parameter *parameter = find(command, name);
        int r = 0;
        if (parameter == NULL)
            r = fault_set(fault, -EINVAL, "unknown parameter");
        else if (!json_is_null(value))
            r = read_one(parameter, value, zone, &parameters, fault);
        if (r < 0) {
            (void)snprintf(ret_name, 64, "%.63s", name);
            return r;
        }
    }
    int r = check_needs(command, given, ret_name, fault);
    if (r == 0)
        *ret_parameters = parameters;
    return r;
}
