/* One connection's view of the world, while others put another one in its place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sqlite_file.h"
#include "state/session.h"

#define ORIGIN INT64_C(1790000000)

struct scene {
    struct sqlite_file file;
    struct database database;
    struct session mine, others;
};

static struct world_state state_of(const char *world_id)
{
    struct world_state state = {
        .generation = 7,
        .settings = {.seed = 1, .origin = {ORIGIN}, .customers = 10},
        .clock = {.anchor_world_us = ORIGIN * 1000000,
                  .anchor_wall = {ORIGIN * 1000000},
                  .seen = {ORIGIN * 1000000},
                  .reached_us = ORIGIN * 1000000,
                  .speed = CLOCK_SPEED_ONE},
    };
    (void)snprintf(state.world_id, sizeof state.world_id, "%s", world_id);
    (void)snprintf(state.timezone, sizeof state.timezone, "UTC");
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        state.streams[i] = (struct stream_state){.started = true, .watermark = {ORIGIN}};
    return state;
}

/* A world with nothing in it takes the place of the one that is there. */
static void put_world(struct scene *scene, const char *old_id, const char *world_id)
{
    struct store *store = scene->others.store;
    struct world_state state = state_of(world_id);
    struct store_description description = {.stream_count = STREAM_COUNT};
    (void)snprintf(description.replaces, sizeof description.replaces, "%s", old_id);
    (void)snprintf(description.world_id, sizeof description.world_id, "%s", world_id);
    description.pairs = MEM_ARRAY(struct store_pair, WORLD_STATE_PAIRS_MAX);
    description.pair_count = world_state_all_pairs(&state, description.pairs);
    world_state_streams(&state, description.streams);
    works(store_shadow_begin(store, &description, &fault));
    works(store_swap(store, old_id, 0, &fault));
    works(store_sweep(store, &fault));
    store_description_done(&description);
}

static void begin_session(struct scene *scene, struct session *session, const char *owner)
{
    session_init(session, &scene->database, &store_databases, &token_system, owner);
    works(session_connect(session, true, &fault));
}

static int begin_scene(void **state)
{
    struct scene *scene = MEM_NEW(struct scene);
    sqlite_file_init(&scene->file);
    const struct store_config config = {.path = scene->file.path};
    scene->database = database_copy(&config, NULL);
    begin_session(scene, &scene->others, "others");
    works(store_claim(scene->others.store, &fault));
    put_world(scene, "", "w00000000001");
    begin_session(scene, &scene->mine, "mine");
    works(session_load(&scene->mine, &fault));
    *state = scene;
    return 0;
}

static int end_scene(void **state)
{
    struct scene *scene = *state;
    session_done(&scene->mine);
    session_done(&scene->others);
    database_done(&scene->database);
    sqlite_file_done(&scene->file);
    free(scene);
    return 0;
}

static struct store_act tempo_of(const char *world_id)
{
    struct store_act act = {.id = "0123456789abcdef",
                            .kind = "tempo",
                            .at = {ORIGIN},
                            .wall_us = ORIGIN * 1000000,
                            .parameters = "stream=customers factor=2",
                            .uid = -1};
    (void)snprintf(act.world_id, sizeof act.world_id, "%s", world_id);
    return act;
}

static void an_act_of_a_former_world_is_history(void **state)
{
    struct scene *scene = *state;
    struct store_act act = tempo_of("w00000000000");
    works(session_record(&scene->mine, &act, &fault));
    works(session_load(&scene->mine, &fault));
    assert_int_equal(scene->mine.state.act_count, 1);
    assert_int_equal(
        world_state_tempo(&scene->mine.state, STREAM_CUSTOMERS, (world_time){ORIGIN + 1}).factor,
        WORLD_TEMPO_ONE);
}

/* A backup of the act's own world comes in between: recorded there without its effect, it would be
 * damage. */
static void history_is_not_recorded_in_another_world(void **state)
{
    struct scene *scene = *state;
    struct store_act act = tempo_of("w00000000002");
    struct fault why;
    put_world(scene, "w00000000001", "w00000000002");
    assert_int_equal(session_record(&scene->mine, &act, &why), -ESTALE);
    assert_string_equal(scene->mine.state.world_id, "w00000000002");
    works(session_load(&scene->mine, &fault));
    assert_int_equal(scene->mine.state.act_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_act_of_a_former_world_is_history, begin_scene,
                                        end_scene),
        cmocka_unit_test_setup_teardown(history_is_not_recorded_in_another_world, begin_scene,
                                        end_scene),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
