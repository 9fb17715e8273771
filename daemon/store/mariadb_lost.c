/* MariaDB: what of the application's a swap took out of the world. An ALTER that gets in after the
 * last look at the living tables and before their RENAME is done to what are the old tables then.
 * So the new world's credd_world says how these were defined when the new ones were made after
 * them, and whoever is to drop the old tables, this daemon or another, compares first. */
#include <errno.h>
#include <inttypes.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/mem.h"
#include "store/mariadb.h"

/* The row's value: what was lost, or a print of each table's definition. */
#define LOST  "lost "
#define MADE  "made "
#define PRINT 17 /* with the space behind it */

static void print_of(const char *definition, char ret_print[PRINT + 1])
{
    uint64_t sum = definition != NULL ? checksum_text(CHECKSUM_START, definition) : 0;
    (void)snprintf(ret_print, PRINT + 1, "%016" PRIx64 " ", sum);
}

static int put(struct maria *maria, enum sql_side side, const char *value, struct fault *fault)
{
    const struct cell cells[] = {maria_cell_text(SQL_PAIR_SWAP), maria_cell_text(value)};
    return maria_do(maria, sql_text(SQL_PAIR_PUT, side), cells, 2, fault);
}

int maria_lost_begin(struct maria *maria, struct fault *fault)
{
    char value[STORE_VALUE_MAX] = MADE;
    if (!maria->likes)
        return 0;
    for (size_t i = 0; i < SQL_LIKED; i++)
        print_of(maria->like[i], value + strlen(MADE) + i * PRINT);
    return put(maria, SQL_SHADOW, value, fault);
}

/* --- what differs --- */

/* The next line without its comma; NULL behind the last one. */
static const char *next_line(const char **at, size_t *ret_length)
{
    const char *line = *at + strspn(*at, " \n");
    size_t length = strcspn(line, "\n");
    *at = line + length;
    *ret_length = length > 0 && line[length - 1] == ',' ? length - 1 : length;
    return length > 0 ? line : NULL;
}

static bool has_line(const char *text, const char *wanted, size_t wanted_length)
{
    size_t length = 0;
    for (const char *line = NULL; (line = next_line(&text, &length)) != NULL;)
        if (length == wanted_length && strncmp(line, wanted, length) == 0)
            return true;
    return false;
}

/* Every line of `of` that `in` does not have. */
static void add_lines(struct maria_text *to, const char *word, const char *of, const char *in)
{
    size_t length = 0;
    for (const char *line = NULL; (line = next_line(&of, &length)) != NULL;) {
        if (has_line(in, line, length))
            continue;
        char *part = mem_format("%s%s %.*s", to->used > 0 ? ", " : "", word, (int)length, line);
        maria_text_add(to, part);
        free(part);
    }
}

static void add_difference(struct maria_text *lost, const char *table, const char *old,
                           const char *live)
{
    struct maria_text found = {0};
    add_lines(&found, "added", old, live);
    add_lines(&found, "removed", live, old);
    char *part = mem_format("%stable %s: %s", lost->used > 0 ? "; " : "", table,
                            found.used > 0 ? found.bytes : "its columns in another order");
    maria_text_add(lost, part);
    free(part);
    free(found.bytes);
}

/* One that is not there any more was swept already. */
static int compare(struct maria *maria, const char *made, struct maria_text *lost,
                   struct fault *fault)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < SQL_LIKED && strlen(made) >= (i + 1) * PRINT; i++) {
        char *old = NULL, *live = NULL, print[PRINT + 1];
        r = maria_like_shape(maria, SQL_OLD, sql_liked(i), &old, fault);
        print_of(old, print);
        bool altered = r == 0 && old != NULL && strncmp(print, made + i * PRINT, PRINT) != 0;
        if (altered)
            r = maria_like_shape(maria, SQL_LIVE, sql_liked(i), &live, fault);
        if (altered && r == 0 && (live == NULL || strcmp(old, live) != 0))
            add_difference(lost, sql_liked(i), old, live != NULL ? live : "");
        free(old);
        free(live);
    }
    return r;
}

/* --- asking and telling --- */

static int look(struct maria *maria, const char *row, struct maria_text *lost, struct fault *fault)
{
    struct maria_text hung = {0};
    int r = 0;
    if (strncmp(row, MADE, strlen(MADE)) == 0)
        r = compare(maria, row + strlen(MADE), lost, fault);
    if (r == 0)
        r = maria_swap_hung(maria, SQL_OLD, &hung, fault);
    if (r == 0 && hung.used > 0) {
        maria_text_add(lost, lost->used > 0 ? "; " : "");
        maria_text_add(lost, hung.bytes);
    }
    free(hung.bytes);
    return r;
}

int maria_lost(struct maria *maria, struct store_loss *ret, struct fault *fault)
{
    char row[STORE_VALUE_MAX] = "";
    bool found = false;
    struct maria_text lost = {0};
    struct cell name = maria_cell_text(SQL_PAIR_SWAP);
    ret->text[0] = '\0';
    int r = maria_find(maria, mem_text("SELECT value FROM " SCHEMA_WORLD " WHERE name = ?"), &name,
                       1, row, sizeof row, &found, fault);
    ret->told = r == 0 && strncmp(row, LOST, strlen(LOST)) == 0;
    if (r == 0 && ret->told)
        (void)snprintf(ret->text, sizeof ret->text, "%s", row + strlen(LOST));
    else if (r == 0)
        r = look(maria, row, &lost, fault);
    if (r == 0 && lost.used > 0)
        (void)snprintf(ret->text, sizeof ret->text, "%s", lost.bytes);
    free(lost.bytes);
    return r;
}

int maria_lost_note(struct maria *maria, struct fault *fault)
{
    struct store_loss loss;
    int r = maria_lost(maria, &loss, fault);
    if (r != 0 || loss.told || loss.text[0] == '\0')
        return r;
    size_t length = strnlen(loss.text, STORE_VALUE_MAX - sizeof LOST);
    while (length > 0 && ((unsigned char)loss.text[length] & 0xc0) == 0x80)
        length--;
    char *value = mem_format(LOST "%.*s", (int)length, loss.text);
    r = put(maria, SQL_LIVE, value, fault);
    free(value);
    return r;
}

int maria_lost_check(struct maria *maria, struct fault *fault)
{
    struct store_loss loss;
    int r = maria_lost(maria, &loss, fault);
    if (r == 0 && !loss.told && loss.text[0] != '\0')
        return fault_set(fault, -ESTALE,
                         "the last reset lost what others did to the tables in its midst, and "
                         "nobody was told yet: %s",
                         loss.text);
    return r;
}
