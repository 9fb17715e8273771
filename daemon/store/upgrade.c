#include "store/upgrade.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/mem.h"
#include "clock/clock.h"

#define MILLION INT64_C(1000000)

/* A product of a span of time and what it is compared with may need more than 64 bits. */
typedef __int128 wide;

/* An act on its way from one schema to the other. */
struct entry {
    struct upgrade_act act;
    char world_id[STORE_NAME_MAX];
    world_time until; /* of a tempo that runs; 0: it is for good */
    bool ours;        /* of the current world */
};

struct conversion {
    const struct upgrade_rows *rows;
    const char *world_id;
    struct clock_state clock;
    struct entry *entries; /* in the order of `seq` */
    size_t count;
    size_t added; /* by the conversion */
};

static const char *find_pair(const struct upgrade_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->counts[UPGRADE_PAIRS]; i++)
        if (strcmp(rows->pairs[i].name, name) == 0)
            return rows->pairs[i].value;
    return NULL;
}

/* --- the clock --- */

static int read_clock(const struct upgrade_rows *rows, struct clock_state *clock,
                      struct fault *fault)
{
    int64_t paused = 0, held = 0;
    const struct {
        const char *name;
        int64_t *to;
    } numbers[] = {
        {"clock_anchor_world_us", &clock->anchor_world_us},
        {"clock_anchor_wall_us", &clock->anchor_wall.us},
        {"clock_speed", &clock->speed},
        {"clock_paused", &paused},
        {"clock_held", &held},
        {"clock_reached_us", &clock->reached_us},
        {"clock_seen_us", &clock->seen.us},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *text = find_pair(rows, numbers[i].name);
        char *end = NULL;
        errno = 0;
        *numbers[i].to = text != NULL ? strtoll(text, &end, 10) : 0;
        if (text == NULL || errno != 0 || end == text || *end != '\0')
            return fault_set(fault, -EUCLEAN,
                             SCHEMA_WORLD ": row '%s' is %.80s, which is not a number",
                             numbers[i].name, text != NULL ? text : "not there");
    }
    clock->paused = paused != 0;
    clock->held = held != 0;
    return 0;
}

/* The world time at which the wall shows `wall_us`. A clock that stands is taken to go on at once,
 * as fast as the wall. */
static world_time world_at(const struct clock_state *clock, int64_t wall_us)
{
    if (!clock->paused && !clock->held && clock->speed > 0)
        return world_earlier(clock_now(clock, (wall_time){wall_us}), WORLD_TIME_LAST);
    wide left = (wide)wall_us - clock->seen.us;
    wide us = clock->reached_us + (left > 0 ? left + MILLION / 2 : 0);
    wide last = (wide)WORLD_TIME_LAST.s * MILLION;
    return (world_time){(int64_t)((us < last ? us : last) / MILLION)};
}

/* --- the acts in order --- */

/* Those of version 0.1.0: w and eleven hexadecimal digits. */
#define WORLD_ID_LENGTH 12

static bool looks_like_world_id(const char *text)
{
    return text[0] == 'w' && strspn(text + 1, "0123456789abcdef") == (size_t)WORLD_ID_LENGTH - 1;
}

/* An act's id begins with its world's. Version 0.1.0 takes no other act for one of its world. */
static void place_entry(struct conversion *conversion, struct entry *entry)
{
    size_t length = strlen(conversion->world_id);
    const char *id = entry->act.id;
    entry->ours = strncmp(id, conversion->world_id, length) == 0 && id[length] == '-';
    if (!entry->ours)
        length = looks_like_world_id(id) && id[WORLD_ID_LENGTH] == '-' ? WORLD_ID_LENGTH : 0;
    memcpy(entry->world_id, id, length);
    entry->world_id[length] = '\0';
}

static int compare_entries(const void *a, const void *b)
{
    const struct upgrade_act *left = &((const struct entry *)a)->act;
    const struct upgrade_act *right = &((const struct entry *)b)->act;
    if (left->wall_us != right->wall_us)
        return left->wall_us < right->wall_us ? -1 : 1;
    return strcmp(left->id, right->id);
}

/* Two more for the tempo of each stream and one for its being enabled. */
#define ADDED_MAX 3

static void order_acts(struct conversion *conversion)
{
    const struct upgrade_rows *rows = conversion->rows;
    conversion->count = rows->counts[UPGRADE_ACTS];
    conversion->entries =
        MEM_ARRAY(struct entry, conversion->count + ADDED_MAX * rows->counts[UPGRADE_STREAMS]);
    for (size_t i = 0; i < conversion->count; i++) {
        conversion->entries[i].act = rows->acts[i];
        place_entry(conversion, &conversion->entries[i]);
    }
    qsort(conversion->entries, conversion->count, sizeof *conversion->entries, compare_entries);
}

/* An act of the daemon itself, in place `place`. */
static void insert_act(struct conversion *conversion, size_t place, const char *kind,
                       const struct upgrade_stream *stream, world_time at, int64_t value)
{
    struct entry *entry = &conversion->entries[place];
    memmove(entry + 1, entry, (conversion->count++ - place) * sizeof *entry);
    *entry = (struct entry){
        .act = {.at = at.s, .wall_us = conversion->clock.seen.us, .value = value, .uid = -1},
        .ours = true,
    };
    struct upgrade_act *act = &entry->act;
    (void)snprintf(act->id, sizeof act->id, "%.20s-upgrade-%zu", conversion->world_id,
                   conversion->added++ % 10000);
    (void)snprintf(act->kind, sizeof act->kind, "%s", kind);
    (void)snprintf(act->stream, sizeof act->stream, "%s", stream->name);
    (void)snprintf(act->user, sizeof act->user, "credd");
    (void)snprintf(act->reason, sizeof act->reason, "upgrade from schema " SCHEMA_VERSION_2);
    (void)snprintf(entry->world_id, sizeof entry->world_id, "%.39s", conversion->world_id);
}

/* --- what the acts have to say because the streams' rows do no longer --- */

/* The last act of that kind (or of the other) on the stream before `place`; `place` if none. */
static size_t last_act(const struct conversion *conversion, size_t place, const char *stream,
                       const char *kind, const char *other)
{
    for (size_t i = place; i-- > 0;) {
        const struct entry *entry = &conversion->entries[i];
        if (entry->ours && strcmp(entry->act.stream, stream) == 0 &&
            (strcmp(entry->act.kind, kind) == 0 || strcmp(entry->act.kind, other) == 0))
            return i;
    }
    return place;
}

/* From where a change of the stream counts: rows up to its watermark are there already. */
static world_time effective(const struct conversion *conversion,
                            const struct upgrade_stream *stream)
{
    world_time reached = {conversion->clock.reached_us / MILLION};
    return stream->started != 0 ? world_later(reached, (world_time){stream->watermark}) : reached;
}

static int64_t tempo_before(const struct conversion *conversion, size_t place, const char *stream)
{
    size_t last = last_act(conversion, place, stream, "tempo", "tempo");
    return last < place ? conversion->entries[last].act.value : MILLION;
}

/* A tempo that runs gets its end; and what holds then must be the last one for good before it,
 * where schema 2 has ones that were cut short. */
static void settle_tempo(struct conversion *conversion, const struct upgrade_stream *stream)
{
    bool runs = stream->tempo_until_wall_us != 0;
    size_t last = last_act(conversion, conversion->count, stream->name, "tempo", "tempo");
    bool told = last < conversion->count;
    if (told ? conversion->entries[last].act.value != stream->tempo
             : runs || stream->tempo != MILLION) {
        last = conversion->count;
        insert_act(conversion, last, "tempo", stream, effective(conversion, stream), stream->tempo);
    }
    if (!runs)
        return;
    world_time at = {conversion->entries[last].act.at};
    conversion->entries[last].until =
        world_later(world_at(&conversion->clock, stream->tempo_until_wall_us), at);
    if (tempo_before(conversion, last, stream->name) != stream->tempo_after)
        insert_act(conversion, last, "tempo", stream, at, stream->tempo_after);
}

static void settle_enabled(struct conversion *conversion, const struct upgrade_stream *stream)
{
    size_t last = last_act(conversion, conversion->count, stream->name, "enable", "disable");
    bool enabled =
        last == conversion->count || strcmp(conversion->entries[last].act.kind, "enable") == 0;
    if (enabled != (stream->enabled != 0))
        insert_act(conversion, conversion->count, enabled ? "disable" : "enable", stream,
                   effective(conversion, stream), !enabled);
}

/* --- streams --- */

/* Any number that depends on both, the same each time. */
static int64_t token(int64_t generation, const char *world_id)
{
    uint64_t hash = checksum_text(CHECKSUM_START, world_id);
    hash += (uint64_t)generation * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return (int64_t)((hash ^ hash >> 31) >> 1);
}

/* As the act says that paused it; the first of all times if no act of this world does. */
static world_time paused_at(const struct conversion *conversion,
                            const struct upgrade_stream *stream)
{
    for (size_t i = conversion->count; i-- > 0;) {
        const struct entry *entry = &conversion->entries[i];
        if (entry->ours && strcmp(entry->act.kind, "pause") == 0 &&
            strcmp(entry->act.stream, stream->name) == 0 &&
            entry->act.wall_us == stream->paused_wall_us)
            return (world_time){entry->act.at};
    }
    return WORLD_TIME_FIRST;
}

static void paused_by_name(const char *stream, char ret[STORE_NAME_MAX])
{
    (void)snprintf(ret, STORE_NAME_MAX, "%.29s_paused_by", stream);
}

static void make_stream(const struct conversion *conversion, const struct upgrade_stream *from,
                        int64_t generation, struct store_stream *to)
{
    char name[STORE_NAME_MAX];
    *to = (struct store_stream){
        .generation = generation,
        .watermark = {from->watermark},
        .not_before = WORLD_TIME_FIRST,
        .rows = from->rows,
        .skipped = from->skipped,
        .started = from->started != 0,
        .paused = from->paused != 0,
        .paused_wall_us = from->paused_wall_us,
        .resumes_wall_us = from->resumes_wall_us,
    };
    memcpy(to->name, from->name, sizeof to->name);
    memcpy(to->reason, from->reason, sizeof to->reason);
    if (!to->paused)
        return;
    paused_by_name(from->name, name);
    const char *who = find_pair(conversion->rows, name);
    to->paused_at = paused_at(conversion, from);
    (void)snprintf(to->paused_by, sizeof to->paused_by, "%.39s", who != NULL ? who : "");
}

static void make_streams(const struct conversion *conversion, struct store_description *to)
{
    const struct upgrade_rows *rows = conversion->rows;
    int64_t generation = 0;
    to->stream_count = rows->counts[UPGRADE_STREAMS];
    for (size_t i = 0; i < to->stream_count; i++)
        if (rows->streams[i].generation > generation)
            generation = rows->streams[i].generation;
    for (size_t i = 0; i < to->stream_count; i++)
        make_stream(conversion, &rows->streams[i], token(generation, conversion->world_id),
                    &to->streams[i]);
}

/* --- the rest --- */

/* Who paused a stream is in the stream's row now. */
static bool is_moved(const struct upgrade_rows *rows, const char *pair)
{
    char name[STORE_NAME_MAX];
    for (size_t i = 0; i < rows->counts[UPGRADE_STREAMS]; i++) {
        paused_by_name(rows->streams[i].name, name);
        if (strcmp(name, pair) == 0)
            return true;
    }
    return false;
}

static void make_pairs(const struct upgrade_rows *rows, struct store_description *to)
{
    to->pairs = MEM_ARRAY(struct store_pair, rows->counts[UPGRADE_PAIRS]);
    for (size_t i = 0; i < rows->counts[UPGRADE_PAIRS]; i++)
        if (!is_moved(rows, rows->pairs[i].name))
            to->pairs[to->pair_count++] = rows->pairs[i];
}

static void make_acts(const struct conversion *conversion, struct store_description *to)
{
    to->acts = MEM_ARRAY(struct store_act, conversion->count);
    to->act_count = conversion->count;
    for (size_t i = 0; i < conversion->count; i++) {
        const struct entry *entry = &conversion->entries[i];
        const struct upgrade_act *from = &entry->act;
        struct store_act *act = &to->acts[i];
        *act = (struct store_act){
            .seq = (int64_t)i + 1,
            .at = {from->at},
            .wall_us = from->wall_us,
            .uid = from->uid,
            .pid = from->pid,
        };
        memcpy(act->world_id, entry->world_id, sizeof act->world_id);
        memcpy(act->id, from->id, sizeof act->id);
        memcpy(act->kind, from->kind, sizeof act->kind);
        memcpy(act->user, from->user, sizeof act->user);
        memcpy(act->reason, from->reason, sizeof act->reason);
        upgrade_parameters(from, entry->until, act->parameters);
    }
}

/* Both kinds of act that leave gaps record where these end. */
static bool leaves(const struct upgrade_act *act, const struct store_gap *gap)
{
    if (strcmp(act->kind, "gap") == 0)
        return upgrade_end(act).s == gap->until.s;
    return strcmp(act->kind, "resume") == 0 && act->value == 1 && act->at == gap->until.s &&
           (act->stream[0] == '\0' || strcmp(act->stream, gap->stream) == 0);
}

/* If none of these left it: the last one up to its end. */
static int64_t seq_of_gap(const struct conversion *conversion, const struct store_gap *gap)
{
    int64_t seq = 0;
    for (size_t i = 0; i < conversion->count; i++) {
        const struct entry *entry = &conversion->entries[i];
        if (entry->ours && leaves(&entry->act, gap))
            return (int64_t)i + 1;
        if (entry->ours && entry->act.at <= gap->until.s)
            seq = (int64_t)i + 1;
    }
    return seq;
}

static void make_gaps(const struct conversion *conversion, struct store_description *to)
{
    to->gap_count = conversion->rows->counts[UPGRADE_GAPS];
    to->gaps = MEM_ARRAY(struct store_gap, to->gap_count);
    for (size_t i = 0; i < to->gap_count; i++) {
        to->gaps[i] = conversion->rows->gaps[i];
        to->gaps[i].seq = seq_of_gap(conversion, &to->gaps[i]);
    }
}

static int check(const struct upgrade_rows *rows, struct conversion *conversion,
                 struct fault *fault)
{
    conversion->world_id = find_pair(rows, "id");
    if (conversion->world_id == NULL || conversion->world_id[0] == '\0' ||
        strlen(conversion->world_id) >= STORE_NAME_MAX)
        return fault_set(fault, -EUCLEAN, SCHEMA_WORLD " does not say the world's id");
    if (rows->counts[UPGRADE_STREAMS] == 0 || rows->counts[UPGRADE_STREAMS] > STORE_STREAMS_MAX)
        return fault_set(fault, -EUCLEAN, SCHEMA_STREAM " has %zu rows",
                         rows->counts[UPGRADE_STREAMS]);
    return read_clock(rows, &conversion->clock, fault);
}

int upgrade_convert(const struct upgrade_rows *rows, struct store_description *ret,
                    struct fault *fault)
{
    struct conversion conversion = {.rows = rows};
    struct store_description made = {0};
    int rc = check(rows, &conversion, fault);
    if (rc != 0)
        return rc;
    (void)snprintf(made.world_id, sizeof made.world_id, "%.39s", conversion.world_id);
    order_acts(&conversion);
    for (size_t i = 0; i < rows->counts[UPGRADE_STREAMS]; i++) {
        settle_tempo(&conversion, &rows->streams[i]);
        settle_enabled(&conversion, &rows->streams[i]);
    }
    make_pairs(rows, &made);
    make_streams(&conversion, &made);
    make_acts(&conversion, &made);
    make_gaps(&conversion, &made);
    free(conversion.entries);
    *ret = made;
    return 0;
}

bool upgrade_replaces(const char *table)
{
    return strcmp(table, SCHEMA_STATUS) != 0;
}
