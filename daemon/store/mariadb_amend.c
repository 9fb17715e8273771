#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

int maria_has_act(struct maria *maria, const char *id, bool *ret, struct fault *fault)
{
    char found[24];
    struct cell cell = maria_cell_text(id);
    return maria_find(maria, sql_text(SQL_ACT_SEQ, SQL_LIVE), &cell, 1, found, sizeof found, ret,
                      fault);
}

static int put_pairs(struct maria *maria, enum sql_side side, const struct store_pair *pairs,
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
                   int64_t seq, struct fault *fault)
{
    struct cell cells[] = {
        maria_cell_number(seq),           maria_cell_text(act->world_id),
        maria_cell_text(act->id),         maria_cell_text(act->kind),
        maria_cell_number(act->at.s),     maria_cell_number(act->wall_us),
        maria_cell_text(act->parameters), maria_cell_number(act->uid),
        maria_cell_number(act->pid),      maria_cell_text(act->user),
        maria_cell_text(act->reason),
    };
    return maria_do(maria, sql_text(SQL_ACT_ADD, side), cells, sizeof cells / sizeof *cells, fault);
}

static int put_gap(struct maria *maria, enum sql_side side, const struct store_gap *gap,
                   int64_t seq, struct fault *fault)
{
    struct cell cells[] = {maria_cell_text(gap->stream), maria_cell_number(gap->from.s),
                           maria_cell_number(gap->until.s), maria_cell_number(seq)};
    return maria_do(maria, sql_text(SQL_GAP_PUT, side), cells, 4, fault);
}

/* One number, as it is now and not as the transaction's snapshot has it; 0 if there is no row. */
static int current_number(struct maria *maria, enum sql_text text, const struct cell *cells,
                          unsigned count, int64_t *ret, struct fault *fault)
{
    char answer[24] = "";
    char *sql = sql_text(text, SQL_LIVE);
    char *query = mem_format("%s LOCK IN SHARE MODE", sql);
    free(sql);
    int r = maria_value(maria, query, cells, count, answer, sizeof answer, fault);
    if (r == 0 || r == -ENOENT)
        *ret = strtoll(answer, NULL, 10);
    return r == -ENOENT ? 0 : r;
}

/* New acts in turn behind the last one; then the gaps, which the first of them left. The streams'
 * rows, which the transaction has changed, keep other amendments out. */
static int add_acts(struct maria *maria, const struct store_amendment *amendment,
                    struct fault *fault)
{
    int64_t last = 0;
    int r = current_number(maria, SQL_ACT_LAST, NULL, 0, &last, fault);
    int64_t first = last;
    if (r == 0 && amendment->last_seq != 0 && amendment->last_seq != last)
        return fault_set(fault, -ESTALE, "the acts are not those of the state that is known");
    for (size_t i = 0; r == 0 && i < amendment->act_count; i++) {
        const struct store_act *act = &amendment->acts[i];
        struct cell id = maria_cell_text(act->id);
        int64_t seq = 0;
        r = current_number(maria, SQL_ACT_SEQ, &id, 1, &seq, fault);
        if (r == 0 && seq == 0) {
            seq = ++last;
            r = put_act(maria, SQL_LIVE, act, seq, fault);
        }
        first = i == 0 ? seq : first;
    }
    for (size_t i = 0; r == 0 && i < amendment->gap_count; i++)
        r = put_gap(maria, SQL_LIVE, &amendment->gaps[i], first, fault);
    return r;
}

static int change_stream(struct maria *maria, const struct store_stream *stream,
                         struct fault *fault)
{
    struct cell cells[] = {
        maria_cell_number(stream->not_before.s),
        maria_cell_number(stream->paused),
        maria_cell_number(stream->paused_at.s),
        maria_cell_number(stream->paused_wall_us),
        maria_cell_number(stream->resumes_wall_us),
        maria_cell_text(stream->paused_by),
        maria_cell_text(stream->reason),
        maria_cell_text(stream->name),
        maria_cell_number(stream->watermark.s),
    };
    int r = maria_do(maria, sql_text(SQL_STREAM_PUT, SQL_LIVE), cells, sizeof cells / sizeof *cells,
                     fault);
    if (r == 0 && maria_affected(maria) != 1)
        return fault_set(fault, -ESTALE, "another daemon brought %s further", stream->name);
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

/* All streams must be in the generation that the caller knows, and stay there until the transaction
 * ends. */
static int expect_generation(struct maria *maria, const char *world_id, int64_t generation,
                             struct fault *fault)
{
    struct cell cells[2] = {maria_cell_text(world_id), maria_cell_number(generation)};
    int64_t same = 0, others = 0;
    int r = current_number(maria, SQL_STREAM_SAME, cells, 2, &same, fault);
    if (r == 0)
        r = current_number(maria, SQL_STREAM_OTHERS, cells, 2, &others, fault);
    return r == 0 && (same == 0 || others > 0) ? stale(maria, fault) : r;
}

static int change_generation(struct maria *maria, const struct store_amendment *amendment,
                             struct fault *fault)
{
    struct cell cells[3] = {maria_cell_number(amendment->next_generation),
                            maria_cell_text(amendment->world_id),
                            maria_cell_number(amendment->generation)};
    int r = maria_do(maria, sql_text(SQL_STREAM_NEXT, SQL_LIVE), cells, 3, fault);
    if (r != 0)
        return r;
    if (maria_affected(maria) == 0)
        return stale(maria, fault);
    return expect_generation(maria, amendment->world_id, amendment->next_generation, fault);
}

static int amend(struct maria *maria, void *context, struct fault *fault)
{
    const struct store_amendment *amendment = context;
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = change_generation(maria, amendment, fault);
    if (r == 0)
        r = change_streams(maria, amendment, fault);
    if (r == 0)
        r = put_pairs(maria, SQL_LIVE, amendment->pairs, amendment->pair_count, fault);
    if (r == 0)
        r = add_acts(maria, amendment, fault);
    return r == 0 ? maria_check_made(maria, amendment->made, fault) : r;
}

int maria_amend(struct maria *maria, const struct store_amendment *amendment, struct fault *fault)
{
    struct store_amendment copy = *amendment;
    return maria_transaction(maria, amend, &copy, fault);
}

struct note {
    const char *world_id;
    int64_t generation;
    const struct store_pair *pairs;
    size_t count;
};

static int note(struct maria *maria, void *context, struct fault *fault)
{
    const struct note *what = context;
    char id[STORE_NAME_MAX];
    int r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = maria_world_id(maria, SQL_LIVE, id, fault);
    if (r == -ENOENT || (r == 0 && strcmp(id, what->world_id) != 0))
        return stale(maria, fault);
    if (r == 0)
        r = expect_generation(maria, what->world_id, what->generation, fault);
    return r != 0 ? r : put_pairs(maria, SQL_LIVE, what->pairs, what->count, fault);
}

int maria_note(struct maria *maria, const char *world_id, int64_t generation,
               const struct store_pair *pairs, size_t count, struct fault *fault)
{
    struct note what = {world_id, generation, pairs, count};
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
        maria_cell_number(stream->not_before.s),
        maria_cell_number(stream->paused),
        maria_cell_number(stream->paused_at.s),
        maria_cell_number(stream->paused_wall_us),
        maria_cell_number(stream->resumes_wall_us),
        maria_cell_text(stream->paused_by),
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
    int r = put_pairs(maria, SQL_SHADOW, description->pairs, description->pair_count, fault);
    if (r == 0)
        r = put_pairs(maria, SQL_SHADOW, &id, 1, fault);
    for (size_t i = 0; r == 0 && i < description->stream_count; i++)
        r = add_stream(maria, description->world_id, &description->streams[i], fault);
    for (size_t i = 0; r == 0 && i < description->act_count; i++)
        r = put_act(maria, SQL_SHADOW, &description->acts[i], description->acts[i].seq, fault);
    for (size_t i = 0; r == 0 && i < description->gap_count; i++)
        r = put_gap(maria, SQL_SHADOW, &description->gaps[i], description->gaps[i].seq, fault);
    return r;
}
