/* Writer: the views for analysts, which follow the living tables. The world is whole without them:
 * where they cannot be had, one message says why. */
#include <errno.h>
#include <string.h>

#include "mail/event_log.h"
#include "writer/writer_parts.h"

/* Whoever reads the configuration again has them looked at, changed or not. */
static bool are_wanted(struct writer *writer)
{
    writer_lock(writer);
    bool wanted = writer->wanted.views;
    writer->views_due = writer->views_due || writer->views_asked;
    writer->views_asked = false;
    writer_unlock(writer);
    return wanted;
}

/* A lock, a marker that is not there just now, a full disk are a matter of time. */
static bool passes(int result)
{
    static const int passing[] = {-EBUSY, -EPERM, -EUCLEAN, -EROFS, -ENOSPC};
    bool found = false;
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        found = found || passing[i] == result;
    return found;
}

static void tell(struct writer *writer, const struct fault *fault)
{
    if (strcmp(writer->views_told, fault->text) == 0)
        return;
    memcpy(writer->views_told, fault->text, sizeof writer->views_told);
    event_log(writer->journal, MESSAGE_VIEWS_LACK, &(struct event_about){0},
              "cannot create or drop all views as database.views says: %s", fault->text);
}

int views_tend(struct writer *writer, bool tells, struct fault *fault)
{
    struct fault why = {.text = ""};
    bool wanted = are_wanted(writer);
    if (!writer->views_due)
        return 0;
    int result = store_views(writer->session.store, wanted, &why);
    if (!session_connected(&writer->session)) {
        *fault = why;
        return result;
    }
    if (result < 0 && (passes(result) || !tells))
        return 0;
    writer->views_due = false;
    if (result < 0)
        tell(writer, &why);
    else
        writer->views_told[0] = '\0';
    return 0;
}
