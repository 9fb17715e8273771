#include "state/world_check.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)
#define COUNT_MAX (INT64_C(1) << 53)

/* A number of a row, and what it can be. */
struct check {
    const char *name;
    size_t offset;
    int64_t least, most;
};

#define CHECK(type, name, member, least, most)        \
    {                                                 \
        name, offsetof(type, member), (least), (most) \
    }
#define LAST_S    WORLD_TIME_LAST_S
#define WALL_MOST WORLD_CHECK_WALL_LAST_US

static const struct check stream_checks[] = {
    CHECK(struct store_stream, "generation", generation, 1, INT64_MAX),
    CHECK(struct store_stream, "watermark", watermark.s, 0, LAST_S),
    CHECK(struct store_stream, "row_count", rows, 0, COUNT_MAX),
    CHECK(struct store_stream, "skip_count", skipped, 0, COUNT_MAX),
    CHECK(struct store_stream, "not_before", not_before.s, 0, LAST_S),
    CHECK(struct store_stream, "paused_at", paused_at.s, 0, LAST_S),
    CHECK(struct store_stream, "paused_wall_us", paused_wall_us, 0, WALL_MOST),
    CHECK(struct store_stream, "resumes_wall_us", resumes_wall_us, 0, WALL_MOST),
};
static const struct check act_checks[] = {
    CHECK(struct store_act, "at", at.s, 0, LAST_S),
    CHECK(struct store_act, "wall_us", wall_us, 0, WALL_MOST),
    CHECK(struct store_act, "uid", uid, -1, UINT32_MAX),
    CHECK(struct store_act, "pid", pid, -1, INT32_MAX),
};
static const struct check gap_checks[] = {
    CHECK(struct store_gap, "from_at", from.s, 0, LAST_S),
    CHECK(struct store_gap, "until_at", until.s, 0, LAST_S),
    CHECK(struct store_gap, "seq", seq, 0, STORE_SEQ_MAX),
};
#define COUNT(checks) (sizeof(checks) / sizeof(checks)[0])

static int check_numbers(const struct check *checks, size_t count, const void *row,
                         const char *table, const char *which, struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, (const char *)row + checks[i].offset, sizeof value);
        if (value < checks[i].least || value > checks[i].most)
            return fault_set(fault, -EUCLEAN,
                             "%s: %s of %s is %" PRId64 ", but must be %" PRId64 " to %" PRId64,
                             table, checks[i].name, which, value, checks[i].least, checks[i].most);
    }
    return 0;
}

/* How far rows can be ahead of the last note of the clock, in wall time. Notes come every few
 * seconds; but a daemon that was stopped for days, or whose wall clock was stepped, writes rows
 * before the next one, and a world that is sound must never be refused. */
#define UNNOTED_US (400 * INT64_C(86400) * SECOND_US)

static world_time furthest(const struct world_state *state)
{
    struct clock_state runs = state->clock;
    wall_time since = runs.seen.us > runs.anchor_wall.us ? runs.seen : runs.anchor_wall;
    runs.paused = runs.held = false;
    return clock_now(&runs, (wall_time){since.us + UNNOTED_US});
}

/* (A world that begins where the clock of the last one stood may be noted a little later than
 * that.)
 */
int world_check_clock(const struct world_state *state, struct fault *fault)
{
    if (!world_before(furthest(state), state->settings.origin))
        return 0;
    return fault_set(fault, -EUCLEAN,
                     "%s: 'clock_reached_us' is %" PRId64 ", before the origin %" PRId64
                     " of the world",
                     SCHEMA_WORLD, state->clock.reached_us, state->settings.origin.s);
}

int world_check_stream(const struct world_state *state, const struct store_stream *row,
                       struct fault *fault)
{
    world_time most = furthest(state);
    const struct {
        const char *name;
        world_time is, least;
    } places[] = {
        {"watermark", row->watermark, state->settings.origin},
        {"not_before", row->not_before, WORLD_TIME_FIRST},
        {"paused_at", row->paused_at, WORLD_TIME_FIRST},
    };
    int result =
        check_numbers(stream_checks, COUNT(stream_checks), row, SCHEMA_STREAM, row->name, fault);
    if (result < 0)
        return result;
    if (strcmp(row->world_id, state->world_id) != 0)
        return fault_set(fault, -EUCLEAN, "%s: world_id of %s is '%s', but the world is %s",
                         SCHEMA_STREAM, row->name, row->world_id, state->world_id);
    if (!row->started)
        return fault_set(fault, -EUCLEAN, "%s: started of %s is 0 in a world that was built",
                         SCHEMA_STREAM, row->name);
    for (size_t i = 0; i < COUNT(places); i++)
        if (world_before(places[i].is, places[i].least) || world_before(most, places[i].is))
            return fault_set(fault, -EUCLEAN,
                             "%s: %s of %s is %" PRId64 ", but the clock was between %" PRId64
                             " and %" PRId64,
                             SCHEMA_STREAM, places[i].name, row->name, places[i].is.s,
                             places[i].least.s, most.s);
    return 0;
}

int world_check_act(const struct world_state *state, const struct store_act *row, int64_t before,
                    struct fault *fault)
{
    char which[STORE_NAME_MAX];
    (void)snprintf(which, sizeof which, "act %" PRId64, row->seq);
    if (row->seq < 1 || row->seq > STORE_SEQ_MAX)
        return fault_set(fault, -EUCLEAN, "%s: seq is %" PRId64 ", but must be 1 to %" PRId64,
                         SCHEMA_ACT, row->seq, STORE_SEQ_MAX);
    if (before != 0 && row->seq != before + 1)
        return fault_set(fault, -EUCLEAN, "%s: after act %" PRId64 " comes act %" PRId64,
                         SCHEMA_ACT, before, row->seq);
    if (strcmp(row->world_id, state->world_id) != 0) /* kept for the history alone */
        return 0;
    return check_numbers(act_checks, COUNT(act_checks), row, SCHEMA_ACT, which, fault);
}

int world_check_gap(const struct store_gap *row, struct fault *fault)
{
    enum stream_id stream;
    if (stream_by_name(row->stream, &stream) < 0)
        return fault_set(fault, -EUCLEAN, "%s names the stream '%s', which does not exist",
                         SCHEMA_GAP, row->stream);
    int result = check_numbers(gap_checks, COUNT(gap_checks), row, SCHEMA_GAP, row->stream, fault);
    if (result == 0 && world_before(row->until, row->from))
        return fault_set(fault, -EUCLEAN,
                         "%s: a gap of %s ends at %" PRId64 ", before it begins at %" PRId64,
                         SCHEMA_GAP, row->stream, row->until.s, row->from.s);
    return result;
}
