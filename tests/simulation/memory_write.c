#include <assert.h>
#include <errno.h>
#include <string.h>

#include "simulation/memory_parts.h"

/* `patience` is the connection's where the caller says nothing else. */
static int transact(struct connection *connection, enum memory_op op, const struct work *work,
                    struct fault *fault)
{
    const unsigned usual_ms = connection->patience_ms > 0 ? connection->patience_ms : 10000;
    int rc = call_begin(connection, op, fault);
    if (rc == 0)
        rc = call_write(connection, work, usual_ms, fault);
    return call_end(connection, rc);
}

/* --- whose --- */

static int expect_marker(const struct memory_database *db, struct fault *fault)
{
    return db->marker == MARKER_OURS
               ? 0
               : fault_set(fault, -EPERM, "the database does not carry credd's marker");
}

static int expect_no_strangers(const struct memory_database *db, struct fault *fault)
{
    return db->strangers[0] == '\0'
               ? 0
               : fault_set(fault, -EPERM, "others depend on the tables: %s", db->strangers);
}

static int check_vacant(struct connection *connection, const void *what, struct fault *fault)
{
    const struct memory_database *db = connection->db;
    (void)what;
    if (db->marker == MARKER_OURS)
        return 0;
    if (db->marker == MARKER_OLDER)
        return fault_set(fault, -EPERM, "the database was made by another version of credd");
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        if (db->sides[SQL_LIVE].tables[i].there)
            return fault_set(fault, -EPERM, "the database has the table %s but not credd's marker",
                             schema_tables[i].name);
    return 0;
}

static int expect_empty(const struct memory_database *db, struct fault *fault)
{
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        if (db->sides[SQL_LIVE].tables[i].count > 0)
            return fault_set(fault, -EPERM, "the table %s holds rows", schema_tables[i].name);
    return 0;
}

static int check_adoptable(struct connection *connection, const void *what, struct fault *fault)
{
    const struct memory_database *db = connection->db;
    (void)what;
    if (db->marker == MARKER_OURS)
        return 0;
    if (db->marker == MARKER_OLDER)
        return fault_set(fault, -EPERM, "the database was made by another version of credd");
    int rc = expect_empty(db, fault);
    return rc == 0 ? expect_no_strangers(db, fault) : rc;
}

static int check_older(struct connection *connection, const void *what, struct fault *fault)
{
    (void)what;
    return connection->db->marker != MARKER_NONE ? 0 : expect_marker(connection->db, fault);
}

static void apply_marker(struct connection *connection, const void *what, void *result)
{
    (void)what, (void)result;
    connection->db->marker = MARKER_OURS;
}

int memory_claim(void *self, struct fault *fault)
{
    const struct work work = {check_vacant, apply_marker, NULL, NULL};
    return transact(self, MEMORY_CLAIM, &work, fault);
}

int memory_adopt(void *self, const struct fill *fills, struct fault *fault)
{
    (void)fills;
    const struct work work = {check_adoptable, apply_marker, NULL, NULL};
    return transact(self, MEMORY_ADOPT, &work, fault);
}

int memory_upgrade(void *self, const char *owner, struct fault *fault)
{
    const struct work work = {check_older, apply_marker, NULL, NULL};
    (void)owner;
    return transact(self, MEMORY_UPGRADE, &work, fault);
}

/* --- the description --- */

struct note {
    const char *world_id;
    int64_t generation;
    const struct store_pair *pairs;
    size_t count;
};

static int check_note(struct connection *connection, const void *what, struct fault *fault)
{
    const struct note *note = what;
    int rc = expect_marker(connection->db, fault);
    if (rc == 0 &&
        !memory_side_is(&connection->db->sides[SQL_LIVE], note->world_id, note->generation))
        rc = fault_set(fault, -ESTALE, "the world is not any more what it was");
    return rc;
}

static void apply_note(struct connection *connection, const void *what, void *result)
{
    const struct note *note = what;
    (void)result;
    memory_side_put_pairs(&connection->db->sides[SQL_LIVE], note->pairs, note->count);
}

int memory_note(void *self, const char *world_id, int64_t generation,
                const struct store_pair *pairs, size_t count, struct fault *fault)
{
    const struct note note = {world_id, generation, pairs, count};
    const struct work work = {check_note, apply_note, &note, NULL};
    return transact(self, MEMORY_NOTE, &work, fault);
}

/* As a server tells it, 0 is any age. */
static int expect_made(const struct memory_side *live, int64_t made, struct fault *fault)
{
    return made == 0 || live->made_s == made
               ? 0
               : fault_set(fault, -ESTALE, "tables of credd's own were made anew");
}

static int check_amendment(struct connection *connection, const void *what, struct fault *fault)
{
    const struct store_amendment *amendment = what;
    const struct note note = {amendment->world_id, amendment->generation, NULL, 0};
    int rc = check_note(connection, &note, fault);
    const struct memory_side *live = &connection->db->sides[SQL_LIVE];
    int64_t last = live->act_count > 0 ? live->acts[live->act_count - 1].seq : 0;
    if (rc == 0 && amendment->last_seq != 0 && amendment->last_seq != last)
        rc = fault_set(fault, -ESTALE, "the acts are not those of the state that is known");
    if (rc == 0 && memory_side_is_behind(&connection->db->sides[SQL_LIVE], amendment))
        rc = fault_set(fault, -ESTALE, "another daemon brought a stream further");
    return rc == 0 ? expect_made(live, amendment->made, fault) : rc;
}

static void apply_amendment(struct connection *connection, const void *what, void *result)
{
    (void)result;
    memory_side_amend(&connection->db->sides[SQL_LIVE], what);
}

int memory_amend(void *self, const struct store_amendment *amendment, struct fault *fault)
{
    const struct work work = {check_amendment, apply_amendment, amendment, NULL};
    return transact(self, MEMORY_AMEND, &work, fault);
}

/* --- rows --- */

struct commit {
    enum sql_side side;
    const struct store_batch *batch;
};

static int check_commit(struct connection *connection, const void *what, struct fault *fault)
{
    const struct commit *commit = what;
    const struct store_batch *batch = commit->batch;
    struct memory_side *side = &connection->db->sides[commit->side];
    int rc = expect_marker(connection->db, fault);
    if (rc != 0)
        return rc;
    const struct store_stream *stream =
        side->there ? memory_side_stream(side, batch->stream) : NULL;
    bool same = stream != NULL && strcmp(side->world_id, batch->world_id) == 0 &&
                stream->generation == batch->generation && stream->started == batch->started &&
                (!stream->started || stream->watermark.s == batch->from.s);
    if (!same)
        return fault_set(fault, -ESTALE, "stream %s of world %s is not where it was", batch->stream,
                         batch->world_id);
    bool rows = batch->changes != NULL && batch->changes->count > 0;
    if (rows && commit->side == SQL_LIVE && memory_refuses(connection->db, batch->stream))
        return fault_set(fault, -EPROTOTYPE, "the table %s rejects credd's rows", batch->stream);
    return rows ? expect_made(side, batch->made, fault) : 0;
}

static void apply_commit(struct connection *connection, const void *what, void *result)
{
    const struct commit *commit = what;
    const struct store_batch *batch = commit->batch;
    struct memory_database *db = connection->db;
    struct memory_side *side = &db->sides[commit->side];
    struct store_stream *stream = memory_side_stream(side, batch->stream);
    struct store_outcome outcome = {0};
    memory_side_change(&db->arena, side, schema_place(batch->stream), batch->changes, &outcome);
    stream->started = true;
    stream->watermark = batch->to;
    stream->rows += outcome.inserted;
    stream->skipped += outcome.skipped;
    if (result != NULL)
        *(struct store_outcome *)result = outcome;
}

int memory_commit(void *self, bool shadow, const struct store_batch *batch,
                  struct store_outcome *ret_outcome, struct fault *fault)
{
    const struct commit commit = {shadow ? SQL_SHADOW : SQL_LIVE, batch};
    struct store_outcome outcome = {0};
    const struct work work = {check_commit, apply_commit, &commit, &outcome};
    assert(schema_table(batch->stream) != NULL);
    int rc = transact(self, MEMORY_COMMIT, &work, fault);
    if (rc == 0)
        *ret_outcome = outcome;
    return rc;
}

/* --- a new world beside the old --- */

static int take_builder(struct connection *connection, struct fault *fault)
{
    struct memory_database *db = connection->db;
    if (db->builder != NULL && db->builder != connection)
        return fault_set(fault, -EBUSY, "another daemon is building a world");
    db->builder = connection;
    return 0;
}

static void drop_builder(struct connection *connection)
{
    if (connection->db->builder == connection)
        connection->db->builder = NULL;
}

static int check_begin(struct connection *connection, const void *what, struct fault *fault)
{
    const struct store_description *description = what;
    const struct memory_database *db = connection->db;
    const struct memory_side *live = &db->sides[SQL_LIVE];
    int rc = expect_marker(db, fault);
    if (rc == 0 && description->replaces[0] != '\0' &&
        (!live->there || strcmp(live->world_id, description->replaces) != 0))
        rc = fault_set(fault, -ESTALE, "the world is '%s' now, not '%s'", live->world_id,
                       description->replaces);
    return rc == 0 && !live->there ? expect_empty(db, fault) : rc;
}

static void apply_begin(struct connection *connection, const void *what, void *result)
{
    const struct store_description *description = what;
    struct memory_side *sides = connection->db->sides;
    (void)result;
    memory_side_clear(&sides[SQL_OLD]);
    memory_side_describe(&sides[SQL_SHADOW], description, connection->db->now_s);
    memcpy(connection->shadow_id, description->world_id, sizeof connection->shadow_id);
    connection->shadow_built = description->built;
}

int memory_shadow_begin(void *self, const struct store_description *description,
                        struct fault *fault)
{
    struct connection *connection = self;
    const struct work work = {check_begin, apply_begin, description, NULL};
    int rc = call_begin(connection, MEMORY_SHADOW_BEGIN, fault);
    if (rc == 0) {
        rc = take_builder(connection, fault);
        if (rc == 0)
            rc = call_write(connection, &work, 10000, fault);
        if (rc != 0)
            drop_builder(connection);
    }
    return call_end(connection, rc);
}

int memory_swap_check(void *self, struct fault *fault)
{
    struct connection *connection = self;
    int rc = call_begin(connection, MEMORY_SWAP_CHECK, fault);
    if (rc == 0)
        rc = call_read(connection, fault);
    if (rc == 0)
        rc = expect_no_strangers(connection->db, fault);
    return call_end(connection, rc);
}

static bool is_built(const struct memory_side *shadow, world_time built)
{
    for (size_t i = 0; i < shadow->stream_count; i++)
        if (built.s != 0 &&
            (!shadow->streams[i].started || shadow->streams[i].watermark.s != built.s))
            return false;
    return true;
}

static int check_swap(struct connection *connection, const void *what, struct fault *fault)
{
    const struct memory_database *db = connection->db;
    const struct memory_side *shadow = &db->sides[SQL_SHADOW];
    const struct memory_side *live = &db->sides[SQL_LIVE];
    const char *old_world_id = what;
    int rc = expect_marker(db, fault);
    if (rc != 0)
        return rc;
    if (!shadow->there || strcmp(shadow->world_id, connection->shadow_id) != 0 ||
        !is_built(shadow, connection->shadow_built))
        return fault_set(fault, -ESTALE, "the world that was being built is gone");
    rc = live->there ? 0 : expect_empty(db, fault);
    if (rc == 0 && strcmp(live->there ? live->world_id : "", old_world_id) != 0)
        rc = fault_set(fault, -ESTALE, "the world is '%s' now, not '%s'", live->world_id,
                       old_world_id);
    return rc == 0 ? expect_no_strangers(db, fault) : rc;
}

static void apply_swap(struct connection *connection, const void *what, void *result)
{
    struct memory_side *sides = connection->db->sides;
    (void)what, (void)result;
    memory_side_move(&sides[SQL_OLD], &sides[SQL_LIVE]);
    memory_side_move(&sides[SQL_LIVE], &sides[SQL_SHADOW]);
    memset(connection->db->refuses, 0, sizeof connection->db->refuses); /* of other tables */
    connection->shadow_id[0] = '\0';
}

int memory_swap(void *self, const char *old_world_id, unsigned wait_ms, struct fault *fault)
{
    struct connection *connection = self;
    const struct work work = {check_swap, apply_swap, old_world_id, NULL};
    int rc = call_begin(connection, MEMORY_SWAP, fault);
    if (rc == 0 && (connection->shadow_id[0] == '\0' || connection->db->builder != connection))
        rc = fault_set(fault, -ESTALE, "no world has been built over this connection");
    if (rc == 0)
        rc = call_write(connection, &work, wait_ms, fault);
    return call_end(connection, rc);
}

static int check_sweep(struct connection *connection, const void *what, struct fault *fault)
{
    (void)what;
    return expect_marker(connection->db, fault);
}

static void apply_sweep(struct connection *connection, const void *what, void *result)
{
    (void)result;
    memory_side_clear(&connection->db->sides[*(const enum sql_side *)what]);
}

static int sweep_both(struct connection *connection, struct fault *fault)
{
    static const enum sql_side sides[] = {SQL_SHADOW, SQL_OLD};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < 2; i++) {
        const struct work work = {check_sweep, apply_sweep, &sides[i], NULL};
        rc = call_write(connection, &work, 10000, fault);
    }
    return rc;
}

int memory_sweep(void *self, struct fault *fault)
{
    struct connection *connection = self;
    int rc = call_begin(connection, MEMORY_SWEEP, fault);
    if (rc == 0 && connection->db->marker == MARKER_OURS && take_builder(connection, NULL) == 0) {
        rc = sweep_both(connection, fault);
        drop_builder(connection);
        connection->shadow_id[0] = '\0';
    }
    return call_end(connection, rc);
}
