/* next_world.h - what the next world will be, and where worlds are kept: what the threads need of
 * the configuration, as copies of their own. */
#ifndef CREDD_STATE_NEXT_WORLD_H
#define CREDD_STATE_NEXT_WORLD_H

#include <stdbool.h>

#include "store/store.h"
#include "world/world.h"

/* How rows are written, into the world that there is as into the next one. */
struct row_rules {
    unsigned skips; /* streams of which rows are left out, each alone, that a rule of the
                       application's refuses for their values; of the others they stop the stream */
    struct fill fills[STREAM_COUNT]; /* what columns of the application's get */
};

struct next_world {
    struct world_settings settings; /* origin unset */
    char timezone[64];
    bool start_now; /* its origin is wall time at the reset; else `start_at` */
    world_time start_at;
    int64_t speed;
    int64_t tempo[STREAM_COUNT];
    bool enabled[STREAM_COUNT];
};

/* Both, of one configuration. */
struct wanted {
    struct next_world next;
    struct row_rules rules;
    bool views; /* the database is to have those for analysts */
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
