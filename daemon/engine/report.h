/* report.h - what the engine tells of itself: plain structs that control turns into JSON and
 * service into a line. */
#ifndef CREDD_ENGINE_REPORT_H
#define CREDD_ENGINE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/instant.h"
#include "world/world.h"

enum database_state {
    DATABASE_CONNECTING, /* no answer yet since the start or since the last loss */
    DATABASE_READY,      /* connected, marked, a world is there or being built */
    DATABASE_DOWN,       /* lost or unreachable: tried again on its own */
    DATABASE_REFUSED,    /* user, password, rights or database missing: tried again, slowly */
    DATABASE_FOREIGN,    /* one of the five tables without the marker: nothing is touched */
    DATABASE_FULL,       /* disk full, or below database.min_free: tried again, slowly */
    DATABASE_READ_ONLY,  /* file system or server: to programs, "full" */
    DATABASE_STATES,
};
const char *database_state_name(enum database_state state); /* for programs */
const char *database_state_word(enum database_state state); /* for people */

enum job_kind { JOB_TICK, JOB_ADVANCE, JOB_RESET, JOB_KINDS };
const char *job_kind_name(enum job_kind kind);

struct stream_report {
    const char *name;
    bool enabled;
    bool paused; /* of its own; the world's pause is in the clock's part */
    int64_t paused_wall_us, resumes_wall_us;
    char reason[256];
    char paused_by[40];
    char held[160]; /* why it does not move although not paused: "waits for customers, paused" */
    char schedule[128];
    int64_t tempo;               /* millionths */
    int64_t tempo_until_wall_us; /* 0: for good; then it is `tempo_after` */
    int64_t tempo_after;
    bool started;
    world_time watermark;
    int64_t lag_s;
    int64_t rows, skipped;
    bool has_next;
    world_time next_run;
};

struct report {
    bool has_world;
    char world_id[40];
    struct world_settings settings;
    char timezone[64], zone_version[16];
    world_time world_now;
    wall_time wall_now;
    int64_t speed; /* millionths */
    bool paused;
    char reason[256]; /* of the pause, as given */
    char paused_by[40];
    int64_t paused_wall_us;
    int64_t resumes_wall_us; /* 0: none */
    bool held;
    char held_why[256];
    enum database_state database;
    const char *backend; /* "sqlite" or "mariadb" */
    char database_detail[1200];
    bool has_job;
    enum job_kind job;
    char job_detail[128]; /* "customers" */
    uint64_t job_done, job_total;
    unsigned queued;
    char pending[512]; /* what the configuration would change at the next reset: "seed 42 -> 7"; ""
                        */
    char last_batch[160];
    struct stream_report streams[STREAM_COUNT];
};

#endif
