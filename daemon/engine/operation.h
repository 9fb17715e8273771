/* operation.h - what operators (or the daemon itself) do to a world, as pure changes of its record.
 *
 * The loop thread applies an operation to its copy at once; the writer applies the same operation
 * to what the database holds and commits the effect. Both give the same result from the same
 * record. */
#ifndef CREDD_ENGINE_OPERATION_H
#define CREDD_ENGINE_OPERATION_H

#include "engine/engine.h"
#include "engine/record.h"

enum operation_kind {
    OPERATION_PAUSE,    /* streams 0: the world; until: wall time of the automatic resume */
    OPERATION_RESUME,   /* streams 0: the world and every stream (value OPERATION_WORLD_ONLY: not
                           these); skip */
    OPERATION_SPEED,    /* value */
    OPERATION_TEMPO,    /* streams (one), value, until: back to what it was */
    OPERATION_SWITCH,   /* streams, value 0 or 1: disable, enable */
    OPERATION_ADVANCE,  /* to; value OPERATION_CLOCK_ONLY or 0 */
    OPERATION_STEPPED,  /* value: microseconds that the wall was stepped; anchor_wall as it was seen
                         */
    OPERATION_RELOADED, /* nothing changes by it; kept for the history */
    OPERATION_RESTARTED, /* value: seconds of absence beyond which it is held; catch_up with its
                            limit */
    OPERATION_KINDS,
};

#define OPERATION_WORLD_ONLY 1
#define OPERATION_CLOCK_ONLY 1

struct operation {
    enum operation_kind kind;
    unsigned streams;
    wall_time wall; /* when it was asked for */
    wall_time until;
    wall_time anchor_wall; /* STEPPED: as it was seen; an end by itself: the end that it stands for
                            */
    int64_t value;
    bool skip;
    enum catch_up catch_up;
    int64_t catch_up_limit_s;
    world_time to;
    char reason[RECORD_REASON_MAX];
    struct engine_peer peer;
    char id[STORE_NAME_MAX]; /* unique in its world, at most 22 characters: it is not done twice */
};

/* The journal's and the history's word for it. */
const char *operation_name(enum operation_kind kind);

/* What is to be written besides the record itself. */
#define OPERATION_ACTS_MAX (STREAM_COUNT + 1)
#define OPERATION_GAPS_MAX STREAM_COUNT
struct operation_effect {
    bool changed; /* false: there was nothing to do */
    struct store_act acts[OPERATION_ACTS_MAX];
    size_t act_count;
    struct store_gap gaps[OPERATION_GAPS_MAX];
    size_t gap_count;
};

/* Applies the operation. -EPERM with a fault: refused as things are; -ERANGE: beyond what a clock
 * can show. On failure nothing has changed. */
int operation_apply(const struct operation *operation, struct record *record,
                    struct operation_effect *ret_effect, struct fault *fault);

/* The first pause of a stream or the world, or tempo, that ends by itself at or before `wall`, as
 * an operation by the daemon itself (without an id); false if there is none. `ret_next` is the
 * earliest such end to come (0: none). */
bool operation_expired(const struct record *record, wall_time wall, struct operation *ret_operation,
                       wall_time *ret_next);

#endif
