/* store_sequences_make.h - makes the calls of a random sequence: most of them right, as far as the
 * database in memory shows what would be. */
#ifndef CREDD_TESTS_STORE_SEQUENCES_MAKE_H
#define CREDD_TESTS_STORE_SEQUENCES_MAKE_H

#include "store_sequences.h"

struct maker {
    struct dice dice;
    const struct memory_database *db;
    unsigned worlds, acts;
    char shadow_id[STORE_NAME_MAX]; /* the last world that was begun */
    int64_t shadow_generation;
    bool locked, hindered, file_lock;
};

static inline bool one_in(struct maker *maker, unsigned in)
{
    return dice_chance(&maker->dice, 1, in);
}

static inline const char *one_of(struct maker *maker, const char *const *texts, size_t count)
{
    return texts[dice_below(&maker->dice, count)];
}

static const char *const some_statuses[] = {"Pending", "Under Review", "Approved", "Denied"};

static inline const char *a_key(struct maker *maker, char prefix, char buffer[8])
{
    (void)snprintf(buffer, 8, "%c%02u", prefix, (unsigned)dice_below(&maker->dice, 12));
    return buffer;
}

/* C, F, L, M, H: as the tables' names begin, but for customers and credit. */
static inline char prefix_of(const char *table)
{
    return (char)(strcmp(table, "credit_history") == 0 ? 'H' : table[0] - 'a' + 'A');
}

static inline struct cell a_value(struct maker *maker, const struct schema_column *column)
{
    static const char *const texts[] = {"NY", "", "it", "z"};
    if (one_in(maker, 12))
        return (struct cell){.kind = CELL_NULL};
    switch (column->kind) {
    case CELL_INTEGER: return c_number(CELL_INTEGER, dice_between(&maker->dice, -5, 900), 0);
    case CELL_DECIMAL:
        return c_number(CELL_DECIMAL, dice_between(&maker->dice, -99999, 99999), column->scale);
    case CELL_DATE: return c_number(CELL_DATE, dice_between(&maker->dice, 0, 20000), 0);
    case CELL_TIME: return c_number(CELL_TIME, BASE + dice_between(&maker->dice, 0, 99), 0);
    default: return c_text(one_of(maker, texts, 4));
    }
}

static inline void add_an_insert(struct maker *maker, struct call *call,
                                 const struct schema_table *table)
{
    struct change change = {.kind = CHANGE_INSERT, .count = table->count};
    char key[8], parent[8];
    change.at = BASE + dice_between(&maker->dice, 0, 6);
    for (unsigned i = 1; i < table->count; i++)
        change.cells[i] = a_value(maker, &table->columns[i]);
    change.cells[0] = c_text(a_key(maker, prefix_of(table->name), key));
    if (table->parent_column >= 0)
        change.cells[table->parent_column] = c_text(a_key(maker, 'C', parent));
    if (table->status_column >= 0 && !one_in(maker, 10))
        change.cells[table->status_column] = c_text(one_of(maker, some_statuses, 4));
    change_list_add(&call->changes, &change);
}

static inline void add_a_move(struct maker *maker, struct call *call)
{
    char key[8];
    add_move(&call->changes, a_key(maker, 'L', key), one_of(maker, some_statuses, 4),
             one_of(maker, some_statuses, 4), BASE + dice_between(&maker->dice, 0, 6));
}

/* Of one of the few whom the first world has. */
static inline const char *a_person(struct maker *maker, char buffer[8])
{
    if (one_in(maker, 5))
        return a_key(maker, 'C', buffer);
    (void)snprintf(buffer, 8, "K%02u", (unsigned)dice_below(&maker->dice, 3));
    return buffer;
}

/* Most of them from what the row has. */
static inline void add_an_update(struct maker *maker, struct call *call)
{
    char key[8];
    struct change change = {.kind = CHANGE_UPDATE, .at = BASE + dice_between(&maker->dice, 0, 6)};
    change.group = one_in(maker, 2) ? CUSTOMER_GROUP_PLACE : CUSTOMER_GROUP_WORK;
    const struct change_columns *columns = change_columns_of(&change);
    change.count = 1 + 2 * columns->count;
    change.cells[0] = c_text(a_person(maker, key));
    const struct memory_row *row = memory_row(maker->db, "customers", key);
    bool same = row != NULL && !one_in(maker, 4);
    for (unsigned i = 0; i < columns->count; i++) {
        const unsigned place = columns->columns[i].place;
        struct cell some = a_value(maker, &schema_tables[0].columns[place]);
        change.cells[1 + i] = same ? row->cells[place] : some;
        change.cells[1 + columns->count + i] =
            one_in(maker, 3) ? change.cells[1 + i]
                             : a_value(maker, &schema_tables[0].columns[place]);
    }
    change_list_add(&call->changes, &change);
}

static inline void make_commit(struct maker *maker, struct call *call)
{
    uint64_t place = dice_below(&maker->dice, SCHEMA_TABLES + 2); /* customers thrice as often */
    const struct schema_table *table = &schema_tables[place < SCHEMA_TABLES ? place : 0];
    const struct store_stream *stream = memory_stream(maker->db, table->name);
    uint64_t count = dice_below(&maker->dice, 8);
    call->shadow = one_in(maker, 4);
    (void)snprintf(call->world_id, sizeof call->world_id, "%s",
                   call->shadow ? maker->shadow_id : memory_world_id(maker->db));
    if (one_in(maker, 20))
        (void)snprintf(call->world_id, sizeof call->world_id, "w0");
    call->batch = (struct store_batch){.world_id = call->world_id, .stream = table->name};
    if (!call->shadow && stream != NULL) {
        call->batch.generation = stream->generation;
        call->batch.started = stream->started;
        call->batch.from = stream->watermark;
    } else {
        call->batch.generation = maker->shadow_generation;
        call->batch.started = one_in(maker, 3);
        call->batch.from.s = BASE;
    }
    call->batch.generation += one_in(maker, 15) ? 1 : 0;
    call->batch.from.s -= one_in(maker, 15) ? 1 : 0;
    call->batch.started = one_in(maker, 20) ? !call->batch.started : call->batch.started;
    call->batch.to.s = call->shadow ? BASE : BASE + dice_between(&maker->dice, 0, 50);
    for (uint64_t i = 0; i < count; i++) {
        if (table->status_column >= 0 && one_in(maker, 2))
            add_a_move(maker, call);
        else if (table == &schema_tables[0] && one_in(maker, 2))
            add_an_update(maker, call);
        else
            add_an_insert(maker, call, table);
    }
    call->batch.changes = count > 0 || one_in(maker, 2) ? &call->changes : NULL;
    (void)snprintf(call->text, sizeof call->text,
                   "commit %s %s of %s, generation %lld, %s from %lld to %lld, %zu changes",
                   call->shadow ? "shadow" : "live", call->batch.stream, call->batch.world_id,
                   (long long)call->batch.generation, call->batch.started ? "started" : "new",
                   (long long)call->batch.from.s, (long long)call->batch.to.s, call->changes.count);
}

/* --- the description --- */

static inline int64_t a_generation(struct maker *maker)
{
    return (int64_t)(dice_throw(&maker->dice) >> 1);
}

static inline void make_pairs(struct maker *maker, struct call *call)
{
    static const char *const names[] = {"speed", "heartbeat", "seed", "Speed"};
    call->amendment.pair_count = dice_below(&maker->dice, 4);
    call->amendment.pairs = call->pairs;
    for (size_t i = 0; i < call->amendment.pair_count; i++) {
        char value[24];
        (void)snprintf(value, sizeof value, "%u", (unsigned)dice_below(&maker->dice, 1000));
        call->pairs[i] = a_pair(one_of(maker, names, 4), value);
    }
}

static inline struct store_act an_act_of(struct maker *maker, const char *world_id)
{
    static const char *const kinds[] = {"pause", "tempo", "resume"};
    char id[16];
    bool old = maker->acts > 0 && one_in(maker, 5);
    unsigned number = old ? (unsigned)dice_below(&maker->dice, maker->acts) : maker->acts++;
    (void)snprintf(id, sizeof id, "act-%u", number);
    struct store_act act = an_act(id, one_of(maker, kinds, 3), 1000 + number);
    (void)snprintf(act.world_id, sizeof act.world_id, "%s", world_id);
    (void)snprintf(act.parameters, sizeof act.parameters, "stream=customers factor=%u", number);
    (void)snprintf(act.user, sizeof act.user, "anna");
    (void)snprintf(act.reason, sizeof act.reason, "it's \"why\" \\ %%");
    act.uid = dice_between(&maker->dice, -1, 2);
    act.pid = number;
    return act;
}

static inline struct store_gap a_gap(struct maker *maker)
{
    struct store_gap gap = {.seq = 99};
    (void)snprintf(gap.stream, sizeof gap.stream, "%s",
                   schema_tables[dice_below(&maker->dice, SCHEMA_TABLES)].name);
    gap.from.s = BASE + dice_between(&maker->dice, 0, 3);
    gap.until.s = gap.from.s + dice_between(&maker->dice, 1, 3);
    return gap;
}

static inline struct store_stream a_changed_stream(struct maker *maker)
{
    const char *name = schema_tables[dice_below(&maker->dice, SCHEMA_TABLES)].name;
    const struct store_stream *stream = memory_stream(maker->db, name);
    struct store_stream changed = {.generation = 5, .rows = 77, .skipped = 78, .started = true};
    (void)snprintf(changed.name, sizeof changed.name, "%s", one_in(maker, 25) ? "none" : name);
    changed.watermark.s = stream != NULL ? stream->watermark.s : 0;
    changed.watermark.s += dice_between(&maker->dice, one_in(maker, 10) ? -1 : 0, 1);
    changed.not_before.s = dice_between(&maker->dice, 0, BASE);
    changed.paused = one_in(maker, 2);
    changed.paused_at.s = dice_between(&maker->dice, 0, BASE);
    changed.paused_wall_us = dice_between(&maker->dice, 0, 99);
    changed.resumes_wall_us = dice_between(&maker->dice, 0, INT64_C(4102444800000000));
    (void)snprintf(changed.paused_by, sizeof changed.paused_by, "act-%u", maker->acts);
    (void)snprintf(changed.reason, sizeof changed.reason, "%s", one_in(maker, 2) ? "demo" : "");
    return changed;
}

static inline void make_amendment(struct maker *maker, struct call *call, const char *name)
{
    struct store_amendment *a = &call->amendment;
    const struct store_stream *first = memory_stream(maker->db, "customers");
    (void)snprintf(call->world_id, sizeof call->world_id, "%s",
                   one_in(maker, 12) ? "w0" : memory_world_id(maker->db));
    a->world_id = call->world_id;
    a->generation = (first != NULL ? first->generation : 1) + (one_in(maker, 10) ? 1 : 0);
    a->next_generation = a_generation(maker);
    make_pairs(maker, call);
    a->streams = call->streams;
    a->acts = call->acts;
    a->gaps = call->gaps;
    a->stream_count = dice_below(&maker->dice, 4);
    a->act_count = dice_below(&maker->dice, 4);
    a->gap_count = dice_below(&maker->dice, 3);
    for (size_t i = 0; i < a->stream_count; i++)
        call->streams[i] = a_changed_stream(maker);
    for (size_t i = 0; i < a->act_count; i++)
        call->acts[i] = an_act_of(maker, call->world_id);
    for (size_t i = 0; i < a->gap_count; i++)
        call->gaps[i] = a_gap(maker);
    (void)snprintf(call->text, sizeof call->text,
                   "%s %s generation %lld: %zu pairs, %zu streams, %zu acts, %zu gaps", name,
                   a->world_id, (long long)a->generation, a->pair_count, a->stream_count,
                   a->act_count, a->gap_count);
}

/* Some of the acts of the world before are carried along. */
static inline void make_world(struct maker *maker, struct call *call)
{
    struct store_description *world = &call->world;
    size_t count = 0;
    const struct store_act *acts = memory_acts(maker->db, &count);
    (void)snprintf(maker->shadow_id, sizeof maker->shadow_id, "w%u", ++maker->worlds);
    *world = a_world(maker->shadow_id);
    maker->shadow_generation = a_generation(maker);
    for (size_t i = 0; i < world->stream_count; i++) {
        world->streams[i].generation = maker->shadow_generation;
        world->streams[i].not_before.s = dice_between(&maker->dice, 0, BASE);
    }
    world->acts = MEM_ARRAY(struct store_act, count);
    world->act_count = count > 0 ? dice_below(&maker->dice, count + 1) : 0;
    for (size_t i = 0; i < world->act_count; i++)
        world->acts[i] = acts[i];
    world->gaps = MEM_ARRAY(struct store_gap, 1);
    world->gap_count = dice_below(&maker->dice, 2);
    world->gaps[0] = a_gap(maker);
    (void)snprintf(call->text, sizeof call->text, "shadow_begin %s generation %lld",
                   world->world_id, (long long)maker->shadow_generation);
}

/* --- the rest --- */

static inline void make_swap(struct maker *maker, struct call *call)
{
    (void)snprintf(call->world_id, sizeof call->world_id, "%s",
                   one_in(maker, 8) ? "w0" : memory_world_id(maker->db));
    (void)snprintf(call->text, sizeof call->text, "swap for '%s'", call->world_id);
}

static inline void make_page(struct maker *maker, struct call *call)
{
    size_t place = dice_below(&maker->dice, SCHEMA_TABLES + 2);
    const char *table = place < SCHEMA_TABLES    ? schema_tables[place].name
                        : place == SCHEMA_TABLES ? SCHEMA_STATUS
                                                 : SCHEMA_CHANGE;
    char key[8];
    (void)snprintf(call->table, sizeof call->table, "%s", table);
    call->limit = 1 + dice_below(&maker->dice, 6);
    call->has_after = one_in(maker, 2);
    (void)a_key(maker,
                place < SCHEMA_TABLES    ? prefix_of(table)
                : place == SCHEMA_TABLES ? 'L'
                                         : 'C',
                key);
    (void)snprintf(call->after, sizeof call->after, "%s", key);
    if (place == SCHEMA_TABLES && one_in(maker, 2))
        (void)snprintf(call->after, sizeof call->after, "%s|%lld", key,
                       (long long)(BASE + dice_between(&maker->dice, 0, 6)));
    if (place > SCHEMA_TABLES && one_in(maker, 2))
        (void)snprintf(call->after, sizeof call->after, "%s|%lld|%s", key,
                       (long long)(BASE + dice_between(&maker->dice, 0, 6)),
                       one_in(maker, 2) ? "city" : "place");
    (void)snprintf(call->text, sizeof call->text, "page %s after %s limit %zu", table,
                   call->has_after ? call->after : "nothing", call->limit);
}

static inline void make_others(struct maker *maker, struct call *call)
{
    const struct schema_table *table = &schema_tables[dice_below(&maker->dice, SCHEMA_TABLES)];
    char key[8];
    (void)snprintf(call->table, sizeof call->table, "%s", table->name);
    char prefix = call->kind == CALL_INSERT   ? prefix_of(table->name)
                  : call->kind == CALL_STATUS ? 'L'
                                              : 'C';
    (void)snprintf(call->key, sizeof call->key, "%s",
                   call->kind == CALL_VALUE ? a_person(maker, key) : a_key(maker, prefix, key));
    if (table->parent_column >= 0)
        (void)snprintf(call->parent, sizeof call->parent, "%s", a_key(maker, 'C', key));
    (void)snprintf(call->status, sizeof call->status, "%s", one_of(maker, some_statuses, 4));
    (void)snprintf(call->text, sizeof call->text, "others (%d): %s %s %s %s", (int)call->kind,
                   call->table, call->key, call->parent, call->status);
}

static const unsigned call_weights[CALL_KINDS] = {
    [CALL_CONNECT] = 4, [CALL_INTERRUPT] = 1,    [CALL_PROBE] = 2,      [CALL_CLAIM] = 2,
    [CALL_ADOPT] = 1,   [CALL_UPGRADE] = 0,      [CALL_LOAD] = 2,       [CALL_LOAD_REPLACED] = 1,
    [CALL_GLANCE] = 2,  [CALL_AMEND] = 12,       [CALL_NOTE] = 4,       [CALL_HAS_ACT] = 3,
    [CALL_COMMIT] = 34, [CALL_SHADOW_BEGIN] = 3, [CALL_SWAP_CHECK] = 1, [CALL_SWAP] = 5,
    [CALL_SWEEP] = 2,   [CALL_PAGE] = 8,         [CALL_INSERT] = 5,     [CALL_DELETE_CUSTOMER] = 3,
    [CALL_STATUS] = 3,  [CALL_VALUE] = 3,        [CALL_STRANGER] = 1,   [CALL_NO_STRANGER] = 2,
    [CALL_LOCK] = 1,    [CALL_UNLOCK] = 2,
};

/* What others do needs the tables, and a lock that they hold is one that they have. */
static inline bool can_be(const struct maker *maker, enum call_kind kind)
{
    bool world = memory_world_id(maker->db)[0] != '\0';
    if (kind == CALL_LOCK)
        return maker->file_lock && !maker->locked && world;
    if (kind == CALL_UNLOCK)
        return maker->locked;
    if (kind == CALL_STRANGER && maker->hindered)
        return false;
    if (kind >= CALL_INSERT)
        return world && !maker->locked;
    /* A database that waits for others makes the suite wait. */
    return true;
}

static inline void call_make(struct maker *maker, struct call *call)
{
    static const char *const plain[CALL_KINDS] = {
        [CALL_CONNECT] = "connect", [CALL_INTERRUPT] = "interrupt",
        [CALL_PROBE] = "probe",     [CALL_CLAIM] = "claim",
        [CALL_ADOPT] = "adopt",     [CALL_UPGRADE] = "upgrade",
        [CALL_LOAD] = "load",       [CALL_LOAD_REPLACED] = "load the replaced",
        [CALL_GLANCE] = "glance",   [CALL_HAS_ACT] = "has_act",
        [CALL_SWEEP] = "sweep",     [CALL_SWAP_CHECK] = "swap_check",
    };
    *call = (struct call){.caller = (unsigned)dice_below(&maker->dice, CALLERS)};
    do
        call->kind = (enum call_kind)dice_choose(&maker->dice, call_weights, CALL_KINDS);
    while (!can_be(maker, call->kind));
    call->limit = one_in(maker, 6) ? 1 + dice_below(&maker->dice, 5) : STORE_STREAMS_MAX;
    (void)snprintf(call->key, sizeof call->key, "act-%u",
                   (unsigned)dice_below(&maker->dice, maker->acts + 1));
    switch (call->kind) {
    case CALL_AMEND: make_amendment(maker, call, "amend"); break;
    case CALL_NOTE: make_amendment(maker, call, "note"); break;
    case CALL_COMMIT: make_commit(maker, call); break;
    case CALL_SHADOW_BEGIN: make_world(maker, call); break;
    case CALL_SWAP: make_swap(maker, call); break;
    case CALL_PAGE: make_page(maker, call); break;
    default:
        if (call->kind >= CALL_INSERT)
            make_others(maker, call);
        else
            (void)snprintf(call->text, sizeof call->text, "%s", plain[call->kind]);
        break;
    }
    maker->hindered =
        call->kind == CALL_STRANGER || (maker->hindered && call->kind != CALL_NO_STRANGER);
    maker->locked = call->kind == CALL_LOCK || (maker->locked && call->kind != CALL_UNLOCK);
}

#endif
