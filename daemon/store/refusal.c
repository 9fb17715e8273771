#include "store/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/schema.h"
#include "store/sql.h"

#define TEXT_MAX 400
#define REBUILD  "SQLite cannot change a column: make the table again with "

/* What the section of the five tables in the configuration has for it. */
enum offer { NOTHING, FILL, SKIP };
static const char *const offers[] = {
    [NOTHING] = "",
    [FILL] = ", or give it a constant with fill = $n:... in the section [table $t] of credd's "
             "configuration",
    [SKIP] = ", or let credd skip such rows with refuse = skip in the section [table $t] of its "
             "configuration",
};

/* $t is the table, $n the name, $e the entry that needs it, $y the type that credd's column of that
 * name has, $v what the column is filled with. */
static const struct {
    const char *what;    /* is the matter */
    const char *unnamed; /* the same without a name; NULL: there always is one */
    const char *helps;   /* where columns can be altered */
    const char *rebuild; /* where they cannot; NULL: the same */
    enum offer offer;
} sentences[REFUSAL_KINDS] = {
    [REFUSAL_NO_DEFAULT] = {"the column $n must have a value and has no default", NULL,
                            "ALTER TABLE $t ALTER $n SET DEFAULT ...",
                            REBUILD "'$n ... DEFAULT ...', or ALTER TABLE $t DROP COLUMN $n", FILL},
    [REFUSAL_NO_COLUMN] = {"the column $n is missing", NULL,
                           "rename it back, or ALTER TABLE $t ADD COLUMN $n $y", NULL, NOTHING},
    [REFUSAL_NO_TABLE] = {"the table $n is missing", NULL,
                          "rename it back, or put it back from a backup", NULL, NOTHING},
    [REFUSAL_GENERATED] = {"the column $n is generated", "a column of credd's is generated",
                           "ALTER TABLE $t MODIFY $n $y", REBUILD "'$n $y'", NOTHING},
    [REFUSAL_VALUE] = {"the column $n rejects the value", "a column rejects its value",
                       "ALTER TABLE $t MODIFY $n $y", REBUILD "'$n $y'", NOTHING},
    [REFUSAL_TYPE] = {"the column $n is $e, which would change credd's values", NULL,
                      "ALTER TABLE $t MODIFY $n $y", REBUILD "'$n $y'", NOTHING},
    [REFUSAL_CHECK] = {"the CHECK $n rejects it", "a CHECK rejects it",
                       "ALTER TABLE $t DROP CONSTRAINT $n",
                       "make the table again without the constraint", SKIP},
    [REFUSAL_UNIQUE] = {"the UNIQUE key $n has its value already",
                        "a UNIQUE key has its value already", "ALTER TABLE $t DROP INDEX $n",
                        "drop the unique index, or make the table again without it", SKIP},
    [REFUSAL_FOREIGN_KEY] = {"the foreign key $n rejects it", "a foreign key rejects it",
                             "ALTER TABLE $t DROP FOREIGN KEY $n, or insert what it refers to",
                             "insert what it refers to, or make the table again without it",
                             NOTHING},
    [REFUSAL_TRIGGER] = {NULL, "a trigger rejects it", "change or drop the trigger", NULL, SKIP},
    [REFUSAL_ROLLED_BACK] = {NULL, "a trigger or constraint rolls the whole transaction back",
                             "let it RAISE(ABORT) instead, or drop it", NULL, NOTHING},
    [REFUSAL_FILL] = {"the column $n rejects $v, which fill in the section [table $t] of the "
                      "configuration gives it",
                      NULL, "change fill there and run credctl reload, or change the column", NULL,
                      NOTHING},
    [REFUSAL_PARTITION] = {NULL, "it has no partition for its value",
                           "ALTER TABLE $t ADD PARTITION (PARTITION ... VALUES ...), or ALTER "
                           "TABLE $t REMOVE PARTITIONING",
                           NULL, NOTHING},
    [REFUSAL_FUNCTION] = {"something in it calls the function $n, which is not there",
                          "something in it calls a function that is not there",
                          "create the function, or drop the trigger, default, CHECK or generated "
                          "column that calls it",
                          NULL, NOTHING},
    [REFUSAL_ENTRY_NEEDS] = {"the $e needs the $n, which is not known to credd's connection", NULL,
                             "DROP $e", NULL, NOTHING},
    [REFUSAL_TABLE_NEEDS] = {"its definition, or what a trigger of it does, needs the $n, which is "
                             "not known to credd's connection",
                             NULL, "make the table again without it", NULL, NOTHING},
    [REFUSAL_OTHER] = {NULL, "credd does not know why", "see what was changed in it", NULL,
                       NOTHING},
};

bool refusal_is_of_value(enum refusal_kind kind)
{
    return kind == REFUSAL_CHECK || kind == REFUSAL_UNIQUE || kind == REFUSAL_TRIGGER;
}

bool refusal_is_of_row(enum refusal_kind kind)
{
    return refusal_is_of_value(kind) || kind == REFUSAL_FOREIGN_KEY || kind == REFUSAL_VALUE ||
           kind == REFUSAL_PARTITION || kind == REFUSAL_OTHER;
}

/* NULL if credd has no such column there. */
static const struct schema_column *own_column(const struct refusal *refusal)
{
    const struct schema_table *table = schema_readable(refusal->table);
    for (unsigned i = 0; table != NULL && i < table->count; i++)
        if (strcmp(table->columns[i].name, refusal->name) == 0)
            return &table->columns[i];
    return NULL;
}

/* To be given in ALTER TABLE. A TIMESTAMP of which no more is said may be one that changes with
 * each update of its row; SQLite adds no column with a default that is not constant. */
static const char *own_type(const struct refusal *refusal, bool alters)
{
    const struct schema_column *own = own_column(refusal);
    if (own == NULL || own->kind != CELL_TIME || !alters)
        return own != NULL ? own->type : NULL;
    return strcmp(refusal->table, SCHEMA_STATUS) == 0 ? "TIMESTAMP NOT NULL"
                                                      : "TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP";
}

/* As the configuration has it. */
static const char *fill_text(const struct refusal *refusal, char buffer[FILL_VALUE_MAX + 3])
{
    const struct fill_column *column = fill_find(refusal->fill, refusal->name);
    const char *quote = column != NULL && column->kind == FILL_TEXT ? "'" : "";
    (void)snprintf(buffer, FILL_VALUE_MAX + 3, "%s%s%s", quote, column != NULL ? column->value : "",
                   quote);
    return buffer;
}

static void expand(const char *text, const struct refusal *refusal, bool alters, char out[TEXT_MAX])
{
    const char *type = own_type(refusal, alters);
    char value[FILL_VALUE_MAX + 3];
    size_t used = 0;
    for (; *text != '\0' && used + 1 < TEXT_MAX; text++) {
        const char *part = NULL;
        if (*text == '$') {
            text++;
            part = *text == 't'   ? refusal->table
                   : *text == 'n' ? refusal->name
                   : *text == 'e' ? refusal->entry
                   : *text == 'v' ? fill_text(refusal, value)
                                  : type;
        }
        if (part != NULL)
            used += (size_t)snprintf(out + used, TEXT_MAX - used, "%s", part);
        else
            out[used++] = *text;
    }
    out[used < TEXT_MAX ? used : TEXT_MAX - 1] = '\0';
}

/* What is missing or does not fit and is none of credd's belongs to a trigger, a default or a
 * constraint of the application's. */
static enum refusal_kind told_as(const struct refusal *refusal)
{
    enum refusal_kind kind = refusal->kind;
    bool by_name = kind == REFUSAL_NO_COLUMN || kind == REFUSAL_VALUE || kind == REFUSAL_GENERATED;
    if ((by_name || kind == REFUSAL_NO_DEFAULT) && fill_find(refusal->fill, refusal->name) != NULL)
        return REFUSAL_FILL;
    bool lacks = kind == REFUSAL_NO_TABLE && schema_table(refusal->name) == NULL;
    return (by_name && own_column(refusal) == NULL) || lacks ? REFUSAL_OTHER : kind;
}

int refusal_fault(const struct refusal *refusal, bool alters, struct fault *fault)
{
    enum refusal_kind kind = told_as(refusal);
    const char *named = refusal->name[0] != '\0' ? sentences[kind].what : NULL;
    const char *rebuild = alters ? NULL : sentences[kind].rebuild;
    char what[TEXT_MAX], helps[TEXT_MAX], row[80] = "rows";
    bool one = refusal->key != NULL && refusal_is_of_row(kind);
    bool has_section = schema_table(refusal->table) != NULL; /* credd_status has none */
    expand(named != NULL ? named : sentences[kind].unnamed, refusal, alters, what);
    char *remedy = mem_format("%s%s", rebuild != NULL ? rebuild : sentences[kind].helps,
                              offers[has_section ? sentences[kind].offer : NOTHING]);
    expand(remedy, refusal, alters, helps);
    free(remedy);
    if (one)
        (void)snprintf(row, sizeof row, "row %.60s", refusal->key);
    char *said = sql_as_known(refusal->said != NULL ? refusal->said : "", NULL, NULL);
    sql_living(said);
    int code = fault_set(
        fault, -EPROTOTYPE, "the table %s rejects credd's %s: %s; to fix it: %s%s%.250s%s",
        refusal->table, row, what, helps, said[0] != '\0' ? " (the database said: " : "", said,
        said[0] != '\0' ? ")" : "");
    free(said);
    return code;
}

int refusal_of_type(const char *table, const char *column, const char *type,
                    const struct fill *fill, bool alters, struct fault *fault)
{
    char said[144];
    struct refusal refusal = {.kind = REFUSAL_TYPE, .table = table, .fill = fill};
    (void)snprintf(refusal.name, sizeof refusal.name, "%s", column);
    (void)snprintf(refusal.entry, sizeof refusal.entry, "%s", type);
    if (fill != NULL) {
        (void)snprintf(said, sizeof said, "nothing, but %.60s is %.60s", column, type);
        refusal.kind = REFUSAL_FILL;
        refusal.said = said;
    }
    return refusal_fault(&refusal, alters, fault);
}
