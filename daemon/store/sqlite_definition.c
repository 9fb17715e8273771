/* Definitions as SQLite keeps them: CREATE, the kind and the name as they were given, without what
 * may stand between these. */
#include <ctype.h>
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

char *sqlite_definition_table(const char *text, const char *name)
{
    static const char head[] = "CREATE TABLE ";
    if (strncasecmp(text, head, strlen(head)) != 0)
        return NULL;
    return mem_format("%s%s%s", head, name, skip_name(skip_blanks(text + strlen(head))));
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
    at = skip_name(skip_blanks(at + 2));
    return mem_format("%s%s ON %s%s", heads[kind], name, table, at);
}
