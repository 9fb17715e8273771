/* next_world.h - what the next world will be, and where worlds are kept: what the threads need of
 * the configuration, as copies of their own. */
#ifndef CREDD_STATE_NEXT_WORLD_H
#define CREDD_STATE_NEXT_WORLD_H

#include <stdbool.h>

#include "store/store.h"
#include "world/world.h"

struct next_world {
    struct world_settings settings; /* origin unset */
    char timezone[64];
    bool start_now; /* its origin is wall time at the reset; else `start_at` */
    world_time start_at;
    int64_t speed;
    int64_t tempo[STREAM_COUNT];
    bool enabled[STREAM_COUNT];
};

/* The database, with texts of its own. */
struct database {
    struct store_config config;
    char *password_file; /* read at each connect; NULL: none */
};

/* A copy; released with database_done(). */
struct database database_copy(const struct store_config *config, const char *password_file);
void database_done(struct database *database);

#endif
