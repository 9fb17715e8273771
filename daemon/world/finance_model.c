#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/finance_parts.h"
#include "world/life.h"

#define HOUR         INT64_C(3600)
#define WEIGHT_USUAL .22 /* of a day without pay, over a payday */

/* Which expenses fall on a day of the month, by how often they do. */
static void fill_picks(struct finance_picks *picks, int day_of_month)
{
    for (unsigned i = 0; i < FINANCE_EXPENSES; i++) {
        const struct finance_expense *expense = &finance_expenses[i];
        if (day_of_month >= expense->first_day && day_of_month <= expense->last_day)
            picks->sum += expense->times * 31.0 / (expense->last_day - expense->first_day + 1);
        picks->cumulated[i] = picks->sum;
    }
}

struct finance_model *finance_model_new(struct world *world)
{
    struct finance_model *model = MEM_NEW(struct finance_model);
    model->world = world;
    model->seed = world_settings(world)->seed;
    const struct zone *zone = world_zone(world);
    int64_t first = zone_day(zone, world_start(world).s);
    model->paydays = pay_calendar_new(model->seed, zone, first, WORLD_TIME_LAST.s / 86400 + 1);
    for (int day = 1; day <= 31; day++)
        fill_picks(&model->picks[day], day);
    return model;
}

void finance_model_free(struct finance_model *model)
{
    if (!model)
        return;
    pay_calendar_free(model->paydays);
    free(model->schedules);
    free(model);
}

void finance_model_forget(struct finance_model *model)
{
    if (model->schedules)
        memset(model->schedules, 0, model->schedule_room);
}

static uint8_t schedule_key(enum pay_schedule schedule, enum employment employment)
{
    return (uint8_t)(1 + (unsigned)schedule + PAY_SCHEDULES * (unsigned)employment);
}

enum pay_schedule finance_schedule(struct finance_model *model, uint64_t customer,
                                   enum employment employment)
{
    if (customer >= model->schedule_room) {
        size_t room = customer < 1024 ? 1024 : customer + customer / 4;
        model->schedules = mem_grow(model->schedules, room, 1);
        memset(model->schedules + model->schedule_room, 0, room - model->schedule_room);
        model->schedule_room = room;
    }
    unsigned key = model->schedules[customer];
    if (key == 0 || (key - 1) / PAY_SCHEDULES != (unsigned)employment) {
        struct person person = customer_person(model->world, customer);
        person.employment = employment;
        key = schedule_key(pay_schedule_of(model->seed, customer, &person), employment);
        model->schedules[customer] = (uint8_t)key;
    }
    return (enum pay_schedule)((key - 1) % PAY_SCHEDULES);
}

double finance_model_weight(struct finance_model *model, uint64_t customer, world_time at)
{
    int64_t number = at.s / HOUR;
    struct finance_hour *hour = &model->hours[number % FINANCE_HOURS];
    if (hour->number != number)
        *hour = (struct finance_hour){number, zone_day(world_zone(model->world), number * HOUR)};
    enum employment employment = life_job_at(life_of(model->world), customer, at).employment;
    return pay_day(model->paydays, finance_schedule(model, customer, employment), hour->day)
               ? 1.0
               : WEIGHT_USUAL;
}
