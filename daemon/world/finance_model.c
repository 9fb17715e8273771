#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "world/finance_parts.h"

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

enum pay_schedule finance_schedule(struct finance_model *model, uint64_t customer)
{
    if (customer >= model->schedule_room) {
        size_t room = customer < 1024 ? 1024 : customer + customer / 4;
        model->schedules = mem_grow(model->schedules, room, 1);
        memset(model->schedules + model->schedule_room, 0, room - model->schedule_room);
        model->schedule_room = room;
    }
    if (model->schedules[customer] == 0) {
        struct person person = customer_person(model->world, customer);
        model->schedules[customer] = (uint8_t)(pay_schedule_of(model->seed, customer, &person) + 1);
    }
    return (enum pay_schedule)(model->schedules[customer] - 1);
}

double finance_model_weight(struct finance_model *model, uint64_t customer, world_time at)
{
    int64_t number = at.s / HOUR;
    struct finance_hour *hour = &model->hours[number % FINANCE_HOURS];
    if (hour->number != number)
        *hour = (struct finance_hour){number, zone_day(world_zone(model->world), number * HOUR)};
    return pay_day(model->paydays, finance_schedule(model, customer), hour->day) ? 1.0
                                                                                 : WEIGHT_USUAL;
}
