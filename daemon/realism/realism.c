#include "realism/realism.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "realism/realism_parts.h"

#define ERRORS      3.5 /* standard errors that a figure may be off */
#define ERRORS_MOST 2.0 /* times the tolerance that these may be */

static const struct {
    const char *name, *source, *why;
    double reference, tolerance, spread;
} facts[REALISM_COUNT] = {
#define REALISM(id, name, reference, tolerance, spread, source, why) \
    [REALISM_##id] = {name, source, why, reference, tolerance, spread},
#include "realism/realism_figures.def"
#undef REALISM
};

struct realism *realism_new(const struct zone *zone, world_time origin)
{
    struct realism *realism = MEM_NEW(struct realism);
    realism->zone = zone;
    realism->origin_day = (int32_t)zone_day(zone, origin.s);
    realism->origin_month = realism_month(realism->origin_day);
    realism->people.stride = 1;
    realism->loans.step = 1;
    return realism;
}

void realism_free(struct realism *realism)
{
    if (realism == NULL)
        return;
    realism_people_done(realism);
    realism_loans_done(realism);
    realism_market_done(realism);
    free(realism);
}

/* Others may have put anything into a row that was credd's: what is read of it must be of its kind.
 */
static bool sound(enum stream_id stream, const struct cell *cells, unsigned count)
{
    static const struct {
        const char *kinds;
    } forms[STREAM_COUNT] = {
        [STREAM_CUSTOMERS] = {"tt--tdt-ttttmT"},    [STREAM_FINANCIAL_RECORDS] = {"tttmtdT"},
        [STREAM_LOAN_APPLICATIONS] = {"tttm-ttdT"}, [STREAM_MARKET_DATA] = {"ttmd-T"},
        [STREAM_CREDIT_HISTORY] = {"ttitmdT"},
    };
    const char *kinds = forms[stream].kinds;
    for (unsigned i = 0; kinds[i] != '\0'; i++) {
        enum cell_kind wanted = kinds[i] == 't'   ? CELL_TEXT
                                : kinds[i] == 'i' ? CELL_INTEGER
                                : kinds[i] == 'm' ? CELL_DECIMAL
                                : kinds[i] == 'd' ? CELL_DATE
                                                  : CELL_TIME;
        if (i >= count || (kinds[i] != '-' && cells[i].kind != wanted))
            return false;
    }
    return true;
}

void realism_row(struct realism *realism, enum stream_id stream, const struct cell *cells,
                 unsigned count)
{
    if (!sound(stream, cells, count))
        return;
    switch (stream) {
    case STREAM_CUSTOMERS: realism_people_row(realism, cells); break;
    case STREAM_CREDIT_HISTORY: realism_credit_row(realism, cells); break;
    case STREAM_LOAN_APPLICATIONS: realism_loans_row(realism, cells); break;
    case STREAM_FINANCIAL_RECORDS: realism_finance_row(realism, cells); break;
    case STREAM_MARKET_DATA: realism_market_row(realism, cells); break;
    default: break; /* nothing is known of others */
    }
}

void realism_step(struct realism *realism, const struct cell *cells, unsigned count)
{
    if (count >= 3 && cells[0].kind == CELL_TEXT && cells[1].kind == CELL_TEXT &&
        cells[2].kind == CELL_TIME)
        realism_loans_step(realism, cells);
}

void realism_change(struct realism *realism, const struct cell *cells, unsigned count)
{
    if (count >= 5 && cells[0].kind == CELL_TEXT && cells[1].kind == CELL_TEXT &&
        cells[2].kind == CELL_TIME && cells[3].kind == CELL_TEXT && cells[4].kind == CELL_TEXT &&
        cell_is(&cells[0], "customers"))
        realism_lives_change(realism, cells);
}

void realism_close(struct realism *realism)
{
    realism_people_close(realism);
    realism_lives_close(realism);
    realism_credit_close(realism);
    realism_loans_close(realism);
    realism_finance_close(realism);
    realism_market_close(realism);
    realism_weather_close(realism);
}

struct realism_figure realism_figure(const struct realism *realism, enum realism_id id)
{
    double count = realism->figures[id].count;
    struct realism_figure figure = {
        .name = facts[id].name,
        .source = facts[id].source,
        .why = facts[id].why,
        .reference = facts[id].reference,
        .here = realism->figures[id].value,
        .tolerance = facts[id].tolerance,
        .count = count,
        .verdict = REALISM_TOO_FEW,
    };
    if (count <= 0)
        return figure;
    double errors = ERRORS * facts[id].spread / sqrt(count);
    if (errors > ERRORS_MOST * facts[id].tolerance)
        return figure;
    /* What the source leaves open and what few rows leave to chance come together. */
    figure.tolerance = sqrt(figure.tolerance * figure.tolerance + errors * errors);
    double off = figure.here - figure.reference;
    /* What is said with a few digits is not held against the last of them. */
    bool within = (off < 0 ? -off : off) <= figure.tolerance * (1 + 1e-9);
    figure.verdict = within ? REALISM_WITHIN : REALISM_OUTSIDE;
    return figure;
}

const char *realism_verdict_name(enum realism_verdict verdict)
{
    static const char *const names[] = {
        [REALISM_WITHIN] = "within",
        [REALISM_OUTSIDE] = "outside",
        [REALISM_TOO_FEW] = "too few rows",
    };
    return names[verdict];
}
