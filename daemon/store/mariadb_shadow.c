#include <assert.h>
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/mariadb.h"

/* --- the builder's lock --- */

/* A lock's name has at most 64 characters. */
#define LOCK_NAME                                                                           \
    "IF(CHAR_LENGTH(DATABASE()) > 56, CONCAT('credd:', MD5(DATABASE())), CONCAT('credd:', " \
    "DATABASE()))"

/* A connection that ended a moment ago may not have let go yet. */
#define LOCK_WAIT_S 1

int maria_lock_builder(struct maria *maria, bool *ret_taken, struct fault *fault)
{
    char answer[8];
    struct cell wait = maria_cell_number(LOCK_WAIT_S);
    if (maria->building) {
        *ret_taken = true;
        return 0;
    }
    int r = maria_value(maria, mem_text("SELECT GET_LOCK(" LOCK_NAME ", ?)"), &wait, 1, answer,
                        sizeof answer, fault);
    if (r == 0)
        *ret_taken = maria->building = strcmp(answer, "1") == 0;
    return r;
}

int maria_unlock_builder(struct maria *maria, struct fault *fault)
{
    char answer[8];
    maria->building = false;
    maria_like_forget(maria);
    return maria_value(maria, mem_text("SELECT RELEASE_LOCK(" LOCK_NAME ")"), NULL, 0, answer,
                       sizeof answer, fault);
}

/* --- the tables of a world --- */

static int drop_all(struct maria *maria, unsigned side, struct fault *fault)
{
    int r = 0;
    for (size_t i = SQL_SWAPPED; r == 0 && i > 0; i--) {
        char name[SQL_NAME_MAX];
        r = maria_do(maria,
                     mem_format("DROP TABLE IF EXISTS %s",
                                sql_name((enum sql_side)side, sql_swapped(i - 1), name)),
                     NULL, 0, fault);
    }
    return r;
}

/* Keys of the application's may go from any of these tables to any other: they are neither made nor
 * dropped in an order that suits all. */
static int unchecked(struct maria *maria, int (*act)(struct maria *, unsigned, struct fault *),
                     unsigned context, struct fault *fault)
{
    int r = maria_run(maria, "SET foreign_key_checks = 0", fault);
    if (r != 0)
        return r;
    r = act(maria, context, fault);
    if (maria->mysql == NULL)
        return r;
    int restored = maria_run(maria, "SET foreign_key_checks = 1", r == 0 ? fault : NULL);
    return r != 0 ? r : restored;
}

#define OTHERS_KEYS                                                                   \
    "SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE "          \
    "UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME LIKE ? AND NOT " \
    "(CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME LIKE ?)"

/* A key of another table that came in a swap's way at the last moment keeps its parent. */
int maria_drop_side(struct maria *maria, enum sql_side side, struct fault *fault)
{
    char names[SQL_NAME_MAX], keys[24] = "";
    assert(side != SQL_LIVE);
    const struct cell like = maria_cell_text(sql_name(side, "%", names));
    const struct cell likes[] = {like, like};
    int r = maria_value(maria, mem_text(OTHERS_KEYS), likes, 2, keys, sizeof keys, fault);
    if (r != 0)
        return r;
    return strcmp(keys, "0") == 0 ? unchecked(maria, drop_all, side, fault)
                                  : drop_all(maria, side, fault);
}

/* Of credd's own tables. The five have the database's character set and collation, as the
 * application's tables do, so that its foreign keys and joins need no word about either: what credd
 * writes is ASCII, and its keys are of fixed width, from [0-9A-Z-], and sort bytewise everywhere.
 */
#define OWN_COLLATION " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"

static void add_column(struct maria_text *sql, const struct schema_table *table, unsigned column)
{
    maria_text_add(sql, table->columns[column].name);
    maria_text_add(sql, " ");
    maria_text_add(sql, table->columns[column].type);
    if (column == 0)
        maria_text_add(sql, " NOT NULL PRIMARY KEY");
    if ((int)column == table->created_column)
        maria_text_add(sql, " NULL DEFAULT CURRENT_TIMESTAMP");
}

/* Indexes and foreign keys are made with the table, which needs no further right. A foreign key's
 * name is left to the server: it follows the table's, also when that is renamed. */
static char *create_table(const struct schema_table *table)
{
    char name[SQL_NAME_MAX];
    struct maria_text sql = {0};
    char *part = mem_format("CREATE TABLE %s (", sql_name(SQL_SHADOW, table->name, name));
    maria_text_add(&sql, part);
    free(part);
    for (unsigned i = 0; i < table->count; i++) {
        maria_text_add(&sql, i > 0 ? ", " : "");
        add_column(&sql, table, i);
    }
    for (size_t i = 0; i < SCHEMA_INDEXES; i++) {
        if (strcmp(schema_indexes[i].table, table->name) != 0)
            continue;
        part = mem_format(", INDEX %s (%s)", schema_indexes[i].name, schema_indexes[i].columns);
        maria_text_add(&sql, part);
        free(part);
    }
    if (table->parent_column >= 0) {
        part = mem_format(
            ", FOREIGN KEY (%s) REFERENCES %s (%s)", table->columns[table->parent_column].name,
            sql_name(SQL_SHADOW, schema_tables[0].name, name), schema_tables[0].columns[0].name);
        maria_text_add(&sql, part);
        free(part);
    }
    maria_text_add(&sql, ") ENGINE=InnoDB");
    return sql.bytes;
}

int maria_create_own(struct maria *maria, const struct schema_own *own, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    char *sql =
        sql_create_own(own, sql_name(SQL_SHADOW, own->name, name), " ENGINE=InnoDB" OWN_COLLATION);
    return maria_do(maria, sql, NULL, 0, fault);
}

/* Tables are made as credd makes them, after the living ones, or after those that were adopted. */
enum making { ANEW, LIKE, ADOPTED };

/* As credd makes it, where there is none to make it after. */
static int create_liked(struct maria *maria, size_t liked, enum making making, struct fault *fault)
{
    bool made = false;
    size_t own = 0;
    int r = making == ANEW ? 0 : maria_like_make(maria, liked, &made, fault);
    if (r == 0 && made && making == ADOPTED && liked < SCHEMA_TABLES)
        r = maria_difference_complete(maria, &schema_tables[liked], fault);
    if (r != 0 || made)
        return r;
    if (liked < SCHEMA_TABLES)
        return maria_do(maria, create_table(&schema_tables[liked]), NULL, 0, fault);
    while (strcmp(schema_own[own].name, sql_liked(liked)) != 0)
        own++;
    return maria_create_own(maria, &schema_own[own], fault);
}

static int create_all(struct maria *maria, unsigned making, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < SQL_LIKED; i++)
        r = create_liked(maria, i, (enum making)making, fault);
    for (size_t i = 0; r == 0 && i < SCHEMA_OWN; i++)
        if (strcmp(schema_own[i].name, SCHEMA_STATUS) != 0)
            r = maria_create_own(maria, &schema_own[i], fault);
    return r;
}

static int create_side(struct maria *maria, bool first, bool plain, struct fault *fault)
{
    bool added = !first;
    int r = first ? maria_differences(maria, NULL, difference_added, &added, fault) : 0;
    maria_like_forget(maria);
    if (r == 0 && !plain && added)
        r = maria_like_check(maria, fault);
    enum making making = plain || !added ? ANEW : first ? ADOPTED : LIKE;
    return r == 0 ? unchecked(maria, create_all, making, fault) : r;
}

static int describe_shadow(struct maria *maria, void *context, struct fault *fault)
{
    int r = maria_describe_shadow(maria, context, fault);
    return r != 0 ? r : maria_lost_begin(maria, fault);
}

static int build_shadow(struct maria *maria, struct store_description *description, bool first,
                        struct fault *fault)
{
    int r = maria_drop_side(maria, SQL_SHADOW, fault);
    if (r == 0)
        r = maria_lost_check(maria, fault);
    if (r == 0)
        r = maria_drop_side(maria, SQL_OLD, fault);
    if (r == 0)
        r = create_side(maria, first, description->plain, fault);
    if (r == 0)
        r = maria_swap_names(maria, fault);
    if (r == 0)
        r = maria_transaction(maria, describe_shadow, description, fault);
    return r;
}

int maria_shadow_begin(struct maria *maria, const struct store_description *description,
                       struct fault *fault)
{
    bool taken = false;
    enum store_kind kind = STORE_VACANT;
    struct store_description copy = *description;
    int r = maria_lock_builder(maria, &taken, fault);
    if (r == 0 && !taken)
        r = fault_set(fault, -EBUSY, "another credd is building a world in database %s",
                      maria->name);
    if (r != 0)
        return r;
    r = maria_probe(maria, &kind, fault);
    if (r == 0)
        r = maria_check_marker(maria, false, fault);
    if (r == 0 && kind != STORE_WORLD)
        r = maria_none_filled(maria, fault);
    /* Whoever had the lock until now may have put another world in place. */
    if (r == 0 && description->replaces[0] != '\0')
        r = maria_check_world(maria, description->replaces, fault);
    if (r == 0)
        r = build_shadow(maria, &copy, kind != STORE_WORLD, fault);
    memcpy(maria->shadow_id, description->world_id, sizeof maria->shadow_id);
    maria->shadow_built = description->built;
    if (r != 0 && maria->mysql != NULL)
        (void)maria_unlock_builder(maria, NULL);
    return r;
}

int maria_sweep(struct maria *maria, struct fault *fault)
{
    bool taken = false;
    int r = maria_lock_builder(maria, &taken, fault);
    if (r != 0 || !taken)
        return r;
    r = maria_check_marker(maria, false, fault);
    if (r == 0)
        r = maria_drop_side(maria, SQL_SHADOW, fault);
    if (r == 0)
        r = maria_lost_note(maria, fault);
    if (r == 0)
        r = maria_drop_side(maria, SQL_OLD, fault);
    if (maria->mysql != NULL) {
        int unlocked = maria_unlock_builder(maria, r == 0 ? fault : NULL);
        r = r != 0 ? r : unlocked;
    }
    return r == -EPERM ? 0 : r;
}
