#include "world/bank_days.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "clock/holidays.h"
#include "clock/zone.h"

struct bank_days {
    int64_t first;
    size_t length;    /* local days known */
    uint16_t *before; /* per local day: how many business days come before it */
    uint16_t *days;   /* per business day: its local day since `first` */
    size_t count;
};

struct bank_days *bank_days_new(const struct zone *zone, int64_t first, int64_t last)
{
    struct bank_days *days = MEM_NEW(struct bank_days);
    days->first = first;
    days->length = (size_t)(last - first + 1);
    days->before = MEM_ARRAY(uint16_t, days->length);
    days->days = MEM_ARRAY(uint16_t, days->length + 1);
    for (size_t i = 0; i < days->length; i++) {
        days->before[i] = (uint16_t)days->count;
        if (business_day(BUSINESS_BANK, first + (int64_t)i) &&
            zone_has_day(zone, first + (int64_t)i))
            days->days[days->count++] = (uint16_t)i;
    }
    return days;
}

void bank_days_free(struct bank_days *days)
{
    if (!days)
        return;
    free(days->before);
    free(days->days);
    free(days);
}

int64_t bank_days_step(const struct bank_days *days, int64_t day, int count)
{
    size_t place = (size_t)(day - days->first);
    if (day < days->first)
        place = 0;
    if (place >= days->length)
        place = days->length - 1;
    size_t number = days->before[place];
    bool is_one = number < days->count && days->days[number] == place;
    number += (size_t)count - (count > 0 && !is_one);
    if (number >= days->count)
        number = days->count - 1;
    return days->first + days->days[number];
}
