#include "world/population.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "world/random.h"
#include "world/real.h"
#include "world/rhythm.h"

#define HOUR        INT64_C(3600)
#define MONTH       2630016.0 /* 30.44 days in seconds */
#define TENURE_YEAR INT64_C(31557600)
/* 1971-01-01: TIMESTAMP columns begin in 1970. */
#define FOUNDING_FIRST INT64_C(31536000)
#define GROUP          16
#define SPAN_MONTH     INT64_C(2678400) /* of 31 days */
#define LOG_2          0.6931471805599453

/* Births are whole seconds of the cell (start, end], so that what begins at an instant concerns
 * only what comes after it. */
struct population {
    struct world *world;
    uint32_t *born; /* seconds since 1970 */
    size_t count, room;
    int64_t reached; /* every birth up to here is in the list, and none after it */
    double rate;     /* births per second and person at tempo 1 */
    size_t hint;     /* the last answer of population_at() */
};

static void add(struct population *population, int64_t at)
{
    if (population->count == population->room) {
        population->room = population->room ? population->room + population->room / 2 : 1024;
        population->born = mem_grow(population->born, population->room, sizeof *population->born);
    }
    population->born[population->count++] = (uint32_t)at;
}

static double hour_weight(const struct world *world, int64_t cell)
{
    return rhythm_of_week(local_at(world_local(world), cell * HOUR));
}

/* The baseline's births of (from, to], `expected` of them: groups of 16 take equal shares of the
 * intensity cumulated over the hours, so that any one is found without the others. */
struct placing {
    int64_t from, to, first_cell;
    double *cumulated; /* before each hour cell, and after the last */
    size_t cells;
};

static struct placing placing_make(const struct world *world, int64_t from, int64_t to,
                                   double growth)
{
    struct placing placing = {.from = from, .to = to, .first_cell = from / HOUR};
    placing.cells = (size_t)((to - 1) / HOUR - placing.first_cell + 1);
    placing.cumulated = MEM_ARRAY(double, placing.cells + 1);
    double step = real_exp(growth * (double)HOUR), density = 1.0;
    for (size_t i = 0; i < placing.cells; i++) {
        int64_t cell = placing.first_cell + (int64_t)i;
        int64_t begin = cell * HOUR < from ? from : cell * HOUR;
        int64_t end = (cell + 1) * HOUR > to ? to : (cell + 1) * HOUR;
        placing.cumulated[i + 1] =
            placing.cumulated[i] + density * hour_weight(world, cell) * (double)(end - begin);
        density *= step;
    }
    return placing;
}

/* The instant at which the intensity reaches `target`, searched from cell *cell on. */
static int64_t placing_find(const struct placing *placing, double target, size_t *cell)
{
    while (*cell + 1 < placing->cells && placing->cumulated[*cell + 1] < target)
        ++*cell;
    int64_t begin = (placing->first_cell + (int64_t)*cell) * HOUR, end = begin + HOUR;
    begin = begin < placing->from ? placing->from : begin;
    end = end > placing->to ? placing->to : end;
    double low = placing->cumulated[*cell], high = placing->cumulated[*cell + 1];
    int64_t seconds = (int64_t)((target - low) / (high - low) * (double)(end - begin)) + 1;
    return begin + seconds > end ? end : begin + seconds;
}

static void group_uniforms(uint64_t seed, uint64_t group, unsigned count, double *uniforms)
{
    for (unsigned i = 0; i < count; i++) {
        struct random_block block =
            random_at(seed, RANDOM_CUSTOMER_ARRIVAL, group, UINT32_MAX, (uint16_t)(i / 2));
        double u = i % 2 ? random_uniform53(block.word[2], block.word[3])
                         : random_uniform53(block.word[0], block.word[1]);
        unsigned place = i;
        for (; place > 0 && uniforms[place - 1] > u; place--)
            uniforms[place] = uniforms[place - 1];
        uniforms[place] = u;
    }
}

static void place_births(struct population *population, int64_t from, int64_t to, double growth,
                         uint64_t expected, uint64_t part)
{
    if (expected == 0 || to <= from)
        return;
    struct placing placing = placing_make(population->world, from, to, growth);
    double total = placing.cumulated[placing.cells];
    uint64_t seed = world_settings(population->world)->seed;
    size_t cell = 0;
    for (uint64_t first = 0; first < expected; first += GROUP) {
        unsigned count = expected - first < GROUP ? (unsigned)(expected - first) : GROUP;
        double uniforms[GROUP];
        group_uniforms(seed, part << 48 | first / GROUP, count, uniforms);
        for (unsigned i = 0; i < count; i++) {
            double target = total * (((double)first + count * uniforms[i]) / (double)expected);
            add(population, placing_find(&placing, target, &cell));
        }
    }
    free(placing.cumulated);
}

/* Where the founders' births begin: long enough ago that a history of the asked length has people.
 */
static int64_t founding(const struct world *world)
{
    int64_t years = world_settings(world)->credit_history_entries / 6;
    int64_t from = world_start(world).s - (years < 7 ? 7 : years) * TENURE_YEAR;
    return from < FOUNDING_FIRST ? FOUNDING_FIRST : from;
}

/* From here to the origin people come at the live rate, which reaches as far back as the credit
 * history does, if half of the people were there by then: else too few would have so long a one. */
static int64_t growing_since(const struct world *world, double rate)
{
    const struct world_settings *settings = world_settings(world);
    int64_t start = world_start(world).s, earliest = founding(world) + TENURE_YEAR;
    int64_t span = settings->credit_history_entries * SPAN_MONTH;
    if (rate * (double)span > LOG_2)
        span = (int64_t)(LOG_2 / rate);
    int64_t since = settings->origin.s - span;
    since = since < start ? since : start;
    return since > earliest ? since : earliest;
}

struct population *population_new(struct world *world)
{
    const struct world_settings *settings = world_settings(world);
    struct population *population = MEM_NEW(struct population);
    population->world = world;
    population->rate = real_log(1.0 + (double)settings->customer_growth / 1e6) / MONTH;

    int64_t start = growing_since(world, population->rate), origin = settings->origin.s;
    double left = real_exp(-population->rate * (double)(origin - start));
    int64_t founders = (int64_t)real_floor((double)settings->customers * left + 1.0);
    founders = founders > settings->customers ? settings->customers : founders;
    place_births(population, founding(world), start, 0, (uint64_t)founders, 1);
    place_births(population, start, origin, population->rate,
                 (uint64_t)(settings->customers - founders), 2);
    population->reached = origin;
    return population;
}

void population_free(struct population *population)
{
    if (!population)
        return;
    free(population->born);
    free(population);
}

static size_t count_at(const struct population *population, int64_t at)
{
    const uint32_t *born = population->born;
    size_t hint = population->hint;
    if (hint <= population->count && (hint == 0 || born[hint - 1] <= at) &&
        (hint == population->count || born[hint] > at))
        return hint;
    size_t low = 0, high = population->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (born[middle] <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t population_forget(struct population *population, world_time since)
{
    if (since.s < population->reached) {
        population->count = count_at(population, since.s);
        population->reached = since.s;
        population->hint = 0;
    }
    return population->count;
}

static double gap(uint64_t seed, int64_t cell, uint64_t number)
{
    struct random_block block = random_at(seed, RANDOM_CUSTOMER_ARRIVAL, number, (uint32_t)cell, 0);
    return -real_log(random_uniform53(block.word[0], block.word[1]));
}

/* Rounded up: what happens in the first second is dated at its end. */
static int64_t whole_seconds(double seconds)
{
    int64_t whole = (int64_t)seconds;
    whole += (double)whole < seconds;
    return whole > 0 ? whole : 1;
}

/* Adds the births of the rest of the hour cell that holds the second after `reached`: exponential
 * gaps on the intensity cumulated since the cell's begin, so that an act in the middle of the cell
 * changes how fast the intensity grows from there on, and nothing before it. */
static void extend(struct population *population)
{
    struct world *world = population->world;
    uint64_t seed = world_settings(world)->seed;
    int64_t cell = population->reached / HOUR, end = (cell + 1) * HOUR;
    int64_t origin = world_settings(world)->origin.s;
    int64_t begin = cell * HOUR < origin ? origin : cell * HOUR;
    double rate = (double)count_at(population, begin) * population->rate *
                  hour_weight(world, cell) / (double)WORLD_TEMPO_ONE;

    uint64_t number = 0;
    double intensity = 0, target = rate > 0 ? gap(seed, cell, number) : 0;
    while (begin < end && rate > 0 && population->count < POPULATION_MAX) {
        world_time span = {begin};
        int64_t until = world_next_act(world, STREAM_CUSTOMERS, span).s;
        until = until > end || until <= begin ? end : until;
        double pace = rate * (double)world_tempo(world, STREAM_CUSTOMERS, span);
        double length = (double)(until - begin);
        while (pace > 0 && (target - intensity) / pace <= length &&
               population->count < POPULATION_MAX) {
            int64_t at = begin + whole_seconds((target - intensity) / pace);
            if (at > population->reached &&
                world_inserts(world, STREAM_CUSTOMERS, (world_time){at}))
                add(population, at);
            target += gap(seed, cell, ++number);
        }
        intensity += pace * length;
        begin = until;
    }
    population->reached = end;
}

static int64_t settle(struct population *population, world_time at)
{
    int64_t last = at.s > WORLD_TIME_LAST.s ? WORLD_TIME_LAST.s : at.s;
    while (population->reached < last)
        extend(population);
    return last;
}

void population_settle(struct population *population, world_time at)
{
    settle(population, at);
}

uint64_t population_at(struct population *population, world_time at)
{
    int64_t last = settle(population, at);
    population->hint = count_at(population, last);
    return population->hint;
}

world_time population_born(const struct population *population, uint64_t index)
{
    assert(index < population->count);
    return (world_time){population->born[index]};
}

void population_expect(const struct population *population, uint64_t index)
{
    __builtin_prefetch(&population->born[index]);
}
