#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* --- reading --- */

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
        .enabled = take_number(row[6]) != 0,
        .paused = take_number(row[7]) != 0,
        .paused_wall_us = take_number(row[8]),
        .resumes_wall_us = take_number(row[9]),
        .tempo = take_number(row[10]),
        .tempo_after = take_number(row[11]),
        .tempo_until_wall_us = take_number(row[12]),
    };
    take_text(stream->name, sizeof stream->name, row[0]);
    take_text(stream->reason, sizeof stream->reason, row[13]);
}

static void take_act(MYSQL_ROW row, void *item)
{
    struct store_act *act = item;
    *act = (struct store_act){
        .at = {take_number(row[3])},
        .wall_us = take_number(row[4]),
        .value = take_number(row[5]),
        .uid = take_number(row[6]),
        .pid = take_number(row[7]),
    };
    take_text(act->id, sizeof act->id, row[0]);
    take_text(act->kind, sizeof act->kind, row[1]);
    take_text(act->stream, sizeof act->stream, row[2]);
    take_text(act->user, sizeof act->user, row[8]);
    take_text(act->reason, sizeof act->reason, row[9]);
}

static void take_gap(MYSQL_ROW row, void *item)
{
    struct store_gap *gap = item;
    *gap = (struct store_gap){.from = {take_number(row[1])}, .until = {take_number(row[2])}};
    take_text(gap->stream, sizeof gap->stream, row[0]);
}

static void take_pair(MYSQL_ROW row, void *item)
{
    struct store_pair *pair = item;
    take_text(pair->name, sizeof pair->name, row[0]);
    take_text(pair->value, sizeof pair->value, row[1]);
}

/* The world's id; no such table and no such row both mean that there is no world. */
static int read_id(struct maria *maria, enum sql_side side, char ret_id[STORE_NAME_MAX],
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
        r = read_id(maria, side, to->world_id, fault);
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
        r = read_id(maria, SQL_LIVE, id, fault);
    if (r == 0)
        r = read_streams(maria, SQL_LIVE, ret_streams, room, ret_count, fault);
    if (maria->mysql != NULL)
        (void)maria_end_snapshot(maria, NULL);
    if (r == 0)
        memcpy(ret_world_id, id, sizeof id);
    return r;
}

int maria_has_act(struct maria *maria, const char *id, bool *ret, struct fault *fault)
{
    char found[8];
    struct cell cell = maria_cell_text(id);
    return maria_find(maria, sql_text(SQL_ACT_HAS, SQL_LIVE), &cell, 1, found, sizeof found, ret,
                      fault);
}

/* --- writing --- */

int maria_put_pairs(struct maria *maria, enum sql_side side, const struct store_pair *pairs,
                    size_t count, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct cell cells[2] = {maria_cell_text(pairs[i].name), maria_cell_text(pairs[i].value)};
        r = maria_do(maria, sql_text(SQL_PAIR_PUT, side), cells, 2, fault);
    }
    return r;
}

static int put_act(struct maria *maria, enum sql_side side, const struct store_act *act,
                   struct fault *fault)
{
    struct cell cells[] = {
        maria_cell_text(act->id),        maria_cell_text(act->kind),
        maria_cell_text(act->stream),    maria_cell_number(act->at.s),
        maria_cell_number(act->wall_us), maria_cell_number(act->value),
        maria_cell_number(act->uid),     maria_cell_number(act->pid),
        maria_cell_text(act->user),      maria_cell_text(act->reason),
    };
    int r =
        maria_do(maria, sql_text(SQL_ACT_ADD, side), cells, sizeof cells / sizeof *cells, fault);
    return r != 0 && maria_row_failed(maria) ? 0 : r;
}

static int put_acts(struct maria *maria, enum sql_side side, const struct store_act *acts,
                    size_t count, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = put_act(maria, side, &acts[i], fault);
    return r;
}

static int put_gaps(struct maria *maria, enum sql_side side, const struct store_gap *gaps,
                    size_t count, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct cell cells[] = {maria_cell_text(gaps[i].stream), maria_cell_number(gaps[i].from.s),
                               maria_cell_number(gaps[i].until.s)};
        r = maria_do(maria, sql_text(SQL_GAP_PUT, side), cells, 3, fault);
    }
    return r;
}

static int change_stream(struct maria *maria, const struct store_stream *stream,
                         struct fault *fault)
{
    struct cell cells[] = {
        maria_cell_number(stream->enabled),
        maria_cell_number(stream->paused),
        maria_cell_number(stream->paused_wall_us),
        maria_cell_number(stream->resumes_wall_us),
        maria_cell_number(stream->tempo),
        maria_cell_number(stream->tempo_after),
        maria_cell_number(stream->tempo_until_wall_us),
        maria_cell_text(stream->reason),
        maria_cell_text(stream->name),
        maria_cell_number(stream->watermark.s),
    };
    int r = maria_do(maria, sql_text(SQL_STREAM_PUT, SQL_LIVE), cells, sizeof cells / sizeof *cells,
                     fault);
    if (r == 0 && maria_affected(maria) != 1)
        return fault_set(fault, -ESTALE, "somebody else brought %s further", stream->name);
    return r;
}

static int change_streams(struct maria *maria, const struct store_amendment *amendment,
                          struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < amendment->stream_count; i++)
        r = change_stream(maria, &amendment->streams[i], fault);
    return r;
}

static int stale(const struct maria *maria, struct fault *fault)
{
    return fault_set(fault, -ESTALE, "the world in database %s is not any more what it was",
                     maria->name);
}

static int advance_generation(struct maria *maria, const struct store_amendment *amendment,
                              struct fault *fault)
{
    char others[24];
    struct cell cells[2] = {maria_cell_text(amendment->world_id),
                            maria_cell_number(amendment->generation)};
    int r = maria_do(maria, sql_text(SQL_STREAM_NEXT, SQL_LIVE), cells, 2, fault);
    if (r != 0)
        return r;
    if (maria_affected(maria) == 0)
        return stale(maria, fault);
    cells[1] = maria_cell_number(amendment->generation + 1);
    r = maria_value(maria, sql_text(SQL_STREAM_OTHERS, SQL_LIVE), cells, 2, others, sizeof others,
                    fault);
    return r == 0 && strcmp(others, "0") != 0 ? stale(maria, fault) : r;
}

static int amend(struct maria *maria, void *context, struct fault *fault)
{
    const struct store_amendment *amendment = context;
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = advance_generation(maria, amendment, fault);
    if (r == 0)
        r = change_streams(maria, amendment, fault);
    if (r == 0)
        r = maria_put_pairs(maria, SQL_LIVE, amendment->pairs, amendment->pair_count, fault);
    if (r == 0)
        r = put_acts(maria, SQL_LIVE, amendment->acts, amendment->act_count, fault);
    if (r == 0)
        r = put_gaps(maria, SQL_LIVE, amendment->gaps, amendment->gap_count, fault);
    return r;
}

int maria_amend(struct maria *maria, const struct store_amendment *amendment, struct fault *fault)
{
    struct store_amendment copy = *amendment;
    return maria_transaction(maria, amend, &copy, fault);
}

struct note {
    const char *world_id;
    const struct store_pair *pairs;
    size_t count;
};

static int note(struct maria *maria, void *context, struct fault *fault)
{
    const struct note *what = context;
    char id[STORE_NAME_MAX];
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = read_id(maria, SQL_LIVE, id, fault);
    if (r == -ENOENT || (r == 0 && strcmp(id, what->world_id) != 0))
        return stale(maria, fault);
    return r != 0 ? r : maria_put_pairs(maria, SQL_LIVE, what->pairs, what->count, fault);
}

int maria_note(struct maria *maria, const char *world_id, const struct store_pair *pairs,
               size_t count, struct fault *fault)
{
    struct note what = {world_id, pairs, count};
    return maria_transaction(maria, note, &what, fault);
}

static int add_stream(struct maria *maria, const char *world_id, const struct store_stream *stream,
                      struct fault *fault)
{
    struct cell cells[] = {
        maria_cell_text(stream->name),
        maria_cell_text(world_id),
        maria_cell_number(stream->generation),
        maria_cell_number(stream->watermark.s),
        maria_cell_number(stream->started),
        maria_cell_number(stream->rows),
        maria_cell_number(stream->skipped),
        maria_cell_number(stream->enabled),
        maria_cell_number(stream->paused),
        maria_cell_number(stream->paused_wall_us),
        maria_cell_number(stream->resumes_wall_us),
        maria_cell_number(stream->tempo),
        maria_cell_number(stream->tempo_after),
        maria_cell_number(stream->tempo_until_wall_us),
        maria_cell_text(stream->reason),
    };
    return maria_do(maria, sql_text(SQL_STREAM_ADD, SQL_SHADOW), cells,
                    sizeof cells / sizeof *cells, fault);
}

int maria_describe_shadow(struct maria *maria, const struct store_description *description,
                          struct fault *fault)
{
    struct store_pair id = {.name = "id"};
    (void)snprintf(id.value, sizeof id.value, "%s", description->world_id);
    int r = maria_put_pairs(maria, SQL_SHADOW, description->pairs, description->pair_count, fault);
    if (r == 0)
        r = maria_put_pairs(maria, SQL_SHADOW, &id, 1, fault);
    for (size_t i = 0; r == 0 && i < description->stream_count; i++)
        r = add_stream(maria, description->world_id, &description->streams[i], fault);
    if (r == 0)
        r = put_acts(maria, SQL_SHADOW, description->acts, description->act_count, fault);
    if (r == 0)
        r = put_gaps(maria, SQL_SHADOW, description->gaps, description->gap_count, fault);
    return r;
}
