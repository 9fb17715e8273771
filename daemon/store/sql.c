#include "store/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "clock/instant.h"
#include "store/store.h"

static const char *const own_prefix[SQL_SIDES] = {"credd_", "credd_new_", "credd_old_"};
static const char *const data_prefix[SQL_SIDES] = {"", "credd_new_", "credd_old_"};

const char *sql_name(enum sql_side side, const char *table, char buffer[SQL_NAME_MAX])
{
    size_t own = strlen(own_prefix[SQL_LIVE]);
    bool ours = strncmp(table, own_prefix[SQL_LIVE], own) == 0;
    (void)snprintf(buffer, SQL_NAME_MAX, "%s%s", ours ? own_prefix[side] : data_prefix[side],
                   ours ? table + own : table);
    return buffer;
}

const char *sql_swapped(size_t i)
{
    return i < SCHEMA_TABLES ? schema_tables[i].name : schema_own[i - SCHEMA_TABLES].name;
}

const char *sql_table_of(const char *name, bool exact)
{
    char buffer[SQL_NAME_MAX];
    int (*const compare)(const char *, const char *) = exact ? strcmp : strcasecmp;
    for (size_t i = 0; i < SQL_SWAPPED; i++)
        for (unsigned side = 0; side < SQL_SIDES; side++)
            if (compare(sql_name((enum sql_side)side, sql_swapped(i), buffer), name) == 0)
                return sql_swapped(i);
    return NULL;
}

/* Those that begin with the name of a table of the side. */
static const char *shadow_at(const char *words, const char **ret_table)
{
    char name[SQL_NAME_MAX];
    for (size_t i = 0; i < SQL_SWAPPED; i++) {
        *ret_table = sql_swapped(i);
        if (strncmp(words, sql_name(SQL_SHADOW, *ret_table, name), strlen(name)) == 0)
            return words + strlen(name);
    }
    return NULL;
}

void sql_living(char *words)
{
    const char *table = NULL;
    for (char *at = words; (at = strstr(at, own_prefix[SQL_SHADOW])) != NULL;) {
        const char *rest = shadow_at(at, &table);
        size_t length = rest != NULL ? strlen(table) : strlen(own_prefix[SQL_SHADOW]);
        for (size_t i = 0; rest != NULL && i < length; i++)
            at[i] = table[i];
        if (rest != NULL)
            memmove(at + length, rest, strlen(rest) + 1);
        at += length;
    }
}

const char *sql_liked(size_t i)
{
    return i < SCHEMA_TABLES ? schema_tables[i].name : SCHEMA_STATUS;
}

bool sql_is_own(const char *table, size_t length)
{
    for (size_t i = 0; i < SCHEMA_OWN; i++)
        if (strlen(schema_own[i].name) == length && strncmp(schema_own[i].name, table, length) == 0)
            return true;
    return false;
}

struct text {
    char *bytes;
    size_t used, room;
};

static void add(struct text *text, const char *more)
{
    size_t length = strlen(more);
    if (text->used + length + 1 > text->room) {
        text->room = (text->used + length + 1) * 2;
        text->bytes = mem_grow(text->bytes, text->room, 1);
    }
    memcpy(text->bytes + text->used, more, length + 1);
    text->used += length;
}

static char *listed(size_t count)
{
    struct text text = {0};
    for (size_t i = 0; i < count; i++) {
        add(&text, i > 0 ? ", '" : "('");
        add(&text, sql_liked(i));
        add(&text, "'");
    }
    add(&text, ")");
    return text.bytes;
}

char *sql_tables(void)
{
    return listed(SCHEMA_TABLES);
}

char *sql_liked_tables(void)
{
    return listed(SQL_LIKED);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

char *sql_as_known(const char *said, const char *(*known)(const void *context, const char *word),
                   const void *context)
{
    struct text text = {0};
    add(&text, "");
    while (*said != '\0') {
        size_t length = 0;
        while (is_letter(said[length]))
            length++;
        char *word = mem_format("%.*s", length > 0 ? (int)length : 1, said);
        bool beside = strncasecmp(word, own_prefix[SQL_LIVE], strlen(own_prefix[SQL_LIVE])) == 0;
        const char *name = beside ? sql_table_of(word, false) : NULL;
        if (beside && name == NULL && known != NULL)
            name = known(context, word);
        add(&text, name != NULL ? name : word);
        said += strlen(word);
        free(word);
    }
    return text.bytes;
}

static void add_columns(struct text *text, const struct schema_table *table)
{
    for (unsigned i = 0; i < table->count; i++) {
        add(text, i > 0 ? ", " : "");
        add(text, table->columns[i].name);
    }
}

char *sql_create(const struct schema_table *table, const char *name, const char *parent,
                 const char *suffix)
{
    struct text text = {0};
    add(&text, "CREATE TABLE ");
    add(&text, name);
    for (unsigned i = 0; i < table->count; i++) {
        add(&text, i > 0 ? ", " : " (");
        add(&text, table->columns[i].name);
        add(&text, " ");
        add(&text, table->columns[i].type);
        if (i == 0)
            add(&text, " NOT NULL PRIMARY KEY");
        if ((int)i == table->created_column)
            add(&text, " DEFAULT CURRENT_TIMESTAMP");
    }
    if (table->parent_column >= 0) {
        add(&text, ", FOREIGN KEY (customer_id) REFERENCES ");
        add(&text, parent);
        add(&text, " (customer_id)");
    }
    add(&text, ")");
    add(&text, suffix);
    return text.bytes;
}

char *sql_create_own(const struct schema_own *own, const char *name, const char *suffix)
{
    return mem_format("CREATE TABLE %s (%s)%s", name, own->body, suffix);
}

char *sql_create_index(const struct schema_index *index, const char *name, enum sql_side side)
{
    char table[SQL_NAME_MAX];
    return mem_format("CREATE INDEX %s ON %s (%s)", name, sql_name(side, index->table, table),
                      index->columns);
}

char *sql_insert(const struct schema_table *table, enum sql_side side, const struct fill_use *use)
{
    char name[SQL_NAME_MAX], *names = fill_names(use), *values = fill_values(use);
    struct text text = {0};
    add(&text, "INSERT INTO ");
    add(&text, sql_name(side, table->name, name));
    add(&text, " (");
    add_columns(&text, table);
    add(&text, names);
    add(&text, ") VALUES (?");
    for (unsigned i = 1; i < table->count; i++)
        add(&text, ", ?");
    add(&text, values);
    add(&text, ")");
    free(values);
    free(names);
    return text.bytes;
}

char *sql_move(const struct schema_table *table, enum sql_side side)
{
    char name[SQL_NAME_MAX];
    const char *status = table->columns[table->status_column].name;
    return mem_format("UPDATE %s SET %s = ? WHERE %s = ? AND %s = ?",
                      sql_name(side, table->name, name), status, table->columns[0].name, status);
}

char *sql_update(const struct change_columns *columns, enum sql_side side, const char *is)
{
    char name[SQL_NAME_MAX];
    struct text text = {0};
    add(&text, "UPDATE ");
    add(&text, sql_name(side, columns->table, name));
    for (unsigned i = 0; i < columns->count; i++) {
        add(&text, i > 0 ? ", " : " SET ");
        add(&text, columns->columns[i].name);
        add(&text, " = ?");
    }
    add(&text, " WHERE ");
    add(&text, schema_table(columns->table)->columns[0].name);
    add(&text, " = ?");
    for (unsigned i = 0; i < columns->count && is[0] != '\0'; i++) {
        add(&text, " AND ");
        add(&text, columns->columns[i].name);
        add(&text, is);
    }
    return text.bytes;
}

char *sql_page(const struct schema_table *table, const char *behind)
{
    const struct schema_keys keys = schema_keys(table);
    struct text text = {0};
    add(&text, "SELECT ");
    add_columns(&text, table);
    add(&text, " FROM ");
    add(&text, table->name);
    add(&text, behind[0] != '\0' ? " WHERE " : "");
    add(&text, behind);
    for (unsigned i = 0; i < keys.count; i++) {
        add(&text, i > 0 ? ", " : " ORDER BY ");
        add(&text, table->columns[keys.places[i]].name);
    }
    add(&text, " LIMIT ?");
    return text.bytes;
}

/* Says nothing of the streams, but fails where another of credd's own tables is missing. */
#define ALL_THERE                                                       \
    "NOT EXISTS (SELECT 1 FROM @act WHERE seq = 0) AND "                \
    "NOT EXISTS (SELECT 1 FROM @gap WHERE stream = '') AND "            \
    "NOT EXISTS (SELECT 1 FROM @status WHERE application_id = '') AND " \
    "NOT EXISTS (SELECT 1 FROM @change WHERE row_key = '') "

#define LIMIT(rows)      LIMIT_TEXT(rows)
#define LIMIT_TEXT(rows) " LIMIT " #rows

/* @ stands for the prefix of credd's own tables on that side. */
static const char *const texts[SQL_TEXTS] = {
    [SQL_WORLD_ID] = "SELECT value FROM @world WHERE name = 'id'",
    [SQL_PAIRS] = "SELECT name, value FROM @world WHERE name <> '" SQL_PAIR_SWAP
                  "' ORDER BY name" LIMIT(STORE_PAIRS_MAX),
    [SQL_PAIR_PUT] = "REPLACE INTO @world (name, value) VALUES (?, ?)",
    [SQL_STREAMS] = "SELECT name, generation, watermark, started, row_count, skip_count, "
                    "not_before, paused, paused_at, paused_wall_us, resumes_wall_us, paused_by, "
                    "reason, world_id FROM @stream WHERE " ALL_THERE "ORDER BY name",
    [SQL_STREAM_ADD] = "INSERT INTO @stream (name, world_id, generation, watermark, started, "
                       "row_count, skip_count, not_before, paused, paused_at, paused_wall_us, "
                       "resumes_wall_us, paused_by, reason) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_STREAM_PUT] = "UPDATE @stream SET not_before = ?, paused = ?, paused_at = ?, "
                       "paused_wall_us = ?, resumes_wall_us = ?, paused_by = ?, reason = ? "
                       "WHERE name = ? AND watermark <= ?",
    [SQL_STREAM_SWAP] = "UPDATE @stream SET watermark = ?, started = 1 WHERE name = ? AND "
                        "world_id = ? AND generation = ? AND started = ? AND "
                        "(started = 0 OR watermark = ?)",
    [SQL_STREAM_COUNT] = "UPDATE @stream SET row_count = row_count + ?, "
                         "skip_count = skip_count + ? WHERE name = ?",
    [SQL_STREAM_SAME] = "SELECT COUNT(*) FROM @stream WHERE world_id = ? AND generation = ?",
    [SQL_STREAM_OTHERS] = "SELECT COUNT(*) FROM @stream WHERE world_id <> ? OR generation <> ?",
    [SQL_STREAM_NEXT] = "UPDATE @stream SET generation = ? WHERE world_id = ? AND generation = ?",
    [SQL_ACTS] = "SELECT seq, world_id, id, kind, at, wall_us, parameters, uid, pid, user_name, "
                 "reason FROM @act ORDER BY seq" LIMIT(STORE_ACTS_MAX),
    [SQL_ACT_SEQ] = "SELECT seq FROM @act WHERE id = ?",
    [SQL_ACT_LAST] = "SELECT COALESCE(MAX(seq), 0) FROM @act",
    [SQL_ACT_ADD] = "INSERT INTO @act (seq, world_id, id, kind, at, wall_us, parameters, uid, pid, "
                    "user_name, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_GAPS] = "SELECT stream, from_at, until_at, seq FROM @gap "
                 "ORDER BY from_at, stream, until_at" LIMIT(STORE_GAPS_MAX),
    [SQL_GAP_PUT] = "REPLACE INTO @gap (stream, from_at, until_at, seq) VALUES (?, ?, ?, ?)",
    [SQL_STATUS_ADD] = "INSERT INTO @status (application_id, status, at) VALUES (?, ?, ?)",
    [SQL_CHANGE_ADD] = "INSERT INTO @change (table_name, row_key, at, column_name, value) "
                       "VALUES (?, ?, ?, ?, ?)",
    [SQL_CHANGE_LEFT] = "SELECT 1 FROM @change WHERE row_key = ? AND column_name = ?",
    [SQL_MARKER] = "SELECT value FROM credd_meta WHERE name = 'marker'",
    [SQL_META_PUT] = "REPLACE INTO credd_meta (name, value) VALUES (?, ?)",
    [SQL_META_FORGET] = "DELETE FROM credd_meta WHERE name = ?",
};

char *sql_text(enum sql_text which, enum sql_side side)
{
    struct text text = {0};
    const char *from = texts[which];
    add(&text, "");
    while (*from != '\0') {
        char piece[2] = {*from++, '\0'};
        add(&text, piece[0] == '@' ? own_prefix[side] : piece);
    }
    return text.bytes;
}

char *sql_unbuilt(world_time built)
{
    return mem_format("SELECT COUNT(*) FROM %sstream WHERE started = 0 OR watermark <> %" PRId64,
                      own_prefix[SQL_SHADOW], built.s);
}

static struct cell text_cell(const char *text, size_t length);

/* The last part of it, behind a bar that becomes a NUL; NULL: it has none. */
static char *last_part(char *text)
{
    char *bar = strrchr(text, '|');
    if (bar != NULL)
        *bar++ = '\0';
    return bar;
}

int sql_page_after(const struct schema_table *table, const char *after, struct sql_after *ret)
{
    const unsigned count = schema_keys(table).count;
    struct cell at = {.kind = CELL_TIME, .number = WORLD_TIME_LAST.s};
    char *column = NULL, *seconds = NULL;
    if (strlen(after) >= sizeof ret->key)
        return -EINVAL;
    (void)snprintf(ret->key, sizeof ret->key, "%s", after);
    if (count == 3)
        column = last_part(ret->key);
    if (count == 2 || column != NULL)
        seconds = last_part(ret->key);
    if ((column != NULL && seconds == NULL) ||
        (seconds != NULL && sql_parse_decimal(seconds, 0, &at.number) != 0))
        return -EINVAL;
    ret->cells[0] = text_cell(ret->key, strlen(ret->key));
    ret->cells[1] = at;
    ret->cells[2] = text_cell(column != NULL ? column : "", column != NULL ? strlen(column) : 0);
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int sql_parse_decimal(const char *text, unsigned scale, int64_t *ret)
{
    bool minus = *text == '-';
    const char *at = text + (minus ? 1 : 0);
    const char *point = NULL;
    int64_t value = 0;
    unsigned decimals = 0;
    bool any = false;
    for (; is_digit(*at) || (*at == '.' && point == NULL); at++) {
        if (*at == '.') {
            point = at;
            continue;
        }
        any = true;
        if (point != NULL && decimals == scale) {
            if (*at != '0')
                return -EINVAL;
            continue;
        }
        decimals += point != NULL ? 1 : 0;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *at - '0', &value))
            return -EINVAL;
    }
    for (; decimals < scale; decimals++) {
        if (__builtin_mul_overflow(value, 10, &value))
            return -EINVAL;
    }
    if (!any || *at != '\0')
        return -EINVAL;
    *ret = minus ? -value : value;
    return 0;
}

/* `count` digits as a number, or -1. */
static int number_at(const char *text, unsigned count)
{
    int value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!is_digit(text[i]))
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int date_at(const char *text, struct civil_date *ret)
{
    if (strnlen(text, 10) < 10 || text[4] != '-' || text[7] != '-')
        return -EINVAL;
    struct civil_date date = {number_at(text, 4), number_at(text + 5, 2), number_at(text + 8, 2)};
    if (date.year < 0 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > civil_month_length(date.year, date.month))
        return -EINVAL;
    *ret = date;
    return 0;
}

int sql_parse_date(const char *text, int64_t *ret)
{
    struct civil_date date;
    if (date_at(text, &date) != 0 || text[10] != '\0')
        return -EINVAL;
    *ret = civil_days(date);
    return 0;
}

int sql_parse_time(const char *text, int64_t *ret)
{
    struct civil at = {.hour = -1};
    if (date_at(text, &at.date) != 0 || strlen(text) != 19 || text[10] != ' ' || text[13] != ':' ||
        text[16] != ':')
        return -EINVAL;
    at.hour = number_at(text + 11, 2);
    at.minute = number_at(text + 14, 2);
    at.second = number_at(text + 17, 2);
    if (at.hour < 0 || at.hour > 23 || at.minute < 0 || at.minute > 59 || at.second < 0 ||
        at.second > 59)
        return -EINVAL;
    *ret = civil_seconds(at);
    return 0;
}

static struct cell text_cell(const char *text, size_t length)
{
    if (length > CELL_TEXT_MAX) {
        length = CELL_TEXT_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    return (struct cell){.kind = CELL_TEXT, .length = (uint16_t)length, .text = text};
}

struct cell sql_read_cell(const struct schema_column *column, const char *text, size_t length)
{
    struct cell cell = {.kind = (uint8_t)column->kind, .scale = column->scale};
    int rc = -EINVAL;
    if (text == NULL)
        return (struct cell){.kind = CELL_NULL};
    switch (column->kind) {
    case CELL_NULL:
    case CELL_TEXT: break;
    case CELL_INTEGER:
    case CELL_DECIMAL: rc = sql_parse_decimal(text, column->scale, &cell.number); break;
    case CELL_DATE: rc = sql_parse_date(text, &cell.number); break;
    case CELL_TIME: rc = sql_parse_time(text, &cell.number); break;
    }
    return rc == 0 ? cell : text_cell(text, length);
}
