#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/mariadb.h"

#define META(name) "COALESCE((SELECT value FROM " SCHEMA_META " WHERE name = '" name "'), '')"

int maria_age(struct maria *maria, enum schema_age *ret, struct fault *fault)
{
    char marks[2 * STORE_VALUE_MAX];
    bool found = false;
    int r =
        maria_find(maria, mem_text("SELECT CONCAT(" META("marker") ", '/', " META("schema") ")"),
                   NULL, 0, marks, sizeof marks, &found, fault);
    if (r != 0)
        return r;
    enum schema_age age = found ? schema_age(marks) : SCHEMA_NONE;
    if (age == SCHEMA_OTHER)
        return fault_set(fault, -EPERM,
                         "database %s was made by another version of credd: its marker and schema "
                         "are %s, this one knows " SCHEMA_MARKER "/" SCHEMA_VERSION,
                         maria->name, marks);
    *ret = age;
    return 0;
}

static int has_marker(struct maria *maria, bool hold, bool *ret, struct fault *fault)
{
    char value[STORE_VALUE_MAX];
    char *sql = sql_text(SQL_MARKER, SQL_LIVE);
    char *query = mem_format("%s%s", sql, hold ? " LOCK IN SHARE MODE" : "");
    free(sql);
    bool found = false;
    int r = maria_find(maria, query, NULL, 0, value, sizeof value, &found, fault);
    if (r == 0)
        *ret = found && strcmp(value, SCHEMA_MARKER) == 0;
    return r;
}

int maria_check_marker(struct maria *maria, bool hold, struct fault *fault)
{
    bool marked = false;
    int r = has_marker(maria, hold, &marked, fault);
    if (r == 0 && !marked)
        r = fault_set(fault, -EPERM, "database %s does not carry credd's marker (%s)", maria->name,
                      SCHEMA_META);
    return r;
}

/* The names of those of the five that are there, as "a, b". */
static int find_tables(struct maria *maria, struct maria_text *found, struct fault *fault)
{
    struct maria_text sql = {0};
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    maria_text_add(&sql, "SELECT TABLE_NAME FROM information_schema.TABLES "
                         "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (");
    maria_text_tables(&sql);
    maria_text_add(&sql, ") ORDER BY TABLE_NAME");
    int r = maria_ask(maria, sql.bytes, NULL, 0, &result, fault);
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL) {
        maria_text_add(found, found->used > 0 ? ", " : "");
        maria_text_add(found, row[0]);
    }
    mysql_free_result(result);
    return 0;
}

static int has_world(struct maria *maria, bool *ret, struct fault *fault)
{
    char id[STORE_NAME_MAX];
    return maria_find(maria, sql_text(SQL_WORLD_ID, SQL_LIVE), NULL, 0, id, sizeof id, ret, fault);
}

/* Before there is a world, tables of the five are either absent or adopted empty: rows in them are
 * somebody's. */
int maria_none_filled(struct maria *maria, struct fault *fault)
{
    char answer[64];
    int r = 0;
    for (size_t i = 0; r == 0 && i < SCHEMA_TABLES; i++) {
        bool found = false;
        struct cell name = maria_cell_text(schema_tables[i].name);
        r = maria_find(maria,
                       mem_text("SELECT TABLE_TYPE FROM information_schema.TABLES "
                                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"),
                       &name, 1, answer, sizeof answer, &found, fault);
        if (r == 0 && found)
            r = maria_value(maria,
                            mem_format("SELECT EXISTS (SELECT 1 FROM %s)", schema_tables[i].name),
                            NULL, 0, answer, sizeof answer, fault);
        if (r == 0 && found && strcmp(answer, "0") != 0)
            r = fault_set(fault, -EPERM,
                          "database %s: the table %s holds rows although credd has made no world "
                          "here yet: they are left alone",
                          maria->name, schema_tables[i].name);
    }
    return r;
}

/* A swap brings credd's own tables and the world's id at once: where some are there without it, the
 * world is not to come but was damaged. */
static int none_lost(struct maria *maria, struct fault *fault)
{
    static const char sql[] =
        "SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(TABLE_NAME = '" SCHEMA_WORLD "'), 0)) "
        "FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN "
        "('" SCHEMA_ACT "', '" SCHEMA_CHANGE "', '" SCHEMA_GAP "', '" SCHEMA_STATUS
        "', '" SCHEMA_STREAM "', '" SCHEMA_WORLD "')";
    char found[32] = "";
    int r = maria_value(maria, mem_text(sql), NULL, 0, found, sizeof found, fault);
    if (r == 0 && strcmp(found, "0 0") != 0)
        return fault_set(fault, -EUCLEAN, "database %s: " SCHEMA_WORLD " %s", maria->name,
                         found[strlen(found) - 1] == '0' ? "is gone" : "has no row 'id'");
    return r == 0 ? maria_none_filled(maria, fault) : r;
}

int maria_probe(struct maria *maria, enum store_kind *ret_kind, struct fault *why)
{
    enum schema_age age = SCHEMA_NONE;
    bool world = false;
    int r = maria_age(maria, &age, why);
    if (r == 0 && age == SCHEMA_CURRENT)
        r = has_world(maria, &world, why);
    if (r == 0 && age == SCHEMA_CURRENT && !world) {
        *ret_kind = STORE_CLAIMED;
        r = none_lost(maria, why);
    }
    if (r != 0)
        return r;
    if (age != SCHEMA_NONE) {
        *ret_kind = age == SCHEMA_OLDER ? STORE_OLDER : world ? STORE_WORLD : STORE_CLAIMED;
        return 0;
    }
    struct maria_text found = {0};
    r = find_tables(maria, &found, why);
    if (r == 0) {
        *ret_kind = found.used > 0 ? STORE_FOREIGN : STORE_VACANT;
        if (found.used > 0)
            (void)fault_set(why, -EPERM,
                            "database %s has tables that credd did not make (%s) and no marker of "
                            "credd's: nothing is touched; give credd a database of its own, or "
                            "take these over with credctl adopt if they are empty",
                            maria->name, found.bytes);
    }
    free(found.bytes);
    return r;
}

int maria_put_meta(struct maria *maria, const char *name, const char *value, struct fault *fault)
{
    struct cell cells[2] = {maria_cell_text(name), maria_cell_text(value)};
    return maria_do(maria, sql_text(SQL_META_PUT, SQL_LIVE), cells, 2, fault);
}

static int put_marker(struct maria *maria, void *context, struct fault *fault)
{
    (void)context;
    int r = maria_put_meta(maria, "schema", SCHEMA_VERSION, fault);
    return r != 0 ? r : maria_put_meta(maria, "marker", SCHEMA_MARKER, fault);
}

static int mark(struct maria *maria, struct fault *fault)
{
    char *sql = mem_format("CREATE TABLE IF NOT EXISTS %s (%s) ENGINE=InnoDB CHARACTER SET utf8mb4 "
                           "COLLATE utf8mb4_bin",
                           schema_meta.name, schema_meta.body);
    int r = maria_do(maria, sql, NULL, 0, fault);
    return r != 0 ? r : maria_transaction(maria, put_marker, NULL, fault);
}

static int older(const struct maria *maria, struct fault *fault)
{
    return fault_set(fault, -EPERM,
                     "database %s was made by an older version of credd and is not upgraded yet",
                     maria->name);
}

int maria_claim(struct maria *maria, struct fault *fault)
{
    enum store_kind kind = STORE_FOREIGN;
    struct fault why = {0};
    int r = maria_probe(maria, &kind, &why);
    if (r == 0 && kind == STORE_VACANT)
        return mark(maria, fault);
    if (r == 0 && kind == STORE_OLDER)
        r = older(maria, &why);
    if (r == 0 && kind == STORE_FOREIGN)
        r = -EPERM;
    if (r != 0 && fault != NULL)
        *fault = why;
    return r;
}

int maria_adopt(struct maria *maria, const struct fill *fills, struct fault *fault)
{
    struct difference_refusal refusal = {.text = ""};
    enum store_kind kind = STORE_FOREIGN;
    char what[96];
    int r = maria_probe(maria, &kind, fault);
    if (r != 0)
        return r;
    if (kind == STORE_OLDER)
        return older(maria, fault);
    if (kind == STORE_CLAIMED || kind == STORE_WORLD)
        return 0;
    r = maria_differences(maria, fills, difference_refuse, &refusal, fault);
    (void)snprintf(what, sizeof what, "database %s", maria->name);
    if (r == 0)
        r = difference_refused(&refusal, what, fault);
    return r != 0 ? r : mark(maria, fault);
}

int maria_check_world(struct maria *maria, const char *world_id, struct fault *fault)
{
    char id[STORE_NAME_MAX] = "";
    bool found = false;
    int r =
        maria_find(maria, sql_text(SQL_WORLD_ID, SQL_LIVE), NULL, 0, id, sizeof id, &found, fault);
    if (r == 0 && !found)
        r = maria_none_filled(maria, fault);
    if (r == 0 && strcmp(id, world_id) != 0)
        return fault_set(fault, -ESTALE, "the world in database %s is '%s' now, not '%s'",
                         maria->name, id, world_id);
    return r;
}
