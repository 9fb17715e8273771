/* The rows of credd_* as a session loads them: refused with a name, or a world that can be used and
 * is written as it was read. Each line of the input is a row:
 *   pair NAME VALUE
 *   stream NAME GENERATION WATERMARK NOT_BEFORE ROWS SKIPPED STARTED PAUSED PAUSED_AT PAUSED_WALL
 *          RESUMES_WALL PAUSED_BY REASON
 *   act WORLD_ID ID KIND AT WALL PARAMETERS UID PID USER REASON
 *   gap STREAM FROM UNTIL SEQ
 *   wall MICROSECONDS
 * in front of the rows of a world that has just begun; of two pairs the first counts, and a stream
 * that is named is left out there. */
#include "fake_store.h"
#include "state/act.h"
#include "state/owner.h"
#include "state/session.h"
#include "state_world.h"

#define ROWS_MAX  16
#define WALL_MOST INT64_C(4102444800000000) /* 2100 */
#define LIVE_S    3600

struct rows {
    struct fake_store store;
    struct store_pair pairs[ROWS_MAX + WORLD_STATE_PAIRS_MAX];
    struct store_act acts[ROWS_MAX];
    struct store_gap gaps[ROWS_MAX];
    wall_time wall;
};

#define COPY(into, rest) (void)snprintf(into, sizeof(into), "%s", fuzz_field(&(rest), '\t'))

/* --- the input --- */

static void take_pair(struct rows *rows, char *line)
{
    struct store_description *to = &rows->store.description;
    if (to->pair_count == ROWS_MAX)
        return;
    struct store_pair *pair = &rows->pairs[to->pair_count++];
    COPY(pair->name, line);
    COPY(pair->value, line);
}

static bool names(const struct store_description *to, const char *stream)
{
    for (size_t i = 0; i < to->stream_count; i++)
        if (strcmp(to->streams[i].name, stream) == 0)
            return true;
    return false;
}

static void take_stream(struct rows *rows, char *line)
{
    struct store_description *to = &rows->store.description;
    struct store_stream *stream = &to->streams[to->stream_count];
    if (to->stream_count == STORE_STREAMS_MAX)
        return;
    COPY(stream->name, line);
    memcpy(stream->world_id, STATE_WORLD, sizeof STATE_WORLD);
    to->stream_count += names(to, stream->name) ? 0 : 1; /* it is the table's key */
    stream->generation = fuzz_field_number(&line, '\t');
    stream->watermark.s = fuzz_field_number(&line, '\t');
    stream->not_before.s = fuzz_field_number(&line, '\t');
    stream->rows = fuzz_field_number(&line, '\t');
    stream->skipped = fuzz_field_number(&line, '\t');
    stream->started = fuzz_field_number(&line, '\t') != 0;
    stream->paused = fuzz_field_number(&line, '\t') != 0;
    stream->paused_at.s = fuzz_field_number(&line, '\t');
    stream->paused_wall_us = fuzz_field_number(&line, '\t');
    stream->resumes_wall_us = fuzz_field_number(&line, '\t');
    COPY(stream->paused_by, line);
    COPY(stream->reason, line);
}

static void take_act(struct rows *rows, char *line)
{
    struct store_description *to = &rows->store.description;
    if (to->act_count == ROWS_MAX)
        return;
    struct store_act *act = &rows->acts[to->act_count++];
    act->seq = (int64_t)to->act_count;
    COPY(act->world_id, line);
    COPY(act->id, line);
    COPY(act->kind, line);
    act->at.s = fuzz_field_number(&line, '\t');
    act->wall_us = fuzz_field_number(&line, '\t');
    COPY(act->parameters, line);
    act->uid = fuzz_field_number(&line, '\t');
    act->pid = fuzz_field_number(&line, '\t');
    COPY(act->user, line);
    COPY(act->reason, line);
}

static void take_gap(struct rows *rows, char *line)
{
    struct store_description *to = &rows->store.description;
    if (to->gap_count == ROWS_MAX)
        return;
    struct store_gap *gap = &rows->gaps[to->gap_count++];
    COPY(gap->stream, line);
    gap->from.s = fuzz_field_number(&line, '\t');
    gap->until.s = fuzz_field_number(&line, '\t');
    gap->seq = fuzz_field_number(&line, '\t');
}

static void take_wall(struct rows *rows, char *line)
{
    rows->wall.us = (int64_t)((uint64_t)fuzz_field_number(&line, '\t') % (uint64_t)WALL_MOST);
}

static void take_line(struct rows *rows, char *line)
{
    static const struct {
        const char *name;
        void (*take)(struct rows *rows, char *line);
    } kinds[] = {{"pair", take_pair},
                 {"stream", take_stream},
                 {"act", take_act},
                 {"gap", take_gap},
                 {"wall", take_wall}};
    const char *name = fuzz_field(&line, '\t');
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(name, kinds[i].name) == 0)
            kinds[i].take(rows, line);
}

/* What the input does not say is as in a world that has just begun. */
static void complete(struct rows *rows)
{
    struct world_state state = state_world();
    struct store_description *to = &rows->store.description, rest = state_world_rows(&state);
    memcpy(rows->pairs + to->pair_count, rest.pairs, rest.pair_count * sizeof *rest.pairs);
    to->pair_count += rest.pair_count;
    for (size_t i = 0; i < rest.stream_count; i++)
        if (!names(to, rest.streams[i].name) && to->stream_count < STORE_STREAMS_MAX)
            to->streams[to->stream_count++] = rest.streams[i];
    to->pairs = rows->pairs;
    to->acts = rows->acts;
    to->gaps = rows->gaps;
    memcpy(to->world_id, STATE_WORLD, sizeof STATE_WORLD);
    free(rest.pairs);
}

/* --- what is done with a world --- */

static void use_clock(const struct world_state *state, wall_time wall)
{
    struct clock_state clock = state->clock;
    wall_time at = {0};
    int64_t now = clock_now_us(&clock, wall);
    FUZZ_CHECK(now >= clock.reached_us && clock_now(&clock, wall).s <= now / 1000000);
    (void)clock_wall_of(&clock, (world_time){STATE_ORIGIN + LIVE_S}, wall, &at);
    (void)clock_stands_until(&clock, wall, &at);
    clock_observe(&clock, wall);
    FUZZ_CHECK(clock_now_us(&clock, wall) >= now);
    clock_set_speed(&clock, 2 * CLOCK_SPEED_ONE, wall);
    FUZZ_CHECK(clock_now_us(&clock, wall) >= now);
}

static void apply(const struct world_state *state, struct act act, wall_time wall)
{
    struct world_state changed = world_state_copy(state);
    struct act_effect *effect = calloc(1, sizeof *effect);
    struct fault fault = {.text = ""};
    act.wall = wall;
    memcpy(act.id, "one", sizeof "one");
    if (act_apply(&act, &changed, effect, &fault) == 0)
        state_world_check(&changed);
    world_state_done(&changed);
    free(effect);
}

static void use_acts(const struct rows *rows, const struct world_state *state)
{
    struct act due;
    wall_time next;
    const struct act acts[] = {
        {.kind = ACT_PAUSE, .pause = {.for_us = 3600000000}},
        {.kind = ACT_RESUME, .resume = {.skip = true}},
        {.kind = ACT_SPEED, .speed = {.factor = 3 * CLOCK_SPEED_ONE}},
        {.kind = ACT_TEMPO, .tempo = {.factor = 5000000, .for_us = 3600000000}},
        {.kind = ACT_DISABLE, .toggle = {.stream = STREAM_LOAN_APPLICATIONS}},
        {.kind = ACT_ADVANCE, .advance = {.to = {STATE_ORIGIN + LIVE_S}}},
        {.kind = ACT_STEPPED, .stepped = {.step_us = -5000000}},
        {.kind = ACT_GAP, .gap = {.catch_up = CATCH_UP_LIMIT, .limit_s = 60, .max_s = 86400}},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        apply(state, acts[i], rows->wall);
    if (act_due(state, rows->wall, &due, &next))
        apply(state, due, due.wall);
    for (size_t i = 0; i < rows->store.description.act_count; i++) {
        struct act_shown shown;
        act_show(&rows->acts[i], &shown);
    }
    (void)owner_alive(state->owner, "host 1 1", rows->wall.us);
}

static void use_streams(const struct world_state *state)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        world_time at = state->streams[i].watermark;
        struct stream_tempo tempo = world_state_tempo(state, (enum stream_id)i, at);
        FUZZ_CHECK(tempo.until.s == 0 || world_before(at, tempo.until));
        (void)world_state_enabled(state, (enum stream_id)i, at);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows *rows = calloc(1, sizeof *rows);
    struct session session;
    struct fault fault = {.text = ""};
    FUZZ_CHECK(rows != NULL);
    char *text = fuzz_text(data, size), *rest = text;
    rows->wall.us = (STATE_ORIGIN + LIVE_S) * 1000000;
    while (*rest != '\0')
        take_line(rows, fuzz_field(&rest, '\n'));
    complete(rows);
    session_init(&session, NULL, NULL, NULL, "");
    session.store = store_wrap(&fake_backend, rows);
    int result = session_load(&session, &fault);
    FUZZ_CHECK(result == 0 || fault.text[0] != '\0');
    if (result == 0) {
        state_world_check(&session.state);
        use_clock(&session.state, rows->wall);
        use_acts(rows, &session.state);
        use_streams(&session.state);
        FUZZ_CHECK(session_follow(&session, &fault) >= 0);
    }
    session_done(&session);
    free(text);
    free(rows);
    return 0;
}
