/* Charts: sums for the page, over a bounded number of the newest rows that credd wrote. Texts that
 * are none of credd's own count for nothing: others may have put anything into its rows. */
#include "mail/charts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "audit/reader_parts.h"
#include "base/mem.h"
#include "realism/realism.h"
#include "world/market.h"

#define DAY       INT64_C(86400)
#define ROWS_MOST 20000 /* of a table, each time */
#define TRIES     4     /* with ever shorter stretches */

struct gather {
    struct charts *charts;
    const struct zone *zone;
    enum stream_id stream;
    const struct gather_pass *pass;
    char from[STREAM_KEY_FROM];
    size_t left;
    bool full;
};

static const char *const series_names[CHART_SERIES] = {
    "fed_funds_effective", "treasury_2y", "treasury_10y", "mortgage_30y", "sp500", "vix"};

/* --- taking rows --- */

static bool is_text(const struct cell *cell, const char *text)
{
    return cell->kind == CELL_TEXT && cell->length == strlen(text) &&
           memcmp(cell->text, text, cell->length) == 0;
}

/* `count` if it is none of them. */
static unsigned place_of(const char *const *names, unsigned count, const struct cell *cell)
{
    unsigned i = 0;
    while (i < count && !is_text(cell, names[i]))
        i++;
    return i;
}

static int month_of(const struct zone *zone, int64_t utc)
{
    struct civil local = zone_civil(zone, utc);
    return local.date.year * 12 + local.date.month - 1;
}

/* A day's last observation counts: rows come in the order of their times. */
static void take_market(struct gather *gather, const struct cell *cells)
{
    unsigned place = place_of(series_names, CHART_SERIES, &cells[1]);
    if (place == CHART_SERIES || cells[2].kind != CELL_DECIMAL || cells[3].kind != CELL_DATE)
        return;
    struct chart_series *series = &gather->charts->series[place];
    struct chart_point *last = series->count > 0 ? &series->points[series->count - 1] : NULL;
    if (last != NULL && last->day >= cells[3].number)
        return;
    if (series->count == CHART_POINTS) {
        memmove(series->points, series->points + 1, (CHART_POINTS - 1) * sizeof *series->points);
        series->count--;
    }
    series->points[series->count++] =
        (struct chart_point){.day = cells[3].number, .value = cells[2].number};
}

static void take_application(struct gather *gather, const struct cell *cells)
{
    struct charts *charts = gather->charts;
    unsigned status = place_of(chart_statuses, CHART_STATUSES, &cells[6]);
    if (status == CHART_STATUSES || cells[8].kind != CELL_TIME)
        return;
    int64_t hour = cells[8].number / 3600 - charts->first_hour;
    int64_t day = zone_day(gather->zone, cells[8].number) - charts->first_day;
    if (hour >= 0 && hour < CHART_HOURS)
        charts->hours[hour][status]++;
    if (day >= 0 && day < CHART_DAYS)
        charts->days[day][status]++;
}

static void take_entry(struct gather *gather, const struct cell *cells)
{
    struct charts *charts = gather->charts;
    unsigned state = place_of(chart_states, CHART_STATES, &cells[3]), band = CHART_BANDS;
    if (cells[6].kind != CELL_TIME || cells[2].kind != CELL_INTEGER)
        return;
    int month = month_of(gather->zone, cells[6].number) - charts->first_month;
    if (state < CHART_STATES && month >= 0 && month < CHART_MONTHS)
        charts->months[month][state]++;
    if (cells[2].number < chart_bands[0] || cells[2].number > 850 ||
        cells[6].number <= charts->at.s - 30 * DAY)
        return;
    while (cells[2].number < chart_bands[band - 1])
        band--;
    charts->bands[band - 1]++;
}

/* --- walking --- */

struct gather_pass {
    enum stream_id stream;
    int64_t span_s; /* so far back */
    void (*take)(struct gather *gather, const struct cell *cells);
    size_t at, size; /* what of the charts it fills */
};

#define FILLS(first, last)                                                 \
    offsetof(struct charts, first), offsetof(struct charts, last) +        \
                                        sizeof((struct charts *)0)->last - \
                                        offsetof(struct charts, first)

static const struct gather_pass passes[] = {
    {STREAM_MARKET_DATA, 90 * DAY, take_market, FILLS(series, series)},
    {STREAM_LOAN_APPLICATIONS, CHART_DAYS *DAY, take_application, FILLS(hours, days)},
    {STREAM_CREDIT_HISTORY, 365 * DAY, take_entry, FILLS(bands, months)},
};

/* Keys sort by time. An application's, of another form, may come before and behind. */
static int take_row(void *context, const struct cell *cells, unsigned count)
{
    struct gather *gather = context;
    const struct cell *key = &cells[0];
    (void)count;
    if (key->kind != CELL_TEXT || (key->length >= 3 && memcmp(key->text, gather->from, 3) > 0))
        return 1;
    gather->full = gather->left == 0;
    if (gather->full)
        return 1;
    gather->left--;
    if (stream_owns_key(gather->stream, key->text, key->length))
        gather->pass->take(gather, cells);
    return 0;
}

/* Where there are more rows than may be read, from a later instant on: the newest are wanted. */
static int walk_pass(struct reader *reader, struct reader_job *job, const struct gather_pass *pass,
                     struct charts *charts, struct fault *fault)
{
    const struct session *session = reader_session(reader);
    int64_t span_s = pass->span_s;
    for (int i = 0; i < TRIES; i++, span_s /= 8) {
        struct gather gather = {.charts = charts,
                                .zone = session->zone,
                                .stream = pass->stream,
                                .pass = pass,
                                .left = ROWS_MOST};
        int64_t from = charts->at.s > span_s ? charts->at.s - span_s : 0;
        stream_key_from(pass->stream, (world_time){from}, gather.from);
        memset((char *)charts + pass->at, 0, pass->size);
        int result = reader_walk_after(reader, job, stream_info(pass->stream)->name, gather.from,
                                       take_row, &gather, fault);
        if (result < 0 || !gather.full)
            return result;
        charts->cut_short = true;
    }
    return 0;
}

/* --- what no row says --- */

static void find_stretches(struct session *session, struct charts *charts)
{
    static const char *const names[] = {
        [REGIME_SLOWDOWN] = "slowdown", [REGIME_RECESSION] = "recession"};
    const char *last = NULL;
    if (session->world == NULL)
        return;
    int64_t today = zone_day(session->zone, charts->at.s);
    for (int64_t day = today - 92; day <= today; day++) {
        const char *what = names[market_view(session->world, day).regime];
        if (what != NULL && what == last)
            charts->stretches[charts->stretch_count - 1].to = day;
        else if (what != NULL && charts->stretch_count < CHART_STRETCHES)
            charts->stretches[charts->stretch_count++] = (struct chart_stretch){day, day, what};
        last = what;
    }
}

static void begin(const struct session *session, struct charts *charts)
{
    static const double references[] = {
#define REALISM(id, name, reference, tolerance, spread, source, why) [REALISM_##id] = (reference),
#include "realism/realism_figures.def"
#undef REALISM
    };
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        charts->at = world_later(charts->at, session->state.streams[i].watermark);
    charts->first_hour = charts->at.s / 3600 - (CHART_HOURS - 1);
    charts->first_day = zone_day(session->zone, charts->at.s) - (CHART_DAYS - 1);
    charts->first_month = month_of(session->zone, charts->at.s) - (CHART_MONTHS - 1);
    for (unsigned i = 0; i < CHART_BANDS; i++)
        charts->references[i] = references[REALISM_BAND_300 + i];
}

static int post_charts(struct reader *reader, struct reader_job *job, struct charts *charts)
{
    struct post *post = post_new(POST_NEWS, job->request);
    post->block = (char *)charts;
    post->news.kind = NEWS_CHARTS;
    post->news.charts = charts;
    return reader_emit(reader, job, post);
}

int gather_charts(struct reader *reader, struct reader_job *job, struct fault *fault)
{
    struct charts *charts = mem_zero(1, sizeof *charts);
    struct session *session = reader_session(reader);
    int result = 0;
    begin(session, charts);
    for (size_t i = 0; i < sizeof passes / sizeof *passes && result == 0; i++)
        result = walk_pass(reader, job, &passes[i], charts, fault);
    for (unsigned i = 0; i < CHART_SERIES; i++)
        charts->series[i].name = series_names[i];
    if (result < 0) {
        free(charts);
        return result;
    }
    find_stretches(session, charts);
    return post_charts(reader, job, charts);
}
