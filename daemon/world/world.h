/* world.h - the model as others see it: a pure function from (settings, acts, interval) to the
 * changes in it.
 *
 * A world object only caches: two objects with equal settings and acts give the same changes, to
 * the byte, however the questions are sliced or ordered, on every processor and with every
 * compiler. It does no I/O, asks no clock, logs nothing. One object is used by one thread at a
 * time; several may exist. */
#ifndef CREDD_WORLD_WORLD_H
#define CREDD_WORLD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/change.h"
#include "base/fault.h"
#include "clock/instant.h"
#include "clock/zone.h"

/* In the order in which tables depend on each other: customers first. */
enum stream_id {
    STREAM_CUSTOMERS,
    STREAM_FINANCIAL_RECORDS,
    STREAM_LOAN_APPLICATIONS,
    STREAM_MARKET_DATA,
    STREAM_CREDIT_HISTORY,
    STREAM_COUNT,
};

/* A set of streams has a bit 1u << enum stream_id for each. */
#define STREAMS_ALL ((1u << STREAM_COUNT) - 1)

/* What a world is: with the acts it determines every row. Volumes as in design section 7. */
struct world_settings {
    uint64_t seed;
    world_time origin;       /* the baseline ends here (inclusive), the live part begins */
    int64_t customers;       /* at the origin, 1 to 10,000,000 */
    int64_t customer_growth; /* a month (30.44 days), in millionths: 20000 is 2%/month; 0 to
                                1,000,000 */
    int64_t financial_records_per_customer; /* over so many months before the origin, 0 to 1000 */
    int64_t financial_records_months;       /* 1 to 36; 0: WORLD_FINANCE_MONTHS */
    int64_t loan_applications_per_customer; /* over so many months before the origin, 0 to 1000:
                                               about so many on average */
    int64_t loan_applications_months;       /* 1 to 36; 0: WORLD_LOAN_MONTHS */
    int64_t market_data_points;             /* business days before the origin, 0 to 10,000 */
    int64_t credit_history_entries;         /* monthly, 0 to 240 */
};
#define WORLD_FINANCE_MONTHS 12
#define WORLD_LOAN_MONTHS    24

/* What an operator did to a stream that changes which events exist. An act at T concerns events
 * after T. Of two for the same instant the later in the list counts. */
enum world_act_kind {
    WORLD_ACT_TEMPO,  /* from `at` on (up to `until`, if set) the stream's rate is multiplied by
                         value / 1e6; after it the last one without `until` holds again */
    WORLD_ACT_ENABLE, /* value 0: from `at` on insertions do not exist; 1: they do again */
    WORLD_ACT_GAP,    /* insertions in (at, until] never exist; moves that fall into it happen at
                         `until` */
};

struct world_act {
    enum world_act_kind kind;
    enum stream_id stream;
    world_time at;
    world_time until; /* of a gap, or a tempo; 0: for good */
    int64_t value;
};

#define WORLD_TEMPO_ONE INT64_C(1000000)
#define WORLD_TEMPO_MAX (INT64_C(1000) * WORLD_TEMPO_ONE)

/* 2000-01-01: years before would put founders before 1970, where TIMESTAMP begins. */
#define WORLD_ORIGIN_FIRST_S INT64_C(946684800)
#define WORLD_ORIGIN_FIRST   ((world_time){WORLD_ORIGIN_FIRST_S})

/* The version of the model: worlds of different versions have different rows. 1 is that of credd
 * 0.1.0. */
#define WORLD_MODEL 2

struct world;

/* `zone` must outlive the world. -EINVAL: a setting out of its range. */
int world_new(const struct world_settings *settings, const struct zone *zone,
              struct world **ret_world, struct fault *fault);
void world_free(struct world *world);

/* Replaces the acts, all of them, sorted by `at` or not. What was asked before an act's instant
 * stays true if the new list only adds acts at or after it. */
void world_set_acts(struct world *world, const struct world_act *acts, size_t count);

/* Called with each change in turn; what it points to is valid during the call only. Non-zero stops.
 */
typedef int world_sink(void *context, const struct change *change);

/* The changes of one stream with from < at <= to, in order of (at, key). The baseline is simply
 * what lies at or before the origin: from = WORLD_TIME_FIRST begins with the stream's first row.
 * Stops early once `limit` changes have been given AND the next change has a later instant than the
 * last one given, so that an instant is never torn; `ret_reached` is then that last instant, else
 * `to`: all changes up to it have been given, none after it. limit 0: no limit. Returns 0, or what
 * the sink returned (then ret_reached is untouched). Asking in ascending order of `from` is cheap;
 * going back rebuilds caches. */
int world_changes(struct world *world, enum stream_id stream, world_time from, world_time to,
                  size_t limit, world_sink *sink, void *context, world_time *ret_reached);

/* How many changes the baseline of the stream has (moves included), for progress. May be an
 * estimate. */
uint64_t world_baseline_size(struct world *world, enum stream_id stream);

/* One line per stream: its name (also the table's), and whether its rows refer to customers. */
struct stream_info {
    const char *name;
    bool needs_customers;
};
const struct stream_info *stream_info(enum stream_id stream);
/* By name; -ENOENT. */
int stream_by_name(const char *name, enum stream_id *ret_stream);

/* True if `key` has the form of the keys that the stream generates (fixed width, prefix, digits).
 */
bool stream_owns_key(enum stream_id stream, const char *key, size_t length);

/* Where the stream's rows from an instant on begin: less than their keys, and greater than all keys
 * before. */
#define STREAM_KEY_FROM 18
void stream_key_from(enum stream_id stream, world_time at, char key[STREAM_KEY_FROM]);

#endif
