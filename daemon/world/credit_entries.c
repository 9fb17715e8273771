/* Which entries a day has, and with which the baseline begins. */
#include "world/credit_entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "clock/civil.h"
#include "clock/zone.h"
#include "world/customers.h"
#include "world/random.h"

#define LANES_MOST 1000
/* Entries to list at once: a day of more is listed in stretches. */
#define ENTRIES_MOST (1 << 20)

/* Every lane but the first is this many slots further on; 11 and CREDIT_SLOTS have no common
 * divisor. */
static unsigned lane_shift(unsigned lane)
{
    return lane * 11 % CREDIT_SLOTS;
}

struct credit_day credit_day_of(struct credit_cache *cache, int64_t day)
{
    struct civil_date date = civil_from_days(day);
    struct credit_day out = {
        .day = day,
        .month = date.year * 12 + date.month - 1,
        .of_month = (unsigned)date.day,
        .slot = (unsigned)date.day - 1,
        .open = zone_day_instant(world_zone(cache->world), day, CREDIT_OPEN),
    };

    /* A day that the zone never had has no entries. */
    if (!zone_has_day(world_zone(cache->world), day))
        return out;
    out.slots = date.day < civil_month_length(date.year, date.month) ? 1 : CREDIT_SLOTS - out.slot;
    out.settled = customers_at(cache->world, (world_time){out.open - 1});
    out.people = customers_at(cache->world, (world_time){out.open + CREDIT_OPEN_FOR});
    return out;
}

/* Who has an entry of the lane in one of the day's slots: one of each block. */
static unsigned owner_slot(const struct credit_day *day, unsigned of_day, unsigned lane)
{
    return (day->slot + of_day + CREDIT_SLOTS - lane_shift(lane)) % CREDIT_SLOTS;
}

static bool exists_by_then(struct credit_cache *cache, const struct credit_day *day,
                           uint64_t customer, uint32_t second)
{
    return customer < day->settled ||
           customer_born(cache->world, customer).s < day->open + (int64_t)second;
}

static int compare_entries(const struct credit_entry *a, const struct credit_entry *b)
{
    if (a->second != b->second)
        return a->second < b->second ? -1 : 1;
    if (a->customer != b->customer)
        return a->customer < b->customer ? -1 : 1;
    return (a->lane > b->lane) - (a->lane < b->lane);
}

/* The tempo that governs an entry at `at`. Before the origin the baseline's lanes count instead. */
static bool is_wanted(const struct credit_cache *cache, int64_t at,
                      const struct credit_entry *entry, double uniform)
{
    if (at <= world_settings(cache->world)->origin.s) {
        if (entry->lane >= cache->baseline_lanes || at < cache->first_at)
            return false;
        return at > cache->first_at || compare_entries(entry, &cache->first) >= 0;
    }
    int64_t tempo = world_tempo(cache->world, STREAM_CREDIT_HISTORY, (world_time){at - 1});
    return uniform * (double)WORLD_TEMPO_ONE <
           (double)(tempo - (int64_t)entry->lane * WORLD_TEMPO_ONE);
}

static void push(struct credit_cache *cache, const struct credit_entry *entry)
{
    if (cache->count == cache->room) {
        cache->room = cache->room ? cache->room * 2 : 256;
        cache->entries = mem_grow(cache->entries, cache->room, sizeof(*cache->entries));
        cache->spare = mem_grow(cache->spare, cache->room, sizeof(*cache->spare));
    }
    cache->entries[cache->count++] = *entry;
}

/* By second, in two passes of eight bits; entries of one second are then put in order one by one.
 */
static void sort_entries(struct credit_cache *cache)
{
    for (unsigned shift = 0; shift <= 8; shift += 8) {
        size_t place[257] = {0};
        for (size_t i = 0; i < cache->count; i++)
            place[(cache->entries[i].second >> shift & 255) + 1]++;
        for (unsigned i = 1; i <= 256; i++)
            place[i] += place[i - 1];
        for (size_t i = 0; i < cache->count; i++)
            cache->spare[place[cache->entries[i].second >> shift & 255]++] = cache->entries[i];
        struct credit_entry *sorted = cache->spare;
        cache->spare = cache->entries;
        cache->entries = sorted;
    }
    for (size_t i = 1; i < cache->count; i++) {
        struct credit_entry entry = cache->entries[i];
        size_t to = i;
        for (; to > 0 && compare_entries(&entry, &cache->entries[to - 1]) < 0; to--)
            cache->entries[to] = cache->entries[to - 1];
        cache->entries[to] = entry;
    }
}

struct stretch {
    const struct credit_day *day;
    uint32_t from, to;
};

/* An entry of one slot and lane of a block, if there is one. */
static void list_one(struct credit_cache *cache, const struct stretch *stretch, uint64_t block,
                     unsigned of_day, unsigned lane)
{
    const struct credit_day *day = stretch->day;
    uint64_t customer = credit_slot_owner(cache, block, owner_slot(day, of_day, lane));
    double uniform;
    if (customer >= day->people)
        return;
    uint32_t second = credit_entry_second(cache, customer, day->month, lane, &uniform);
    struct credit_entry entry = {second, (uint32_t)customer, (uint16_t)lane};
    if (second >= stretch->from && second < stretch->to &&
        is_wanted(cache, day->open + (int64_t)second, &entry, uniform) &&
        exists_by_then(cache, day, customer, second))
        push(cache, &entry);
}

void credit_list(struct credit_cache *cache, const struct credit_day *day, unsigned lanes,
                 uint32_t from, uint32_t to)
{
    const struct stretch stretch = {day, from, to};
    uint64_t blocks = (day->people + CREDIT_SLOTS - 1) / CREDIT_SLOTS;

    cache->count = 0;
    for (uint64_t block = 0; block < blocks; block++)
        for (unsigned of_day = 0; of_day < day->slots; of_day++)
            for (unsigned lane = 0; lane < lanes; lane++)
                list_one(cache, &stretch, block, of_day, lane);
    if (cache->count > 1)
        sort_entries(cache);
}

/* The lanes that the day can have anywhere: of its baseline part, and of the tempos in force. */
unsigned credit_day_lanes(const struct credit_cache *cache, const struct credit_day *day)
{
    int64_t origin = world_settings(cache->world)->origin.s;
    int64_t most = 0;
    unsigned lanes = day->open <= origin ? cache->baseline_lanes : 0;

    for (int64_t at = day->open - 1; at < day->open + CREDIT_OPEN_FOR;) {
        int64_t tempo = world_tempo(cache->world, STREAM_CREDIT_HISTORY, (world_time){at});
        most = tempo > most ? tempo : most;
        int64_t next = world_next_act(cache->world, STREAM_CREDIT_HISTORY, (world_time){at}).s;
        if (next <= at) /* the last day of all reaches beyond the end of time */
            break;
        at = next;
    }
    unsigned live = (unsigned)((most + WORLD_TEMPO_ONE - 1) / WORLD_TEMPO_ONE);
    return live > lanes ? live : lanes;
}

uint32_t credit_stretch(const struct credit_day *day, unsigned lanes)
{
    uint64_t entries = (day->people / CREDIT_SLOTS + 1) * day->slots * lanes;
    uint64_t stretches = entries / ENTRIES_MOST + 1;

    return (uint32_t)(CREDIT_OPEN_FOR / stretches + 1);
}

/* How many entries the day has in one slot and lane, without looking at each. */
static uint64_t count_slot(struct credit_cache *cache, const struct credit_day *day,
                           unsigned of_day, unsigned lane)
{
    unsigned slot = owner_slot(day, of_day, lane);
    uint64_t count = day->settled / CREDIT_SLOTS;
    uint64_t first = count * CREDIT_SLOTS; /* of the block that is not full */

    for (uint64_t block = count; block * CREDIT_SLOTS < day->people; block++) {
        uint64_t customer = credit_slot_owner(cache, block, slot);
        double unused;
        if (customer < first || customer >= day->people)
            continue;
        uint32_t second = credit_entry_second(cache, customer, day->month, lane, &unused);
        count += exists_by_then(cache, day, customer, second);
    }
    return count;
}

static uint64_t count_day(struct credit_cache *cache, const struct credit_day *day, unsigned lanes)
{
    uint64_t count = 0;

    for (unsigned of_day = 0; of_day < day->slots; of_day++)
        for (unsigned lane = 0; lane < lanes; lane++)
            count += count_slot(cache, day, of_day, lane);
    return count;
}

/* Goes back from the origin until `wanted` entries are found; returns how many there are at most.
 */
static uint64_t find_first(struct credit_cache *cache, uint64_t wanted, unsigned lanes)
{
    int64_t origin = world_settings(cache->world)->origin.s;
    int64_t origin_day = zone_day(world_zone(cache->world), origin);
    uint64_t found = 0;

    cache->baseline_lanes = lanes;
    cache->first_at = INT64_MIN;
    for (int64_t back = 0;; back++) {
        struct credit_day day = credit_day_of(cache, origin_day - back);
        uint64_t count;
        if (day.slots > 0 && day.people == 0)
            return found;
        if (back == 0) {
            uint32_t until = 0;
            if (origin >= day.open)
                until = origin - day.open < CREDIT_OPEN_FOR ? (uint32_t)(origin - day.open) + 1
                                                            : CREDIT_OPEN_FOR;
            credit_list(cache, &day, lanes, 0, until);
            count = cache->count;
        } else {
            count = count_day(cache, &day, lanes);
        }
        if (found + count >= wanted) {
            if (back > 0)
                credit_list(cache, &day, lanes, 0, CREDIT_OPEN_FOR);
            cache->first = cache->entries[count - (wanted - found)];
            cache->first_at = day.open + cache->first.second;
            return wanted;
        }
        found += count;
    }
}

void credit_find_bounds(struct credit_cache *cache)
{
    const struct world_settings *settings = world_settings(cache->world);
    uint64_t wanted = (uint64_t)(settings->customers * settings->credit_history_entries);
    struct civil origin = zone_civil(world_zone(cache->world), settings->origin.s);

    cache->first_month =
        origin.date.year * 12 + origin.date.month - 1 - CREDIT_PAST_MONTHS - CREDIT_BURN_IN;
    cache->early_month = origin.date.year * 12 + origin.date.month - 1 - CREDIT_EARLY;
    if (wanted == 0) {
        cache->baseline_lanes = 0;
        cache->first_at = settings->origin.s + 1;
        return;
    }
    /* Too few people for so long a time: then the months have more than one entry. */
    for (uint64_t lanes = 1; lanes <= LANES_MOST;) {
        uint64_t found = find_first(cache, wanted, (unsigned)lanes);
        if (found >= wanted)
            break;
        uint64_t next = found ? (wanted * lanes + found - 1) / found : LANES_MOST + 1;
        lanes = next > lanes ? next : lanes + 1;
    }
    if (cache->first_at == INT64_MIN)
        return;
    struct civil first = zone_civil(world_zone(cache->world), cache->first_at);
    int month = first.date.year * 12 + first.date.month - 1 - CREDIT_BURN_IN;
    if (month < cache->first_month)
        cache->first_month = month;
}
