/* What the simulation stands on does what it says: otherwise its findings are worth nothing. */

/* cmocka.h needs the others before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/dice.h"
#include "simulation/fiber.h"
#include "simulation/heap.h"
#include "simulation/virtual_disk.h"
#include "simulation/virtual_time.h"
#include "simulation/world_pool.h"
#include "world/world.h"

/* --- fibers --- */

struct walker {
    struct fibers *fibers;
    char *trail;
    char name;
    int steps;
};

static void leave_mark(struct walker *walker, char mark)
{
    walker->trail[strlen(walker->trail)] = mark; /* zeros follow */
}

static void walk(void *context)
{
    struct walker *walker = context;
    for (int i = 0; i < walker->steps; i++) {
        leave_mark(walker, walker->name);
        fiber_yield(walker->fibers);
    }
}

static void fibers_take_turns(void **state)
{
    struct fibers *fibers = fibers_new();
    char trail[32] = "";
    struct walker a = {fibers, trail, 'a', 3}, b = {fibers, trail, 'b', 1};
    struct fiber *first = fiber_new(fibers, walk, &a), *second = fiber_new(fibers, walk, &b);
    (void)state;
    assert_string_equal(trail, "");
    assert_true(fiber_resume(first));
    assert_true(fiber_resume(second));
    assert_true(fiber_resume(first));
    assert_false(fiber_resume(second));
    assert_true(fiber_ended(second));
    assert_true(fiber_resume(first));
    assert_false(fiber_resume(first));
    assert_string_equal(trail, "abaa");
    assert_null(fiber_running(fibers));
    fiber_free(first);
    fiber_free(second);
    fibers_free(fibers);
}

static void resume_another(void *context)
{
    struct walker *walker = context;
    struct walker inner = {walker->fibers, walker->trail, 'i', 1};
    struct fiber *fiber = fiber_new(walker->fibers, walk, &inner);
    (void)fiber_resume(fiber);
    leave_mark(walker, 'o');
    (void)fiber_resume(fiber);
    fiber_free(fiber);
    fiber_yield(walker->fibers);
    leave_mark(walker, 'e');
}

static void a_fiber_may_resume_another(void **state)
{
    struct fibers *fibers = fibers_new();
    char trail[32] = "";
    struct walker walker = {fibers, trail, 'x', 0};
    struct fiber *fiber = fiber_new(fibers, resume_another, &walker);
    (void)state;
    assert_true(fiber_resume(fiber));
    assert_string_equal(trail, "io");
    assert_false(fiber_resume(fiber));
    assert_string_equal(trail, "ioe");
    fibers_free(fibers);
}

static void deep(int depth, struct fibers *fibers)
{
    volatile char page[4096];
    page[0] = page[sizeof page - 1] = (char)depth;
    if (depth > 0)
        deep(depth - 1, fibers);
    else
        fiber_yield(fibers);
    page[1] = page[0];
}

static void go_deep(void *context)
{
    deep(60, context);
}

/* One that is killed in the middle leaves a stack that the next one runs on. */
static void stacks_are_used_again(void **state)
{
    struct fibers *fibers = fibers_new();
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct fiber *fiber = fiber_new(fibers, go_deep, fibers);
        assert_true(fiber_resume(fiber));
        if (i % 2 == 0)
            assert_false(fiber_resume(fiber));
        fiber_free(fiber);
    }
    fibers_free(fibers);
}

/* --- dice --- */

static void the_same_number_throws_the_same(void **state)
{
    struct dice a = dice_of(7, 1), b = dice_of(7, 1), other = dice_of(7, 2), next = dice_of(8, 1);
    bool differs = false, differs_next = false;
    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t thrown = dice_throw(&a);
        assert_int_equal(thrown, dice_throw(&b));
        differs = differs || thrown != dice_throw(&other);
        differs_next = differs_next || thrown != dice_throw(&next);
    }
    assert_true(differs && differs_next);
}

/* The published first outputs of xoshiro256** from the state 1, 2, 3, 4. */
static void the_generator_is_the_known_one(void **state)
{
    struct dice dice = {{1, 2, 3, 4}};
    (void)state;
    assert_int_equal(dice_throw(&dice), UINT64_C(11520));
    assert_int_equal(dice_throw(&dice), UINT64_C(0));
    assert_int_equal(dice_throw(&dice), UINT64_C(1509978240));
    assert_int_equal(dice_throw(&dice), UINT64_C(1215971899390074240));
}

static void throws_keep_their_bounds(void **state)
{
    static const unsigned weights[] = {0, 3, 0, 1};
    struct dice dice = dice_of(1, 1);
    unsigned chosen[4] = {0}, hits = 0;
    bool ends[2] = {false, false};
    (void)state;
    for (int i = 0; i < 4000; i++) {
        int64_t between = dice_between(&dice, -2, 2), size = dice_size(&dice, 3, 1000000);
        assert_true(between >= -2 && between <= 2);
        assert_true(size >= 3 && size <= 1000000);
        ends[0] = ends[0] || between == -2;
        ends[1] = ends[1] || between == 2;
        chosen[dice_choose(&dice, weights, 4)]++;
        hits += dice_chance(&dice, 1, 4);
    }
    assert_true(ends[0] && ends[1]);
    assert_int_equal(chosen[0] + chosen[2], 0);
    assert_in_range(chosen[3], 850, 1150);
    assert_in_range(hits, 850, 1150);
}

/* --- clocks --- */

static void clocks_move_when_told(void **state)
{
    struct virtual_time time = virtual_time_at(1000000000);
    struct time_source source = virtual_time_source(&time);
    (void)state;
    int64_t mono = source.mono(source.context).us;
    assert_int_equal(source.wall(source.context).us, 1000000000);
    virtual_time_pass(&time, 5000000);
    assert_int_equal(source.wall(source.context).us, 1005000000);
    assert_int_equal(source.mono(source.context).us, mono + 5000000);
    virtual_time_step(&time, -3000000);
    assert_int_equal(source.wall(source.context).us, 1002000000);
    assert_int_equal(source.mono(source.context).us, mono + 5000000);
    assert_int_equal(time.steps, 1);
    assert_int_equal(time.reads, 6);
    time.read_us = 2;
    assert_int_equal(source.wall(source.context).us, 1002000002);
    virtual_time_boot(&time, 1000);
    assert_int_equal(time.wall_us, 1002001002);
    assert_true(time.mono_us < mono + 5000000);
}

static void a_slew_is_slow_and_exact(void **state)
{
    struct virtual_time time = virtual_time_at(0), back = virtual_time_at(0);
    (void)state;
    virtual_time_slew(&time, 1000);
    virtual_time_slew(&back, -1000);
    for (int i = 0; i < 100; i++) { /* in odd pieces: 1 s at 500 ppm */
        virtual_time_pass(&time, 9999 + i % 3);
        virtual_time_pass(&back, 9999 + i % 3);
    }
    assert_in_range(time.wall_us - (time.mono_us - 1000000), 499, 501);
    assert_int_equal(time.wall_us - (time.mono_us - 1000000),
                     (back.mono_us - 1000000) - back.wall_us);
    virtual_time_pass(&time, 10000000);
    assert_int_equal(time.wall_us - (time.mono_us - 1000000), 1000);
}

/* --- the disk --- */

static void assert_file(const struct disk *disk, const char *path, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(disk_read(disk, path, &text, &length), 0);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    free(text);
}

struct cutter {
    struct fibers *fibers;
    struct disk disk;
    int left; /* steps until the power goes */
    bool skips_sync, skips_folder;
    int rc;
};

static int cut_at(void *context, enum disk_step step, const char *path)
{
    struct cutter *cutter = context;
    (void)step, (void)path;
    if (cutter->left-- == 0)
        fiber_yield(cutter->fibers);
    return 0;
}

static void replace_old(void *context)
{
    struct cutter *cutter = context;
    cutter->rc = disk_replace(&cutter->disk, "file", "the new one", 11, NULL);
}

static int no_sync(void *context, int file)
{
    (void)context, (void)file;
    return 0;
}

static int no_sync_folder(void *context, const char *path)
{
    (void)context, (void)path;
    return 0;
}

/* How often the file is neither the old text nor, after an answer, the new one. */
static unsigned wrong_after_cuts(bool skips_sync, bool skips_folder)
{
    struct virtual_disk *virtual_disk = virtual_disk_new();
    struct fibers *fibers = fibers_new();
    struct dice dice = dice_of(3, 3);
    unsigned wrong = 0;
    for (int run = 0; run < 2000; run++) {
        struct cutter cutter = {.fibers = fibers, .disk = virtual_disk_of(virtual_disk), .rc = 1};
        struct disk_ops ops = *cutter.disk.ops;
        struct disk whole = cutter.disk;
        char *text = NULL;
        size_t length = 0;
        virtual_disk_clear(virtual_disk);
        assert_int_equal(disk_replace(&whole, "file", "the old one", 11, NULL), 0);
        ops.sync = skips_sync ? no_sync : ops.sync;
        ops.sync_folder = skips_folder ? no_sync_folder : ops.sync_folder;
        cutter.disk.ops = &ops;
        cutter.left = (int)dice_below(&dice, 12);
        virtual_disk_hook(virtual_disk, cut_at, &cutter, 1 + dice_below(&dice, 11));
        struct fiber *fiber = fiber_new(fibers, replace_old, &cutter);
        struct heap *heap = heap_new();
        (void)heap_use(heap);
        (void)fiber_resume(fiber);
        (void)heap_use(NULL);
        fiber_free(fiber);
        (void)heap_drop(heap);
        virtual_disk_hook(virtual_disk, NULL, NULL, 0);
        virtual_disk_crash(virtual_disk, &dice);
        bool read = disk_read(&whole, "file", &text, &length) == 0;
        bool is_old = read && strcmp(text, "the old one") == 0;
        bool is_new = read && strcmp(text, "the new one") == 0;
        wrong += !(is_new || (is_old && cutter.rc != 0));
        free(text);
    }
    fibers_free(fibers);
    virtual_disk_free(virtual_disk);
    return wrong;
}

static void a_replaced_file_survives_power_cuts(void **state)
{
    (void)state;
    assert_int_equal(wrong_after_cuts(false, false), 0);
}

/* The disk is able to show what a missing sync does. */
static void what_is_not_synced_is_torn(void **state)
{
    (void)state;
    assert_true(wrong_after_cuts(true, false) > 20);
    assert_true(wrong_after_cuts(false, true) > 20);
}

static int fail_write(void *context, enum disk_step step, const char *path)
{
    (void)context, (void)path;
    return step == DISK_WRITE ? -ENOSPC : 0;
}

static void a_step_can_fail(void **state)
{
    struct virtual_disk *virtual_disk = virtual_disk_new();
    struct disk disk = virtual_disk_of(virtual_disk);
    char *text = NULL;
    size_t length = 0;
    (void)state;
    assert_int_equal(disk_read(&disk, "file", &text, &length), -ENOENT);
    assert_int_equal(disk_replace(&disk, "file", "old", 3, NULL), 0);
    virtual_disk_hook(virtual_disk, fail_write, NULL, 0);
    assert_int_equal(disk_replace(&disk, "file", "new", 3, NULL), -ENOSPC);
    assert_file(&disk, "file", "old");
    assert_int_equal(disk_read(&disk, "file.new", &text, &length), -ENOENT);
    virtual_disk_free(virtual_disk);
}

/* --- heaps and worlds --- */

static void a_heap_knows_what_is_left(void **state)
{
    struct heap *heap = heap_new(), *other = heap_new();
    void *pieces[3000];
    (void)state;
    assert_null(heap_use(heap));
    for (size_t i = 0; i < 3000; i++)
        pieces[i] = mem_zero(1, 1 + i % 100);
    char *text = mem_format("%d", 5), *grown = mem_grow(NULL, 1, 8);
    assert_ptr_equal(heap_use(other), heap);
    assert_non_null(grown = mem_grow(grown, 1, 80000));
    char *theirs = mem_text("theirs");
    (void)heap_use(NULL);
    assert_int_equal(heap_pieces(heap), 3002);
    assert_int_equal(heap_pieces(other), 1);
    for (size_t i = 0; i < 3000; i += 3)
        free(pieces[i]);
    free(text);
    free(theirs);
    assert_int_equal(heap_pieces(other), 0);
    assert_int_equal(heap_drop(other), 0);
    assert_int_equal(heap_drop(heap), 2001);
}

static int count_rows(void *context, const struct change *change)
{
    (void)change;
    free(mem_text("of the caller")); /* and not of the world */
    ++*(uint64_t *)context;
    return 0;
}

static uint64_t rows_of(struct world *world, world_time to)
{
    uint64_t rows = 0;
    world_time reached;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        assert_int_equal(world_changes(world, (enum stream_id)i, WORLD_TIME_FIRST, to, 0,
                                       count_rows, &rows, &reached),
                         0);
    return rows;
}

static void a_world_comes_back_as_new(void **state)
{
    const struct world_settings settings = {
        .seed = 1, .origin = {1786718112}, .customers = 5, .market_data_points = 5};
    const struct world_act act = {
        .kind = WORLD_ACT_TEMPO, .stream = STREAM_MARKET_DATA, .at = settings.origin, .value = 0};
    const world_time to = {settings.origin.s + 86400};
    struct world_pool_counts before = world_pool_counted();
    struct heap *heap = heap_new();
    struct world *first = NULL, *second = NULL;
    struct zone *zone = NULL;
    (void)state;
    (void)heap_use(heap);
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    assert_int_equal(world_new(&settings, zone, &first, NULL), 0);
    uint64_t rows = rows_of(first, to);
    assert_true(rows > 50);
    world_set_acts(first, &act, 1);
    assert_true(rows_of(first, to) < rows);
    (void)heap_use(NULL);
    world_pool_reclaim(heap);             /* killed with the world in use */
    assert_int_equal(heap_drop(heap), 0); /* world and zone are the pool's */
    zone = NULL;
    assert_int_equal(zone_load("America/New_York", &zone, NULL), 0);
    assert_int_equal(world_new(&settings, zone, &second, NULL), 0);
    assert_ptr_equal(second, first);
    assert_int_equal(rows_of(second, to), rows);
    assert_int_equal(world_new(&settings, zone, &first, NULL), 0);
    assert_ptr_not_equal(second, first);
    world_free(first);
    world_free(second);
    zone_free(zone);
    assert_int_equal(world_pool_counted().made - before.made, 2);
    assert_int_equal(world_pool_counted().reused - before.reused, 1);
    world_pool_empty();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fibers_take_turns),
        cmocka_unit_test(a_fiber_may_resume_another),
        cmocka_unit_test(stacks_are_used_again),
        cmocka_unit_test(the_same_number_throws_the_same),
        cmocka_unit_test(the_generator_is_the_known_one),
        cmocka_unit_test(throws_keep_their_bounds),
        cmocka_unit_test(clocks_move_when_told),
        cmocka_unit_test(a_slew_is_slow_and_exact),
        cmocka_unit_test(a_replaced_file_survives_power_cuts),
        cmocka_unit_test(what_is_not_synced_is_torn),
        cmocka_unit_test(a_step_can_fail),
        cmocka_unit_test(a_heap_knows_what_is_left),
        cmocka_unit_test(a_world_comes_back_as_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
