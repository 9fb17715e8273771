/* Lives: updates of customers' rows that follow from each other, however the questions are sliced.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/customers.h"
#include "world/life.h"
#include "world/life_home.h"
#include "world/market.h"
#include "world_checks.h"

#define YEAR       (365 * TEST_DAY)
#define PEOPLE     6000
#define GROUP_TEXT 64

/* What the rows say: the columns that change, as they are printed. */
struct row {
    int64_t born, birth_day;
    char place[5][GROUP_TEXT], work[2][GROUP_TEXT];
};

struct book {
    struct row *rows;
    uint64_t updates[CHANGE_GROUPS], wrong, same;
    uint64_t raises, losses, found, retired, finished, born;
    double raise_sum;
};

static uint64_t number_of(const struct change *change)
{
    return strtoull(change->cells[0].text + 18, NULL, 10);
}

static void print(const struct cell *cell, char text[GROUP_TEXT])
{
    char whole[CELL_PRINT_MAX + 1];
    cell_print(cell, whole);
    snprintf(text, GROUP_TEXT, "%.63s", whole);
}

static void note_work(struct book *book, const struct row *row, const struct change *change)
{
    double before = (double)change->cells[2].number, after = (double)change->cells[4].number;
    char to[GROUP_TEXT];
    print(&change->cells[3], to);
    bool same = strcmp(to, row->work[0]) == 0;
    book->raises += same && after > before && strcmp(to, "Full-time") == 0;
    book->losses += !same && strcmp(to, "Unemployed") == 0;
    book->found += strcmp(row->work[0], "Unemployed") == 0 && strstr(to, "-time") != NULL;
    book->retired += !same && strcmp(to, "Retired") == 0;
    book->finished += strcmp(row->work[0], "Student") == 0;
}

static void apply(const struct change *change, void *context)
{
    static const unsigned places[5] = {7, 8, 9, 10, 4}, works[2] = {11, 12};
    struct book *book = context;
    struct row *row = &book->rows[number_of(change)];
    if (change->kind == CHANGE_INSERT) {
        book->born++;
        row->born = change->at;
        row->birth_day = change->cells[5].number;
        for (unsigned i = 0; i < 5; i++)
            print(&change->cells[places[i]], row->place[i]);
        for (unsigned i = 0; i < 2; i++)
            print(&change->cells[works[i]], row->work[i]);
        return;
    }
    assert_int_equal(change->kind, CHANGE_UPDATE);
    assert_true(change->at > row->born && row->born > 0);
    bool place = change->group == CUSTOMER_GROUP_PLACE, differs = false;
    unsigned count = place ? 5 : 2;
    char(*now)[GROUP_TEXT] = place ? row->place : row->work;
    assert_int_equal(change->count, 1 + 2 * count);
    if (!place)
        note_work(book, row, change);
    for (unsigned i = 0; i < count; i++) {
        char text[GROUP_TEXT];
        print(&change->cells[1 + i], text);
        book->wrong += strcmp(text, now[i]) != 0;
        print(&change->cells[1 + count + i], text);
        differs = differs || strcmp(text, now[i]) != 0;
        memcpy(now[i], text, GROUP_TEXT);
    }
    book->same += !differs;
    book->updates[change->group]++;
}

static struct book follow(struct world *world, int64_t to, struct tape *tape)
{
    struct book book = {.rows = calloc(20000, sizeof *book.rows)};
    tape->look = apply;
    tape->context = &book;
    tape_run(tape, world, STREAM_CUSTOMERS, 0, to, 0);
    assert_int_equal(tape->disorder, 0);
    return book;
}

static void updates_follow_from_each_other(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(PEOPLE);
    struct world *world = test_world(&settings);
    struct tape tape = {.hash = 1};
    struct book book = follow(world, TEST_ORIGIN + 3 * YEAR, &tape);
    assert_int_equal(book.wrong, 0);
    assert_int_equal(book.same, 0);
    double years = 4.0 * PEOPLE; /* about: they become more */
    print_message(
        "%llu moves, %llu of work: %llu raises, %llu losses, %llu found, %llu retired, %llu "
        "finished\n",
        (unsigned long long)book.updates[CUSTOMER_GROUP_PLACE],
        (unsigned long long)book.updates[CUSTOMER_GROUP_WORK], (unsigned long long)book.raises,
        (unsigned long long)book.losses, (unsigned long long)book.found,
        (unsigned long long)book.retired, (unsigned long long)book.finished);
    assert_true(book.updates[CUSTOMER_GROUP_PLACE] > .03 * years);
    assert_true(book.raises > .15 * years && book.losses > .02 * years);
    assert_true(book.retired > 100 && book.finished > 100);
    free(book.rows);
    world_free(world);
}

static void any_slicing_same_updates(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(500);
    assert_true(assert_any_slicing(&settings, STREAM_CUSTOMERS, 7) > 600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_follow_from_each_other),
        cmocka_unit_test(any_slicing_same_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
