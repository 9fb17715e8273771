#include <assert.h>

#include "clock/civil.h"
#include "world/arrivals_parts.h"
#include "world/rhythm.h"

#define HOUR INT64_C(3600)

static int64_t cell_begin(const struct pace *pace, unsigned cell)
{
    int64_t at = (pace->first_hour + (int64_t)cell) * HOUR - pace->begin;
    return at < 0 ? 0 : at < pace->length ? at : pace->length;
}

static void pace_fill(const struct arrivals *arrivals, struct pace *pace, uint32_t round)
{
    pace->round = round;
    pace->begin = world_start(arrivals->world).s + round * arrivals->round;
    pace->length = arrivals->round;
    pace->first_hour = pace->begin / HOUR;
    int64_t cells = (pace->begin + pace->length - 1) / HOUR - pace->first_hour + 1;
    assert(cells <= PACE_CELLS);
    pace->cells = (unsigned)cells;
    for (unsigned i = 0; i < pace->cells; i++) {
        int64_t hour = (pace->first_hour + i) * HOUR;
        struct local local = local_at(world_local(arrivals->world), hour);
        pace->cumulated[i + 1] =
            pace->cumulated[i] +
            rhythm_of_week(local) * (double)(cell_begin(pace, i + 1) - cell_begin(pace, i));
    }
    double total = pace->cumulated[pace->cells];
    pace->step = total / ARRIVAL_SLOTS;
    pace->factor = total / (double)pace->length;
    unsigned cell = 0;
    for (unsigned i = 0; i < PACE_HINTS; i++) {
        double target = pace->step * (double)(i * PACE_HINT);
        while (cell + 1 < pace->cells && pace->cumulated[cell + 1] <= target)
            cell++;
        pace->hints[i] = (uint16_t)cell;
    }
}

const struct pace *arrivals_pace(struct arrivals *arrivals, uint32_t round)
{
    struct pace *pace = &arrivals->paces[round % ARRIVAL_PACES];
    if (pace->round != round || pace->length != arrivals->round)
        pace_fill(arrivals, pace, round);
    return pace;
}

/* The second at which the intensity reaches `target`, in `cell` or a later one. */
static int64_t pace_find(const struct pace *pace, double target, unsigned *cell)
{
    while (*cell + 1 < pace->cells && pace->cumulated[*cell + 1] <= target)
        ++*cell;
    int64_t begin = cell_begin(pace, *cell), end = cell_begin(pace, *cell + 1);
    double low = pace->cumulated[*cell], high = pace->cumulated[*cell + 1];
    int64_t second = begin + (int64_t)((target - low) / (high - low) * (double)(end - begin));
    return second < end ? second : end;
}

void pace_slot_bounds(const struct pace *pace, int64_t slot, int64_t *ret_begin, int64_t *ret_end)
{
    unsigned cell = pace->hints[slot / PACE_HINT];
    *ret_begin = pace_find(pace, pace->step * (double)slot, &cell);
    *ret_end = slot + 1 < ARRIVAL_SLOTS ? pace_find(pace, pace->step * (double)(slot + 1), &cell)
                                        : pace->length;
}

int64_t pace_slot_begin(const struct pace *pace, int64_t slot)
{
    if (slot >= ARRIVAL_SLOTS)
        return pace->length;
    unsigned cell = pace->hints[slot / PACE_HINT];
    return pace_find(pace, pace->step * (double)slot, &cell);
}

int64_t pace_slot(const struct pace *pace, int64_t offset)
{
    unsigned cell = (unsigned)((pace->begin + offset) / HOUR - pace->first_hour);
    int64_t begin = cell_begin(pace, cell), end = cell_begin(pace, cell + 1);
    double part = (double)(offset - begin) / (double)(end - begin);
    double reached =
        pace->cumulated[cell] + part * (pace->cumulated[cell + 1] - pace->cumulated[cell]);
    int64_t slot = (int64_t)(reached / pace->step);
    slot = slot < ARRIVAL_SLOTS ? slot : ARRIVAL_SLOTS - 1;
    while (slot > 0 && pace_slot_begin(pace, slot) > offset)
        slot--;
    while (pace_slot_begin(pace, slot + 1) <= offset)
        slot++;
    return slot;
}
