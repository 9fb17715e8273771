#include "world/loan_applications.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/loan_book.h"
#include "world/loan_level.h"
#include "world/loan_model.h"
#include "world/row.h"

#define LIFE_MONTHS 36
#define LONGEST     (LOAN_LONGEST_DAYS * INT64_C(86400))

/* A status change that is due, packed so that it compares as their order is: by (at, key), then
 * step. */
struct move {
    uint64_t when;  /* at, and when the application came: seconds since 1970 */
    uint64_t which; /* customer, lane, step, from, to */
};

static void expect(struct world *world, uint64_t customer)
{
    customer_expect(world, customer);
    credit_view_expect(world, customer);
    loans_expect(world, customer);
}

static uint64_t expected(const struct world *world)
{
    const struct world_settings *settings = world_settings(world);
    return (uint64_t)(settings->customers * settings->loan_applications_per_customer);
}

static void *loans_open(struct world *world)
{
    struct loans *loans = MEM_NEW(struct loans);
    loans->world = world;
    loans->model = loan_model_new(world);
    /* Lives begin before the data do, so that the first month is like the others. */
    loans->arrivals = arrivals_new(world, &(struct arrivals_rule){
                                              .stream = STREAM_LOAN_APPLICATIONS,
                                              .window_months = LIFE_MONTHS,
                                              .given = true,
                                              .expect = expect,
                                          });
    int64_t months = world_settings(world)->loan_applications_months;
    loans->first = arrivals_months_before(world, months > 0 ? (int)months : WORLD_LOAN_MONTHS);
    loans->book = loan_book_new(world, loans->model, loans->arrivals);
    struct loan_level level = {
        .world = world,
        .model = loans->model,
        .arrivals = loans->arrivals,
        .book = loans->book,
        .first = loans->first,
        .expected = expected(world),
    };
    loan_level_solve(&level);
    return loans;
}

static void loans_close(void *cache)
{
    struct loans *loans = (struct loans *)cache;
    loan_book_free(loans->book);
    arrivals_free(loans->arrivals);
    loan_model_free(loans->model);
    free(loans->moves);
    free(loans);
}

static void loans_forget(void *cache, world_time since)
{
    struct loans *loans = (struct loans *)cache;
    arrivals_forget(loans->arrivals, since);
    loan_book_forget(loans->book);
    loans->ready = false;
}

static struct move move_make(int64_t at, const struct arrival *arrival,
                             const struct loan_step *loan_step, unsigned step)
{
    return (struct move){
        .when = (uint64_t)at << 32 | (uint64_t)arrival->at.s,
        .which = arrival->customer << 32 | (uint64_t)arrival->lane << 16 | (uint64_t)step << 8 |
                 (uint64_t)loan_step->from << 4 | (uint64_t)loan_step->to,
    };
}

static int64_t move_at(const struct move *move)
{
    return (int64_t)(move->when >> 32);
}

static bool earlier(const struct move *a, const struct move *b)
{
    return a->when < b->when || (a->when == b->when && a->which < b->which);
}

static void heap_add(struct loans *loans, const struct move *move)
{
    if (loans->count == loans->room) {
        loans->room = loans->room ? 2 * loans->room : 256;
        loans->moves = mem_grow(loans->moves, loans->room, sizeof *loans->moves);
    }
    size_t place = loans->count++;
    for (; place > 0 && earlier(move, &loans->moves[(place - 1) / 2]); place = (place - 1) / 2)
        loans->moves[place] = loans->moves[(place - 1) / 2];
    loans->moves[place] = *move;
}

static void heap_pop(struct loans *loans)
{
    struct move last = loans->moves[--loans->count];
    size_t place = 0;
    for (;;) {
        size_t child = 2 * place + 1;
        if (child >= loans->count)
            break;
        if (child + 1 < loans->count && earlier(&loans->moves[child + 1], &loans->moves[child]))
            child++;
        if (!earlier(&loans->moves[child], &last))
            break;
        loans->moves[place] = loans->moves[child];
        place = child;
    }
    loans->moves[place] = last;
}

/* Notes what becomes of an application, as far as it happens after `after`. Steps that a gap held
 * come one a second after its end: their instants tell their order. */
static void add_moves(struct loans *loans, const struct arrival *arrival,
                      const struct loan_held *loan, int64_t after)
{
    struct loan_step steps[LOAN_STEPS_MAX];
    unsigned count = loan_steps(loan_model_clerk(loans->model), arrival, loan, steps);
    world_time at = WORLD_TIME_FIRST;
    for (unsigned i = 0; i < count; i++) {
        at = world_move_time(loans->world, STREAM_LOAN_APPLICATIONS,
                             world_later(steps[i].at, world_plus(at, 1)));
        if (at.s <= after || at.s > WORLD_TIME_LAST.s)
            continue;
        struct move move = move_make(at.s, arrival, &steps[i], i);
        heap_add(loans, &move);
    }
}

static int look_back(void *context, const struct arrival *arrival)
{
    struct loans *loans = (struct loans *)context;
    if (!world_inserts(loans->world, STREAM_LOAN_APPLICATIONS, arrival->at))
        return 0;
    const struct loan_held *loan = loan_book_application(loans->book, arrival);
    if (loan)
        add_moves(loans, arrival, loan, loans->asked);
    return 0;
}

/* The first instant whose moves happen after `at`: `at` itself, or the begin of what holds them. */
static int64_t held_since(const struct world *world, int64_t at)
{
    int64_t low = WORLD_TIME_FIRST.s, high = at + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (world_move_time(world, STREAM_LOAN_APPLICATIONS, (world_time){middle}).s > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void rebuild(struct loans *loans, int64_t from)
{
    loans->count = 0;
    loans->given = loans->asked = from;
    loans->ready = true;
    /* One that was held may have come after another one, which a gap held, and so on. */
    int64_t first = held_since(loans->world, from);
    for (unsigned i = 1; i < LOAN_STEPS_MAX; i++)
        first = held_since(loans->world, first - 2);
    world_time since = world_later((world_time){first - LONGEST}, loans->first);
    arrivals_between(loans->arrivals, since, (world_time){from}, look_back, loans);
}

struct delivery {
    struct loans *loans;
    world_sink *sink;
    void *context;
};

static int give(struct delivery *delivery, const struct change *change)
{
    int code = delivery->sink(delivery->context, change);
    if (code == 0) {
        delivery->loans->given = change->at;
        return 0;
    }
    /* Refused: all before it has been given. If a part of its own instant was, nothing can be told.
     */
    delivery->loans->asked = change->at - 1;
    delivery->loans->ready = delivery->loans->given < change->at;
    return code;
}

static void row_status(struct change *change, enum loan_status status)
{
    row_key(change, loan_status_names[status].text, loan_status_names[status].length);
}

static int give_moves(struct delivery *delivery, int64_t to)
{
    struct loans *loans = delivery->loans;
    while (loans->count > 0 && move_at(&loans->moves[0]) <= to) {
        struct move move = loans->moves[0];
        struct arrival applied = {
            .at = {(int64_t)(uint32_t)move.when},
            .customer = move.which >> 32,
            .lane = (uint16_t)(move.which >> 16),
        };
        char key[ARRIVAL_KEY_LENGTH + 1];
        arrival_key(loans->world, "LA", &applied, key);
        struct change change = {.kind = CHANGE_MOVE, .at = move_at(&move)};
        row_key(&change, key, ARRIVAL_KEY_LENGTH);
        row_status(&change, (enum loan_status)(move.which >> 4 & 15));
        row_status(&change, (enum loan_status)(move.which & 15));
        int code = give(delivery, &change);
        if (code != 0)
            return code;
        heap_pop(loans);
    }
    return 0;
}

static int give_row(struct delivery *delivery, const struct arrival *arrival,
                    const struct loan_held *loan)
{
    const struct loan_facts *facts = &loan_facts[loan->product];
    struct world *world = delivery->loans->world;
    char key[ARRIVAL_KEY_LENGTH + 1], customer[CUSTOMER_KEY_LENGTH + 1];
    arrival_key(world, "LA", arrival, key);
    customer_key(world, arrival->customer, customer);
    struct change row = {.kind = CHANGE_INSERT, .at = arrival->at.s};
    row_key(&row, key, ARRIVAL_KEY_LENGTH);
    row_key(&row, customer, CUSTOMER_KEY_LENGTH);
    row_text(&row, facts->type);
    row_number(&row, CELL_DECIMAL, 2, (int64_t)loan->amount * 100);
    row_number(&row, loan->term > 0 ? CELL_INTEGER : CELL_NULL, 0, loan->term);
    row_text(&row, facts->purposes[loan->purpose].text);
    row_status(&row, LOAN_PENDING);
    row_number(&row, CELL_DATE, 0, local_at(world_local(world), arrival->at.s).day);
    row_number(&row, CELL_TIME, 0, arrival->at.s);
    return give(delivery, &row);
}

static int visit(void *context, const struct arrival *arrival)
{
    struct delivery *delivery = (struct delivery *)context;
    struct loans *loans = delivery->loans;
    int code = give_moves(delivery, arrival->at.s);
    if (code != 0 || !world_inserts(loans->world, STREAM_LOAN_APPLICATIONS, arrival->at))
        return code;
    const struct loan_held *found = loan_book_application(loans->book, arrival);
    if (!found)
        return 0;
    struct loan_held loan = *found; /* the sink may ask on */
    code = give_row(delivery, arrival, &loan);
    if (code == 0)
        add_moves(loans, arrival, &loan, arrival->at.s);
    return code;
}

static int loans_changes(struct world *world, void *cache, world_time from, world_time to,
                         world_sink *sink, void *context)
{
    (void)world;
    struct loans *loans = (struct loans *)cache;
    if (!loans->ready || from.s < loans->given || from.s > loans->asked)
        rebuild(loans, from.s);
    struct delivery delivery = {loans, sink, context};
    world_time begin = world_later(world_later(from, (world_time){loans->asked}), loans->first);
    int code = arrivals_between(loans->arrivals, begin, to, visit, &delivery);
    if (code == 0)
        code = give_moves(&delivery, to.s);
    if (code == 0)
        loans->asked = to.s;
    return code;
}

static uint64_t loans_baseline(struct world *world, void *cache)
{
    (void)cache;
    /* With about three steps each. */
    return 4 * expected(world);
}

const struct stream_model stream_loan_applications = {
    .info = {"loan_applications", true},
    .key_form = "LA-dddddddddddddd-dddddddd-xx",
    .open = loans_open,
    .close = loans_close,
    .forget = loans_forget,
    .changes = loans_changes,
    .baseline_size = loans_baseline,
};
