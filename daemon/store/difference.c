#include "store/difference.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text_list.h"
#include "store/sql.h"

#define REFUSAL_TOLD 3

/* --- facts --- */

static char *copy(const char *text)
{
    return text != NULL ? mem_text(text) : NULL;
}

struct fact_column *facts_add_column(struct facts *facts, const char *name, const char *type,
                                     const char *preset)
{
    facts->columns = mem_grow(facts->columns, facts->column_count + 1, sizeof *facts->columns);
    struct fact_column *column = &facts->columns[facts->column_count++];
    *column = (struct fact_column){.name = copy(name), .type = copy(type), .preset = copy(preset)};
    return column;
}

void facts_add_entry(struct facts *facts, enum fact_kind kind, const char *name,
                     const char *columns, const char *target)
{
    facts->entries = mem_grow(facts->entries, facts->entry_count + 1, sizeof *facts->entries);
    facts->entries[facts->entry_count++] =
        (struct fact_entry){kind, copy(name), copy(columns), copy(target)};
}

void facts_done(struct facts *facts)
{
    for (size_t i = 0; i < facts->column_count; i++) {
        free(facts->columns[i].name);
        free(facts->columns[i].type);
        free(facts->columns[i].preset);
    }
    for (size_t i = 0; i < facts->entry_count; i++) {
        free(facts->entries[i].name);
        free(facts->entries[i].columns);
        free(facts->entries[i].target);
    }
    free(facts->columns);
    free(facts->entries);
    *facts = (struct facts){0};
}

const struct schema_column *facts_own_column(const struct schema_table *table, const char *name)
{
    for (unsigned i = 0; i < table->count; i++)
        if (strcasecmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

static const struct fact_column *find_column(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->column_count; i++)
        if (strcasecmp(facts->columns[i].name, name) == 0)
            return &facts->columns[i];
    return NULL;
}

/* --- telling --- */

struct telling {
    const struct facts *facts;
    const struct fill *fill;
    store_difference_visitor *visit;
    void *context;
};

enum weight { NOTE, BLOCKS, LACKS };

static int say(const struct telling *telling, enum weight weight, const char *part,
               const char *format, ...) __attribute__((format(printf, 4, 5)));

static int say(const struct telling *telling, enum weight weight, const char *part,
               const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const struct store_difference difference = {.table = telling->facts->table->name,
                                                .part = part,
                                                .blocks = weight == BLOCKS,
                                                .lacks = weight == LACKS,
                                                .text = text};
    return telling->visit(telling->context, &difference);
}

static bool is_created(const struct telling *telling, const struct schema_column *own)
{
    const struct schema_table *table = telling->facts->table;
    return table != &schema_status && own == &table->columns[table->created_column];
}

static int tell_default(const struct telling *telling, const struct schema_column *own,
                        const struct fact_column *is)
{
    bool created = is_created(telling, own);
    bool now = is->preset != NULL && strncasecmp(is->preset, "current_timestamp", 17) == 0;
    if (created == now && (is->preset == NULL || now))
        return 0;
    if (is->preset == NULL)
        return say(telling, LACKS, is->name, "has no default; credd's is CURRENT_TIMESTAMP");
    return say(telling, NOTE, is->name, "has the default %.80s; credd's %s", is->preset,
               created ? "is CURRENT_TIMESTAMP" : "has none");
}

static int tell_own(const struct telling *telling, const struct schema_column *own)
{
    const struct fact_column *is = find_column(telling->facts, own->name);
    bool key = own == &telling->facts->table->columns[0];
    bool steps = telling->facts->table == &schema_status; /* of which none may be NULL */
    if (is == NULL)
        return say(telling, BLOCKS, own->name, "is missing; credd's is %s", own->type);
    if (is->generated)
        return say(telling, BLOCKS, is->name, "is generated, and credd writes it");
    if (is->follows_updates)
        return say(telling, BLOCKS, is->name, "changes whenever its row is changed");
    int r = 0;
    if (is->fit != FIT_SAME)
        r = say(telling, is->fit == FIT_NOT ? BLOCKS : NOTE, is->name,
                "is %.80s where credd has %s", is->type, own->type);
    if (r == 0 && is->must && !key && !steps)
        r = say(telling, NOTE, is->name, "must have a value; credd's may be NULL");
    return r == 0 ? tell_default(telling, own, is) : r;
}

static int tell_further(const struct telling *telling, const struct fact_column *is)
{
    const char *table = telling->facts->table->name;
    const struct fill_column *fill = fill_find(telling->fill, is->name);
    const char *quote = fill != NULL && fill->kind == FILL_TEXT ? "'" : "";
    if (is->generated)
        return fill == NULL ? say(telling, NOTE, is->name, "was added: generated")
                            : say(telling, BLOCKS, is->name,
                                  "is generated, and fill in the section [table %s] of the "
                                  "configuration gives it a value",
                                  table);
    if (fill != NULL)
        return say(telling, NOTE, is->name, "was added: %.80s, filled with %s%s%s", is->type, quote,
                   fill->value, quote);
    if (is->preset != NULL)
        return say(telling, NOTE, is->name, "was added: %.80s, with the default %.80s", is->type,
                   is->preset);
    if (is->numbered || !is->must)
        return say(telling, NOTE, is->name, "was added: %.80s%s", is->type,
                   is->numbered ? ", numbered" : ", NULL in credd's rows");
    if (schema_table(table) == NULL) /* credd_status, which no section fills */
        return say(telling, BLOCKS, is->name, "must have a value and has no default: give it one");
    return say(telling, BLOCKS, is->name,
               "must have a value and has no default: give it one, or a constant with fill = "
               "%s:... in the section [table %s] of credd's configuration",
               is->name, table);
}

static int tell_columns(const struct telling *telling)
{
    const struct facts *facts = telling->facts;
    int r = 0;
    for (unsigned i = 0; r == 0 && i < facts->table->count; i++)
        r = tell_own(telling, &facts->table->columns[i]);
    for (size_t i = 0; r == 0 && i < facts->column_count; i++)
        if (facts_own_column(facts->table, facts->columns[i].name) == NULL)
            r = tell_further(telling, &facts->columns[i]);
    for (unsigned i = 0; r == 0 && telling->fill != NULL && i < telling->fill->count; i++)
        if (find_column(facts, telling->fill->columns[i].name) == NULL)
            r = say(telling, NOTE, telling->fill->columns[i].name,
                    "is not there, and fill in the section [table %s] of the configuration names "
                    "it: rows are written without it",
                    facts->table->name);
    return r;
}

/* --- indexes, keys and constraints --- */

static bool is_index(const struct fact_entry *entry)
{
    return entry->kind == FACT_INDEX || entry->kind == FACT_UNIQUE || entry->kind == FACT_PRIMARY;
}

/* Of what credd makes for the table. */
static bool is_own(const struct facts *facts, const struct fact_entry *entry)
{
    const char *key =
        facts->table == &schema_status ? "application_id, at" : facts->table->columns[0].name;
    if (entry->kind == FACT_PRIMARY)
        return strcasecmp(entry->columns, key) == 0;
    if (entry->kind == FACT_FOREIGN_KEY)
        return facts->table->parent_column >= 0 && strcasecmp(entry->columns, "customer_id") == 0 &&
               sql_table_of(entry->target, facts->exact) == schema_tables[0].name;
    for (size_t i = 0; entry->kind == FACT_INDEX && i < SCHEMA_INDEXES; i++)
        if (strcmp(schema_indexes[i].table, facts->table->name) == 0 &&
            strcasecmp(schema_indexes[i].columns, entry->columns) == 0)
            return true;
    return false;
}

static int tell_entry(const struct telling *telling, const struct fact_entry *entry)
{
    static const char *const words[] = {
        [FACT_INDEX] = "was added: an index on (%s)",
        [FACT_UNIQUE] = "was added: a UNIQUE index on (%s)",
        [FACT_CHECK] = "was added: a CHECK%s",
        [FACT_TRIGGER] = "was added: a trigger%s",
    };
    bool ours = entry->kind == FACT_FOREIGN_KEY &&
                sql_table_of(entry->target, telling->facts->exact) != NULL;
    char text[400];
    if (entry->kind == FACT_PRIMARY)
        return say(telling, NOTE, "PRIMARY KEY", "is (%.200s); credd's is (%s)", entry->columns,
                   telling->facts->table == &schema_status
                       ? "application_id, at"
                       : telling->facts->table->columns[0].name);
    if (entry->kind == FACT_FOREIGN_KEY)
        return say(telling, ours ? NOTE : BLOCKS, entry->name,
                   "was added: a foreign key from (%.100s) to %.64s%s", entry->columns,
                   entry->target, ours ? "" : ", which is in the way of each new world");
    const char *format = words[entry->kind], *mark = strstr(format, "%s");
    (void)snprintf(text, sizeof text, "%.*s%.200s%s", (int)(mark - format), format, entry->columns,
                   mark + 2);
    return say(telling, NOTE, entry->name, "%s", text);
}

static bool leads(const char *columns, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(columns, name, length) == 0 &&
           (columns[length] == '\0' || columns[length] == ',');
}

bool facts_have_parent(const struct facts *facts)
{
    bool found = facts->table->parent_column < 0;
    for (size_t i = 0; i < facts->entry_count && !found; i++)
        found = facts->entries[i].kind == FACT_FOREIGN_KEY && is_own(facts, &facts->entries[i]);
    return found;
}

bool facts_have_index(const struct facts *facts, const char *columns)
{
    bool found = false;
    for (size_t i = 0; i < facts->entry_count && !found; i++)
        found = is_index(&facts->entries[i]) && leads(facts->entries[i].columns, columns);
    return found;
}

/* Rows are found by their keys, and each by its own. */
static int tell_missing(const struct telling *telling)
{
    const struct facts *facts = telling->facts;
    const char *key = facts->table->columns[0].name;
    int r = 0;
    if (!facts_have_index(facts, key))
        r = say(telling, BLOCKS, key, "is not the PRIMARY KEY, nor does an index begin with it");
    if (r == 0 && !facts_have_parent(facts))
        r = say(telling, LACKS, "customer_id", "has no foreign key to customers");
    for (size_t i = 0; r == 0 && i < SCHEMA_INDEXES; i++)
        if (strcmp(schema_indexes[i].table, facts->table->name) == 0 &&
            !facts_have_index(facts, schema_indexes[i].columns))
            r = say(telling, LACKS, schema_indexes[i].name, "is missing: an index on (%s)",
                    schema_indexes[i].columns);
    return r;
}

int difference_tell(const struct facts *facts, const struct fill *fill,
                    store_difference_visitor *visit, void *context)
{
    const struct telling telling = {facts, fill, visit, context};
    if (facts->other != NULL)
        return say(&telling, BLOCKS, "", "is a %s, not a table", facts->other);
    int r = facts->hinders != NULL ? say(&telling, BLOCKS, "", "%s", facts->hinders) : 0;
    if (r == 0)
        r = tell_columns(&telling);
    if (r == 0)
        r = tell_missing(&telling);
    for (size_t i = 0; r == 0 && i < facts->entry_count; i++)
        if (!is_own(facts, &facts->entries[i]))
            r = tell_entry(&telling, &facts->entries[i]);
    const struct store_difference rows = {.table = facts->table->name,
                                          .part = "",
                                          .blocks = true,
                                          .rows = true,
                                          .text = "is not empty: only empty tables can be adopted"};
    return r == 0 && facts->has_rows ? visit(context, &rows) : r;
}

int difference_strangers(const char *text, store_difference_visitor *visit, void *context)
{
    const struct store_difference difference = {
        .table = "", .part = "", .blocks = true, .text = text};
    return visit(context, &difference);
}

/* --- in the way --- */

int difference_refuse(void *context, const struct store_difference *difference)
{
    struct difference_refusal *refusal = context;
    if (!difference->blocks)
        return 0;
    if (refusal->told == REFUSAL_TOLD) {
        refusal->more++;
        return 0;
    }
    refusal->told++;
    text_list_add(refusal->text, sizeof refusal->text, "; ", "%s%s%s%s%s", difference->table,
                  difference->part[0] != '\0' ? "." : "", difference->part,
                  difference->table[0] != '\0' ? " " : "", difference->text);
    return 0;
}

int difference_added(void *context, const struct store_difference *difference)
{
    bool *added = context;
    *added = *added || (!difference->lacks && !difference->rows && difference->table[0] != '\0');
    return 0;
}

int difference_refused(const struct difference_refusal *refusal, const char *what,
                       struct fault *fault)
{
    char more[40] = "";
    if (refusal->told == 0)
        return 0;
    if (refusal->more > 0)
        (void)snprintf(more, sizeof more, "; and %u more", refusal->more);
    return fault_set(fault, -EPERM,
                     "%s cannot be adopted: %s%s; 'credctl adopt --check' tells all of it", what,
                     refusal->text, more);
}
