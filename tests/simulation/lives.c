#include "simulation/lives.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/mem.h"
#include "world/stream.h"

#define DAY INT64_C(86400)

/* A person as the last update left them. */
struct life {
    char texts[CHANGE_GROUPS][CHANGE_GROUP_MAX][16];
    struct cell values[CHANGE_GROUPS][CHANGE_GROUP_MAX];
    int64_t at;
};

static uint64_t hash_of(const struct cell *key)
{
    uint64_t hash = CHECKSUM_START;
    for (unsigned i = 0; i < key->length; i++)
        hash = checksum_byte(hash, (unsigned char)key->text[i]);
    return hash;
}

/* Some of them stay as they are. */
static void change_life(struct life *life, enum change_group group, unsigned step)
{
    static const char *const works[] = {"Full-time", "Unemployed", "Part-time"};
    struct cell *values = life->values[group];
    char(*texts)[16] = life->texts[group];
    if (group == CUSTOMER_GROUP_WORK) {
        values[0] = cell_text(works[step / 2 % 3]);
        values[1] =
            (struct cell){.kind = CELL_DECIMAL, .scale = 2, .number = 3000000 + 1000 * step};
        return;
    }
    (void)snprintf(texts[0], sizeof texts[0], "%u Side St", step);
    (void)snprintf(texts[1], sizeof texts[1], "Town %u", step / 4);
    (void)snprintf(texts[2], sizeof texts[2], "TX");
    (void)snprintf(texts[3], sizeof texts[3], "%05u", step);
    (void)snprintf(texts[4], sizeof texts[4], "(555) 010-%04u", step % 10000);
    for (unsigned i = 0; i < CHANGE_GROUP_MAX; i++)
        values[i] = cell_text(texts[i]);
}

static void add_update(struct change_list *list, struct life *life, const struct cell *key,
                       enum change_group group, unsigned step)
{
    const unsigned count = change_groups[group].count;
    struct change change = {
        .kind = CHANGE_UPDATE, .group = group, .at = life->at, .count = 1 + 2 * count};
    const struct life before = *life;
    change.cells[0] = *key;
    memcpy(&change.cells[1], before.values[group], count * sizeof change.cells[0]);
    for (unsigned i = 0; i < count; i++) /* the texts are about to be others */
        if (life->values[group][i].kind == CELL_TEXT &&
            life->values[group][i].text == life->texts[group][i])
            change.cells[1 + i].text = before.texts[group][i];
    change_life(life, group, step);
    memcpy(&change.cells[1 + count], life->values[group], count * sizeof change.cells[0]);
    change_list_add(list, &change);
}

static void add_life(struct world *world, const struct change *born, world_time to,
                     struct change_list *list)
{
    struct life life = {.at = born->at};
    const uint64_t hash = hash_of(&born->cells[0]);
    const int64_t period = (int64_t)(hash % 40 + 2) * DAY + (int64_t)(hash / 64 % 80000);
    for (unsigned group = 0; group < CHANGE_GROUPS; group++)
        for (unsigned i = 0; i < change_groups[group].count; i++)
            life.values[group][i] = born->cells[change_groups[group].columns[i].place];
    for (unsigned step = 1;; step++) {
        const world_time due = {born->at + step * period};
        const world_time moved =
            world_before(to, due) ? due : world_move_time(world, STREAM_CUSTOMERS, due);
        life.at = moved.s > life.at ? moved.s : life.at + 1;
        if (life.at > to.s)
            return;
        add_update(list, &life, &born->cells[0], (enum change_group)((hash + step) % CHANGE_GROUPS),
                   step);
    }
}

/* The model's own updates give way to these. */
static int gather_born(void *list, const struct change *change)
{
    return change->kind == CHANGE_INSERT ? change_list_gather(list, change) : 0;
}

static int compare(const void *a, const void *b)
{
    const struct change *one = *(const struct change *const *)a;
    const struct change *other = *(const struct change *const *)b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    int order = strncmp(one->cells[0].text, other->cells[0].text, one->cells[0].length);
    return order != 0 ? order : (int)one->kind - (int)other->kind;
}

static int give(const struct change_list *list, world_time from, world_time to, size_t limit,
                world_sink *sink, void *context, world_time *ret_reached)
{
    const struct change **sorted = MEM_ARRAY(const struct change *, list->count + 1);
    size_t given = 0;
    int64_t last = from.s;
    int rc = 0;
    for (size_t i = 0; i < list->count; i++)
        sorted[i] = &list->items[i];
    qsort((void *)sorted, list->count, sizeof(void *), compare);
    world_time reached = to;
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        if (sorted[i]->at <= from.s)
            continue;
        if (limit > 0 && given >= limit && sorted[i]->at > last) {
            reached.s = last;
            break;
        }
        rc = sink(context, sorted[i]);
        given++;
        last = sorted[i]->at;
    }
    free((void *)sorted);
    if (rc == 0)
        *ret_reached = reached;
    return rc;
}

int lives_changes(lives_customers *customers, struct world *world, world_time from, world_time to,
                  size_t limit, world_sink *sink, void *context, world_time *ret_reached)
{
    struct change_list list = {0};
    const world_time last = world_earlier(to, WORLD_TIME_LAST);
    world_time reached;
    int rc =
        customers(world, STREAM_CUSTOMERS, WORLD_TIME_FIRST, last, 0, gather_born, &list, &reached);
    const size_t people = list.count;
    for (size_t i = 0; i < people && rc == 0; i++) {
        const struct change born = list.items[i];
        add_life(world, &born, last, &list);
    }
    if (rc == 0)
        rc = give(&list, from, to, limit, sink, context, ret_reached);
    change_list_done(&list);
    return rc;
}
