/* store_mariadb_world.h - small worlds to put into a private mariadbd. */
#ifndef CREDD_TESTS_STORE_MARIADB_WORLD_H
#define CREDD_TESTS_STORE_MARIADB_WORLD_H

#include <errno.h>

#include "base/change.h"
#include "base/mem.h"
#include "store_mariadbd.h"

#define ORIGIN INT64_C(1700000000)

static inline struct cell text_cell(const char *text)
{
    struct cell cell = {.kind = CELL_TEXT, .length = (uint16_t)strlen(text)};
    cell.text = text;
    return cell;
}

static inline struct cell number_cell(enum cell_kind kind, uint8_t scale, int64_t number)
{
    struct cell cell = {.kind = (uint8_t)kind, .scale = scale};
    cell.number = number;
    return cell;
}

/* A row of the table whose key is `key` and whose parent, if it has one, is `parent`. */
static inline void add_row(struct change_list *list, const char *table, const char *key,
                           const char *parent, int64_t at)
{
    const struct schema_table *schema = schema_table(table);
    struct change change = {.kind = CHANGE_INSERT, .at = at, .count = schema->count};
    for (unsigned i = 0; i < schema->count; i++) {
        const struct schema_column *column = &schema->columns[i];
        switch (column->kind) {
        case CELL_TEXT: change.cells[i] = text_cell("NY"); break;
        case CELL_INTEGER: change.cells[i] = number_cell(CELL_INTEGER, 0, 36); break;
        case CELL_DECIMAL:
            change.cells[i] = number_cell(CELL_DECIMAL, column->scale, 12345 + at % 100);
            break;
        case CELL_DATE: change.cells[i] = number_cell(CELL_DATE, 0, at / 86400); break;
        case CELL_TIME: change.cells[i] = number_cell(CELL_TIME, 0, at); break;
        case CELL_NULL: break;
        }
    }
    change.cells[0] = text_cell(key);
    if (schema->parent_column >= 0)
        change.cells[schema->parent_column] = text_cell(parent);
    if (schema->status_column >= 0)
        change.cells[schema->status_column] = text_cell("Pending");
    change_list_add(list, &change);
}

static inline void add_move(struct change_list *list, const char *key, const char *from,
                            const char *to, int64_t at)
{
    struct change change = {.kind = CHANGE_MOVE, .at = at, .count = 3};
    change.cells[0] = text_cell(key);
    change.cells[1] = text_cell(from);
    change.cells[2] = text_cell(to);
    change_list_add(list, &change);
}

static inline struct store_description world_of(const char *id)
{
    struct store_description world = {0};
    (void)snprintf(world.world_id, sizeof world.world_id, "%s", id);
    for (size_t i = 0; i < SCHEMA_TABLES; i++) {
        struct store_stream *stream = &world.streams[world.stream_count++];
        (void)snprintf(stream->name, sizeof stream->name, "%s", schema_tables[i].name);
        stream->generation = 1;
    }
    return world;
}

/* The changes as one batch of `world`, from the watermark `from` (-1: none yet) to `to`. */
static inline int put(struct store *store, bool shadow, const char *world, const char *stream,
                      int64_t from, int64_t to, const struct change_list *list,
                      struct store_outcome *outcome, struct fault *fault)
{
    struct store_batch batch = {
        .world_id = world,
        .generation = 1,
        .stream = stream,
        .started = from >= 0,
        .from = {from >= 0 ? from : 0},
        .to = {to},
        .changes = list,
    };
    return store_commit(store, shadow, &batch, outcome, fault);
}

/* Again while somebody holds a table, as the daemon does: the server's own purge does for a moment.
 */
static inline int swap_soon(struct store *store, const char *old, struct fault *fault)
{
    int r = store_swap(store, old, 0, fault);
    for (int tries = 0; r == -EBUSY && tries < 100; tries++)
        r = store_swap(store, old, 80, fault);
    return r;
}

/* Claims a fresh database and makes a world of `customers` customers live in it. */
static inline void build_world(struct store *store, const char *id, const char *old,
                               unsigned customers)
{
    struct fault fault = {0};
    struct store_description world = world_of(id);
    struct change_list list = {0};
    struct store_outcome outcome = {0};
    for (unsigned i = 0; i < customers; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "C-%06u", i);
        add_row(&list, "customers", key, "", ORIGIN + i);
    }
    if (store_shadow_begin(store, &world, &fault) != 0 ||
        put(store, true, id, "customers", -1, ORIGIN, &list, &outcome, &fault) != 0 ||
        swap_soon(store, old, &fault) != 0 || store_sweep(store, &fault) != 0)
        fail_msg("%s", fault.text);
    assert_int_equal(outcome.inserted, customers);
    change_list_done(&list);
}

static inline struct store *connected_store(const struct store_config *config)
{
    struct fault fault = {0};
    struct store *store = store_new(config);
    if (store_connect(store, &fault) != 0)
        fail_msg("%s", fault.text);
    return store;
}

static inline struct store *claimed_store(const struct store_config *config)
{
    struct fault fault = {0};
    struct store *store = connected_store(config);
    if (store_claim(store, &fault) != 0)
        fail_msg("%s", fault.text);
    return store;
}

#endif
