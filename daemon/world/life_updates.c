#include "world/life_updates.h"

#include <stdlib.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "world/customers.h"

#define DAY        86400
#define NO_DAY     INT64_MIN
#define MONTH_DAYS 31

struct list {
    struct life_update *items;
    size_t count, room;
};

struct life_updates {
    struct world *world;
    struct life *life;
    struct life_homes *homes;
    int64_t from, to;   /* what was asked for */
    int64_t due;        /* steps at or after it are still to be looked at */
    struct list day;    /* the steps of one day that change something, by when they are due */
    int64_t listed;     /* which day of lives that is */
    size_t next;        /* of the day */
    struct list held;   /* by the gap that is looked through */
    int64_t held_until; /* its end */
    size_t given; /* of those held: all of them are to be given where it is below their count */
    bool giving;
    int month; /* while a day is listed */
    enum life_kind kind;
};

struct life_updates *life_updates_new(struct world *world, struct life *life,
                                      struct life_homes *homes)
{
    struct life_updates *updates = MEM_NEW(struct life_updates);
    updates->world = world;
    updates->life = life;
    updates->homes = homes;
    updates->listed = NO_DAY;
    return updates;
}

void life_updates_free(struct life_updates *updates)
{
    if (!updates)
        return;
    free(updates->day.items);
    free(updates->held.items);
    free(updates);
}

void life_updates_forget(struct life_updates *updates)
{
    updates->listed = NO_DAY;
}

static void push(struct list *list, const struct life_update *update)
{
    if (!list->items || list->count == list->room) {
        list->room = list->room ? 2 * list->room : 256;
        list->items = mem_grow(list->items, list->room, sizeof *list->items);
    }
    list->items[list->count++] = *update;
}

static int by_customer(const struct life_update *a, const struct life_update *b)
{
    if (a->customer != b->customer)
        return a->customer < b->customer ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

static int in_order(const void *a, const void *b)
{
    const struct life_update *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return by_customer(x, y);
}

static void look(void *context, uint64_t customer)
{
    struct life_updates *updates = context;
    struct life_job before, after;
    struct home from, to;
    bool changes = updates->kind == LIFE_WORK
                       ? life_job_changes(updates->life, customer, updates->month, &before, &after)
                       : life_home_changes(updates->homes, customer, updates->month, &from, &to);
    if (!changes)
        return;
    struct life_update update = {
        .at = life_step_at(updates->life, updates->kind, customer, updates->month).s,
        .customer = (uint32_t)customer,
        .kind = (uint8_t)updates->kind,
        .first = (int16_t)updates->month,
        .last = (int16_t)updates->month,
    };
    push(&updates->day, &update);
}

/* Only who was there when the month began has a step in it. */
static void list_day(struct life_updates *updates, int64_t day)
{
    struct civil_date date = civil_from_days(day);
    updates->day.count = 0;
    updates->listed = day;
    updates->month = date.year * 12 + date.month - 1;
    if (updates->month < life_first_month(updates->life) || date.day > LIFE_DAYS)
        return;
    world_time begin = life_month_begin(updates->life, updates->month);
    uint64_t people = customers_at(updates->world, world_plus(begin, -1));
    for (unsigned kind = 0; kind < LIFE_KINDS; kind++) {
        updates->kind = (enum life_kind)kind;
        life_steps_of_day(updates->life, updates->kind, updates->month, (unsigned)date.day - 1,
                          people, look, updates);
    }
    if (updates->day.count > 1)
        qsort(updates->day.items, updates->day.count, sizeof *updates->day.items, in_order);
}

/* The first instant after which what is due is noted after `at`. */
static int64_t held_since(const struct world *world, int64_t at)
{
    int64_t low = WORLD_TIME_FIRST.s, high = at + 1;
    if (world_move_time(world, STREAM_CUSTOMERS, (world_time){at}).s == at)
        return high;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (world_move_time(world, STREAM_CUSTOMERS, (world_time){middle}).s > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void life_updates_begin(struct life_updates *updates, world_time from, world_time to)
{
    int64_t start = life_month_begin(updates->life, life_first_month(updates->life)).s;
    int64_t due = held_since(updates->world, from.s);
    updates->from = from.s;
    updates->to = to.s;
    updates->due = due > start ? due : start;
    updates->held.count = 0;
    updates->given = 0;
    updates->giving = false;
    updates->next = 0;
    if (updates->due > to.s ||
        world_move_time(updates->world, STREAM_CUSTOMERS, (world_time){updates->due}).s > to.s)
        updates->due = INT64_MAX;
}

static int64_t day_at(const struct life_updates *updates, int64_t at)
{
    int month = life_month_at(updates->life, (world_time){at});
    int64_t begin = life_month_begin(updates->life, month).s;
    return civil_days((struct civil_date){month / 12, month % 12 + 1, 1}) + (at - begin) / DAY;
}

/* The next step that changes something and is due by the end, NULL: there is none. */
static const struct life_update *next_due(struct life_updates *updates)
{
    while (updates->due <= updates->to) {
        int64_t day = day_at(updates, updates->due);
        if (updates->listed != day) {
            list_day(updates, day);
            updates->next = 0;
        }
        while (updates->next < updates->day.count) {
            const struct life_update *update = &updates->day.items[updates->next];
            if (update->at > updates->to)
                return NULL;
            updates->next++;
            if (update->at >= updates->due)
                return update;
        }
        int month = life_month_at(updates->life, (world_time){updates->due});
        int64_t since = life_month_begin(updates->life, month).s;
        updates->due = since + ((updates->due - since) / DAY + 1) * DAY;
        updates->next = 0;
    }
    return NULL;
}

/* Several steps of a kind that one gap held are noted as one. */
static void join_held(struct life_updates *updates)
{
    struct list *held = &updates->held;
    size_t joined = 0;
    for (size_t i = 0; i < held->count; i++)
        held->items[i].at = updates->held_until;
    if (held->count > 1)
        qsort(held->items, held->count, sizeof *held->items, in_order);
    for (size_t i = 0; i < held->count; i++) {
        struct life_update *last = joined > 0 ? &held->items[joined - 1] : NULL;
        if (last && last->customer == held->items[i].customer && last->kind == held->items[i].kind)
            last->last = held->items[i].last;
        else
            held->items[joined++] = held->items[i];
    }
    held->count = joined;
    updates->given = 0;
    updates->giving = true;
}

static const struct life_update *give_held(struct life_updates *updates)
{
    if (updates->given < updates->held.count)
        return &updates->held.items[updates->given++];
    updates->held.count = 0;
    updates->giving = false;
    return NULL;
}

const struct life_update *life_updates_next(struct life_updates *updates)
{
    for (;;) {
        const struct life_update *update = updates->giving ? give_held(updates) : NULL;
        if (update)
            return update;
        update = next_due(updates);
        if (!update) {
            if (updates->held.count == 0 || updates->held_until > updates->to)
                return NULL;
            join_held(updates);
            continue;
        }
        int64_t at = world_move_time(updates->world, STREAM_CUSTOMERS, (world_time){update->at}).s;
        if (updates->held.count > 0 && at != updates->held_until) {
            updates->next--;
            join_held(updates);
            continue;
        }
        /* One that is due at the end itself is joined with those that were held until then. */
        if (at == update->at && updates->held.count == 0)
            return update;
        updates->held_until = at;
        push(&updates->held, update);
    }
}
