/* snapshot.h - the state of the writer and of the world, as one value for the loop. */
#ifndef CREDD_MAIL_SNAPSHOT_H
#define CREDD_MAIL_SNAPSHOT_H

#include "clock/instant.h"
#include "mail/counters.h"
#include "mail/states.h"
#include "state/world_state.h"

struct snapshot {
    enum database_state state;         /* what can be done with the database */
    enum database_state shown;         /* what people are told: after a failure it is ready only
                                          once something succeeded */
    char detail[FAULT_TEXT_MAX + 128]; /* of `shown` */
    bool broken;                       /* down although connected: the work failed */
    bool has_world;
    struct world_state world;
    unsigned reread; /* how often it was read again after a backup was restored */
    uint64_t
        acts_done; /* number of the last act that is done: `world` contains it, or it was refused */
    bool has_job;
    enum job_kind job;
    char job_detail[128];
    uint64_t done, total;
    uint64_t request;  /* of the job in hand */
    unsigned due;      /* streams to write, or being written, up to `due_to` */
    world_time due_to; /* meaningful with `due` */
    bool in_batch;
    unsigned batch_streams; /* those of the batch; all if it moves the clock */
    char waiting[256];      /* what it waits for: who locks the database; "" */
    char last_batch[160];
    char obstacles[STREAM_COUNT][FAULT_TEXT_MAX]; /* why its table rejects the stream's rows; "" */
    world_time newest[STREAM_COUNT];              /* instants of the newest rows; 0: not known */
    struct counters counters;
    mono_time call_began; /* the database call in hand; 0: none */
};

void snapshot_done(struct snapshot *snapshot);

#endif
