/* snapshot.h - what the writer tells of itself and of the world, as one value. */
#ifndef CREDD_MAIL_SNAPSHOT_H
#define CREDD_MAIL_SNAPSHOT_H

#include "clock/instant.h"
#include "mail/counters.h"
#include "mail/states.h"
#include "state/world_state.h"

struct snapshot {
    enum database_state state;         /* what can be done with the database */
    enum database_state shown;         /* what people are told: one that failed is not ready before
                                          something went well in it */
    char detail[FAULT_TEXT_MAX + 128]; /* of `shown` */
    bool broken;                       /* down, but not away: the work failed on a connection */
    bool has_world;
    struct world_state world;
    unsigned reread;    /* how often it was read anew after a backup had been put back */
    uint64_t acts_done; /* number of the last act that is dealt with: the world shows it, or it was
                           refused */
    bool has_job;
    enum job_kind job;
    char job_detail[128];
    uint64_t done, total;
    uint64_t request;  /* of the job in hand */
    unsigned due;      /* streams that are to be brought up to `due_to`, or are just being */
    world_time due_to; /* meaningful with `due` */
    bool in_batch;
    unsigned batch_streams; /* what it moves: all of them where it is the clock */
    char waiting[256];      /* what it waits for: who locks the database; "" */
    char last_batch[160];
    char obstacles[STREAM_COUNT][FAULT_TEXT_MAX]; /* why a stream stands although it is to go on:
                                                     its table does not take its rows; "" */
    world_time newest[STREAM_COUNT];              /* instants of the newest rows; 0: not known */
    struct counters counters;
    mono_time call_began; /* the database call in hand; 0: none */
};

void snapshot_done(struct snapshot *snapshot);

#endif
