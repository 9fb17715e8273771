/* MariaDB: what others hung on our tables, so that these cannot be exchanged. */
#include <errno.h>
#include <mysql.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/mariadb.h"

char *maria_strangers_text(const char *query)
{
    struct maria_text sql = {0};
    char piece[2] = {0};
    for (; *query != '\0'; query++) {
        piece[0] = *query;
        for (unsigned side = SQL_LIVE; side < SQL_SIDES && *query == '$'; side++) {
            maria_text_add(&sql, side > 0 ? ", " : "");
            maria_text_liked(&sql, (enum sql_side)side);
        }
        if (*query == '#')
            maria_text_liked(&sql, SQL_LIVE);
        else if (*query != '$')
            maria_text_add(&sql, piece);
    }
    return sql.bytes;
}

int maria_strangers_collect(struct maria *maria, const char *query, struct maria_text *found,
                            struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    int r = maria_ask(maria, maria_strangers_text(query), NULL, 0, &result, fault);
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL) {
        if (row[0] == NULL)
            continue;
        maria_text_add(found, found->used > 0 ? ", " : "");
        maria_text_add(found, row[0]);
    }
    mysql_free_result(result);
    return 0;
}

#define OTHERS_KEYS                                                                               \
    "SELECT CONCAT('foreign key ', CONSTRAINT_NAME, ' of table ', CONSTRAINT_SCHEMA, '.', "       \
    "TABLE_NAME, ' on ', REFERENCED_TABLE_NAME) FROM information_schema.REFERENTIAL_CONSTRAINTS " \
    "WHERE UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IN (#) AND NOT "       \
    "(CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME IN ($))"
#define OTHERS_TRIGGERS                                                         \
    "SELECT CONCAT('trigger ', TRIGGER_NAME, ' on ', EVENT_OBJECT_TABLE) FROM " \
    "information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND "   \
    "EVENT_OBJECT_TABLE IN (#)"

#define VIEWS                                                                               \
    "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND " \
    "TABLE_TYPE = 'VIEW' AND TABLE_NAME IN (#)"

static int expect_no_view(struct maria *maria, struct fault *fault)
{
    struct maria_text found = {0};
    int r = maria_strangers_collect(maria, VIEWS, &found, fault);
    if (r == 0 && found.used > 0)
        r = fault_set(fault, -EPERM,
                      "the view %s stands where credd's table belongs: drop or rename it first",
                      found.bytes);
    free(found.bytes);
    return r;
}

int maria_swap_check(struct maria *maria, struct fault *fault)
{
    struct maria_text found = {0};
    int r = expect_no_view(maria, fault);
    if (r == 0)
        r = maria_strangers_collect(maria, OTHERS_KEYS, &found, fault);
    if (r == 0)
        r = maria_strangers_collect(maria, OTHERS_TRIGGERS, &found, fault);
    if (r == 0 && found.used > 0)
        r = fault_set(fault, -EPERM,
                      "foreign keys or triggers that credd did not make are in the way of a new "
                      "world: %s; drop them first",
                      found.bytes);
    free(found.bytes);
    return r;
}

/* The server's name of a new table's foreign key follows the table's in the swap; no other key of
 * the database may have it then. */
#define TAKEN_NAMES                                                                              \
    "SELECT CONCAT('ALTER TABLE ', o.TABLE_NAME, ' DROP FOREIGN KEY ', o.CONSTRAINT_NAME, ', "   \
    "ADD CONSTRAINT ANOTHER_NAME FOREIGN KEY ...') FROM "                                        \
    "information_schema.REFERENTIAL_CONSTRAINTS o JOIN "                                         \
    "information_schema.REFERENTIAL_CONSTRAINTS n ON n.CONSTRAINT_SCHEMA = o.CONSTRAINT_SCHEMA " \
    "AND n.CONSTRAINT_NAME = CONCAT('credd_new_', o.CONSTRAINT_NAME) WHERE o.CONSTRAINT_SCHEMA " \
    "= DATABASE() AND n.TABLE_NAME LIKE 'credd\\_new\\_%' AND n.TABLE_NAME <> "                  \
    "CONCAT('credd_new_', o.TABLE_NAME)"

int maria_swap_names(struct maria *maria, struct fault *fault)
{
    struct maria_text found = {0};
    int r = maria_strangers_collect(maria, TAKEN_NAMES, &found, fault);
    if (r == 0 && found.used > 0)
        r = fault_set(fault, -EPERM,
                      "a foreign key has the name that one of the new world's gets from the "
                      "server; give it another: %s",
                      found.bytes);
    free(found.bytes);
    return r;
}

/* --- what came in the midst of a swap --- */

static void add_side(struct maria_text *text, enum sql_side side)
{
    maria_text_add(text, "(");
    maria_text_liked(text, side);
    maria_text_add(text, ")");
}

int maria_swap_hung(struct maria *maria, enum sql_side side, struct maria_text *found,
                    struct fault *fault)
{
    struct maria_text keys = {0}, triggers = {0};
    bool old = side == SQL_OLD; /* --plain leaves keys of the old tables to the application's */
    maria_text_add(&keys, "SELECT CONCAT('foreign key ', CONSTRAINT_NAME, ' of table ', "
                          "TABLE_NAME) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                          "UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND ");
    maria_text_add(&keys, old ? "REFERENCED_TABLE_NAME IN " : "TABLE_NAME IN ");
    add_side(&keys, side);
    maria_text_add(&keys, old ? " AND TABLE_NAME NOT IN " : " AND REFERENCED_TABLE_NAME NOT IN ");
    add_side(&keys, side);
    maria_text_add(&triggers, "SELECT CONCAT('trigger ', TRIGGER_NAME) FROM "
                              "information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() "
                              "AND EVENT_OBJECT_TABLE IN ");
    add_side(&triggers, side);
    int r = maria_strangers_collect(maria, keys.bytes, found, fault);
    if (r == 0)
        r = maria_strangers_collect(maria, triggers.bytes, found, fault);
    free(keys.bytes);
    free(triggers.bytes);
    return r;
}

int maria_swap_closed(struct maria *maria, enum sql_side side, struct fault *fault)
{
    struct maria_text found = {0};
    int r = maria_swap_hung(maria, side, &found, fault);
    if (r == 0 && found.used > 0) {
        sql_living(found.bytes);
        r = fault_set(fault, -ESTALE, "others made %s while the new world was put in place",
                      found.bytes);
    }
    free(found.bytes);
    return r;
}
