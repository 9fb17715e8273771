/* The database in memory fails as it is told to, and two connections interleave. What it does when
 * all is well is compared with the real ones by test_store_sequences. */
#include "simulation/dice.h"
#include "simulation/fiber.h"
#include "simulation/memory_store.h"
#include "unit/store_conformance.h"

/* A process: its connection, and what its calls are to meet. */
struct process {
    struct fibers *fibers;
    struct fiber *fiber;
    struct store *store;
    enum fate fate; /* of the next call that asks */
    enum memory_point stops_at;
    bool stops, recovered;
    int64_t now_us;
    char trail[64]; /* the points where it yielded, as digits */
    int rc;
    unsigned done;
    struct store_batch batch;
    struct store_outcome outcome;
};

static void process_yield(void *context, enum memory_op op, enum memory_point point)
{
    struct process *process = context;
    size_t length = strlen(process->trail);
    (void)op;
    if (length + 1 < sizeof process->trail)
        process->trail[length] = (char)('0' + (int)point);
    if (process->stops && point == process->stops_at && fiber_running(process->fibers) != NULL)
        fiber_yield(process->fibers);
}

static enum fate process_fate(void *context, enum memory_op op)
{
    struct process *process = context;
    enum fate fate = process->fate;
    (void)op;
    process->fate = FATE_FINE;
    return fate;
}

static int64_t process_mono(void *context)
{
    return ((struct process *)context)->now_us;
}

static bool process_recovered(void *context)
{
    return ((struct process *)context)->recovered;
}

static void process_done(void *context, enum memory_op op, int rc)
{
    struct process *process = context;
    (void)op, (void)rc;
    process->done++;
}

struct scene {
    struct memory_database *db;
    struct fibers *fibers;
    struct process a, b;
};

static void process_begin(struct scene *scene, struct process *process)
{
    const struct memory_hooks hooks = {process_yield,     process_fate, process_mono,
                                       process_recovered, process_done, process};
    *process = (struct process){.fibers = scene->fibers};
    process->store = memory_store_new(scene->db, &hooks);
    works(store_connect(process->store, &fault));
}

static int begin_scene(void **state)
{
    struct scene *scene = MEM_NEW(struct scene);
    scene->db = memory_database_new();
    scene->fibers = fibers_new();
    process_begin(scene, &scene->a);
    process_begin(scene, &scene->b);
    works(store_claim(scene->a.store, &fault));
    build(scene->a.store, "w1", "", 3);
    works(store_sweep(scene->a.store, &fault));
    *state = scene;
    return 0;
}

static int end_scene(void **state)
{
    struct scene *scene = *state;
    fibers_free(scene->fibers);
    free(scene->a.store); /* the connections are the database's */
    free(scene->b.store);
    memory_database_free(scene->db);
    free(scene);
    return 0;
}

/* --- one call in a fiber --- */

static void commit_on(void *context)
{
    struct process *process = context;
    process->rc = store_commit(process->store, false, &process->batch, &process->outcome, NULL);
}

static void start_commit(struct process *process, int64_t from, int64_t to)
{
    process->batch = a_batch("w1", "customers", from, to, NULL);
    process->rc = 1;
    memset(process->trail, 0, sizeof process->trail);
    process->fiber = fiber_new(process->fibers, commit_on, process);
}

static int64_t watermark(struct scene *scene)
{
    return memory_stream(scene->db, "customers")->watermark.s;
}

static void a_call_yields_around_and_within(void **state)
{
    struct scene *scene = *state;
    start_commit(&scene->a, BASE, BASE + 1);
    unsigned done = scene->a.done;
    assert_false(fiber_resume(scene->a.fiber));
    assert_int_equal(scene->a.rc, 0);
    assert_string_equal(scene->a.trail, "02345"); /* before, begun, inside, committing, after */
    assert_int_equal(scene->a.done, done + 1);
}

/* Whoever comes second waits for the lock, and then finds that the other came first. */
static void the_second_waits_and_is_stale(void **state)
{
    struct scene *scene = *state;
    scene->a.stops = true;
    scene->a.stops_at = MEMORY_INSIDE;
    scene->b.stops = true;
    scene->b.stops_at = MEMORY_WAITING;
    start_commit(&scene->a, BASE, BASE + 1);
    start_commit(&scene->b, BASE, BASE + 2);
    assert_true(fiber_resume(scene->a.fiber));
    assert_true(memory_transaction(scene->db));
    assert_true(fiber_resume(scene->b.fiber));
    assert_true(fiber_resume(scene->b.fiber));
    assert_int_equal(watermark(scene), BASE); /* nothing of it shows before COMMIT */
    assert_int_equal(memory_delete_customer(scene->db, "K00"), -EBUSY);
    assert_false(fiber_resume(scene->a.fiber));
    assert_false(fiber_resume(scene->b.fiber));
    assert_int_equal(scene->a.rc, 0);
    assert_int_equal(scene->b.rc, -ESTALE);
    assert_int_equal(watermark(scene), BASE + 1);
    assert_int_equal(memory_delete_customer(scene->db, "K00"), 0);
}

static void patience_ends_by_the_clock(void **state)
{
    struct scene *scene = *state;
    memory_lock(scene->db, MEMORY_NO_WRITES);
    store_patience(scene->a.store, 50);
    scene->a.stops = true;
    scene->a.stops_at = MEMORY_WAITING;
    start_commit(&scene->a, BASE, BASE + 1);
    assert_true(fiber_resume(scene->a.fiber));
    scene->a.now_us += 49999;
    assert_true(fiber_resume(scene->a.fiber));
    scene->a.now_us++;
    assert_false(fiber_resume(scene->a.fiber));
    assert_int_equal(scene->a.rc, -EBUSY);
    assert_true(store_connected(scene->a.store));
    assert_int_equal(page_of(scene->b.store, "customers", NULL, 9, print_key).rows, 3);
    memory_lock(scene->db, MEMORY_FREE);
    start_commit(&scene->a, BASE, BASE + 1);
    assert_false(fiber_resume(scene->a.fiber));
    assert_int_equal(scene->a.rc, 0);
}

static void a_killed_process_leaves_no_lock(void **state)
{
    struct scene *scene = *state;
    for (unsigned point = MEMORY_BEFORE; point <= MEMORY_AFTER; point++) {
        if (point == MEMORY_WAITING)
            continue;
        int64_t from = watermark(scene);
        scene->a.stops = true;
        scene->a.stops_at = (enum memory_point)point;
        start_commit(&scene->a, from, from + 1);
        assert_true(fiber_resume(scene->a.fiber));
        memory_store_kill(scene->db, &scene->a);
        fiber_free(scene->a.fiber);
        free(scene->a.store);
        assert_false(memory_transaction(scene->db));
        assert_int_equal(watermark(scene), point == MEMORY_AFTER ? from + 1 : from);
        process_begin(scene, &scene->a);
    }
}

static void every_fate_keeps_to_the_contract(void **state)
{
    static const struct {
        enum fate fate;
        int rc;
        bool done, connected;
    } expected[] = {
        {FATE_FINE, 0, true, true},
        {FATE_LOST, -ENOTCONN, false, false},
        {FATE_LOST_INSIDE, -ENOTCONN, false, false},
        {FATE_LOST_UNDONE, -ECONNABORTED, false, false},
        {FATE_LOST_DONE, -ECONNABORTED, true, false},
        {FATE_BUSY, -EBUSY, false, true},
        {FATE_FULL, -ENOSPC, false, true},
        {FATE_READ_ONLY, -EROFS, false, true},
        {FATE_REFUSED, -EACCES, false, true},
    };
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        int64_t from = watermark(scene);
        struct store_batch batch = a_batch("w1", "customers", from, from + 1, NULL);
        struct store_outcome outcome = {.inserted = -1, .moved = -1, .skipped = -1};
        scene->a.fate = expected[i].fate;
        assert_int_equal(store_commit(scene->a.store, false, &batch, &outcome, NULL),
                         expected[i].rc);
        assert_int_equal(watermark(scene), from + (expected[i].done ? 1 : 0));
        assert_int_equal(outcome.inserted, expected[i].rc == 0 ? 0 : -1);
        assert_int_equal(store_connected(scene->a.store), expected[i].connected);
        assert_false(memory_transaction(scene->db));
        if (!expected[i].connected)
            refuses(store_commit(scene->a.store, false, &batch, &outcome, &fault), -ENOTCONN);
        works(store_connect(scene->a.store, &fault));
    }
}

static void what_hangs_ends_when_it_is_cut(void **state)
{
    static const enum fate hangs[] = {FATE_HANG, FATE_HANG_UNDONE, FATE_HANG_DONE};
    struct scene *scene = *state;
    for (size_t i = 0; i < 6; i++) {
        bool cut = i < 3;
        int64_t from = watermark(scene);
        scene->a.stops = true;
        scene->a.stops_at = MEMORY_HANGING;
        scene->a.recovered = false;
        start_commit(&scene->a, from, from + 1);
        scene->a.fate = hangs[i % 3];
        assert_true(fiber_resume(scene->a.fiber));
        assert_true(fiber_resume(scene->a.fiber));
        if (cut)
            store_interrupt(scene->a.store);
        scene->a.recovered = !cut;
        assert_false(fiber_resume(scene->a.fiber));
        assert_int_equal(scene->a.rc, cut ? -EINTR : 0);
        assert_int_equal(store_connected(scene->a.store), !cut);
        assert_int_equal(watermark(scene),
                         !cut || hangs[i % 3] == FATE_HANG_DONE ? from + 1 : from);
        scene->a.stops = false;
        works(store_connect(scene->a.store, &fault));
        fiber_free(scene->a.fiber);
    }
}

static void a_restart_loses_what_is_in_hand(void **state)
{
    struct scene *scene = *state;
    char id[STORE_NAME_MAX];
    struct store_stream streams[STORE_STREAMS_MAX];
    size_t count;
    scene->a.stops = true;
    scene->a.stops_at = MEMORY_COMMITTING;
    start_commit(&scene->a, BASE, BASE + 1);
    assert_true(fiber_resume(scene->a.fiber));
    memory_server_restart(scene->db);
    assert_false(memory_transaction(scene->db));
    assert_false(fiber_resume(scene->a.fiber));
    assert_int_equal(scene->a.rc, -ENOTCONN);
    assert_int_equal(watermark(scene), BASE);
    refuses(store_glance(scene->b.store, id, streams, STORE_STREAMS_MAX, &count, &fault),
            -ENOTCONN);
    works(store_connect(scene->b.store, &fault));
    works(store_glance(scene->b.store, id, streams, STORE_STREAMS_MAX, &count, &fault));
}

static void a_restored_database_is_as_it_was(void **state)
{
    struct scene *scene = *state;
    struct change_list list = {0};
    struct store_pair pair = a_pair("clock", "1");
    struct store_act act = an_act("act-1", "pause", 5);
    struct store_amendment amendment = {.world_id = "w1", .generation = 1, .next_generation = 2};
    struct store_outcome outcome;
    struct memory_snapshot *snapshot = memory_snapshot_take(scene->db);
    add_customer(&list, "K10");
    struct store_batch batch = a_batch("w1", "customers", BASE, BASE + 10, &list);
    works(store_commit(scene->a.store, false, &batch, &outcome, &fault));
    amendment.pairs = &pair;
    amendment.acts = &act;
    amendment.pair_count = amendment.act_count = 1;
    works(store_amend(scene->a.store, &amendment, &fault));
    assert_int_equal(memory_delete_customer(scene->db, "K00"), 0);
    memory_snapshot_restore(scene->db, snapshot, false);
    size_t acts = 1;
    (void)memory_acts(scene->db, &acts);
    assert_int_equal(acts, 0);
    assert_null(memory_pair(scene->db, "clock"));
    assert_null(memory_row(scene->db, "customers", "K10"));
    assert_non_null(memory_row(scene->db, "customers", "K00"));
    works(store_commit(scene->a.store, false, &batch, &outcome, &fault));
    assert_int_equal(outcome.inserted, 1);
    memory_snapshot_restore(scene->db, snapshot, true);
    refuses(store_commit(scene->a.store, false, &batch, &outcome, &fault), -ENOTCONN);
    assert_int_equal(watermark(scene), BASE);
    change_list_done(&list);
}

/* --- readers --- */

static void read_page(void *context)
{
    struct process *process = context;
    struct pages pages = page_of(process->store, "customers", NULL, 9, print_key);
    process->rc = (int)pages.rows;
}

static void a_reader_sees_one_moment(void **state)
{
    struct scene *scene = *state;
    scene->b.stops = true;
    scene->b.stops_at = MEMORY_AFTER;
    scene->b.fiber = fiber_new(scene->fibers, read_page, &scene->b);
    assert_true(fiber_resume(scene->b.fiber));
    assert_int_equal(memory_delete_customer(scene->db, "K01"), 0);
    assert_false(fiber_resume(scene->b.fiber));
    assert_int_equal(scene->b.rc, 3);
    scene->b.stops = false;
    memory_lock(scene->db, MEMORY_NOTHING);
    scene->b.now_us = 0;
    store_patience(scene->b.store, 1);
    struct process *b = &scene->b;
    b->stops = true;
    b->stops_at = MEMORY_WAITING;
    b->fiber = fiber_new(scene->fibers, read_page, b);
    assert_true(fiber_resume(b->fiber));
    memory_lock(scene->db, MEMORY_FREE);
    assert_false(fiber_resume(b->fiber));
    assert_int_equal(b->rc, 2);
}

int main(void)
{
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, begin_scene, end_scene)
    const struct CMUnitTest tests[] = {
        IN_SCENE(a_call_yields_around_and_within),  IN_SCENE(the_second_waits_and_is_stale),
        IN_SCENE(patience_ends_by_the_clock),       IN_SCENE(a_killed_process_leaves_no_lock),
        IN_SCENE(every_fate_keeps_to_the_contract), IN_SCENE(what_hangs_ends_when_it_is_cut),
        IN_SCENE(a_restart_loses_what_is_in_hand),  IN_SCENE(a_restored_database_is_as_it_was),
        IN_SCENE(a_reader_sees_one_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
