/* Acts as text: the parameters that credd_act, the pending log and the history show. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/millionths.h"
#include "clock/span.h"
#include "state/act.h"

static const char *const catch_up_names[] = {
    [CATCH_UP_ALL] = "all", [CATCH_UP_SKIP] = "skip", [CATCH_UP_LIMIT] = "limit"};
#define SECONDS_MOST INT64_C(3155760000) /* 100 years, as of spans */
#define CATCH_UPS    (sizeof catch_up_names / sizeof *catch_up_names)

/* --- printing: each gives "" for what is left out --- */

void act_name_streams(unsigned streams, const char *between, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < STREAM_COUNT && used < size; i++)
        if (streams & 1u << i)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? between : "",
                                     stream_info((enum stream_id)i)->name);
}

static void print_value(const struct act *act, const struct act_parameter *parameter, char *out,
                        size_t size)
{
    const char *field = (const char *)act + parameter->offset;
    char time[TIME_TEXT_MAX], span[SPAN_TEXT_MAX], factor[MILLIONTHS_TEXT_MAX];
    int64_t number = 0;
    out[0] = '\0';
    if (parameter->type != ACT_STREAM && parameter->type != ACT_STREAMS &&
        parameter->type != ACT_FLAG && parameter->type != ACT_CATCH_UP &&
        parameter->type != ACT_WORD)
        memcpy(&number, field, sizeof number);
    switch (parameter->type) {
    case ACT_STREAM:
        act_name_streams(1u << *(const enum stream_id *)(const void *)field, ",", out, size);
        break;
    case ACT_STREAMS:
        act_name_streams(*(const unsigned *)(const void *)field, ",", out, size);
        break;
    case ACT_FACTOR: (void)snprintf(out, size, "%s", millionths_text(number, factor)); break;
    case ACT_SPAN:
        if (number != 0)
            (void)snprintf(out, size, "%s", span_exact_text(number, span));
        break;
    case ACT_TIME:
        if (number != 0)
            (void)snprintf(out, size, "%s", time_text(number, time));
        break;
    case ACT_WALL:
        if (number != 0)
            (void)snprintf(out, size, "%" PRId64, number);
        break;
    case ACT_FLAG: (void)snprintf(out, size, "%s", *(const bool *)field ? "yes" : ""); break;
    case ACT_NUMBER: (void)snprintf(out, size, "%" PRId64, number); break;
    case ACT_UNSIGNED: (void)snprintf(out, size, "%" PRIu64, (uint64_t)number); break;
    case ACT_CATCH_UP:
        (void)snprintf(out, size, "%s",
                       catch_up_names[*(const enum catch_up *)(const void *)field]);
        break;
    case ACT_WORD: (void)snprintf(out, size, "%s", field); break;
    }
}

char *act_parameters(const struct act *act, bool all, char buffer[STORE_PARAMETERS_MAX])
{
    const struct act_parameter *parameter = act_info(act->kind)->parameters;
    size_t used = 0;
    buffer[0] = '\0';
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && parameter[i].name != NULL; i++) {
        char value[STORE_VALUE_MAX];
        print_value(act, &parameter[i], value, sizeof value);
        if (value[0] == '\0' || (parameter[i].passing && !all))
            continue;
        used += (size_t)snprintf(buffer + used, STORE_PARAMETERS_MAX - used, "%s%s=%s",
                                 used > 0 ? " " : "", parameter[i].name, value);
        assert(used < STORE_PARAMETERS_MAX);
    }
    return buffer;
}

/* --- reading: false if it is none --- */

static bool read_streams(const char *text, unsigned *ret_streams)
{
    unsigned streams = 0;
    while (*text != '\0') {
        char name[STORE_NAME_MAX];
        enum stream_id stream;
        size_t length = strcspn(text, ",");
        (void)snprintf(name, sizeof name, "%.*s", (int)length, text);
        if (stream_by_name(name, &stream) < 0)
            return false;
        streams |= 1u << stream;
        text += length + (text[length] == ',');
    }
    *ret_streams = streams;
    return streams != 0;
}

static bool read_number(const char *text, int64_t least, int64_t most, int64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    *ret_number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *ret_number >= least && *ret_number <= most;
}

static bool read_factor(const char *text, int64_t *ret_millionths)
{
    size_t whole = strspn(text, "0123456789");
    char digits[7] = "000000", number[24];
    if (whole == 0 || whole > 12)
        return false;
    if (text[whole] == '.') {
        size_t length = strspn(text + whole + 1, "0123456789");
        if (length == 0 || length > 6 || text[whole + 1 + length] != '\0')
            return false;
        memcpy(digits, text + whole + 1, length);
    } else if (text[whole] != '\0') {
        return false;
    }
    (void)snprintf(number, sizeof number, "%.*s%s", (int)whole, text, digits);
    return read_number(number, 0, INT64_MAX, ret_millionths);
}

static bool read_span(const char *text, int64_t *ret_us)
{
    struct fault ignored;
    bool minus = *text == '-';
    if (span_parse(text + minus, ret_us, &ignored) < 0)
        return false;
    *ret_us = minus ? -*ret_us : *ret_us;
    return true;
}

static bool read_catch_up(const char *text, enum catch_up *ret_catch_up)
{
    for (size_t i = 0; i < CATCH_UPS; i++)
        if (strcmp(catch_up_names[i], text) == 0) {
            *ret_catch_up = (enum catch_up)i;
            return true;
        }
    return false;
}

static bool read_stream(const char *text, enum stream_id *ret_stream)
{
    return stream_by_name(text, ret_stream) == 0;
}

static bool read_unsigned(const char *text, uint64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-';
}

static bool read_value(struct act *act, const struct act_parameter *parameter, const char *text)
{
    void *field = (char *)act + parameter->offset;
    struct fault ignored;
    switch (parameter->type) {
    case ACT_STREAM: return read_stream(text, field);
    case ACT_STREAMS: return read_streams(text, field);
    case ACT_FACTOR: return read_factor(text, field);
    case ACT_SPAN: return read_span(text, field);
    case ACT_TIME: return time_parse(text, NULL, field, &ignored) == 0;
    case ACT_WALL: return read_number(text, 0, WALL_TIME_LAST.us, field);
    case ACT_NUMBER: return read_number(text, 0, SECONDS_MOST, field);
    case ACT_FLAG: *(bool *)field = strcmp(text, "yes") == 0; return *(bool *)field;
    case ACT_UNSIGNED: return read_unsigned(text, field);
    case ACT_CATCH_UP: return read_catch_up(text, field);
    case ACT_WORD:
        (void)snprintf(field, sizeof act->cancel.job, "%.15s", text);
        return strlen(text) < sizeof act->cancel.job;
    }
    return false;
}

static const struct act_parameter *find(const struct act *act, const char *name, size_t length)
{
    const struct act_parameter *parameter = act_info(act->kind)->parameters;
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && parameter[i].name != NULL; i++)
        if (strlen(parameter[i].name) == length && strncmp(parameter[i].name, name, length) == 0)
            return &parameter[i];
    return NULL;
}

int act_read_parameters(struct act *act, const char *text, struct fault *fault)
{
    while (*text != '\0') {
        char value[STORE_VALUE_MAX] = "";
        size_t length = strcspn(text, " "), name = strcspn(text, "= ");
        const struct act_parameter *parameter = find(act, text, name);
        if (name < length)
            (void)snprintf(value, sizeof value, "%.*s", (int)(length - name - 1), text + name + 1);
        if (parameter == NULL || name == length || !read_value(act, parameter, value))
            return fault_set(fault, -EPROTO, "act '%s': unknown or invalid parameter '%.*s'",
                             act_info(act->kind)->name, (int)(length < 80 ? length : 80), text);
        text += length + (text[length] == ' ');
    }
    return 0;
}

/* --- rows --- */

void act_encode(const struct act *act, const char *world_id, struct store_act *ret_row)
{
    *ret_row = (struct store_act){
        .at = act->at, .wall_us = act->wall.us, .uid = act->by.uid, .pid = act->by.pid};
    (void)snprintf(ret_row->world_id, sizeof ret_row->world_id, "%s", world_id);
    (void)snprintf(ret_row->id, sizeof ret_row->id, "%s", act->id);
    (void)snprintf(ret_row->kind, sizeof ret_row->kind, "%s", act_info(act->kind)->name);
    (void)snprintf(ret_row->user, sizeof ret_row->user, "%.39s", act->by.user);
    memcpy(ret_row->reason, act->reason, sizeof ret_row->reason);
    (void)act_parameters(act, false, ret_row->parameters);
}

/* What act_apply() would not have recorded. */
static int check_parameters(const struct act *act, const char *text, struct fault *fault)
{
    char written[STORE_PARAMETERS_MAX];
    const struct act_parameter *parameter = act_info(act->kind)->parameters;
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && parameter[i].name != NULL; i++) {
        int64_t value = 0;
        if (parameter[i].most != 0)
            memcpy(&value, (const char *)act + parameter[i].offset, sizeof value);
        if (value < 0 || value > parameter[i].most)
            return fault_set(fault, -EUCLEAN, "%s is beyond what there can be: '%.80s'",
                             parameter[i].name, text);
    }
    if (act->kind == ACT_TEMPO && act->tempo.until.s != 0 &&
        world_before(act->tempo.until, act->at))
        return fault_set(fault, -EUCLEAN, "it ends before it begins: '%.80s'", text);
    /* What the model goes by is all there: nothing left out stands for 0. */
    if (act_info(act->kind)->model != NULL &&
        strcmp(act_parameters(act, false, written), text) != 0)
        return fault_set(fault, -EUCLEAN, "its parameters are not as credd writes them: '%.80s'",
                         text);
    return 0;
}

int act_decode(const struct store_act *row, struct act *ret_act, struct fault *fault)
{
    struct act act = {
        .wall = {row->wall_us}, .at = row->at, .by = {.uid = row->uid, .pid = row->pid}};
    if (act_kind_by_name(row->kind, &act.kind) < 0)
        return fault_set(fault, -ENOENT,
                         "%s: act %" PRId64 " is of the kind '%s', which this "
                         "version does not know",
                         SCHEMA_ACT, row->seq, row->kind);
    (void)snprintf(act.by.user, sizeof act.by.user, "%s", row->user);
    memcpy(act.id, row->id, sizeof act.id);
    memcpy(act.reason, row->reason, sizeof act.reason);
    int result = act_read_parameters(&act, row->parameters, fault);
    if (result == 0)
        result = check_parameters(&act, row->parameters, fault);
    if (result < 0)
        return fault_prefix(fault, "%s: act %" PRId64, SCHEMA_ACT, row->seq), -EUCLEAN;
    *ret_act = act;
    return 0;
}

/* The value of a parameter as it is spelled in the row; "" if it is not there. */
static void value_of(const char *parameters, const char *name, char ret_value[STORE_VALUE_MAX])
{
    size_t wanted = strlen(name);
    ret_value[0] = '\0';
    for (const char *at = parameters; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (length > wanted && strncmp(at, name, wanted) == 0 && at[wanted] == '=') {
            (void)snprintf(ret_value, STORE_VALUE_MAX, "%.*s", (int)(length - wanted - 1),
                           at + wanted + 1);
            return;
        }
        at += length + (at[length] == ' ');
    }
}

/* Copies one [part] or the text before the next: with {parameters} in place of their names. A flag
 * only decides whether its part is there. False if a parameter is missing. */
static bool say_part(const char *says, size_t length, const char *parameters, char *out,
                     size_t size)
{
    size_t used = 0;
    bool whole = true;
    out[0] = '\0';
    for (size_t i = 0; i < length && used + 1 < size; i++) {
        char name[STORE_NAME_MAX], value[STORE_VALUE_MAX];
        if (says[i] != '{') {
            out[used++] = says[i];
            out[used] = '\0';
            continue;
        }
        size_t end = strcspn(says + i, "}");
        (void)snprintf(name, sizeof name, "%.*s", (int)end - 1, says + i + 1);
        value_of(parameters, name, value);
        whole = whole && value[0] != '\0';
        if (strcmp(value, "yes") != 0)
            used += (size_t)snprintf(out + used, size - used, "%s", value);
        i += end;
    }
    return whole;
}

static void say(const char *says, const char *parameters, char out[STORE_PARAMETERS_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    while (*says != '\0' && used < STORE_PARAMETERS_MAX) {
        char part[STORE_PARAMETERS_MAX];
        bool optional = *says == '[';
        size_t length = strcspn(says + optional, optional ? "]" : "[");
        bool whole = say_part(says + optional, length, parameters, part, sizeof part);
        if (whole || !optional)
            used += (size_t)snprintf(out + used, STORE_PARAMETERS_MAX - used, "%s", part);
        says += length + (optional ? 2 : 0);
    }
}

void act_show(const struct store_act *row, struct act_shown *ret_shown)
{
    enum act_kind kind;
    *ret_shown = (struct act_shown){.streams = ""};
    value_of(row->parameters, "stream", ret_shown->streams);
    if (ret_shown->streams[0] == '\0')
        value_of(row->parameters, "streams", ret_shown->streams);
    if (act_kind_by_name(row->kind, &kind) < 0) {
        (void)snprintf(ret_shown->text, sizeof ret_shown->text, "%s", row->kind);
        return;
    }
    if (act_info(kind)->value != NULL)
        value_of(row->parameters, act_info(kind)->value, ret_shown->value);
    say(act_info(kind)->says, row->parameters, ret_shown->text);
}

unsigned act_streams(const struct act *act)
{
    const struct act_parameter *parameter = act_info(act->kind)->parameters;
    for (size_t i = 0; i < ACT_PARAMETERS_MAX && parameter[i].name != NULL; i++) {
        const void *field = (const char *)act + parameter[i].offset;
        if (parameter[i].type == ACT_STREAMS)
            return *(const unsigned *)field;
        if (parameter[i].type == ACT_STREAM)
            return 1u << *(const enum stream_id *)field;
    }
    return 0;
}

char *act_say(const struct act *act, char buffer[STORE_PARAMETERS_MAX])
{
    char parameters[STORE_PARAMETERS_MAX];
    say(act_info(act->kind)->says, act_parameters(act, false, parameters), buffer);
    return buffer;
}
