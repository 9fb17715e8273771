#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/sqlite.h"

/* --- the builder's lock --- */

/* A lock on a file of its own beside the database: it belongs to the open file, ends with the
 * process however that ends, and is not confused by other connections of this process. The file
 * stays. */
static int lock_builder(struct sqlite *self, struct fault *fault)
{
    if (self->builder >= 0)
        return 0;
    char *path = mem_format("%s-credd-lock", self->path);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc = 0;
    if (file < 0)
        rc = fault_set(fault, errno == EROFS ? -EROFS : -EACCES, "%s: %s", path, strerror(errno));
    else if (fcntl(file, F_OFD_SETLK, &lock) != 0)
        rc = errno == EAGAIN || errno == EACCES
                 ? fault_set(fault, -EBUSY, "another daemon is building a world in %s", self->path)
                 : fault_set(fault, -EPROTO, "%s: %s", path, strerror(errno));
    if (rc == 0)
        self->builder = file;
    else if (file >= 0)
        (void)close(file);
    free(path);
    return rc;
}

void sqlite_swap_unlock(struct sqlite *self)
{
    if (self->builder >= 0)
        (void)close(self->builder);
    self->builder = -1;
}

/* --- dropping --- */

#define SWEEP_ROWS   2000
#define SWEEP_NAP_MS 5

/* An application may have made one of the tables so, where it knows no better. */
static int has_rowid(struct sqlite *self, const char *name, int64_t *ret, struct fault *fault)
{
    char *sql = mem_format("SELECT NOT wr FROM pragma_table_list('%s')", name);
    int rc = sqlite_one_number(self, sql, ret, fault);
    free(sql);
    return rc;
}

/* Deletes at most `*left` rows of a table and drops it once it is empty. */
static int shrink(struct sqlite *self, const char *name, int *left, struct fault *fault)
{
    bool there = false;
    int64_t rowid = 0;
    int rc = sqlite_has_table(self, name, &there, fault);
    if (rc == 0 && there)
        rc = has_rowid(self, name, &rowid, fault);
    if (rc != 0 || !there)
        return rc;
    if (rowid == 0)
        return sqlite_run_own(self, mem_format("DROP TABLE %s", name), fault);
    char *sql = mem_format("DELETE FROM %s WHERE rowid IN (SELECT rowid FROM %s LIMIT %d)", name,
                           name, *left);
    rc = sqlite_run_own(self, sql, fault);
    /* An index on a function or a collation that only the application's connections know. */
    if (rc == -EPROTO)
        return sqlite_run_own(self, mem_format("DROP TABLE %s", name), fault);
    if (rc != 0)
        return rc;
    *left -= sqlite3_changes(self->db);
    return *left > 0 ? sqlite_run_own(self, mem_format("DROP TABLE %s", name), fault) : 0;
}

/* One short transaction: so many rows, and the tables that they were the last of. 1 if there is
 * more to do. */
static int sweep_step(struct sqlite *self, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    int left = SWEEP_ROWS;
    int rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    for (size_t i = 0; i < (size_t)2 * SQL_SWAPPED && rc == 0 && left > 0; i++) {
        sql_name(i < SQL_SWAPPED ? SQL_SHADOW : SQL_OLD, sql_swapped(i % SQL_SWAPPED), name);
        rc = shrink(self, name, &left, fault);
    }
    rc = sqlite_end(self, rc, fault);
    return rc == 0 && left <= 0 ? 1 : rc;
}

/* Foreign keys off: rows and tables go in any order, and the clauses name the live customers. */
static int sweep_all(struct sqlite *self, struct fault *fault)
{
    int rc = sqlite_foreign_keys(self, false, fault);
    while (rc == 0 && (rc = sweep_step(self, fault)) == 1) {
        (void)poll(NULL, 0, SWEEP_NAP_MS); /* lets the application's writers in */
        rc = 0;
    }
    return rc;
}

static void forget_shadow(struct sqlite *self)
{
    self->shadow_id[0] = '\0';
    sqlite_like_forget(self);
}

int sqlite_swap_sweep(struct sqlite *self, struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == -EPERM)
        return 0; /* not ours: there is nothing of ours to sweep */
    if (rc == 0)
        rc = lock_builder(self, fault);
    if (rc == -EBUSY)
        return 0;
    if (rc == 0)
        rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = sweep_all(self, fault);
    forget_shadow(self);
    sqlite_swap_unlock(self);
    return rc;
}

/* --- building --- */

/* Tables that were adopted are somebody's; those that are as credd makes them are made anew. */
static int was_added_to(struct sqlite *self, bool *ret_added, struct fault *fault)
{
    *ret_added = false;
    return sqlite_difference_each(self, self->db, NULL, difference_added, ret_added, fault);
}

/* credd_status is among those that are made after the living ones. */
static int create_tables(struct sqlite *self, bool first, bool plain, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    bool added = true;
    int rc = first ? was_added_to(self, &added, fault) : 0;
    if (rc == 0)
        rc = sqlite_like_make(self, plain || !added, first, plain, fault);
    for (size_t i = 0; i < SCHEMA_OWN && rc == 0; i++) {
        if (strcmp(schema_own[i].name, SCHEMA_STATUS) == 0)
            continue;
        sql_name(SQL_SHADOW, schema_own[i].name, name);
        rc = sqlite_run_own(self, sql_create_own(&schema_own[i], name, ""), fault);
    }
    return rc;
}

/* Not after the whole of a baseline has been built in vain. `ret_first`: there is no world yet. */
static int expect_room(struct sqlite *self, bool *ret_first, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    int rc = sqlite_world_id(self, SQL_LIVE, id, fault);
    *ret_first = rc == -ENOENT;
    return rc == -ENOENT ? sqlite_none_filled(self, fault) : rc;
}

static int expect_world(struct sqlite *self, const char *world_id, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    int rc = sqlite_world_id(self, SQL_LIVE, id, fault);
    if (rc == -ENOENT) {
        id[0] = '\0';
        rc = sqlite_none_filled(self, fault);
    }
    if (rc == 0 && strcmp(id, world_id) != 0)
        rc = fault_set(fault, -ESTALE, "%s: the world is %s now, not %s", self->path,
                       id[0] != '\0' ? id : "(none)", world_id[0] != '\0' ? world_id : "(none)");
    return rc;
}

int sqlite_swap_begin(struct sqlite *self, const struct store_description *description,
                      struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0)
        rc = lock_builder(self, fault);
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    /* Whoever had the lock until now may have put another world in place. */
    if (rc == 0 && description->replaces[0] != '\0')
        rc = expect_world(self, description->replaces, fault);
    if (rc == 0)
        rc = sweep_all(self, fault);
    if (rc == 0)
        rc = sqlite_begin(self, fault);
    if (rc == 0) {
        bool first = false;
        rc = sqlite_look_marker(self, fault);
        if (rc == 0)
            rc = expect_room(self, &first, fault);
        if (rc == 0)
            rc = create_tables(self, first, description->plain, fault);
        if (rc == 0)
            rc = sqlite_describe(self, SQL_SHADOW, description, fault);
        rc = sqlite_end(self, rc, fault);
    }
    if (rc != 0) {
        sqlite_swap_unlock(self);
        return rc;
    }
    (void)snprintf(self->shadow_id, sizeof self->shadow_id, "%s", description->world_id);
    self->shadow_built = description->built;
    return 0;
}

int sqlite_swap_check(struct sqlite *self, struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    return rc == 0 ? sqlite_strangers(self, self->db, fault) : rc;
}

/* --- the swap --- */

static int expect_shadow(struct sqlite *self, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    int64_t unbuilt = 0;
    int rc = sqlite_world_id(self, SQL_SHADOW, id, fault);
    bool gone = rc == -ENOENT || (rc == 0 && strcmp(id, self->shadow_id) != 0);
    if (rc == 0 && !gone && self->shadow_built.s != 0) {
        char *sql = sql_unbuilt(self->shadow_built);
        rc = sqlite_one_number(self, sql, &unbuilt, fault);
        free(sql);
    }
    return gone || unbuilt > 0
               ? fault_set(fault, -ESTALE, "%s: the world that was being built is gone", self->path)
               : rc;
}

static int expect_worlds(struct sqlite *self, const char *old_world_id, struct fault *fault)
{
    int rc = expect_shadow(self, fault);
    return rc == 0 ? expect_world(self, old_world_id, fault) : rc;
}

static int exchange(struct sqlite *self, struct fault *fault)
{
    int rc = sqlite_like_detach(self, fault);
    if (rc == 0)
        rc = sqlite_rename_all(self, fault);
    return rc == 0 ? sqlite_like_attach(self, fault) : rc;
}

/* Nothing is held while the write lock is awaited, and in a write-ahead log readers go on reading
 * what they see. */
int sqlite_swap_now(struct sqlite *self, const char *old_world_id, unsigned wait_ms,
                    struct fault *fault)
{
    int rc = sqlite_usable(self, fault);
    if (rc == 0 && self->shadow_id[0] == '\0')
        rc = fault_set(fault, -ESTALE, "%s: no world has been built", self->path);
    if (rc == 0)
        rc = lock_builder(self, fault);
    if (rc == 0) /* what is dropped is not to be looked for in other tables */
        rc = sqlite_foreign_keys(self, false, fault);
    if (rc != 0)
        return rc;
    unsigned patience = self->wait_ms;
    self->wait_ms = wait_ms;
    rc = sqlite_begin(self, fault);
    self->wait_ms = patience;
    if (rc != 0)
        return rc;
    rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = expect_worlds(self, old_world_id, fault);
    if (rc == 0)
        rc = sqlite_strangers(self, self->db, fault);
    if (rc == 0)
        rc = exchange(self, fault);
    rc = sqlite_end(self, rc, fault);
    if (rc == 0)
        forget_shadow(self);
    return rc;
}
