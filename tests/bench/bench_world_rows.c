/* bench_world_rows.c - how many rows a second the model alone makes, into a sink that counts and
 * discards.
 *
 *     bench_world_rows [CUSTOMERS [DAYS]]     20000 customers, 365 days after the baseline by
 * default */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "world/world.h"

static int count_change(void *context, const struct change *change)
{
    uint64_t *count = context;

    (void)change;
    ++*count;
    return 0;
}

/* Of the processor, so that a busy machine does not count. */
static double seconds_now(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void print_rate(const char *part, const char *stream, uint64_t rows, double took)
{
    printf("%-9s %-18s %10" PRIu64 " rows %8.3f s %10.0f rows/s\n", part, stream, rows, took,
           took > 0 ? (double)rows / took : 0.0);
}

/* The baseline of every stream, then its live part in steps of a day. */
static int run(struct world *world, world_time origin, int64_t days)
{
    uint64_t all = 0;
    double all_took = 0;

    for (enum stream_id stream = 0; stream < STREAM_COUNT; stream++) {
        uint64_t rows = 0;
        world_time reached;
        double began = seconds_now();

        if (world_changes(world, stream, WORLD_TIME_FIRST, origin, 0, count_change, &rows,
                          &reached))
            return 1;
        double took = seconds_now() - began;
        print_rate("baseline", stream_info(stream)->name, rows, took);
        all += rows;
        all_took += took;

        rows = 0;
        began = seconds_now();
        for (int64_t day = 0; day < days; day++)
            if (world_changes(world, stream, world_plus(origin, day * 86400),
                              world_plus(origin, (day + 1) * 86400), 0, count_change, &rows,
                              &reached))
                return 1;
        took = seconds_now() - began;
        print_rate("by days", stream_info(stream)->name, rows, took);
        all += rows;
        all_took += took;
    }
    print_rate("all", "", all, all_took);
    return 0;
}

int main(int argc, char **argv)
{
    const struct world_settings settings = {
        .seed = 42,
        .origin = {INT64_C(1707998400)},
        .customers = argc > 1 ? strtoll(argv[1], NULL, 10) : 20000,
        .customer_growth = 20000,
        .financial_records_per_customer = 5,
        .loan_applications_per_customer = 2,
        .market_data_points = 100,
        .credit_history_entries = 10,
    };
    struct fault fault = {0};
    struct zone *zone = NULL;
    struct world *world = NULL;
    int failed = 1;

    if (zone_load("America/New_York", &zone, &fault) == 0 &&
        world_new(&settings, zone, &world, &fault) == 0)
        failed = run(world, settings.origin, argc > 2 ? strtoll(argv[2], NULL, 10) : 365);
    else
        fprintf(stderr, "%s\n", fault.text);
    world_free(world);
    zone_free(zone);
    return failed;
}
