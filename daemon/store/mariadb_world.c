#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

static void take_text(char *to, size_t room, const char *text)
{
    (void)snprintf(to, room, "%s", text != NULL ? text : "");
}

static int64_t take_number(const char *text)
{
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static void take_stream(MYSQL_ROW row, struct store_stream *stream)
{
    *stream = (struct store_stream){
        .generation = take_number(row[1]),
        .watermark = {take_number(row[2])},
        .started = take_number(row[3]) != 0,
        .rows = take_number(row[4]),
        .skipped = take_number(row[5]),
        .not_before = {take_number(row[6])},
        .paused = take_number(row[7]) != 0,
        .paused_at = {take_number(row[8])},
        .paused_wall_us = take_number(row[9]),
        .resumes_wall_us = take_number(row[10]),
    };
    take_text(stream->name, sizeof stream->name, row[0]);
    take_text(stream->paused_by, sizeof stream->paused_by, row[11]);
    take_text(stream->reason, sizeof stream->reason, row[12]);
}

static void take_act(MYSQL_ROW row, void *item)
{
    struct store_act *act = item;
    *act = (struct store_act){
        .seq = take_number(row[0]),
        .at = {take_number(row[4])},
        .wall_us = take_number(row[5]),
        .uid = take_number(row[7]),
        .pid = take_number(row[8]),
    };
    take_text(act->world_id, sizeof act->world_id, row[1]);
    take_text(act->id, sizeof act->id, row[2]);
    take_text(act->kind, sizeof act->kind, row[3]);
    take_text(act->parameters, sizeof act->parameters, row[6]);
    take_text(act->user, sizeof act->user, row[9]);
    take_text(act->reason, sizeof act->reason, row[10]);
}

static void take_gap(MYSQL_ROW row, void *item)
{
    struct store_gap *gap = item;
    *gap = (struct store_gap){
        .from = {take_number(row[1])},
        .until = {take_number(row[2])},
        .seq = take_number(row[3]),
    };
    take_text(gap->stream, sizeof gap->stream, row[0]);
}

static void take_pair(MYSQL_ROW row, void *item)
{
    struct store_pair *pair = item;
    take_text(pair->name, sizeof pair->name, row[0]);
    take_text(pair->value, sizeof pair->value, row[1]);
}

int maria_world_id(struct maria *maria, enum sql_side side, char ret_id[STORE_NAME_MAX],
                   struct fault *fault)
{
    bool found = false;
    int r = maria_find(maria, sql_text(SQL_WORLD_ID, side), NULL, 0, ret_id, STORE_NAME_MAX, &found,
                       fault);
    if (r == 0 && !found)
        return fault_set(fault, -ENOENT, "database %s holds no world yet", maria->name);
    return r;
}

static int read_streams(struct maria *maria, enum sql_side side, struct store_stream *ret_streams,
                        size_t room, size_t *ret_count, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    size_t count = 0;
    int r = maria_ask(maria, sql_text(SQL_STREAMS, side), NULL, 0, &result, fault);
    if (r != 0)
        return r;
    while (count < room && (row = mysql_fetch_row(result)) != NULL)
        take_stream(row, &ret_streams[count++]);
    bool more = mysql_num_rows(result) > room;
    mysql_free_result(result);
    if (more)
        return fault_set(fault, -EPROTO, "database %s: more than %zu streams in " SCHEMA_STREAM,
                         maria->name, room);
    *ret_count = count;
    return 0;
}

/* All rows of a list, each taken by `take` at its place. */
static int read_list(struct maria *maria, char *sql, size_t size, void (*take)(MYSQL_ROW, void *),
                     void **ret_items, size_t *ret_count, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    int r = maria_ask(maria, sql, NULL, 0, &result, fault);
    if (r != 0)
        return r;
    char *items = mem_zero(mysql_num_rows(result), size);
    size_t count = 0;
    while ((row = mysql_fetch_row(result)) != NULL)
        take(row, items + size * count++);
    mysql_free_result(result);
    *ret_items = items;
    *ret_count = count;
    return 0;
}

static int read_lists(struct maria *maria, enum sql_side side, struct store_description *to,
                      struct fault *fault)
{
    const struct {
        enum sql_text text;
        size_t size;
        void (*take)(MYSQL_ROW, void *);
        size_t *count;
    } lists[] = {
        {SQL_PAIRS, sizeof *to->pairs, take_pair, &to->pair_count},
        {SQL_ACTS, sizeof *to->acts, take_act, &to->act_count},
        {SQL_GAPS, sizeof *to->gaps, take_gap, &to->gap_count},
    };
    void *items[sizeof lists / sizeof *lists] = {NULL};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof lists / sizeof *lists; i++)
        r = read_list(maria, sql_text(lists[i].text, side), lists[i].size, lists[i].take, &items[i],
                      lists[i].count, fault);
    to->pairs = items[0];
    to->acts = items[1];
    to->gaps = items[2];
    return r;
}

/* The one of credd's own tables that is not read here. */
static int expect_status(struct maria *maria, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    int r = maria_ask(maria, mem_text("SELECT 1 FROM " SCHEMA_STATUS " LIMIT 1"), NULL, 0, &result,
                      fault);
    if (r == 0)
        mysql_free_result(result);
    return r;
}

static int read_all(struct maria *maria, enum sql_side side, struct store_description *to,
                    struct fault *fault)
{
    int r = maria_begin_snapshot(maria, fault);
    if (r == 0)
        r = maria_world_id(maria, side, to->world_id, fault);
    if (r == 0)
        r = read_streams(maria, side, to->streams, STORE_STREAMS_MAX, &to->stream_count, fault);
    if (r == 0)
        r = read_lists(maria, side, to, fault);
    if (r == 0 && side == SQL_LIVE)
        r = expect_status(maria, fault);
    return r;
}

/* A swap between the snapshot's beginning and its first read: once more. */
#define READ_TRIES 3

int maria_load(struct maria *maria, enum sql_side side, struct store_description *ret,
               struct fault *fault)
{
    struct store_description read = {0};
    int r = 0;
    for (int tries = 0; tries < READ_TRIES; tries++) {
        r = read_all(maria, side, &read, fault);
        bool again = r == -EBUSY && maria_again(maria);
        if (maria->mysql != NULL)
            (void)maria_end_snapshot(maria, NULL);
        if (r == 0) {
            *ret = read;
            return 0;
        }
        store_description_done(&read);
        if (!again)
            break;
    }
    return r;
}

int maria_glance(struct maria *maria, char ret_world_id[STORE_NAME_MAX],
                 struct store_stream *ret_streams, size_t room, size_t *ret_count,
                 struct fault *fault)
{
    char id[STORE_NAME_MAX];
    int r = maria_check_marker(maria, false, fault);
    /* The first read keeps a swap away until the second is done. */
    if (r == 0)
        r = maria_run(maria, "START TRANSACTION", fault);
    if (r == 0)
        r = maria_world_id(maria, SQL_LIVE, id, fault);
    if (r == 0)
        r = read_streams(maria, SQL_LIVE, ret_streams, room, ret_count, fault);
    if (maria->mysql != NULL)
        (void)maria_end_snapshot(maria, NULL);
    if (r == 0)
        memcpy(ret_world_id, id, sizeof id);
    return r;
}

#define STATE_TABLES 4 /* of credd's own, looked at below */
#define STATE_NAMES  "'" SCHEMA_ACT "', '" SCHEMA_GAP "', '" SCHEMA_STREAM "', '" SCHEMA_WORLD "'"

int maria_ages(struct maria *maria, struct store_ages *ret_ages, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row;
    struct store_ages ages = {0};
    struct maria_text sql = {0};
    unsigned own = 0;
    maria_text_add(&sql,
                   "SELECT TABLE_NAME, UNIX_TIMESTAMP(CREATE_TIME) FROM information_schema.TABLES "
                   "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (" STATE_NAMES ", ");
    maria_text_tables(&sql);
    maria_text_add(&sql, ")");
    int r = maria_ask(maria, sql.bytes, NULL, 0, &result, fault);
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL) {
        size_t place = schema_place(row[0]);
        int64_t made = take_number(row[1]);
        if (place < SCHEMA_TABLES)
            ages.tables[place] = made;
        else
            ages.own = made > ages.own ? made : ages.own;
        own += place < SCHEMA_TABLES ? 0 : 1;
    }
    if (own < STATE_TABLES)
        ages.own = 0;
    mysql_free_result(result);
    *ret_ages = ages;
    return 0;
}

int maria_check_made(struct maria *maria, int64_t made, struct fault *fault)
{
    static const char sql[] =
        "SELECT MAX(UNIX_TIMESTAMP(CREATE_TIME)) FROM information_schema.TABLES "
        "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (" STATE_NAMES ")";
    char age[24] = "";
    if (made == 0)
        return 0;
    int r = maria_value(maria, mem_text(sql), NULL, 0, age, sizeof age, fault);
    if (r == 0 && take_number(age) != made)
        return fault_set(fault, -ESTALE, "tables of credd's own in database %s were made anew",
                         maria->name);
    return r;
}
