#include "state/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/credential.h"

#define STALE_TRIES 20

void session_init(struct session *session, const struct database *database,
                  const struct store_source *stores, const struct token_source *tokens,
                  const char *owner)
{
    *session = (struct session){.database = database,
                                .stores = stores,
                                .tokens = tokens,
                                .owner = owner,
                                .kind = STORE_VACANT};
    (void)pthread_mutex_init(&session->lock, NULL);
}

void session_forget(struct session *session)
{
    world_free(session->world);
    zone_free(session->zone);
    world_state_done(&session->state);
    session->world = NULL;
    session->zone = NULL;
    session->has_world = false;
}

static void put_store(struct session *session, struct store *store)
{
    (void)pthread_mutex_lock(&session->lock);
    struct store *old = session->store;
    session->store = store;
    if (session->cut && store != NULL)
        store_interrupt(store);
    (void)pthread_mutex_unlock(&session->lock);
    store_free(old);
}

void session_done(struct session *session)
{
    session_forget(session);
    put_store(session, NULL);
    (void)pthread_mutex_destroy(&session->lock);
}

static bool is_cut(struct session *session)
{
    (void)pthread_mutex_lock(&session->lock);
    bool cut = session->cut;
    (void)pthread_mutex_unlock(&session->lock);
    return cut;
}

static int make_store(struct session *session, bool reads, struct fault *fault)
{
    struct store_config config = session->database->config;
    config.reads = reads;
    char *secret = NULL;
    if (config.mariadb && config.password == NULL) {
        int result = credential_read(session->database->password_file, &secret, fault);
        if (result < 0)
            return -EACCES;
        config.password = secret;
    }
    put_store(session, session->stores->make(session->stores->context, &config));
    credential_free(secret);
    return 0;
}

int session_connect(struct session *session, bool writes, struct fault *fault)
{
    int result = make_store(session, !writes, fault);
    if (result < 0)
        return result;
    result = is_cut(session) ? fault_set(fault, -EINTR, "credd is stopping")
                             : store_connect(session->store, fault);
    if (result == 0)
        result = store_probe(session->store, &session->kind, fault);
    if (result == 0 && session->kind == STORE_OLDER && writes) {
        result = store_upgrade(session->store, session->owner, fault);
        if (result == 0)
            result = store_probe(session->store, &session->kind, fault);
    }
    if (result < 0)
        session_disconnect(session);
    return result;
}

void session_disconnect(struct session *session)
{
    put_store(session, NULL);
}

bool session_connected(const struct session *session)
{
    return session->store != NULL && store_connected(session->store);
}

void session_interrupt(struct session *session, bool for_good)
{
    (void)pthread_mutex_lock(&session->lock);
    session->cut = session->cut || for_good;
    if (session->store != NULL)
        store_interrupt(session->store);
    (void)pthread_mutex_unlock(&session->lock);
}

/* What is committed bounds the clock from below, whatever its last heartbeat says. */
static void take_watermarks(struct session *session)
{
    struct world_state *state = &session->state;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct stream_state *of = &state->streams[i];
        session->stored[i] = of->watermark;
        if (of->started && of->watermark.s * 1000000 > state->clock.reached_us)
            state->clock.reached_us = of->watermark.s * 1000000;
    }
}

static void use_acts(struct session *session)
{
    size_t count;
    const struct world_act *acts = world_state_acts(&session->state, &count);
    if (session->world != NULL)
        world_set_acts(session->world, acts, count);
}

static int make_world(struct session *session, struct fault *fault)
{
    int result = zone_load(session->state.timezone, &session->zone, fault);
    if (result == 0 && world_state_can_go_on(&session->state))
        result = world_new(&session->state.settings, session->zone, &session->world, fault);
    if (result < 0)
        return fault_prefix(fault, "cannot continue the world in the database"), -ENOTSUP;
    use_acts(session);
    session->has_world = true;
    return 0;
}

struct session_extent session_extent_of(const struct session *session)
{
    struct session_extent is = {.made = session->made};
    memcpy(is.world_id, session->state.world_id, sizeof is.world_id);
    memcpy(is.stored, session->stored, sizeof is.stored);
    return is;
}

bool session_was_replaced(const struct session *session, const struct session_extent *was)
{
    bool other = session->made != was->made && session->made != 0 && was->made != 0;
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        other = other || world_before(session->stored[i], was->stored[i]);
    return other && strcmp(session->state.world_id, was->world_id) == 0;
}

int session_load(struct session *session, struct fault *fault)
{
    struct store_description description = {0};
    struct store_ages ages;
    struct world_state state;
    int result = store_ages(session->store, &ages, fault);
    if (result == 0)
        result = store_load(session->store, &description, fault);
    if (result < 0) {
        if (result == -ENOENT)
            session_forget(session);
        return result;
    }
    result = world_state_decode(&description, &state, fault);
    store_description_done(&description);
    if (result < 0)
        return result;
    bool same = session->has_world && strcmp(state.world_id, session->state.world_id) == 0 &&
                state.model == session->state.model &&
                memcmp(&state.settings, &session->state.settings, sizeof state.settings) == 0;
    if (!same)
        session_forget(session);
    world_state_done(&session->state);
    session->state = state;
    session->ages = ages;
    session->made = ages.own;
    take_watermarks(session);
    if (!same)
        return make_world(session, fault);
    use_acts(session);
    return 0;
}

int session_gone(struct session *session, struct fault *fault)
{
    int result =
        session_connected(session) ? store_probe(session->store, &session->kind, fault) : -ENOTCONN;
    return result == -EUCLEAN ? result
                              : fault_set(fault, -ENOTCONN, "the database no longer holds a world");
}

/* Memory may be ahead of what is stored by empty intervals, but only of a watermark that is still
 * where this session left it. */
static bool keep_ahead(struct session *session, const world_time ahead[STREAM_COUNT])
{
    bool back = false;
    world_time was[STREAM_COUNT];
    memcpy(was, session->stored, sizeof was);
    take_watermarks(session);
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        struct stream_state *of = &session->state.streams[i];
        if (of->watermark.s == was[i].s)
            of->watermark = world_later(of->watermark, ahead[i]);
        back = back || world_before(session->stored[i], was[i]);
    }
    return !back;
}

int session_follow(struct session *session, struct fault *fault)
{
    char world_id[STORE_NAME_MAX];
    struct store_stream streams[STREAM_COUNT];
    size_t count = 0;
    int result = store_glance(session->store, world_id, streams, STREAM_COUNT, &count, fault);
    if (result == -ENOENT || result == -ESTALE) {
        session_forget(session);
        return result;
    }
    if (result < 0)
        return result;
    world_time ahead[STREAM_COUNT];
    for (unsigned i = 0; i < STREAM_COUNT; i++)
        ahead[i] = session->state.streams[i].watermark;
    if (session->has_world && count == STREAM_COUNT &&
        world_state_glance(&session->state, world_id, streams, count) && keep_ahead(session, ahead))
        return 0;
    result = session_load(session, fault);
    return result < 0 ? result : 1;
}

/* An act met what others changed: whoever looks next tells it. */
static int met_others(struct session *session, int (*load)(struct session *, struct fault *),
                      struct fault *fault)
{
    char known[STORE_NAME_MAX];
    int64_t generation = session->state.generation;
    memcpy(known, session->state.world_id, sizeof known);
    int result = load(session, fault);
    bool met = result >= 0 && session->state.generation != generation;
    if (met && session->known_before[0] == '\0')
        memcpy(session->known_before, known, sizeof known);
    return result;
}

/* Commits a change of the state, with what there is to record of it; then it is the session's. On
 * failure `changed` is of no more use. */
static int amend(struct session *session, struct world_state *changed, const struct store_act *acts,
                 size_t act_count, const struct act_effect *effect, struct fault *fault)
{
    struct store_pair pairs[WORLD_STATE_PAIRS_MAX];
    struct store_stream streams[STREAM_COUNT];
    changed->generation = session->tokens->next(session->tokens->context);
    changed->last_seq += (int64_t)act_count;
    changed->act_count += (int64_t)act_count;
    world_state_streams(changed, streams);
    struct store_amendment amendment = {
        .world_id = changed->world_id,
        .generation = session->state.generation,
        .next_generation = changed->generation,
        .pairs = pairs,
        .pair_count = world_state_clock_pairs(changed, pairs),
        .streams = streams,
        .stream_count = STREAM_COUNT,
        .acts = acts,
        .act_count = act_count,
        .last_seq = session->state.last_seq,
        .made = session->made,
        .gaps = effect != NULL ? effect->gaps : NULL,
        .gap_count = effect != NULL ? effect->gap_count : 0,
    };
    int result = store_amend(session->store, &amendment, fault);
    if (result < 0)
        return result;
    world_state_done(&session->state);
    session->state = *changed;
    *changed = (struct world_state){0};
    return 0;
}

static int try_act(struct session *session, struct act *act, bool *ret_recorded,
                   struct fault *fault)
{
    bool known = false;
    int result = store_has_act(session->store, act->id, &known, fault);
    if (result < 0)
        return result;
    if (known) { /* a COMMIT whose answer was lost */
        *ret_recorded = true;
        return session_load(session, fault);
    }
    struct act_effect *effect = MEM_NEW(struct act_effect);
    struct store_act *row = MEM_NEW(struct store_act);
    struct world_state changed = world_state_copy(&session->state);
    result = act_apply(act, &changed, effect, fault);
    if (result == 0 && effect->changed) {
        act_encode(act, changed.world_id, row);
        result = amend(session, &changed, row, effect->recorded ? 1 : 0, effect, fault);
        if (result == 0)
            use_acts(session);
    } else if (result == 0) { /* it may change something in the state that is there by now */
        int followed = met_others(session, session_follow, fault);
        result = followed > 0 ? -ESTALE : followed;
    }
    if (result == 0)
        *ret_recorded = effect->recorded;
    world_state_done(&changed);
    free(row);
    free(effect);
    return result;
}

/* Others were first: what they left is loaded, until it does not change any more. */
static int retry_stale(struct session *session, unsigned tries, int64_t *generation,
                       world_time stored[STREAM_COUNT], struct fault *fault)
{
    int result = met_others(session, session_load, fault);
    if (result < 0)
        return result;
    bool same = session->state.generation == *generation &&
                memcmp(stored, session->stored, sizeof session->stored) == 0;
    if (tries + 1 == STALE_TRIES)
        return same ? fault_set(fault, -EUCLEAN,
                                "a row of " SCHEMA_STREAM " was changed outside credd")
                    : fault_set(fault, -EBUSY, "others keep changing the world");
    *generation = session->state.generation;
    memcpy(stored, session->stored, sizeof session->stored);
    return 0;
}

int session_act(struct session *session, struct act *act, bool *ret_recorded, struct fault *fault)
{
    int64_t generation = 0;
    world_time stored[STREAM_COUNT] = {{0}};
    struct session_extent was = session_extent_of(session);
    bool recorded = false;
    int result = -ESTALE;
    for (unsigned tries = 0; result == -ESTALE; tries++) {
        result = try_act(session, act, &recorded, fault);
        if (result != -ESTALE)
            break;
        int loaded = retry_stale(session, tries, &generation, stored, fault);
        if (loaded < 0)
            return loaded;
        if (session_was_replaced(session, &was))
            return fault_set(fault, -ESTALE, "an earlier state of the database was restored");
        if (strcmp(was.world_id, session->state.world_id) != 0)
            return fault_set(fault, -ESTALE, "another daemon made a new world");
    }
    if (result == 0 && ret_recorded != NULL)
        *ret_recorded = recorded;
    return result;
}

int session_record(struct session *session, const struct store_act *act, struct fault *fault)
{
    char world_id[STORE_NAME_MAX];
    int result = -ESTALE;
    memcpy(world_id, session->state.world_id, sizeof world_id);
    for (unsigned tries = 0; tries < STALE_TRIES && result == -ESTALE; tries++) {
        bool known = false; /* another daemon may record it too: it takes no number then */
        result = store_has_act(session->store, act->id, &known, fault);
        if (result < 0 || known)
            return result;
        struct world_state same = world_state_copy(&session->state);
        result = amend(session, &same, act, 1, NULL, fault);
        world_state_done(&same);
        int loaded = result == -ESTALE ? met_others(session, session_load, fault) : 0;
        if (loaded < 0)
            return loaded;
        /* In the act's own world it would have its effect. */
        if (strcmp(session->state.world_id, world_id) != 0)
            return fault_set(fault, -ESTALE, "another world has taken its place");
    }
    return result;
}

int session_move_clock(struct session *session, world_time to, wall_time wall, struct fault *fault)
{
    struct world_state moved = world_state_copy(&session->state);
    int result = 0;
    if (world_before(clock_now(&moved.clock, wall), to)) {
        result = clock_advance(&moved.clock, to, wall);
        if (result == 0)
            result = amend(session, &moved, NULL, 0, NULL, fault);
    }
    world_state_done(&moved);
    return result;
}

int session_heartbeat(struct session *session, wall_time wall, struct fault *fault)
{
    struct world_state *state = &session->state;
    struct store_pair pairs[WORLD_STATE_PAIRS_MAX];
    clock_observe(&state->clock, wall);
    (void)snprintf(state->owner, sizeof state->owner, "%s", session->owner);
    size_t count = world_state_heartbeat_pairs(state, pairs);
    return store_note(session->store, state->world_id, state->generation, pairs, count, fault);
}
