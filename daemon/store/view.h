/* view.h - inside store/: which of the views for analysts are to be made or dropped, the same for
 * both kinds of database. */
#ifndef CREDD_STORE_VIEW_H
#define CREDD_STORE_VIEW_H

#include "store/store.h"

/* What has the name of one of schema_views. */
struct view_look {
    bool there, is_view;
    char *definition;            /* as the database gives it back; NULL: it does not. New memory */
    char noted[STORE_VALUE_MAX]; /* what credd noted when it made the view; "": it did not */
};

/* What a kind of database does. */
struct view_driver {
    bool sqlite;
    int (*look)(void *self, const char *name, struct view_look *ret, struct fault *fault);
    int (*run)(void *self, char *sql, struct fault *fault); /* takes the text */
    /* Notes in credd_meta what view_note_name() names; NULL forgets it. */
    int (*note)(void *self, const char *name, const char *value, struct fault *fault);
};

/* Is there anything to make or drop? -EEXIST with the names that somebody else's tables and views
 * have, if there is nothing else. */
int view_look_all(const struct view_driver *driver, void *self, bool wanted, bool *ret_any,
                  struct fault *fault);
/* Makes or drops those; what is somebody else's stays. */
int view_tend_all(const struct view_driver *driver, void *self, bool wanted, struct fault *fault);

/* The row of credd_meta: "view credd_daily". */
const char *view_note_name(const char *view, char buffer[STORE_NAME_MAX]);

#endif
