#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/heap.h"
#include "simulation/memory_parts.h"

/* Room for one more at the end of a list. */
static void *room_for(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    *room = *room > 0 ? *room * 2 : 32;
    return heap_grow_common(items, *room, size);
}

/* --- as a whole --- */

static void table_clear(struct memory_table *table)
{
    table->there = false;
    table->count = 0;
}

void memory_side_clear(struct memory_side *side)
{
    side->there = false;
    side->world_id[0] = '\0';
    side->stream_count = side->pair_count = side->act_count = side->gap_count = 0;
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        table_clear(&side->tables[i]);
    table_clear(&side->status);
    table_clear(&side->changes);
}

void memory_side_done(struct memory_side *side)
{
    free(side->pairs);
    free(side->acts);
    free(side->gaps);
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        free(side->tables[i].rows);
    free(side->status.rows);
    free(side->changes.rows);
    *side = (struct memory_side){0};
}

static void *list_copy(void *to, size_t *to_room, const void *from, size_t count, size_t size)
{
    if (count > *to_room) {
        to = heap_grow_common(to, count, size);
        *to_room = count;
    }
    if (count > 0)
        memcpy(to, from, count * size);
    return to;
}

static void table_copy(struct memory_table *to, const struct memory_table *from)
{
    to->there = from->there;
    to->made_s = from->made_s;
    to->rows = list_copy((void *)to->rows, &to->room, (const void *)from->rows, from->count,
                         sizeof(struct memory_row *));
    to->count = from->count;
}

static void copy_streams(struct memory_side *to, const struct memory_side *from)
{
    memcpy(to->streams, from->streams, sizeof to->streams);
    to->stream_count = from->stream_count;
}

static void copy_acts(struct memory_side *to, const struct memory_side *from)
{
    to->acts = list_copy(to->acts, &to->act_room, from->acts, from->act_count, sizeof to->acts[0]);
    to->act_count = from->act_count;
    to->gaps = list_copy(to->gaps, &to->gap_room, from->gaps, from->gap_count, sizeof to->gaps[0]);
    to->gap_count = from->gap_count;
}

static void copy_pairs(struct memory_side *to, const struct memory_side *from)
{
    to->pairs =
        list_copy(to->pairs, &to->pair_room, from->pairs, from->pair_count, sizeof to->pairs[0]);
    to->pair_count = from->pair_count;
}

void memory_side_copy_part(struct memory_side *to, const struct memory_side *from, unsigned part)
{
    if (part == MEMORY_PART_ACTS)
        copy_acts(to, from);
    else if (part == MEMORY_PART_CHANGES)
        table_copy(&to->changes, &from->changes);
    else if (part == MEMORY_PART_STATUS)
        table_copy(&to->status, &from->status);
    else if (part == MEMORY_PART_STREAMS)
        copy_streams(to, from);
    else if (part == MEMORY_PART_WORLD)
        copy_pairs(to, from);
    else
        table_copy(&to->tables[part - MEMORY_OWN_PARTS], &from->tables[part - MEMORY_OWN_PARTS]);
}

void memory_side_copy(struct memory_side *to, const struct memory_side *from)
{
    to->there = from->there;
    memcpy(to->world_id, from->world_id, sizeof to->world_id);
    to->made_s = from->made_s;
    for (unsigned part = 0; part < MEMORY_PARTS; part++)
        memory_side_copy_part(to, from, part);
}

void memory_side_move(struct memory_side *to, struct memory_side *from)
{
    struct memory_side kept = *to;
    *to = *from;
    *from = kept;
    memory_side_clear(from);
}

/* --- pairs, acts, gaps --- */

static void put_pair(struct memory_side *side, const struct store_pair *pair)
{
    size_t at = 0;
    while (at < side->pair_count && strcmp(side->pairs[at].name, pair->name) < 0)
        at++;
    if (at == side->pair_count || strcmp(side->pairs[at].name, pair->name) != 0) {
        side->pairs = room_for(side->pairs, side->pair_count, &side->pair_room, sizeof *pair);
        memmove(side->pairs + at + 1, side->pairs + at, (side->pair_count - at) * sizeof *pair);
        side->pair_count++;
    }
    side->pairs[at] = *pair;
}

void memory_side_put_pairs(struct memory_side *side, const struct store_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_pair(side, &pairs[i]);
}

static void add_act(struct memory_side *side, const struct store_act *act, int64_t seq)
{
    size_t at = side->act_count;
    side->acts = room_for(side->acts, side->act_count, &side->act_room, sizeof *act);
    while (at > 0 && side->acts[at - 1].seq > seq)
        at--;
    memmove(side->acts + at + 1, side->acts + at, (side->act_count - at) * sizeof *act);
    side->acts[at] = *act;
    side->acts[at].seq = seq;
    side->act_count++;
}

bool memory_side_has_act(const struct memory_side *side, const char *id, int64_t *ret_seq)
{
    for (size_t i = side->act_count; i > 0; i--) {
        if (strcmp(side->acts[i - 1].id, id) != 0)
            continue;
        if (ret_seq != NULL)
            *ret_seq = side->acts[i - 1].seq;
        return true;
    }
    return false;
}

static int compare_gaps(const struct store_gap *a, const struct store_gap *b)
{
    if (a->from.s != b->from.s)
        return a->from.s < b->from.s ? -1 : 1;
    int order = strcmp(a->stream, b->stream);
    if (order != 0)
        return order;
    return a->until.s < b->until.s ? -1 : a->until.s > b->until.s;
}

static void put_gap(struct memory_side *side, const struct store_gap *gap, int64_t seq)
{
    size_t at = 0;
    while (at < side->gap_count && compare_gaps(&side->gaps[at], gap) < 0)
        at++;
    if (at == side->gap_count || compare_gaps(&side->gaps[at], gap) != 0) {
        side->gaps = room_for(side->gaps, side->gap_count, &side->gap_room, sizeof *gap);
        memmove(side->gaps + at + 1, side->gaps + at, (side->gap_count - at) * sizeof *gap);
        side->gap_count++;
    }
    side->gaps[at] = *gap;
    side->gaps[at].seq = seq;
}

/* --- the description --- */

void memory_side_describe(struct memory_side *side, const struct store_description *description,
                          int64_t now_s)
{
    struct store_pair id = {.name = "id"};
    memory_side_clear(side);
    side->there = true;
    side->made_s = now_s;
    side->status.there = side->changes.there = true;
    for (size_t i = 0; i < SCHEMA_TABLES; i++) {
        side->tables[i].there = true;
        side->tables[i].made_s = now_s;
    }
    memcpy(side->world_id, description->world_id, sizeof side->world_id);
    memcpy(id.value, description->world_id, sizeof description->world_id);
    memory_side_put_pairs(side, description->pairs, description->pair_count);
    memory_side_put_pairs(side, &id, 1);
    memcpy(side->streams, description->streams, sizeof side->streams);
    side->stream_count = description->stream_count;
    for (size_t i = 0; i < description->act_count; i++)
        add_act(side, &description->acts[i], description->acts[i].seq);
    for (size_t i = 0; i < description->gap_count; i++)
        put_gap(side, &description->gaps[i], description->gaps[i].seq);
}

void memory_side_load(const struct memory_side *side, struct store_description *ret)
{
    *ret = (struct store_description){
        .pair_count = side->pair_count,
        .stream_count = side->stream_count,
        .act_count = side->act_count,
        .gap_count = side->gap_count,
    };
    memcpy(ret->world_id, side->world_id, sizeof ret->world_id);
    memcpy(ret->streams, side->streams, side->stream_count * sizeof side->streams[0]);
    ret->pairs = MEM_ARRAY(struct store_pair, side->pair_count);
    ret->acts = MEM_ARRAY(struct store_act, side->act_count);
    ret->gaps = MEM_ARRAY(struct store_gap, side->gap_count);
    for (size_t i = 0; i < side->pair_count; i++)
        ret->pairs[i] = side->pairs[i];
    for (size_t i = 0; i < side->act_count; i++)
        ret->acts[i] = side->acts[i];
    for (size_t i = 0; i < side->gap_count; i++)
        ret->gaps[i] = side->gaps[i];
}

struct store_stream *memory_side_stream(struct memory_side *side, const char *name)
{
    for (size_t i = 0; i < side->stream_count; i++)
        if (strcmp(side->streams[i].name, name) == 0)
            return &side->streams[i];
    return NULL;
}

bool memory_side_is(const struct memory_side *side, const char *world_id, int64_t generation)
{
    bool is = side->there && side->stream_count > 0 && strcmp(side->world_id, world_id) == 0;
    for (size_t i = 0; is && i < side->stream_count; i++)
        is = side->streams[i].generation == generation;
    return is;
}

bool memory_side_is_behind(struct memory_side *side, const struct store_amendment *amendment)
{
    for (size_t i = 0; i < amendment->stream_count; i++) {
        const struct store_stream *stream = memory_side_stream(side, amendment->streams[i].name);
        if (stream == NULL || stream->watermark.s > amendment->streams[i].watermark.s)
            return true;
    }
    return false;
}

static void amend_streams(struct memory_side *side, const struct store_amendment *amendment)
{
    for (size_t i = 0; i < side->stream_count; i++)
        side->streams[i].generation = amendment->next_generation;
    for (size_t i = 0; i < amendment->stream_count; i++) {
        const struct store_stream *from = &amendment->streams[i];
        struct store_stream *to = memory_side_stream(side, from->name);
        to->not_before = from->not_before;
        to->paused = from->paused;
        to->paused_at = from->paused_at;
        to->paused_wall_us = from->paused_wall_us;
        to->resumes_wall_us = from->resumes_wall_us;
        memcpy(to->paused_by, from->paused_by, sizeof to->paused_by);
        memcpy(to->reason, from->reason, sizeof to->reason);
    }
}

/* The gaps are those that the first of the acts left. */
void memory_side_amend(struct memory_side *side, const struct store_amendment *amendment)
{
    int64_t last = side->act_count > 0 ? side->acts[side->act_count - 1].seq : 0;
    int64_t first = last;
    amend_streams(side, amendment);
    memory_side_put_pairs(side, amendment->pairs, amendment->pair_count);
    for (size_t i = 0; i < amendment->act_count; i++) {
        int64_t seq = 0;
        if (!memory_side_has_act(side, amendment->acts[i].id, &seq))
            add_act(side, &amendment->acts[i], seq = ++last);
        first = i == 0 ? seq : first;
    }
    for (size_t i = 0; i < amendment->gap_count; i++)
        put_gap(side, &amendment->gaps[i], first);
}
