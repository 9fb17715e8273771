/* measure.c - compares generated worlds with the reference figures, without a database: the same
 * code as verify
 * --realism, fed from the model.
 *
 *     measure people SEED [CUSTOMERS [YEARS]]   all streams; 20000 customers and 5 years by default
 *     measure market SEED [YEARS]               market_data alone; 10 years by default
 *     measure series SEED [YEARS]               every observation of each series, from 2000 on
 *     measure plots SEED [CUSTOMERS [YEARS]]    as people, with what a page of plots shows
 *
 * Prints one JSON object a line: {"seed", "figures": [...]}, for plots also {"plots": {...}}. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "realism/realism.h"
#include "realism/realism_parts.h"
#include "world/world.h"

#define DAY          INT64_C(86400)
#define ORIGIN       INT64_C(1783598400) /* 2026-07-09T12:00:00Z */
#define DECIDED_DAYS 120                 /* after which an application has its last status */
#define STEPS_MOST   8

/* Applications wait here, in the order of their keys, until all that becomes of them is known: a
 * table's rows show the end of it. */
struct waiting {
    struct change row;
    char texts[6][64];
    unsigned count;
    struct {
        char status[24];
        int64_t at;
    } steps[STEPS_MOST];
};

struct feed {
    struct realism *realism;
    enum stream_id stream;
    struct waiting *ring;
    size_t room, first, count;
    uint64_t rows;
};

static void keep_texts(struct waiting *to, const struct change *change)
{
    unsigned next = 0;
    to->row = *change;
    for (unsigned i = 0; i < change->count; i++) {
        if (change->cells[i].kind != CELL_TEXT)
            continue;
        memcpy(to->texts[next], change->cells[i].text, change->cells[i].length);
        to->row.cells[i].text = to->texts[next++];
    }
}

static void add_step(struct waiting *to, const struct cell *status, int64_t at)
{
    if (to->count == STEPS_MOST)
        return;
    (void)snprintf(to->steps[to->count].status, sizeof to->steps->status, "%.*s",
                   (int)status->length, status->text);
    to->steps[to->count++].at = at;
}

static struct waiting *nth(struct feed *feed, size_t n)
{
    return &feed->ring[(feed->first + n) % feed->room];
}

/* The texts of a row lie beside it: moving it moves what its cells point to. */
static void grow(struct feed *feed)
{
    size_t room = feed->room > 0 ? 2 * feed->room : 4096;
    struct waiting *ring = MEM_ARRAY(struct waiting, room);
    for (size_t i = 0; i < feed->count; i++) {
        const struct waiting *from = nth(feed, i);
        ring[i] = *from;
        keep_texts(&ring[i], &from->row);
    }
    free(feed->ring);
    feed->ring = ring;
    feed->room = room;
    feed->first = 0;
}

static void give_first(struct feed *feed)
{
    struct waiting *row = nth(feed, 0);
    for (unsigned i = 0; i < row->count; i++) {
        struct cell cells[3] = {row->row.cells[0],
                                {.kind = CELL_TEXT, .text = row->steps[i].status},
                                {.kind = CELL_TIME, .number = row->steps[i].at}};
        cells[1].length = (uint16_t)strlen(row->steps[i].status);
        row->row.cells[6] = cells[1];
        if (i == 0) {
            struct cell last = cells[1];
            last.text = row->steps[row->count - 1].status;
            last.length = (uint16_t)strlen(last.text);
            row->row.cells[6] = last;
            realism_row(feed->realism, STREAM_LOAN_APPLICATIONS, row->row.cells, row->row.count);
        }
        realism_step(feed->realism, cells, 3);
    }
    feed->first = (feed->first + 1) % feed->room;
    feed->count--;
}

static void apply_move(struct feed *feed, const struct change *move)
{
    size_t low = 0, high = feed->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(nth(feed, middle)->row.cells[0].text, move->cells[0].text,
                   move->cells[0].length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < feed->count)
        add_step(nth(feed, low), &move->cells[2], move->at);
}

static int take_loan(struct feed *feed, const struct change *change)
{
    while (feed->count > 0 && nth(feed, 0)->row.at < change->at - DECIDED_DAYS * DAY)
        give_first(feed);
    if (change->kind == CHANGE_MOVE) {
        apply_move(feed, change);
        return 0;
    }
    if (feed->count == feed->room)
        grow(feed);
    struct waiting *row = nth(feed, feed->count++);
    row->count = 0;
    keep_texts(row, change);
    add_step(row, &change->cells[6], change->at);
    return 0;
}

static int take(void *context, const struct change *change)
{
    struct feed *feed = context;
    if (change->kind == CHANGE_UPDATE)
        return 0;
    feed->rows++;
    if (feed->stream == STREAM_LOAN_APPLICATIONS)
        return take_loan(feed, change);
    realism_row(feed->realism, feed->stream, change->cells, change->count);
    return 0;
}

/* --- customers: rows as they are in the end, then what changed in them --- */

struct portfolio {
    struct change_list changes;
    struct change **rows; /* the inserts, by the number in the key */
    size_t count, room;
};

static struct change **row_of(struct portfolio *portfolio, const struct change *change)
{
    size_t number = 0;
    for (unsigned i = change->cells[0].length - 8U; i < change->cells[0].length; i++)
        number = 10 * number + (size_t)(change->cells[0].text[i] - '0');
    if (number >= portfolio->room) {
        size_t room = number < 1024 ? 2048 : 2 * number;
        portfolio->rows = mem_grow((void *)portfolio->rows, room, sizeof *portfolio->rows);
        portfolio->room = room;
    }
    portfolio->count = number >= portfolio->count ? number + 1 : portfolio->count;
    return &portfolio->rows[number];
}

static bool same(const struct cell *a, const struct cell *b)
{
    return a->kind == CELL_TEXT ? a->length == b->length && memcmp(a->text, b->text, a->length) == 0
                                : a->number == b->number;
}

/* One row of credd_change for each column that has another value. */
static void give_columns(struct realism *realism, const struct change *change)
{
    const struct change_columns *columns = change_columns_of(change);
    for (unsigned i = 0; i < columns->count; i++) {
        char text[CELL_PRINT_MAX + 1];
        const char *name = columns->columns[i].name;
        const struct cell *after = &change_after(change)[i];
        if (same(&change_before(change)[i], after))
            continue;
        struct cell cells[5] = {
            {.kind = CELL_TEXT, .text = "customers", .length = sizeof "customers" - 1},
            change->cells[0],
            {.kind = CELL_TIME, .number = change->at},
            {.kind = CELL_TEXT, .text = name, .length = (uint16_t)strlen(name)},
            {.kind = CELL_TEXT, .text = text, .length = (uint16_t)cell_print(after, text)},
        };
        realism_change(realism, cells, 5);
    }
}

static int run_customers(struct world *world, struct realism *realism, world_time to)
{
    struct portfolio portfolio = {.count = 0};
    world_time reached;
    int result = world_changes(world, STREAM_CUSTOMERS, WORLD_TIME_FIRST, to, 0, change_list_gather,
                               &portfolio.changes, &reached);
    for (size_t i = 0; i < portfolio.changes.count; i++) {
        struct change *change = &portfolio.changes.items[i];
        struct change **row = row_of(&portfolio, change);
        if (change->kind == CHANGE_INSERT)
            *row = change;
        else
            for (unsigned j = 0; j < change_columns_of(change)->count; j++)
                (*row)->cells[change_columns_of(change)->columns[j].place] =
                    change_after(change)[j];
    }
    for (size_t i = 0; i < portfolio.count; i++)
        realism_row(realism, STREAM_CUSTOMERS, portfolio.rows[i]->cells, portfolio.rows[i]->count);
    for (size_t i = 0; i < portfolio.changes.count; i++)
        if (portfolio.changes.items[i].kind == CHANGE_UPDATE)
            give_columns(realism, &portfolio.changes.items[i]);
    free((void *)portfolio.rows);
    change_list_done(&portfolio.changes);
    return result;
}

static int run_stream(struct world *world, struct realism *realism, enum stream_id stream,
                      world_time to)
{
    if (stream == STREAM_CUSTOMERS)
        return run_customers(world, realism, to);
    struct feed feed = {.realism = realism, .stream = stream};
    world_time reached;
    int result = world_changes(world, stream, WORLD_TIME_FIRST, to, 0, take, &feed, &reached);
    while (feed.count > 0)
        give_first(&feed);
    free(feed.ring);
    return result;
}

/* --- printing --- */

static void print_figures(const struct realism *realism, uint64_t seed)
{
    printf("{\"seed\": %" PRIu64 ", \"figures\": [", seed);
    static const char *const ids[] = {
#define REALISM(id, name, reference, tolerance, spread, source, why) #id,
#include "realism/realism_figures.def"
#undef REALISM
    };
    for (unsigned i = 0; i < REALISM_COUNT; i++) {
        struct realism_figure figure = realism_figure(realism, (enum realism_id)i);
        printf("%s\n{\"id\": \"%s\", \"name\": \"%s\", \"reference\": %.9g, \"here\": %.9g, "
               "\"tolerance\": %.9g, \"count\": %.9g, \"verdict\": \"%s\", \"source\": \"%s\", "
               "\"why\": \"%s\"}",
               i > 0 ? "," : "", ids[i], figure.name, figure.reference, figure.here,
               figure.tolerance, figure.count, realism_verdict_name(figure.verdict), figure.source,
               figure.why);
    }
    puts("]}");
}

static void print_counts(const char *name, const uint64_t *counts, unsigned length)
{
    printf("\"%s\": [", name);
    for (unsigned i = 0; i < length; i++)
        printf("%s%" PRIu64, i > 0 ? ", " : "", counts[i]);
    printf("],\n");
}

static void print_series(const struct realism *realism)
{
    printf("\"series\": {");
    for (unsigned i = 0; i < SERIES_PUBLISHED; i++) {
        const struct realism_series *series = &realism->market.series[i];
        printf("%s\n\"%s\": [", i > 0 ? "," : "", market_series_table[i].key);
        for (size_t j = 0; j < series->count; j++)
            printf("%s[%d, %.4f]", j > 0 ? ", " : "", series->points[j].day,
                   series->points[j].value);
        printf("]");
    }
    printf("}");
}

static void print_plots(const struct realism *realism)
{
    const struct realism_credit *credit = &realism->credit;
    const struct realism_loans *loans = &realism->loans;
    printf("{\"plots\": {");
    print_counts("scores", credit->histogram, 56);
    print_counts("bands", credit->bands, REALISM_BANDS);
    print_counts("rolls", credit->rolls[0], REALISM_STATES * REALISM_STATES);
    print_counts("hours", loans->hours, 24);
    print_counts("weekdays", loans->weekdays, 7);
    print_counts("mix", loans->mix, PRODUCT_COUNT);
    print_counts("approved", loans->band_approved, REALISM_BANDS);
    print_counts("decided", loans->band_decided, REALISM_BANDS);
    printf("\"utilization\": [");
    for (unsigned i = 0; i < REALISM_BANDS; i++)
        printf("%s%.3f", i > 0 ? ", " : "", sums_mean(&credit->use_bands[i]));
    printf("],\n");
    print_series(realism);
    puts("}}");
}

static int measure(const char *what, uint64_t seed, int64_t customers, int64_t years)
{
    bool series = strcmp(what, "series") == 0, market = series || strcmp(what, "market") == 0;
    const struct world_settings settings = {
        .seed = seed,
        .origin = {series ? WORLD_ORIGIN_FIRST_S : ORIGIN}, /* time ends early in 2038 */
        .customers = market ? 1 : customers,
        .customer_growth = 20000,
        .financial_records_per_customer = 5,
        .loan_applications_per_customer = 2,
        .market_data_points = 100,
        .credit_history_entries = 10,
    };
    static const enum stream_id order[STREAM_COUNT] = {
        STREAM_CUSTOMERS, STREAM_CREDIT_HISTORY, STREAM_LOAN_APPLICATIONS, STREAM_FINANCIAL_RECORDS,
        STREAM_MARKET_DATA};
    struct fault fault = {0};
    struct zone *zone = NULL;
    struct world *world = NULL;
    int result = zone_load("America/New_York", &zone, &fault);
    if (result == 0)
        result = world_new(&settings, zone, &world, &fault);
    if (result < 0) {
        fprintf(stderr, "%s\n", fault.text);
        zone_free(zone);
        return result;
    }
    struct realism *realism = realism_new(zone, settings.origin);
    /* Beyond the last whole month, so that year 5 is complete. */
    world_time to = world_plus(settings.origin, years * 36525 * DAY / 100);
    for (unsigned i = market ? STREAM_COUNT - 1 : 0; i < STREAM_COUNT && result == 0; i++)
        result = run_stream(world, realism, order[i], to);
    realism_close(realism);
    print_figures(realism, seed);
    if (strcmp(what, "plots") == 0)
        print_plots(realism);
    if (series) {
        printf("{");
        print_series(realism);
        puts("}");
    }
    realism_free(realism);
    world_free(world);
    zone_free(zone);
    return result;
}

int main(int argc, char **argv)
{
    static const char *const words[] = {"people", "plots", "market", "series"};
    unsigned word = 0;
    while (argc > 2 && word < 4 && strcmp(argv[1], words[word]) != 0)
        word++;
    if (argc < 3 || word == 4) {
        fprintf(stderr, "usage: measure people|market|series|plots SEED [CUSTOMERS] [YEARS]\n");
        return 2;
    }
    bool market = word >= 2;
    int next = 3;
    uint64_t seed = strtoull(argv[2], NULL, 10);
    int64_t customers = !market && argc > next ? strtoll(argv[next++], NULL, 10) : 20000;
    int64_t years = argc > next ? strtoll(argv[next], NULL, 10) : market ? 10 : 5;
    return measure(argv[1], seed, customers, years) < 0;
}
