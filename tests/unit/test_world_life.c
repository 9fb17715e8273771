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

/* What the model says of a moment is what the rows say then, to the second. */
static void compare_person(const struct change *change, void *context)
{
    struct world *other = context;
    char text[CELL_PRINT_MAX + 1];
    if (change->kind != CHANGE_UPDATE || change->group != CUSTOMER_GROUP_WORK)
        return;
    uint64_t customer = number_of(change);
    customers_settle(other, (world_time){change->at});
    for (unsigned i = 0; i < 2; i++) {
        world_time at = {change->at - 1 + i};
        struct person person = customer_person_at(other, customer, at);
        cell_print(&change->cells[1 + 2 * i], text);
        assert_int_equal(person.annual_income, change->cells[2 + 2 * i].number);
        assert_int_equal(person.employment == UNEMPLOYED, strcmp(text, "Unemployed") == 0);
        assert_int_equal(person.employment == RETIRED, strcmp(text, "Retired") == 0);
    }
}

static void persons_are_as_their_rows(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(400);
    struct world *world = test_world(&settings), *other = test_world(&settings);
    struct tape tape = {.hash = 1, .look = compare_person, .context = other};
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + 8 * YEAR, 0);
    /* Far back, after all has been asked. */
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + YEAR, 0);
    assert_true(tape.rows > 400);
    world_free(world);
    world_free(other);
}

struct held {
    int64_t from, until;
    uint64_t within, at_end, twice;
    char last[GROUP_TEXT];
    unsigned group;
    struct book *book;
};

static void look_held(const struct change *change, void *context)
{
    struct held *held = context;
    char key[GROUP_TEXT];
    apply(change, held->book);
    if (change->kind != CHANGE_UPDATE)
        return;
    print(&change->cells[0], key);
    held->within += change->at > held->from && change->at < held->until;
    if (change->at == held->until) {
        held->at_end++;
        held->twice += strcmp(key, held->last) == 0 && change->group == held->group;
        memcpy(held->last, key, GROUP_TEXT);
        held->group = change->group;
    }
}

static void gaps_hold_updates(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1500);
    struct world *world = test_world(&settings);
    const int64_t from = TEST_ORIGIN + 40 * TEST_DAY + 4242, until = from + 400 * TEST_DAY;
    const struct world_act act = {
        .kind = WORLD_ACT_GAP, .stream = STREAM_CUSTOMERS, .at = {from}, .until = {until}};
    world_set_acts(world, &act, 1);
    struct book book = {.rows = calloc(20000, sizeof *book.rows)};
    struct held held = {.from = from, .until = until, .book = &book};
    struct tape tape = {.hash = 1, .look = look_held, .context = &held};
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + 2 * YEAR, 0);
    assert_int_equal(tape.disorder + (int)held.within + (int)held.twice, 0);
    assert_int_equal(book.wrong + book.same, 0);
    assert_true(held.at_end > 500);
    /* Within it, by the hour, and over its end: the same. */
    struct tape pieces = {.hash = 1};
    tape_run(&pieces, world, STREAM_CUSTOMERS, 0, from - 100, 0);
    for (int64_t at = from - 100; at < TEST_ORIGIN + 2 * YEAR; at += 5 * TEST_DAY + 3333) {
        int64_t to = at + 5 * TEST_DAY + 3333;
        to = to < TEST_ORIGIN + 2 * YEAR ? to : TEST_ORIGIN + 2 * YEAR;
        tape_run(&pieces, world, STREAM_CUSTOMERS, at, to, 50);
    }
    assert_true(pieces.hash == tape.hash);
    free(book.rows);
    world_free(world);
}

struct pair {
    int64_t first[20000], second[20000]; /* changes of work: the last two before the end */
};

static void look_pairs(const struct change *change, void *context)
{
    struct pair *pair = context;
    if (change->kind != CHANGE_UPDATE || change->group != CUSTOMER_GROUP_WORK)
        return;
    uint64_t customer = number_of(change);
    pair->first[customer] = pair->second[customer];
    pair->second[customer] = change->at;
}

/* What was held and what is due when the gap ends are of one second, and one update. */
static void a_gap_ends_as_another_update_is_due(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(300);
    struct world *world = test_world(&settings);
    struct pair *pair = MEM_NEW(struct pair);
    struct tape all = {.hash = 1, .look = look_pairs, .context = pair};
    tape_run(&all, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + 2 * YEAR, 0);
    unsigned tried = 0;
    for (uint64_t i = 0; i < 300 && tried < 5; i++) {
        if (pair->first[i] <= TEST_ORIGIN + TEST_DAY)
            continue;
        const struct world_act act = {.kind = WORLD_ACT_GAP,
                                      .stream = STREAM_CUSTOMERS,
                                      .at = {pair->first[i] - 5},
                                      .until = {pair->second[i]}};
        world_set_acts(world, &act, 1);
        struct book book = {.rows = calloc(20000, sizeof *book.rows)};
        struct held held = {.from = act.at.s, .until = act.until.s, .book = &book};
        struct tape tape = {.hash = 1, .look = look_held, .context = &held};
        tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + 2 * YEAR, 0);
        assert_int_equal(tape.disorder + (int)held.within + (int)held.twice, 0);
        assert_int_equal(book.wrong + book.same, 0);
        assert_true(held.at_end > 0);
        free(book.rows);
        tried++;
    }
    assert_int_equal(tried, 5);
    free(pair);
    world_free(world);
}

#define FOLLOWED 3000
#define QUARTERS 140

/* Over decades, in a portfolio of the same people: the share of those without work among those who
 * work or look for work. */
static void the_unemployed_follow_the_rate(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(FOLLOWED);
    settings.customer_growth = 0;
    settings.origin.s = WORLD_ORIGIN_FIRST_S + 400 * TEST_DAY;
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    struct world *world = test_world(&settings);
    customers_settle(world, settings.origin);
    for (unsigned quarter = 0; quarter < QUARTERS; quarter++) {
        double jobless = 0, force = 0;
        world_time at = {settings.origin.s + quarter * 91 * TEST_DAY};
        for (uint64_t i = 0; i < FOLLOWED; i++) {
            enum employment does = customer_person_at(world, i, at).employment;
            jobless += does == UNEMPLOYED;
            force += does == UNEMPLOYED || does <= SELF_EMPLOYED;
        }
        double rate = market_view(world, zone_day(test_zone(), at.s)).unemployment;
        double share = 100 * jobless / force;
        n += 1, x += rate, y += share, xx += rate * rate, yy += share * share, xy += rate * share;
    }
    double between = (n * xy - x * y) * (n * xy - x * y) / ((n * xx - x * x) * (n * yy - y * y));
    print_message("squared correlation %.3f, a mean rate of %.2f and a share of %.2f\n", between,
                  x / n, y / n);
    assert_true(n * xy > x * y && between > .6 * .6);
    /* The same people grow old, and lose their jobs less often. */
    assert_near(y / x, .8, .2);
    world_free(world);
}

struct homes {
    int64_t moved[FOLLOWED][64];
    unsigned moves[FOLLOWED];
};

static void look_moves(const struct change *change, void *context)
{
    struct homes *homes = context;
    uint64_t customer = number_of(change);
    if (change->kind == CHANGE_UPDATE && change->group == CUSTOMER_GROUP_PLACE &&
        customer < FOLLOWED && homes->moves[customer] < 64)
        homes->moved[customer][homes->moves[customer]++] = change->at;
}

/* Whoever bought a home lives in it within two months, but for a few second homes. */
static void a_move_follows_a_purchase(void **state)
{
    (void)state;
    struct world_settings settings = test_settings(1500);
    struct world *world = test_world(&settings);
    struct homes *homes = MEM_NEW(struct homes);
    struct tape tape = {.hash = 1, .look = look_moves, .context = homes};
    tape_run(&tape, world, STREAM_CUSTOMERS, 0, TEST_ORIGIN + YEAR, 0);
    uint64_t bought = 0, moved = 0;
    for (uint64_t i = 0; i < 1500; i++) {
        for (int64_t day = 0; day < 280; day += 10) {
            world_time from = {TEST_ORIGIN + day * TEST_DAY}, to = world_plus(from, 10 * TEST_DAY);
            bool follows = false;
            if (!life_home_bought(world, i, from, to))
                continue;
            for (unsigned j = 0; j < homes->moves[i]; j++)
                follows = follows || (homes->moved[i][j] > from.s &&
                                      homes->moved[i][j] < to.s + 62 * TEST_DAY);
            bought++;
            moved += follows;
        }
    }
    print_message("%llu bought, %llu moved\n", (unsigned long long)bought,
                  (unsigned long long)moved);
    assert_true(bought > 10 && moved * 100 >= bought * 85);
    free(homes);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_follow_from_each_other),
        cmocka_unit_test(any_slicing_same_updates),
        cmocka_unit_test(persons_are_as_their_rows),
        cmocka_unit_test(gaps_hold_updates),
        cmocka_unit_test(a_gap_ends_as_another_update_is_due),
        cmocka_unit_test(the_unemployed_follow_the_rate),
        cmocka_unit_test(a_move_follows_a_purchase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
