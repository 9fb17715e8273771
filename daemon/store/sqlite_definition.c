/* Definitions as SQLite keeps them: CREATE, the kind and the name as they were given, without what
 * may stand between these. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/sqlite.h"

static const char *skip_blanks(const char *at)
{
    for (;;) {
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (strncmp(at, "--", 2) == 0) {
            at += strcspn(at, "\n");
        } else if (strncmp(at, "/*", 2) == 0) {
            const char *end = strstr(at + 2, "*/");
            at = end != NULL ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

/* Past a name, quoted in one of four ways or bare. */
static const char *skip_name(const char *at)
{
    char quote = *at == '[' ? ']' : *at;
    if (strchr("\"`'[", *at) == NULL || *at == '\0') {
        while (isalnum((unsigned char)*at) || *at == '_' || *at == '$' || (unsigned char)*at > 127)
            at++;
        return at;
    }
    for (at++; *at != '\0'; at++) {
        if (*at == quote && (quote == ']' || at[1] != quote))
            return at + 1;
        if (*at == quote)
            at++;
    }
    return at;
}

/* One token; what is no name and no number is a character of its own. */
static const char *skip_token(const char *at)
{
    const char *end = skip_name(at);
    if (isdigit((unsigned char)*at))
        while (isalnum((unsigned char)*end) || *end == '.')
            end++;
    return end > at || *at == '\0' ? end : at + 1;
}

static char *unquoted(const char *at, const char *end)
{
    char *name = MEM_ARRAY(char, (size_t)(end - at) + 1), *to = name;
    char quote = *at == '[' ? ']' : *at;
    bool quoted = end - at > 1 && strchr("\"`'[", *at) != NULL;
    at += quoted ? 1 : 0;
    end -= quoted ? 1 : 0;
    for (; at < end; at++) {
        *to++ = *at;
        at += quoted && *at == quote ? 1 : 0;
    }
    return name;
}

static bool is_name(const char *at, const char *end, const char *name)
{
    char *plain = unquoted(at, end);
    bool same = strcasecmp(plain, name) == 0;
    free(plain);
    return same;
}

/* `head`, which is taken, and behind it a definition from `rest` on, in which `own` (taken, too),
 * the table's own name, becomes `name` wherever it stands before a dot. */
static char *rewritten(char *head, const char *rest, char *own, const char *name)
{
    char *made = head;
    const char *from = rest;
    for (const char *at = skip_blanks(rest), *end; *at != '\0'; at = skip_blanks(end)) {
        end = skip_token(at);
        if (*skip_blanks(end) != '.' || !is_name(at, end, own))
            continue;
        char *longer = mem_format("%s%.*s%s", made, (int)(at - from), from, name);
        free(made);
        made = longer;
        from = end;
    }
    char *whole = mem_format("%s%s", made, from);
    free(made);
    free(own);
    return whole;
}

char *sqlite_definition_table(const char *text, const char *name)
{
    static const char head[] = "CREATE TABLE ";
    if (strncasecmp(text, head, strlen(head)) != 0)
        return NULL;
    const char *own = skip_blanks(text + strlen(head));
    const char *rest = skip_name(own);
    return rewritten(mem_format("%s%s", head, name), rest, unquoted(own, rest), name);
}

char *sqlite_definition_index(const char *text, const char *name, const char *table)
{
    static const char *const heads[] = {"CREATE INDEX ", "CREATE UNIQUE INDEX "};
    size_t kind = strncasecmp(text, heads[1], strlen(heads[1])) == 0 ? 1 : 0;
    if (strncasecmp(text, heads[kind], strlen(heads[kind])) != 0)
        return NULL;
    const char *at = skip_blanks(skip_name(skip_blanks(text + strlen(heads[kind]))));
    if (strncasecmp(at, "ON", 2) != 0)
        return NULL;
    const char *own = skip_blanks(at + 2);
    const char *rest = skip_name(own);
    return rewritten(mem_format("%s%s ON %s", heads[kind], name, table), rest, unquoted(own, rest),
                     table);
}
