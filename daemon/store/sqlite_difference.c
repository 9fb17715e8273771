/* SQLite: what there is to say of a table, and whether its columns take what credd writes. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/difference.h"
#include "store/sqlite.h"

/* --- types --- */

/* Upper case without blanks, and the names that SQLite and people use for the same type made one.
 */
static void plain_type(const char *type, char *ret, size_t room)
{
    static const char *const same[][2] = {{"INT", "INTEGER"}, {"NUMERIC(", "DECIMAL("}};
    char plain[64];
    size_t used = 0;
    for (; *type != '\0' && used < sizeof plain - 1; type++) {
        if (*type != ' ')
            plain[used++] = (char)toupper((unsigned char)*type);
    }
    plain[used] = '\0';
    (void)snprintf(ret, room, "%s", plain);
    if (strcmp(plain, same[0][0]) == 0)
        (void)snprintf(ret, room, "%s", same[0][1]);
    else if (strncmp(plain, same[1][0], strlen(same[1][0])) == 0)
        (void)snprintf(ret, room, "%s%s", same[1][1], plain + strlen(same[1][0]));
}

/* A STRICT table takes only what its types are for; decimals, dates and times are written as texts.
 */
static bool takes_strictly(enum cell_kind kind, const char *type)
{
    if (strcmp(type, "ANY") == 0 || strcmp(type, "TEXT") == 0)
        return true;
    if (kind == CELL_INTEGER)
        return strcmp(type, "INTEGER") == 0 || strcmp(type, "REAL") == 0;
    return kind == CELL_DECIMAL && strcmp(type, "REAL") == 0;
}

/* Where numbers are kept, a text of digits becomes one: "01234" is 1234 then. */
static bool takes(enum cell_kind kind, const char *type)
{
    return kind != CELL_TEXT || !sqlite_makes_numbers(type, false);
}

static enum difference_fit fit_of(const struct schema_column *own, const char *type, bool strict)
{
    char plain[64];
    plain_type(type, plain, sizeof plain);
    if (strict)
        return takes_strictly(own->kind, plain) ? FIT_TAKES : FIT_NOT;
    if (strcmp(plain, own->type) == 0)
        return FIT_SAME;
    return takes(own->kind, plain) ? FIT_TAKES : FIT_NOT;
}

/* --- facts --- */

struct reading {
    struct sqlite *self;
    sqlite3 *db;
    struct facts *facts;
    bool strict, has_rowid;
    char *keys; /* columns of the primary key */
};

typedef void take_row(struct reading *reading, sqlite3_stmt *row);

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

/* `sql` is taken. */
static int each_row(struct reading *reading, char *sql, take_row *take, struct fault *fault)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(reading->db, sql, -1, &statement, NULL);
    free(sql);
    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
            take(reading, statement);
    int code = rc != SQLITE_DONE ? sqlite_error(reading->self, reading->db, rc,
                                                "reading how tables are defined", fault)
                                 : 0;
    (void)sqlite3_finalize(statement);
    return code;
}

static void take_kind(struct reading *reading, sqlite3_stmt *row)
{
    reading->strict = sqlite3_column_int(row, 1) != 0;
    reading->has_rowid = sqlite3_column_int(row, 2) == 0;
    if (strcmp(text_at(row, 0), "table") != 0)
        reading->facts->other = strcmp(text_at(row, 0), "view") == 0 ? "view" : "virtual table";
}

static void take_column(struct reading *reading, sqlite3_stmt *row)
{
    const char *name = text_at(row, 0), *type = text_at(row, 1);
    type = type != NULL ? type : "";
    struct fact_column *column = facts_add_column(reading->facts, name, type, text_at(row, 3));
    const struct schema_column *own = facts_own_column(reading->facts->table, name);
    bool no_default = column->preset != NULL && strcasecmp(column->preset, "NULL") == 0;
    if (no_default) {
        free(column->preset);
        column->preset = NULL;
    }
    column->must = sqlite3_column_int(row, 2) != 0;
    column->generated = sqlite3_column_int(row, 5) > 1;
    column->fit = own != NULL ? fit_of(own, type, reading->strict) : FIT_SAME;
    if (sqlite3_column_int(row, 4) == 0)
        return;
    char *more = mem_format("%s%s%s", reading->keys != NULL ? reading->keys : "",
                            reading->keys != NULL ? ", " : "", name);
    free(reading->keys);
    reading->keys = more;
}

static void take_index(struct reading *reading, sqlite3_stmt *row)
{
    const char *columns = text_at(row, 2);
    facts_add_entry(reading->facts, sqlite3_column_int(row, 1) != 0 ? FACT_UNIQUE : FACT_INDEX,
                    text_at(row, 0), columns != NULL ? columns : "", NULL);
}

static void take_key(struct reading *reading, sqlite3_stmt *row)
{
    facts_add_entry(reading->facts, FACT_FOREIGN_KEY, text_at(row, 0), text_at(row, 0),
                    text_at(row, 1));
}

static void take_trigger(struct reading *reading, sqlite3_stmt *row)
{
    facts_add_entry(reading->facts, FACT_TRIGGER, text_at(row, 0), "", NULL);
}

static void take_check(struct reading *reading, sqlite3_stmt *row)
{
    (void)row;
    facts_add_entry(reading->facts, FACT_CHECK, "CHECK", "", NULL);
}

static void take_rows(struct reading *reading, sqlite3_stmt *row)
{
    reading->facts->has_rows = sqlite3_column_int(row, 0) != 0;
}

/* An INTEGER that is the whole PRIMARY KEY is the row's number, which SQLite gives. */
static void find_numbered(struct reading *reading)
{
    struct facts *facts = reading->facts;
    for (size_t i = 0; i < facts->column_count && reading->has_rowid; i++)
        facts->columns[i].numbered = strcmp(facts->columns[i].name, reading->keys) == 0 &&
                                     strcasecmp(facts->columns[i].type, "INTEGER") == 0;
}

/* The order of pragma_table_xinfo's columns is not that of the key's where it has several. */
static int read_facts(struct reading *reading, const char *table, struct fault *fault)
{
    static const struct {
        const char *sql;
        take_row *take;
    } questions[] = {
        {"SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('%s')",
         take_column},
        {"SELECT l.name, l.\"unique\", (SELECT group_concat(coalesce(i.name, '(expression)'), "
         "', ') FROM pragma_index_info(l.name) AS i) FROM pragma_index_list('%s') AS l WHERE "
         "l.origin <> 'pk'",
         take_index},
        {"SELECT group_concat(\"from\", ', '), \"table\" FROM pragma_foreign_key_list('%s') GROUP "
         "BY id",
         take_key},
        {"SELECT name FROM sqlite_master WHERE type = 'trigger' AND lower(tbl_name) = '%s'",
         take_trigger},
        {"SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = '%s' AND (upper(sql) "
         "GLOB '*[ ,(	\n]CHECK[ (	\n]*')",
         take_check},
        {"SELECT EXISTS (SELECT 1 FROM %s)", take_rows},
    };
    int rc = each_row(reading,
                      mem_format("SELECT type, strict, wr FROM pragma_table_list('%s') WHERE "
                                 "schema = 'main'",
                                 table),
                      take_kind, fault);
    for (size_t i = 0;
         rc == 0 && reading->facts->other == NULL && i < sizeof questions / sizeof *questions;
         i++) {
        const char *mark = strstr(questions[i].sql, "%s");
        rc = each_row(reading,
                      mem_format("%.*s%s%s", (int)(mark - questions[i].sql), questions[i].sql,
                                 table, mark + 2),
                      questions[i].take, fault);
    }
    if (reading->keys != NULL) {
        find_numbered(reading);
        facts_add_entry(reading->facts, FACT_PRIMARY, "PRIMARY KEY", reading->keys, NULL);
    }
    free(reading->keys);
    return rc;
}

int sqlite_difference_indexes(struct sqlite *self, const char *table, unsigned *ret_lacks,
                              struct fault *fault)
{
    struct facts facts = {.table = schema_readable(table)};
    struct reading reading = {.self = self, .db = self->db, .facts = &facts};
    int rc = read_facts(&reading, table, fault);
    *ret_lacks = 0;
    for (size_t i = 0; rc == 0 && i < SCHEMA_INDEXES; i++)
        if (strcmp(schema_indexes[i].table, table) == 0 &&
            !facts_have_index(&facts, schema_indexes[i].columns))
            *ret_lacks |= 1u << i;
    facts_done(&facts);
    return rc;
}

static int tell_table(struct sqlite *self, sqlite3 *db, const struct schema_table *table,
                      const struct fill *fill, store_difference_visitor *visit, void *context,
                      struct fault *fault)
{
    bool there = false;
    int rc = sqlite_look_table(self, db, table->name, &there, fault);
    if (rc != 0 || !there)
        return rc;
    struct facts facts = {.table = table};
    struct reading reading = {.self = self, .db = db, .facts = &facts};
    rc = read_facts(&reading, table->name, fault);
    if (rc == 0)
        rc = difference_tell(&facts, fill, visit, context);
    facts_done(&facts);
    return rc;
}

int sqlite_difference_each(struct sqlite *self, sqlite3 *db, const struct fill *fills,
                           store_difference_visitor *visit, void *context, struct fault *fault)
{
    struct fault why = {.text = ""};
    int rc = 0;
    for (size_t i = 0; i < SQL_LIKED && rc == 0; i++)
        rc = tell_table(self, db, schema_readable(sql_liked(i)),
                        fills != NULL && i < SCHEMA_TABLES ? &fills[i] : NULL, visit, context,
                        fault);
    if (rc != 0)
        return rc;
    rc = sqlite_strangers(self, db, &why);
    if (rc == -EPERM)
        return difference_strangers(why.text, visit, context);
    return rc != 0 ? fault_set(fault, rc, "%s", why.text) : 0;
}

int sqlite_differences(struct sqlite *self, const struct fill *fills,
                       store_difference_visitor *visit, void *context, struct fault *fault)
{
    struct sqlite_peek *peek = NULL;
    sqlite3 *db = self->db;
    int rc = db == NULL ? sqlite_peek_open(self, &peek, &db, fault) : 0;
    if (rc == 0)
        rc = sqlite_difference_each(self, db, fills, visit, context, fault);
    sqlite_peek_close(peek);
    return rc;
}
