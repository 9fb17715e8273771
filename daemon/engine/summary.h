/* summary.h - the state of the daemon as plain structs, which control turns into JSON and the
 * daemon into its STATUS= line. */
#ifndef CREDD_ENGINE_SUMMARY_H
#define CREDD_ENGINE_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/instant.h"
#include "mail/counters.h"
#include "mail/states.h"
#include "world/world.h"

struct stream_summary {
    const char *name;
    bool enabled;
    bool paused; /* of its own; the world's pause is in the clock's part */
    int64_t paused_wall_us, resumes_wall_us;
    char reason[256];
    char paused_by[40];
    char held[160];                /* why it does not move although it is not paused; "" */
    char obstacle[FAULT_TEXT_MAX]; /* why its table rejects its rows; "" */
    char schedule[128];
    int64_t tempo;          /* millionths */
    world_time tempo_until; /* 0: for good; then it is `tempo_after` */
    int64_t tempo_after;
    bool started;
    world_time watermark;
    int64_t lag_s;
    int64_t late_s; /* for how long rows that a run should have written have been missing */
    bool overdue;   /* for longer than it takes to write them, or none was ever written */
    int64_t rows, skipped;
    world_time newest;       /* instant of the newest row; 0: not known */
    world_time closed_until; /* market_data outside exchange hours: the next open; 0: it is open */
    char closed[40];         /* "closed until Mon 09:30", in the world's zone; "" */
    bool has_next, has_due;
    world_time next_run;
    world_time next_due; /* the first run after the watermark: past if it is not served yet */
};

/* Whether the demo is fresh, and if not, why. */
enum verdict {
    VERDICT_FRESH,     /* every run that was due is written */
    VERDICT_BEHIND,    /* rows of one have been missing for too long */
    VERDICT_PAUSED,    /* by an operator */
    VERDICT_HELD,      /* world time waits for an operator, or for the wall clock */
    VERDICT_BUSY,      /* a reset or an advance runs */
    VERDICT_NOT_READY, /* no database that can be used, or no world */
    VERDICTS,
};

struct summary {
    bool has_world, has_job;
    bool paused, held; /* the clock */
    char world_id[40];
    int64_t model; /* that made it; one other than this version's is held for good */
    struct world_settings settings;
    char timezone[64], zone_version[16];
    world_time world_now; /* meaningful with a world */
    wall_time wall_now;
    int64_t speed;    /* millionths */
    char reason[256]; /* of the pause, as given */
    char paused_by[40];
    int64_t paused_wall_us;
    int64_t resumes_wall_us; /* 0: none */
    char held_why[256];
    wall_time stands_until; /* the wall clock was set back: world time waits for it; 0: it runs */
    enum database_state database;
    const char *backend; /* "sqlite" or "mariadb" */
    char database_detail[1200];
    char waiting[256]; /* who locks the database; "" */
    enum job_kind job;
    char job_detail[128]; /* "customers" */
    uint64_t job_done, job_total;
    unsigned queued;         /* requests that wait for the writer */
    const char *queued_kind; /* of the first of them, or NULL */
    char pending[512];       /* what the configuration would change at the next reset:
                                "seed 42 -> 7"; "" */
    char last_batch[160];
    struct stream_summary streams[STREAM_COUNT];
    enum verdict verdict;
    char verdict_text[480]; /* a sentence; of BUSY it begins with what is being done */
    struct counters counters;
};

#endif
