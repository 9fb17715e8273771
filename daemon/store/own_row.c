#include "store/own_row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(type, name, member)                                            \
    {                                                                       \
        name, OWN_TEXT, offsetof(type, member), sizeof(((type *)0)->member) \
    }
#define NUMBER(type, name, member)                  \
    {                                               \
        name, OWN_NUMBER, offsetof(type, member), 0 \
    }
#define FLAG(type, name, member)                  \
    {                                             \
        name, OWN_FLAG, offsetof(type, member), 0 \
    }

static const struct own_column pair_columns[] = {
    TEXT(struct store_pair, "name", name),
    TEXT(struct store_pair, "value", value),
};
static const struct own_column stream_columns[] = {
    TEXT(struct store_stream, "name", name),
    NUMBER(struct store_stream, "generation", generation),
    NUMBER(struct store_stream, "watermark", watermark.s),
    FLAG(struct store_stream, "started", started),
    NUMBER(struct store_stream, "row_count", rows),
    NUMBER(struct store_stream, "skip_count", skipped),
    NUMBER(struct store_stream, "not_before", not_before.s),
    FLAG(struct store_stream, "paused", paused),
    NUMBER(struct store_stream, "paused_at", paused_at.s),
    NUMBER(struct store_stream, "paused_wall_us", paused_wall_us),
    NUMBER(struct store_stream, "resumes_wall_us", resumes_wall_us),
    TEXT(struct store_stream, "paused_by", paused_by),
    TEXT(struct store_stream, "reason", reason),
    TEXT(struct store_stream, "world_id", world_id),
};
static const struct own_column act_columns[] = {
    NUMBER(struct store_act, "seq", seq),
    TEXT(struct store_act, "world_id", world_id),
    TEXT(struct store_act, "id", id),
    TEXT(struct store_act, "kind", kind),
    NUMBER(struct store_act, "at", at.s),
    NUMBER(struct store_act, "wall_us", wall_us),
    TEXT(struct store_act, "parameters", parameters),
    NUMBER(struct store_act, "uid", uid),
    NUMBER(struct store_act, "pid", pid),
    TEXT(struct store_act, "user_name", user),
    TEXT(struct store_act, "reason", reason),
};
static const struct own_column gap_columns[] = {
    TEXT(struct store_gap, "stream", stream),
    NUMBER(struct store_gap, "from_at", from.s),
    NUMBER(struct store_gap, "until_at", until.s),
    NUMBER(struct store_gap, "seq", seq),
};

#define COLUMNS(columns) columns, (unsigned)(sizeof(columns) / sizeof(columns)[0])

const struct own_list own_pairs = {SQL_PAIRS, SCHEMA_WORLD, COLUMNS(pair_columns),
                                   sizeof(struct store_pair), STORE_PAIRS_MAX};
const struct own_list own_streams = {SQL_STREAMS, SCHEMA_STREAM, COLUMNS(stream_columns),
                                     sizeof(struct store_stream), STORE_STREAMS_MAX};
const struct own_list own_acts = {SQL_ACTS, SCHEMA_ACT, COLUMNS(act_columns),
                                  sizeof(struct store_act), STORE_ACTS_MAX};
const struct own_list own_gaps = {SQL_GAPS, SCHEMA_GAP, COLUMNS(gap_columns),
                                  sizeof(struct store_gap), STORE_GAPS_MAX};

static bool is_number(const struct own_value *value, int64_t *ret)
{
    char *end = NULL;
    errno = 0;
    *ret = strtoll(value->text, &end, 10);
    return value->number && errno == 0 && value->length > 0 && end == value->text + value->length;
}

/* What is wrong with it; NULL: nothing. */
static const char *take(const struct own_column *column, const struct own_value *value, void *item)
{
    char *field = (char *)item + column->offset;
    int64_t number = 0;
    if (value->text == NULL)
        return "has no value";
    if (column->kind == OWN_TEXT) {
        if (value->length >= column->room || strlen(value->text) != value->length)
            return "is too long";
        memcpy(field, value->text, value->length + 1);
        return NULL;
    }
    if (!is_number(value, &number))
        return "is not a number";
    if (column->kind == OWN_NUMBER)
        memcpy(field, &number, sizeof number);
    else
        *(bool *)field = number != 0;
    return column->kind == OWN_FLAG && number != 0 && number != 1 ? "is neither 0 nor 1" : NULL;
}

int own_take(const struct own_list *list, const struct own_value *values, void *item,
             struct fault *fault)
{
    memset(item, 0, list->size);
    for (unsigned i = 0; i < list->count; i++) {
        const char *wrong = take(&list->columns[i], &values[i], item);
        const char *row = values[0].text, *text = values[i].text;
        if (wrong != NULL)
            return fault_set(fault, -EUCLEAN, "%s: %s of '%.40s' %s%s%.80s%s", list->table,
                             list->columns[i].name, row != NULL ? row : "NULL", wrong,
                             text != NULL ? ": '" : "", text != NULL ? text : "",
                             text != NULL ? "'" : "");
    }
    return 0;
}

int own_too_many(const struct own_list *list, struct fault *fault)
{
    return fault_set(fault, -EUCLEAN, "%s has %zu rows or more", list->table, list->most);
}
