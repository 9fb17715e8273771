/* world_state.h - the world as the database describes it, decoded: identity, clock, streams, and
 * the acts that the model goes by.
 *
 * A state is a value: copies are cheap, since the list of acts is shared and never changed. */
#ifndef CREDD_STATE_WORLD_STATE_H
#define CREDD_STATE_WORLD_STATE_H

#include "base/fault.h"
#include "clock/clock.h"
#include "store/store.h"
#include "world/world.h"

#define WORLD_STATE_REASON_MAX 256

struct stream_state {
    bool paused, started;
    world_time watermark, not_before;
    int64_t rows, skipped;
    world_time paused_at;                    /* meaningful while paused, as are the next four */
    int64_t paused_wall_us, resumes_wall_us; /* resumes 0: until somebody resumes */
    char reason[WORLD_STATE_REASON_MAX];     /* as given */
    char paused_by[STORE_NAME_MAX];
};

struct act_list; /* what the model goes by: tempo and enabling in the order of seq; gaps */

struct world_state {
    char world_id[STORE_NAME_MAX];
    int64_t generation;
    int64_t model; /* the version of the model that made it; 0: there is no world */
    struct world_settings settings;
    char timezone[64];
    struct clock_state clock;
    char reason[WORLD_STATE_REASON_MAX]; /* of the world's pause, as given */
    char paused_by[STORE_NAME_MAX];      /* who paused the world */
    char held_why[WORLD_STATE_REASON_MAX];
    char owner[STORE_VALUE_MAX]; /* the daemon that last looked after this world */
    struct stream_state streams[STREAM_COUNT];
    struct act_list *acts; /* NULL: none */
    int64_t last_seq;      /* of all acts that are recorded; 0: none */
    int64_t act_count;     /* how many are */
};

/* Decodes; -EUCLEAN with a fault if it is not what credd could have written; -ENOTSUP: an act of a
 * kind that this version lacks, in a world that it could write to otherwise. `ret_state` is
 * released with world_state_done(). */
int world_state_decode(const struct store_description *description, struct world_state *ret_state,
                       struct fault *fault);
/* Whether this version's model made the world: nothing is written to another, whose clock is held
 * with the reason. */
bool world_state_can_go_on(const struct world_state *state);
/* A copy of its own. From any thread, as long as nobody else touches `state`. */
struct world_state world_state_copy(const struct world_state *state);
void world_state_done(struct world_state *state);

/* Adds one that the model goes by: the list becomes the state's own. */
void world_state_add_act(struct world_state *state, const struct world_act *act);
const struct world_act *world_state_acts(const struct world_state *state, size_t *ret_count);
/* What the acts say of a stream just after `at`: its tempo in millionths, until when (0: for good)
 * and what it is afterwards; whether it is enabled. */
struct stream_tempo {
    int64_t factor, after;
    world_time until;
};
struct stream_tempo world_state_tempo(const struct world_state *state, enum stream_id stream,
                                      world_time at);
bool world_state_enabled(const struct world_state *state, enum stream_id stream, world_time at);

/* The rows of credd_world (world_pairs.c). -EUCLEAN with a fault if one is missing or makes no
 * sense. */
int world_state_read_pairs(struct world_state *state, const struct store_description *description,
                           struct fault *fault);
/* Those that describe the clock, or all of them; returns how many. */
#define WORLD_STATE_PAIRS_MAX 32
size_t world_state_clock_pairs(const struct world_state *state,
                               struct store_pair pairs[WORLD_STATE_PAIRS_MAX]);
size_t world_state_all_pairs(const struct world_state *state,
                             struct store_pair pairs[WORLD_STATE_PAIRS_MAX]);
/* Those that a heartbeat writes: how far the clock got, when that was, and who looks after it. */
size_t world_state_heartbeat_pairs(const struct world_state *state,
                                   struct store_pair pairs[WORLD_STATE_PAIRS_MAX]);
/* Whether the checksums that were written with it are the state's. A world that an older version
 * wrote has none. */
int world_state_check_sums(const struct world_state *state,
                           const struct store_description *description, struct fault *fault);
/* The rows of credd_stream, STREAM_COUNT of them. */
void world_state_streams(const struct world_state *state,
                         struct store_stream streams[STREAM_COUNT]);
/* Takes over one row of credd_stream. */
void world_state_take_stream(struct world_state *state, enum stream_id stream,
                             const struct store_stream *from);
/* Takes over what store_glance() read; false if the world or the generation is another, or a row is
 * not what credd could have written. */
bool world_state_glance(struct world_state *state, const char *world_id,
                        const struct store_stream *streams, size_t count);

#endif
