/* MariaDB: values of rows that change, from those that credd expects there: the rows are read and
 * locked, changed in memory, and each is written once. */
#include <assert.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* A row as it stands, in the columns of all groups. */
struct standing {
    struct cell key;
    struct cell values[CHANGE_GROUPS][CHANGE_GROUP_MAX];
    bool others[CHANGE_GROUPS], changed[CHANGE_GROUPS], refused[CHANGE_GROUPS];
};

enum fate {
    FATE_SKIPPED, /* the row is gone */
    FATE_OTHERS,  /* somebody else has the group, which was noted before, */
    FATE_LEFT,    /* or is noted now */
    FATE_UPDATED,
};

struct updating {
    struct maria *maria;
    const struct maria_aim *aim;
    const struct change *const *changes;
    size_t change_count;
    struct standing *standings;
    size_t count;
    enum fate *fates; /* of each change */
};

static int compare_cells(const struct cell *a, const struct cell *b)
{
    size_t least = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, least);
    return order != 0 ? order : (int)a->length - (int)b->length;
}

static int compare_keys(const void *a, const void *b)
{
    return compare_cells(&((const struct standing *)a)->key, &((const struct standing *)b)->key);
}

static struct standing *find(const struct updating *updating, const struct cell *key)
{
    const struct standing wanted = {.key = *key};
    return updating->count > 0
               ? bsearch(&wanted, updating->standings, updating->count, sizeof wanted, compare_keys)
               : NULL;
}

/* --- reading --- */

/* `head` and the keys of all changes, between the parentheses that end it. */
static int ask_for(const struct updating *updating, char *head, const char *tail,
                   MYSQL_RES **ret_result, struct fault *fault)
{
    struct maria_text sql = {0};
    maria_text_add(&sql, head);
    free(head);
    for (size_t i = 0; i < updating->change_count; i++) {
        maria_text_add(&sql, i > 0 ? ", " : "");
        maria_text_cell(&sql, updating->maria->mysql, &updating->changes[i]->cells[0]);
    }
    maria_text_add(&sql, tail);
    return maria_ask(updating->maria, sql.bytes, NULL, 0, ret_result, fault);
}

static char *all_columns(void)
{
    char *names = mem_text("");
    for (unsigned group = 0; group < CHANGE_GROUPS; group++)
        for (unsigned i = 0; i < change_groups[group].count; i++) {
            char *longer = mem_format("%s, %s", names, change_groups[group].columns[i].name);
            free(names);
            names = longer;
        }
    return names;
}

static void take_standing(const struct schema_table *table, MYSQL_ROW row,
                          const unsigned long *lengths, struct standing *ret)
{
    unsigned at = 1;
    ret->key = (struct cell){.kind = CELL_TEXT, .length = (uint16_t)lengths[0]};
    ret->key.text = row[0];
    for (unsigned group = 0; group < CHANGE_GROUPS; group++)
        for (unsigned i = 0; i < change_groups[group].count; i++, at++)
            ret->values[group][i] = sql_read_cell(
                &table->columns[change_groups[group].columns[i].place], row[at], lengths[at]);
}

static int lock_standings(struct updating *updating, MYSQL_RES **ret_result, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    MYSQL_ROW row = NULL;
    const struct schema_table *table = updating->aim->table;
    const char *key = table->columns[0].name;
    char *columns = all_columns();
    char *head = mem_format("SELECT %s%s FROM %s WHERE %s IN (", key, columns,
                            sql_name(updating->aim->side, table->name, name), key);
    free(columns);
    int r = ask_for(updating, head, ") FOR UPDATE", ret_result, fault);
    if (r != 0)
        return maria_refused_by(updating->maria, r, updating->aim, fault);
    updating->standings = MEM_ARRAY(struct standing, mysql_num_rows(*ret_result) + 1);
    while ((row = mysql_fetch_row(*ret_result)) != NULL)
        take_standing(table, row, mysql_fetch_lengths(*ret_result),
                      &updating->standings[updating->count++]);
    qsort(updating->standings, updating->count, sizeof *updating->standings, compare_keys);
    return 0;
}

static void note_others(struct updating *updating, MYSQL_ROW row, const unsigned long *lengths)
{
    struct cell key = {.kind = CELL_TEXT, .length = (uint16_t)lengths[0]};
    key.text = row[0];
    struct standing *found = find(updating, &key);
    for (unsigned group = 0; found != NULL && group < CHANGE_GROUPS; group++)
        if (strcmp(row[1], change_groups[group].name) == 0)
            found->others[group] = true;
}

static int read_others(struct updating *updating, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;
    char *head = mem_format("SELECT row_key, column_name FROM %s WHERE column_name IN ('%s', '%s') "
                            "AND row_key IN (",
                            sql_name(updating->aim->side, SCHEMA_CHANGE, name),
                            change_groups[CUSTOMER_GROUP_PLACE].name,
                            change_groups[CUSTOMER_GROUP_WORK].name);
    int r = ask_for(updating, head, ")", &result, fault);
    if (r != 0)
        return r;
    while ((row = mysql_fetch_row(result)) != NULL)
        note_others(updating, row, mysql_fetch_lengths(result));
    mysql_free_result(result);
    return 0;
}

/* --- in memory --- */

static bool is_expected(const struct standing *standing, const struct change *change)
{
    bool same = true;
    for (unsigned i = 0; same && i < change_columns_of(change)->count; i++)
        same = cell_same(&standing->values[change->group][i], &change_before(change)[i]);
    return same;
}

static enum fate update_in_memory(struct standing *standing, const struct change *change)
{
    const unsigned group = change->group;
    if (standing == NULL)
        return FATE_SKIPPED;
    if (standing->others[group])
        return FATE_OTHERS;
    if (!is_expected(standing, change)) {
        standing->others[group] = true;
        return FATE_LEFT;
    }
    for (unsigned i = 0; i < change_columns_of(change)->count; i++)
        standing->values[group][i] = change_after(change)[i];
    standing->changed[group] = true;
    return FATE_UPDATED;
}

/* --- writing --- */

static int write_group(struct updating *updating, enum change_group group, struct fault *fault)
{
    const struct change_columns *columns = &change_groups[group];
    struct maria_rows *rows = maria_rows_new(columns->count + 1, updating->count);
    struct standing **of = MEM_ARRAY(struct standing *, updating->count + 1);
    char *sql = sql_update(columns, updating->aim->side, "");
    int r = 0;
    for (size_t i = 0; r == 0 && i <= updating->count; i++) {
        if (rows->count > 0 && (i == updating->count || maria_rows_full(updating->maria, rows))) {
            r = maria_rows_update(updating->maria, updating->aim, sql, rows, fault);
            for (size_t j = 0; r == 0 && j < rows->count; j++)
                of[j]->refused[group] = !rows->kept[j];
            maria_rows_clear(rows);
        }
        if (i == updating->count || !updating->standings[i].changed[group])
            continue;
        struct standing *standing = of[rows->count] = &updating->standings[i];
        struct cell cells[CHANGE_GROUP_MAX + 1];
        memcpy(cells, standing->values[group], columns->count * sizeof cells[0]);
        cells[columns->count] = standing->key;
        maria_rows_add(rows, cells);
    }
    free(sql);
    free((void *)of);
    maria_rows_free(rows);
    return r;
}

static void add_note(struct maria_rows *log, const struct change *change, const char *column,
                     const struct cell *value)
{
    const struct cell cells[] = {cell_text(change_columns_of(change)->table),
                                 change->cells[0],
                                 {.kind = CELL_TIME, .number = change->at},
                                 cell_text(column),
                                 *value};
    maria_rows_add(log, cells);
}

static void add_notes(struct maria_rows *log, const struct change *change, bool updated)
{
    static const struct cell none = {.kind = CELL_NULL};
    const struct change_columns *columns = change_columns_of(change);
    if (!updated)
        add_note(log, change, columns->name, &none);
    for (unsigned i = 0; updated && i < columns->count; i++)
        if (!cell_same(&change_before(change)[i], &change_after(change)[i]))
            add_note(log, change, columns->columns[i].name, &change_after(change)[i]);
}

/* A change is a part of the history once its row has it. */
static int write_notes(struct updating *updating, struct store_outcome *outcome,
                       struct fault *fault)
{
    const struct maria_aim aim = {.table = &schema_change, .side = updating->aim->side};
    const size_t room = updating->change_count * CHANGE_GROUP_MAX;
    struct maria_rows *log = maria_rows_new(schema_change.count, room);
    char *sql = sql_text(SQL_CHANGE_ADD, aim.side);
    int r = 0;
    for (size_t i = 0; r == 0 && i < updating->change_count; i++) {
        const struct change *change = updating->changes[i];
        const struct standing *standing = find(updating, &change->cells[0]);
        const bool refused = standing != NULL && standing->refused[change->group];
        const enum fate fate =
            refused && updating->fates[i] == FATE_UPDATED ? FATE_SKIPPED : updating->fates[i];
        outcome->updated += fate == FATE_UPDATED ? 1 : 0;
        outcome->skipped += fate == FATE_SKIPPED || fate == FATE_LEFT ? 1 : 0;
        if (fate == FATE_UPDATED || fate == FATE_LEFT)
            add_notes(log, change, fate == FATE_UPDATED);
        if (maria_rows_full(updating->maria, log)) {
            r = maria_rows_insert(updating->maria, &aim, sql, log, fault);
            maria_rows_clear(log);
        }
    }
    if (r == 0)
        r = maria_rows_insert(updating->maria, &aim, sql, log, fault);
    free(sql);
    maria_rows_free(log);
    return r;
}

int maria_update(struct maria *maria, const struct maria_aim *aim,
                 const struct change *const *changes, size_t count, struct store_outcome *outcome,
                 struct fault *fault)
{
    struct updating updating = {
        .maria = maria, .aim = aim, .changes = changes, .change_count = count};
    MYSQL_RES *result = NULL;
    if (count == 0)
        return 0;
    updating.fates = MEM_ARRAY(enum fate, count);
    int r = lock_standings(&updating, &result, fault);
    if (r == 0)
        r = read_others(&updating, fault);
    for (size_t i = 0; r == 0 && i < count; i++) {
        assert(changes[i]->count == 1 + 2 * change_columns_of(changes[i])->count);
        updating.fates[i] = update_in_memory(find(&updating, &changes[i]->cells[0]), changes[i]);
    }
    for (unsigned group = 0; r == 0 && group < CHANGE_GROUPS; group++)
        r = write_group(&updating, (enum change_group)group, fault);
    if (r == 0)
        r = write_notes(&updating, outcome, fault);
    free(updating.fates);
    free(updating.standings);
    if (result != NULL)
        mysql_free_result(result);
    return r;
}
