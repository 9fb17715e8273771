/* stream.h - inside world/: what one stream's file provides, and what it may ask of the others. */
#ifndef CREDD_WORLD_STREAM_H
#define CREDD_WORLD_STREAM_H

#include "world/local.h"
#include "world/world.h"

/* One line of the stream table. `cache` is the stream's own state, made by `open`, and may be
 * rebuilt at any time: it never holds anything that cannot be computed again from the settings and
 * the acts. world_cache() makes it when it is first asked for. */
struct stream_model {
    struct stream_info info;
    /* What keys look like: 'd' a digit, 'x' a digit or capital, anything else itself. */
    const char *key_form;
    void *(*open)(struct world *world);
    void (*close)(void *cache);
    /* Acts at or after `since` changed: drop what depends on them. */
    void (*forget)(void *cache, world_time since);
    /* Calls `sink` for the stream's events with from < at <= to in order of (at, key), gaps and
     * disabling NOT applied to insertions (world.c drops those) unless the stream must (customers);
     * moves already at their world_move_time(). A non-zero answer ends it and is handed back: the
     * limit of world_changes() works that way, so going on from the instant before the refused
     * change must be cheap. */
    int (*changes)(struct world *world, void *cache, world_time from, world_time to,
                   world_sink *sink, void *context);
    /* As world_baseline_size(). */
    uint64_t (*baseline_size)(struct world *world, void *cache);
};

extern const struct stream_model stream_customers;
extern const struct stream_model stream_financial_records;
extern const struct stream_model stream_loan_applications;
extern const struct stream_model stream_market_data;
extern const struct stream_model stream_credit_history;

/* What streams may ask of the world that holds them. */
const struct world_settings *world_settings(const struct world *world);
const struct zone *world_zone(const struct world *world);
struct local_days *world_local(const struct world *world);
void *world_cache(struct world *world, enum stream_id stream);
/* The stream's tempo in force just after `at`, in millionths; the next instant after `at` at which
 * tempo, enabling or a gap of the stream changes (WORLD_TIME_LAST: none). */
int64_t world_tempo(const struct world *world, enum stream_id stream, world_time at);
world_time world_next_act(const struct world *world, enum stream_id stream, world_time at);
/* False inside a gap or while disabled: insertions at `at` do not exist. */
bool world_inserts(const struct world *world, enum stream_id stream, world_time at);
/* When a move due at `at` happens: `at`, or the end of the gap that holds it, or the second after
 * the act that enables the stream again; WORLD_TIME_LAST plus one if that has no end yet. */
world_time world_move_time(const struct world *world, enum stream_id stream, world_time at);
/* The model's own start, the anchor of every fold: the first midnight (zone) of the month 36 months
 * before the origin's month. Nothing depends on anything before it. */
world_time world_start(const struct world *world);

/* "CU-20260814103512" or the like, with the NUL: how every key begins. */
#define WORLD_KEY_STAMP 18
void world_key_stamp(const struct world *world, const char prefix[2], world_time at,
                     char key[WORLD_KEY_STAMP]);
/* Writes `count` decimal digits of `number`, without a NUL. */
void world_digits(char *text, unsigned count, uint64_t number);

#endif
