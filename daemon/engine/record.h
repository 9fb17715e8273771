/* record.h - the world as the database describes it, decoded: identity, clock, streams, acts. */
#ifndef CREDD_ENGINE_RECORD_H
#define CREDD_ENGINE_RECORD_H

#include "base/fault.h"
#include "clock/clock.h"
#include "store/store.h"
#include "world/world.h"

#define RECORD_REASON_MAX 256

struct record_stream {
    bool enabled, paused, started;
    world_time watermark;
    int64_t rows, skipped;
    int64_t paused_wall_us, resumes_wall_us; /* 0: none */
    world_time paused_at; /* as the act says; the first of all if no act of this world does */
    int64_t tempo;        /* millionths */
    int64_t tempo_after, tempo_until_wall_us; /* until 0: for good */
    char reason[RECORD_REASON_MAX];           /* of its pause, as given */
    char paused_by[STORE_NAME_MAX];
};

struct record {
    char world_id[STORE_NAME_MAX];
    int64_t generation;
    struct world_settings settings;
    char timezone[64];
    struct clock_state clock;
    char reason[RECORD_REASON_MAX]; /* of the world's pause, as given */
    char paused_by[STORE_NAME_MAX]; /* who paused the world */
    char held_why[RECORD_REASON_MAX];
    char keeper[STORE_VALUE_MAX]; /* the daemon that last looked after this world */
    struct record_stream streams[STREAM_COUNT];
    struct world_act *acts; /* those that change the model: tempo, enabling, gaps */
    size_t act_count;
};

/* Decodes; -EPROTO with a fault if what the database says makes no sense. `ret_record` is released
 * with record_done(). */
int record_decode(const struct store_description *description, struct record *ret_record,
                  struct fault *fault);
void record_done(struct record *record);
/* A copy without the acts. */
struct record record_light(const struct record *record);
void record_add_act(struct record *record, const struct world_act *act);

/* The pairs of credd_world that describe the clock, or all of them; returns how many. */
#define RECORD_PAIRS_MAX (24 + STREAM_COUNT)
size_t record_clock_pairs(const struct record *record, struct store_pair pairs[RECORD_PAIRS_MAX]);
size_t record_all_pairs(const struct record *record, struct store_pair pairs[RECORD_PAIRS_MAX]);
/* The rows of credd_stream, STREAM_COUNT of them. */
void record_streams(const struct record *record, struct store_stream streams[STREAM_COUNT]);
/* Takes over what store_glance() read; false if the world or the generation is another. */
bool record_glance(struct record *record, const char *world_id, const struct store_stream *streams,
                   size_t count);

#endif
