#include "web/charts_json.h"

#include "clock/civil.h"
#include "json/status.h"

static json_t *day_json(int64_t day)
{
    const struct civil_date date = civil_from_days(day);
    return json_sprintf("%04d-%02d-%02d", date.year, date.month, date.day);
}

static json_t *month_json(int month)
{
    return json_sprintf("%04d-%02d", month / 12, month % 12 + 1);
}

static json_t *names_json(const char *const *names, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(names[i]));
    return list;
}

static json_t *counts_json(const unsigned *counts, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        (void)json_array_append_new(list, json_integer(counts[i]));
    return list;
}

static json_t *series_json(const struct chart_series *series)
{
    json_t *points = json_array();
    for (unsigned i = 0; i < series->count; i++)
        (void)json_array_append_new(points, json_pack("[o, f]", day_json(series->points[i].day),
                                                      (double)series->points[i].value / 1e4));
    return json_pack("{s:s, s:o}", "name", series->name, "points", points);
}

static json_t *market_json(const struct charts *charts)
{
    json_t *series = json_array(), *stretches = json_array();
    for (unsigned i = 0; i < CHART_SERIES; i++)
        (void)json_array_append_new(series, series_json(&charts->series[i]));
    for (unsigned i = 0; i < charts->stretch_count; i++) {
        const struct chart_stretch *stretch = &charts->stretches[i];
        (void)json_array_append_new(stretches,
                                    json_pack("{s:o, s:o, s:s}", "from", day_json(stretch->from),
                                              "to", day_json(stretch->to), "what", stretch->what));
    }
    return json_pack("{s:o, s:o}", "series", series, "stretches", stretches);
}

static json_t *applications_json(const struct charts *charts)
{
    json_t *hours = json_array(), *days = json_array();
    for (unsigned i = 0; i < CHART_HOURS; i++)
        (void)json_array_append_new(hours,
                                    json_pack("[o, o]", time_json((charts->first_hour + i) * 3600),
                                              counts_json(charts->hours[i], CHART_STATUSES)));
    for (unsigned i = 0; i < CHART_DAYS; i++)
        (void)json_array_append_new(days, json_pack("[o, o]", day_json(charts->first_day + i),
                                                    counts_json(charts->days[i], CHART_STATUSES)));
    return json_pack("{s:o, s:o, s:o}", "statuses", names_json(chart_statuses, CHART_STATUSES),
                     "hours", hours, "days", days);
}

static json_t *scores_json(const struct charts *charts)
{
    json_t *bands = json_array();
    for (unsigned i = 0; i < CHART_BANDS; i++)
        (void)json_array_append_new(
            bands, json_pack("{s:i, s:i, s:i, s:f}", "from", chart_bands[i], "to",
                             i + 1 < CHART_BANDS ? chart_bands[i + 1] - 1 : 850, "people",
                             (int)charts->bands[i], "reference", charts->references[i]));
    return bands;
}

static json_t *payments_json(const struct charts *charts)
{
    json_t *months = json_array();
    for (int i = 0; i < CHART_MONTHS; i++)
        (void)json_array_append_new(months,
                                    json_pack("[o, o]", month_json(charts->first_month + i),
                                              counts_json(charts->months[i], CHART_STATES)));
    return json_pack("{s:o, s:o}", "states", names_json(chart_states, CHART_STATES), "months",
                     months);
}

json_t *charts_json(const struct charts *charts)
{
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "at", time_json(charts->at.s), "cut_short",
                     (int)charts->cut_short, "market", market_json(charts), "applications",
                     applications_json(charts), "scores", scores_json(charts), "payments",
                     payments_json(charts));
}
