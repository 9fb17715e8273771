/* A view is credd's if it is defined as the database gave it back when credd had made it: of that,
 * and of the text that it was made from, credd_meta has a print. */
#include "store/view.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/mem.h"

/* In place of the definition's print, until that is known: MariaDB commits each step by itself. */
#define BEING_MADE "being made"

/* A view that is there for a moment. */
#define PROBE "credd_new_view"

#define PRINT_MAX 17

static void print_of(const char *text, char ret[PRINT_MAX])
{
    (void)snprintf(ret, PRINT_MAX, "%016" PRIx64, checksum_text(CHECKSUM_START, text));
}

const char *view_note_name(const char *view, char buffer[STORE_NAME_MAX])
{
    (void)snprintf(buffer, STORE_NAME_MAX, "view %s", view);
    return buffer;
}

/* A TIMESTAMP of MariaDB's is shown in the zone of whoever asks; SQLite has texts in UTC. */
static const struct piece {
    char mark;
    const char *mariadb, *sqlite;
} pieces[] = {
    {'{', "TIMESTAMP'1970-01-01 00:00:00' + INTERVAL UNIX_TIMESTAMP(", ""},
    {'}', ") SECOND", ""},
    {'[', "CAST(TIMESTAMP'1970-01-01 00:00:00' + INTERVAL UNIX_TIMESTAMP(", "date("},
    {']', ") SECOND AS DATE)", ")"},
};

static const char *piece_of(char mark, bool sqlite)
{
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        if (pieces[i].mark == mark)
            return sqlite ? pieces[i].sqlite : pieces[i].mariadb;
    return NULL;
}

/* On MariaDB with the rights of whoever asks: it shows nobody more than the tables do, and does not
 * end with the user that made it. */
static char *statement_of(const struct schema_view *view, const char *name, bool sqlite)
{
    char *made = mem_format("CREATE %sVIEW %s AS ", sqlite ? "" : "SQL SECURITY INVOKER ", name);
    size_t used = strlen(made), room = used + 1;
    for (const char *at = view->text; *at != '\0'; at++) {
        const char *piece = piece_of(*at, sqlite);
        size_t length = piece != NULL ? strlen(piece) : 1;
        if (used + length + 1 > room) {
            room = (used + length + 1) * 2;
            made = mem_grow(made, room, 1);
        }
        memcpy(made + used, piece != NULL ? piece : at, length);
        used += length;
    }
    made[used] = '\0';
    return made;
}

/* What a note says of one that was made from this statement. */
static void note_of(const char *statement, const char *definition, char ret[STORE_VALUE_MAX])
{
    char made_from[PRINT_MAX], is[PRINT_MAX] = "";
    print_of(statement, made_from);
    if (definition != NULL)
        print_of(definition, is);
    (void)snprintf(ret, STORE_VALUE_MAX, "%s %s", made_from, definition != NULL ? is : BEING_MADE);
}

static bool is_credds(const struct view_look *look)
{
    char is[PRINT_MAX];
    const char *noted = strchr(look->noted, ' ');
    if (!look->is_view || noted == NULL)
        return false;
    if (strcmp(noted + 1, BEING_MADE) == 0)
        return true;
    if (look->definition == NULL)
        return false;
    print_of(look->definition, is);
    return strcmp(noted + 1, is) == 0;
}

enum deed {
    NOTHING,
    MAKE,
    MAKE_ANEW, /* of another text, or half made */
    DROP,
    FORGET,
    COMPARE, /* its note is gone, as when a backup was put back, or it is somebody else's */
    LEAVE,   /* it is somebody else's */
};

/* Of what is not known for credd's. SQLite gives back the statement itself. */
static enum deed deed_of_other(const struct view_look *look, const char *statement, bool sqlite)
{
    bool may = look->is_view && look->definition != NULL;
    return may && (!sqlite || strcmp(look->definition, statement) == 0) ? COMPARE : LEAVE;
}

static enum deed deed_of(const struct view_look *look, const char *statement, bool wanted,
                         bool sqlite)
{
    char note[STORE_VALUE_MAX];
    if (!look->there)
        return wanted ? MAKE : look->noted[0] != '\0' ? FORGET : NOTHING;
    if (!is_credds(look))
        return wanted ? deed_of_other(look, statement, sqlite) : NOTHING;
    if (!wanted)
        return DROP;
    note_of(statement, look->definition, note);
    return strcmp(note, look->noted) == 0 ? NOTHING : MAKE_ANEW;
}

static int drop(const struct view_driver *driver, void *self, const char *view, struct fault *fault)
{
    return driver->run(self, mem_format("DROP VIEW IF EXISTS %s", view), fault);
}

/* The note comes first: what is made after it is known for credd's wherever this ends. */
static int make(const struct view_driver *driver, void *self, const char *view,
                const char *statement, struct fault *fault)
{
    char name[STORE_NAME_MAX], note[STORE_VALUE_MAX];
    struct view_look look = {.there = false};
    note_of(statement, NULL, note);
    int r = driver->note(self, view_note_name(view, name), note, fault);
    if (r == 0 && (r = driver->run(self, mem_text(statement), fault)) != 0)
        (void)driver->note(self, name, NULL, NULL);
    if (r == 0)
        r = driver->look(self, view, &look, fault);
    if (r == 0 && look.definition == NULL)
        r = fault_set(fault, -EBUSY, "the view %s is gone again", view);
    if (r == 0) {
        note_of(statement, look.definition, note);
        r = driver->note(self, name, note, fault);
    }
    free(look.definition);
    return r;
}

static int forget(const struct view_driver *driver, void *self, const char *view,
                  struct fault *fault)
{
    char name[STORE_NAME_MAX];
    return driver->note(self, view_note_name(view, name), NULL, fault);
}

/* How the database gives back what credd would make: it is made under another name. */
static int probe(const struct view_driver *driver, void *self, const struct schema_view *view,
                 char **ret_definition, struct fault *fault)
{
    struct view_look look = {.there = false};
    int r = drop(driver, self, PROBE, fault); /* of an earlier look that was killed */
    if (r == 0)
        r = driver->run(self, statement_of(view, PROBE, driver->sqlite), fault);
    if (r != 0)
        return r;
    r = driver->look(self, PROBE, &look, fault);
    *ret_definition = look.definition;
    int dropped = drop(driver, self, PROBE, r == 0 ? fault : NULL);
    return r != 0 ? r : dropped;
}

/* What is just what credd would make is taken for credd's. */
static int compare(const struct view_driver *driver, void *self, const struct schema_view *view,
                   const char *statement, const char *definition, enum deed *ret_deed,
                   struct fault *fault)
{
    char *own = driver->sqlite ? mem_text(statement) : NULL;
    char name[STORE_NAME_MAX], note[STORE_VALUE_MAX];
    int r = driver->sqlite ? 0 : probe(driver, self, view, &own, fault);
    bool same = r == 0 && own != NULL && strcmp(own, definition) == 0;
    free(own);
    note_of(statement, definition, note);
    if (same)
        return driver->note(self, view_note_name(view->name, name), note, fault);
    if (r == 0)
        *ret_deed = LEAVE;
    return r;
}

static int act(const struct view_driver *driver, void *self, enum deed deed, const char *view,
               const char *statement, struct fault *fault)
{
    int r = 0;
    if (deed == DROP || deed == MAKE_ANEW)
        r = drop(driver, self, view, fault);
    if (r == 0 && (deed == MAKE || deed == MAKE_ANEW))
        r = make(driver, self, view, statement, fault);
    if (r == 0 && (deed == DROP || deed == FORGET))
        r = forget(driver, self, view, fault);
    return r;
}

/* One view: what is to be done about it, or, with `acts`, doing it. */
static int tend(const struct view_driver *driver, void *self, const struct schema_view *view,
                bool wanted, bool acts, enum deed *ret_deed, struct fault *fault)
{
    struct view_look look = {.there = false};
    char *statement = statement_of(view, view->name, driver->sqlite);
    int r = driver->look(self, view->name, &look, fault);
    if (r == 0)
        *ret_deed = deed_of(&look, statement, wanted, driver->sqlite);
    if (r == 0 && acts && *ret_deed == COMPARE)
        r = compare(driver, self, view, statement, look.definition, ret_deed, fault);
    else if (r == 0 && acts)
        r = act(driver, self, *ret_deed, view->name, statement, fault);
    free(look.definition);
    free(statement);
    return r;
}

static int left_alone(const char *names, struct fault *fault)
{
    return fault_set(fault, -EEXIST,
                     "%s was created or changed outside credd and is not replaced; drop or rename "
                     "it and run 'credctl reload', or set database.views = no",
                     names);
}

/* One that the database refuses does not keep the others from being made. */
static int tend_all(const struct view_driver *driver, void *self, bool wanted, bool acts,
                    bool *ret_any, struct fault *fault)
{
    struct fault refused = {.code = 0}, why = {.code = 0};
    char left[SCHEMA_VIEWS * STORE_NAME_MAX] = "";
    size_t used = 0;
    *ret_any = false;
    for (size_t i = 0; i < SCHEMA_VIEWS; i++) {
        enum deed deed = NOTHING;
        const char *name = schema_views[i].name;
        int r = tend(driver, self, &schema_views[i], wanted, acts, &deed, &why);
        if (r == -EPROTO && acts)
            (void)fault_set(&refused, r, "%s: %s", name, why.text);
        else if (r != 0)
            return fault_set(fault, r, "%s", why.text);
        *ret_any = *ret_any || (deed != NOTHING && deed != LEAVE);
        if (deed == LEAVE)
            used += (size_t)snprintf(left + used, sizeof left - used, "%s%s", used > 0 ? ", " : "",
                                     name);
    }
    if (refused.code != 0)
        return fault_set(fault, refused.code, "%s", refused.text);
    return used == 0 || (*ret_any && !acts) ? 0 : left_alone(left, fault);
}

int view_look_all(const struct view_driver *driver, void *self, bool wanted, bool *ret_any,
                  struct fault *fault)
{
    return tend_all(driver, self, wanted, false, ret_any, fault);
}

int view_tend_all(const struct view_driver *driver, void *self, bool wanted, struct fault *fault)
{
    bool any = false;
    return tend_all(driver, self, wanted, true, &any, fault);
}
