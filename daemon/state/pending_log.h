/* pending_log.h - the acts that the database does not know yet, in order, and the file that keeps
 * those that must outlive a kill; with them the configured values that were last put into force, so
 * that only a change of them counts. */
#ifndef CREDD_STATE_PENDING_LOG_H
#define CREDD_STATE_PENDING_LOG_H

#include "base/disk.h"
#include "state/act.h"

/* Of operators' acts; some places more are the daemon's own. */
#define PENDING_ASKED_MAX 64
#define PENDING_MAX       72

struct pending_act {
    struct act act;
    uint64_t number;  /* the writer's */
    uint64_t request; /* of the request that waits for it; 0: none */
    bool kept;        /* in the file until the database has it */
    bool told;        /* to the journal */
    bool has_at;      /* a world was known: `at` is its time when this act was made */
    world_time at;
};

/* The values of the configuration that become acts when they change. */
struct configured {
    int64_t speed;
    int64_t tempo[STREAM_COUNT];
    bool enabled[STREAM_COUNT];
};

struct pending_log {
    const struct disk *disk;
    char path[4096];
    bool has_configured; /* from an earlier run */
    struct configured configured;
    struct pending_act items[PENDING_MAX];
    size_t count;
};

/* The file of this daemon: one for each control socket in the state folder. Reads what is there: a
 * missing file is no failure; a damaged one is moved aside, and acts that make no sense are left
 * out, both with a fault. Usable in any case. */
int pending_log_open(struct pending_log *pending, const struct disk *disk, const char *folder,
                     const char *socket, struct fault *fault);
/* Replaces the file: whoever was told of 0 finds it so after a crash. */
int pending_log_save(const struct pending_log *pending, struct fault *fault);

/* NULL: there are PENDING_MAX, or PENDING_ASKED_MAX of an operator's. */
struct pending_act *pending_log_add(struct pending_log *pending, const struct act *act);
/* What operators asked for before an act that outlives a kill outlives it too: the act was answered
 * for the world that those make. */
void pending_log_keep(struct pending_log *pending);
struct pending_act *pending_log_find(struct pending_log *pending, uint64_t number);
void pending_log_remove(struct pending_log *pending, const struct pending_act *item);

#endif
