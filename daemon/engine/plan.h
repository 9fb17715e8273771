/* plan.h - what the threads need of the configuration, as a copy of their own. */
#ifndef CREDD_ENGINE_PLAN_H
#define CREDD_ENGINE_PLAN_H

#include "config/config.h"

struct plan {
    struct store_config database; /* texts owned by the plan */
    char *password_file;
    struct plan_world {
        struct world_settings settings; /* origin unset */
        char timezone[64];
        bool start_now;
        world_time start_at;
        int64_t speed;
        int64_t tempo[STREAM_COUNT];
        bool enabled[STREAM_COUNT];
    } world; /* the next one */
};

void plan_make(struct plan *plan, const struct config *config);
/* Replaces what concerns the next world; the database stays as it was at the start. */
void plan_update(struct plan *plan, const struct config *config);
void plan_done(struct plan *plan);

#endif
