#include "engine/record.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum pair_kind { PAIR_INT64, PAIR_UINT64, PAIR_BOOL, PAIR_TEXT };

/* The rows of credd_world: where each lives in a record. Clock rows change with every operation,
 * the others only with the world. */
struct pair_row {
    const char *name;
    size_t offset, size;
    enum pair_kind kind;
    bool clock;
};
static const struct pair_row pair_rows[] = {
#define ROW(name, kind, member, clock)                                                         \
    {                                                                                          \
        name, offsetof(struct record, member), sizeof((struct record *)0)->member, kind, clock \
    }
    ROW("id", PAIR_TEXT, world_id, false),
    ROW("seed", PAIR_UINT64, settings.seed, false),
    ROW("origin", PAIR_INT64, settings.origin.s, false),
    ROW("timezone", PAIR_TEXT, timezone, false),
    ROW("customers", PAIR_INT64, settings.customers, false),
    ROW("customer_growth", PAIR_INT64, settings.customer_growth, false),
    ROW("financial_records_per_customer", PAIR_INT64, settings.financial_records_per_customer,
        false),
    ROW("loan_applications_per_customer", PAIR_INT64, settings.loan_applications_per_customer,
        false),
    ROW("market_data_points", PAIR_INT64, settings.market_data_points, false),
    ROW("credit_history_entries", PAIR_INT64, settings.credit_history_entries, false),
    ROW("clock_anchor_world_us", PAIR_INT64, clock.anchor_world_us, true),
    ROW("clock_anchor_wall_us", PAIR_INT64, clock.anchor_wall.us, true),
    ROW("clock_speed", PAIR_INT64, clock.speed, true),
    ROW("clock_paused", PAIR_BOOL, clock.paused, true),
    ROW("clock_paused_wall_us", PAIR_INT64, clock.paused_at.us, true),
    ROW("clock_resumes_wall_us", PAIR_INT64, clock.resumes_at.us, true),
    ROW("clock_reason", PAIR_TEXT, reason, true),
    ROW("clock_paused_by", PAIR_TEXT, paused_by, true),
    ROW("clock_held", PAIR_BOOL, clock.held, true),
    ROW("clock_held_why", PAIR_TEXT, held_why, true),
    ROW("clock_reached_us", PAIR_INT64, clock.reached_us, true),
    ROW("clock_seen_us", PAIR_INT64, clock.seen.us, true),
    ROW("keeper", PAIR_TEXT, keeper, true),
#undef ROW
};
#define PAIR_ROWS (sizeof pair_rows / sizeof *pair_rows)
static_assert(PAIR_ROWS + STREAM_COUNT <= RECORD_PAIRS_MAX, "room for every row of credd_world");

/* Who paused a stream: here and not in credd_stream, whose columns older versions know. `name`
 * holds the row's name. */
static struct pair_row paused_by_row(enum stream_id stream, char name[STORE_NAME_MAX])
{
    (void)snprintf(name, STORE_NAME_MAX, "%s_paused_by", stream_info(stream)->name);
    return (struct pair_row){
        .name = name,
        .offset = offsetof(struct record, streams) + stream * sizeof(struct record_stream) +
                  offsetof(struct record_stream, paused_by),
        .size = sizeof((struct record_stream *)0)->paused_by,
        .kind = PAIR_TEXT,
        .clock = true,
    };
}

static int decode_pair(const struct pair_row *row, const char *value, struct record *record)
{
    char *field = (char *)record + row->offset;
    char *end = NULL;
    errno = 0;
    switch (row->kind) {
    case PAIR_INT64: {
        int64_t number = strtoll(value, &end, 10);
        memcpy(field, &number, sizeof number);
        break;
    }
    case PAIR_UINT64: {
        uint64_t number = strtoull(value, &end, 10);
        memcpy(field, &number, sizeof number);
        break;
    }
    case PAIR_BOOL: {
        bool flag = strcmp(value, "1") == 0;
        memcpy(field, &flag, sizeof flag);
        return 0;
    }
    case PAIR_TEXT: {
        size_t length = strlen(value);
        if (length >= row->size)
            return -EPROTO;
        memcpy(field, value, length + 1);
        return 0;
    }
    }
    return errno == 0 && end != value && *end == '\0' ? 0 : -EPROTO;
}

static void encode_pair(const struct pair_row *row, const struct record *record,
                        struct store_pair *ret_pair)
{
    const char *field = (const char *)record + row->offset;
    (void)snprintf(ret_pair->name, sizeof ret_pair->name, "%s", row->name);
    size_t size = sizeof ret_pair->value;
    switch (row->kind) {
    case PAIR_INT64: {
        int64_t number;
        memcpy(&number, field, sizeof number);
        (void)snprintf(ret_pair->value, size, "%" PRId64, number);
        break;
    }
    case PAIR_UINT64: {
        uint64_t number;
        memcpy(&number, field, sizeof number);
        (void)snprintf(ret_pair->value, size, "%" PRIu64, number);
        break;
    }
    case PAIR_BOOL: {
        bool flag;
        memcpy(&flag, field, sizeof flag);
        (void)snprintf(ret_pair->value, size, "%d", flag);
        break;
    }
    case PAIR_TEXT: (void)snprintf(ret_pair->value, size, "%s", field); break;
    }
}

static int decode_row(const struct pair_row *row, const struct store_description *description,
                      struct record *record, struct fault *fault)
{
    const struct store_pair *found = NULL;
    for (size_t i = 0; i < description->pair_count && found == NULL; i++)
        if (strcmp(description->pairs[i].name, row->name) == 0)
            found = &description->pairs[i];
    /* Words that only explain may lack: an older version did not write them all. */
    if (found == NULL && row->clock && row->kind == PAIR_TEXT)
        return 0;
    if (found == NULL)
        return fault_set(fault, -EPROTO, "%s has no row '%s'", SCHEMA_WORLD, row->name);
    if (decode_pair(row, found->value, record) < 0)
        return fault_set(fault, -EPROTO, "%s: row '%s' holds '%.80s', which makes no sense",
                         SCHEMA_WORLD, found->name, found->value);
    return 0;
}

static int decode_pairs(const struct store_description *description, struct record *record,
                        struct fault *fault)
{
    int result = 0;
    for (size_t i = 0; i < PAIR_ROWS && result == 0; i++)
        result = decode_row(&pair_rows[i], description, record, fault);
    for (unsigned i = 0; i < STREAM_COUNT && result == 0; i++) {
        char name[STORE_NAME_MAX];
        struct pair_row row = paused_by_row((enum stream_id)i, name);
        result = decode_row(&row, description, record, fault);
    }
    return result;
}

static void decode_stream(const struct store_stream *from, struct record_stream *to)
{
    to->enabled = from->enabled;
    to->paused = from->paused;
    to->started = from->started;
    to->watermark = from->watermark;
    to->rows = from->rows;
    to->skipped = from->skipped;
    to->paused_wall_us = from->paused_wall_us;
    to->resumes_wall_us = from->resumes_wall_us;
    to->tempo = from->tempo;
    to->tempo_after = from->tempo_after;
    to->tempo_until_wall_us = from->tempo_until_wall_us;
    memcpy(to->reason, from->reason, sizeof to->reason);
}

static int decode_streams(const struct store_description *description, struct record *record,
                          struct fault *fault)
{
    unsigned seen = 0;
    for (size_t i = 0; i < description->stream_count; i++) {
        enum stream_id id;
        if (stream_by_name(description->streams[i].name, &id) < 0)
            return fault_set(fault, -EPROTO, "%s names the stream '%s', which this version lacks",
                             SCHEMA_STREAM, description->streams[i].name);
        decode_stream(&description->streams[i], &record->streams[id]);
        record->generation = description->streams[i].generation;
        seen |= 1u << id;
    }
    if (seen != (1u << STREAM_COUNT) - 1)
        return fault_set(fault, -EPROTO, "%s lacks a stream", SCHEMA_STREAM);
    return 0;
}

void record_add_act(struct record *record, const struct world_act *act)
{
    record->acts = mem_grow(record->acts, record->act_count + 1, sizeof *record->acts);
    record->acts[record->act_count++] = *act;
}

/* Acts of former worlds are kept for the history: an act's id begins with its world's. */
static bool act_is_of(const struct store_act *act, const char *world_id)
{
    size_t length = strlen(world_id);
    return strncmp(act->id, world_id, length) == 0 && act->id[length] == '-';
}

static void decode_acts(const struct store_description *description, struct record *record)
{
    for (size_t i = 0; i < description->act_count; i++) {
        const struct store_act *act = &description->acts[i];
        struct world_act made = {.at = act->at, .value = act->value};
        if (!act_is_of(act, record->world_id) || stream_by_name(act->stream, &made.stream) < 0)
            continue;
        if (strcmp(act->kind, "pause") == 0 &&
            act->wall_us == record->streams[made.stream].paused_wall_us)
            record->streams[made.stream].paused_at = act->at;
        if (strcmp(act->kind, "tempo") == 0)
            made.kind = WORLD_ACT_TEMPO;
        else if (strcmp(act->kind, "enable") == 0 || strcmp(act->kind, "disable") == 0)
            made.kind = WORLD_ACT_ENABLE;
        else
            continue;
        record_add_act(record, &made);
    }
    for (size_t i = 0; i < description->gap_count; i++) {
        const struct store_gap *gap = &description->gaps[i];
        struct world_act made = {.kind = WORLD_ACT_GAP, .at = gap->from, .until = gap->until};
        if (stream_by_name(gap->stream, &made.stream) == 0)
            record_add_act(record, &made);
    }
}

int record_decode(const struct store_description *description, struct record *ret_record,
                  struct fault *fault)
{
    struct record record = {0};
    int result = decode_pairs(description, &record, fault);
    if (result == 0)
        result = decode_streams(description, &record, fault);
    if (result < 0)
        return result;
    decode_acts(description, &record);
    *ret_record = record;
    return 0;
}

void record_done(struct record *record)
{
    free(record->acts);
    *record = (struct record){0};
}

struct record record_light(const struct record *record)
{
    struct record copy = *record;
    copy.acts = NULL;
    copy.act_count = 0;
    return copy;
}

static size_t encode_pairs(const struct record *record, bool clock_only,
                           struct store_pair pairs[RECORD_PAIRS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < PAIR_ROWS; i++)
        if (pair_rows[i].clock || !clock_only)
            encode_pair(&pair_rows[i], record, &pairs[count++]);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        char name[STORE_NAME_MAX];
        struct pair_row row = paused_by_row((enum stream_id)i, name);
        encode_pair(&row, record, &pairs[count++]);
    }
    return count;
}

size_t record_clock_pairs(const struct record *record, struct store_pair pairs[RECORD_PAIRS_MAX])
{
    return encode_pairs(record, true, pairs);
}

size_t record_all_pairs(const struct record *record, struct store_pair pairs[RECORD_PAIRS_MAX])
{
    return encode_pairs(record, false, pairs);
}

void record_streams(const struct record *record, struct store_stream streams[STREAM_COUNT])
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct record_stream *from = &record->streams[i];
        struct store_stream *to = &streams[i];
        *to = (struct store_stream){
            .generation = record->generation,
            .watermark = from->watermark,
            .started = from->started,
            .rows = from->rows,
            .skipped = from->skipped,
            .enabled = from->enabled,
            .paused = from->paused,
            .paused_wall_us = from->paused_wall_us,
            .resumes_wall_us = from->resumes_wall_us,
            .tempo = from->tempo,
            .tempo_after = from->tempo_after,
            .tempo_until_wall_us = from->tempo_until_wall_us,
        };
        (void)snprintf(to->name, sizeof to->name, "%s", stream_info((enum stream_id)i)->name);
        memcpy(to->reason, from->reason, sizeof to->reason);
    }
}

bool record_glance(struct record *record, const char *world_id, const struct store_stream *streams,
                   size_t count)
{
    if (strcmp(world_id, record->world_id) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        enum stream_id id;
        if (streams[i].generation != record->generation || stream_by_name(streams[i].name, &id) < 0)
            return false;
        decode_stream(&streams[i], &record->streams[id]);
    }
    return true;
}
