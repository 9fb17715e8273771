/* MariaDB: what there is to say of a table, and whether its columns take what credd writes. */
#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/mariadb.h"

/* --- types --- */

/* "decimal(12,2) unsigned": a word, up to two numbers, and the rest. */
struct type {
    char word[24];
    unsigned numbers[2];
    bool plain; /* no rest */
};

static struct type type_of(const char *text)
{
    struct type type = {.word = ""};
    size_t length = strcspn(text, "( ");
    char *end = NULL;
    (void)snprintf(type.word, sizeof type.word, "%.*s", (int)length, text);
    text += length;
    if (*text == '(') {
        type.numbers[0] = (unsigned)strtoul(text + 1, &end, 10);
        if (*end == ',')
            type.numbers[1] = (unsigned)strtoul(end + 1, &end, 10);
        text = *end == ')' ? end + 1 : end;
    }
    type.plain = *text == '\0';
    return type;
}

static bool is_one_of(const struct type *type, const char *words)
{
    char wanted[32];
    (void)snprintf(wanted, sizeof wanted, " %s ", type->word);
    return strcasestr(words, wanted) != NULL;
}

static bool takes_text(const struct type *own, const struct type *is)
{
    bool any_length = is_one_of(is, " text mediumtext longtext ");
    if (own->numbers[0] == 0)
        return any_length;
    return any_length || (is_one_of(is, " varchar char ") && is->numbers[0] >= own->numbers[0]);
}

/* `whole` digits before the point and `scale` after it. */
static bool takes_decimal(const struct type *is, unsigned whole, unsigned scale)
{
    return is->plain && is_one_of(is, " decimal ") && is->numbers[1] >= scale &&
           is->numbers[0] - is->numbers[1] >= whole;
}

#define INTEGER_DIGITS 10

static bool takes(const struct schema_column *column, const struct type *is)
{
    const struct type own = type_of(column->type);
    switch (column->kind) {
    case CELL_TEXT: return takes_text(&own, is);
    case CELL_INTEGER:
        return (is->plain && is_one_of(is, " int bigint ")) || takes_decimal(is, INTEGER_DIGITS, 0);
    case CELL_DECIMAL: return takes_decimal(is, own.numbers[0] - own.numbers[1], own.numbers[1]);
    case CELL_DATE: return is_one_of(is, " date datetime ");
    case CELL_TIME: return is_one_of(is, " timestamp datetime ");
    case CELL_NULL: break;
    }
    return false;
}

/* "INTEGER" is shown as int(11) or int. */
static enum difference_fit fit_of(const struct schema_column *own, const char *text)
{
    const struct type is = type_of(text);
    bool same = strcmp(own->type, "INTEGER") == 0 ? is.plain && strcasecmp(is.word, "int") == 0
                                                  : strcasecmp(own->type, text) == 0;
    return same ? FIT_SAME : takes(own, &is) ? FIT_TAKES : FIT_NOT;
}

/* --- facts --- */

typedef void take_row(struct facts *facts, MYSQL_ROW row);

static void take_kind(struct facts *facts, MYSQL_ROW row)
{
    if (strcmp(row[0], "VIEW") == 0)
        facts->other = "view";
    else if (strcmp(row[0], "SYSTEM VERSIONED") == 0)
        facts->hinders = "has SYSTEM VERSIONING, and a new world has no history of the old one";
    else if (row[1] == NULL || strcasecmp(row[1], "InnoDB") != 0)
        facts->hinders = "is not of the engine InnoDB, without which a batch is not written as a "
                         "whole or not at all";
}

static void take_column(struct facts *facts, MYSQL_ROW row)
{
    bool preset = row[3] != NULL && strcasecmp(row[3], "NULL") != 0;
    struct fact_column *column = facts_add_column(facts, row[0], row[1], preset ? row[3] : NULL);
    const struct schema_column *own = facts_own_column(facts->table, row[0]);
    column->must = strcmp(row[2], "NO") == 0;
    column->numbered = strcasestr(row[4], "auto_increment") != NULL;
    column->follows_updates = strcasestr(row[4], "on update") != NULL;
    column->generated = strcasestr(row[4], "VIRTUAL") != NULL ||
                        strcasestr(row[4], "STORED") != NULL ||
                        strcasestr(row[4], "PERSISTENT") != NULL;
    column->fit = own != NULL ? fit_of(own, row[1]) : FIT_SAME;
}

static void take_index(struct facts *facts, MYSQL_ROW row)
{
    enum fact_kind kind = strcmp(row[0], "PRIMARY") == 0 ? FACT_PRIMARY
                          : strcmp(row[1], "0") == 0     ? FACT_UNIQUE
                                                         : FACT_INDEX;
    facts_add_entry(facts, kind, row[0], row[2] != NULL ? row[2] : "", NULL);
}

static void take_check(struct facts *facts, MYSQL_ROW row)
{
    facts_add_entry(facts, FACT_CHECK, row[0], "", NULL);
}

static void take_key(struct facts *facts, MYSQL_ROW row)
{
    facts_add_entry(facts, FACT_FOREIGN_KEY, row[0], row[1], row[2]);
}

static void take_rows(struct facts *facts, MYSQL_ROW row)
{
    facts->has_rows = strcmp(row[0], "0") != 0;
}

#define OF_TABLE " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"

static const struct {
    const char *sql;
    take_row *take;
} questions[] = {
    {"SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES" OF_TABLE, take_kind},
    {"SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA FROM "
     "information_schema.COLUMNS" OF_TABLE " ORDER BY ORDINAL_POSITION",
     take_column},
    {"SELECT INDEX_NAME, NON_UNIQUE, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR "
     "', ') FROM information_schema.STATISTICS" OF_TABLE
     " GROUP BY INDEX_NAME, NON_UNIQUE ORDER BY INDEX_NAME",
     take_index},
    {"SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS" OF_TABLE
     " AND CONSTRAINT_TYPE = 'CHECK' ORDER BY CONSTRAINT_NAME",
     take_check},
    {"SELECT CONSTRAINT_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION SEPARATOR ', '), "
     "IF(REFERENCED_TABLE_SCHEMA = DATABASE(), REFERENCED_TABLE_NAME, "
     "CONCAT(REFERENCED_TABLE_SCHEMA, '.', REFERENCED_TABLE_NAME)) FROM "
     "information_schema.KEY_COLUMN_USAGE" OF_TABLE
     " AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, "
     "REFERENCED_TABLE_NAME",
     take_key},
};

/* `sql` is taken. */
static int each_row(struct maria *maria, char *sql, struct facts *facts, take_row *take,
                    bool *ret_any, struct fault *fault)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    struct cell name = maria_cell_text(facts->table->name);
    int r = maria_ask(maria, sql, &name, strchr(sql, '?') != NULL ? 1 : 0, &result, fault);
    *ret_any = false;
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL) {
        *ret_any = true;
        take(facts, row);
    }
    mysql_free_result(result);
    return 0;
}

static int read_facts(struct maria *maria, struct facts *facts, bool *ret_there,
                      struct fault *fault)
{
    bool any = false;
    int r = each_row(maria, mem_text(questions[0].sql), facts, questions[0].take, ret_there, fault);
    if (r != 0 || !*ret_there || facts->other != NULL)
        return r;
    for (size_t i = 1; r == 0 && i < sizeof questions / sizeof *questions; i++)
        r = each_row(maria, mem_text(questions[i].sql), facts, questions[i].take, &any, fault);
    if (r == 0)
        r = each_row(maria, mem_format("SELECT EXISTS (SELECT 1 FROM %s)", facts->table->name),
                     facts, take_rows, &any, fault);
    return r;
}

/* What the table's types or character sets do not allow stays away: verify notes it. */
static int complete(struct maria *maria, const char *table, char *what, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    char *sql = mem_format("ALTER TABLE %s ADD %s", sql_name(SQL_SHADOW, table, name), what);
    free(what);
    int r = maria_do(maria, sql, NULL, 0, fault);
    return r == -EPROTO ? 0 : r;
}

int maria_difference_complete(struct maria *maria, const struct schema_table *table,
                              struct fault *fault)
{
    struct facts facts = {.table = table, .exact = true};
    char parent[SQL_NAME_MAX];
    bool there = false;
    int r = read_facts(maria, &facts, &there, fault);
    for (size_t i = 0; r == 0 && i < SCHEMA_INDEXES; i++)
        if (strcmp(schema_indexes[i].table, table->name) == 0 &&
            !facts_have_index(&facts, schema_indexes[i].columns))
            r = complete(
                maria, table->name,
                mem_format("INDEX %s (%s)", schema_indexes[i].name, schema_indexes[i].columns),
                fault);
    if (r == 0 && !facts_have_parent(&facts))
        r = complete(maria, table->name,
                     mem_format("FOREIGN KEY (customer_id) REFERENCES %s (customer_id)",
                                sql_name(SQL_SHADOW, schema_tables[0].name, parent)),
                     fault);
    facts_done(&facts);
    return r;
}

static int tell_table(struct maria *maria, const struct schema_table *table,
                      const struct fill *fill, store_difference_visitor *visit, void *context,
                      struct fault *fault)
{
    struct facts facts = {.table = table, .exact = true};
    bool there = false;
    int r = read_facts(maria, &facts, &there, fault);
    if (r == 0 && there)
        r = difference_tell(&facts, fill, visit, context);
    facts_done(&facts);
    return r;
}

int maria_differences(struct maria *maria, const struct fill *fills,
                      store_difference_visitor *visit, void *context, struct fault *fault)
{
    struct fault why = {.text = ""};
    int r = 0;
    for (size_t i = 0; r == 0 && i < SQL_LIKED; i++)
        r = tell_table(maria, schema_readable(sql_liked(i)),
                       fills != NULL && i < SCHEMA_TABLES ? &fills[i] : NULL, visit, context,
                       fault);
    if (r != 0)
        return r;
    r = maria_swap_check(maria, &why);
    if (r == -EPERM)
        return difference_strangers(why.text, visit, context);
    return r != 0 ? fault_set(fault, r, "%s", why.text) : 0;
}
