#include "engine/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static char *kept(const char *text)
{
    return text != NULL ? mem_text(text) : NULL;
}

void plan_update(struct plan *plan, const struct config *config)
{
    struct plan_world *world = &plan->world;
    world->settings = config->settings;
    (void)snprintf(world->timezone, sizeof world->timezone, "%s", config->timezone);
    world->start_now = config->start_now;
    world->start_at = config->start_at;
    world->speed = config->speed;
    for (unsigned i = 0; i < STREAM_COUNT; i++) {
        world->tempo[i] = config->streams[i].tempo;
        world->enabled[i] = config->streams[i].enabled;
    }
}

void plan_make(struct plan *plan, const struct config *config)
{
    *plan = (struct plan){.database = config->database};
    struct store_config *database = &plan->database;
    database->path = kept(database->path);
    database->hosts = kept(database->hosts);
    database->socket = kept(database->socket);
    database->name = kept(database->name);
    database->user = kept(database->user);
    database->password = kept(database->password);
    database->tls_ca = kept(database->tls_ca);
    plan->password_file = kept(config->password_file);
    plan_update(plan, config);
}

void plan_done(struct plan *plan)
{
    const struct store_config *database = &plan->database;
    free((char *)database->path);
    free((char *)database->hosts);
    free((char *)database->socket);
    free((char *)database->name);
    free((char *)database->user);
    free((char *)database->password);
    free((char *)database->tls_ca);
    free(plan->password_file);
    *plan = (struct plan){0};
}
