/* A new world's tables made after the living ones: their definitions as the server writes them,
 * taken apart, compared and put together for the other side. */
#include <errno.h>
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/mariadb.h"

/* --- a definition, taken apart --- */

/* A foreign key without its name, which is one of the whole database: the server gives the new one
 * another. */
struct key {
    char *head;        /* FOREIGN KEY (...) REFERENCES */
    const char *table; /* as people know it; NULL: not one of credd's */
    char *rest;        /* the columns there and the rules */
};

struct definition {
    struct maria_text items; /* columns, indexes, checks */
    struct key *keys;
    size_t key_count;
    char *options; /* of the table, with its partitions */
};

static void definition_done(struct definition *definition)
{
    for (size_t i = 0; i < definition->key_count; i++) {
        free(definition->keys[i].head);
        free(definition->keys[i].rest);
    }
    free(definition->keys);
    free(definition->items.bytes);
    free(definition->options);
    *definition = (struct definition){0};
}

/* Past a name in backticks, or NULL. */
static const char *skip_name(const char *at)
{
    if (*at++ != '`')
        return NULL;
    for (; *at != '\0'; at++) {
        if (*at == '`' && at[1] != '`')
            return at + 1;
        if (*at == '`')
            at++;
    }
    return NULL;
}

/* What follows the name of a foreign key, or NULL if it is none. */
static const char *key_of(const char *line)
{
    static const char constraint[] = "  CONSTRAINT ", key[] = " FOREIGN KEY (";
    if (strncmp(line, constraint, strlen(constraint)) != 0)
        return NULL;
    const char *rest = skip_name(line + strlen(constraint));
    return rest != NULL && strncmp(rest, key, strlen(key)) == 0 ? rest + 1 : NULL;
}

static char *part_of(const char *from, const char *to)
{
    return mem_format("%.*s", (int)(to - from), from);
}

static void add_key(struct definition *definition, const char *text)
{
    static const char references[] = ") REFERENCES ";
    const char *to = strstr(text, references);
    const char *name = to != NULL ? to + strlen(references) : text + strlen(text);
    const char *rest = skip_name(name);
    struct key key = {part_of(text, name), NULL, mem_text(name)};
    if (rest != NULL && *rest != '.') { /* a point: in another database */
        char *table = part_of(name + 1, rest - 1);
        key.table = sql_table_of(table, true);
        free(table);
    }
    if (key.table != NULL) {
        free(key.rest);
        key.rest = mem_text(rest);
    }
    definition->keys =
        mem_grow(definition->keys, definition->key_count + 1, sizeof *definition->keys);
    definition->keys[definition->key_count++] = key;
}

static void add_item(struct definition *definition, const char *line)
{
    maria_text_add(&definition->items, definition->items.used > 0 ? ",\n" : "");
    maria_text_add(&definition->items, line);
}

/* How far numbering got is no part of it. */
static char *options_of(const char *text)
{
    static const char numbered[] = " AUTO_INCREMENT=";
    const char *engine = strstr(text, "ENGINE=");
    const char *at = engine != NULL ? engine + strcspn(engine, " \n") : text + strlen(text);
    char *head = part_of(text, at);
    if (strncmp(at, numbered, strlen(numbered)) == 0)
        at += strlen(numbered) + strspn(at + strlen(numbered), "0123456789");
    char *options = mem_format("%s%s", head, at);
    free(head);
    return options;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int by_head = strcmp(left->head, right->head);
    return by_head != 0 ? by_head : strcmp(left->rest, right->rest);
}

/* The server orders foreign keys by their names, which change. False: it is no table. */
static bool take_apart(const char *created, struct definition *ret)
{
    static const char head[] = "CREATE TABLE `";
    const char *line = strchr(created, '\n');
    if (strncmp(created, head, strlen(head)) != 0 || line == NULL)
        return false;
    for (line++; *line == ' ';) {
        size_t length = strcspn(line, "\n");
        size_t comma = length > 0 && line[length - 1] == ',' ? 1 : 0;
        char *item = part_of(line, line + length - comma);
        const char *key = key_of(item);
        if (key != NULL)
            add_key(ret, key);
        else
            add_item(ret, item);
        free(item);
        line += length + (line[length] == '\n' ? 1 : 0);
    }
    ret->options = options_of(line);
    if (ret->key_count > 0)
        qsort(ret->keys, ret->key_count, sizeof *ret->keys, compare_keys);
    return true;
}

/* What stands in CREATE TABLE behind the name, if the keys refer to tables of that side. */
static char *put_together(const struct definition *definition, enum sql_side side)
{
    char name[SQL_NAME_MAX];
    struct maria_text text = {0};
    maria_text_add(&text, "(\n");
    maria_text_add(&text, definition->items.used > 0 ? definition->items.bytes : "");
    for (size_t i = 0; i < definition->key_count; i++) {
        const struct key *key = &definition->keys[i];
        maria_text_add(&text, ",\n  ");
        maria_text_add(&text, key->head);
        maria_text_add(&text, key->table != NULL ? sql_name(side, key->table, name) : "");
        maria_text_add(&text, key->rest);
    }
    maria_text_add(&text, "\n");
    maria_text_add(&text, definition->options);
    return text.bytes;
}

/* --- reading it --- */

static int cannot(const char *table, const char *why, struct fault *fault)
{
    return fault_set(fault, -EPERM,
                     "a new world cannot have the table %s as it is: %s; 'credctl reset --plain' "
                     "makes credd's own tables",
                     table, why);
}

/* Without a table `ret_there` is false. */
static int read_definition(struct maria *maria, enum sql_side side, const char *table,
                           struct definition *ret, bool *ret_there, struct fault *fault)
{
    char name[SQL_NAME_MAX];
    MYSQL_RES *result = NULL;
    struct fault why = {.text = ""};
    char *sql = mem_format("SHOW CREATE TABLE %s", sql_name(side, table, name));
    int r = maria_ask(maria, sql, NULL, 0, &result, &why);
    *ret_there = r == 0;
    if (r != 0 && maria_no_table(maria))
        return 0;
    if (r != 0)
        return fault_set(fault, r, "%s", why.text);
    MYSQL_ROW row = mysql_fetch_row(result);
    bool known = row != NULL && row[1] != NULL && take_apart(row[1], ret);
    mysql_free_result(result);
    return known ? 0 : cannot(table, "it is not a table", fault);
}

int maria_like_shape(struct maria *maria, enum sql_side side, const char *table, char **ret,
                     struct fault *fault)
{
    struct definition definition = {0};
    bool there = false;
    int r = read_definition(maria, side, table, &definition, &there, fault);
    *ret = r == 0 && there ? put_together(&definition, SQL_LIVE) : NULL;
    definition_done(&definition);
    return r;
}

/* --- making --- */

static int expect_no_outgoing(const char *table, const struct definition *definition,
                              struct fault *fault)
{
    for (size_t i = 0; i < definition->key_count; i++) {
        const struct key *key = &definition->keys[i];
        if (key->table == NULL)
            return fault_set(fault, -EPERM,
                             "a foreign key of %s to a table of the application's is in the way of "
                             "a new world: %s%s; drop it first, or 'credctl reset --plain' makes "
                             "credd's own tables",
                             table, key->head, key->rest);
    }
    return 0;
}

/* The first line in which they differ says what the server left out, or would not take. */
static int expect_alike(const char *table, const char *live, const char *made, struct fault *fault)
{
    size_t line = 0;
    for (size_t i = 0; live[i] == made[i]; i++) {
        if (live[i] == '\0')
            return 0;
        if (live[i] == '\n')
            line = i + 1;
    }
    line += strspn(live + line, " ");
    char *why = mem_format("the database does not make it again with %.*s",
                           (int)strcspn(live + line, "\n"), live + line);
    int r = cannot(table, why, fault);
    free(why);
    return r;
}

/* What the server took with a warning it is to take again; not every user may choose. */
static void be_strict(struct maria *maria, bool strict)
{
    if (maria->mysql != NULL)
        (void)maria_run(maria,
                        strict ? "SET SESSION innodb_strict_mode = DEFAULT"
                               : "SET SESSION innodb_strict_mode = 0",
                        NULL);
}

static int make_table(struct maria *maria, const char *table, const struct definition *definition,
                      struct fault *fault)
{
    char name[SQL_NAME_MAX];
    struct fault why = {.text = ""};
    char *body = put_together(definition, SQL_SHADOW);
    be_strict(maria, false);
    int r =
        maria_do(maria, mem_format("CREATE TABLE %s %s", sql_name(SQL_SHADOW, table, name), body),
                 NULL, 0, &why);
    free(body);
    be_strict(maria, true);
    if (r == -EPROTO) {
        sql_living(why.text);
        return cannot(table, why.text, fault);
    }
    return r != 0 ? fault_set(fault, r, "%s", why.text) : 0;
}

int maria_like_make(struct maria *maria, size_t liked, bool *ret_made, struct fault *fault)
{
    const char *table = sql_liked(liked);
    struct definition live = {0};
    char *made = NULL;
    int r = read_definition(maria, SQL_LIVE, table, &live, ret_made, fault);
    maria->likes = true;
    if (r != 0 || !*ret_made) {
        definition_done(&live);
        return r;
    }
    maria->like[liked] = put_together(&live, SQL_LIVE);
    r = expect_no_outgoing(table, &live, fault);
    if (r == 0)
        r = make_table(maria, table, &live, fault);
    if (r == 0)
        r = maria_like_shape(maria, SQL_SHADOW, table, &made, fault);
    if (r == 0)
        r = expect_alike(table, maria->like[liked], made != NULL ? made : "", fault);
    free(made);
    definition_done(&live);
    return r;
}

int maria_like_check(struct maria *maria, struct fault *fault)
{
    char found[STORE_VALUE_MAX] = "";
    struct maria_text sql = {0};
    maria_text_add(&sql, "SELECT GROUP_CONCAT(TABLE_NAME SEPARATOR ', ') FROM "
                         "information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE "
                         "= 'SYSTEM VERSIONED' AND TABLE_NAME IN (");
    maria_text_liked(&sql, SQL_LIVE);
    maria_text_add(&sql, ")");
    int r = maria_value(maria, sql.bytes, NULL, 0, found, sizeof found, fault);
    return r == 0 && found[0] != '\0' ? cannot(found,
                                               "it has SYSTEM VERSIONING, and a new world has "
                                               "no history of the old one",
                                               fault)
                                      : r;
}

int maria_like_same(struct maria *maria, enum sql_side side, struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; i < SQL_LIKED && r == 0 && maria->likes; i++) {
        char *is = NULL;
        const char *was = maria->like[i];
        r = maria_like_shape(maria, side, sql_liked(i), &is, fault);
        bool same = is != NULL && was != NULL ? strcmp(is, was) == 0 : is == NULL && was == NULL;
        if (r == 0 && !same)
            r = fault_set(fault, -ESTALE, "table %s was altered while a new world was built",
                          sql_liked(i));
        free(is);
    }
    return r;
}
