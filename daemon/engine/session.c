#include "engine/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/credential.h"

#define STALE_TRIES 20

void session_init(struct session *session, const struct plan *plan)
{
    *session = (struct session){.plan = plan, .kind = STORE_VACANT};
    (void)pthread_mutex_init(&session->lock, NULL);
}

void session_forget(struct session *session)
{
    world_free(session->world);
    zone_free(session->zone);
    record_done(&session->record);
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

int session_connect(struct session *session, struct fault *fault)
{
    struct store_config config = session->plan->database;
    char *secret = NULL;
    if (config.mariadb && config.password == NULL) {
        int result = credential_read(session->plan->password_file, &secret, fault);
        if (result < 0)
            return -EACCES;
        config.password = secret;
    }
    put_store(session, store_new(&config));
    credential_free(secret);
    int result = is_cut(session) ? fault_set(fault, -EINTR, "no new connection is wanted")
                                 : store_connect(session->store, fault);
    if (result == 0)
        result = store_probe(session->store, &session->kind, fault);
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

/* What is committed bounds the clock from below, whatever its last note says. */
static void settle_record(struct session *session)
{
    struct record *record = &session->record;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        const struct record_stream *state = &record->streams[i];
        session->stored[i] = state->watermark;
        if (state->started && state->watermark.s * 1000000 > record->clock.reached_us)
            record->clock.reached_us = state->watermark.s * 1000000;
    }
}

static int make_world(struct session *session, struct fault *fault)
{
    int result = zone_load(session->record.timezone, &session->zone, fault);
    if (result == 0)
        result = world_new(&session->record.settings, session->zone, &session->world, fault);
    if (result < 0)
        return fault_prefix(fault, "the world in the database can not be continued"), -ENOTSUP;
    world_set_acts(session->world, session->record.acts, session->record.act_count);
    session->has_world = true;
    return 0;
}

int session_load(struct session *session, struct fault *fault)
{
    struct store_description description = {0};
    struct record record;
    int result = store_load(session->store, &description, fault);
    if (result < 0) {
        if (result == -ENOENT)
            session_forget(session);
        return result;
    }
    result = record_decode(&description, &record, fault);
    store_description_done(&description);
    if (result < 0)
        return result;
    bool same = session->has_world && strcmp(record.world_id, session->record.world_id) == 0;
    if (same) {
        record_done(&session->record);
        session->record = record;
        world_set_acts(session->world, record.acts, record.act_count);
        settle_record(session);
        return 0;
    }
    session_forget(session);
    session->record = record;
    settle_record(session);
    return make_world(session, fault);
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
        ahead[i] = session->record.streams[i].watermark;
    if (session->has_world && record_glance(&session->record, world_id, streams, count)) {
        settle_record(session);
        for (unsigned i = 0; i < STREAM_COUNT; i++) {
            struct record_stream *state = &session->record.streams[i];
            state->watermark = world_later(state->watermark, ahead[i]);
        }
        return 0;
    }
    result = session_load(session, fault);
    return result < 0 ? result : 1;
}

/* An act's id begins with its world's: that tells the acts of this world from those kept of former
 * ones. */
static struct operation *in_this_world(const struct session *session,
                                       const struct operation *operation)
{
    struct operation *named = MEM_NEW(struct operation);
    *named = *operation;
    (void)snprintf(named->id, sizeof named->id, "%.16s-%.22s", session->record.world_id,
                   operation->id);
    return named;
}

static int try_operation(struct session *session, const struct operation *operation,
                         struct fault *fault)
{
    bool known = false;
    int result = store_has_act(session->store, operation->id, &known, fault);
    if (result < 0 || known)
        return result;
    struct record changed = record_light(&session->record);
    struct operation_effect *effect = MEM_NEW(struct operation_effect);
    result = operation_apply(operation, &changed, effect, fault);
    if (result == 0 && effect->changed) {
        struct store_pair pairs[RECORD_PAIRS_MAX];
        struct store_stream streams[STREAM_COUNT];
        record_streams(&changed, streams);
        struct store_amendment amendment = {
            .world_id = changed.world_id,
            .generation = changed.generation,
            .pairs = pairs,
            .pair_count = record_clock_pairs(&changed, pairs),
            .streams = streams,
            .stream_count = STREAM_COUNT,
            .acts = effect->acts,
            .act_count = effect->act_count,
            .gaps = effect->gaps,
            .gap_count = effect->gap_count,
        };
        result = store_amend(session->store, &amendment, fault);
    }
    record_done(&changed);
    free(effect);
    return result;
}

int session_operate(struct session *session, const struct operation *operation, struct fault *fault)
{
    int64_t generation = 0;
    world_time stored[STREAM_COUNT] = {{0}};
    for (unsigned tries = 0; tries < STALE_TRIES; tries++) {
        struct operation *named = in_this_world(session, operation);
        int result = try_operation(session, named, fault);
        free(named);
        if (result < 0 && result != -ESTALE)
            return result;
        int loaded = session_load(session, fault);
        if (loaded < 0 || result == 0)
            return loaded;
        if (tries == 0) {
            generation = session->record.generation;
            memcpy(stored, session->stored, sizeof stored);
        }
    }
    if (session->record.generation == generation &&
        memcmp(stored, session->stored, sizeof stored) == 0)
        return fault_set(fault, -EUCLEAN,
                         "a row of " SCHEMA_STREAM " is not what credd left there");
    return fault_set(fault, -EBUSY, "others keep changing the world");
}

int session_keep(struct session *session, const char *keeper, wall_time wall, struct fault *fault)
{
    struct record *record = &session->record;
    clock_observe(&record->clock, wall);
    record->clock.seen = wall;
    (void)snprintf(record->keeper, sizeof record->keeper, "%s", keeper);
    struct store_pair all[RECORD_PAIRS_MAX], kept[RECORD_PAIRS_MAX];
    size_t count = record_clock_pairs(record, all), keep = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].name, "clock_reached_us") == 0 ||
            strcmp(all[i].name, "clock_seen_us") == 0 || strcmp(all[i].name, "keeper") == 0)
            kept[keep++] = all[i];
    return store_note(session->store, record->world_id, kept, keep, fault);
}

enum database_state session_state_of(int code)
{
    switch (-code) {
    case EACCES: return DATABASE_REFUSED;
    case EPERM: return DATABASE_FOREIGN;
    case ENOSPC: return DATABASE_FULL;
    case EROFS: return DATABASE_READ_ONLY;
    default: return DATABASE_DOWN;
    }
}
