/* Whose file this is: finding that out without a trace, and taking it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/sqlite.h"

/* What a look at a database shows. */
struct look {
    bool listed, world, no_database;
    enum schema_age age;
    char found[256]; /* the ones of the five that are there, "" for none */
};

static int look_at(struct sqlite *self, sqlite3 *db, struct look *look, struct fault *fault)
{
    char id[STORE_VALUE_MAX] = "";
    bool world = false;
    char *tables = sql_tables();
    char *sql = mem_format("SELECT group_concat(name, ', ') FROM sqlite_master WHERE type IN "
                           "('table', 'view') AND lower(name) IN %s",
                           tables);
    int rc = sqlite_look_text(self, db, sql, look->found, sizeof look->found, fault);
    free(sql);
    free(tables);
    look->listed = rc == 0;
    if (rc == 0)
        rc = sqlite_look_age(self, db, &look->age, fault);
    if (rc == 0 && look->age != SCHEMA_NONE)
        rc = sqlite_look_table(self, db, SCHEMA_WORLD, &world, fault);
    if (rc == 0 && world)
        rc = sqlite_look_text(self, db, "SELECT value FROM " SCHEMA_WORLD " WHERE name = 'id'", id,
                              sizeof id, fault);
    look->world = id[0] != '\0';
    return rc;
}

/* The journal of a transaction that is under way or whose process was killed. */
struct journal {
    bool there;
    bool unborn; /* there was nothing in the file before */
};

/* (SQLite takes no locks on journals, so that opening one here drops none.) */
static struct journal journal_of(const struct sqlite *self)
{
    static const unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char header[20];
    char *path = mem_format("%s-journal", self->path);
    FILE *file = fopen(path, "re");
    free(path);
    if (file == NULL)
        return (struct journal){false, false};
    size_t got = fread(header, 1, sizeof header, file);
    (void)fclose(file);
    bool there = got == sizeof header && memcmp(header, magic, sizeof magic) == 0;
    return (struct journal){there, there && memcmp(header + 16, "\0\0\0\0", 4) == 0};
}

static int no_folder(struct sqlite *self, struct fault *fault)
{
    struct stat status;
    char *folder = mem_text(self->path);
    char *slash = strrchr(folder, '/');
    int rc = 0;
    if (slash != NULL)
        *(slash > folder ? slash : slash + 1) = '\0';
    if (slash != NULL && (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)))
        rc = fault_set(fault, -EACCES,
                       "the folder %s of the database does not exist: create it and give it to the "
                       "user that credd runs as",
                       folder);
    free(folder);
    return rc;
}

/* Looks at the file without a trace. */
static int look_outside(struct sqlite *self, struct look *look, struct fault *fault)
{
    struct stat status;
    struct sqlite_peek *peek = NULL;
    sqlite3 *db = NULL;
    if (stat(self->path, &status) != 0) {
        if (errno == ENOENT)
            return no_folder(self, fault);
        return fault_set(fault, -EACCES, "%s: %s", self->path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, -EACCES, "%s is not a file", self->path);
    if (status.st_size == 0 || journal_of(self).unborn)
        return 0;
    int rc = sqlite_peek_open(self, &peek, &db, fault);
    if (rc != 0)
        return rc;
    rc = look_at(self, db, look, fault);
    if (rc != 0 && sqlite3_errcode(db) == SQLITE_NOTADB) {
        look->no_database = true;
        rc = 0;
    } else if (rc != 0 && sqlite3_errcode(db) == SQLITE_CORRUPT && look->listed &&
               journal_of(self).there) {
        /* Half of a claim, perhaps: whoever opens the file undoes it, and a claim looks again then.
         */
        look->age = SCHEMA_NONE;
        rc = 0;
    }
    sqlite_peek_close(peek);
    return rc;
}

/* Opens for writing what has been seen to be ours, and looks again. */
static int enter(struct sqlite *self, struct fault *fault)
{
    enum schema_age age = SCHEMA_NONE;
    int rc = sqlite_link_open(self, false, fault);
    if (rc == 0)
        rc = sqlite_look_age(self, self->db, &age, fault);
    if (rc == 0 && age == SCHEMA_NONE)
        rc = sqlite_look_marker(self, fault);
    if (rc == 0)
        rc = sqlite_link_own(self, fault);
    if (rc != 0)
        sqlite_link_close(self);
    return rc;
}

/* Looks from outside and enters if it is ours. A claim that was killed in the midst of its COMMIT
 * shows a marker that opening the file then takes back: what is there after that is looked at
 * again. */
static int look_and_enter(struct sqlite *self, struct look *ret, struct fault *fault)
{
    int rc = -EPERM;
    for (int tries = 0; tries < 3 && rc == -EPERM; tries++) {
        *ret = (struct look){0};
        rc = look_outside(self, ret, fault);
        if (rc != 0 || ret->age == SCHEMA_NONE)
            return rc;
        rc = enter(self, fault);
    }
    return rc;
}

int sqlite_whose_connect(struct sqlite *self, struct fault *fault)
{
    struct look look;
    int rc = look_and_enter(self, &look, fault);
    self->connected = rc == 0;
    return rc;
}

static int foreign(struct sqlite *self, const struct look *look, struct fault *fault)
{
    if (look->no_database)
        return fault_set(fault, -EPERM,
                         "%s is not an SQLite database (or is encrypted): it is left alone",
                         self->path);
    return fault_set(
        fault, -EPERM,
        "%s has the table(s) %s but not credd's marker: it belongs to somebody else and "
        "is left alone",
        self->path, look->found);
}

int sqlite_whose_probe(struct sqlite *self, enum store_kind *ret_kind, struct fault *why)
{
    struct look look = {0};
    if (atomic_load(&self->cut) || !self->connected)
        return fault_set(why, -ENOTCONN, "%s is not open", self->path);
    int rc =
        self->db != NULL ? look_at(self, self->db, &look, why) : look_and_enter(self, &look, why);
    if (rc != 0)
        return rc;
    if (look.age == SCHEMA_OLDER) {
        *ret_kind = STORE_OLDER;
    } else if (look.age == SCHEMA_CURRENT) {
        *ret_kind = look.world ? STORE_WORLD : STORE_CLAIMED;
        return look.world ? 0 : sqlite_none_lost(self, why);
    } else if (look.no_database || look.found[0] != '\0') {
        *ret_kind = STORE_FOREIGN;
        (void)foreign(self, &look, why);
    } else {
        *ret_kind = STORE_VACANT;
    }
    return 0;
}

/* --- taking it --- */

typedef int condition(struct sqlite *self, sqlite3 *db, const struct look *look,
                      const struct fill *fills, struct fault *fault);

static int is_vacant(struct sqlite *self, sqlite3 *db, const struct look *look,
                     const struct fill *fills, struct fault *fault)
{
    (void)db, (void)fills;
    return look->no_database || look->found[0] != '\0' ? foreign(self, look, fault) : 0;
}

int sqlite_whose_mark(struct sqlite *self, struct fault *fault)
{
    int rc = sqlite_run_own(
        self, mem_format("CREATE TABLE IF NOT EXISTS %s (%s)", schema_meta.name, schema_meta.body),
        fault);
    if (rc == 0)
        rc = sqlite_do(self, SQL_META_PUT, SQL_LIVE, fault, "tt", "marker", SCHEMA_MARKER);
    if (rc == 0)
        rc = sqlite_do(self, SQL_META_PUT, SQL_LIVE, fault, "tt", "schema", SCHEMA_VERSION);
    return rc;
}

/* Within one transaction: is it still as the look from outside showed? Then it becomes ours. */
static int mark(struct sqlite *self, condition *allows, const struct fill *fills,
                struct fault *fault)
{
    struct look look = {0};
    int rc = sqlite_begin(self, fault);
    if (rc != 0)
        return rc;
    rc = look_at(self, self->db, &look, fault);
    if (rc == 0 && look.age == SCHEMA_OLDER)
        rc = sqlite_look_marker(self, fault);
    if (rc == 0 && look.age == SCHEMA_NONE) {
        rc = allows(self, self->db, &look, fills, fault);
        if (rc == 0)
            rc = sqlite_whose_mark(self, fault);
    }
    return sqlite_end(self, rc, fault);
}

static int take(struct sqlite *self, condition *allows, const struct fill *fills,
                struct fault *fault)
{
    int rc = sqlite_link_open(self, true, fault);
    if (rc != 0)
        return rc;
    /* Until it is ours, not even somebody's log is written back. */
    (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    rc = mark(self, allows, fills, fault);
    if (rc == 0) {
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
        rc = sqlite_link_own(self, fault);
    }
    if (rc != 0)
        sqlite_link_close(self);
    return rc;
}

static int connected(struct sqlite *self, struct fault *fault)
{
    if (atomic_load(&self->cut) || !self->connected)
        return fault_set(fault, -ENOTCONN, "%s is not open", self->path);
    return 0;
}

int sqlite_whose_claim(struct sqlite *self, struct fault *fault)
{
    struct look look = {0};
    int rc = connected(self, fault);
    if (rc != 0)
        return rc;
    if (self->db != NULL)
        return mark(self, is_vacant, NULL, fault);
    rc = look_outside(self, &look, fault);
    if (rc == 0 && look.age == SCHEMA_NONE)
        rc = is_vacant(self, NULL, &look, NULL, fault);
    return rc != 0 ? rc : take(self, is_vacant, NULL, fault);
}

static int is_adoptable(struct sqlite *self, sqlite3 *db, const struct look *look,
                        const struct fill *fills, struct fault *fault)
{
    struct difference_refusal refusal = {.text = ""};
    int rc = look->no_database
                 ? foreign(self, look, fault)
                 : sqlite_difference_each(self, db, fills, difference_refuse, &refusal, fault);
    return rc == 0 ? difference_refused(&refusal, self->path, fault) : rc;
}

int sqlite_whose_adopt(struct sqlite *self, const struct fill *fills, struct fault *fault)
{
    struct look look = {0};
    struct sqlite_peek *peek = NULL;
    sqlite3 *db = NULL;
    int rc = connected(self, fault);
    if (rc != 0)
        return rc;
    if (self->db != NULL)
        return mark(self, is_adoptable, fills, fault);
    rc = look_outside(self, &look, fault);
    if (rc == 0 && look.found[0] == '\0' && !look.no_database)
        return sqlite_whose_claim(self, fault);
    if (rc == 0 && look.age == SCHEMA_NONE) {
        rc = look.no_database ? foreign(self, &look, fault)
                              : sqlite_peek_open(self, &peek, &db, fault);
        if (rc == 0)
            rc = is_adoptable(self, db, &look, fills, fault);
        sqlite_peek_close(peek);
    }
    return rc != 0 ? rc : take(self, is_adoptable, fills, fault);
}
