/* MariaDB: what a statement that writes rows failed for, and whether that is the row's fault or the
 * table's. */
#include <errno.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* MySQL's own, which MariaDB's header does not have. */
#define MYSQL_CHECK_VIOLATED   3819
#define MYSQL_GENERATED_COLUMN 3105

/* What stands in the server's words before the name of what they are about. */
static const struct {
    unsigned number;
    enum refusal_kind kind;
    const char *before;
} refusals[] = {
    {ER_NO_DEFAULT_FOR_FIELD, REFUSAL_NO_DEFAULT, "Field "},
    {ER_BAD_NULL_ERROR, REFUSAL_NO_DEFAULT, "Column "},
    {ER_BAD_FIELD_ERROR, REFUSAL_NO_COLUMN, "column "},
    {ER_NO_SUCH_TABLE, REFUSAL_NO_TABLE, "Table "},
    {ER_WARNING_NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN, REFUSAL_GENERATED, "column "},
    {MYSQL_GENERATED_COLUMN, REFUSAL_GENERATED, "column "},
    {ER_DATA_TOO_LONG, REFUSAL_VALUE, "column "},
    {ER_WARN_DATA_OUT_OF_RANGE, REFUSAL_VALUE, "column "},
    {ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, REFUSAL_VALUE, "column "},
    {ER_TRUNCATED_WRONG_VALUE, REFUSAL_VALUE, "column "},
    {WARN_DATA_TRUNCATED, REFUSAL_VALUE, "column "},
    {ER_CONSTRAINT_FAILED, REFUSAL_CHECK, "CONSTRAINT "},
    {MYSQL_CHECK_VIOLATED, REFUSAL_CHECK, "constraint "},
    {ER_DUP_ENTRY, REFUSAL_UNIQUE, "for key "},
    {ER_NO_REFERENCED_ROW, REFUSAL_FOREIGN_KEY, "CONSTRAINT "},
    {ER_NO_REFERENCED_ROW_2, REFUSAL_FOREIGN_KEY, "CONSTRAINT "},
    {ER_SIGNAL_EXCEPTION, REFUSAL_TRIGGER, ""},
    {ER_NO_PARTITION_FOR_GIVEN_VALUE, REFUSAL_PARTITION, ""},
    {ER_SP_DOES_NOT_EXIST, REFUSAL_FUNCTION, "FUNCTION "},
    {ER_FUNC_INEXISTENT_NAME_COLLISION, REFUSAL_FUNCTION, "FUNCTION "},
    {ER_CANT_UPDATE_USED_TABLE_IN_SF_OR_TRG, REFUSAL_OTHER, ""},
    {ER_NO_SUCH_USER, REFUSAL_OTHER, ""}, /* who defined the trigger */
    {ER_NON_INSERTABLE_TABLE, REFUSAL_OTHER, ""},
    {ER_NON_UPDATABLE_TABLE, REFUSAL_OTHER, ""},
    {ER_NONUPDATEABLE_COLUMN, REFUSAL_OTHER, ""},
    {ER_VIEW_INVALID, REFUSAL_OTHER, ""},
    {ER_VIEW_CHECK_FAILED, REFUSAL_OTHER, ""},
};
#define REFUSALS (sizeof refusals / sizeof refusals[0])

static size_t place_of(unsigned number)
{
    size_t place = 0;
    while (place < REFUSALS && refusals[place].number != number)
        place++;
    return place;
}

enum refusal_kind maria_refusal(const struct maria *maria)
{
    /* Of standard SQL: data, constraints, triggered actions, names, conditions that are signalled.
     */
    static const char *const classes[] = {"02", "09", "21", "22", "23", "27", "42", "44", "45"};
    size_t place = place_of(maria->error);
    if (place < REFUSALS)
        return refusals[place].kind;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strncmp(maria->sqlstate, classes[i], 2) == 0)
            return REFUSAL_OTHER;
    return REFUSAL_NONE;
}

/* 'name', `database`.`table`.`name`, "name" or database.name: the last part of it. */
static void take_name(const char *from, char ret[REFUSAL_NAME_MAX])
{
    const char quote = *from;
    size_t used = 0;
    if (quote != '\'' && quote != '`' && quote != '"') {
        (void)snprintf(ret, REFUSAL_NAME_MAX, "%.*s", (int)strcspn(from, " "), from);
        return;
    }
    for (from++; *from != '\0'; from++) {
        bool twice = quote == '`' && *from == quote && from[1] == quote;
        if (*from == quote && !twice && (from[1] == '.' || strchr(" ,)", from[1]) != NULL))
            break; /* a name may hold other quotes, as they are */
        from += twice ? 1 : 0;
        if (used < REFUSAL_NAME_MAX - 1)
            ret[used++] = *from;
    }
    ret[used] = '\0';
    if (*from == quote && from[1] == '.' && from[2] == quote)
        take_name(from + 2, ret);
}

/* The last time that `before` stands there: a value that is quoted may hold it too. */
static void name_in(const char *said, const char *before, char ret[REFUSAL_NAME_MAX])
{
    ret[0] = '\0';
    if (before[0] == '\0')
        return;
    const char *found = NULL;
    for (const char *at = said; (at = strstr(at, before)) != NULL; at++)
        found = at;
    if (found != NULL)
        take_name(found + strlen(before), ret);
}

/* `table.name` in one pair of quotes: with the CHECK of a column and, in MySQL, a key. Of a missing
 * table and function it is the database that stands there. */
static bool cut_table(struct refusal *refusal)
{
    char *dot = strchr(refusal->name, '.');
    size_t length = strlen(refusal->table);
    bool same = dot != NULL && (size_t)(dot - refusal->name) == length &&
                strncmp(refusal->name, refusal->table, length) == 0;
    bool database = refusal->kind == REFUSAL_NO_TABLE || refusal->kind == REFUSAL_FUNCTION;
    if (dot != NULL && (same || database))
        memmove(refusal->name, dot + 1, strlen(dot));
    return same;
}

static struct refusal read_refusal(const struct maria *maria, const struct maria_aim *aim,
                                   const char *key)
{
    struct refusal refusal = {.kind = maria_refusal(maria),
                              .table = aim->table->name,
                              .key = key,
                              .said = maria->said,
                              .fill = aim->use.fill};
    size_t place = place_of(maria->error);
    if (place < REFUSALS)
        name_in(maria->said, refusals[place].before, refusal.name);
    bool of_column = cut_table(&refusal);
    if (of_column && refusal.kind == REFUSAL_CHECK)
        refusal.kind = REFUSAL_COLUMN_CHECK;
    return refusal;
}

/* --- the table's own, or that of a table which its triggers write to --- */

#define OF_COLUMNS                                                                    \
    " (SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND " \
    "TABLE_NAME = ? AND COLUMN_NAME = ?)"

/* What shows that it is of another table. That credd's key is there already is known to be false.
 */
static const struct {
    enum refusal_kind kind;
    const char *before; /* in the server's words: the name of the table */
    const char *asks;   /* where they do not say: of the table and the name */
} elsewhere[] = {
    {REFUSAL_CHECK, " failed for ", NULL},
    {REFUSAL_FOREIGN_KEY, "constraint fails (", NULL},
    {REFUSAL_NO_DEFAULT, NULL, "NOT EXISTS" OF_COLUMNS},
    {REFUSAL_VALUE, NULL, "NOT EXISTS" OF_COLUMNS},
    {REFUSAL_GENERATED, NULL, "NOT EXISTS" OF_COLUMNS},
    {REFUSAL_NO_COLUMN, NULL, "EXISTS" OF_COLUMNS},
    {REFUSAL_UNIQUE, NULL,
     "NOT EXISTS (SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND "
     "TABLE_NAME = ? AND INDEX_NAME = ? AND NOT (INDEX_NAME = 'PRIMARY' AND COLUMN_NAME IN "
     "('customer_id', 'record_id', 'application_id', 'data_id', 'history_id', 'at')))"},
};

#define HAS_TRIGGERS                                                            \
    " FROM DUAL WHERE EXISTS (SELECT 1 FROM information_schema.TRIGGERS WHERE " \
    "EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?)"

/* A new world's tables have no triggers. */
static int find_elsewhere(struct maria *maria, const struct maria_aim *aim, const char *said,
                          const struct refusal *refusal, bool *ret, struct fault *fault)
{
    char answer[8] = "", table[REFUSAL_NAME_MAX];
    bool found = false;
    size_t i = 0;
    *ret = false;
    while (i < sizeof elsewhere / sizeof *elsewhere && elsewhere[i].kind != refusal->kind)
        i++;
    if (i == sizeof elsewhere / sizeof *elsewhere || aim->side != SQL_LIVE ||
        refusal->name[0] == '\0')
        return 0;
    if (elsewhere[i].before != NULL) {
        name_in(said, elsewhere[i].before, table);
        *ret = table[0] != '\0' && strcmp(table, aim->table->name) != 0;
        return 0;
    }
    const struct cell cells[] = {maria_cell_text(aim->table->name), maria_cell_text(refusal->name),
                                 maria_cell_text(aim->table->name)};
    int r = maria_find(maria, mem_format("SELECT %s%s", elsewhere[i].asks, HAS_TRIGGERS), cells, 3,
                       answer, sizeof answer, &found, fault);
    *ret = found && strcmp(answer, "1") == 0;
    return r;
}

/* `refusal` with the server's words in `said`, as questions put others into the connection. */
static int tell(struct maria *maria, const struct maria_aim *aim, const char *said,
                struct refusal *refusal, struct fault *fault)
{
    bool other = false;
    int r = find_elsewhere(maria, aim, said, refusal, &other, fault);
    if (r != 0)
        return r;
    if (other)
        refusal_elsewhere(refusal);
    refusal->said = said;
    return refusal_fault(refusal, true, fault);
}

int maria_refusal_fault(struct maria *maria, const struct maria_aim *aim, const char *key,
                        struct fault *fault)
{
    char said[sizeof maria->said];
    struct refusal refusal = read_refusal(maria, aim, key);
    memcpy(said, maria->said, sizeof said);
    return tell(maria, aim, said, &refusal, fault);
}

int maria_refused_by(struct maria *maria, int code, const struct maria_aim *aim,
                     struct fault *fault)
{
    if (code != -EPROTO || maria_refusal(maria) == REFUSAL_NONE)
        return code;
    return maria_refusal_fault(maria, aim, NULL, fault);
}

/* --- whose fault --- */

static int is_there(struct maria *maria, char *sql, const struct cell *cells, unsigned count,
                    bool *ret_there, struct fault *fault)
{
    char answer[8];
    return maria_find(maria, sql, cells, count, answer, sizeof answer, ret_there, fault);
}

static int has_key(struct maria *maria, const struct maria_aim *aim, const struct cell *cells,
                   bool *ret_there, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    const struct schema_table *table = aim->table;
    const struct schema_keys own = schema_keys(table);
    struct cell keys[SCHEMA_KEYS];
    struct maria_text sql = {0};
    maria_text_add(&sql, "SELECT 1 FROM ");
    maria_text_add(&sql, sql_name(aim->side, table->name, name));
    for (unsigned i = 0; i < own.count; i++) {
        keys[i] = cells[own.places[i]];
        maria_text_add(&sql, i > 0 ? " AND " : " WHERE ");
        maria_text_add(&sql, table->columns[own.places[i]].name);
        maria_text_add(&sql, " = ?");
    }
    maria_text_add(&sql, " LOCK IN SHARE MODE");
    return is_there(maria, sql.bytes, keys, own.count, ret_there, fault);
}

int maria_has_parent(struct maria *maria, const struct maria_aim *aim, const struct cell *cells,
                     bool *ret_there, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    char *sql = mem_format("SELECT 1 FROM %s WHERE customer_id = ? LOCK IN SHARE MODE",
                           sql_name(aim->side, schema_tables[0].name, name));
    return is_there(maria, sql, &cells[aim->table->parent_column], 1, ret_there, fault);
}

int maria_row_refused(struct maria *maria, const struct maria_aim *aim, const struct cell *cells,
                      struct fault *fault)
{
    enum refusal_kind kind = maria_refusal(maria);
    char key[CELL_PRINT_MAX + 1], said[sizeof maria->said];
    bool there = false;
    int r = 0;
    (void)cell_print(&cells[0], key);
    struct refusal refusal = read_refusal(maria, aim, key);
    memcpy(said, maria->said, sizeof said);
    if (kind == REFUSAL_UNIQUE) {
        r = has_key(maria, aim, cells, &there, fault);
        if (r != 0 || there)
            return r;
    }
    if (kind == REFUSAL_FOREIGN_KEY && aim->table->parent_column >= 0) {
        r = maria_has_parent(maria, aim, cells, &there, fault);
        if (r != 0 || !there)
            return r;
    }
    if (aim->skips && refusal_is_of_value(kind))
        return 0;
    return tell(maria, aim, said, &refusal, fault);
}
