/* realism.h - how a world compares with figures about the real one (realism_figures.def): takes the
 * rows of the tables and keeps sums, a bounded sample of people with a few numbers each, and the
 * market's series. */
#ifndef CREDD_REALISM_REALISM_H
#define CREDD_REALISM_REALISM_H

#include "base/cell.h"
#include "clock/instant.h"
#include "clock/zone.h"
#include "world/world.h"

enum realism_id {
#define REALISM(id, name, reference, tolerance, spread, source, why) REALISM_##id,
#include "realism/realism_figures.def"
#undef REALISM
    REALISM_COUNT
};

enum realism_verdict { REALISM_WITHIN, REALISM_OUTSIDE, REALISM_TOO_FEW };

struct realism_figure {
    const char *name, *source, *why;
    double reference, here, tolerance; /* the one that holds for so many observations */
    double count;                      /* independent observations */
    enum realism_verdict verdict;
};

struct realism;
/* `zone` is the world's and must outlive it. */
struct realism *realism_new(const struct zone *zone, world_time origin);
void realism_free(struct realism *realism);

/* One row that credd made, cells as in the schema. Rows of a table come in the order of their keys,
 * the tables in the order customers, credit_history, loan_applications (and credd_status),
 * financial_records, market_data. */
void realism_row(struct realism *realism, enum stream_id stream, const struct cell *cells,
                 unsigned count);
/* One of credd_status: application_id, status, at; in the order of the applications, after their
 * rows. */
void realism_step(struct realism *realism, const struct cell *cells, unsigned count);
/* One of credd_change: table_name, row_key, at, column_name, value (a text); of a customer in
 * the order of time, after the rows of customers and before those of other tables. */
void realism_change(struct realism *realism, const struct cell *cells, unsigned count);
/* After the last row: works out all figures. */
void realism_close(struct realism *realism);
struct realism_figure realism_figure(const struct realism *realism, enum realism_id id);
const char *realism_verdict_name(enum realism_verdict verdict);

#endif
