/* Looks into an open database: which tables there are, and whose marker. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/sqlite.h"

int sqlite_look_text(struct sqlite *self, sqlite3 *db, const char *sql, char *ret, size_t room,
                     struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        const char *text =
            rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        (void)snprintf(ret, room, "%s", text != NULL ? text : "");
        (void)sqlite3_finalize(statement);
        return 0;
    }
    int code = sqlite_error(self, db, rc, "looking whose database it is", fault);
    (void)sqlite3_finalize(statement);
    return code;
}

int sqlite_look_table(struct sqlite *self, sqlite3 *db, const char *name, bool *ret,
                      struct fault *fault)
{
    char answer[8] = "";
    char *sql = mem_format("SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND "
                           "name = '%s' COLLATE NOCASE",
                           name);
    int rc = sqlite_look_text(self, db, sql, answer, sizeof answer, fault);
    free(sql);
    if (rc == 0)
        *ret = answer[0] != '\0';
    return rc;
}

int sqlite_has_table(struct sqlite *self, const char *name, bool *ret, struct fault *fault)
{
    return sqlite_look_table(self, self->db, name, ret, fault);
}

#define META(name) "coalesce((SELECT value FROM " SCHEMA_META " WHERE name = '" name "'), '')"

int sqlite_look_age(struct sqlite *self, sqlite3 *db, enum schema_age *ret, struct fault *fault)
{
    char marks[2 * STORE_VALUE_MAX];
    bool meta = false;
    int rc = sqlite_look_table(self, db, SCHEMA_META, &meta, fault);
    if (rc == 0 && meta)
        rc = sqlite_look_text(self, db, "SELECT " META("marker") " || '/' || " META("schema"),
                              marks, sizeof marks, fault);
    if (rc != 0)
        return rc;
    enum schema_age age = meta ? schema_age(marks) : SCHEMA_NONE;
    if (age == SCHEMA_OTHER)
        return fault_set(fault, -EPERM,
                         "%s was made by another version of credd: its marker and schema are %s, "
                         "this one knows " SCHEMA_MARKER "/" SCHEMA_VERSION,
                         self->path, marks);
    *ret = age;
    return 0;
}

static int no_marker(const struct sqlite *self, struct fault *fault)
{
    return fault_set(fault, -EPERM, "%s does not carry credd's marker (any more)", self->path);
}

static int older(const struct sqlite *self, struct fault *fault)
{
    return fault_set(fault, -EPERM,
                     "%s was made by an older version of credd and is not upgraded yet",
                     self->path);
}

int sqlite_look_marker(struct sqlite *self, struct fault *fault)
{
    enum schema_age age = SCHEMA_NONE;
    int rc = sqlite_look_age(self, self->db, &age, fault);
    if (rc == 0 && age == SCHEMA_NONE)
        rc = no_marker(self, fault);
    if (rc == 0 && age == SCHEMA_OLDER)
        rc = older(self, fault);
    return rc;
}

int sqlite_none_filled(struct sqlite *self, struct fault *fault)
{
    int rc = 0;
    for (size_t i = 0; i < SCHEMA_TABLES && rc == 0; i++) {
        const char *name = schema_tables[i].name;
        bool there = false;
        int64_t filled = 0;
        rc = sqlite_has_table(self, name, &there, fault);
        if (rc != 0 || !there)
            continue;
        char *sql = mem_format("SELECT EXISTS (SELECT 1 FROM %s)", name);
        rc = sqlite_one_number(self, sql, &filled, fault);
        free(sql);
        if (rc == 0 && filled != 0)
            rc = fault_set(fault, -EPERM,
                           "%s: the table %s holds rows although credd has made no world here yet: "
                           "they are left alone",
                           self->path, name);
    }
    return rc;
}

int sqlite_none_lost(struct sqlite *self, struct fault *fault)
{
    bool any = false, world = false;
    int rc = 0;
    for (size_t i = 0; i < SCHEMA_OWN && rc == 0 && !any; i++)
        rc = sqlite_has_table(self, schema_own[i].name, &any, fault);
    if (rc == 0 && any)
        rc = sqlite_has_table(self, SCHEMA_WORLD, &world, fault);
    if (rc == 0 && any)
        return fault_set(fault, -EUCLEAN, "%s: " SCHEMA_WORLD " %s", self->path,
                         world ? "has no row 'id'" : "is gone");
    return rc == 0 ? sqlite_none_filled(self, fault) : rc;
}
