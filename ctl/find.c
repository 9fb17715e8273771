#include "find.h"

#include <stdlib.h>

#include <credd/protocol.h>

#include "mem.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void add(struct places *places, char *path)
{
    places->paths[places->count++] = path;
}

/* Where an ordinary user's daemon listens. */
static void add_users(struct places *places)
{
    const char *runtime = variable("XDG_RUNTIME_DIR");
    const char *state = variable("XDG_STATE_HOME");
    const char *home = variable("HOME");
    if (runtime != NULL)
        add(places, mem_format("%s/credd/control", runtime));
    else if (state != NULL)
        add(places, mem_format("%s/credd/control", state));
    else if (home != NULL)
        add(places, mem_format("%s/.local/state/credd/control", home));
}

struct places places_of(const struct invocation *invocation)
{
    struct places places = {0};
    if (invocation->socket != NULL) {
        add(&places, mem_text(invocation->socket));
    } else if (invocation->instance != NULL) {
        add(&places, mem_format("/run/credd/%s/control", invocation->instance));
    } else if (variable("CREDD_SOCKET") != NULL) {
        add(&places, mem_text(variable("CREDD_SOCKET")));
    } else {
        add(&places, mem_text(CREDD_SOCKET_SYSTEM));
        add_users(&places);
    }
    return places;
}

void places_done(struct places *places)
{
    for (int i = 0; i < places->count; i++)
        free(places->paths[i]);
    *places = (struct places){0};
}
