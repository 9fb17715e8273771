#include <stdlib.h>

#include "base/mem.h"
#include "world/credit.h"
#include "world/customers.h"
#include "world/finance_model.h"
#include "world/life.h"
#include "world/loan_book.h"
#include "world/row.h"

struct finances {
    struct finance_model *model;
    struct arrivals *arrivals;
};

static double weight(struct world *world, void *context, uint64_t customer, world_time at)
{
    (void)world;
    return finance_model_weight((struct finance_model *)context, customer, at);
}

static void expect(struct world *world, uint64_t customer)
{
    customer_expect(world, customer);
    life_expect(life_of(world), customer);
    credit_view_expect(world, customer);
    loans_expect(world, customer);
}

static uint64_t expected(const struct world *world)
{
    const struct world_settings *settings = world_settings(world);
    return (uint64_t)(settings->customers * settings->financial_records_per_customer);
}

static void *finances_open(struct world *world)
{
    struct finances *finances = MEM_NEW(struct finances);
    int64_t months = world_settings(world)->financial_records_months;
    finances->model = finance_model_new(world);
    finances->arrivals =
        arrivals_new(world, &(struct arrivals_rule){
                                .stream = STREAM_FINANCIAL_RECORDS,
                                .window_months = months > 0 ? (int)months : WORLD_FINANCE_MONTHS,
                                .expected = expected(world),
                                .weight = weight,
                                .expect = expect,
                                .context = finances->model,
                            });
    return finances;
}

static void finances_close(void *cache)
{
    struct finances *finances = (struct finances *)cache;
    arrivals_free(finances->arrivals);
    finance_model_free(finances->model);
    free(finances);
}

static void finances_forget(void *cache, world_time since)
{
    struct finances *finances = (struct finances *)cache;
    arrivals_forget(finances->arrivals, since);
    finance_model_forget(finances->model);
}

struct delivery {
    struct world *world;
    struct finances *finances;
    world_sink *sink;
    void *context;
};

static int visit(void *context, const struct arrival *arrival)
{
    struct delivery *delivery = (struct delivery *)context;
    if (!world_inserts(delivery->world, STREAM_FINANCIAL_RECORDS, arrival->at))
        return 0;
    struct finance_record record;
    char key[ARRIVAL_KEY_LENGTH + 1], customer[CUSTOMER_KEY_LENGTH + 1];
    finance_record_make(delivery->finances->model, delivery->finances->arrivals, arrival, &record);
    arrival_key(delivery->world, "FR", arrival, key);
    customer_key(delivery->world, arrival->customer, customer);

    struct change row = {.kind = CHANGE_INSERT, .at = arrival->at.s};
    row_key(&row, key, ARRIVAL_KEY_LENGTH);
    row_key(&row, customer, CUSTOMER_KEY_LENGTH);
    row_text(&row, record.type);
    row_number(&row, CELL_DECIMAL, 2, record.amount);
    row_text(&row, record.description);
    row_number(&row, CELL_DATE, 0, record.day);
    row_number(&row, CELL_TIME, 0, arrival->at.s);
    return delivery->sink(delivery->context, &row);
}

static int finances_changes(struct world *world, void *cache, world_time from, world_time to,
                            world_sink *sink, void *context)
{
    struct finances *finances = (struct finances *)cache;
    struct delivery delivery = {world, finances, sink, context};
    return arrivals_between(finances->arrivals, from, to, visit, &delivery);
}

static uint64_t finances_baseline(struct world *world, void *cache)
{
    (void)cache;
    return expected(world);
}

const struct stream_model stream_financial_records = {
    .info = {"financial_records", true},
    .key_form = "FR-dddddddddddddd-dddddddd-xx",
    .open = finances_open,
    .close = finances_close,
    .forget = finances_forget,
    .changes = finances_changes,
    .baseline_size = finances_baseline,
};
