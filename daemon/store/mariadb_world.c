#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"
#include "store/own_row.h"

static int64_t take_number(const char *text)
{
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static int damaged(const struct maria *maria, struct fault *fault)
{
    return fault_prefix(fault, "database %s", maria->name), -EUCLEAN;
}

static int take_row(MYSQL_RES *result, MYSQL_ROW row, const struct own_list *list, void *item,
                    struct fault *fault)
{
    struct own_value values[OWN_COLUMNS_MAX];
    const unsigned long *lengths = mysql_fetch_lengths(result);
    for (unsigned i = 0; i < list->count; i++)
        values[i] = (struct own_value){row[i], lengths[i], true};
    return own_take(list, values, item, fault);
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
    if (mysql_num_rows(result) > room)
        r = fault_set(fault, -EUCLEAN, "%s has more than %zu rows", SCHEMA_STREAM, room);
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL)
        r = take_row(result, row, &own_streams, &ret_streams[count++], fault);
    mysql_free_result(result);
    if (r != 0)
        return damaged(maria, fault);
    *ret_count = count;
    return 0;
}

/* All rows of a list, each at its place. On failure too `ret_items` is what there is to release. */
static int read_list(struct maria *maria, enum sql_side side, const struct own_list *list,
                     void **ret_items, size_t *ret_count, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    int r = maria_ask(maria, sql_text(list->text, side), NULL, 0, &result, fault);
    if (r != 0)
        return r;
    char *items = mem_zero(mysql_num_rows(result), list->size);
    size_t count = 0;
    if (mysql_num_rows(result) >= list->most)
        r = own_too_many(list, fault);
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL)
        r = take_row(result, row, list, items + list->size * count++, fault);
    mysql_free_result(result);
    *ret_items = items;
    *ret_count = count;
    return r == 0 ? 0 : damaged(maria, fault);
}

static int read_lists(struct maria *maria, enum sql_side side, struct store_description *to,
                      struct fault *fault)
{
    void *pairs = NULL, *acts = NULL, *gaps = NULL;
    int r = read_list(maria, side, &own_pairs, &pairs, &to->pair_count, fault);
    if (r == 0)
        r = read_list(maria, side, &own_acts, &acts, &to->act_count, fault);
    if (r == 0)
        r = read_list(maria, side, &own_gaps, &gaps, &to->gap_count, fault);
    to->pairs = pairs;
    to->acts = acts;
    to->gaps = gaps;
    return r;
}

/* Those of credd's own tables that are not read here. */
static int expect_logs(struct maria *maria, struct fault *fault)
{
    static const char *const logs[] = {SCHEMA_STATUS, SCHEMA_CHANGE};
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof logs / sizeof *logs; i++) {
        MYSQL_RES *result = NULL;
        r = maria_ask(maria, mem_format("SELECT 1 FROM %s LIMIT 1", logs[i]), NULL, 0, &result,
                      fault);
        if (r == 0)
            mysql_free_result(result);
    }
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
        r = expect_logs(maria, fault);
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
