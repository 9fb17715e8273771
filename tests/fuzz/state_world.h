/* state_world.h - a world's state to begin with, and that what became of it is read back from its
 * own rows. */
#ifndef CREDD_TESTS_STATE_WORLD_H
#define CREDD_TESTS_STATE_WORLD_H

#include "fuzz.h"
#include "state/world_state.h"

#define STATE_ORIGIN INT64_C(1786703712)
#define STATE_WORLD  "0123456789abcdef"

/* A world that has just begun, at speed 1. */
static inline struct world_state state_world(void)
{
    struct world_state state = {
        .world_id = STATE_WORLD,
        .generation = 1,
        .model = WORLD_MODEL,
        .settings = {.seed = 1,
                     .origin = {STATE_ORIGIN},
                     .customers = 3,
                     .financial_records_per_customer = 1,
                     .financial_records_months = 1,
                     .loan_applications_per_customer = 1,
                     .loan_applications_months = 1,
                     .market_data_points = 1,
                     .credit_history_entries = 1},
        .timezone = "America/New_York",
        .clock = clock_start((world_time){STATE_ORIGIN}, CLOCK_SPEED_ONE,
                             (wall_time){STATE_ORIGIN * 1000000}),
    };
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        state.streams[i] = (struct stream_state){
            .started = true, .watermark = {STATE_ORIGIN}, .not_before = {STATE_ORIGIN}};
    return state;
}

/* The rows that a state is written as, without acts, and without the checksums that tell of those;
 * released with free() of pairs. */
static inline struct store_description state_world_rows(const struct world_state *state)
{
    struct store_description rows = {.stream_count = STREAM_COUNT};
    rows.pairs = calloc(WORLD_STATE_PAIRS_MAX, sizeof *rows.pairs);
    FUZZ_CHECK(rows.pairs != NULL);
    size_t count = world_state_all_pairs(state, rows.pairs);
    for (size_t i = 0; i < count; i++)
        if (strncmp(rows.pairs[i].name, "checksum", strlen("checksum")) != 0)
            rows.pairs[rows.pair_count++] = rows.pairs[i];
    memcpy(rows.world_id, state->world_id, sizeof rows.world_id);
    world_state_streams(state, rows.streams);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        rows.streams[i].generation = state->generation;
        rows.streams[i].watermark = state->streams[i].watermark;
        rows.streams[i].started = state->streams[i].started;
    }
    return rows;
}

/* What is written of a state is read as that state. */
static inline void state_world_check(const struct world_state *state)
{
    struct fault fault = {.text = ""};
    struct world_state again = {0};
    struct store_description rows = state_world_rows(state), same;
    int result = world_state_decode(&rows, &again, &fault);
    FUZZ_SAY(result < 0, fault.text);
    FUZZ_CHECK(result == 0);
    same = state_world_rows(&again);
    FUZZ_CHECK(same.pair_count == rows.pair_count);
    FUZZ_CHECK(memcmp(same.pairs, rows.pairs, rows.pair_count * sizeof *rows.pairs) == 0);
    world_state_done(&again);
    free(rows.pairs);
    free(same.pairs);
}

#endif
