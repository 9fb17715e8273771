#include "engine/expected.h"

#include <string.h>

#define CHUNK 4000

void expected_begin(struct expected *expected, struct world *world, enum stream_id stream,
                    world_time to)
{
    *expected =
        (struct expected){.world = world, .stream = stream, .from = WORLD_TIME_FIRST, .to = to};
}

static bool read_more(struct expected *expected)
{
    change_list_clear(&expected->changes);
    expected->at = 0;
    world_time reached = expected->to;
    if (world_changes(expected->world, expected->stream, expected->from, expected->to, CHUNK,
                      change_list_gather, &expected->changes, &reached) < 0)
        return false;
    expected->from = reached;
    expected->read_all = !world_before(reached, expected->to);
    return true;
}

const struct change *expected_next(struct expected *expected, bool *ret_failed)
{
    for (;;) {
        while (expected->at < expected->changes.count) {
            const struct change *change = &expected->changes.items[expected->at++];
            if (change->kind == CHANGE_INSERT)
                return change;
        }
        if (expected->read_all || !world_before(expected->from, expected->to))
            return NULL;
        if (!read_more(expected)) {
            *ret_failed = true;
            return NULL;
        }
    }
}

void expected_done(struct expected *expected)
{
    change_list_done(&expected->changes);
}

static void put_word(struct roster_entry *entry, const struct cell *cell)
{
    size_t length = cell->length < sizeof entry->word - 1 ? cell->length : sizeof entry->word - 1;
    memcpy(entry->word, cell->text, length);
    entry->word[length] = '\0';
}

static int note_status(void *context, const struct change *change)
{
    const struct cell *key = &change->cells[0];
    struct roster *roster = context;
    if (change->kind == CHANGE_INSERT) {
        (void)roster_add(roster, key->text, key->length, change->at);
        return 0;
    }
    struct roster_entry *entry = roster_find(roster, key->text, key->length);
    if (entry != NULL)
        put_word(entry, &change->cells[2]);
    return 0;
}

int expected_statuses(struct world *world, world_time to, struct roster *roster)
{
    world_time reached;
    return world_changes(world, STREAM_LOAN_APPLICATIONS, WORLD_TIME_FIRST, to, 0, note_status,
                         roster, &reached);
}
