#include "audit/model_rows.h"

#include <string.h>

#define CHUNK 4000

void model_rows_begin(struct model_rows *rows, struct world *world, enum stream_id stream,
                      world_time to)
{
    *rows =
        (struct model_rows){.world = world, .stream = stream, .from = WORLD_TIME_FIRST, .to = to};
}

static bool read_more(struct model_rows *rows)
{
    change_list_clear(&rows->changes);
    rows->at = 0;
    world_time reached = rows->to;
    if (world_changes(rows->world, rows->stream, rows->from, rows->to, CHUNK, change_list_gather,
                      &rows->changes, &reached) < 0)
        return false;
    rows->from = reached;
    rows->read_all = !world_before(reached, rows->to);
    return true;
}

const struct change *model_rows_next(struct model_rows *rows, bool *ret_failed)
{
    for (;;) {
        while (rows->at < rows->changes.count) {
            const struct change *change = &rows->changes.items[rows->at++];
            if (change->kind == CHANGE_INSERT)
                return change;
        }
        if (rows->read_all || !world_before(rows->from, rows->to))
            return NULL;
        if (!read_more(rows)) {
            *ret_failed = true;
            return NULL;
        }
    }
}

void model_rows_done(struct model_rows *rows)
{
    change_list_done(&rows->changes);
}

static void put_word(struct key_entry *entry, const struct cell *cell)
{
    size_t length = cell->length < sizeof entry->word - 1 ? cell->length : sizeof entry->word - 1;
    memcpy(entry->word, cell->text, length);
    entry->word[length] = '\0';
}

static int note_status(void *context, const struct change *change)
{
    const struct cell *key = &change->cells[0];
    struct key_index *index = context;
    if (change->kind == CHANGE_INSERT) {
        (void)key_index_add(index, key->text, key->length, change->at);
        return 0;
    }
    struct key_entry *entry =
        change->kind == CHANGE_MOVE ? key_index_find(index, key->text, key->length) : NULL;
    if (entry != NULL)
        put_word(entry, &change->cells[2]);
    return 0;
}

int model_rows_statuses(struct world *world, world_time to, struct key_index *index)
{
    world_time reached;
    return world_changes(world, STREAM_LOAN_APPLICATIONS, WORLD_TIME_FIRST, to, 0, note_status,
                         index, &reached);
}
