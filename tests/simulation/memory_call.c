#include <errno.h>
#include <stdlib.h>

#include "simulation/memory_parts.h"

#define PATIENCE_MS 10000 /* the usual one */
#define YIELD_US    1000  /* where there is no clock */

/* --- connections --- */

void connection_end(struct connection *connection)
{
    struct memory_database *db = connection->db;
    connection->connected = false;
    connection->lost = false;
    if (db->holder == connection)
        db->holder = NULL;
    if (db->builder == connection)
        db->builder = NULL;
}

void connections_lose(struct memory_database *db)
{
    for (struct connection *c = db->connections; c != NULL; c = c->next)
        c->lost = c->connected;
    db->holder = NULL;
    db->builder = NULL;
}

void connections_free(struct memory_database *db)
{
    while (db->connections != NULL) {
        struct connection *connection = db->connections;
        db->connections = connection->next;
        free(connection);
    }
    db->holder = NULL;
    db->builder = NULL;
}

/* --- steps --- */

static int ended(struct connection *connection, int rc, struct fault *fault)
{
    connection_end(connection);
    return fault_set(fault, rc, "%s: %s", memory_op_name(connection->op),
                     rc == -EINTR ? "credd cut the connection off" : "the connection was lost");
}

static int alive(struct connection *connection, struct fault *fault)
{
    if (connection->cut)
        return ended(connection, -EINTR, fault);
    return connection->lost ? ended(connection, -ENOTCONN, fault) : 0;
}

/* Lets others run. */
static int yield_at(struct connection *connection, enum memory_point point, struct fault *fault)
{
    const struct memory_hooks *hooks = &connection->hooks;
    if (hooks->yield != NULL)
        hooks->yield(hooks->context, connection->op, point);
    return alive(connection, fault);
}

static int hang(struct connection *connection, struct fault *fault)
{
    const struct memory_hooks *hooks = &connection->hooks;
    int rc = alive(connection, fault);
    while (rc == 0) {
        if (hooks->recovered != NULL && hooks->recovered(hooks->context))
            return 0;
        if (hooks->yield == NULL)
            return ended(connection, -EINTR, fault);
        rc = yield_at(connection, MEMORY_HANGING, fault);
    }
    return rc;
}

static int64_t now_us(struct connection *connection, int64_t yields)
{
    const struct memory_hooks *hooks = &connection->hooks;
    return hooks->mono_us != NULL ? hooks->mono_us(hooks->context) : yields * YIELD_US;
}

/* Until the lock is free; without a clock or others that run it is free now or never. */
static int wait_for(struct connection *connection, bool writes, unsigned wait_ms,
                    struct fault *fault)
{
    struct memory_database *db = connection->db;
    int64_t began = now_us(connection, 0);
    for (int64_t yields = 0;; yields++) {
        bool free =
            writes ? db->holder == NULL && db->others == MEMORY_FREE : db->others != MEMORY_NOTHING;
        if (free)
            return 0;
        if (connection->hooks.yield == NULL ||
            now_us(connection, yields) - began >= (int64_t)wait_ms * 1000)
            return fault_set(fault, -EBUSY, "%s: another connection holds the database locked",
                             memory_op_name(connection->op));
        int rc = yield_at(connection, MEMORY_WAITING, fault);
        if (rc != 0)
            return rc;
    }
}

static unsigned patience_of(const struct connection *connection)
{
    return connection->patience_ms > 0 ? connection->patience_ms : PATIENCE_MS;
}

/* --- calls --- */

static int begin_by_fate(struct connection *connection, struct fault *fault)
{
    const char *op = memory_op_name(connection->op);
    bool connects = connection->op == MEMORY_CONNECT;
    switch (connection->fate) {
    case FATE_LOST: return ended(connection, -ENOTCONN, fault);
    case FATE_REFUSED:
        return fault_set(fault, -EACCES, "%s: run as the database's administrator: GRANT", op);
    case FATE_BUSY: return connects ? 0 : fault_set(fault, -EBUSY, "%s: the database is busy", op);
    case FATE_HANG: return hang(connection, fault);
    default: return 0;
    }
}

int call_begin(struct connection *connection, enum memory_op op, struct fault *fault)
{
    const struct memory_hooks *hooks = &connection->hooks;
    connection->op = op;
    connection->fate = FATE_FINE;
    if (op == MEMORY_CONNECT) {
        connection_end(connection);
        connection->cut = false;
        connection->shadow_id[0] = '\0';
    } else if (connection->cut || !connection->connected) {
        connection_end(connection);
        return fault_set(fault, -ENOTCONN, "%s: there is no connection", memory_op_name(op));
    }
    int rc = yield_at(connection, MEMORY_BEFORE, fault);
    if (rc == 0 && hooks->fate != NULL)
        connection->fate = hooks->fate(hooks->context, op);
    return rc == 0 ? begin_by_fate(connection, fault) : rc;
}

int call_read(struct connection *connection, struct fault *fault)
{
    return wait_for(connection, false, patience_of(connection), fault);
}

int call_end(struct connection *connection, int rc)
{
    const struct memory_hooks *hooks = &connection->hooks;
    if (hooks->yield != NULL)
        hooks->yield(hooks->context, connection->op, MEMORY_AFTER);
    if (hooks->done != NULL)
        hooks->done(hooks->context, connection->op, rc);
    return rc;
}

/* --- transactions --- */

static int inside_by_fate(struct connection *connection, struct fault *fault)
{
    const char *op = memory_op_name(connection->op);
    switch (connection->fate) {
    case FATE_LOST_INSIDE: return ended(connection, -ENOTCONN, fault);
    case FATE_FULL: return fault_set(fault, -ENOSPC, "%s: the disk is full", op);
    case FATE_READ_ONLY: return fault_set(fault, -EROFS, "%s: the database is read-only", op);
    default: return 0;
    }
}

static void release(struct connection *connection)
{
    if (connection->db->holder == connection)
        connection->db->holder = NULL;
}

/* Nobody can know what became of a COMMIT whose answer did not come. */
static int unknown(int rc, struct connection *connection, struct fault *fault)
{
    return rc == -ENOTCONN ? ended(connection, -ECONNABORTED, fault) : rc;
}

static void apply(struct connection *connection, const struct work *work)
{
    work->apply(connection, work->what, work->result);
    release(connection);
}

static int commit_by_fate(struct connection *connection, const struct work *work,
                          struct fault *fault)
{
    struct work unheard = *work;
    int rc = 0;
    unheard.result = NULL;
    switch (connection->fate) {
    case FATE_LOST_UNDONE: return ended(connection, -ECONNABORTED, fault);
    case FATE_LOST_DONE:
        apply(connection, &unheard);
        return ended(connection, -ECONNABORTED, fault);
    case FATE_HANG_UNDONE:
        rc = hang(connection, fault);
        if (rc == 0)
            apply(connection, work);
        return unknown(rc, connection, fault);
    case FATE_HANG_DONE:
        apply(connection, work);
        return unknown(hang(connection, fault), connection, fault);
    default: apply(connection, work); return 0;
    }
}

int call_write(struct connection *connection, const struct work *work, unsigned wait_ms,
               struct fault *fault)
{
    int rc = wait_for(connection, true, wait_ms, fault);
    if (rc != 0)
        return rc;
    connection->db->holder = connection;
    rc = yield_at(connection, MEMORY_BEGUN, fault);
    if (rc == 0)
        rc = work->check(connection, work->what, fault);
    if (rc == 0)
        rc = yield_at(connection, MEMORY_INSIDE, fault);
    if (rc == 0)
        rc = inside_by_fate(connection, fault);
    if (rc == 0)
        rc = yield_at(connection, MEMORY_COMMITTING, fault);
    if (rc == 0)
        rc = commit_by_fate(connection, work, fault);
    release(connection);
    return rc;
}
