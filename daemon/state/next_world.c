#include "state/next_world.h"

#include <stdlib.h>

#include "base/mem.h"

static char *kept(const char *text)
{
    return text != NULL ? mem_text(text) : NULL;
}

struct database database_copy(const struct store_config *config, const char *password_file)
{
    struct database database = {.config = *config, .password_file = kept(password_file)};
    struct store_config *to = &database.config;
    to->path = kept(to->path);
    to->hosts = kept(to->hosts);
    to->socket = kept(to->socket);
    to->name = kept(to->name);
    to->user = kept(to->user);
    to->password = kept(to->password);
    to->tls_ca = kept(to->tls_ca);
    return database;
}

void database_done(struct database *database)
{
    const struct store_config *config = &database->config;
    free((char *)config->path);
    free((char *)config->hosts);
    free((char *)config->socket);
    free((char *)config->name);
    free((char *)config->user);
    free((char *)config->password);
    free((char *)config->tls_ca);
    free(database->password_file);
    *database = (struct database){0};
}
