/* store_conformance.h - what every kind of store must do, as cmocka tests.
 *
 * A program for one kind fills a struct conformance, makes it the tests' state, and puts the lists
 * of tests of store_conformance_world.h, _amend.h, _rows.h, _update.h, _refuse.h and _swap.h in its
 * own. Each test begins with `fresh`. */
#ifndef CREDD_TESTS_STORE_CONFORMANCE_H
#define CREDD_TESTS_STORE_CONFORMANCE_H

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/sql.h"
#include "store/store.h"

struct conformance {
    void *context;
    bool sqlite; /* which SQL it speaks */
    /* Empties the database: no table is left, nothing of an earlier test. */
    void (*fresh)(void *context);
    /* A new store on the database, not connected. */
    struct store *(*open)(void *context);
    /* Runs one statement on a connection of somebody else, the same at every call. 0: it worked. */
    int (*raw)(void *context, const char *sql);
    /* The first column of the first row as text, "" without one; non-zero if it failed. */
    int (*ask)(void *context, const char *sql, char *ret, size_t room);
};

#define BASE INT64_C(1700000000) /* 2023-11-14 22:13:20 */

/* A store call that must work: its fault is printed otherwise. */
#define works(call)                                              \
    do {                                                         \
        struct fault fault = {0};                                \
        int works_rc = (call);                                   \
        if (works_rc != 0)                                       \
            fail_msg("%s: %d, %s", #call, works_rc, fault.text); \
    } while (0)

/* A store call that must fail with this code, and say something. */
#define refuses(call, expected)                                                            \
    do {                                                                                   \
        struct fault fault = {0};                                                          \
        int refuses_rc = (call);                                                           \
        if (refuses_rc != (expected) || fault.code != (expected) || fault.text[0] == '\0') \
            fail_msg("%s: %d instead of %d, fault %d %s", #call, refuses_rc, (expected),   \
                     fault.code, fault.text);                                              \
    } while (0)

static inline struct conformance *conformance_of(void **state)
{
    return *state;
}

static inline int conformance_fresh(void **state)
{
    struct conformance *c = conformance_of(state);
    c->fresh(c->context);
    return 0;
}

/* A test in the list of a group. */
#define CONFORMANCE_TEST(test) cmocka_unit_test_setup(test, conformance_fresh)

static inline void raw(struct conformance *c, const char *sql)
{
    if (c->raw(c->context, sql) != 0)
        fail_msg("%s did not work", sql);
}

static inline void raw_own(struct conformance *c, char *sql)
{
    raw(c, sql);
    free(sql);
}

static inline void assert_answer(struct conformance *c, const char *sql, const char *expected)
{
    char answer[512] = "";
    if (c->ask(c->context, sql, answer, sizeof answer) != 0)
        fail_msg("%s did not work", sql);
    assert_string_equal(answer, expected);
}

static inline void assert_no_table(struct conformance *c, const char *table)
{
    char answer[512];
    char *sql = mem_format("SELECT COUNT(*) FROM %s", table);
    if (c->ask(c->context, sql, answer, sizeof answer) == 0)
        fail_msg("there is still a table %s", table);
    free(sql);
}

static inline struct store *connected_store(struct conformance *c)
{
    struct store *store = c->open(c->context);
    works(store_connect(store, &fault));
    assert_true(store_connected(store));
    return store;
}

static inline enum store_kind kind_of(struct store *store)
{
    enum store_kind kind = STORE_FOREIGN;
    works(store_probe(store, &kind, &fault));
    return kind;
}

/* --- descriptions --- */

static inline struct store_stream a_stream(const char *name)
{
    struct store_stream stream = {.generation = 1};
    (void)snprintf(stream.name, sizeof stream.name, "%s", name);
    return stream;
}

static inline struct store_pair a_pair(const char *name, const char *value)
{
    struct store_pair pair;
    (void)snprintf(pair.name, sizeof pair.name, "%s", name);
    (void)snprintf(pair.value, sizeof pair.value, "%s", value);
    return pair;
}

static inline struct store_act an_act(const char *id, const char *kind, int64_t wall_us)
{
    struct store_act act = {.at = {BASE}, .wall_us = wall_us, .uid = -1};
    (void)snprintf(act.id, sizeof act.id, "%s", id);
    (void)snprintf(act.kind, sizeof act.kind, "%s", kind);
    return act;
}

/* A world of the five streams at generation 1 without watermarks, with one pair "seed". */
static inline struct store_description a_world(const char *id)
{
    struct store_description world = {.stream_count = SCHEMA_TABLES, .pair_count = 2};
    (void)snprintf(world.world_id, sizeof world.world_id, "%s", id);
    world.pairs = MEM_ARRAY(struct store_pair, 2);
    world.pairs[0] = a_pair("id", id);
    world.pairs[1] = a_pair("seed", "42");
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        world.streams[i] = a_stream(schema_tables[i].name);
    return world;
}

static inline const struct store_stream *stream_of(const struct store_description *world,
                                                   const char *name)
{
    for (size_t i = 0; i < world->stream_count; i++) {
        if (strcmp(world->streams[i].name, name) == 0)
            return &world->streams[i];
    }
    fail_msg("no stream %s", name);
    return NULL;
}

/* --- changes --- */

static inline struct cell c_text(const char *text)
{
    return (struct cell){.kind = CELL_TEXT, .length = (uint16_t)strlen(text), .text = text};
}

static inline struct cell c_number(enum cell_kind kind, int64_t number, uint8_t scale)
{
    return (struct cell){.kind = (uint8_t)kind, .scale = scale, .number = number};
}

static inline void add_customer(struct change_list *list, const char *key)
{
    struct change change = {.kind = CHANGE_INSERT, .at = BASE, .count = 14};
    struct cell cells[] = {
        c_text(key),
        c_text("Ann"),
        c_text("Example"),
        c_text("a@b.test"),
        c_text("(555) 010-0100"),
        c_number(CELL_DATE, -3653, 0),
        c_text("900-00-0000"),
        c_text("1 Main St"),
        c_text("Springfield"),
        c_text("IL"),
        c_text("62701"),
        c_text("Full-time"),
        c_number(CELL_DECIMAL, 5000050, 2),
        c_number(CELL_TIME, BASE, 0),
    };
    memcpy(change.cells, cells, sizeof cells);
    change_list_add(list, &change);
}

static inline void add_record(struct change_list *list, const char *key, const char *customer,
                              int64_t cents)
{
    struct change change = {.kind = CHANGE_INSERT, .at = BASE, .count = 7};
    struct cell cells[] = {
        c_text(key),
        c_text(customer),
        c_text("income"),
        c_number(CELL_DECIMAL, cents, 2),
        c_text("Salary"),
        c_number(CELL_DATE, BASE / 86400, 0),
        c_number(CELL_TIME, BASE, 0),
    };
    memcpy(change.cells, cells, sizeof cells);
    change_list_add(list, &change);
}

static inline void add_application(struct change_list *list, const char *key, const char *customer,
                                   int64_t at)
{
    struct change change = {.kind = CHANGE_INSERT, .at = at, .count = 9};
    struct cell cells[] = {
        c_text(key),
        c_text(customer),
        c_text("Auto"),
        c_number(CELL_DECIMAL, 2500000, 2),
        c_number(CELL_INTEGER, 60, 0),
        c_text("a car"),
        c_text("Pending"),
        c_number(CELL_DATE, at / 86400, 0),
        c_number(CELL_TIME, at, 0),
    };
    memcpy(change.cells, cells, sizeof cells);
    change_list_add(list, &change);
}

static inline void add_move(struct change_list *list, const char *key, const char *from,
                            const char *to, int64_t at)
{
    struct change change = {.kind = CHANGE_MOVE, .at = at, .count = 3};
    change.cells[0] = c_text(key);
    change.cells[1] = c_text(from);
    change.cells[2] = c_text(to);
    change_list_add(list, &change);
}

/* NULL: NULL. */
static inline struct cell c_any(const char *text)
{
    return text != NULL ? c_text(text) : (struct cell){.kind = CELL_NULL};
}

static inline struct cell c_cents(int64_t cents) /* below 0: NULL */
{
    return cents < 0 ? (struct cell){.kind = CELL_NULL} : c_number(CELL_DECIMAL, cents, 2);
}

struct place {
    const char *address, *city, *state, *zip_code, *phone;
};
/* That of add_customer()'s. */
static const struct place home = {"1 Main St", "Springfield", "IL", "62701", "(555) 010-0100"};

static inline void add_place(struct change_list *list, const char *key, const struct place *from,
                             const struct place *to, int64_t at)
{
    struct change change = {.kind = CHANGE_UPDATE, .at = at, .count = 11};
    const struct place *places[] = {from, to};
    change.group = CUSTOMER_GROUP_PLACE;
    change.cells[0] = c_text(key);
    for (size_t i = 0; i < 2; i++) {
        struct cell *cells = &change.cells[1 + 5 * i];
        cells[0] = c_any(places[i]->address);
        cells[1] = c_any(places[i]->city);
        cells[2] = c_any(places[i]->state);
        cells[3] = c_any(places[i]->zip_code);
        cells[4] = c_any(places[i]->phone);
    }
    change_list_add(list, &change);
}

static inline void add_work(struct change_list *list, const char *key, const char *from,
                            int64_t from_cents, const char *to, int64_t to_cents, int64_t at)
{
    struct change change = {.kind = CHANGE_UPDATE, .at = at, .count = 5};
    change.group = CUSTOMER_GROUP_WORK;
    change.cells[0] = c_text(key);
    change.cells[1] = c_any(from);
    change.cells[2] = c_cents(from_cents);
    change.cells[3] = c_any(to);
    change.cells[4] = c_cents(to_cents);
    change_list_add(list, &change);
}

static inline void add_point(struct change_list *list, const char *key, int64_t value)
{
    struct change change = {.kind = CHANGE_INSERT, .at = BASE, .count = 6};
    struct cell cells[] = {
        c_text(key),
        c_text("treasury_10y"),
        c_number(CELL_DECIMAL, value, 4),
        c_number(CELL_DATE, BASE / 86400, 0),
        {.kind = CELL_NULL},
        c_number(CELL_TIME, BASE, 0),
    };
    memcpy(change.cells, cells, sizeof cells);
    change_list_add(list, &change);
}

/* The batch of `stream` in `world` at generation 1 from `from` (0: not started yet) to `to`. */
static inline struct store_batch a_batch(const char *world, const char *stream, int64_t from,
                                         int64_t to, const struct change_list *changes)
{
    return (struct store_batch){
        .world_id = world,
        .generation = 1,
        .stream = stream,
        .started = from != 0,
        .from = {from},
        .to = {to},
        .changes = changes,
    };
}

/* Commits that and empties the list. */
static inline struct store_outcome
commits(struct store *store, bool shadow, const struct store_batch *batch, struct change_list *list)
{
    struct store_outcome outcome = {.inserted = -1, .moved = -1, .skipped = -1};
    works(store_commit(store, shadow, batch, &outcome, &fault));
    change_list_clear(list);
    return outcome;
}

/* Builds the world `id` with `customers` customers K00… and swaps it for `old`. */
static inline void build(struct store *store, const char *id, const char *old, unsigned customers)
{
    struct store_description world = a_world(id);
    struct change_list list = {0};
    char key[32];
    works(store_shadow_begin(store, &world, &fault));
    for (unsigned i = 0; i < customers; i++) {
        (void)snprintf(key, sizeof key, "K%02u", i);
        add_customer(&list, key);
    }
    struct store_batch batch = a_batch(id, "customers", 0, BASE, &list);
    assert_int_equal(commits(store, true, &batch, &list).inserted, customers);
    works(store_swap_check(store, &fault));
    works(store_swap(store, old, 5000, &fault));
    change_list_done(&list);
    store_description_done(&world);
}

/* A claimed database with the world w1 of three customers K00, K01, K02. */
static inline struct store *store_with_world(struct conformance *c)
{
    struct store *store = connected_store(c);
    works(store_claim(store, &fault));
    build(store, "w1", "", 3);
    works(store_sweep(store, &fault));
    return store;
}

/* --- pages --- */

struct pages {
    char text[4096]; /* every row: its cells, separated by |, ended by ; */
    char last[64];
    unsigned rows;
};

static inline int print_row(void *context, const struct cell *cells, unsigned count)
{
    struct pages *pages = context;
    char buffer[CELL_PRINT_MAX + 1];
    size_t used = strlen(pages->text);
    for (unsigned i = 0; i < count; i++) {
        cell_print(&cells[i], buffer);
        used += (size_t)snprintf(pages->text + used, sizeof pages->text - used, "%s%s", buffer,
                                 i + 1 < count ? "|" : ";");
    }
    cell_print(&cells[0], pages->last);
    pages->rows++;
    return 0;
}

static inline int print_key(void *context, const struct cell *cells, unsigned count)
{
    (void)count;
    return print_row(context, cells, 1);
}

static inline struct pages page_of(struct store *store, const char *table, const char *after,
                                   size_t limit, store_visitor *visit)
{
    struct pages pages = {.text = ""};
    size_t count = 99;
    works(store_page(store, table, after, limit, visit, &pages, &count, &fault));
    assert_int_equal(count, pages.rows);
    return pages;
}

#endif
