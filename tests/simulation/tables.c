/* The five tables, the statuses and what changed, against what the model says of the acts and
 * watermarks that the database holds. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/play.h"

struct expected {
    struct change_list list;
    struct change **inserts; /* by key */
    size_t count;
};

static int by_key(const void *a, const void *b)
{
    const struct cell *one = &(*(struct change *const *)a)->cells[0];
    const struct cell *other = &(*(struct change *const *)b)->cells[0];
    size_t least = one->length < other->length ? one->length : other->length;
    int order = memcmp(one->text, other->text, least);
    return order != 0 ? order : one->length - other->length;
}

static struct change *find(const struct expected *expected, const struct cell *key)
{
    struct change wanted = {.cells[0] = *key}, *at = &wanted;
    struct change **found = expected->count > 0 ? bsearch((void *)&at, (void *)expected->inserts,
                                                          expected->count, sizeof(void *), by_key)
                                                : NULL;
    return found != NULL ? *found : NULL;
}

static void sort(struct expected *expected)
{
    expected->inserts = MEM_ARRAY(struct change *, expected->list.count + 1);
    for (size_t i = 0; i < expected->list.count; i++)
        if (expected->list.items[i].kind == CHANGE_INSERT)
            expected->inserts[expected->count++] = &expected->list.items[i];
    qsort((void *)expected->inserts, expected->count, sizeof(void *), by_key);
}

static bool is_touched(const struct play *play, const struct cell *key)
{
    for (size_t i = 0; i < play->touched_count; i++)
        if (strlen(play->touched[i]) == key->length &&
            memcmp(play->touched[i], key->text, key->length) == 0)
            return true;
    return play->all_touched;
}

/* Others had a hand in this row, or in the customer that it refers to. */
static bool is_others(const struct play *play, unsigned stream, const struct cell *cells)
{
    int parent = schema_tables[stream].parent_column;
    return is_touched(play, &cells[0]) ||
           (parent >= 0 && cells[parent].kind == CELL_TEXT && is_touched(play, &cells[parent]));
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == CELL_TEXT)
        return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
    return a->kind == CELL_NULL || a->number == b->number;
}

static int order_of(const struct change *change, const struct memory_row *row)
{
    const struct cell *a = &change->cells[0], *b = &row->cells[0];
    size_t least = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, least);
    return order != 0 ? order : a->length - b->length;
}

static void complain(struct play *play, unsigned stream, const struct cell *key, const char *what)
{
    play_fail(play, "tables", "%s: the row %.*s %s", schema_tables[stream].name, (int)key->length,
              key->text, what);
}

static void compare_row(struct play *play, unsigned stream, const struct change *is_to,
                        const struct memory_row *row)
{
    for (unsigned i = 0; i < row->count; i++)
        if (!same_cell(&is_to->cells[i], &row->cells[i]) &&
            !is_others(play, stream, is_to->cells)) {
            play_fail(play, "tables", "%s.%s of %s is not what the model says",
                      schema_tables[stream].name, schema_tables[stream].columns[i].name,
                      row->cells[0].text);
            return;
        }
}

/* Both in the order of their keys. */
static void compare(struct play *play, unsigned stream, const struct expected *expected)
{
    size_t count = 0, at = 0;
    struct memory_row *const *rows = memory_rows(play->db, schema_tables[stream].name, &count);
    for (size_t i = 0; i < expected->count || at < count;) {
        int order = i == expected->count ? 1
                    : at == count        ? -1
                                         : order_of(expected->inserts[i], rows[at]);
        if (order == 0)
            compare_row(play, stream, expected->inserts[i], rows[at]);
        else if (order < 0 && !is_others(play, stream, expected->inserts[i]->cells))
            complain(play, stream, &expected->inserts[i]->cells[0], "is missing");
        else if (order > 0 && !is_others(play, stream, rows[at]->cells))
            complain(play, stream, &rows[at]->cells[0], "should not be there");
        i += order <= 0;
        at += order >= 0;
    }
}

static void expect_step(struct play *play, const struct cell *key, const struct cell *status,
                        int64_t at)
{
    const struct memory_table *steps = &play->db->sides[SQL_LIVE].status;
    bool found = false;
    size_t place = memory_status_find(steps, key, at, &found);
    if (!found || !same_cell(&steps->rows[place]->cells[1], status))
        play_fail(play, "tables", "%.*s did not become %.*s", (int)key->length, key->text,
                  (int)status->length, status->text);
}

/* The statuses as the model leads them; `expected` has the last ones then. */
static void follow_moves(struct play *play, unsigned stream, struct expected *expected)
{
    int column = schema_tables[stream].status_column;
    size_t steps = 0, there = 0;
    bool others = play->all_touched || play->touched_count > 0;
    for (size_t i = 0; i < expected->list.count; i++) {
        struct change *change = &expected->list.items[i], *row = change;
        const struct cell *status = &change->cells[column];
        if (change->kind == CHANGE_UPDATE)
            continue;
        if (change->kind == CHANGE_MOVE) {
            row = find(expected, &change->cells[0]);
            status = &change->cells[2];
            if (row == NULL) {
                play_fail(play, "model", "a move of a row that is not there");
                return;
            }
        }
        if (status->kind != CELL_TEXT)
            continue;
        steps++;
        if (!others || !is_others(play, stream, row->cells))
            expect_step(play, &change->cells[0], status, change->at);
        if (change->kind == CHANGE_MOVE)
            row->cells[column] = *status;
    }
    (void)memory_rows(play->db, SCHEMA_STATUS, &there);
    if (there != steps && !others)
        play_fail(play, "tables", "%zu steps of status instead of %zu", there, steps);
}

static void expect_change(struct play *play, const struct change *change, unsigned column)
{
    const struct memory_table *changes = &play->db->sides[SQL_LIVE].changes;
    const char *name = change_columns_of(change)->columns[column].name;
    const struct cell is = cell_text(name), *value = &change_after(change)[column];
    char text[CELL_PRINT_MAX + 1];
    bool found = false;
    size_t place = memory_change_find(changes, &change->cells[0], change->at, &is, &found);
    const struct cell *has = found ? &changes->rows[place]->cells[4] : NULL;
    (void)cell_print(value, text);
    if (has == NULL || (has->kind == CELL_NULL) != (value->kind == CELL_NULL) ||
        (has->kind == CELL_TEXT && strcmp(has->text, text) != 0))
        play_fail(play, "tables", "the change of %s of %.*s to %s is not noted", name,
                  (int)change->cells[0].length, change->cells[0].text, text);
}

/* The values as the model changes them; `expected` has the last ones then. */
static void follow_updates(struct play *play, unsigned stream, struct expected *expected)
{
    size_t notes = 0, there = 0;
    bool others = play->all_touched || play->touched_count > 0;
    for (size_t i = 0; i < expected->list.count; i++) {
        const struct change *change = &expected->list.items[i];
        if (change->kind != CHANGE_UPDATE)
            continue;
        struct change *row = find(expected, &change->cells[0]);
        if (row == NULL) {
            play_fail(play, "model", "an update of a row that is not there");
            return;
        }
        for (unsigned j = 0; j < change_columns_of(change)->count; j++) {
            struct cell *cell = &row->cells[change_columns_of(change)->columns[j].place];
            if (!same_cell(cell, &change_before(change)[j]))
                play_fail(play, "model", "an update from a value that is not the last one");
            *cell = change_after(change)[j];
            if (same_cell(&change_before(change)[j], cell))
                continue;
            notes++;
            if (!others || !is_others(play, stream, row->cells))
                expect_change(play, change, j);
        }
    }
    if (stream != STREAM_CUSTOMERS)
        return;
    (void)memory_rows(play->db, SCHEMA_CHANGE, &there);
    if (there != notes && !others)
        play_fail(play, "tables", "%zu changes instead of %zu", there, notes);
}

static void check_stream(struct play *play, struct world *world, unsigned stream)
{
    const struct stream_state *of = &play->sight.state.streams[stream];
    struct expected expected = {0};
    world_time reached;
    if (of->started)
        (void)world_changes(world, (enum stream_id)stream, WORLD_TIME_FIRST, of->watermark, 0,
                            change_list_gather, &expected.list, &reached);
    sort(&expected);
    if (schema_tables[stream].status_column >= 0)
        follow_moves(play, stream, &expected);
    follow_updates(play, stream, &expected);
    compare(play, stream, &expected);
    free((void *)expected.inserts);
    change_list_done(&expected.list);
}

void tables_check(struct play *play)
{
    const struct world_state *state = &play->sight.state;
    struct fault fault = {.text = ""};
    struct zone *zone = NULL;
    struct world *world = NULL;
    size_t count;
    if (!play->sight.has_world || play->checked == play->changes)
        return;
    play->checked = play->changes;
    if (zone_load(state->timezone, &zone, &fault) < 0 ||
        world_new(&state->settings, zone, &world, &fault) < 0) {
        play_fail(play, "model", "%s", fault.text);
        zone_free(zone);
        return;
    }
    const struct world_act *acts = world_state_acts(state, &count);
    world_set_acts(world, acts, count);
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        check_stream(play, world, i);
    world_free(world);
    zone_free(zone);
}
