#include "world/acts.h"

#include <stdlib.h>

#include "base/mem.h"

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t live(int64_t at, world_time origin)
{
    return at < origin.s ? origin.s : at;
}

/* A gap that holds no second of the live part is none. */
static bool is_gap(const struct world_act *act, world_time origin)
{
    return act->kind == WORLD_ACT_GAP && act->until.s > live(act->at.s, origin);
}

/* A tempo that ends by itself, and not before the live part begins. */
static bool is_passing(const struct world_act *act, world_time origin)
{
    return act->kind == WORLD_ACT_TEMPO && act->until.s > live(act->at.s, origin);
}

static int64_t bounded(int64_t tempo)
{
    return tempo < 0 ? 0 : tempo > WORLD_TEMPO_MAX ? WORLD_TEMPO_MAX : tempo;
}

/* Every instant at which something changes, ascending, each once; the first is before all time. */
static size_t boundaries(int64_t *times, enum stream_id stream, world_time origin,
                         const struct world_act *acts, size_t count)
{
    size_t used = 0, kept = 0;
    times[used++] = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        if (acts[i].stream != stream)
            continue;
        times[used++] = live(acts[i].at.s, origin);
        if (is_gap(&acts[i], origin) || is_passing(&acts[i], origin))
            times[used++] = acts[i].until.s;
    }
    qsort(times, used, sizeof *times, compare_times);
    for (size_t i = 0; i < used; i++)
        if (i == 0 || times[i] != times[kept - 1])
            times[kept++] = times[i];
    return kept;
}

/* What holds at an instant, of the acts up to it. */
struct holding {
    const struct world_act *tempo; /* the last one; NULL: none */
    int64_t lasting;               /* the tempo of the last one for good */
    bool enabled;
    unsigned gaps_begun;
};

static void hold(struct holding *holding, const struct world_act *act, world_time origin)
{
    if (act->kind == WORLD_ACT_ENABLE) {
        holding->enabled = act->value != 0;
    } else if (act->kind == WORLD_ACT_TEMPO) {
        holding->tempo = act;
        if (act->until.s == 0)
            holding->lasting = bounded(act->value);
    } else if (is_gap(act, origin)) {
        holding->gaps_begun++;
    }
}

/* That of the last act, while it lasts, else that of the last one for good. */
static int64_t tempo_of(const struct holding *holding, int64_t after)
{
    const struct world_act *last = holding->tempo;
    bool lasts = last == NULL || last->until.s == 0 || after >= last->until.s;
    return lasts ? holding->lasting : bounded(last->value);
}

/* When the gaps of the stream end, ascending. */
static size_t gap_ends(int64_t *ends, enum stream_id stream, world_time origin,
                       const struct world_act *acts, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (acts[i].stream == stream && is_gap(&acts[i], origin))
            ends[used++] = acts[i].until.s;
    qsort(ends, used, sizeof *ends, compare_times);
    return used;
}

/* One pass: times, acts and the ends of gaps all ascend. */
static void fill_spans(struct act_spans *spans, const int64_t *times, const int64_t *ends,
                       size_t end_count, enum stream_id stream, world_time origin,
                       const struct world_act *acts, size_t count)
{
    struct holding holding = {.lasting = WORLD_TEMPO_ONE, .enabled = true};
    size_t act = 0, ended = 0;
    for (size_t i = 0; i < spans->count; i++) {
        int64_t after = times[i], before = i + 1 < spans->count ? times[i + 1] : INT64_MAX;
        for (; act < count && live(acts[act].at.s, origin) <= after; act++)
            if (acts[act].stream == stream)
                hold(&holding, &acts[act], origin);
        while (ended < end_count && ends[ended] <= after)
            ended++;
        size_t ending = ended;
        while (ending < end_count && ends[ending] == before)
            ending++;
        unsigned gaps = holding.gaps_begun - (unsigned)ended;
        spans->items[i] = (struct act_span){
            .after = after,
            .tempo = tempo_of(&holding, after),
            .enabled = holding.enabled,
            .gaps = gaps,
            .gaps_end = gaps > 0 && ending - ended == gaps,
        };
    }
}

void act_spans_make(struct act_spans *spans, enum stream_id stream, world_time origin,
                    const struct world_act *acts, size_t count)
{
    int64_t *times = MEM_ARRAY(int64_t, 2 * count + 1), *ends = MEM_ARRAY(int64_t, count + 1);
    size_t end_count = gap_ends(ends, stream, origin, acts, count);
    spans->count = boundaries(times, stream, origin, acts, count);
    spans->items = MEM_ARRAY(struct act_span, spans->count);
    fill_spans(spans, times, ends, end_count, stream, origin, acts, count);
    free(ends);
    free(times);
}

void act_spans_done(struct act_spans *spans)
{
    free(spans->items);
    *spans = (struct act_spans){0};
}

/* The last span that begins at or before `after`. */
static size_t find(const struct act_spans *spans, int64_t after)
{
    size_t low = 0, high = spans->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (spans->items[middle].after <= after)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t act_spans_tempo(const struct act_spans *spans, world_time at)
{
    return spans->items[find(spans, at.s)].tempo;
}

world_time act_spans_next(const struct act_spans *spans, world_time at)
{
    size_t next = find(spans, at.s) + 1;
    if (next >= spans->count || spans->items[next].after > WORLD_TIME_LAST.s)
        return WORLD_TIME_LAST;
    return (world_time){spans->items[next].after};
}

static bool is_open(const struct act_span *span)
{
    return span->enabled && span->gaps == 0;
}

bool act_spans_insert(const struct act_spans *spans, world_time at)
{
    return is_open(&spans->items[find(spans, at.s - 1)]);
}

world_time act_spans_move_time(const struct act_spans *spans, world_time at)
{
    size_t i = find(spans, at.s - 1);
    if (is_open(&spans->items[i]))
        return at;
    for (; i + 1 < spans->count; i++) {
        int64_t end = spans->items[i + 1].after;
        if (spans->items[i].enabled && spans->items[i].gaps_end)
            return (world_time){end};
        if (is_open(&spans->items[i + 1]))
            return (world_time){end + 1};
    }
    return world_plus(WORLD_TIME_LAST, 1);
}
