/* The database after each step: what a step may change, and what it may not. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/play.h"

#define NOTED_US  INT64_C(5000000)  /* the clock is noted every 3 s of the wall */
#define BEFORE_US INT64_C(30000000) /* a call that began before a step of the wall has ended */

static size_t rows_of(const struct memory_database *db, const char *table)
{
    size_t count = 0;
    (void)memory_rows(db, table, &count);
    return count;
}

static void count_rows(const struct memory_database *db, struct sight *sight)
{
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        sight->rows[i] = rows_of(db, schema_tables[i].name);
    sight->moves = rows_of(db, SCHEMA_STATUS);
}

static void note_furthest(struct play *play)
{
    struct sight *sight = &play->sight;
    for (size_t i = 0; sight->has_world && i < play->host_count; i++) {
        wall_time wall = {play->hosts[i].time.wall_us};
        int64_t now = clock_now_us(&sight->state.clock, wall);
        if (now > sight->furthest_us)
            sight->furthest_us = now;
    }
}

void sight_note_clock(struct play *play)
{
    note_furthest(play);
}

world_time sight_now(const struct play *play, const struct host *host)
{
    return clock_now(&play->sight.state.clock, (wall_time){host->time.wall_us});
}

void sight_forget(struct play *play)
{
    struct sight *sight = &play->sight;
    int64_t before_us = sight->has_world ? sight->furthest_us : 0;
    world_state_done(&sight->state);
    *sight = (struct sight){.before_us = before_us};
    play->dirty = play->described = true;
    for (size_t i = 0; i < play->host_count; i++)
        play->hosts[i].excused = true;
}

/* Acts of all worlds have numbers without a hole, and no two the same id. */
static void check_acts(struct play *play, const struct store_description *is)
{
    for (size_t i = 1; i < is->act_count; i++) {
        if (is->acts[i].seq != is->acts[i - 1].seq + 1)
            play_fail(play, "acts", "act %" PRId64 " comes after %" PRId64, is->acts[i].seq,
                      is->acts[i - 1].seq);
        for (size_t k = 0; k < i; k++)
            if (strcmp(is->acts[i].id, is->acts[k].id) == 0)
                play_fail(play, "acts", "act %s is recorded twice", is->acts[i].id);
    }
}

/* Whether a daemon may still write by the time of before its wall was set back. */
static bool was_set_back(const struct play *play)
{
    bool frozen = false;
    for (size_t i = 0; i < play->host_count; i++)
        frozen = frozen || play->hosts[i].frozen_us >= play->now_us;
    return play->set_back_us != 0 && (frozen || play->now_us - play->set_back_us < BEFORE_US);
}

/* A daemon that has not seen yet that an earlier state was restored may be ahead of it by what it
 * had not noted: a server that hangs takes no note. */
static void note_daemons(struct play *play, bool same)
{
    struct sight *sight = &play->sight;
    int64_t speed = sight->state.clock.speed / CLOCK_SPEED_ONE;
    int64_t ahead_us = (NOTED_US + play->now_us - play->noted_us) * (speed > 1 ? speed : 1);
    int64_t most_us = sight->furthest_us > sight->state.clock.reached_us
                          ? sight->furthest_us
                          : sight->state.clock.reached_us;
    most_us += ahead_us;
    if (!same && sight->before_us > sight->furthest_us)
        sight->furthest_us =
            sight->before_us < most_us || was_set_back(play) ? sight->before_us : most_us;
    sight->before_us = 0;
}

/* Time that passes takes world time no further than a step of the wall that has to be confirmed;
 * what passed since a backup is caught up with. */
static void check_noted(struct play *play, const struct world_state *is)
{
    const struct world_state *was = &play->sight.state;
    int64_t most_us = CLOCK_STEP_LIMIT_S * SECOND_US;
    for (size_t i = 0; i < play->host_count; i++)
        if (play->hosts[i].excused)
            return;
    if (was->clock.speed == CLOCK_SPEED_ONE && was->generation == is->generation &&
        is->clock.reached_us - was->clock.reached_us > most_us)
        play_fail(play, "noted", "world time went on by %.3f days without an act",
                  (double)(is->clock.reached_us - was->clock.reached_us) / 86400e6);
}

static void describe(struct play *play)
{
    struct store_description is = {0};
    struct sight *sight = &play->sight;
    struct fault fault = {.text = ""};
    struct world_state state;
    char was[STORE_NAME_MAX] = "";
    if (sight->has_world)
        memcpy(was, sight->state.world_id, sizeof was);
    if (play->db->marker != MARKER_OURS || memory_world_id(play->db)[0] == '\0')
        return;
    memory_side_load(&play->db->sides[SQL_LIVE], &is);
    if (sight->has_world && is.act_count != (size_t)sight->state.last_seq)
        check_acts(play, &is);
    for (size_t i = 0; i < is.act_count; i++)
        if (is.acts[i].seq > sight->state.last_seq)
            play_trace(play, "act %" PRId64 " is recorded: %s %s", is.acts[i].seq, is.acts[i].kind,
                       is.acts[i].parameters);
    if (world_state_decode(&is, &state, &fault) < 0) {
        play_fail(play, "description", "%s", fault.text);
    } else {
        bool same = sight->has_world && strcmp(was, state.world_id) == 0;
        if (sight->state.generation != state.generation)
            play->amended_us = play->now_us, play->changes++;
        if (same)
            check_noted(play, &state);
        if (same && state.clock.reached_us != sight->state.clock.reached_us)
            play->noted_us = play->now_us;
        world_state_done(&sight->state);
        sight->state = state;
        sight->has_world = true;
        sight->furthest_us = same ? sight->furthest_us : 0;
        for (unsigned i = 0; i < STREAM_COUNT && !same; i++) /* an earlier state has what it has */
            if (sight->furthest_us < state.streams[i].watermark.s * SECOND_US)
                sight->furthest_us = state.streams[i].watermark.s * SECOND_US;
        sight->last_act = 0;
        for (size_t i = 0; i < is.act_count; i++)
            if (strcmp(is.acts[i].world_id, state.world_id) == 0 &&
                is.acts[i].at.s > sight->last_act && strcmp(is.acts[i].kind, "tempo") != 0 &&
                strcmp(is.acts[i].kind, "enable") != 0 && strcmp(is.acts[i].kind, "disable") != 0)
                sight->last_act = is.acts[i].at.s;
        note_daemons(play, same);
        if (!same)
            count_rows(play->db, sight);
    }
    store_description_done(&is);
}

static void take_streams(struct play *play)
{
    struct sight *sight = &play->sight;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct store_stream *of =
            memory_stream(play->db, stream_info((enum stream_id)i)->name);
        if (of == NULL)
            continue;
        if (of->started && sight->state.streams[i].started &&
            world_before(of->watermark, sight->state.streams[i].watermark))
            play_fail(play, "watermark", "that of %s goes back from %" PRId64 " to %" PRId64,
                      of->name, sight->state.streams[i].watermark.s, of->watermark.s);
        world_state_take_stream(&sight->state, (enum stream_id)i, of);
    }
}

/* Streams of which rows came or moved since the last look. */
static unsigned moved(const struct sight *was, const struct sight *is)
{
    unsigned streams = 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (is->rows[i] > was->rows[i] || is->state.streams[i].rows != was->state.streams[i].rows)
            streams |= 1u << i;
    if (is->moves > was->moves)
        streams |= 1u << STREAM_LOAN_APPLICATIONS;
    return streams;
}

static void check_standing(struct play *play, const struct sight *was, unsigned streams)
{
    const struct clock_state *clock = &was->state.clock;
    if (streams != 0 && (clock->paused || clock->held))
        play_fail(play, "pause", "rows (streams %#x) came while the world was %s in the database",
                  streams, clock->held ? "held" : "paused");
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (streams & 1u << i && was->state.streams[i].paused)
            play_fail(play, "pause", "rows of %s came while it was paused in the database",
                      stream_info((enum stream_id)i)->name);
}

static void check_future(struct play *play)
{
    const struct sight *is = &play->sight;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        if (is->state.streams[i].started &&
            is->state.streams[i].watermark.s > is->furthest_us / SECOND_US &&
            is->state.streams[i].watermark.s > is->state.settings.origin.s)
            play_fail(play, "future", "%s is written up to %" PRId64 ", world time got to %" PRId64,
                      stream_info((enum stream_id)i)->name, is->state.streams[i].watermark.s,
                      is->furthest_us / SECOND_US);
}

/* The database's own clock is never behind what it holds. */
void sight_look(struct play *play, const struct host *by)
{
    struct sight *sight = &play->sight, was = *sight;
    bool described = play->described;
    if (!play->dirty || play->restoring != NULL)
        return;
    play->dirty = play->described = false;
    play->changes += !described || play->sight.has_world == false;
    was.state = world_state_copy(&sight->state);
    note_furthest(play);
    if (described || !sight->has_world)
        describe(play);
    note_furthest(play);
    bool same =
        was.has_world && sight->has_world && strcmp(was.state.world_id, sight->state.world_id) == 0;
    if (sight->has_world) {
        if (same && !described)
            take_streams(play);
        count_rows(play->db, sight);
        check_future(play);
    }
    if (same && by != NULL) {
        unsigned streams = moved(&was, sight);
        check_standing(play, &was, streams);
        if (streams != 0)
            asking_moved(play, by, streams);
    }
    world_state_done(&was.state);
}
