/* act.h - what somebody (or the daemon itself) does to a world: one tagged type, and one table that
 * says of each kind what it is called, which parameters it has, and its pure effect on the world
 * state.
 *
 * The loop applies an act to its copy at once; the writer applies the same act to what the database
 * holds and commits the effect. Both give the same result from the same state. */
#ifndef CREDD_STATE_ACT_H
#define CREDD_STATE_ACT_H

#include "clock/clock.h"
#include "credd/messages.h"
#include "state/actor.h"
#include "state/world_state.h"

enum act_kind {
    ACT_PAUSE,
    ACT_RESUME,
    ACT_SPEED,
    ACT_TEMPO,
    ACT_ENABLE,
    ACT_DISABLE,
    ACT_ADVANCE,
    ACT_STEPPED, /* the wall clock was stepped */
    ACT_GAP,     /* a daemon starts, and may leave out what would have come while none ran; recorded
                    only if it did */
    ACT_RELOAD,
    ACT_RESET,
    ACT_ADOPT,
    ACT_CANCEL,
    ACT_KINDS,
};

struct act_pause {
    unsigned streams; /* a bit 1u << enum stream_id each; 0: the world */
    int64_t for_us;   /* wall time; 0: until resumed */
};

struct act_resume {
    unsigned streams; /* 0: the world and every stream */
    bool skip;        /* leaves a gap instead of catching up */
    bool world_only;  /* with streams 0: not the streams' own pauses */
    wall_time due;    /* set: the time of a pause was up, and only that one ends */
};

struct act_speed {
    int64_t factor; /* millionths */
};

struct act_tempo {
    enum stream_id stream;
    int64_t factor;   /* millionths */
    int64_t for_us;   /* wall time; becomes `until` by the speed when it is applied; 0: for good */
    world_time until; /* 0: for good; set when it is applied */
};

struct act_toggle { /* ENABLE, DISABLE */
    enum stream_id stream;
};

struct act_advance {
    world_time to;
    bool clock_only; /* moves the clock and makes no run due */
};

struct act_stepped {
    int64_t step_us;
    wall_time anchor; /* of the clock before it: if two daemons see the step, only one applies it */
};

struct act_gap {
    enum catch_up catch_up;
    int64_t limit_s;  /* with CATCH_UP_LIMIT */
    int64_t max_s;    /* of world time; a longer absence is held */
    world_time until; /* set when it is applied: where the gap ends */
};

struct act_seed { /* RESET, ADOPT */
    uint64_t seed;
    bool plain; /* without what was added to the tables */
};

struct act_cancel {
    char job[16];
    world_time reached;
};

struct act {
    enum act_kind kind;
    char id[STORE_NAME_MAX]; /* unique: an act that is recorded is not done again */
    struct actor by;
    char reason[WORLD_STATE_REASON_MAX];
    wall_time wall; /* when it was asked for */
    world_time at;  /* from when it counts; set when it is applied */
    union {
        struct act_pause pause;
        struct act_resume resume;
        struct act_speed speed;
        struct act_tempo tempo;
        struct act_toggle toggle;
        struct act_advance advance;
        struct act_stepped stepped;
        struct act_gap gap;
        struct act_seed seed;
        struct act_cancel cancel;
    };
};

/* How a parameter is held and spelled. */
enum act_type {
    ACT_STREAM,   /* enum stream_id; "customers" */
    ACT_STREAMS,  /* unsigned; "customers,market_data"; left out if none */
    ACT_FACTOR,   /* int64_t, millionths; "0.5" */
    ACT_SPAN,     /* int64_t, microseconds; "1h30min"; left out if 0 */
    ACT_TIME,     /* world_time; RFC 3339 with Z; left out if 0 */
    ACT_WALL,     /* wall_time; microseconds since 1970; left out if 0 */
    ACT_FLAG,     /* bool; "yes"; left out if false */
    ACT_NUMBER,   /* int64_t */
    ACT_UNSIGNED, /* uint64_t */
    ACT_CATCH_UP, /* enum catch_up; "all" */
    ACT_WORD,     /* char[16] */
};

struct act_parameter {
    const char *name; /* NULL ends the list */
    enum act_type type;
    size_t offset; /* in struct act */
    bool passing;  /* only needed until the act is recorded: not kept in credd_act */
    int64_t most;  /* of a number that is recorded, which is not below 0; 0: any */
};

/* What to write in addition to the world state. */
struct act_effect {
    bool changed;  /* false: there was nothing to do */
    bool recorded; /* the act is recorded; a start without a gap changes only the clock */
    struct store_gap gaps[STREAM_COUNT];
    size_t gap_count;
};

#define ACT_PARAMETERS_MAX 5

struct act_info {
    const char *name;        /* in credd_act, the journal and the history */
    enum message_id message; /* MESSAGE_COUNT: logged in another way, or not at all */
    bool outlives_kill;      /* kept in a local file until it is in the database */
    const char *value;       /* the parameter that programs read as the act's value, or NULL */
    const char *says; /* for people, with {parameters}; a [part] is omitted if its parameter is not
                         set */
    struct act_parameter parameters[ACT_PARAMETERS_MAX];
    /* As act_apply(); NULL: nothing but the record of it. */
    int (*apply)(struct act *act, struct world_state *state, struct act_effect *effect,
                 struct fault *fault);
    /* What the model goes by; NULL: nothing. */
    struct world_act (*model)(const struct act *act);
};
const struct act_info *act_info(enum act_kind kind);
/* -ENOENT: no such kind. */
int act_kind_by_name(const char *name, enum act_kind *ret_kind);

#define ACT_REFUSED EBADE /* none of the store's failures */

/* Acts of operators that a world keeps: more are refused. Half of what is read back, so that what
 * the daemon itself has to record finds room. */
#define ACT_COUNT_MAX (STORE_ACTS_MAX / 2)

/* Applies the act: its `at`, and what else is set when it is applied, are filled in. The clock is
 * observed first, so that world time never goes back to before an act. -ACT_REFUSED with a fault:
 * refused as things are, and always in a world of another model; -EINVAL, -ERANGE: beyond what
 * makes sense. On failure, and where nothing changes, the state is as it was. */
int act_apply(struct act *act, struct world_state *state, struct act_effect *ret_effect,
              struct fault *fault);

/* The first pause that ends by itself at or before `wall`, as an act of the daemon's (without an
 * id); false if there is none. `ret_next` is the earliest such end to come (0: none). */
bool act_due(const struct world_state *state, wall_time wall, struct act *ret_act,
             wall_time *ret_next);

/* --- as text (act_text.c) --- */

/* "stream=customers factor=20"; `passing` ones too where `all` is set. Returns `buffer`. */
char *act_parameters(const struct act *act, bool all, char buffer[STORE_PARAMETERS_MAX]);
/* Reads them back into an act whose kind is set. -EPROTO with a fault. */
int act_read_parameters(struct act *act, const char *text, struct fault *fault);
/* The row of credd_act, without its seq. */
void act_encode(const struct act *act, const char *world_id, struct store_act *ret_row);
/* -ENOENT: a kind that this version does not know; -EUCLEAN: it makes no sense; with a fault. */
int act_decode(const struct store_act *row, struct act *ret_act, struct fault *fault);
/* The names of streams with something between them. */
void act_name_streams(unsigned streams, const char *between, char *out, size_t size);
/* The streams that it concerns; 0: the world. */
unsigned act_streams(const struct act *act);
/* In words, as its table says: "tempo customers x20". Returns `buffer`. */
char *act_say(const struct act *act, char buffer[STORE_PARAMETERS_MAX]);
/* What the history shows of a row: the streams concerned, separated by commas ("" for the world),
 * the value ("20", "30min"; "" if there is none), and both in words: "tempo customers x20". Kinds
 * that this version does not know show their name. */
struct act_shown {
    char streams[STORE_VALUE_MAX], value[STORE_VALUE_MAX], text[STORE_PARAMETERS_MAX];
};
void act_show(const struct store_act *row, struct act_shown *ret_shown);

#endif
