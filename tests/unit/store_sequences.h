/* store_sequences.h - random sequences of store calls, right ones and wrong ones, made on two
 * databases in step: both must give the same answers and hold the same after each.
 *
 * The first is the one in memory, whose state also says which arguments would be right. */
#ifndef CREDD_TESTS_STORE_SEQUENCES_H
#define CREDD_TESTS_STORE_SEQUENCES_H

#include "simulation/dice.h"
#include "simulation/memory_store.h"
#include "store_conformance.h"

#define CALLERS   2
#define WATCHER   CALLERS
#define CALL_TEXT 400
#define LISTS_MAX 12

/* A database under test: two callers, and one who only looks. */
struct subject {
    const char *name;
    struct store *stores[CALLERS + 1];
    struct conformance *conformance; /* NULL: the one in memory */
    struct memory_database *db;
    bool file_lock; /* one lock for all, which others can hold: SQLite, and memory */
};

/* What one call gave: its code and what it handed out, as text. */
struct answer {
    int rc;
    char *text;
    size_t used, room;
};

static inline void answer_add(struct answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void answer_add(struct answer *answer, const char *format, ...)
{
    va_list args;
    if (answer->used + 4096 > answer->room)
        answer->text = mem_grow(answer->text, answer->room = answer->used * 2 + 8192, 1);
    va_start(args, format);
    answer->used +=
        (size_t)vsnprintf(answer->text + answer->used, answer->room - answer->used, format, args);
    va_end(args);
}

static inline int answer_row(void *context, const struct cell *cells, unsigned count)
{
    char text[CELL_PRINT_MAX + 1];
    for (unsigned i = 0; i < count; i++) {
        (void)cell_print(&cells[i], text);
        answer_add(context, "%u:%s%s", cells[i].kind, text, i + 1 < count ? "|" : "\n");
    }
    return 0;
}

static inline void answer_streams(struct answer *answer, const struct store_stream *streams,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_stream *s = &streams[i];
        answer_add(answer, "stream %s g%lld w%lld n%lld r%lld s%lld %d %d %lld %lld %lld %s %s\n",
                   s->name, (long long)s->generation, (long long)s->watermark.s,
                   (long long)s->not_before.s, (long long)s->rows, (long long)s->skipped,
                   s->started, s->paused, (long long)s->paused_at.s, (long long)s->paused_wall_us,
                   (long long)s->resumes_wall_us, s->paused_by, s->reason);
    }
}

static inline void answer_world(struct answer *answer, const struct store_description *world)
{
    answer_add(answer, "world %s\n", world->world_id);
    answer_streams(answer, world->streams, world->stream_count);
    for (size_t i = 0; i < world->pair_count; i++)
        answer_add(answer, "pair %s=%s\n", world->pairs[i].name, world->pairs[i].value);
    for (size_t i = 0; i < world->act_count; i++) {
        const struct store_act *a = &world->acts[i];
        answer_add(answer, "act %lld %s %s %s %lld %lld %s %lld %lld %s %s\n", (long long)a->seq,
                   a->world_id, a->id, a->kind, (long long)a->at.s, (long long)a->wall_us,
                   a->parameters, (long long)a->uid, (long long)a->pid, a->user, a->reason);
    }
    for (size_t i = 0; i < world->gap_count; i++)
        answer_add(answer, "gap %s %lld %lld %lld\n", world->gaps[i].stream,
                   (long long)world->gaps[i].from.s, (long long)world->gaps[i].until.s,
                   (long long)world->gaps[i].seq);
}

static inline void answer_load(struct answer *answer, struct store *store, bool replaced)
{
    struct store_description world = {0};
    int rc = replaced ? store_load_replaced(store, &world, NULL) : store_load(store, &world, NULL);
    answer->rc = rc;
    if (rc == 0)
        answer_world(answer, &world);
    else
        answer_add(answer, "no world: %d\n", rc);
    store_description_done(&world);
}

static inline void answer_page(struct answer *answer, struct store *store, const char *table,
                               const char *after, size_t limit)
{
    size_t count = 0;
    answer->rc = store_page(store, table, after, limit, answer_row, answer, &count, NULL);
    answer_add(answer, "%s: %zu\n", table, count);
}

/* All that can be read. */
static inline struct answer dump_of(struct subject *subject)
{
    struct store *store = subject->stores[WATCHER];
    struct answer dump = {0};
    enum store_kind kind = STORE_FOREIGN;
    if (!store_connected(store))
        works(store_connect(store, &fault));
    works(store_probe(store, &kind, &fault));
    answer_add(&dump, "kind %d\n", kind);
    if (kind != STORE_WORLD)
        return dump;
    answer_load(&dump, store, false);
    answer_load(&dump, store, true);
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        answer_page(&dump, store, schema_tables[i].name, NULL, 10000);
    answer_page(&dump, store, SCHEMA_STATUS, NULL, 10000);
    answer_page(&dump, store, SCHEMA_CHANGE, NULL, 10000);
    return dump;
}

/* --- what can be called --- */

enum call_kind {
    CALL_CONNECT,
    CALL_INTERRUPT,
    CALL_PROBE,
    CALL_CLAIM,
    CALL_ADOPT,
    CALL_UPGRADE,
    CALL_LOAD,
    CALL_LOAD_REPLACED,
    CALL_GLANCE,
    CALL_AMEND,
    CALL_NOTE,
    CALL_HAS_ACT,
    CALL_COMMIT,
    CALL_SHADOW_BEGIN,
    CALL_SWAP_CHECK,
    CALL_SWAP,
    CALL_SWEEP,
    CALL_PAGE,
    /* what others do */
    CALL_INSERT,
    CALL_DELETE_CUSTOMER,
    CALL_STATUS,
    CALL_VALUE,
    CALL_STRANGER,
    CALL_NO_STRANGER,
    CALL_DROP_MARKER,
    CALL_LOCK,
    CALL_UNLOCK,
    CALL_KINDS,
};

struct call {
    enum call_kind kind;
    unsigned caller;
    bool shadow;
    struct store_batch batch;
    struct change_list changes;
    struct store_amendment amendment; /* a note too */
    struct store_pair pairs[3];
    struct store_stream streams[3];
    struct store_act acts[3];
    struct store_gap gaps[2];
    struct store_description world;
    char world_id[STORE_NAME_MAX], table[STORE_NAME_MAX];
    char key[STORE_NAME_MAX], parent[STORE_NAME_MAX], after[64], status[24];
    bool has_after;
    size_t limit;
    char text[CALL_TEXT]; /* for who has to find out */
};

/* --- others --- */

static inline char *others_sql(const struct call *call)
{
    switch (call->kind) {
    case CALL_INSERT:
        if (call->parent[0] == '\0')
            return mem_format(
                "INSERT INTO %s (%s, created_at) VALUES ('%s', '2023-11-14 22:13:20')", call->table,
                schema_table(call->table)->columns[0].name, call->key);
        return mem_format("INSERT INTO %s (%s, customer_id, created_at) VALUES ('%s', '%s', "
                          "'2023-11-14 22:13:20')",
                          call->table, schema_table(call->table)->columns[0].name, call->key,
                          call->parent);
    case CALL_STATUS:
        return mem_format("UPDATE loan_applications SET status = '%s' WHERE application_id = '%s'",
                          call->status, call->key);
    case CALL_VALUE:
        return mem_format("UPDATE customers SET city = '%s' WHERE customer_id = '%s'", call->status,
                          call->key);
    case CALL_STRANGER:
        return mem_text("CREATE TABLE their_notes (id INTEGER PRIMARY KEY, customer VARCHAR(50), "
                        "FOREIGN KEY (customer) REFERENCES customers (customer_id))");
    case CALL_NO_STRANGER: return mem_text("DROP TABLE IF EXISTS their_notes");
    case CALL_DROP_MARKER: return mem_text("DELETE FROM credd_meta WHERE name = 'marker'");
    case CALL_LOCK: return mem_text("BEGIN IMMEDIATE");
    default: return mem_text("ROLLBACK");
    }
}

static inline int others_on_server(struct conformance *c, const struct call *call)
{
    if (call->kind == CALL_DELETE_CUSTOMER) {
        for (size_t i = SCHEMA_TABLES; i > 0; i--) {
            if (i > 1 && schema_tables[i - 1].parent_column < 0)
                continue;
            char *sql = mem_format("DELETE FROM %s WHERE customer_id = '%s'",
                                   schema_tables[i - 1].name, call->key);
            int rc = c->raw(c->context, sql);
            free(sql);
            if (rc != 0)
                return rc;
        }
        return 0;
    }
    char *sql = others_sql(call);
    int rc = c->raw(c->context, sql);
    free(sql);
    return rc;
}

static inline int others_insert(struct memory_database *db, const struct call *call)
{
    const struct schema_table *table = schema_table(call->table);
    struct cell cells[CHANGE_CELLS_MAX] = {{.kind = CELL_NULL}};
    cells[0] = c_text(call->key);
    cells[table->created_column] = c_number(CELL_TIME, BASE, 0);
    if (call->parent[0] != '\0') {
        cells[table->parent_column] = c_text(call->parent);
        if (memory_row(db, "customers", call->parent) == NULL)
            return -ENOENT;
    }
    return memory_insert(db, call->table, cells, table->count);
}

static inline int others_in_memory(struct memory_database *db, const struct call *call)
{
    struct cell status = c_text(call->status);
    int rc = 0;
    switch (call->kind) {
    case CALL_INSERT: return others_insert(db, call);
    case CALL_DELETE_CUSTOMER: rc = memory_delete_customer(db, call->key); break;
    case CALL_STATUS:
        rc = memory_update(db, "loan_applications", call->key, "status", &status);
        break;
    case CALL_VALUE: rc = memory_update(db, "customers", call->key, "city", &status); break;
    case CALL_STRANGER: memory_strangers(db, "their_notes"); break;
    case CALL_NO_STRANGER: memory_strangers(db, NULL); break;
    case CALL_DROP_MARKER: memory_drop_marker(db); break;
    case CALL_LOCK: memory_lock(db, MEMORY_NO_WRITES); break;
    default: memory_lock(db, MEMORY_FREE); break;
    }
    return rc == -ENOENT ? 0 : rc; /* no row is none to SQL */
}

/* --- calling --- */

static inline void call_reading(struct store *store, const struct call *call, struct answer *answer)
{
    struct store_stream streams[STORE_STREAMS_MAX];
    char id[STORE_NAME_MAX];
    enum store_kind kind = STORE_FOREIGN;
    bool has = false;
    size_t count = 0;
    switch (call->kind) {
    case CALL_PROBE:
        answer->rc = store_probe(store, &kind, NULL);
        answer_add(answer, "kind %d\n", answer->rc == 0 ? (int)kind : -1);
        break;
    case CALL_LOAD: answer_load(answer, store, false); break;
    case CALL_LOAD_REPLACED: answer_load(answer, store, true); break;
    case CALL_GLANCE:
        answer->rc = store_glance(store, id, streams, call->limit, &count, NULL);
        if (answer->rc == 0) {
            answer_add(answer, "world %s\n", id);
            answer_streams(answer, streams, count);
        }
        break;
    case CALL_HAS_ACT:
        answer->rc = store_has_act(store, call->key, &has, NULL);
        answer_add(answer, "has %d\n", has);
        break;
    default:
        answer_page(answer, store, call->table, call->has_after ? call->after : NULL, call->limit);
        break;
    }
}

/* The call after it may say either of two things, and does nothing; the one after that is answered.
 */
static inline void call_cut(struct store *store, struct answer *answer)
{
    struct store_outcome outcome;
    const struct store_batch batch = a_batch("w0", "customers", 0, BASE, NULL);
    store_interrupt(store);
    int rc = store_commit(store, false, &batch, &outcome, NULL);
    answer_add(answer, "cut %d\n", rc == -EINTR || rc == -ENOTCONN);
    answer->rc = store_connect(store, NULL);
}

static inline void call_writing(struct store *store, const struct call *call, struct answer *answer)
{
    struct store_outcome outcome = {.inserted = -1, .moved = -1, .updated = -1, .skipped = -1};
    const struct store_amendment *a = &call->amendment;
    switch (call->kind) {
    case CALL_CONNECT: answer->rc = store_connect(store, NULL); break;
    case CALL_INTERRUPT: call_cut(store, answer); break;
    case CALL_CLAIM: answer->rc = store_claim(store, NULL); break;
    case CALL_ADOPT: answer->rc = store_adopt(store, NULL, NULL); break;
    case CALL_UPGRADE: answer->rc = store_upgrade(store, "sequences", NULL); break;
    case CALL_AMEND: answer->rc = store_amend(store, a, NULL); break;
    case CALL_NOTE:
        answer->rc = store_note(store, a->world_id, a->generation, a->pairs, a->pair_count, NULL);
        break;
    case CALL_COMMIT:
        answer->rc = store_commit(store, call->shadow, &call->batch, &outcome, NULL);
        answer_add(answer, "%lld %lld %lld %lld\n", (long long)outcome.inserted,
                   (long long)outcome.moved, (long long)outcome.updated,
                   (long long)outcome.skipped);
        break;
    case CALL_SHADOW_BEGIN: answer->rc = store_shadow_begin(store, &call->world, NULL); break;
    case CALL_SWAP_CHECK: answer->rc = store_swap_check(store, NULL); break;
    case CALL_SWAP: answer->rc = store_swap(store, call->world_id, 0, NULL); break;
    default: answer->rc = store_sweep(store, NULL); break;
    }
}

static inline struct answer call_on(struct subject *subject, const struct call *call)
{
    struct store *store = subject->stores[call->caller];
    struct answer answer = {0};
    answer_add(&answer, "%s", "");
    if (call->kind >= CALL_INSERT)
        answer.rc = subject->conformance != NULL ? others_on_server(subject->conformance, call)
                                                 : others_in_memory(subject->db, call);
    else if (call->kind == CALL_PROBE || call->kind == CALL_LOAD ||
             call->kind == CALL_LOAD_REPLACED || call->kind == CALL_GLANCE ||
             call->kind == CALL_HAS_ACT || call->kind == CALL_PAGE)
        call_reading(store, call, &answer);
    else
        call_writing(store, call, &answer);
    return answer;
}

static inline void call_done(struct call *call)
{
    change_list_done(&call->changes);
    store_description_done(&call->world);
}

#endif
