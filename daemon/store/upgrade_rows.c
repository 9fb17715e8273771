#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/upgrade.h"

struct column {
    const char *name;
    size_t offset;
    size_t room; /* of a text; 0: a number */
};

#define TEXT(type, name, member)                                  \
    {                                                             \
        name, offsetof(type, member), sizeof(((type *)0)->member) \
    }
#define NUMBER(type, name, member)      \
    {                                   \
        name, offsetof(type, member), 0 \
    }

static const struct column pair_columns[] = {
    TEXT(struct store_pair, "name", name),
    TEXT(struct store_pair, "value", value),
};
static const struct column stream_columns[] = {
    TEXT(struct upgrade_stream, "name", name),
    NUMBER(struct upgrade_stream, "generation", generation),
    NUMBER(struct upgrade_stream, "watermark", watermark),
    NUMBER(struct upgrade_stream, "started", started),
    NUMBER(struct upgrade_stream, "row_count", rows),
    NUMBER(struct upgrade_stream, "skip_count", skipped),
    NUMBER(struct upgrade_stream, "enabled", enabled),
    NUMBER(struct upgrade_stream, "paused", paused),
    NUMBER(struct upgrade_stream, "paused_wall_us", paused_wall_us),
    NUMBER(struct upgrade_stream, "resumes_wall_us", resumes_wall_us),
    NUMBER(struct upgrade_stream, "tempo", tempo),
    NUMBER(struct upgrade_stream, "tempo_after", tempo_after),
    NUMBER(struct upgrade_stream, "tempo_until_wall_us", tempo_until_wall_us),
    TEXT(struct upgrade_stream, "reason", reason),
};
static const struct column act_columns[] = {
    TEXT(struct upgrade_act, "id", id),
    TEXT(struct upgrade_act, "kind", kind),
    TEXT(struct upgrade_act, "stream", stream),
    NUMBER(struct upgrade_act, "at", at),
    NUMBER(struct upgrade_act, "wall_us", wall_us),
    NUMBER(struct upgrade_act, "value", value),
    NUMBER(struct upgrade_act, "uid", uid),
    NUMBER(struct upgrade_act, "pid", pid),
    TEXT(struct upgrade_act, "user_name", user),
    TEXT(struct upgrade_act, "reason", reason),
};
static const struct column gap_columns[] = {
    TEXT(struct store_gap, "stream", stream),
    NUMBER(struct store_gap, "from_at", from.s),
    NUMBER(struct store_gap, "until_at", until.s),
};

#define COUNT(array) ((unsigned)(sizeof(array) / sizeof(array)[0]))
#define PART(table, columns, member)                                           \
    {                                                                          \
        table, columns, COUNT(columns), offsetof(struct upgrade_rows, member), \
            sizeof *((struct upgrade_rows *)0)->member                         \
    }

static const struct {
    const char *table;
    const struct column *columns;
    unsigned count;
    size_t offset, size; /* of the list in struct upgrade_rows, of an item */
} parts[UPGRADE_PARTS] = {
    [UPGRADE_PAIRS] = PART(SCHEMA_WORLD, pair_columns, pairs),
    [UPGRADE_STREAMS] = PART(SCHEMA_STREAM, stream_columns, streams),
    [UPGRADE_ACTS] = PART(SCHEMA_ACT, act_columns, acts),
    [UPGRADE_GAPS] = PART(SCHEMA_GAP, gap_columns, gaps),
};

char *upgrade_query(enum upgrade_part part)
{
    char *sql = mem_text("SELECT ");
    for (unsigned i = 0; i < parts[part].count; i++) {
        char *more = mem_format("%s%s%s", sql, i > 0 ? ", " : "", parts[part].columns[i].name);
        free(sql);
        sql = more;
    }
    char *query =
        mem_format("%s FROM %s ORDER BY %s", sql, parts[part].table, parts[part].columns[0].name);
    free(sql);
    return query;
}

unsigned upgrade_columns(enum upgrade_part part)
{
    return parts[part].count;
}

/* Cut between two characters if need be. */
static void take_text(char *to, size_t room, const char *text)
{
    size_t length = strlen(text);
    if (length >= room) {
        length = room - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(to, text, length);
    to[length] = '\0';
}

static bool take_number(char *to, const char *text)
{
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    memcpy(to, &number, sizeof number);
    return errno == 0 && end != text && *end == '\0';
}

int upgrade_add(struct upgrade_rows *rows, enum upgrade_part part, const char *const *columns,
                struct fault *fault)
{
    char *list = NULL;
    char *place = (char *)rows + parts[part].offset;
    size_t at = rows->counts[part] * parts[part].size;
    memcpy(&list, place, sizeof list);
    list = mem_grow(list, rows->counts[part] + 1, parts[part].size);
    memcpy(place, &list, sizeof list);
    memset(list + at, 0, parts[part].size);
    for (unsigned i = 0; i < parts[part].count; i++) {
        const struct column *column = &parts[part].columns[i];
        const char *text = columns[i] != NULL ? columns[i] : "";
        if (column->room > 0)
            take_text(list + at + column->offset, column->room, text);
        else if (!take_number(list + at + column->offset, text))
            return fault_set(fault, -EUCLEAN, "%s: %s of %s is '%.80s', which is not a number",
                             parts[part].table, column->name, columns[0] != NULL ? columns[0] : "",
                             text);
    }
    rows->counts[part]++;
    return 0;
}

void upgrade_rows_done(struct upgrade_rows *rows)
{
    free(rows->pairs);
    free(rows->streams);
    free(rows->acts);
    free(rows->gaps);
    *rows = (struct upgrade_rows){0};
}
