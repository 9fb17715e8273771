#include "store/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/schema.h"
#include "store/sql.h"

#define SKIPS                                                                                 \
    ", or let credd leave such rows out with refuse = skip in the section [table $s] of its " \
    "configuration"
#define FILLS                                                                          \
    ", or give it a constant with fill = $n:... in the section [table $t] of credd's " \
    "configuration"
#define REBUILD "SQLite cannot change a column: make the table again with "
#define CALLED  "the trigger, default, CHECK or generated column that calls it"

/* $t is the table, $s the one whose section of the configuration it obeys, $n the name, $q the same
 * as a statement needs it, $e and $d so the entry that needs it, $k its kind, $y the type that
 * credd's column of that name has, $v what the column is filled with. */
static const struct {
    const char *what;    /* is the matter */
    const char *unnamed; /* the same without a name; NULL: there always is one */
    const char *helps;   /* where columns can be altered */
    const char *rebuild; /* where they cannot; NULL: the same */
} sentences[REFUSAL_KINDS] = {
    [REFUSAL_NO_DEFAULT] = {"the column $n must have a value and has no default", NULL,
                            "ALTER TABLE $t ALTER $q SET DEFAULT ...",
                            REBUILD "'$q ... DEFAULT ...', or ALTER TABLE $t DROP COLUMN $q"},
    [REFUSAL_NO_COLUMN] = {"the column $n is missing", NULL,
                           "rename it back, or ALTER TABLE $t ADD COLUMN $q $y", NULL},
    [REFUSAL_NO_TABLE] = {"the table $n is missing", NULL,
                          "rename it back, or put it back from a backup", NULL},
    [REFUSAL_GENERATED] = {"the column $n is generated", "a column of credd's is generated",
                           "ALTER TABLE $t DROP COLUMN $q, ADD COLUMN $q $y", REBUILD "'$q $y'"},
    [REFUSAL_VALUE] = {"the column $n does not take the value", "a column does not take its value",
                       "ALTER TABLE $t MODIFY $q $y", REBUILD "'$q $y'"},
    [REFUSAL_CHECK] = {"the CHECK $n refuses it", "a CHECK refuses it",
                       "ALTER TABLE $t DROP CONSTRAINT $q" SKIPS,
                       "make the table again without the constraint" SKIPS},
    [REFUSAL_COLUMN_CHECK] = {"the CHECK of the column $n refuses it", NULL,
                              "ALTER TABLE $t MODIFY $q $y (without its CHECK)" SKIPS, NULL},
    [REFUSAL_UNIQUE] = {"the UNIQUE key $n has its value already", "a UNIQUE key has its value",
                        "ALTER TABLE $t DROP INDEX $q" SKIPS,
                        "drop the unique index, or make the table again without it" SKIPS},
    [REFUSAL_FOREIGN_KEY] = {"the foreign key $n refuses it", "a foreign key refuses it",
                             "ALTER TABLE $t DROP FOREIGN KEY $q, or insert what it refers to",
                             "insert what it refers to, or make the table again without it"},
    [REFUSAL_VIEW] = {NULL, "a view stands in its place",
                      "drop the view, and rename the table back", NULL},
    [REFUSAL_TRIGGER] = {NULL, "a trigger refuses it", "change or drop the trigger" SKIPS, NULL},
    [REFUSAL_ELSEWHERE] = {NULL, "what a trigger does in another table fails",
                           "change or drop the trigger", NULL},
    [REFUSAL_VALUE_ELSEWHERE] = {NULL, "what a trigger does in another table fails",
                                 "change or drop the trigger" SKIPS, NULL},
    [REFUSAL_ROLLED_BACK] = {NULL, "a trigger or constraint rolls the whole transaction back",
                             "let it RAISE(ABORT) instead, or drop it", NULL},
    [REFUSAL_FILL] = {"the column $n does not take $v, which fill in the section [table $t] of the "
                      "configuration gives it",
                      NULL, "change fill there and run credctl reload, or change the column", NULL},
    [REFUSAL_PARTITION] = {NULL, "it has no partition for its value",
                           "ALTER TABLE $t ADD PARTITION (PARTITION ... VALUES ...), or ALTER "
                           "TABLE $t REMOVE PARTITIONING",
                           NULL},
    [REFUSAL_FUNCTION] = {"something in it calls the function $n, which is not there",
                          "something in it calls a procedure that is not there",
                          "create it, or drop " CALLED, NULL},
    [REFUSAL_ENTRY_NEEDS] = {"the $k $e needs the $n, which is not known to credd's connection",
                             NULL, "DROP $k $d", NULL},
    [REFUSAL_TABLE_NEEDS] = {"its definition, or what a trigger of it does, needs the $n, which is "
                             "not known to credd's connection",
                             NULL, "make the table again without it", NULL},
    [REFUSAL_NO_PARENT] = {"its column $e refers to the table $n, which is missing", NULL,
                           "rename that back, or make the table again with a reference to the "
                           "right one",
                           NULL},
    [REFUSAL_OTHER] = {NULL, "the database refuses the statement", "see what was changed in it",
                       NULL},
};

bool refusal_is_of_value(enum refusal_kind kind)
{
    return kind == REFUSAL_CHECK || kind == REFUSAL_COLUMN_CHECK || kind == REFUSAL_UNIQUE ||
           kind == REFUSAL_TRIGGER || kind == REFUSAL_VALUE_ELSEWHERE;
}

bool refusal_is_of_row(enum refusal_kind kind)
{
    return refusal_is_of_value(kind) || kind == REFUSAL_FOREIGN_KEY || kind == REFUSAL_VALUE ||
           kind == REFUSAL_PARTITION || kind == REFUSAL_OTHER || kind == REFUSAL_ELSEWHERE;
}

void refusal_elsewhere(struct refusal *refusal)
{
    refusal->kind =
        refusal_is_of_value(refusal->kind) ? REFUSAL_VALUE_ELSEWHERE : REFUSAL_ELSEWHERE;
}

/* NULL if credd has no such column there. */
static const char *own_type(const struct refusal *refusal)
{
    const struct schema_table *table = schema_readable(refusal->table);
    for (unsigned i = 0; table != NULL && i < table->count; i++)
        if (strcasecmp(table->columns[i].name, refusal->name) == 0)
            return table->columns[i].type;
    return NULL;
}

/* As the configuration has it. */
static void put_fill(FILE *out, const struct refusal *refusal)
{
    const struct fill_column *column = fill_find(refusal->fill, refusal->name);
    const char *quote = column != NULL && column->kind == FILL_TEXT ? "'" : "";
    (void)fprintf(out, "%s%s%s", quote, column != NULL ? column->value : "", quote);
}

/* A name of the application's may be a word of the language, or have any letter in it. */
static void put_quoted(FILE *out, const char *name, char quote)
{
    (void)fputc(quote, out);
    for (; *name != '\0'; name++) {
        if (*name == quote)
            (void)fputc(quote, out);
        (void)fputc(*name, out);
    }
    (void)fputc(quote, out);
}

static void put_part(FILE *out, char part, const struct refusal *refusal, char quote)
{
    const char *type = own_type(refusal);
    bool status = strcmp(refusal->table, SCHEMA_STATUS) == 0;
    switch (part) {
    case 't': (void)fputs(refusal->table, out); break;
    case 's': (void)fputs(status ? "loan_applications" : refusal->table, out); break;
    case 'n': (void)fputs(refusal->name, out); break;
    case 'e': (void)fputs(refusal->entry, out); break;
    case 'k': (void)fputs(refusal->entry_kind, out); break;
    case 'd': put_quoted(out, refusal->entry, quote); break;
    case 'v': put_fill(out, refusal); break;
    case 'y': (void)fputs(type != NULL ? type : "...", out); break;
    default:
        if (type != NULL)
            (void)fputs(refusal->name, out);
        else
            put_quoted(out, refusal->name, quote);
    }
}

static char *expand(const char *text, const struct refusal *refusal, char quote)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    if (stream == NULL)
        abort();
    for (; *text != '\0'; text++) {
        if (*text == '$')
            put_part(stream, *++text, refusal, quote);
        else
            (void)fputc(*text, stream);
    }
    if (fclose(stream) != 0)
        abort();
    return out;
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
    return (by_name && own_type(refusal) == NULL) || lacks ? REFUSAL_OTHER : kind;
}

/* credd_status has no section of its own, and fill no way to write some names. */
static const char *more_help(const struct refusal *refusal, enum refusal_kind kind)
{
    bool fills = kind == REFUSAL_NO_DEFAULT && schema_table(refusal->table) != NULL &&
                 fill_can_name(refusal->name);
    return fills ? FILLS : "";
}

int refusal_fault(const struct refusal *refusal, bool alters, struct fault *fault)
{
    enum refusal_kind kind = told_as(refusal);
    const char *named = refusal->name[0] != '\0' ? sentences[kind].what : NULL;
    const char *rebuild = alters ? NULL : sentences[kind].rebuild;
    char row[80] = "rows", quote = alters ? '`' : '"';
    bool one = refusal->key != NULL && refusal_is_of_row(kind);
    char *what = expand(named != NULL ? named : sentences[kind].unnamed, refusal, quote);
    char *helps = expand(rebuild != NULL ? rebuild : sentences[kind].helps, refusal, quote);
    char *more = expand(more_help(refusal, kind), refusal, quote);
    if (one)
        (void)snprintf(row, sizeof row, "row %.60s", refusal->key);
    char *said = sql_as_known(refusal->said, NULL, NULL);
    sql_living(said);
    int code = fault_set(fault, -EPROTOTYPE,
                         "the table %s does not take credd's %s: %.400s; to fix it: %.400s%.200s "
                         "(the database said: %.250s)",
                         refusal->table, row, what, helps, more, said);
    free(said);
    free(more);
    free(helps);
    free(what);
    return code;
}
