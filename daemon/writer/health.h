/* health.h - the health of the database: a pure state machine that turns events into what can be
 * done, what people are told, and when to retry. */
#ifndef CREDD_WRITER_HEALTH_H
#define CREDD_WRITER_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "clock/instant.h"
#include "mail/states.h"

#define HEALTH_BACKOFF_LEAST_US INT64_C(200000)
#define HEALTH_BACKOFF_MOST_US  INT64_C(5000000)
/* A failure is over after this long without another; longer than any wait between two tries. */
#define HEALTH_CALM_US INT64_C(12000000)

enum health_event {
    HEALTH_OPENED,  /* connected, and it is credd's; the text describes it */
    HEALTH_WROTE,   /* rows were committed */
    HEALTH_RENEWED, /* a new world is in place, which also repairs damaged tables */
    HEALTH_QUIET,   /* everything due is written */
    HEALTH_FAILED,  /* a call failed with `code`; the connection is given up */
    HEALTH_WAITS,   /* another daemon is busy with it: retry soon, not a failure */
};

struct health {
    enum database_state state; /* what can be done */
    enum database_state shown; /* what people and the journal are told: after a failure it is ready
                                  only once something succeeded */
    char detail[FAULT_TEXT_MAX + 128]; /* of `shown` */
    char ready[FAULT_TEXT_MAX];        /* the detail to show while it is ready */
    bool open;                         /* connected to a database of credd's */
    bool mending;                      /* open again after a failure, but nothing was written yet */
    bool broken;                       /* the work failed while there was a connection */
    bool damaged; /* the tables that describe the world are damaged: a person has to repair them */
    bool clock_told; /* the last failure was a wrong wall clock, and was logged */
    int64_t backoff_us;
    mono_time failed_at, retry_at;
};

struct health health_start(void);
/* True: `shown` changed and has to be logged. */
bool health_step(struct health *health, enum health_event event, int code, const char *text,
                 mono_time now);

/* What state a failed call means. */
enum database_state health_state_of(int code);
/* Whether the connection failed, not the database. */
bool health_is_loss(int code);

#endif
