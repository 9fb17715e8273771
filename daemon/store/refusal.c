#include "store/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/schema.h"
#include "store/sql.h"

#define REBUILD "SQLite cannot change a column: make the table again with "
#define CALLED  "the trigger, default, CHECK or generated column that calls it"

/* What the section of the five tables in the configuration has for it. */
enum offer { NOTHING, FILL, SKIP };
static const char *const offers[] = {
    [NOTHING] = "",
    [FILL] = ", or give it a constant with fill = $n:... in the section [table $t] of credd's "
             "configuration",
    [SKIP] = ", or let credd skip such rows with refuse = skip in the section [table $t] of its "
             "configuration",
};

/* $t is the table, $n the name, $q the same as a statement needs it, $e and $d so the entry that
 * needs it, $k its kind, $y the type that credd's column of that name has, $v what the column is
 * filled with. */
static const struct {
    const char *what;    /* is the matter */
    const char *unnamed; /* the same without a name; NULL: there always is one */
    const char *helps;   /* where columns can be altered */
    const char *rebuild; /* where they cannot; NULL: the same */
    enum offer offer;
} sentences[REFUSAL_KINDS] = {
    [REFUSAL_NO_DEFAULT] = {"the column $n must have a value and has no default", NULL,
                            "ALTER TABLE $t ALTER $q SET DEFAULT ...",
                            REBUILD "'$q ... DEFAULT ...', or ALTER TABLE $t DROP COLUMN $q", FILL},
    [REFUSAL_NO_COLUMN] = {"the column $n is missing", NULL,
                           "rename it back, or ALTER TABLE $t ADD COLUMN $q $y", NULL, NOTHING},
    [REFUSAL_NO_TABLE] = {"the table $n is missing", NULL,
                          "rename it back, or put it back from a backup", NULL, NOTHING},
    [REFUSAL_GENERATED] = {"the column $n is generated", "a column of credd's is generated",
                           "ALTER TABLE $t DROP COLUMN $q, ADD COLUMN $q $y", REBUILD "'$q $y'",
                           NOTHING},
    [REFUSAL_VALUE] = {"the column $n rejects the value", "a column rejects its value",
                       "ALTER TABLE $t MODIFY $q $y", REBUILD "'$q $y'", NOTHING},
    [REFUSAL_TYPE] = {"the column $n is $e, which would change credd's values", NULL,
                      "ALTER TABLE $t MODIFY $q $y", REBUILD "'$q $y'", NOTHING},
    [REFUSAL_CHECK] = {"the CHECK $n rejects it", "a CHECK rejects it",
                       "ALTER TABLE $t DROP CONSTRAINT $q",
                       "make the table again without the constraint", SKIP},
    [REFUSAL_COLUMN_CHECK] = {"the CHECK of the column $n rejects it", NULL,
                              "ALTER TABLE $t MODIFY $q $y (without its CHECK)", NULL, SKIP},
    [REFUSAL_UNIQUE] = {"the UNIQUE key $n has its value already",
                        "a UNIQUE key has its value already", "ALTER TABLE $t DROP INDEX $q",
                        "drop the unique index, or make the table again without it", SKIP},
    [REFUSAL_FOREIGN_KEY] = {"the foreign key $n rejects it", "a foreign key rejects it",
                             "ALTER TABLE $t DROP FOREIGN KEY $q, or insert what it refers to",
                             "insert what it refers to, or make the table again without it",
                             NOTHING},
    [REFUSAL_VIEW] = {NULL, "a view stands in its place",
                      "drop the view, and rename the table back", NULL, NOTHING},
    [REFUSAL_TRIGGER] = {NULL, "a trigger rejects it", "change or drop the trigger", NULL, SKIP},
    [REFUSAL_ELSEWHERE] = {NULL, "what a trigger does in another table fails",
                           "change or drop the trigger", NULL, NOTHING},
    [REFUSAL_VALUE_ELSEWHERE] = {NULL, "what a trigger does in another table fails",
                                 "change or drop the trigger", NULL, SKIP},
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
                          "something in it calls a procedure that is not there",
                          "create it, or drop " CALLED, NULL, NOTHING},
    [REFUSAL_ENTRY_NEEDS] = {"the $k $e needs the $n, which is not known to credd's connection",
                             NULL, "DROP $k $d", NULL, NOTHING},
    [REFUSAL_TABLE_NEEDS] = {"its definition, or what a trigger of it does, needs the $n, which is "
                             "not known to credd's connection",
                             NULL, "make the table again without it", NULL, NOTHING},
    [REFUSAL_NO_PARENT] = {"its column $e refers to the table $n, which is missing", NULL,
                           "rename that back, or make the table again with a reference to the "
                           "right one",
                           NULL, NOTHING},
    [REFUSAL_OTHER] = {NULL, "credd does not know why", "see what was changed in it", NULL,
                       NOTHING},
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
static const struct schema_column *own_column(const struct refusal *refusal)
{
    const struct schema_table *table = schema_readable(refusal->table);
    for (unsigned i = 0; table != NULL && i < table->count; i++)
        if (strcasecmp(table->columns[i].name, refusal->name) == 0)
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

static void put_part(FILE *out, char part, const struct refusal *refusal, bool alters)
{
    const char *type = own_type(refusal, alters);
    char quote = alters ? '`' : '"';
    switch (part) {
    case 't': (void)fputs(refusal->table, out); break;
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

static char *expand(const char *text, const struct refusal *refusal, bool alters)
{
    char *out = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&out, &size);
    if (stream == NULL)
        abort();
    for (; *text != '\0'; text++) {
        if (*text == '$')
            put_part(stream, *++text, refusal, alters);
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
    return (by_name && own_column(refusal) == NULL) || lacks ? REFUSAL_OTHER : kind;
}

/* credd_status has no section of its own, and fill no way to write some names. */
static enum offer offer_of(const struct refusal *refusal, enum refusal_kind kind)
{
    enum offer offer = sentences[kind].offer;
    bool has =
        schema_table(refusal->table) != NULL && (offer != FILL || fill_can_name(refusal->name));
    return has ? offer : NOTHING;
}

int refusal_fault(const struct refusal *refusal, bool alters, struct fault *fault)
{
    enum refusal_kind kind = told_as(refusal);
    const char *named = refusal->name[0] != '\0' ? sentences[kind].what : NULL;
    const char *rebuild = alters ? NULL : sentences[kind].rebuild;
    char row[80] = "rows";
    bool one = refusal->key != NULL && refusal_is_of_row(kind);
    char *what = expand(named != NULL ? named : sentences[kind].unnamed, refusal, alters);
    char *helps = expand(rebuild != NULL ? rebuild : sentences[kind].helps, refusal, alters);
    char *more = expand(offers[offer_of(refusal, kind)], refusal, alters);
    if (one)
        (void)snprintf(row, sizeof row, "row %.60s", refusal->key);
    char *said = sql_as_known(refusal->said != NULL ? refusal->said : "", NULL, NULL);
    sql_living(said);
    int code =
        fault_set(fault, -EPROTOTYPE,
                  "the table %s rejects credd's %s: %.400s; to fix it: %.400s%.200s"
                  "%s%.250s%s",
                  refusal->table, row, what, helps, more,
                  said[0] != '\0' ? " (the database said: " : "", said, said[0] != '\0' ? ")" : "");
    free(said);
    free(more);
    free(helps);
    free(what);
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
