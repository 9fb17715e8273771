#include "simulation/memory_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "simulation/heap.h"
#include "simulation/memory_parts.h"
#include "store/backend.h"

static const char *const op_names[MEMORY_OPS] = {
    [MEMORY_CONNECT] = "connect",
    [MEMORY_PROBE] = "probe",
    [MEMORY_CLAIM] = "claim",
    [MEMORY_ADOPT] = "adopt",
    [MEMORY_UPGRADE] = "upgrade",
    [MEMORY_LOAD] = "load",
    [MEMORY_GLANCE] = "glance",
    [MEMORY_AMEND] = "amend",
    [MEMORY_NOTE] = "note",
    [MEMORY_HAS_ACT] = "has_act",
    [MEMORY_COMMIT] = "commit",
    [MEMORY_ROOM] = "room",
    [MEMORY_AGES] = "ages",
    [MEMORY_SHADOW_BEGIN] = "shadow_begin",
    [MEMORY_SWAP_CHECK] = "swap_check",
    [MEMORY_SWAP] = "swap",
    [MEMORY_SWEEP] = "sweep",
    [MEMORY_PAGE] = "page",
};

const char *memory_op_name(enum memory_op op)
{
    return op_names[op];
}

static const char *const fate_names[FATES] = {
    [FATE_FINE] = "fine",
    [FATE_LOST] = "lost",
    [FATE_LOST_INSIDE] = "lost inside",
    [FATE_LOST_UNDONE] = "lost during COMMIT, undone",
    [FATE_LOST_DONE] = "lost during COMMIT, done",
    [FATE_BUSY] = "busy",
    [FATE_FULL] = "full",
    [FATE_READ_ONLY] = "read-only",
    [FATE_REFUSED] = "refused",
    [FATE_HANG] = "hangs",
    [FATE_HANG_UNDONE] = "hangs in COMMIT, undone",
    [FATE_HANG_DONE] = "hangs in COMMIT, done",
};

const char *memory_fate_name(enum fate fate)
{
    return fate_names[fate];
}

/* --- connections --- */

static void *open_wrapped(const struct store_config *config)
{
    (void)config;
    abort(); /* only memory_store_new() makes these */
}

static void close_store(void *self)
{
    struct connection *connection = self;
    struct connection **at = &connection->db->connections;
    connection_end(connection);
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    free(connection);
}

static int connect_store(void *self, struct fault *fault)
{
    struct connection *connection = self;
    int rc = call_begin(connection, MEMORY_CONNECT, fault);
    if (rc == 0)
        connection->connected = true;
    return call_end(connection, rc);
}

static bool is_connected(const void *self)
{
    const struct connection *connection = self;
    return connection->connected && !connection->cut;
}

static void interrupt(void *self)
{
    struct connection *connection = self;
    connection->cut = true;
}

static void patience(void *self, unsigned wait_ms)
{
    struct connection *connection = self;
    connection->patience_ms = wait_ms;
}

static const char *describe(void *self)
{
    (void)self;
    return "a database in memory";
}

/* --- reading --- */

static enum store_kind kind_of(const struct memory_database *db)
{
    const struct memory_side *live = &db->sides[SQL_LIVE];
    if (db->marker == MARKER_OLDER)
        return STORE_OLDER;
    if (db->marker == MARKER_OURS)
        return live->there ? STORE_WORLD : STORE_CLAIMED;
    for (size_t i = 0; i < SCHEMA_TABLES; i++)
        if (live->tables[i].there)
            return STORE_FOREIGN;
    return STORE_VACANT;
}

static int read_begin(struct connection *connection, enum memory_op op, struct fault *fault)
{
    int rc = call_begin(connection, op, fault);
    return rc == 0 ? call_read(connection, fault) : rc;
}

static int probe(void *self, enum store_kind *ret_kind, struct fault *why)
{
    struct connection *connection = self;
    int rc = read_begin(connection, MEMORY_PROBE, why);
    if (rc == 0) {
        *ret_kind = kind_of(connection->db);
        if (*ret_kind == STORE_FOREIGN)
            (void)fault_set(why, -EPERM, "the database has tables but not credd's marker");
    }
    return call_end(connection, rc);
}

static int no_world(struct fault *fault)
{
    return fault_set(fault, -ENOENT, "the database holds no world yet");
}

static int load(void *self, bool replaced, struct store_description *ret, struct fault *fault)
{
    struct connection *connection = self;
    const struct memory_side *side = &connection->db->sides[replaced ? SQL_OLD : SQL_LIVE];
    int rc = read_begin(connection, MEMORY_LOAD, fault);
    if (rc == 0 && !side->there)
        rc = no_world(fault);
    if (rc == 0)
        memory_side_load(side, ret);
    return call_end(connection, rc);
}

static int glance(void *self, char ret_world_id[STORE_NAME_MAX], struct store_stream *ret_streams,
                  size_t room, size_t *ret_count, struct fault *fault)
{
    struct connection *connection = self;
    const struct memory_side *live = &connection->db->sides[SQL_LIVE];
    int rc = read_begin(connection, MEMORY_GLANCE, fault);
    if (rc == 0 && connection->db->marker != MARKER_OURS)
        rc = fault_set(fault, -EPERM, "the database does not carry credd's marker");
    if (rc == 0 && !live->there)
        rc = no_world(fault);
    if (rc == 0 && live->stream_count > room)
        rc = fault_set(fault, -EUCLEAN, "there are more than %zu streams", room);
    if (rc == 0) {
        memcpy(ret_world_id, live->world_id, STORE_NAME_MAX);
        memcpy(ret_streams, live->streams, live->stream_count * sizeof live->streams[0]);
        *ret_count = live->stream_count;
    }
    return call_end(connection, rc);
}

static int has_act(void *self, const char *id, bool *ret, struct fault *fault)
{
    struct connection *connection = self;
    int rc = read_begin(connection, MEMORY_HAS_ACT, fault);
    if (rc == 0)
        *ret = memory_side_has_act(&connection->db->sides[SQL_LIVE], id, NULL);
    return call_end(connection, rc);
}

static int room(void *self, struct fault *fault)
{
    struct connection *connection = self;
    int rc = call_begin(connection, MEMORY_ROOM, fault);
    if (rc == 0 && connection->fate == FATE_FULL)
        rc = fault_set(fault, -ENOSPC, "the disk is full");
    return call_end(connection, rc);
}

static int ages(void *self, struct store_ages *ret_ages, struct fault *fault)
{
    struct connection *connection = self;
    const struct memory_side *live = &connection->db->sides[SQL_LIVE];
    int rc = read_begin(connection, MEMORY_AGES, fault);
    if (rc == 0) {
        ret_ages->own = live->made_s;
        for (size_t i = 0; i < SCHEMA_TABLES; i++)
            ret_ages->tables[i] = live->tables[i].made_s;
    }
    return call_end(connection, rc);
}

/* --- pages --- */

/* Where a page begins: behind `after`. */
static int page_start(const struct memory_table *table, const struct schema_table *schema,
                      const char *after, size_t *ret_at, struct fault *fault)
{
    struct sql_after place;
    const struct cell *cells = place.cells;
    bool found = false;
    size_t start = 0;
    if (after != NULL && sql_page_after(schema, after, &place) != 0)
        return fault_set(fault, -EPROTO, "%s is no place in %s", after, schema->name);
    if (after != NULL && schema == &schema_status)
        start = memory_status_find(table, &cells[0], cells[1].number, &found);
    else if (after != NULL && schema == &schema_change)
        start = memory_change_find(table, &cells[0], cells[1].number, &cells[2], &found);
    else if (after != NULL)
        start = memory_table_find(table, &cells[0], &found);
    *ret_at = start + (found ? 1 : 0);
    return 0;
}

/* A copy of the list: the page stays as it is while its rows are visited. */
static int visit_rows(const struct memory_table *table, size_t at, size_t limit,
                      store_visitor *visit, void *context, size_t *ret_count)
{
    size_t count = table->count - at < limit ? table->count - at : limit;
    struct memory_row **rows = MEM_ARRAY(struct memory_row *, count);
    size_t given = 0;
    int rc = 0;
    for (size_t i = 0; i < count; i++)
        rows[i] = table->rows[at + i];
    while (rc == 0 && given < count) {
        rc = visit(context, rows[given]->cells, rows[given]->count);
        given++;
    }
    free((void *)rows);
    if (rc >= 0)
        *ret_count = given;
    return rc < 0 ? rc : 0;
}

static int page(void *self, const char *name, const char *after, size_t limit, store_visitor *visit,
                void *context, size_t *ret_count, struct fault *fault)
{
    struct connection *connection = self;
    const struct memory_side *live = &connection->db->sides[SQL_LIVE];
    const struct schema_table *schema = schema_readable(name);
    size_t at = 0;
    int rc = read_begin(connection, MEMORY_PAGE, fault);
    if (rc == 0 && schema == NULL)
        rc = fault_set(fault, -EPROTO, "there is no table %s", name);
    if (rc == 0 && schema != NULL) {
        const bool log = schema_table(name) == NULL;
        const struct memory_table *table = schema == &schema_status ? &live->status
                                           : schema == &schema_change
                                               ? &live->changes
                                               : &live->tables[schema_place(name)];
        if (!table->there)
            rc = fault_set(fault, log ? -EUCLEAN : -EPROTO, "there is no table %s", name);
        if (rc == 0)
            rc = page_start(table, schema, after, &at, fault);
        if (rc == 0)
            rc = visit_rows(table, at, limit, visit, context, ret_count);
    }
    return call_end(connection, rc);
}

static const struct store_backend store_memory = {
    .open = open_wrapped,
    .close = close_store,
    .connect = connect_store,
    .connected = is_connected,
    .interrupt = interrupt,
    .patience = patience,
    .describe = describe,
    .probe = probe,
    .claim = memory_claim,
    .adopt = memory_adopt,
    .upgrade = memory_upgrade,
    .load = load,
    .glance = glance,
    .amend = memory_amend,
    .note = memory_note,
    .has_act = has_act,
    .commit = memory_commit,
    .room = room,
    .ages = ages,
    .shadow_begin = memory_shadow_begin,
    .swap_check = memory_swap_check,
    .swap = memory_swap,
    .sweep = memory_sweep,
    .page = page,
};

struct store *memory_store_new(struct memory_database *db, const struct memory_hooks *hooks)
{
    static const struct memory_hooks none;
    struct connection *connection = heap_grow_common(NULL, 1, sizeof *connection);
    *connection = (struct connection){
        .db = db,
        .hooks = hooks != NULL ? *hooks : none,
        .next = db->connections,
    };
    db->connections = connection;
    return store_wrap(&store_memory, connection);
}

void memory_store_kill(struct memory_database *db, const void *context)
{
    for (struct connection **at = &db->connections; *at != NULL;) {
        struct connection *connection = *at;
        if (connection->hooks.context != context) {
            at = &connection->next;
            continue;
        }
        connection_end(connection);
        *at = connection->next;
        free(connection);
    }
}

void memory_server_restart(struct memory_database *db)
{
    connections_lose(db);
}
