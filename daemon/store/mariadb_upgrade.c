#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"
#include "store/upgrade.h"

#define OWNER "owner" /* the row of credd_meta that names who is at it */

/* --- what becomes of the old rows --- */

static int read_part(struct maria *maria, enum upgrade_part part, struct upgrade_rows *rows,
                     struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    int r = maria_ask(maria, upgrade_query(part), NULL, 0, &result, fault);
    if (r != 0)
        return r;
    while (r == 0 && (row = mysql_fetch_row(result)) != NULL)
        r = upgrade_add(rows, part, (const char *const *)row, fault);
    mysql_free_result(result);
    return r;
}

static int convert(struct maria *maria, struct store_description *ret, struct fault *fault)
{
    struct upgrade_rows rows = {0};
    int r = maria_begin_snapshot(maria, fault);
    for (unsigned part = 0; r == 0 && part < UPGRADE_PARTS; part++)
        r = read_part(maria, (enum upgrade_part)part, &rows, fault);
    if (maria->mysql != NULL)
        (void)maria_end_snapshot(maria, NULL);
    if (r == 0)
        r = upgrade_convert(&rows, ret, fault);
    upgrade_rows_done(&rows);
    return r;
}

/* --- the steps --- */

static int begin_body(struct maria *maria, void *context, struct fault *fault)
{
    int r = maria_put_meta(maria, OWNER, context, fault);
    return r != 0 ? r : maria_put_meta(maria, "marker", SCHEMA_MARKER_UPGRADING, fault);
}

/* From here on version 0.1.0 begins nothing any more: it reads the marker first. What has read it
 * before goes on, and holds credd_meta until it has committed: a change of that table waits for it.
 */
static int begin_steps(struct maria *maria, const char *owner, struct fault *fault)
{
    char who[STORE_VALUE_MAX];
    (void)snprintf(who, sizeof who, "%s", owner);
    int r = maria_transaction(maria, begin_body, who, fault);
    return r != 0
               ? r
               : maria_run(maria, "ALTER TABLE " SCHEMA_META " COMMENT = 'whose database this is'",
                           fault);
}

static int describe_shadow(struct maria *maria, void *context, struct fault *fault)
{
    return maria_describe_shadow(maria, context, fault);
}

static int build(struct maria *maria, struct store_description *made, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < SCHEMA_OWN; i++)
        if (upgrade_replaces(schema_own[i].name))
            r = maria_create_own(maria, &schema_own[i], fault);
    return r != 0 ? r : maria_transaction(maria, describe_shadow, made, fault);
}

static int exchange(struct maria *maria, struct fault *fault)
{
    struct maria_text sql = {0};
    for (size_t i = 0; i < SCHEMA_OWN; i++) {
        const char *live = schema_own[i].name;
        char shadow[SQL_NAME_MAX];
        char old[SQL_NAME_MAX];
        if (!upgrade_replaces(live))
            continue;
        bool is_new = strcmp(live, SCHEMA_CHANGE) == 0; /* schema 2 had none */
        char *part = mem_format("%s%s%s%s%s%s TO %s", sql.used > 0 ? ", " : "RENAME TABLE ",
                                is_new ? "" : live, is_new ? "" : " TO ",
                                is_new ? "" : sql_name(SQL_OLD, live, old), is_new ? "" : ", ",
                                sql_name(SQL_SHADOW, live, shadow), live);
        maria_text_add(&sql, part);
        free(part);
    }
    return maria_do(maria, sql.bytes, NULL, 0, fault);
}

/* What is beside the world is of an earlier attempt, or has the old shape. (The ones of the five
 * have not, and may be large: they are swept as ever.) */
static int drop_beside(struct maria *maria, enum sql_side side, struct fault *fault)
{
    struct maria_text sql = {0};
    char name[SQL_NAME_MAX];
    for (size_t i = 0; i < SCHEMA_OWN; i++) {
        maria_text_add(&sql, i > 0 ? ", " : "DROP TABLE IF EXISTS ");
        maria_text_add(&sql, sql_name(side, schema_own[i].name, name));
    }
    return maria_do(maria, sql.bytes, NULL, 0, fault);
}

static int end_body(struct maria *maria, void *context, struct fault *fault)
{
    (void)context;
    int r = maria_run(maria, "DELETE FROM " SCHEMA_META " WHERE name = '" OWNER "'", fault);
    if (r == 0)
        r = maria_put_meta(maria, "schema", SCHEMA_VERSION, fault);
    return r != 0 ? r : maria_put_meta(maria, "marker", SCHEMA_MARKER, fault);
}

/* A world of schema 2 is still to be converted: acts have no `seq`. */
static int is_to_be_converted(struct maria *maria, bool *ret, struct fault *fault)
{
    char answer[STORE_VALUE_MAX];
    bool world = false;
    bool seq = false;
    struct cell table = maria_cell_text(SCHEMA_ACT);
    int r = maria_find(maria, sql_text(SQL_WORLD_ID, SQL_LIVE), NULL, 0, answer, sizeof answer,
                       &world, fault);
    if (r == 0)
        r = maria_find(maria,
                       mem_text("SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = "
                                "DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME = 'seq'"),
                       &table, 1, answer, sizeof answer, &seq, fault);
    if (r == 0)
        *ret = world && !seq;
    return r;
}

static int convert_world(struct maria *maria, struct fault *fault)
{
    struct store_description made = {0};
    int r = convert(maria, &made, fault);
    if (r == 0)
        r = build(maria, &made, fault);
    if (r == 0)
        r = exchange(maria, fault);
    if (r == 0)
        r = drop_beside(maria, SQL_OLD, fault);
    store_description_done(&made);
    return r;
}

/* What cannot be converted is found before anything is changed. */
static int take_steps(struct maria *maria, const char *owner, struct fault *fault)
{
    struct store_description tried = {0};
    bool converts = false;
    int r = is_to_be_converted(maria, &converts, fault);
    if (r == 0 && converts)
        r = convert(maria, &tried, fault);
    store_description_done(&tried);
    if (r == 0)
        r = begin_steps(maria, owner, fault);
    if (r == 0)
        r = drop_beside(maria, SQL_SHADOW, fault);
    if (r == 0)
        r = drop_beside(maria, SQL_OLD, fault);
    if (r == 0 && converts)
        r = convert_world(maria, fault);
    return r != 0 ? r : maria_transaction(maria, end_body, NULL, fault);
}

/* --- one at a time --- */

static int busy(struct maria *maria, struct fault *fault)
{
    char owner[STORE_VALUE_MAX];
    bool found = false;
    int r =
        maria_find(maria, mem_text("SELECT value FROM " SCHEMA_META " WHERE name = '" OWNER "'"),
                   NULL, 0, owner, sizeof owner, &found, fault);
    if (r != 0)
        return r;
    if (found)
        return fault_set(fault, -EBUSY, "another credd (%s) is upgrading database %s", owner,
                         maria->name);
    return fault_set(fault, -EBUSY,
                     "another credd is building a world in database %s: it is upgraded after that",
                     maria->name);
}

static int upgrade_alone(struct maria *maria, const char *owner, struct fault *fault)
{
    enum schema_age age = SCHEMA_NONE;
    int r = maria_age(maria, &age, fault);
    if (r != 0 || age == SCHEMA_CURRENT)
        return r;
    if (age == SCHEMA_NONE)
        return maria_check_marker(maria, false, fault);
    r = take_steps(maria, owner, fault);
    if (r != 0)
        (void)fault_prefix(fault, "upgrading database %s from schema " SCHEMA_VERSION_2,
                           maria->name);
    return r;
}

int maria_upgrade(struct maria *maria, const char *owner, struct fault *fault)
{
    bool taken = false;
    int r = maria_lock_builder(maria, &taken, fault);
    if (r == 0 && !taken)
        r = busy(maria, fault);
    if (r != 0)
        return r;
    r = upgrade_alone(maria, owner, fault);
    if (maria->mysql != NULL) {
        int unlocked = maria_unlock_builder(maria, r == 0 ? fault : NULL);
        r = r != 0 ? r : unlocked;
    }
    return r;
}
